import assert from 'node:assert/strict'
import { RttModel } from '../../../src/rsp/measurement-plan/rtt-model.ts'
import { generatedWorld, seededRandom } from './generated-world.ts'
import type { Links } from '../../../src/rsp/measurement-plan/link-memory.ts'

describe('the model of round trips', () => {
  const world = generatedWorld(80, 3)
  const pairs = Array.from({ length: 80 * 80 }, (_, pair) => pair).filter((pair) => Math.floor(pair / 80) < pair % 80)
  const random = seededRandom(4)
  const seen = new Set(pairs.filter(() => random() < 0.4))
  const links: Links = { pairs: Int32Array.from(seen), rttMs: Float64Array.from(seen, (pair) => world.rttMs[pair]) }

  function meanError (guessMs: (a: number, b: number) => number): number {
    const unseen = pairs.filter((pair) => !seen.has(pair))
    return unseen.reduce((sum, pair) => sum + Math.abs(guessMs(Math.floor(pair / 80), pair % 80) - world.rttMs[pair]), 0) / unseen.length
  }

  it('guesses links that it has not seen better than their mean, by a quarter at least', () => {
    const model = new RttModel(80, seededRandom(1))
    model.fit(links)
    const meanMs = links.rttMs.reduce((sum, ms) => sum + ms, 0) / links.rttMs.length
    assert.ok(meanError((a, b) => model.guessMs(a, b)) < 0.75 * meanError(() => meanMs))
  })

  it('guesses the same from both ends', () => {
    const model = new RttModel(80, seededRandom(1))
    model.fit(links)
    assert.ok(Math.abs(model.guessMs(3, 50) - model.guessMs(50, 3)) < 1e-9)
  })

  it('guesses the same after nodes have come and gone, of those that stay', () => {
    const model = new RttModel(80, seededRandom(1))
    model.fit(links)
    const next = model.renumbered([50, -1, 3], seededRandom(2))
    assert.equal(next.guessMs(2, 0), model.guessMs(3, 50))
    assert.ok(next.guessMs(0, 1) >= 1)
  })

  it('guesses a number above 0 for nodes of which nothing is known', () => {
    const model = new RttModel(3, seededRandom(1))
    model.fit({ pairs: new Int32Array(0), rttMs: new Float64Array(0) })
    assert.ok(model.guessMs(0, 1) >= 1)
  })

  it('takes a link of a minute for an overloaded one, not for the end of the world', () => {
    const model = new RttModel(80, seededRandom(1))
    const rttMs = links.rttMs.slice()
    rttMs[0] = 60_000
    model.fit({ pairs: links.pairs, rttMs })
    assert.ok(meanError((a, b) => model.guessMs(a, b)) < 40)
  })
})
