// What a forwarder knows of a link from the traffic on it, read from the link's counters once per report: the load in both
// directions, and what its queue drops. And when that has changed enough to be reported. Pure.

/** Running totals of a link, as they are kept anyway. */
export interface TrafficCounters {
  readonly sentPackets: number
  readonly sentBytes: number
  readonly receivedBytes: number
  /** By the queue before the link. */
  readonly droppedPackets: number
}

/** What is said of one direction of a link. */
export interface TrafficReading {
  /** The most that was delivered lately; undefined or 0: not known. */
  bytesPerSecond?: number
  /** Sent now. */
  loadBytesPerSecond?: number
}

/** Seconds, not moments: whoever plans with a load has it for the next minutes. */
const LOAD_AVERAGED_MS = 5_000
/** Readings closer to each other than this are one. */
const MIN_INTERVAL_MS = 400
/** As long as probes are remembered, about: 64 of them at one in two seconds, less some. */
const DROPS_AVERAGED_MS = 60_000
/** One packet dropped of a few would be a large share by chance: as many as there are outcomes of probes. */
const MIN_PACKETS = 64

/** 1 Mbit/s: no plan depends on less. */
const SIGNIFICANT_BYTES_PER_SECOND = 125_000
const SIGNIFICANT_RATE_SHARE = 0.25
/** Load wobbles: by less than half it is the same load. */
const SIGNIFICANT_LOAD_SHARE = 0.5

export class LinkTraffic {
  #before: TrafficCounters
  #beforeMs: number
  #sentPackets = 0
  #droppedPackets = 0
  loadBytesPerSecond = 0
  receivedBytesPerSecond = 0

  constructor (counters: TrafficCounters, nowMs: number) {
    this.#before = { ...counters }
    this.#beforeMs = nowMs
  }

  /** Takes what the counters say now. */
  read (counters: TrafficCounters, nowMs: number): void {
    const elapsedMs = nowMs - this.#beforeMs
    if (elapsedMs < MIN_INTERVAL_MS) {
      return
    }
    const before = this.#before
    this.loadBytesPerSecond = averaged(this.loadBytesPerSecond, counters.sentBytes - before.sentBytes, elapsedMs)
    this.receivedBytesPerSecond = averaged(this.receivedBytesPerSecond, counters.receivedBytes - before.receivedBytes, elapsedMs)
    const kept = Math.exp(-elapsedMs / DROPS_AVERAGED_MS)
    this.#sentPackets = this.#sentPackets * kept + counters.sentPackets - before.sentPackets
    this.#droppedPackets = this.#droppedPackets * kept + counters.droppedPackets - before.droppedPackets
    this.#before = { ...counters }
    this.#beforeMs = nowMs
  }

  /** Share of the packets for the other end that the queue has dropped in the last minute or so, in millionths; 0 while there were few. */
  get droppedPpm (): number {
    const packets = this.#sentPackets + this.#droppedPackets
    return packets < MIN_PACKETS ? 0 : Math.round(this.#droppedPackets / packets * 1e6)
  }
}

function averaged (before: number, bytes: number, elapsedMs: number): number {
  const now = 1_000 * bytes / elapsedMs
  return now + (before - now) * Math.exp(-elapsedMs / LOAD_AVERAGED_MS)
}

/**
 * True when whoever has the previous reading should be told the current one at once: the rate moved by more than a quarter,
 * the load by more than half, and either by more than 1 Mbit/s.
 */
export function trafficMoved (previous: TrafficReading, current: TrafficReading): boolean {
  return moved(previous.bytesPerSecond ?? 0, current.bytesPerSecond ?? 0, SIGNIFICANT_RATE_SHARE) ||
    moved(previous.loadBytesPerSecond ?? 0, current.loadBytesPerSecond ?? 0, SIGNIFICANT_LOAD_SHARE)
}

function moved (before: number, now: number, share: number): boolean {
  return Math.abs(now - before) > Math.max(share * before, SIGNIFICANT_BYTES_PER_SECOND)
}
