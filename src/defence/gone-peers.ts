/**
 * Forgets peers that have gone. libp2p's peer store keeps what each peer said of itself, some kilobytes, for six hours: at a public node most
 * of that is of hosts that came once. What byway knows of nodes with a role is in their descriptors (discovery/directory.ts), and who comes
 * back says all of it anew.
 *
 * A peer that carries a tag is in somebody's table, such as the DHT's, and stays. One that is connected must stay: libp2p tells nobody that
 * a peer has gone whom its peer store does not know.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import type { ComponentLogger, Libp2pEvents, Logger, PeerId, PeerStore, Startable, TypedEventTarget } from '@libp2p/interface'

export interface GonePeersInit {
  /** Default five minutes: whoever only changes networks or starts again is back by then. */
  keptMs?: number
  /** Default 10 s. */
  sweepIntervalMs?: number
  /** Of those who have gone; beyond that the first who went is forgotten at once. Default 4,096. */
  maxPeers?: number
  /** Monotonic milliseconds. */
  now?: () => number
}

export interface GonePeersComponents {
  connectionManager: { getConnections: (peer: PeerId) => readonly unknown[] }
  peerStore: Pick<PeerStore, 'get' | 'delete'>
  events: TypedEventTarget<Libp2pEvents>
  logger: ComponentLogger
}

export class GonePeers implements Startable {
  readonly #components: GonePeersComponents
  readonly #init: Required<GonePeersInit>
  readonly #log: Logger
  /** By peer id, in the order in which they went: since when. The id of a connection holds on to the block of memory that its message came in. */
  readonly #gone = new Map<string, number>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (components: GonePeersComponents, init: GonePeersInit = {}) {
    this.#components = components
    this.#init = { keptMs: 300_000, sweepIntervalMs: 10_000, maxPeers: 4_096, now: () => performance.now(), ...init }
    this.#log = components.logger.forComponent('byway:defence:gone-peers')
  }

  readonly [Symbol.toStringTag] = 'byway-gone-peers'

  start (): void {
    if (this.#timer !== undefined) {
      return
    }
    this.#components.events.addEventListener('peer:disconnect', this.#onDisconnect)
    this.#timer = setInterval(() => { this.sweep().catch((error: unknown) => { this.#log.error('could not forget who has gone - %e', error) }) }, this.#init.sweepIntervalMs)
  }

  stop (): void {
    this.#components.events.removeEventListener('peer:disconnect', this.#onDisconnect)
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#gone.clear()
  }

  get size (): number {
    return this.#gone.size
  }

  /** Runs by itself on a timer. */
  async sweep (): Promise<void> {
    const nowMs = this.#init.now()
    for (const [key, sinceMs] of this.#gone) {
      if (nowMs - sinceMs < this.#init.keptMs) {
        return
      }
      this.#gone.delete(key)
      if (await this.#isTaggedElseForgotten(peerIdFromString(key))) {
        this.#note(key)
      }
    }
  }

  readonly #onDisconnect = ({ detail: peer }: CustomEvent<PeerId>): void => {
    this.#note(peer.toString())
    const [oldest] = this.#gone.keys()
    if (this.#gone.size > this.#init.maxPeers) {
      this.#gone.delete(oldest)
      this.#isTaggedElseForgotten(peerIdFromString(oldest)).catch((error: unknown) => { this.#log.error('could not forget %s - %e', oldest, error) })
    }
  }

  #note (key: string): void {
    this.#gone.delete(key)
    this.#gone.set(key, this.#init.now())
  }

  async #isTaggedElseForgotten (peer: PeerId): Promise<boolean> {
    const { connectionManager, peerStore } = this.#components
    const known = await peerStore.get(peer).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'NotFoundError') {
        return undefined
      }
      throw error
    })
    const isConnected = connectionManager.getConnections(peer).length > 0
    if (known === undefined || isConnected) {
      return false
    }
    if (known.tags.size > 0) {
      return true
    }
    await peerStore.delete(peer)
    return false
  }
}

/** `services: { gonePeers: gonePeers() }`. */
export function gonePeers (init: GonePeersInit = {}): (components: GonePeersComponents) => GonePeers {
  return (components) => new GonePeers(components, init)
}
