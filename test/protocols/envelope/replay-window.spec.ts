import assert from 'node:assert/strict'
import fc from 'fast-check'
import { REPLAY_WINDOW } from '../../../protocols/envelope/constants.ts'
import { ReplayWindow } from '../../../protocols/envelope/replay-window.ts'

/** The window said plainly: a set of everything seen. */
class Model {
  readonly #seen = new Set<number>()
  #highest = -1
  readonly #size: number

  constructor (size: number) {
    this.#size = size
  }

  check (sequence: number): string {
    if (sequence <= this.#highest - this.#size) {
      return 'too-old'
    }
    return this.#seen.has(sequence) ? 'seen' : 'new'
  }

  accept (sequence: number): void {
    this.#seen.add(sequence)
    this.#highest = Math.max(this.#highest, sequence)
  }
}

describe('replay window', () => {
  it('accepts each number once, whatever the order, and refuses what is a window behind', () => {
    const window = new ReplayWindow()
    window.accept(10_000)
    assert.equal(window.check(10_000), 'seen')
    assert.equal(window.check(10_000 - REPLAY_WINDOW + 1), 'new')
    assert.equal(window.check(10_000 - REPLAY_WINDOW), 'too-old')
    assert.equal(window.highest, 10_000)
  })

  it('accepts the first number, and zero after others', () => {
    const window = new ReplayWindow()
    assert.equal(window.check(0), 'new')
    window.accept(3)
    assert.equal(window.check(0), 'new')
    window.accept(0)
    assert.equal(window.check(0), 'seen')
  })

  it('judges without remembering', () => {
    const window = new ReplayWindow()
    assert.equal(window.check(7), 'new')
    assert.equal(window.check(7), 'new')
  })

  it('forgets everything when it jumps further than its ring', () => {
    const window = new ReplayWindow()
    for (let sequence = 0; sequence < REPLAY_WINDOW; sequence++) {
      window.accept(sequence)
    }
    const far = 2 ** 48 - 1
    window.accept(far)
    assert.equal(window.check(far), 'seen')
    for (let behind = 1; behind < REPLAY_WINDOW; behind++) {
      assert.equal(window.check(far - behind), 'new')
    }
  })

  for (const start of [0, 2 ** 32 - 100, 2 ** 48 - 40_000]) {
    it(`does what a set of all seen numbers would do, on a walk from ${start}`, () => {
      // steps from the highest number so far: back within and beyond the window, forward within and beyond the ring
      const step = fc.oneof(fc.integer({ min: -80, max: 40 }), fc.nat({ max: 260 }), fc.constantFrom(-64, -63, 31, 32, 33, 64, 96, 128))
      fc.assert(fc.property(fc.array(step, { maxLength: 150 }), steps => {
        const window = new ReplayWindow(64)
        const model = new Model(64)
        for (const step of steps) {
          const sequence = Math.max(0, Math.max(start, window.highest) + step)
          const verdict = window.check(sequence)
          assert.equal(verdict, model.check(sequence))
          if (verdict === 'new') {
            window.accept(sequence)
            model.accept(sequence)
          }
        }
      }), { numRuns: 300 })
    })
  }

  it('has a size that its ring can hold', () => {
    for (const size of [0, 16, 100, 4_095, NaN]) {
      assert.throws(() => new ReplayWindow(size), RangeError)
    }
  })
})
