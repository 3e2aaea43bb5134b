// Which forwarders an RSP has: as many as it can plan for. Descriptors of nodes that do not exist cost nothing, so whoever cannot be reached gives way,
// once there was time for it; nor do keys, so that one machine must not fill all places with nodes that it runs: then those of an address prefix that
// has more than its part give way.
import { addressPrefix, isLoopback } from '../defence/address-prefix.ts'
import { hasEnded } from './has-ended.ts'
import { ownAddresses } from '../discovery/connect.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export const MAX_FORWARDERS = 1_024
/** Of one address prefix, once there is no room for all. */
const MAX_OF_PREFIX = MAX_FORWARDERS / 8
/** In this time a forwarder is dialled that was just found, and comes back that was cut off for a moment. */
const MAY_COME_MS = 30_000

export interface ForwarderPlacesInit {
  /** Undefined where there is none. */
  connectionTo: (peer: VerifiedDescriptor['peer']) => Connection | undefined
  /** Monotonic, ms. */
  clock: () => number
  /** Unix time, ms. */
  now: () => number
}

export class ForwarderPlaces {
  readonly #descriptors = new Map<string, VerifiedDescriptor>()
  /** Since when there has been no connection to those that have none now; what it says of others is old. */
  readonly #awaySinceMs = new Map<string, number>()
  /** Looked for at all of them for each newcomer. */
  readonly #prefixes = new WeakMap<Connection, { prefix: string | undefined }>()
  readonly #init: ForwarderPlacesInit

  constructor (init: ForwarderPlacesInit) {
    this.#init = init
  }

  get size (): number {
    return this.#descriptors.size
  }

  has (key: string): boolean {
    return this.#descriptors.has(key)
  }

  get (key: string): VerifiedDescriptor | undefined {
    return this.#descriptors.get(key)
  }

  get all (): VerifiedDescriptor[] {
    return [...this.#descriptors.values()]
  }

  /** The newest descriptor of one that has a place, or for which there is room. */
  set (key: string, descriptor: VerifiedDescriptor): void {
    if (!this.#descriptors.has(key)) {
      this.#awaySinceMs.set(key, this.#init.clock())
    }
    this.#descriptors.set(key, descriptor)
  }

  delete (key: string): void {
    this.#descriptors.delete(key)
    this.#awaySinceMs.delete(key)
  }

  /** The last connection to one that has a place has ended. */
  left (key: string): void {
    this.#awaySinceMs.set(key, this.#init.clock())
  }

  isFullFor (key: string): boolean {
    return this.#descriptors.size >= MAX_FORWARDERS && !this.#descriptors.has(key)
  }

  /**
   * Whose place a newcomer may have; undefined: nobody's. The one known longest of those that have been away for a while. Else, of the prefix that has
   * most, if that is more than its part, the one that came last, unless the newcomer says that it is there, too: one more of these is worth no more.
   */
  whoGivesWay (newcomer: VerifiedDescriptor): string | undefined {
    const { connectionTo, clock } = this.#init
    const nowMs = clock()
    const byPrefix = new Map<string, { count: number, last: string }>()
    for (const [key, { peer }] of this.#descriptors) {
      const connection = connectionTo(peer)
      if (connection === undefined && nowMs - (this.#awaySinceMs.get(key) ?? nowMs) >= MAY_COME_MS) {
        return key
      }
      const prefix = connection === undefined ? undefined : this.#prefixOf(connection)
      if (prefix !== undefined) {
        byPrefix.set(prefix, { count: (byPrefix.get(prefix)?.count ?? 0) + 1, last: key })
      }
    }
    const [most] = [...byPrefix].sort(([, a], [, b]) => b.count - a.count)
    return most === undefined || most[1].count <= MAX_OF_PREFIX || ownAddresses(newcomer).some((address) => prefixOf(address) === most[0]) ? undefined : most[1].last
  }

  ended (isFound: (peer: VerifiedDescriptor['peer']) => boolean): string[] {
    const { connectionTo, now } = this.#init
    const by = { nowMs: now(), isFound, isConnected: (peer: VerifiedDescriptor['peer']) => connectionTo(peer) !== undefined }
    return [...this.#descriptors].flatMap(([key, descriptor]) => hasEnded(descriptor, by) ? [key] : [])
  }

  #prefixOf (connection: Connection): string | undefined {
    let known = this.#prefixes.get(connection)
    if (known === undefined) {
      known = { prefix: prefixOf(connection.remoteAddr) }
      this.#prefixes.set(connection, known)
    }
    return known.prefix
  }
}

/** Names have none: most forwarders that browsers reach have one, and many may be below one domain. */
function prefixOf (address: Multiaddr): string | undefined {
  return isLoopback(address) ? undefined : addressPrefix(address)
}
