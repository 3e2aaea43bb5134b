// The congestion control that we would like to use always: it reacts to marks and to delay, and hardly to loss.
//
// Hops are reliable streams, so a packet is lost where a bounded queue was full, long after that queue began to delay and to mark; and a packet
// that is lost otherwise says nothing about congestion. Once per round trip the window is judged by
//   marks   as DCTCP (RFC 8257) and Prague do it: reduced by half the smoothed share of marked packets;
//   delay   as Swift (SIGCOMM 2020) does it: when even the lowest queueing delay of a round is above a target, reduced in proportion to the excess;
//   loss    only when the smoothed share is beyond what chance explains, for policers and queues too short to delay.
// And it grows, whatever the reduction, by a step in proportion to its square root: binomial control (Bansal and Balakrishnan, INFOCOM 2001) with k + l > 0, which
// converges to fair shares and yet scales with the path. After some rounds without congestion the step grows as well.
//
// A flow that begins while others keep a queue would take this queue for the path's own delay, and the others would give way to it without end. So each flow
// halves its window for two rounds when it has met no empty queue for some seconds: then the queue empties, and all see what the path's own delay is.
import { FLOOR_WINDOW_BYTES, INITIAL_WINDOW_BYTES, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES, PACING_GAIN, SLOW_START_PACING_GAIN } from './congestion-controller.ts'
import type { AckSample, CongestionController, LossSample } from './congestion-controller.ts'

/**
 * Queueing delay from which on the window gives way: about what timers and batches of a busy process make up. The same for every path: of two flows
 * through one queue the one that tolerates more would take all.
 */
export const TARGET_QUEUE_MS = 3
/** Swift's beta: this share of the excess is taken back at once, so that a round trip of delay in the loop does not make it swing. */
const DELAY_BETA = 0.5
const MAX_REDUCTION = 0.5
/** After more than this the next round, which was under way by then, is not judged. */
const LARGE_REDUCTION = 0.1
/** DCTCP's g. */
const MARK_GAIN = 1 / 16
/** The first mark comes after a time without any: it counts like so many. */
const FIRST_MARK_SHARE = 0.25
const LOSS_GAIN = 1 / 8
/** Smoothed share of lost packets beyond which loss is congestion. */
const TOLERATED_LOSS = 0.05
/** Who drops what is beyond a rate lets through the share that was not lost: the window is reduced by the share that was, and at least by this. */
const MIN_LOSS_REDUCTION = 0.1
/**
 * Step per round: the root of the window times so many bytes, times the reference divided by the round trip. The latter makes flows with different round trips
 * equal: where growth and reduction are in balance, windows are as the round trips. The queue in balance is longer than the target by the root of the first times the second, by
 * the rate for each flow, over beta: 3 ms at 50 Mbit/s.
 */
const STEP_BYTES = 512
const REFERENCE_RTT_MS = 25
/** With a queue a path is full when its best rate has grown by less in a round (as BBR's start-up). */
const FULL_GROWTH = 1.25
/** So many rounds without congestion, and the step doubles every second round, up to this share of the window. */
const CALM_ROUNDS = 6
const MAX_FASTER_STEP_SHARE = 1 / 8
/** No step is more than this share of the window, nor, for losses, less than this share of itself. */
const MAX_STEP_SHARE = 1 / 4
const MIN_STEP = 1 / 10
/** Rounds are judged together until they have lasted so long: on the shortest paths a process that was busy for a while would look like a queue. */
const MIN_ROUND_MS = 25
const DRAIN_AFTER_MS = 5_000
const DRAIN_ROUNDS = 2
/** The window is made smaller by so many times the queue's share of it: with so many equal flows one of them empties it. */
const DRAIN_FLOWS = 4
const MAX_DRAIN = 0.5
const MIN_DRAIN = 0.125
/** Who has sent nothing for so many round trips has kept no queue, and met none. */
const IDLE_ROUNDS = 2
/** A queue so long that stays, not halved, while the window falls to half is somebody else's. */
const STARVED_QUEUE_MS = 12
const STARVED_SHARE = 0.5
const STARVED_MS = 2_000
const STARVED_ROUNDS = 16
/** Where that was so before, it takes so much less to believe it again. */
const SUSPICION = 4

export class DelayController implements CongestionController {
  #windowBytes = INITIAL_WINDOW_BYTES
  #isSlowStart = true
  #markShare = 0
  #lossShare = 0
  #calmRounds = 0
  /** Rounds that are not judged: what comes back in them was sent before a large change. */
  #skipRounds = 0
  #drain: { rounds: number, windowBytes: number } | undefined
  #drainedMs = -Infinity
  /** Since when the queue has been so long without a pause. */
  #congested: { sinceMs: number, rounds: number, windowBytes: number, queueMs: number } | undefined
  #isStarved = false
  #suspicion = 1
  /** What the path delivered best by the round before, bytes per ms. */
  #roundRate = 0
  #roundMs = -Infinity
  #ackedMs = -Infinity
  // of the present round
  #packets = 0
  #marked = 0
  #lost = 0
  #queueMs = Infinity

  get windowBytes (): number {
    return this.#windowBytes
  }

  get pacingGain (): number {
    return this.#isSlowStart ? SLOW_START_PACING_GAIN : PACING_GAIN
  }

  /** Is the delay somebody else's, who does not give way to delay? */
  get isStarved (): boolean {
    return this.#isStarved
  }

  /** What the window was before the delay rose that it has been giving way to. */
  get windowBeforeBytes (): number {
    return this.#congested?.windowBytes ?? this.#windowBytes
  }

  /** Takes over from another controller. */
  resume (windowBytes: number, nowMs: number): void {
    this.#isSlowStart = false
    this.#isStarved = false
    this.#suspicion = SUSPICION
    this.#congested = undefined
    this.#drain = undefined
    this.#drainedMs = nowMs
    this.#skipRounds = 1
    this.#set(windowBytes)
  }

  onAcked (sample: AckSample): void {
    this.#packets += sample.packets
    this.#marked += sample.markedPackets
    this.#queueMs = Math.min(this.#queueMs, sample.queueMs)
    if (sample.nowMs - this.#ackedMs > IDLE_ROUNDS * sample.smoothedRttMs) {
      this.#drainedMs = sample.nowMs
    }
    this.#ackedMs = sample.nowMs
    if (this.#isSlowStart) {
      this.#slowStart(sample)
    }
    if (sample.isNewRound && sample.nowMs - this.#roundMs >= MIN_ROUND_MS) {
      this.#roundMs = sample.nowMs
      this.#endRound(sample)
      this.#packets = 0
      this.#marked = 0
      this.#lost = 0
      this.#queueMs = Infinity
    }
  }

  onLost ({ packets }: LossSample): void {
    this.#lost += packets
  }

  onSpuriousLoss (packets: number): void {
    this.#lost = Math.max(0, this.#lost - packets)
  }

  onPersistentCongestion (): void {
    this.#isSlowStart = true
    this.#roundRate = 0
    this.#drain = undefined
    this.#lossShare = 0
    this.#lost = 0
    this.#windowBytes = MIN_WINDOW_BYTES
  }

  /** A queue holds it up, and ends it when the path has delivered no more for a round: at first hops may be in slow start themselves, and processes busy. */
  #slowStart (sample: AckSample): void {
    if (sample.markedPackets > 0) {
      this.#endSlowStart(sample)
    } else if (sample.isWindowLimited && sample.lowQueueMs <= TARGET_QUEUE_MS) {
      this.#set(this.#windowBytes + sample.bytes)
    }
  }

  #endSlowStart (sample: AckSample): void {
    this.#isSlowStart = false
    this.#markShare = sample.markedPackets > 0 ? FIRST_MARK_SHARE : 0
    this.#skipRounds = 2
    const product = sample.deliveryRate * (sample.baseRttMs + TARGET_QUEUE_MS / 2)
    // the rate was measured while the path was not full yet; what filled it a round trip ago was half of the window
    this.#set(Math.min(this.#windowBytes, Math.max(product, this.#windowBytes / 2)))
    this.#calmRounds = CALM_ROUNDS
  }

  #judgeSlowStart (sample: AckSample): void {
    const isFull = sample.lowQueueMs > TARGET_QUEUE_MS && sample.deliveryRate < FULL_GROWTH * this.#roundRate
    this.#roundRate = sample.deliveryRate
    if (this.#lossShare > TOLERATED_LOSS) {
      this.#isSlowStart = false
      this.#reduce(MAX_REDUCTION)
    } else if (isFull) {
      this.#endSlowStart(sample)
    }
  }

  #endRound (sample: AckSample): void {
    this.#smooth()
    if (this.#isSlowStart) {
      this.#judgeSlowStart(sample)
      return
    }
    if (this.#drain !== undefined) {
      this.#goOnDraining(this.#drain, sample)
      return
    }
    if (this.#skipRounds > 0) {
      this.#skipRounds--
      return
    }
    const reduction = this.#reductionFor(sample)
    const step = sample.isWindowLimited ? this.#step(sample.baseRttMs + this.#queueMs) : 0
    this.#watchStarvation(sample)
    if (reduction > 0) {
      this.#reduce(reduction, step)
    } else if (step > 0) {
      this.#grow(step)
    }
    if (sample.nowMs - Math.max(sample.lowSeenMs, this.#drainedMs) > DRAIN_AFTER_MS) {
      const share = DRAIN_FLOWS * this.#queueMs / (sample.baseRttMs + this.#queueMs)
      this.#drain = { rounds: DRAIN_ROUNDS, windowBytes: this.#windowBytes }
      this.#set(this.#windowBytes * (1 - Math.min(MAX_DRAIN, Math.max(MIN_DRAIN, share))))
    }
  }

  #smooth (): void {
    const sent = this.#packets + this.#lost
    if (sent > 0) {
      this.#lossShare += LOSS_GAIN * (this.#lost / sent - this.#lossShare)
    }
    if (this.#packets > 0) {
      this.#markShare += MARK_GAIN * (this.#marked / this.#packets - this.#markShare)
    }
  }

  #reductionFor (sample: AckSample): number {
    const byMarks = this.#marked > 0 ? this.#markShare / 2 : 0
    const excessMs = this.#queueMs - TARGET_QUEUE_MS
    const byDelay = excessMs > 0 ? DELAY_BETA * excessMs / (sample.baseRttMs + this.#queueMs) : 0
    const byLoss = this.#lost > 0 && this.#lossShare > TOLERATED_LOSS ? Math.max(MIN_LOSS_REDUCTION, this.#lost / (this.#lost + this.#packets)) : 0
    return Math.min(MAX_REDUCTION, Math.max(byMarks, byDelay, byLoss))
  }

  /** Growth goes on below it, so that flows that share a queue come to equal windows. */
  #reduce (share: number, step = 0): void {
    this.#set(this.#windowBytes * (1 - share) + step)
    this.#skipRounds = share > LARGE_REDUCTION ? 1 : 0
    this.#calmRounds = 0
  }

  /** Smaller as losses come near to what is tolerated: nothing else says where the rate is that somebody enforces. */
  #step (rttMs: number): number {
    const bytes = Math.sqrt(STEP_BYTES * this.#windowBytes * REFERENCE_RTT_MS / rttMs)
    return Math.min(bytes, MAX_STEP_SHARE * this.#windowBytes) * Math.max(MIN_STEP, 1 - this.#lossShare / TOLERATED_LOSS)
  }

  #grow (step: number): void {
    this.#calmRounds++
    const faster = step * 2 ** (Math.max(0, this.#calmRounds - CALM_ROUNDS) / 2)
    this.#set(this.#windowBytes + Math.max(step, Math.min(faster, MAX_FASTER_STEP_SHARE * this.#windowBytes)))
  }

  #goOnDraining (drain: { rounds: number, windowBytes: number }, { nowMs }: AckSample): void {
    if (--drain.rounds === 0) {
      this.#drain = undefined
      this.#drainedMs = nowMs
      this.#skipRounds = 1
      this.#set(drain.windowBytes)
    }
  }

  #watchStarvation (sample: AckSample): void {
    if (this.#queueMs <= Math.max(STARVED_QUEUE_MS, (this.#congested?.queueMs ?? 0) / 2)) {
      this.#congested = undefined
      return
    }
    this.#congested ??= { sinceMs: sample.nowMs, rounds: 0, windowBytes: this.#windowBytes, queueMs: this.#queueMs }
    this.#congested.rounds++
    this.#isStarved = this.#windowBytes <= STARVED_SHARE * this.#congested.windowBytes &&
      this.#congested.rounds >= STARVED_ROUNDS / this.#suspicion && sample.nowMs - this.#congested.sinceMs >= STARVED_MS / this.#suspicion
  }

  #set (bytes: number): void {
    this.#windowBytes = Math.min(MAX_WINDOW_BYTES, Math.max(FLOOR_WINDOW_BYTES, bytes))
  }
}
