// How much a forwarder carries when its processor is what there is too little of. A busy event loop reads from all sockets in turn, so that
// who comes over many gets most; below its limit the forwarder itself says who gets what (fair-capacity.ts), and keeps those who want more
// from sending it. So what is carried stays a little below what the processor can do. Pure.

export interface ProcessorLimitInit {
  /** Where the processor is idle enough: what was configured. */
  bytesPerSecond: number
}

/** What happened since the last look. */
export interface Interval {
  /** Share of the time in which the event loop was busy, 0 to 1. */
  utilization: number
  bytesPerSecond: number
}

/** Above it nobody knows how much longer what comes has waited. */
const BUSY = 0.95
/** Below it there is room for more. */
const IDLE = 0.9
const DOWN = 0.97
const UP = 1.02
/** Where half of the time is free, the limit is far too low. */
const AT_EASE = 0.5
const UP_AT_EASE = 1.2
/** One turn that takes long is no load: so many looks in a row must show it, and what was carried in them all counts. */
const LOOKS = 3
/** No limit is looked for below it: a node that carries less is busy with other things. */
const LEAST_BYTES_PER_SECOND = 1_000_000
/** Nor below this share of the most that was carried in the last minutes: a process that is busy whatever it carries has other work, which goes on however little that is. */
const LEAST_SHARE = 0.5
/** By look: half of it in about two minutes. */
const FORGET = 0.9995
/** The limit rises while so much of it is used: one that nobody reaches says nothing, and what was found is kept for the next load. */
const USED = 0.67

export class ProcessorLimit {
  readonly #configured: number
  #bytesPerSecond: number
  /** That was carried in a look, lately. */
  #most = 0
  /** What was carried in the last looks, all of them busy. */
  readonly #busy: number[] = []

  constructor ({ bytesPerSecond }: ProcessorLimitInit) {
    this.#configured = this.#bytesPerSecond = bytesPerSecond
  }

  get bytesPerSecond (): number {
    return this.#bytesPerSecond
  }

  /** Takes what was seen, and returns the limit from now on. */
  seen ({ utilization, bytesPerSecond }: Interval): number {
    // what is held down says nothing of what could be
    this.#most = Math.max(this.#bytesPerSecond < this.#configured ? this.#most : this.#most * FORGET, bytesPerSecond)
    if (utilization <= BUSY) {
      this.#busy.length = 0
      if (utilization < IDLE && bytesPerSecond >= USED * this.#bytesPerSecond) {
        this.#bytesPerSecond = Math.min(this.#configured, (utilization < AT_EASE ? UP_AT_EASE : UP) * this.#bytesPerSecond)
      }
      return this.#bytesPerSecond
    }
    if (this.#busy.push(bytesPerSecond) >= LOOKS) {
      const carried = this.#busy.reduce((sum, rate) => sum + rate, 0) / LOOKS
      this.#busy.shift()
      if (carried > LEAST_BYTES_PER_SECOND) {
        this.#bytesPerSecond = Math.min(this.#bytesPerSecond, Math.max(LEAST_SHARE * this.#most, DOWN * carried))
      }
    }
    return this.#bytesPerSecond
  }
}
