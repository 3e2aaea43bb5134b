// How much may be in flight on a path, and how fast it may go out. Each path has a controller of its own.

/** One ack, as a controller sees it. Reused: whoever keeps something of it copies it. */
export interface AckSample {
  nowMs: number
  /** Newly acknowledged on this path. */
  bytes: number
  packets: number
  /** Of those, how many came with a congestion mark. */
  markedPackets: number
  /** The first ack for something sent after the last such ack: rounds are about a round trip. */
  isNewRound: boolean
  /** Has the window held back packets since the last round? Else more window would mean nothing. */
  isWindowLimited: boolean
  smoothedRttMs: number
  /** Lowest recent round trip. */
  baseRttMs: number
  /** Queueing delay of the packet that was acknowledged last. */
  queueMs: number
  /** The lowest of the last few. */
  lowQueueMs: number
  /** When a packet met no queue last. */
  lowSeenMs: number
  /** Best of the last rounds, bytes per ms; 0 while unknown. */
  deliveryRate: number
}

export interface LossSample {
  nowMs: number
  bytes: number
  packets: number
  /** When the latest of the lost packets was sent: reactions are once per round trip. */
  lastSentMs: number
}

export interface CongestionController {
  readonly windowBytes: number
  /** Packets leave at this times window per round trip. */
  readonly pacingGain: number
  onAcked (sample: AckSample): void
  onLost (sample: LossSample): void
  /** What was thought lost has arrived: so many packets, sent at `sentMs`. */
  onSpuriousLoss (packets: number, sentMs: number): void
  /** Nothing came through for long (RFC 9002, 7.6). */
  onPersistentCongestion (nowMs: number): void
}

/** Before anything is known of a path: half of what a link takes unasked (credit window of protocols/forward). */
export const INITIAL_WINDOW_BYTES = 65_536
/** Begin anew with a few packets of the smallest size, so that losses are noticed by later packets. */
export const MIN_WINDOW_BYTES = 4_800
/** Less than a packet: then one is in flight, and pacing makes pauses. Short paths may deliver less than a packet per round trip. */
export const FLOOR_WINDOW_BYTES = 300
/** More is never in flight, whatever a controller thinks. */
export const MAX_WINDOW_BYTES = 33_554_432
/** In slow start the window doubles each round trip. */
export const SLOW_START_PACING_GAIN = 2
/** A little above the window's own rate, so that pacing is not what limits (RFC 9002, 7.7). */
export const PACING_GAIN = 1.25
