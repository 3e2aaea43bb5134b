/**
 * Who may take one of this node's inbound connections, decided in the order of cost.
 *
 * Before the Noise handshake, which is dearer than a signature, only the address is known: total, prefix, and rate of the prefix. What comes
 * from this machine, as over a proxy on it, is bound by the total and by peer only.
 * After it the peer id is: connections per peer. Slots are freed by the raw connection's own `close` event, so a handshake that
 * fails and a connection that another gater denies give theirs back too. The reaper makes sure that slots become free at all.
 *
 * Handshakes that do not go on hold slots where no reaper looks: when there are many, or all slots are taken, one of the prefix with most
 * gives way to a newcomer (waiting-room.ts).
 */
import { countedPrefix } from './address-prefix.ts'
import { HandshakeGaveWayError } from './errors.ts'
import { RecentlyUsed } from '../../protocols/recently-used.ts'
import { TokenBucket } from './token-bucket.ts'
import { WaitingRoom } from './waiting-room.ts'
import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'

export interface AdmissionLimits {
  /** Inbound connections in total, handshakes included. libp2p's own `maxConnections` must be above it, with room for outbound ones. */
  maxInbound: number
  /** Inbound connections of one prefix: the hosts of one office behind one address should fit, one attacker's lines should not fill the node. */
  maxPerPrefix: number
  /** Unfinished handshakes in all. libp2p's own `maxIncomingPendingConnections` must be above it: that one knows no prefixes, and counts nothing. */
  maxPending: number
  /** Unfinished handshakes of one prefix: each holds a slot for up to libp2p's `inboundUpgradeTimeout` and costs the peer nothing. */
  maxPendingPerPrefix: number
  /** New inbound connections of one prefix. */
  perSecondPerPrefix: number
  burstPerPrefix: number
  /** Inbound connections of one peer id; outbound ones do not count. A peer needs one or two, and room to reconnect before a dead one is noticed. */
  maxPerPeer: number
  /** Prefixes remembered for their rate; those with a connection always, of the others those that were seen last. */
  maxPrefixes: number
}

export const DEFAULT_ADMISSION_LIMITS: AdmissionLimits = {
  maxInbound: 256,
  maxPerPrefix: 32,
  maxPending: 64,
  maxPendingPerPrefix: 8,
  perSecondPerPrefix: 4,
  burstPerPrefix: 16,
  maxPerPeer: 4,
  maxPrefixes: 4096
}

/** Connections since the start, by what became of them; `admitted` may still fail later. */
export interface AdmissionCounters {
  admitted: number
  deniedTotal: number
  deniedPrefix: number
  deniedPending: number
  deniedRate: number
  deniedPeer: number
  /** Of those admitted: their handshakes gave way to others. */
  gaveWay: number
}

const THIS_MACHINE = 'this machine'
/** What the handshake of an honest peer takes on a bad line, or here, when as many as there are places came at once to a machine that has other work. */
const HANDSHAKE_GRACE_MS = 5_000

interface PrefixEntry {
  prefix: string
  open: number
  pending: number
  rate: TokenBucket
}

interface Slot {
  /** Undefined for this machine. */
  prefix?: PrefixEntry
  /** Undefined once its handshake is over. */
  pendingOf?: string
  peer?: string
}

export class Admission {
  /** To be composed with the node's other gaters; see composeGaters. */
  readonly gater: ConnectionGater = {
    denyInboundConnection: connection => !this.#admit(connection),
    denyInboundEncryptedConnection: (peer, connection) => !this.#admitPeer(peer, connection),
    denyInboundUpgradedConnection: (_, connection) => {
      this.#endHandshake(connection)
      return false
    }
  }

  readonly counters: AdmissionCounters = { admitted: 0, deniedTotal: 0, deniedPrefix: 0, deniedPending: 0, deniedRate: 0, deniedPeer: 0, gaveWay: 0 }
  readonly limits: AdmissionLimits
  readonly #now: () => number
  readonly #slots = new Map<MultiaddrConnection, Slot>()
  /** Those with a connection; at most `maxInbound`. */
  readonly #busy = new Map<string, PrefixEntry>()
  /** Those without, remembered for their rate. */
  readonly #idle: RecentlyUsed<PrefixEntry>
  readonly #peers = new Map<string, number>()
  /** Unfinished handshakes, by prefix whether it is bounded or not. */
  readonly #pending = new WaitingRoom<MultiaddrConnection>(HANDSHAKE_GRACE_MS)

  /** @param clock.now - monotonic milliseconds */
  constructor (limits: Partial<AdmissionLimits> = {}, clock: { now: () => number } = performance) {
    this.limits = { ...DEFAULT_ADMISSION_LIMITS, ...limits }
    this.#now = () => clock.now()
    this.#idle = new RecentlyUsed(this.limits.maxPrefixes - this.limits.maxInbound)
    if (this.limits.maxPrefixes <= this.limits.maxInbound) {
      throw new RangeError(`maxPrefixes is ${this.limits.maxPrefixes}: it must be above maxInbound (${this.limits.maxInbound}), or a prefix with open connections could not be kept`)
    }
  }

  /** Inbound connections now, handshakes included. */
  get openConnections (): number {
    return this.#slots.size
  }

  /** Prefixes and peers remembered now, for metrics and tests of the bounds. */
  get tableSizes (): { prefixes: number, peers: number } {
    return { prefixes: this.#busy.size + this.#idle.size, peers: this.#peers.size }
  }

  #admit (connection: MultiaddrConnection): boolean {
    if (connection.status !== 'open') {
      return false
    }
    const counted = countedPrefix(connection.remoteAddr)
    const prefix = counted === undefined ? undefined : this.#prefixEntry(counted)
    // strangers behind a proxy on this machine are as many as they like, but give way like others
    const name = counted ?? THIS_MACHINE
    const denial = (prefix === undefined ? undefined : this.#denialOf(prefix)) ?? this.#makeRoom(name)
    if (denial !== undefined) {
      return this.#deny(denial)
    }
    if (prefix !== undefined) {
      this.#idle.delete(prefix.prefix)
      this.#busy.set(prefix.prefix, prefix)
      prefix.open++
      prefix.pending++
    }
    this.#slots.set(connection, { prefix, pendingOf: name })
    this.#pending.add(name, connection, this.#now())
    connection.addEventListener('close', () => { this.#release(connection) }, { once: true })
    this.counters.admitted++
    return true
  }

  #makeRoom (prefix: string): keyof AdmissionCounters | undefined {
    const isFull = this.#slots.size >= this.limits.maxInbound
    if (!isFull && this.#pending.size < this.limits.maxPending) {
      return undefined
    }
    const leaver = this.#pending.givesWay(prefix, this.#now())
    if (leaver === undefined) {
      return isFull ? 'deniedTotal' : 'deniedPending'
    }
    this.counters.gaveWay++
    leaver.abort(new HandshakeGaveWayError())
    this.#release(leaver)
    return undefined
  }

  #denialOf (prefix: PrefixEntry): keyof AdmissionCounters | undefined {
    if (prefix.open >= this.limits.maxPerPrefix) {
      return 'deniedPrefix'
    }
    if (prefix.pending >= this.limits.maxPendingPerPrefix) {
      return 'deniedPending'
    }
    return prefix.rate.take(1, this.#now()) ? undefined : 'deniedRate'
  }

  #admitPeer (peer: PeerId, connection: MultiaddrConnection): boolean {
    const slot = this.#slots.get(connection)
    if (slot === undefined) {
      return false
    }
    const name = peer.toString()
    const open = this.#peers.get(name) ?? 0
    if (open >= this.limits.maxPerPeer) {
      return this.#deny('deniedPeer')
    }
    this.#peers.set(name, open + 1)
    slot.peer = name
    return true
  }

  #endHandshake (connection: MultiaddrConnection): void {
    const slot = this.#slots.get(connection)
    if (slot?.pendingOf !== undefined) {
      this.#pending.delete(slot.pendingOf, connection)
      slot.pendingOf = undefined
      if (slot.prefix !== undefined) {
        slot.prefix.pending--
      }
    }
  }

  #release (connection: MultiaddrConnection): void {
    const slot = this.#slots.get(connection)
    if (slot === undefined) {
      return
    }
    this.#endHandshake(connection)
    this.#slots.delete(connection)
    if (slot.prefix !== undefined) {
      this.#leave(slot.prefix)
    }
    if (slot.peer !== undefined) {
      const open = (this.#peers.get(slot.peer) ?? 0) - 1
      if (open > 0) {
        this.#peers.set(slot.peer, open)
      } else {
        this.#peers.delete(slot.peer)
      }
    }
  }

  #deny (reason: keyof AdmissionCounters): false {
    this.counters[reason]++
    return false
  }

  #leave (entry: PrefixEntry): void {
    if (--entry.open === 0) {
      this.#busy.delete(entry.prefix)
      this.#idle.set(entry.prefix, entry)
    }
  }

  #prefixEntry (prefix: string): PrefixEntry {
    const known = this.#busy.get(prefix) ?? this.#idle.get(prefix)
    if (known !== undefined) {
      return known
    }
    const { perSecondPerPrefix, burstPerPrefix } = this.limits
    const entry = { prefix, open: 0, pending: 0, rate: new TokenBucket({ ratePerSecond: perSecondPerPrefix, burst: burstPerPrefix, nowMs: this.#now() }) }
    this.#idle.set(prefix, entry)
    return entry
  }
}
