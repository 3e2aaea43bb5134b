import assert from 'node:assert/strict'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { followsInChain, RefreshChain } from '../../../protocols/setup/refresh-chain.ts'

const SEED = new Uint8Array(16).fill(7)

function shownBy (chain: RefreshChain): Uint8Array[] {
  const shown: Uint8Array[] = []
  for (let value = chain.next(); value != null; value = chain.next()) {
    shown.push(value)
  }
  return shown
}

describe('protocols/setup/refresh-chain', () => {
  it('is anchored in n hashes of the seed, of 16 bytes each', () => {
    let value = SEED
    for (let i = 0; i < 5; i++) {
      value = sha256(value).slice(0, 16)
    }
    assert.deepEqual(new RefreshChain(SEED, 5).anchor, value)
  })

  it('shows values that each hash to the one before, and the seed last', () => {
    const chain = new RefreshChain(SEED, 5)
    const shown = shownBy(chain)

    assert.equal(shown.length, 5)
    assert.deepEqual(shown[4], SEED)
    assert.equal(chain.left, 0)
    for (const [i, value] of shown.entries()) {
      assert.ok(followsInChain(value, i === 0 ? chain.anchor : shown[i - 1], 1))
    }
  })

  it('has 256 values unless another number is asked for', () => {
    assert.equal(new RefreshChain(SEED).left, 256)
  })

  it('keeps a seed of its own', () => {
    const seed = Uint8Array.from(SEED)
    const chain = new RefreshChain(seed, 1)
    seed.fill(0)
    assert.deepEqual(chain.next(), SEED)
  })

  it('lets 7 refreshes in a row be lost, and not 8', () => {
    const chain = new RefreshChain(SEED, 20)
    const shown = shownBy(chain)

    assert.ok(followsInChain(shown[7], chain.anchor))
    assert.ok(!followsInChain(shown[8], chain.anchor))
    assert.ok(followsInChain(shown[19], shown[11]))
    assert.ok(!followsInChain(shown[19], shown[10]))
  })

  it('takes no value twice and none from before', () => {
    const [first, second] = shownBy(new RefreshChain(SEED, 20))

    assert.ok(!followsInChain(second, second))
    assert.ok(!followsInChain(first, second))
  })

  it('takes nothing that is not of the chain', () => {
    const { anchor } = new RefreshChain(SEED, 20)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      assert.ok(!followsInChain(bytes, anchor))
      assert.ok(!followsInChain(anchor, bytes))
    }), { numRuns: 200 })
  })

  for (const length of [0, -1, 1.5, 4_097, Number.NaN]) {
    it(`cannot be ${length} long`, () => {
      assert.throws(() => new RefreshChain(SEED, length), { name: 'RangeError' })
    })
  }

  it('can be 4,096 long', () => {
    assert.equal(shownBy(new RefreshChain(SEED, 4_096)).length, 4_096)
  })

  it('refuses a seed of another length', () => {
    assert.throws(() => new RefreshChain(new Uint8Array(32)), { name: 'RangeError', message: /16 random bytes/ })
  })
})
