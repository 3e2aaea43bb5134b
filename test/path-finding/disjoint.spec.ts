import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DisjointFinder, disjointBackup } from '../../src/path-finding/disjoint.ts'
import { Patience } from '../../src/path-finding/patience.ts'
import { areDisjoint } from '../../src/topology/path.ts'
import { everyPath } from '../compliance/exhaustive-path-finder.ts'
import { pathFinderCompliance } from '../compliance/path-finder.ts'
import { graphOf, randomCase } from '../compliance/random-query.ts'
import type { LinkRow } from '../compliance/random-query.ts'

pathFinderCompliance('the disjoint finder', () => new DisjointFinder(), 'cheapest with backup')

const link = (from: number, to: number, delayMs: number): LinkRow => [from, to, { delayUs: delayMs * 1000, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }]

describe('a disjoint backup', () => {
  // 0 → {1, 2, 3} → 4 are the cheap ones and all share 0 and 4; 5 → 6 is dear and shares nothing with them.
  const graph = graphOf(7, [link(0, 1, 1), link(0, 2, 2), link(0, 3, 3), link(1, 4, 1), link(2, 4, 1), link(3, 4, 1), link(5, 6, 500)])
  const query = {
    source: [{ node: 0, rttUs: 1_000 }, { node: 5, rttUs: 1_000 }],
    destination: [{ node: 4, rttUs: 1_000 }, { node: 6, rttUs: 1_000 }],
    weights: { delay: 1, loss: 0 },
    avoid: new Set<number>(),
    maxForwarders: 16,
    relayCostUs: 0
  }

  const cases: Array<[paths: number, nodes: number[][]]> = [
    [1, [[0, 1, 4]]],
    [2, [[0, 1, 4], [5, 6]]],
    [3, [[0, 1, 4], [0, 2, 4], [5, 6]]],
    [4, [[0, 1, 4], [0, 2, 4], [0, 3, 4], [5, 6]]]
  ]
  for (const [paths, nodes] of cases) {
    it(`is among ${paths} paths however dear it is, unless only the best is asked for`, () => {
      assert.deepEqual(new DisjointFinder().find(graph, { ...query, paths }).map(path => path.nodes), nodes)
    })
  }

  it('does not exist for an end with one access forwarder: then the cheapest alternatives fill its place', () => {
    const oneEntry = { ...query, source: query.source.slice(0, 1), paths: 2 }
    assert.deepEqual(new DisjointFinder().find(graph, oneEntry).map(path => path.nodes), [[0, 1, 4], [0, 2, 4]])
    assert.equal(disjointBackup(graph, { ...query, ...oneEntry }, { nodes: [0, 1, 4] }), undefined)
  })

  it('keeps off the forwarders to avoid and may be asked for a path through them', () => {
    const avoiding = { ...query, avoid: new Set([1]), paths: 1 }
    assert.deepEqual(disjointBackup(graph, avoiding, { nodes: [5, 1, 6] })?.nodes, [0, 2, 4])
  })

  it('regression: is disjoint from the first path, also where another path is as good as that', () => {
    const us = (from: number, to: number, delayUs: number): LinkRow => [from, to, { delayUs, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }]
    const graph = graphOf(6, [us(1, 4, 10_000), us(2, 0, 0), us(3, 4, 2), us(1, 0, 1), us(0, 1, 0), us(1, 2, 0)])
    const tied = {
      ...query,
      source: [{ node: 1, rttUs: 0 }, { node: 3, rttUs: 10_000 }],
      destination: [{ node: 0, rttUs: 10_000 }, { node: 4, rttUs: 0 }],
      maxForwarders: 3
    }
    const paths = new DisjointFinder().find(graph, { ...tied, paths: 3 })
    assert.deepEqual(paths[0], new DisjointFinder().find(graph, { ...tied, paths: 1 })[0])
    const backups = everyPath(graph, { ...tied, paths: 3 }).filter(path => areDisjoint(path.nodes, paths[0].nodes))
    assert.deepEqual(paths.filter(path => areDisjoint(path.nodes, paths[0].nodes)).map(path => path.nodes), backups.slice(0, 1).map(path => path.nodes))
  })

  it('regression: leaves all forwarders open to the next query when a search fails half-way', () => {
    const limited = { ...query, paths: 4, limits: { rttUs: 300_000 } }
    const expected = new DisjointFinder().find(graph, limited)
    let failures = 0
    for (let looks = 0; looks < 20; looks++) {
      const finder = new DisjointFinder()
      let left = looks
      const patience = new Patience(() => 0, 1_000)
      patience.mustStop = () => {
        if (left-- === 0) {
          throw new Error('stopped')
        }
        return false
      }
      try {
        finder.find(graph, { ...limited, patience })
      } catch {
        failures++
      }
      assert.deepEqual(finder.find(graph, limited), expected)
    }
    assert.ok(failures > 3, `${failures} searches failed`)
  })

  it('is the best of all paths that share no forwarder with the given one', () => {
    fc.assert(fc.property(randomCase(), ({ nodeCount, links, query }) => {
      const graph = graphOf(nodeCount, links)
      const every = everyPath(graph, query)
      for (const path of every.slice(0, 5)) {
        const expected = every.find(other => areDisjoint(other.nodes, path.nodes))
        const backup = disjointBackup(graph, query, path)
        assert.equal(backup === undefined, expected === undefined)
        assert.ok(Math.abs((backup?.cost ?? 0) - (expected?.cost ?? 0)) < 1e-9)
        assert.ok(backup === undefined || areDisjoint(backup.nodes, path.nodes))
      }
    }), { numRuns: 300, seed: 4 })
  })
})
