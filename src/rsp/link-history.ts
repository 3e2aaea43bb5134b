// Which values of a link are worth a line of its history: those that have moved as far as would be reported, and one on a slow
// heartbeat, so that a gap means that nothing was heard.
import { movedSignificantly } from '../measurement/link-estimator.ts'
import { trafficMoved } from '../measurement/link-traffic.ts'
import type { DirectionEstimate } from './link-direction.ts'
import type { LinkEstimate } from './link-view.ts'
import type { DirectionSample, LinkSample } from './map-archive.ts'
import type { LinkReading } from '../measurement/link-estimator.ts'

/** 6,000 links leave 4 million lines a week: 130 MB where there is no traffic (33 bytes a line), 220 MB where there is on all. */
const HEARTBEAT_MS = 900_000
/** A link that flaps must not take the room of the others; what it came to meanwhile is the next line. */
const MIN_GAP_MS = 10_000
const MAX_GONE = 4_096

interface Line {
  reading: LinkReading
  /** From the first end to the other, and back. */
  forth: DirectionEstimate
  back: DirectionEstimate
  atMs: number
}

const NO_TRAFFIC: DirectionEstimate = { bytesPerSecond: undefined, rateIsFloor: false, loadBytesPerSecond: undefined }
const GONE: LinkReading = { state: 'down', rttUs: undefined, jitterUs: 0, lossPpm: 0, samples: 0, outcomes: 0 }

export class LinkHistory {
  /** By both ends, a before b. */
  readonly #last = new Map<string, Map<string, Line>>()
  /** Lines of links that were gone when they were written. */
  #gone = 0
  /** Lines given out. */
  samples = 0

  /** Links of which the last line is known. */
  get kept (): number {
    return [...this.#last.values()].reduce((sum, { size }) => sum + size, 0)
  }

  /** A line, if what is believed of the link in this direction now deserves one; undefined `estimate`: there is no such link now. */
  take (from: string, to: string, estimate: LinkEstimate | undefined, nowMs: number): LinkSample | undefined {
    const isInOrder = from < to
    const [a, b] = isInOrder ? [from, to] : [to, from]
    const [forth, back] = estimate === undefined ? [NO_TRAFFIC, NO_TRAFFIC] : isInOrder ? [estimate.forth, estimate.back] : [estimate.back, estimate.forth]
    const last = this.#last.get(a)?.get(b)
    const line = { reading: readingOf(estimate), forth, back, atMs: nowMs }
    if (last === undefined ? estimate === undefined : !isDue(last, line)) {
      return undefined
    }
    this.#keep(a, b, line)
    this.samples++
    const { jitterUs, lossPpm } = line.reading
    return { a, b, atMs: nowMs, rttUs: estimate?.rttUs ?? null, jitterUs, lossPpm, forth: toSample(forth), back: toSample(back) }
  }

  #keep (a: string, b: string, line: Line): void {
    const lines = this.#last.get(a) ?? new Map<string, Line>()
    this.#last.set(a, lines.set(b, line))
    if (line.reading === GONE && ++this.#gone > MAX_GONE) {
      this.#forgetGone(line.atMs)
    }
  }

  /** Links come and go without a bound, so those that are gone are kept only as long as they hold back the next line. */
  #forgetGone (nowMs: number): void {
    this.#gone = 0
    for (const [a, lines] of this.#last) {
      for (const [b, { reading, atMs }] of lines) {
        if (reading === GONE && !isWithin(MIN_GAP_MS, nowMs - atMs)) {
          lines.delete(b)
        } else if (reading === GONE) {
          this.#gone++
        }
      }
      if (lines.size === 0) {
        this.#last.delete(a)
      }
    }
  }
}

function isDue (last: Line, now: Line): boolean {
  const gapMs = now.atMs - last.atMs
  const isNewlyGone = now.reading === GONE && last.reading !== GONE
  const hasMoved = movedSignificantly(last.reading, now.reading) || directionMoved(last.forth, now.forth) || directionMoved(last.back, now.back)
  return (!isWithin(HEARTBEAT_MS, gapMs) && last.reading !== GONE) || isNewlyGone || (!isWithin(MIN_GAP_MS, gapMs) && hasMoved)
}

/** A line from the future, from before the clock was set back, holds nothing back. */
function isWithin (limitMs: number, gapMs: number): boolean {
  return gapMs >= 0 && gapMs < limitMs
}

function directionMoved (last: DirectionEstimate, now: DirectionEstimate): boolean {
  return last.priceMicroPerGb !== now.priceMicroPerGb || trafficMoved(last, now)
}

function toSample ({ bytesPerSecond, rateIsFloor, loadBytesPerSecond, priceMicroPerGb }: DirectionEstimate): DirectionSample {
  return { bytesPerSecond: bytesPerSecond ?? null, rateIsFloor, loadBytesPerSecond: loadBytesPerSecond ?? null, priceMicroPerGb: priceMicroPerGb ?? null }
}

function readingOf (estimate: LinkEstimate | undefined): LinkReading {
  return estimate === undefined
    ? GONE
    : { state: 'up', rttUs: estimate.rttUs, jitterUs: estimate.jitterUs, lossPpm: estimate.lossPpm, samples: 1, outcomes: 1 }
}
