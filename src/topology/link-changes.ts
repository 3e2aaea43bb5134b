// What changed between two versions of the map, so that whoever keeps something computed from it (sorted rows, trees) can
// follow link by link instead of computing it anew.

/** Eight bytes each. So many are always known, and where there are links enough several seconds of reports at 20,000 a second; powers of two. */
const LEAST = 2 ** 10
const MOST = 2 ** 17
/** Who is further behind than so many changes of each link computes anew at no greater cost. */
const CHANGES_PER_LINK = 4

/** An endless list of which the last entries are kept, more of them the more links there are: entry v is the link whose change made version v. */
export class LinkChanges {
  #from = new Uint32Array(LEAST)
  #to = new Uint32Array(LEAST)
  #version = 0
  /** Versions before this one are forgotten. */
  #oldest = 0

  /**
   * Notes that the change to the next version was one of the given link; a link from a node to itself stands for no link.
   * @param links - how many there are
   */
  add (from: number, to: number, links: number): void {
    const length = this.#from.length
    if (this.#version - this.#oldest === length) {
      if (length < MOST && length < CHANGES_PER_LINK * links) {
        this.#grow(2 * length)
      } else {
        this.#oldest++
      }
    }
    const slot = this.#version % this.#from.length
    this.#from[slot] = from
    this.#to[slot] = to
    this.#version++
  }

  /** How many changes there are between the versions, or -1 when not all are known any more. */
  count (afterVersion: number, upToVersion: number): number {
    const isKnown = afterVersion <= upToVersion && upToVersion <= this.#version && afterVersion >= this.#oldest
    return isKnown ? upToVersion - afterVersion : -1
  }

  /** Calls with the ends of each link that changed, as often as it did. Only where count is not -1. */
  each (afterVersion: number, upToVersion: number, changed: (from: number, to: number) => void): void {
    for (let version = afterVersion; version < upToVersion; version++) {
      const slot = version % this.#from.length
      if (this.#from[slot] !== this.#to[slot]) {
        changed(this.#from[slot], this.#to[slot])
      }
    }
  }

  #grow (length: number): void {
    const [from, to] = [this.#from, this.#to]
    this.#from = new Uint32Array(length)
    this.#to = new Uint32Array(length)
    for (let version = this.#oldest; version < this.#version; version++) {
      this.#from[version % length] = from[version % from.length]
      this.#to[version % length] = to[version % to.length]
    }
  }
}
