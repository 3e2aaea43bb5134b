// What a sender knows of one path: its round trip, its delay, its congestion, and what is in flight on it. Nothing of that says anything about
// another path, so each has its own; a path that is taken again soon is found as it was left.
import { AdaptiveController } from './adaptive-controller.ts'
import { TARGET_QUEUE_MS } from './delay-controller.ts'
import { DelayMeter } from './delay-meter.ts'
import { DeliverySampler } from './delivery-sampler.ts'
import { Pacer } from './pacer.ts'
import { RttEstimator } from './rtt-estimator.ts'
import type { AckSample, CongestionController } from './congestion-controller.ts'

/**
 * Packets are at most a sixteenth of the window, so that losses are noticed by later packets, and a millisecond at the present rate, so that no packet is a queue by
 * itself; on long paths what their delay wobbles by (see DelayMeter), since each costs headers and time at every hop.
 */
const PACKETS_PER_WINDOW = 16
const PACKET_MS = 1
const MAX_PACKETS_PER_WINDOW = 64
/** What an IP packet carries; less would be mostly headers. */
const MIN_PACKET_BYTES = 1_200
/** Loss thresholds of RFC 9002, 6.1. They grow with reordering that was seen. */
const PACKET_THRESHOLD = 3
const MAX_PACKET_THRESHOLD = 128
const MAX_TIME_STRETCH = 2

/** What goes within so long leaves as one batch, and arrives as one, when the last byte of it has come. */
const BATCH_MS = 1
/** More the pacer lets go only after a pause of the whole process. */
const MAX_BATCH_TIME_MS = 20

/** A stream that fills so much of its window, and hears of it, is what keeps the queue. */
const LOADED_SHARE = 0.5
const LOADED_MS = 100
/** Twice the queue that the controller gives way to: in balance it is a little above that. */
const MOST_OWN_QUEUE_MS = 2 * TARGET_QUEUE_MS

export interface PathInit {
  key: string
  /** Measured elsewhere. */
  rttMs?: number
  controller?: CongestionController
  maxPacketBytes: number
}

export class PathState {
  readonly key: string
  readonly rtt: RttEstimator
  readonly delay = new DelayMeter()
  readonly delivery = new DeliverySampler()
  readonly controller: CongestionController
  readonly #pacer = new Pacer()
  readonly #maxPacketBytes: number
  #batchMs = -Infinity
  /** Modulo 256; of its latest use. */
  epoch = 0
  /** The packet that went last, and what went at once before it. */
  batchBytes = 0
  inFlightBytes = 0
  inFlightPackets = 0
  largestAcknowledged = -1
  lastSentMs = 0
  /** Probe timeouts in a row. */
  timeouts = 0
  /** Packets with marks that the peer has counted in this epoch. */
  marked = 0
  isWindowLimited = false
  packetThreshold = PACKET_THRESHOLD
  timeStretch = 1
  leftMs = 0
  /** When something on it was acknowledged last. */
  acknowledgedMs = 0
  /** When the latest of what was acknowledged had been sent. */
  deliveredSentMs = -Infinity
  /** Left after it stopped answering: until then, what probably arrived is not taken for lost. */
  heldUntilMs = -Infinity

  constructor (init: PathInit) {
    this.key = init.key
    this.rtt = new RttEstimator(init.rttMs)
    this.controller = init.controller ?? new AdaptiveController()
    this.#maxPacketBytes = init.maxPacketBytes
  }

  /** Size of the next packet. */
  get packetBytes (): number {
    const share = this.controller.windowBytes / Math.max(PACKETS_PER_WINDOW, Math.min(MAX_PACKETS_PER_WINDOW, this.rtt.smoothedMs / PACKET_MS))
    return Math.min(this.#maxPacketBytes, Math.max(MIN_PACKET_BYTES, Math.floor(share)))
  }

  /** Is there room in the window? Notes it when there is none. */
  hasRoom (): boolean {
    const hasRoom = this.inFlightBytes < this.controller.windowBytes || this.inFlightPackets === 0
    if (!hasRoom) {
      this.isWindowLimited = true
    }
    return hasRoom
  }

  /** When pacing lets the next packet go: `nowMs` or later. */
  paceMs (nowMs: number): number {
    const { windowBytes, pacingGain } = this.controller
    return this.#pacer.dueMs(this.packetBytes, pacingGain * windowBytes / Math.max(this.rtt.smoothedMs, 0.1), nowMs)
  }

  sent (bytes: number, nowMs: number): void {
    if (this.inFlightPackets === 0) {
      this.delivery.startBurst(nowMs)
    }
    if (nowMs - this.#batchMs > BATCH_MS) {
      this.#batchMs = nowMs
      this.batchBytes = 0
    }
    this.batchBytes += bytes
    this.inFlightBytes += bytes
    this.inFlightPackets++
    this.lastSentMs = nowMs
    this.#pacer.sent(bytes)
  }

  /** How long a batch of so many bytes is under way by itself, with nobody else in the queue. */
  batchTimeMs (bytes: number): number {
    const { rate } = this.delivery
    return rate > 0 ? Math.min(MAX_BATCH_TIME_MS, bytes / rate) : 0
  }

  /** How long others wait on it for what is sent here, as far as that may be: a queue beyond it is somebody else's. */
  ownQueueMs (nowMs: number): number {
    const isLoaded = this.inFlightBytes >= LOADED_SHARE * this.controller.windowBytes && nowMs - this.acknowledgedMs <= this.rtt.smoothedMs + LOADED_MS
    return isLoaded ? Math.min(MOST_OWN_QUEUE_MS, this.delay.lowQueueMs) : 0
  }

  /** Acknowledged or lost. */
  settled (bytes: number): void {
    this.inFlightBytes -= bytes
    this.inFlightPackets--
  }

  get lossDelayMs (): number {
    return this.rtt.lossDelayMs(this.timeStretch)
  }

  /** A packet was thought lost and arrived `numbers` after its successors. */
  sawReordering (numbers: number): void {
    this.packetThreshold = Math.max(this.packetThreshold, Math.min(MAX_PACKET_THRESHOLD, numbers + 1))
    this.timeStretch = Math.min(MAX_TIME_STRETCH, this.timeStretch * 1.25)
  }

  /** The part of an ack sample that is the path's; the rest is what was acknowledged. */
  describe (sample: AckSample): void {
    sample.smoothedRttMs = this.rtt.smoothedMs
    sample.baseRttMs = this.delay.baseRttMs
    sample.queueMs = this.delay.queueMs
    sample.lowQueueMs = this.delay.lowQueueMs
    sample.lowSeenMs = this.delay.lowSeenMs
    sample.deliveryRate = this.delivery.rate
    sample.isWindowLimited = this.isWindowLimited
  }
}
