// The paths of one direction of a connection: the one in use, those on which packets are still in flight, and some that may be used again.
import { PathState } from './path-state.ts'
import type { CongestionController } from './congestion-controller.ts'

/** Paths that are remembered beside the one in use. */
const MAX_LEFT = 4
/** Who comes back later begins anew: others may use the path by now. */
const REMEMBER_MS = 10_000

export interface PathSetInit {
  maxPacketBytes: number
  /** For each path its own. Default: reacts to delay and marks. */
  controller?: () => CongestionController
}

export class PathSet {
  readonly #init: PathSetInit
  readonly #byEpoch: Array<PathState | undefined> = new Array<PathState | undefined>(256).fill(undefined)
  /** Latest left last. */
  readonly #left: PathState[] = []
  #active: PathState

  constructor (init: PathSetInit, key: string, rttMs?: number) {
    this.#init = init
    this.#active = this.#make(key, rttMs)
    this.#byEpoch[0] = this.#active
  }

  get active (): PathState {
    return this.#active
  }

  /** Paths that were left and are still remembered. */
  get left (): readonly PathState[] {
    return this.#left
  }

  /** The path that a packet of this epoch took. */
  of (epoch: number): PathState {
    return this.#byEpoch[epoch] as PathState
  }

  /** Under which the next path is taken. After 256 switches that is one which packets may still bear: settle them before. */
  get nextEpoch (): number {
    return (this.#active.epoch + 1) & 0xff
  }

  /**
   * Takes another path. Of one whose round trip nobody has measured, that of the path before is expected.
   *
   * @returns the paths whose packets nobody may ask for any more: too many were left, or it was left long ago and begins anew
   */
  use (key: string, nowMs: number, rttMs?: number): PathState[] {
    const { nextEpoch } = this
    const before = this.#active
    const known = this.#left.findIndex((path) => path.key === key)
    const again = known < 0 ? undefined : this.#left.splice(known, 1)[0]
    const given: PathState[] = []
    before.leftMs = nowMs
    this.#left.push(before)
    const isFresh = again !== undefined && nowMs - again.leftMs <= REMEMBER_MS
    if (again !== undefined && !isFresh) {
      given.push(again)
    }
    given.push(...this.#left.splice(0, Math.max(0, this.#left.length - MAX_LEFT)))
    this.#active = again !== undefined && isFresh ? again : this.#make(key, rttMs ?? before.rtt.smoothedMs)
    this.#active.epoch = nextEpoch
    this.#active.marked = 0
    this.#active.timeouts = 0
    this.#byEpoch[this.#active.epoch] = this.#active
    return given
  }

  #make (key: string, rttMs?: number): PathState {
    return new PathState({ key, rttMs, controller: this.#init.controller?.(), maxPacketBytes: this.#init.maxPacketBytes })
  }
}
