// A process that other programs keep from the processor again and again: what reaches it in such a burst is handled when that is over.
import { seededUint32 } from '../../src/simulation/draw.ts'

export interface BusyProcessInit {
  seed: number
  /** One burst in each such time, at a random moment; not less than `burstMs`. */
  everyMs: number
  /** It lasts up to so long, evenly distributed. */
  burstMs: number
}

export class BusyProcess {
  readonly #init: BusyProcessInit
  /** Two for each period that was asked for. */
  readonly #draws: number[] = []
  readonly #next: () => number

  constructor (init: BusyProcessInit) {
    this.#init = init
    const draw = seededUint32(init.seed)
    this.#next = () => draw() / 2 ** 32
  }

  /** When that is handled which comes at this time. */
  handledAtMs (atMs: number): number {
    const { everyMs, burstMs } = this.#init
    const period = Math.floor(atMs / everyMs)
    while (this.#draws.length <= 2 * period + 1) {
      this.#draws.push(this.#next())
    }
    const lastsMs = burstMs * this.#draws[2 * period + 1]
    const startMs = period * everyMs + (everyMs - lastsMs) * this.#draws[2 * period]
    return atMs >= startMs && atMs < startMs + lastsMs ? startMs + lastsMs : atMs
  }
}
