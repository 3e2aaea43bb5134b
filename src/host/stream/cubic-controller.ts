// CUBIC (RFC 9438), with HyStart++ in slow start: what holds its own against senders that fill queues until they lose.
import { HyStart } from './hystart.ts'
import { INITIAL_WINDOW_BYTES, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES, PACING_GAIN, SLOW_START_PACING_GAIN } from './congestion-controller.ts'
import type { AckSample, CongestionController, LossSample } from './congestion-controller.ts'

const BETA = 0.7
/** After a mark, which comes earlier than a loss (RFC 8511). */
const MARK_BETA = 0.85
/** Segments per s³. */
const C = 0.4
/** The segment in which RFC 9438 counts: a TCP's, so that we are as aggressive as one, whatever the size of our packets. */
const SEGMENT_BYTES = 1_460
/** Whose window limits is held up by it in each round trip; whoever was not for longer had less to send, or nothing. */
const LIMITED_RTTS = 2
const RENO_ALPHA = 3 * (1 - BETA) / (1 + BETA)

interface Epoch {
  startMs: number
  /** When the window limited last. */
  limitedMs: number
  /** Window to come back to, and seconds until then. */
  originBytes: number
  inflectionS: number
  renoBytes: number
}

/** What was before a reduction, to take it back (RFC 9438, 4.9). */
interface Undo {
  windowBytes: number
  thresholdBytes: number
  maxBytes: number
  lostPackets: number
  sinceMs: number
}

export class CubicController implements CongestionController {
  #windowBytes = INITIAL_WINDOW_BYTES
  #thresholdBytes = Infinity
  #maxBytes = 0
  #epoch: Epoch | undefined
  #recoverySinceMs = -Infinity
  #undo: Undo | undefined
  readonly #hystart = new HyStart()

  get windowBytes (): number {
    return this.#windowBytes
  }

  get pacingGain (): number {
    return this.#isSlowStart ? SLOW_START_PACING_GAIN : PACING_GAIN
  }

  get #isSlowStart (): boolean {
    return this.#windowBytes < this.#thresholdBytes
  }

  /** Takes over from another controller, in congestion avoidance. */
  resume (windowBytes: number): void {
    this.#set(windowBytes)
    this.#thresholdBytes = this.#windowBytes
    this.#maxBytes = this.#windowBytes
    this.#epoch = undefined
    this.#undo = undefined
  }

  onAcked (sample: AckSample): void {
    if (sample.markedPackets > 0) {
      this.#congestion(sample.nowMs, sample.nowMs - sample.smoothedRttMs, MARK_BETA, 0)
    }
    if (this.#isSlowStart) {
      if (this.#hystart.sample(sample.baseRttMs + sample.queueMs, sample.isNewRound)) {
        this.#thresholdBytes = this.#windowBytes
      } else if (sample.isWindowLimited) {
        this.#set(this.#windowBytes + sample.bytes / this.#hystart.divisor)
      }
    } else if (sample.isWindowLimited) {
      this.#avoidCongestion(sample)
    }
  }

  onLost ({ nowMs, lastSentMs, packets }: LossSample): void {
    this.#congestion(nowMs, lastSentMs, BETA, packets)
  }

  onSpuriousLoss (packets: number, sentMs: number): void {
    const undo = this.#undo
    if (undo === undefined || sentMs > undo.sinceMs) {
      return
    }
    undo.lostPackets -= packets
    if (undo.lostPackets <= 0) {
      this.#set(Math.max(this.#windowBytes, undo.windowBytes))
      this.#thresholdBytes = undo.thresholdBytes
      this.#maxBytes = undo.maxBytes
      this.#epoch = undefined
      this.#undo = undefined
    }
  }

  onPersistentCongestion (nowMs: number): void {
    this.#congestion(nowMs, nowMs, BETA, 0)
    this.#undo = undefined
    this.#windowBytes = MIN_WINDOW_BYTES
  }

  #avoidCongestion ({ nowMs, bytes, smoothedRttMs }: AckSample): void {
    const epoch = this.#epoch ??= this.#startEpoch(nowMs)
    // time in which the window did not limit does not count (RFC 9438, 5.8)
    epoch.startMs += Math.max(0, nowMs - epoch.limitedMs - LIMITED_RTTS * smoothedRttMs)
    epoch.limitedMs = nowMs
    const sinceS = (nowMs - epoch.startMs + smoothedRttMs) / 1_000 - epoch.inflectionS
    const cubicBytes = epoch.originBytes + C * SEGMENT_BYTES * sinceS ** 3
    const alpha = epoch.renoBytes >= this.#maxBytes ? 1 : RENO_ALPHA
    epoch.renoBytes += alpha * SEGMENT_BYTES * bytes / this.#windowBytes
    const targetBytes = Math.min(Math.max(cubicBytes, this.#windowBytes), 1.5 * this.#windowBytes)
    this.#set(Math.max(this.#windowBytes + (targetBytes - this.#windowBytes) * bytes / this.#windowBytes, epoch.renoBytes))
  }

  #startEpoch (startMs: number): Epoch {
    const belowBytes = Math.max(0, this.#maxBytes - this.#windowBytes)
    return {
      startMs,
      limitedMs: startMs,
      originBytes: Math.max(this.#maxBytes, this.#windowBytes),
      inflectionS: Math.cbrt(belowBytes / SEGMENT_BYTES / C),
      renoBytes: this.#windowBytes
    }
  }

  /** Once for all that was sent before the last reduction. */
  #congestion (nowMs: number, sentMs: number, beta: number, lostPackets: number): void {
    if (sentMs <= this.#recoverySinceMs) {
      if (this.#undo !== undefined) {
        this.#undo.lostPackets += lostPackets
      }
      return
    }
    const { windowBytes } = this
    this.#undo = lostPackets === 0 ? undefined : { windowBytes, thresholdBytes: this.#thresholdBytes, maxBytes: this.#maxBytes, lostPackets, sinceMs: nowMs }
    this.#recoverySinceMs = nowMs
    this.#maxBytes = windowBytes < this.#maxBytes ? windowBytes * (1 + beta) / 2 : windowBytes
    this.#set(windowBytes * beta)
    this.#thresholdBytes = this.#windowBytes
    this.#epoch = undefined
  }

  #set (bytes: number): void {
    this.#windowBytes = Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, bytes))
  }
}
