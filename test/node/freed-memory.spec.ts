import assert from 'node:assert/strict'
import { freeBlock } from '../../src/node/freed-memory.ts'

const KIB = 1_024

function partOf (blockBytes: number, from: number, to: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(blockBytes), from, to - from)
}

describe('freed memory', () => {
  const CASES = [
    { title: 'frees a block that the part fills', part: partOf(64 * KIB, 0, 64 * KIB), headBytes: 0, isFreed: true },
    { title: 'frees a block where no more than what was said is before the part', part: partOf(64 * KIB, 12, 64 * KIB), headBytes: 12, isFreed: true },
    { title: 'spares a block where more is before the part', part: partOf(64 * KIB, 13, 64 * KIB), headBytes: 12, isFreed: false },
    { title: 'spares a block where something follows the part', part: partOf(64 * KIB, 0, 64 * KIB - 1), headBytes: Infinity, isFreed: false },
    { title: 'spares a small block, which may be a pool', part: partOf(16 * KIB - 1, 0, 16 * KIB - 1), headBytes: Infinity, isFreed: false }
  ]
  for (const { title, part, headBytes, isFreed } of CASES) {
    it(title, () => {
      freeBlock(part, headBytes)
      assert.equal(part.buffer.byteLength === 0, isFreed)
    })
  }

  it('spares what Node has from its pool', () => {
    const pooled = Buffer.allocUnsafe(1_000)
    freeBlock(pooled, Infinity)
    freeBlock(new Uint8Array(pooled.buffer, pooled.buffer.byteLength - 1_000), 0)
    assert.equal(pooled.length, 1_000)
  })

  it('gives the memory back before the next collection', () => {
    const parts = Array.from({ length: 100 }, () => partOf(64 * KIB, 0, 64 * KIB))
    const held = process.memoryUsage().arrayBuffers
    for (const part of parts) {
      freeBlock(part)
    }
    // a collection may free other things besides; these are still referred to
    assert.ok(held - process.memoryUsage().arrayBuffers >= parts.length * 64 * KIB)
  })
})
