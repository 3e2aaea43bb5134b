/**
 * Gives connection slots back when those who hold them make no use of them.
 *
 * libp2p's pruner spares every connection that has a stream, so an attacker that opens one and falls silent keeps its slot for good.
 * The reaper asks the roles whether a peer is useful, not whether it looks busy, and takes slots from those that are not:
 *
 *  - crowded: above a share of the slots the connections that are longest without use go at once, newcomers within their grace last,
 *    so that one slot more than the useful ones take is always about to be free;
 *  - idle: without use for `idleMs` they go anyway.
 *
 * Outbound connections take no stranger's slot, and who dials knows why, as the DHT does: so they may be idle. But others can have this node dial, and
 * keep what came of it open: of those that no role has a use for, and on which this node has no stream of its own, so many stay.
 *
 * Connections of useful peers are never touched: what those may cost is the roles' own admission.
 */
import { ConnectionReapedError } from './errors.ts'
import type { ComponentLogger, Connection, Libp2pEvents, Logger, PeerId, Startable, TypedEventTarget } from '@libp2p/interface'

export interface ReaperInit {
  /** What admission lets in (`AdmissionLimits.maxInbound`). */
  maxInbound: number
  /** Outbound connections without use. Default 64: the DHT keeps a few dozen. */
  maxSpareOutbound?: number
  /** Asked of every connection at every sweep, so it must be cheap. If it throws, the peer is taken for useful. */
  isUseful: (peer: PeerId) => boolean
  /** Share of the slots above which useless connections go. Default 0.8: the rest is headroom for handshakes and newcomers. */
  crowdedShare?: number
  /** Default 60 s: several times what attaching or subscribing takes on a bad line. */
  idleMs?: number
  /** A newcomer's time to become useful while the node is crowded; not granted when the last slot is taken. Default 2 s. */
  graceMs?: number
  /** Default 5 s. */
  sweepIntervalMs?: number
  /** Time for a polite goodbye to an idle connection before it is aborted. Default 500 ms. */
  closeTimeoutMs?: number
  /** Monotonic milliseconds. */
  now?: () => number
}

export interface ReaperComponents {
  connectionManager: { getConnections: () => Connection[] }
  events: TypedEventTarget<Libp2pEvents>
  logger: ComponentLogger
}

/** Connections ended since the start, by reason. */
export interface ReaperCounters { crowded: number, idle: number }

interface Tracked {
  connection: Connection
  openedAtMs: number
  usefulAtMs: number
}

export function reaper (init: ReaperInit): (components: ReaperComponents) => Reaper {
  return components => new Reaper(components, init)
}

export class Reaper implements Startable {
  readonly counters: ReaperCounters = { crowded: 0, idle: 0 }
  readonly #components: ReaperComponents
  readonly #init: Required<ReaperInit>
  readonly #log: Logger
  /** By connection id; bounded by admission, since an entry goes with its connection. */
  readonly #inbound = new Map<string, Tracked>()
  /** The same; bounded by what this node dials. */
  readonly #outbound = new Map<string, Tracked>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (components: ReaperComponents, init: ReaperInit) {
    this.#components = components
    this.#init = { maxSpareOutbound: 64, crowdedShare: 0.8, idleMs: 60_000, graceMs: 2_000, sweepIntervalMs: 5_000, closeTimeoutMs: 500, now: () => performance.now(), ...init }
    this.#log = components.logger.forComponent('byway:defence:reaper')
  }

  readonly [Symbol.toStringTag] = 'byway-reaper'

  start (): void {
    if (this.#timer !== undefined) {
      return
    }
    const { events, connectionManager } = this.#components
    events.addEventListener('connection:open', this.#onOpen)
    events.addEventListener('connection:close', this.#onClose)
    connectionManager.getConnections().forEach(connection => { this.#track(connection) })
    this.#timer = setInterval(() => { this.sweep() }, this.#init.sweepIntervalMs)
  }

  stop (): void {
    const { events } = this.#components
    events.removeEventListener('connection:open', this.#onOpen)
    events.removeEventListener('connection:close', this.#onClose)
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#inbound.clear()
    this.#outbound.clear()
  }

  /** Runs by itself on every new connection and on a timer. */
  sweep (): void {
    const nowMs = this.#init.now()
    const useless = this.#useless(this.#inbound, nowMs)
    this.#makeRoom(useless, nowMs)
    this.#endIdle(useless, nowMs)
    this.#endSpare(this.#useless(this.#outbound, nowMs), nowMs)
  }

  /** Those that are longest without use first. */
  #useless (all: ReadonlyMap<string, Tracked>, nowMs: number): Tracked[] {
    const useless: Tracked[] = []
    for (const tracked of all.values()) {
      if (this.#isUseful(tracked.connection)) {
        tracked.usefulAtMs = nowMs
      } else {
        useless.push(tracked)
      }
    }
    return useless.sort((a, b) => a.usefulAtMs - b.usefulAtMs)
  }

  #makeRoom (useless: Tracked[], nowMs: number): void {
    const { maxInbound, crowdedShare, graceMs } = this.#init
    const target = Math.floor(maxInbound * crowdedShare)
    for (const tracked of useless) {
      const isFull = this.#inbound.size >= maxInbound
      if (this.#inbound.size <= target) {
        return
      }
      if (isFull || nowMs - tracked.openedAtMs >= graceMs) {
        this.counters.crowded++
        this.#abort(tracked, new ConnectionReapedError(nowMs - tracked.usefulAtMs, 'crowded'))
      }
    }
  }

  #endSpare (useless: Tracked[], nowMs: number): void {
    for (const tracked of useless.slice(0, Math.max(0, useless.length - this.#init.maxSpareOutbound))) {
      if (nowMs - tracked.openedAtMs >= this.#init.graceMs) {
        this.counters.crowded++
        this.#abort(tracked, new ConnectionReapedError(nowMs - tracked.usefulAtMs, 'crowded'))
      }
    }
  }

  #endIdle (useless: Tracked[], nowMs: number): void {
    for (const tracked of useless) {
      const uselessForMs = nowMs - tracked.usefulAtMs
      if (uselessForMs > this.#init.idleMs && this.#inbound.delete(tracked.connection.id)) {
        this.counters.idle++
        this.#close(tracked, new ConnectionReapedError(uselessForMs, 'idle'))
      }
    }
  }

  /** A peer that holds its streams open can hold a polite close up, not prevent it. */
  #close (tracked: Tracked, reason: ConnectionReapedError): void {
    const signal = AbortSignal.timeout(this.#init.closeTimeoutMs)
    tracked.connection.close({ signal }).catch(() => { this.#abort(tracked, reason) })
  }

  #abort ({ connection }: Tracked, reason: ConnectionReapedError): void {
    this.#of(connection).delete(connection.id)
    try {
      connection.abort(reason)
    } catch (err) {
      this.#log.error('muxer of %p failed while its connection was ended - %e', connection.remotePeer, err)
      // The muxer counts as closed now and no longer stands in the way of the connection below it.
      connection.abort(reason)
    }
  }

  #isUseful ({ remotePeer, direction, streams }: Connection): boolean {
    try {
      return this.#init.isUseful(remotePeer) || (direction === 'outbound' && streams.some((stream) => stream.direction === 'outbound'))
    } catch (err) {
      this.#log.error('could not tell whether %p is useful, keeping it - %e', remotePeer, err)
      return true
    }
  }

  #track (connection: Connection): void {
    if (connection.status === 'open') {
      const nowMs = this.#init.now()
      this.#of(connection).set(connection.id, { connection, openedAtMs: nowMs, usefulAtMs: nowMs })
    }
  }

  #of ({ direction }: Connection): Map<string, Tracked> {
    return direction === 'inbound' ? this.#inbound : this.#outbound
  }

  readonly #onOpen = ({ detail: connection }: CustomEvent<Connection>): void => {
    this.#track(connection)
    this.sweep()
  }

  readonly #onClose = ({ detail: connection }: CustomEvent<Connection>): void => {
    this.#of(connection).delete(connection.id)
  }
}
