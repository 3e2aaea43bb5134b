import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SeenOnce } from '../../src/defence/seen-once.ts'

const LIFE_MS = 1_000
const idOf = (number: number): Uint8Array => Uint8Array.from([number >>> 24, number >>> 16, number >>> 8, number, 0, 0, 7, 7])

describe('what counts only once', () => {
  it('is new, then seen', () => {
    const seen = new SeenOnce({ lifeMs: LIFE_MS, maxEntries: 10, nowMs: 0 })
    assert.equal(seen.take(idOf(1), 0), 'new')
    assert.equal(seen.take(idOf(1), 0), 'seen')
    assert.equal(seen.take(idOf(2), 0), 'new')
  })

  it('is told from others by each of the first six bytes', () => {
    const seen = new SeenOnce({ lifeMs: LIFE_MS, maxEntries: 10, nowMs: 0 })
    const id = new Uint8Array(16)
    assert.equal(seen.take(id, 0), 'new')
    for (let at = 0; at < 6; at++) {
      assert.equal(seen.take(id.map((byte, i) => i === at ? 0x80 : byte), 0), 'new', `byte ${at}`)
    }
  })

  it('is known by its value when its bytes are written over', () => {
    const seen = new SeenOnce({ lifeMs: LIFE_MS, maxEntries: 10, nowMs: 0 })
    const id = Buffer.from(idOf(1))
    seen.take(id, 0)
    id.fill(9)
    assert.equal(seen.take(idOf(1), 0), 'seen')
  })

  it('is remembered for its life, and for twice that at most', () => {
    fc.assert(fc.property(fc.nat(5_000), fc.nat(5_000), fc.array(fc.nat(300), { maxLength: 30 }), (startMs, agoMs, steps) => {
      const seen = new SeenOnce({ lifeMs: LIFE_MS, maxEntries: 100, nowMs: startMs })
      const takenMs = startMs + agoMs
      assert.equal(seen.take(idOf(1), takenMs), 'new')
      let nowMs = takenMs
      let others = 2
      for (const step of steps) {
        nowMs += step
        seen.take(idOf(others++), nowMs)
      }
      const ageMs = nowMs - takenMs
      const verdict = seen.take(idOf(1), nowMs)
      assert.ok(ageMs > LIFE_MS || verdict === 'seen', `${verdict} at the age of ${ageMs} ms`)
      assert.ok(ageMs < 2 * LIFE_MS || verdict === 'new', `${verdict} at the age of ${ageMs} ms`)
    }), { numRuns: 2_000 })
  })

  it('is forgotten after a long silence', () => {
    const seen = new SeenOnce({ lifeMs: LIFE_MS, maxEntries: 1, nowMs: 0 })
    seen.take(idOf(1), 0)
    assert.equal(seen.take(idOf(1), 10 * LIFE_MS), 'new')
  })

  it('is refused rather than forgotten when there is no room', () => {
    const seen = new SeenOnce({ lifeMs: LIFE_MS, maxEntries: 3, nowMs: 0 })
    for (const number of [1, 2, 3]) {
      assert.equal(seen.take(idOf(number), 0), 'new')
    }
    assert.equal(seen.take(idOf(4), 0), 'full')
    assert.equal(seen.take(idOf(3), 0), 'seen')
    assert.equal(seen.take(idOf(4), LIFE_MS), 'new', 'there is room in the next generation')
    assert.equal(seen.take(idOf(1), LIFE_MS), 'seen')
  })

  it('stays known when the clock steps back', () => {
    const seen = new SeenOnce({ lifeMs: LIFE_MS, maxEntries: 3, nowMs: 5_000 })
    seen.take(idOf(1), 5_500)
    assert.equal(seen.take(idOf(1), 100), 'seen')
  })
})
