import assert from 'node:assert/strict'
import { AllPairs } from '../../../src/rsp/measurement-plan/all-pairs.ts'
import { LinkMemory } from '../../../src/rsp/measurement-plan/link-memory.ts'
import { likelyDetours, likelyNeighbours } from '../../../src/rsp/measurement-plan/neighbour-search.ts'
import { generatedWorld, seededRandom, siteOf } from './generated-world.ts'

describe('the search for neighbours', () => {
  const world = generatedWorld(100, 7)
  const memory = new LinkMemory(world.size)
  const paths = new AllPairs(world.size, 1)

  // links between sites only, so that every neighbour is still to be found
  before(() => {
    const random = seededRandom(8)
    memory.beginRound()
    for (let a = 0; a < world.size; a++) {
      for (let b = a + 1; b < world.size; b++) {
        if (siteOf(a) !== siteOf(b) && random() < 0.2) {
          memory.record({ a, b, rttMs: world.rttMs[a * world.size + b] })
        }
      }
    }
    paths.run(memory.known())
  })

  for (const [name, search, atLeast] of [['likely neighbours', likelyNeighbours, 15], ['likely detours', likelyDetours, 5]] as const) {
    it(`finds ${atLeast} of the 50 pairs of one site among its first 150 ${name}, where a draw would find two`, () => {
      const found = search(memory, paths, () => true, 150).filter((pair) => siteOf(memory.endsOf(pair)[0]) === siteOf(memory.endsOf(pair)[1]))
      assert.ok(found.length >= atLeast, `${found.length} found`)
    })

    it(`proposes each pair once, none that is known, none that may not be asked: ${name}`, () => {
      const mayAsk = (pair: number): boolean => pair % 3 !== 0
      const proposed = search(memory, paths, mayAsk, 400)
      assert.equal(proposed.length, 400)
      assert.equal(new Set(proposed).size, 400)
      assert.ok(proposed.every((pair) => mayAsk(pair) && !memory.isKnown(pair)))
    })
  }

  it('ranks pairs by the path that they would shorten when it looks for detours', () => {
    const pathMs = (pairs: readonly number[]): number => pairs.reduce((sum, pair) => sum + paths.distanceMs[pair], 0) / pairs.length
    assert.ok(pathMs(likelyDetours(memory, paths, () => true, 100)) > pathMs(likelyNeighbours(memory, paths, () => true, 100)))
  })

  it('proposes nothing for nodes that no path leads to', () => {
    const empty = new LinkMemory(4)
    const none = new AllPairs(4, 1)
    none.run(empty.known())
    assert.deepEqual(likelyNeighbours(empty, none, () => true, 5), [])
    assert.deepEqual(likelyDetours(empty, none, () => true, 5), [])
  })
})
