import assert from 'node:assert/strict'
import { AllPairs } from '../../../src/rsp/measurement-plan/all-pairs.ts'
import { LinkMemory } from '../../../src/rsp/measurement-plan/link-memory.ts'
import { RttModel } from '../../../src/rsp/measurement-plan/rtt-model.ts'
import { mostUsed } from '../../../src/rsp/measurement-plan/backbone.ts'
import { defaultRoutes, pairWorth, totalWorthMs } from '../../../src/rsp/measurement-plan/pair-worth.ts'
import type { LinkPair } from '../../../src/rsp/measurement-plan/link-memory.ts'

const NODES = 6

/** A memory of these links, and the paths over some of them. */
function world (links: ReadonlyArray<[...LinkPair, number]>, over = links): { memory: LinkMemory, model: RttModel, paths: AllPairs, worth: (a: number, b: number) => number } {
  const memory = new LinkMemory(NODES)
  memory.beginRound()
  for (const [a, b, rttMs] of links) {
    memory.record({ a, b, rttMs })
  }
  const model = new RttModel(NODES, () => 0.5)
  model.fit(memory.known())
  const paths = new AllPairs(NODES, 1)
  paths.run({ pairs: Int32Array.from(over, ([a, b]) => memory.pairOf(a, b)), rttMs: Float64Array.from(over, ([,, rttMs]) => rttMs) })
  const worth = pairWorth(defaultRoutes(memory, model), paths)
  return { memory, model, paths, worth: (a, b) => worth[a * NODES + b] }
}

describe('worth of pairs', () => {
  const detour: Array<[number, number, number]> = [[0, 1, 10], [1, 2, 10], [0, 2, 100], [3, 4, 30], [4, 5, 30], [3, 5, 20]]

  it('is what the path saves against the default route, and little where it saves nothing', () => {
    const { worth } = world(detour)
    const savedByDetour = worth(0, 2) - worth(3, 5)
    assert.ok(Math.abs(savedByDetour - 79) < 3, `${savedByDetour} ms more for a path of 21 ms instead of 100`)
    assert.ok(worth(3, 5) > 0)
  })

  it('is the same both ways', () => {
    const { worth } = world(detour)
    assert.equal(worth(2, 0), worth(0, 2))
  })

  it('of one overloaded node is bounded, and none is without end where there is no path or no guess', () => {
    const { worth } = world([[0, 1, 10], [1, 2, 10], [0, 2, 1e6]])
    for (let a = 0; a < NODES; a++) {
      for (let b = 0; b < NODES; b++) {
        assert.ok(worth(a, b) >= 0 && worth(a, b) < 400, `${worth(a, b)}`)
      }
    }
  })

  it('makes the total, each pair counted once', () => {
    const { memory, model, paths } = world(detour)
    const routes = defaultRoutes(memory, model)
    const bothWaysMs = pairWorth(routes, paths).reduce((sum, ms) => sum + ms, 0)
    // a fifth of the mean pair comes on top for each row and column, the diagonal too
    const share = 1 + 0.2 * NODES / (NODES - 1)
    assert.ok(Math.abs(totalWorthMs(routes, paths) - bothWaysMs / 2 / share) < 0.01 * bothWaysMs)
  })

  it('has the link kept that carries little but saves much, before one that carries more and saves nothing', () => {
    // 3 to 5 hang together by short default routes, and a slower way that nobody needs; 0 to 2 by a detour that saves much
    const { memory, model, paths } = world(detour)
    const links = memory.known()
    const kept = mostUsed(paths, links, () => true, 2, (laid) => pairWorth(defaultRoutes(memory, model), laid)).map((pair) => memory.endsOf(pair).join('-'))
    assert.deepEqual(kept.sort(), ['0-1', '1-2'])
  })
})
