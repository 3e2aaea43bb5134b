import assert from 'node:assert/strict'
import { tableCensus } from '../../scripts/bench/soak/table-census.ts'

class Shelf {
  readonly #books = new Map([['a', 1], ['b', 2]])
  readonly labels = ['x']

  get count (): number {
    return this.#books.size + this.labels.length
  }
}

class Library {
  readonly #shelf = new Shelf()
  readonly #readers = new Set<string>()
  /** The same shelf once more, and a way back to itself. */
  readonly best = this.#shelf
  readonly self = this
  readonly #lent = { now: new Map([[new Shelf(), 1]]) }

  get count (): number {
    return this.#shelf.count + this.#readers.size + this.#lent.now.size
  }
}

describe('the census of tables', () => {
  it('counts what maps, sets and arrays hold, in private fields too, each once, and does not look into them', () => {
    const library = new Library()
    assert.equal(library.count, 4)
    assert.deepEqual(tableCensus({ library }), {
      'library.#shelf.#books': 2,
      'library.#shelf.labels': 1,
      'library.#readers': 0,
      'library.#lent.now': 1
    })
  })

  it('leaves nothing behind in the global scope', () => {
    const before = Object.getOwnPropertyNames(globalThis)
    tableCensus({ shelf: new Shelf() })
    assert.deepEqual(Object.getOwnPropertyNames(globalThis), before)
  })
})
