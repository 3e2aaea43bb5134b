import assert from 'node:assert/strict'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { inPieces, sha256Of } from '../../protocols/sha256.ts'

describe('protocols/sha256', () => {
  it('is the hash of all parts together, in Node and in browsers', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), parts => {
      assert.deepEqual(sha256Of(...parts), sha256(concat(parts)))
      assert.deepEqual(inPieces(...parts), sha256(concat(parts)))
    }))
  })

  for (const lengths of [[4_096], [4_097], [1, 4_096], [100_000, 7]]) {
    it(`does not depend on how long the parts are: ${lengths.join(' and ')} bytes`, () => {
      const parts = lengths.map(length => new Uint8Array(length).fill(length & 0xff))
      assert.deepEqual(sha256Of(...parts), sha256(concat(parts)))
    })
  }

  it('gives each caller bytes of its own', () => {
    const first = sha256Of(Uint8Array.of(1))
    const copy = Uint8Array.from(first)
    sha256Of(Uint8Array.of(2)).fill(0)
    assert.deepEqual(first, copy)
  })
})
