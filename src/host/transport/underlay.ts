// The byway host that a libp2p application brings along as its transport: a libp2p node of its own, with its own key, that talks to forwarders and keeps
// the default route. The application's connection manager never sees its connections: to the application there is one connection to a peer, below
// it the default route is one of the channel's routes.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ApplicationBinding } from './application-binding.ts'
import type { Host } from '../host.ts'
import type { PrivateKey } from '@libp2p/interface'

/** A libp2p node with the host role. */
export interface UnderlayNode {
  services: { byway: Host }
  start: () => void | Promise<void>
  stop: () => void | Promise<void>
}

export interface UnderlayInit {
  /** Its own. */
  privateKey: PrivateKey
  /** What its host says in its descriptor; see `HostInit.binding`. */
  binding: () => Uint8Array | undefined
}

/** Makes the node without starting it. Injected, for browsers put a node together in another way. */
export type UnderlayFactory = (init: UnderlayInit) => Promise<UnderlayNode>

export class Underlay {
  readonly host: Host
  readonly binding: ApplicationBinding
  readonly #node: UnderlayNode

  private constructor (node: UnderlayNode, binding: ApplicationBinding) {
    this.#node = node
    this.host = node.services.byway
    this.binding = binding
  }

  /** @param application - the key of the application that it speaks for */
  static async start (factory: UnderlayFactory, network: string, application: PrivateKey): Promise<Underlay> {
    // a fresh key each time: nothing is to be kept, and the binding says which one holds
    const privateKey = await generateKeyPair('Ed25519')
    let node: UnderlayNode | undefined
    const binding = new ApplicationBinding({
      privateKey: application,
      underlay: peerIdFromPrivateKey(privateKey),
      network,
      now: Date.now,
      onRenewed: () => { node?.services.byway.discovery.self.invalidate() }
    })
    await binding.start()
    try {
      node = await factory({ privateKey, binding: () => binding.bytes })
      await node.start()
      return new Underlay(node, binding)
    } catch (error) {
      binding.stop()
      await stopQuietly(node)
      throw error
    }
  }

  async stop (): Promise<void> {
    this.binding.stop()
    await this.#node.stop()
  }
}

/** One that has started by half may listen already; why it did not start says more than why it cannot be stopped. */
async function stopQuietly (node: UnderlayNode | undefined): Promise<void> {
  try {
    await node?.stop()
  } catch {}
}
