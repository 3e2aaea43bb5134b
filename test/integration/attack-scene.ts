// The scene of the attacks: a forwarder in a process of its own, and honest peers that go on asking to be served.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { attach } from '../../protocols/attach/client.ts'
import { sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { Flag } from '../../protocols/forward/constants.ts'
import { encodeProbe } from '../../protocols/forward/probe.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { encodeSourceRoute } from '../../protocols/forward/source-route.ts'
import { Endpoint } from '../../src/link/endpoint.ts'
import { linkNode } from '../link/link-nodes.ts'
import { packetOf } from '../protocols/forward/samples.ts'
import type { ChildProcess } from 'node:child_process'
import type { DefenceStatus } from '../../src/node/node-defences.ts'
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export const ATTACKED_NETWORK = 'attacked'
/** Of the forwarder: few enough for one process to take them all. */
export const MAX_INBOUND = 48
/** Of one answer to an honest peer, while attackers and honest peers share a busy machine. */
const SERVED_DEADLINE_MS = 4_000

/** What the forwarder's process tells. */
export interface ForwarderReport {
  rssBytes: number
  /** Since the last report. */
  peakBytes: number
  uncaught: number
  attachments: number
  defences: DefenceStatus
}

export class AttackedForwarder {
  readonly #child: ChildProcess
  readonly addresses: Multiaddr[]

  private constructor (child: ChildProcess, addresses: Multiaddr[]) {
    this.#child = child
    this.addresses = addresses
  }

  static async start (): Promise<AttackedForwarder> {
    const isFromSource = import.meta.url.endsWith('.ts')
    const file = fileURLToPath(new URL(`./attacked-forwarder${isFromSource ? '.ts' : '.js'}`, import.meta.url))
    const child = fork(file, { execArgv: isFromSource ? ['--import=tsx'] : [] })
    const [{ addresses }] = await once(child, 'message') as [{ addresses: string[] }]
    return new AttackedForwarder(child, addresses.map((address) => multiaddr(address)))
  }

  async report (): Promise<ForwarderReport> {
    const told = once(this.#child, 'message')
    this.#child.send({ ask: true })
    return (await told as [ForwarderReport])[0]
  }

  async stop (): Promise<void> {
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }
}

/** Attached to the forwarder, and sends probes that the forwarder must turn around. */
export class HonestPeer {
  readonly connection: Connection
  /** Gives the round trip, ms. */
  readonly probe: () => Promise<number>

  private constructor (connection: Connection, probe: () => Promise<number>) {
    this.connection = connection
    this.probe = probe
  }

  static async attach (forwarder: AttackedForwarder): Promise<HonestPeer> {
    const privateKey = await generateKeyPair('Ed25519')
    const { node, links } = await linkNode({ privateKey, onPacket: (buffer, at, length, from) => { endpoint.receive(buffer, at, length, from) } })
    const endpoint = new Endpoint({ self: nodeIdOf(node.peerId), links, nowS: () => Date.now() / 1_000 })
    let onAnswer = (): void => {}
    endpoint.handleProbes(() => { onAnswer() })
    const signal = AbortSignal.timeout(SERVED_DEADLINE_MS)
    const connection = await node.dial(forwarder.addresses, { signal })
    const link = await links.open(connection.remotePeer, { connection, signal })
    const nowMs = Date.now()
    const descriptor = await sealDescriptor({
      network: ATTACKED_NETWORK,
      sequence: 1n,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + 600_000,
      endpoints: [{ peer: node.peerId, addresses: [] }],
      host: { access: [] }
    }, privateKey)
    await attach(connection, { descriptor }, { signal })
    const nodes = [nodeIdOf(node.peerId), nodeIdOf(connection.remotePeer)]
    return new HonestPeer(connection, async () => {
      const startedMs = performance.now()
      const answered = Promise.withResolvers<void>()
      onAnswer = answered.resolve
      const deadline = setTimeout(() => { answered.reject(new Error(`an honest probe does not come back within ${SERVED_DEADLINE_MS} ms`)) }, SERVED_DEADLINE_MS)
      const packet = packetOf(encodeSourceRoute({ nodes, expiryS: Date.now() / 1_000 + 30 }), encodeProbe(1n), Flag.turnAround)
      const at = link.reserve(packet.length, false)
      if (at < 0) {
        throw new Error('an honest link is down or full')
      }
      link.buffer.set(packet, at)
      await answered.promise
      clearTimeout(deadline)
      return performance.now() - startedMs
    })
  }

  /** Probes until `work` is done. @returns the round trips, ms, the shortest first */
  async servedDuring (work: Promise<unknown>): Promise<number[]> {
    let isDone = false
    const finished = work.finally(() => { isDone = true })
    const roundTripsMs: number[] = []
    do {
      roundTripsMs.push(await this.probe())
      await new Promise((resolve) => setTimeout(resolve, 20))
    } while (!isDone)
    await finished
    return roundTripsMs.sort((a, b) => a - b)
  }
}
