/**
 * Those who wait for one thing that takes honest ones a few round trips, such as a handshake, and whom it costs nothing to wait for ever. They have
 * so many places, and who has most of them cannot keep others out: one more takes the place of whoever waits longest, once the time of honest ones
 * is over for it; until then that of whoever of the prefix with most waits longest, where that prefix has more than the newcomer's would. So silence
 * of many prefixes only makes newcomers wait for a place, and newcomers in a crowd of honest ones do not push each other out.
 */
export class WaitingRoom<T> {
  readonly #graceMs: number
  /** Since when, in the order of coming. */
  readonly #prefixes = new Map<string, Map<T, number>>()
  #size = 0

  /** @param graceMs - what honest ones take on a bad line */
  constructor (graceMs: number) {
    this.#graceMs = graceMs
  }

  get size (): number {
    return this.#size
  }

  add (prefix: string, waiting: T, nowMs: number): void {
    const others = this.#prefixes.get(prefix) ?? new Map<T, number>()
    this.#prefixes.set(prefix, others)
    others.set(waiting, nowMs)
    this.#size++
  }

  delete (prefix: string, waiting: T): void {
    const all = this.#prefixes.get(prefix)
    if (all?.delete(waiting) === true) {
      this.#size--
      if (all.size === 0) {
        this.#prefixes.delete(prefix)
      }
    }
  }

  /** Who gives way to one more of a prefix; undefined where nobody does. */
  givesWay (prefix: string, nowMs: number): T | undefined {
    let oldest: First<T> | undefined
    let ofMost: First<T> | undefined
    for (const all of this.#prefixes.values()) {
      const [[waiting, sinceMs]] = all
      const first = { waiting, sinceMs, places: all.size }
      oldest = oldest === undefined || sinceMs < oldest.sinceMs ? first : oldest
      if (ofMost === undefined || first.places > ofMost.places || (first.places === ofMost.places && sinceMs < ofMost.sinceMs)) {
        ofMost = first
      }
    }
    if (oldest === undefined || ofMost === undefined) {
      return undefined
    }
    if (nowMs - oldest.sinceMs > this.#graceMs) {
      return oldest.waiting
    }
    const own = this.#prefixes.get(prefix)?.size ?? 0
    return ofMost.places > own + 1 ? ofMost.waiting : undefined
  }
}

/** Who waits longest of a prefix, and how many places that has. */
interface First<T> { waiting: T, sinceMs: number, places: number }
