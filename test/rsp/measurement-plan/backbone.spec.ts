import assert from 'node:assert/strict'
import { AllPairs } from '../../../src/rsp/measurement-plan/all-pairs.ts'
import { mostUsed } from '../../../src/rsp/measurement-plan/backbone.ts'
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
})
