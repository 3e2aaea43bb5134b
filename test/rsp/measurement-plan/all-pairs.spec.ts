import assert from 'node:assert/strict'
import { AllPairs } from '../../../src/rsp/measurement-plan/all-pairs.ts'
import { seededRandom } from './generated-world.ts'
import type { Links } from '../../../src/rsp/measurement-plan/link-memory.ts'

/** So many of the pairs are linked; round trips are whole numbers, so that equal paths occur. */
function drawnLinks (nodeCount: number, count: number, seed: number): Links {
  const random = seededRandom(seed)
  const links = new Map<number, number>()
  while (links.size < count) {
    const [a, b] = [Math.floor(random() * nodeCount), Math.floor(random() * nodeCount)]
    if (a < b) {
      links.set(a * nodeCount + b, 1 + Math.floor(20 * random()))
    }
  }
  return { pairs: Int32Array.from(links.keys()), rttMs: Float64Array.from(links.values()) }
}

/** Floyd and Warshall's algorithm, for comparison. */
function distances (nodeCount: number, { pairs, rttMs }: Links, relayCostMs: number): Float64Array {
  const best = new Float64Array(nodeCount * nodeCount).fill(Number.POSITIVE_INFINITY)
  pairs.forEach((pair, link) => {
    best[pair] = rttMs[link]
    best[pair % nodeCount * nodeCount + Math.floor(pair / nodeCount)] = rttMs[link]
  })
  for (let node = 0; node < nodeCount; node++) {
    best[node * nodeCount + node] = -relayCostMs
  }
  for (let relay = 0; relay < nodeCount; relay++) {
    for (let at = 0; at < best.length; at++) {
      best[at] = Math.min(best[at], best[Math.floor(at / nodeCount) * nodeCount + relay] + relayCostMs + best[relay * nodeCount + at % nodeCount])
    }
  }
  for (let node = 0; node < nodeCount; node++) {
    best[node * nodeCount + node] = 0
  }
  return best
}

describe('shortest paths between all pairs', () => {
  for (const [name, nodeCount, count, relayCostMs] of [['dense', 20, 150, 1], ['sparse and in several parts', 40, 35, 2.5], ['without cost of relays', 25, 60, 0]] as const) {
    it(`finds the lengths that another algorithm finds, in a graph that is ${name}`, () => {
      const links = drawnLinks(nodeCount, count, 1)
      const paths = new AllPairs(nodeCount, relayCostMs)
      paths.run(links)
      assert.deepEqual(paths.distanceMs, distances(nodeCount, links, relayCostMs))
    })
  }

  it('names relays whose hops add up to the length, and none where nothing leads', () => {
    const nodeCount = 30
    const links = drawnLinks(nodeCount, 40, 2)
    const rtts = new Map([...links.pairs].flatMap((pair, link) => [[pair, links.rttMs[link]], [pair % nodeCount * nodeCount + Math.floor(pair / nodeCount), links.rttMs[link]]]))
    const paths = new AllPairs(nodeCount, 1)
    paths.run(links)
    let cut = 0
    for (let source = 0; source < nodeCount; source++) {
      for (let destination = 0; destination < nodeCount; destination++) {
        const relays = source === destination ? [] : paths.relays(source, destination)
        if (relays === undefined) {
          assert.equal(paths.distanceMs[source * nodeCount + destination], Number.POSITIVE_INFINITY)
          cut++
        } else if (source !== destination) {
          const hops = [source, ...relays, destination]
          const sum = hops.slice(1).reduce((ms, to, at) => ms + (rtts.get(hops[at] * nodeCount + to) ?? Number.NaN), relays.length)
          assert.equal(sum, paths.distanceMs[source * nodeCount + destination])
        }
      }
    }
    assert.ok(cut > 0)
  })

  it('counts for each link the ordered pairs whose path uses it', () => {
    // 0 – 1 – 2 – 3, and a link from 0 to 3 that is longer than the way round
    const paths = new AllPairs(4, 1)
    paths.run({ pairs: Int32Array.of(1, 6, 11, 3), rttMs: Float64Array.of(10, 10, 10, 100) })
    const uses = paths.usage()
    assert.deepEqual([uses[1], uses[6], uses[11], uses[3]], [6, 8, 6, 0])
  })

  it('forgets the paths of the run before', () => {
    const paths = new AllPairs(3, 1)
    paths.run({ pairs: Int32Array.of(1, 5), rttMs: Float64Array.of(1, 1) })
    paths.run({ pairs: Int32Array.of(1), rttMs: Float64Array.of(2) })
    assert.equal(paths.relays(0, 2), undefined)
    assert.equal(paths.usage()[5], 0)
  })
})
