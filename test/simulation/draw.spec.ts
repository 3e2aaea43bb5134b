import assert from 'node:assert/strict'
import { drawRows, seededUint32 } from '../../src/simulation/draw.ts'

describe('drawing of rows', () => {
  it('draws the same rows for the same seed and others for another', () => {
    const init = { seed: 7, size: 490, forwarders: 24, pairs: 20 }
    assert.deepEqual(drawRows(init), drawRows(init))
    assert.notDeepEqual(drawRows(init), drawRows({ ...init, seed: 8 }))
  })

  it('gives everybody a row of his own where the matrix is large enough', () => {
    for (let seed = 0; seed < 50; seed++) {
      const drawn = drawRows({ seed, size: 67, forwarders: 24, pairs: 40 })
      const rows = [...drawn.forwarders, ...drawn.rsps, drawn.bootstrap, ...drawn.hosts]
      assert.equal(new Set(rows).size, 67)
      assert.ok(rows.every(row => row >= 0 && row < 67))
    }
  })

  it('moves nobody when more pairs are drawn', () => {
    const few = drawRows({ seed: 3, size: 490, forwarders: 24, pairs: 5 })
    const many = drawRows({ seed: 3, size: 490, forwarders: 24, pairs: 50 })
    assert.deepEqual({ ...many, hosts: many.hosts.slice(0, 5), pairs: few.pairs }, few)
    assert.deepEqual(many.pairs.slice(0, 4), few.pairs.slice(0, 4))
  })

  it('keeps hosts apart from each other and from forwarders when rows only just suffice for those', () => {
    const drawn = drawRows({ seed: 1, size: 64, forwarders: 24, pairs: 40 })
    assert.equal(new Set([...drawn.forwarders, ...drawn.hosts]).size, 64)
  })

  it('lets hosts share rows when they run short, but never the two of a pair', () => {
    const drawn = drawRows({ seed: 1, size: 5, forwarders: 4, pairs: 30 })
    assert.equal(new Set(drawn.forwarders).size, 4)
    assert.equal(drawn.pairs.length, 30)
    assert.ok(drawn.pairs.every(({ source, destination }) => source !== destination))
  })

  for (const { name, init } of [
    { name: 'fewer rows than forwarders', init: { size: 23, forwarders: 24, pairs: 0 } },
    { name: 'one row for a pair of hosts', init: { size: 1, forwarders: 1, pairs: 1 } }
  ]) {
    it(`refuses ${name}`, () => {
      assert.throws(() => drawRows({ seed: 1, ...init }), { name: 'TooFewRowsError' })
    })
  }

  for (const seed of [-1, 0.5, 2 ** 32]) {
    it(`refuses ${seed} for a seed`, () => {
      assert.throws(() => drawRows({ seed, size: 10, forwarders: 1, pairs: 1 }), RangeError)
    })
  }

  it('draws every row about equally often', () => {
    const counts = new Array<number>(20).fill(0)
    for (let seed = 0; seed < 4000; seed++) counts[drawRows({ seed, size: 20, forwarders: 1, pairs: 0 }).forwarders[0]]++
    assert.ok(counts.every(count => count > 140 && count < 260), counts.join(' '))
  })

  it('never changes what a seed draws, since published results name theirs', () => {
    const next = seededUint32(42)
    assert.deepEqual([next(), next(), next()], [2686069954, 3236264550, 1186848219])
  })
})
