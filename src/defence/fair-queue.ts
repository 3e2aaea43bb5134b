/** Those who wait for a signature check, in the order in which they get it: a bounded queue that knows its first and its last. */

export interface Rank {
  /** Bits of work shown: more goes first. */
  effort: number
  /** How active the caller is (CallerActivity): less goes first. Among equals the older goes first. */
  activity: number
}

interface Place extends Rank {
  /** Order of arrival, so that no two are equal. */
  number: number
}

interface Entry<T> extends Place {
  item: T
  addedMs: number
}

/**
 * A sorted array: it is short, its elements move in one copy, and both ends and every place in between can be looked at.
 * An item must not be in it twice.
 */
export class FairQueue<T> {
  readonly #maxLength: number
  /** The first to go is at the end. */
  readonly #sorted: Array<Entry<T>> = []
  /** In the order of arrival. */
  readonly #byAge = new Set<Entry<T>>()
  #added = 0

  constructor (maxLength: number) {
    if (!(maxLength > 0)) {
      throw new RangeError(`maxLength is ${maxLength}: a queue needs room for one`)
    }
    this.#maxLength = maxLength
  }

  get length (): number {
    return this.#sorted.length
  }

  /** Who would be taken next. */
  get first (): T | undefined {
    return this.#sorted.at(-1)?.item
  }

  /** Returns who had to go because the queue was full: the last, which may be `item` itself. */
  add (item: T, { effort, activity }: Rank, nowMs: number): T | undefined {
    const entry = { item, effort, activity, addedMs: nowMs, number: this.#added++ }
    this.#sorted.splice(this.#placeOf(entry), 0, entry)
    this.#byAge.add(entry)
    if (this.#sorted.length <= this.#maxLength) {
      return undefined
    }
    const last = this.#sorted.shift()
    return last === undefined ? undefined : this.#left(last)
  }

  /** Takes the first. */
  take (): T | undefined {
    const first = this.#sorted.pop()
    return first === undefined ? undefined : this.#left(first)
  }

  /** Takes all that were added before this instant, the oldest first. */
  takeOlder (thanMs: number): T[] {
    const older: T[] = []
    for (const entry of this.#byAge) {
      if (entry.addedMs >= thanMs) {
        break
      }
      this.#sorted.splice(this.#placeOf(entry), 1)
      older.push(this.#left(entry))
    }
    return older
  }

  /** How many would go before who comes now with this rank. */
  placeFor ({ effort, activity }: Rank): number {
    return this.#sorted.length - this.#placeOf({ effort, activity, number: this.#added })
  }

  /** Effort of who has so many before it; undefined if the queue is not so long. */
  effortAt (place: number): number | undefined {
    return this.#sorted[this.#sorted.length - 1 - place]?.effort
  }

  #left (entry: Entry<T>): T {
    this.#byAge.delete(entry)
    return entry.item
  }

  /** Where the entry is, or belongs. */
  #placeOf (entry: Place): number {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (goesBefore(entry, this.#sorted[middle])) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}

function goesBefore (one: Place, other: Place): boolean {
  if (one.effort !== other.effort) {
    return one.effort > other.effort
  }
  return one.activity !== other.activity ? one.activity < other.activity : one.number < other.number
}
