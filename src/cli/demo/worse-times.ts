// How long a flow was worse than its default route. Pure: round trips that were measured side by side, on the route in use and on the default one, go
// in, with when forwarders failed and when the flow went another way; the times come out.
import { NOTICEABLE_MS } from '../../host/lag-watch.ts'
import { detectionMs } from '../../host/detection-time.ts'

/** Sent at the same time on both. */
export interface SideBySide {
  sentMs: number
  /** The flow took the default route, so it was no worse than that, whatever the two round trips are. */
  isDefault: boolean
  /** How the flow went; undefined: lost. */
  currentRttMs: number | undefined
  /** Undefined: lost; then there is nothing to compare with. */
  defaultRttMs: number | undefined
  /** What the host takes for the round trip of the route in use. */
  usualRttMs: number
  /** Why the host has the flow on this route. */
  reason: string
}

export interface WorseTime {
  fromMs: number
  lastsMs: number
  /** Whether a forwarder that was in use had failed; otherwise datagrams were late or lost without that. */
  afterFailure: boolean
  /** What the host may take to notice that its route has failed, by the round trip that it had before. */
  detectionMs: number
  /** Why the host had the flow on that route when it began. */
  reason: string
}

/** Events are remembered for so long: until all that was sent before has come back or is lost. */
const REMEMBERED_MS = 10_000

interface Run {
  fromMs: number
  afterFailure: boolean
  lastWorseMs: number
  detectionMs: number
  reason: string
}

export class WorseTimes {
  samples = 0
  /** On a path, while the default route worked. */
  lost = 0
  /** Of all times together. */
  totalMs = 0
  /** The one that is furthest over its detection time, or else comes nearest to it. */
  worst: WorseTime | undefined
  /** Times that were longer than that. */
  tooLong = 0
  #run: Run | undefined
  #lastGoodMs = -Infinity
  #usualRttMs = 0
  #failedAtMs: number[] = []
  #switchedAtMs: number[] = []

  /** A forwarder on the path in use failed then. */
  failed (atMs: number): void {
    this.#failedAtMs = remember(this.#failedAtMs, atMs)
  }

  /** The flow goes another way from now on. */
  switched (nowMs: number): void {
    this.#switchedAtMs = remember(this.#switchedAtMs, nowMs)
  }

  /** In the order of sending. */
  add (sample: SideBySide): void {
    const { sentMs, isDefault, currentRttMs, defaultRttMs } = sample
    this.samples++
    if (isDefault) {
      this.#good(sample)
      return
    }
    if (defaultRttMs === undefined) {
      return
    }
    this.lost += currentRttMs === undefined ? 1 : 0
    if (currentRttMs !== undefined && currentRttMs - defaultRttMs <= NOTICEABLE_MS) {
      this.#good(sample)
    } else if (this.#run === undefined) {
      const failedMs = this.#failureBefore(sentMs)
      this.#run = { fromMs: failedMs ?? sentMs, afterFailure: failedMs !== undefined, lastWorseMs: sentMs, detectionMs: detectionMs(this.#usualRttMs || sample.usualRttMs), reason: sample.reason }
    } else {
      this.#run.lastWorseMs = sentMs
    }
  }

  /** Nothing more comes: a time that has not ended ends now. */
  end (nowMs: number): void {
    this.#finish(nowMs)
  }

  #good ({ sentMs, usualRttMs }: SideBySide): void {
    const lastWorseMs = this.#run?.lastWorseMs ?? Infinity
    // what went out after the change went another way already
    this.#finish(this.#switchedAtMs.findLast((atMs) => atMs > lastWorseMs && atMs <= sentMs) ?? sentMs)
    this.#lastGoodMs = sentMs
    this.#usualRttMs = usualRttMs
  }

  /** What is lost first may have been on its way when the forwarder failed. */
  #failureBefore (sentMs: number): number | undefined {
    return this.#failedAtMs.find((atMs) => atMs > this.#lastGoodMs && atMs <= sentMs + this.#usualRttMs)
  }

  #finish (nowMs: number): void {
    if (this.#run === undefined) {
      return
    }
    const { fromMs, afterFailure, detectionMs: allowedMs, reason } = this.#run
    const time = { fromMs, afterFailure, lastsMs: Math.max(0, nowMs - fromMs), detectionMs: allowedMs, reason }
    this.#run = undefined
    this.totalMs += time.lastsMs
    this.tooLong += excessMs(time) > 0 ? 1 : 0
    if (this.worst === undefined || excessMs(time) > excessMs(this.worst)) {
      this.worst = time
    }
  }
}

export function excessMs ({ lastsMs, detectionMs: allowedMs }: Pick<WorseTime, 'lastsMs' | 'detectionMs'>): number {
  return lastsMs - allowedMs
}

function remember (timesMs: readonly number[], nowMs: number): number[] {
  return [...timesMs.filter((atMs) => nowMs - atMs < REMEMBERED_MS), nowMs]
}
