// What changed between two versions of the map, so that whoever keeps something computed from it (sorted rows, trees) can
// follow link by link instead of computing it anew.

/** Enough for several seconds of reports at 20,000 a second; eight bytes each. Older changes are forgotten. */
const CAPACITY = 2 ** 17

/** An endless list of which the last CAPACITY entries are kept: entry v is the link whose change made version v. */
export class LinkChanges {
  #from = new Uint32Array(256)
  #to = new Uint32Array(256)
  #version = 0

  /** Notes that the change to the next version was one of the given link; a link from a node to itself stands for no link. */
  add (from: number, to: number): void {
    const slot = this.#version % CAPACITY
    if (slot === this.#from.length) {
      this.#grow()
    }
    this.#from[slot] = from
    this.#to[slot] = to
    this.#version++
  }

  /** How many changes there are between the versions, or -1 when not all are known any more. */
  count (afterVersion: number, upToVersion: number): number {
    const isKnown = afterVersion <= upToVersion && upToVersion <= this.#version && afterVersion >= this.#version - CAPACITY
    return isKnown ? upToVersion - afterVersion : -1
  }

  /** Calls with the ends of each link that changed, as often as it did. Only where count is not -1. */
  each (afterVersion: number, upToVersion: number, changed: (from: number, to: number) => void): void {
    for (let version = afterVersion; version < upToVersion; version++) {
      const slot = version % CAPACITY
      if (this.#from[slot] !== this.#to[slot]) {
        changed(this.#from[slot], this.#to[slot])
      }
    }
  }

  #grow (): void {
    const length = Math.min(CAPACITY, this.#from.length * 4)
    const [from, to] = [new Uint32Array(length), new Uint32Array(length)]
    from.set(this.#from)
    to.set(this.#to)
    this.#from = from
    this.#to = to
  }
}
