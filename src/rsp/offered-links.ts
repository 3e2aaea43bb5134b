// The links that offers which still hold are made of. They are watched, and so kept, whatever the plan would rather look at:
// a path is worth nothing when its links are let go. Nobody else sees for how long: times are of a monotonic clock, so that one that is set neither
// ends the watch of an offer that holds nor draws it out.

/** As many links as a large map has in use; beyond it the first ones in are forgotten. */
const MAX_LINKS = 65_536
/** Nodes are numbered below this. */
const NODES = 65_536

export class OfferedLinks {
  /** By the numbers of both nodes: until when, by the clock. */
  readonly #untilMs = new Map<number, number>()
  readonly #maxLinks: number

  constructor (maxLinks: number = MAX_LINKS) {
    this.#maxLinks = maxLinks
  }

  get size (): number {
    return this.#untilMs.size
  }

  /**
   * @param nodes - of a path, by the numbers of the map
   * @param untilMs - by the clock
   */
  add (nodes: readonly number[], untilMs: number): void {
    for (let hop = 1; hop < nodes.length; hop++) {
      const name = nameOf(nodes[hop - 1], nodes[hop])
      if (this.#untilMs.size >= this.#maxLinks && !this.#untilMs.has(name)) {
        this.#untilMs.delete(this.#untilMs.keys().next().value as number)
      }
      this.#untilMs.set(name, untilMs)
    }
  }

  /** Those that are still offered. */
  * links (clockMs: number): Generator<readonly [a: number, b: number]> {
    for (const [name, untilMs] of this.#untilMs) {
      if (untilMs <= clockMs) {
        this.#untilMs.delete(name)
      } else {
        yield [Math.floor(name / NODES), name % NODES]
      }
    }
  }

  /** The number goes to another node, or to none. */
  removeNode (node: number): void {
    for (const name of this.#untilMs.keys()) {
      if (Math.floor(name / NODES) === node || name % NODES === node) {
        this.#untilMs.delete(name)
      }
    }
  }
}

function nameOf (a: number, b: number): number {
  return a < b ? a * NODES + b : b * NODES + a
}
