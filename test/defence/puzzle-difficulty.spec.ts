import assert from 'node:assert/strict'
import { PuzzleDifficulty } from '../../src/defence/puzzle-difficulty.ts'

describe('PuzzleDifficulty', () => {
  const difficulty = (): PuzzleDifficulty => new PuzzleDifficulty({ halveWorkMs: 1_000, maxBits: 18 })

  it('asks for nothing while nothing is needed', () => {
    const idle = difficulty()
    assert.deepEqual([0, 10, 1e9].map(nowMs => idle.bits(0, nowMs)), [0, 0, 0])
  })

  it('rises at once, and falls by a bit a second', () => {
    const busy = difficulty()
    assert.equal(busy.bits(5, 100_000), 5)
    assert.equal(busy.bits(0, 100_999), 5)
    assert.equal(busy.bits(0, 101_000), 4)
    assert.equal(busy.bits(0, 103_500), 2)
    assert.equal(busy.bits(0, 104_000), 1)
    assert.equal(busy.bits(0, 200_000), 0)
  })

  it('does not fall below what is needed, and begins to fall from the last time it was', () => {
    const busy = difficulty()
    assert.equal(busy.bits(5, 0), 5)
    assert.equal(busy.bits(4, 10_000), 4)
    assert.equal(busy.bits(0, 10_999), 4)
    assert.equal(busy.bits(0, 11_000), 3)
  })

  it('never asks for more than the specification allows', () => {
    assert.equal(difficulty().bits(200, 0), 18)
  })
})
