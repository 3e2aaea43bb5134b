// Memory of batches that have left, for the next ones of any link of a node: it is still in the processor's cache. As much as is used in one tick, and bounded, so
// that links which were busy once hold none.

/** Links that fill a large batch in one tick; those beyond take new memory. */
const MAX_SPARES = 16

export class SpareBatches {
  readonly #spares: Uint8Array[] = []

  /** The one that was given back last. */
  take (): Uint8Array | undefined {
    return this.#spares.pop()
  }

  give (bytes: Uint8Array): void {
    if (this.#spares.length < MAX_SPARES) {
      this.#spares.push(bytes)
    }
  }

  get heldBytes (): number {
    return this.#spares.reduce((sum, { length }) => sum + length, 0)
  }
}
