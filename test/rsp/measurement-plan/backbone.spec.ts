import assert from 'node:assert/strict'
import { AllPairs } from '../../../src/rsp/measurement-plan/all-pairs.ts'
import { mostUsed, worthwhile } from '../../../src/rsp/measurement-plan/backbone.ts'
import { generatedWorld, savedMs } from './generated-world.ts'
import type { Links } from '../../../src/rsp/measurement-plan/link-memory.ts'
import type { World } from './generated-world.ts'

function linksOf ({ size, rttMs }: World): Links {
  const pairs = Array.from({ length: size * size }, (_, pair) => pair).filter((pair) => Math.floor(pair / size) < pair % size)
  return { pairs: Int32Array.from(pairs), rttMs: Float64Array.from(pairs, (pair) => rttMs[pair]) }
}

describe('the backbone', () => {
  const world = generatedWorld(60, 1)
  const links = linksOf(world)
  const paths = new AllPairs(world.size, 1)

  function gainOver (pairs: Iterable<number>): number {
    const chosen = Int32Array.from(pairs)
    paths.run({ pairs: chosen, rttMs: Float64Array.from(chosen, (pair) => world.rttMs[pair]) })
    return savedMs(world, 1, (a, b) => paths.relays(a, b))
  }

  it('keeps most of the gain of all links with a tenth of them', () => {
    const chosen = mostUsed(paths, links, () => true, Math.floor(links.pairs.length / 10))
    assert.equal(chosen.length, Math.floor(links.pairs.length / 10))
    assert.ok(gainOver(chosen) > 0.7 * gainOver(links.pairs))
  })

  it('gains more than the links that are used most when all are there, since those do for each other', () => {
    const count = 100
    paths.run(links)
    const uses = paths.usage()
    const atOnce = [...links.pairs].sort((a, b) => uses[b] - uses[a]).slice(0, count)
    assert.ok(gainOver(mostUsed(paths, links, () => true, count)) > gainOver(atOnce))
  })

  it('gives fewer than asked for where paths use fewer, each once', () => {
    const chosen = mostUsed(paths, links, () => true, links.pairs.length)
    paths.run(links)
    const uses = paths.usage()
    assert.deepEqual(new Set(chosen), new Set([...links.pairs].filter((pair) => uses[pair] > 0)))
    assert.equal(new Set(chosen).size, chosen.length)
  })

  it('chooses only what is free, and lays paths over the rest too', () => {
    const isFree = (pair: number): boolean => pair % 2 === 0
    const chosen = mostUsed(paths, links, isFree, 50)
    assert.equal(chosen.length, 50)
    assert.ok(chosen.every(isFree))
  })

  describe('of as many links as are worth it', () => {
    const fewest = 20

    /** Paths are worth what they are shorter than 1,000 ms. */
    function chosenFor (leastMs: number, leastCount = fewest, isFree = (_pair: number): boolean => true): number[] {
      const worthOf = ({ distanceMs }: AllPairs): Float32Array => Float32Array.from(distanceMs, (ms) => Math.max(0, 1_000 - ms))
      const totalMs = (laid: AllPairs): number => worthOf(laid).reduce((sum, ms) => sum + ms, 0) / 2
      return worthwhile(paths, links, isFree, { worthOf, totalMs, leastMs, leastCount })
    }

    it('is the smaller, the more its last link must be worth', () => {
      const sizes = [1, 10, 100, 1_000, 10_000].map((leastMs) => chosenFor(leastMs).length)
      assert.deepEqual(sizes, sizes.toSorted((a, b) => b - a))
      assert.ok(sizes[0] > 2 * sizes[4], sizes.join(' '))
    })

    it('is all that paths use where each link is worth it, and hardly more than the fewest where none is', () => {
      paths.run(links)
      const used = paths.usage().filter((uses) => uses > 0).length
      assert.equal(chosenFor(Number.MIN_VALUE).length, used)
      assert.ok(chosenFor(1e12).length <= fewest)
    })

    it('ends with a single one too', () => {
      assert.equal(chosenFor(1e12, 1).length, 1)
    })

    it('has only what is free', () => {
      const isFree = (pair: number): boolean => pair % 2 === 0
      assert.ok(chosenFor(100, fewest, isFree).every(isFree))
    })
  })
})
