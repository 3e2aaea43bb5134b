// What of the map has changed since it was last written. A report costs one flag here: a view that is listed already is not
// listed again, and what is written is its value at that time.
import type { KeptView } from './link-view.ts'

/**
 * Five times what 500 nodes with 24 links each can change in a round. A change beyond it is not written until its link moves
 * again, and until then the store has an older value, with its true age.
 */
const MAX_LISTED = 65_536

export class MapChanges {
  readonly #maxListed: number
  #views: KeptView[] = []
  /** What is before it was taken. */
  #next = 0
  readonly #nodes = new Set<string>()
  /** Changes for which there was no room. */
  dropped = 0

  constructor (init: { maxListed?: number } = {}) {
    this.#maxListed = init.maxListed ?? MAX_LISTED
  }

  get views (): number {
    return this.#views.length - this.#next
  }

  get nodes (): number {
    return this.#nodes.size
  }

  addView (view: KeptView): void {
    if (view.isListed) {
      return
    }
    if (this.#views.length - this.#next >= this.#maxListed) {
      this.dropped++
      return
    }
    view.isListed = true
    this.#views.push(view)
  }

  addNode (key: string): void {
    this.#nodes.add(key)
  }

  /** The oldest change, which is no longer listed; undefined when there is none. */
  takeView (): KeptView | undefined {
    const view = this.#views[this.#next]
    if (view === undefined) {
      return undefined
    }
    view.isListed = false
    this.#next++
    if (this.#next > this.#maxListed || this.#next === this.#views.length) {
      this.#views = this.#views.slice(this.#next)
      this.#next = 0
    }
    return view
  }

  /** Nodes that came, went, or said something new of themselves. */
  takeNodes (count: number): string[] {
    const taken: string[] = []
    for (const key of this.#nodes) {
      if (taken.length === count) {
        break
      }
      taken.push(key)
      this.#nodes.delete(key)
    }
    return taken
  }
}
