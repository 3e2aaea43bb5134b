// What a host's descriptor says of its access points, and whether that is still true. Pure.
import type { PeerId } from '@libp2p/interface'

export interface AccessPoint {
  forwarder: PeerId
  rttUs: number
  attached: boolean
}

/** An access point that has moved by less than both of these is where it was: descriptors are signed and passed around. */
const MOVED_SHARE = 1 / 8
const MOVED_US = 1_000

/** `others`: other access points than before; `moved`: the same ones, some nearer or farther. */
export type Change = 'none' | 'moved' | 'others'

export class AccessDescription {
  #described = new Map<string, AccessPoint>()

  /** Compares, and takes these points for described unless nothing has changed. */
  update (points: readonly AccessPoint[]): Change {
    const change = this.#compare(points)
    if (change !== 'none') {
      this.#described = new Map(points.map((point) => [point.forwarder.toString(), point]))
    }
    return change
  }

  #compare (points: readonly AccessPoint[]): Change {
    const before = points.map(({ forwarder }) => this.#described.get(forwarder.toString()))
    if (points.length !== this.#described.size || points.some(({ attached }, i) => before[i]?.attached !== attached)) {
      return 'others'
    }
    return points.some(({ rttUs }, i) => hasMoved((before[i] as AccessPoint).rttUs, rttUs)) ? 'moved' : 'none'
  }
}

function hasMoved (beforeUs: number, nowUs: number): boolean {
  return Math.abs(nowUs - beforeUs) > Math.max(MOVED_US, MOVED_SHARE * beforeUs)
}
