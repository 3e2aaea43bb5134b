/**
 * Those who wait for one thing that takes honest ones a few round trips, such as a handshake, and whom it costs nothing to wait for ever. They have
 * so many places, and who has most of them cannot keep others out: one more takes the place of the prefix with most, from whoever of it waits
 * longest, where that prefix has more than the newcomer's would, or the time of honest ones is over. So silence of many prefixes only makes
 * newcomers wait for a place, and newcomers in a crowd of honest ones do not push each other out.
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
    let most = 0
    let chosen: { waiting: T, sinceMs: number } | undefined
    for (const all of this.#prefixes.values()) {
      const [[waiting, sinceMs]] = all
      if (all.size > most || (all.size === most && sinceMs < (chosen?.sinceMs ?? Infinity))) {
        most = all.size
        chosen = { waiting, sinceMs }
      }
    }
    const own = this.#prefixes.get(prefix)?.size ?? 0
    return chosen !== undefined && (most > own + 1 || nowMs - chosen.sinceMs > this.#graceMs) ? chosen.waiting : undefined
  }
}
