import assert from 'node:assert/strict'
import { AlternativesFinder } from '../../src/path-finding/alternatives.ts'
import { pathFinderCompliance } from '../compliance/path-finder.ts'
import { graphOf } from '../compliance/random-query.ts'
import type { LinkRow } from '../compliance/random-query.ts'

pathFinderCompliance('the alternatives finder', () => new AlternativesFinder(), 'cheapest')

const link = (from: number, to: number, delayMs: number): LinkRow => [from, to, { delayUs: delayMs * 1000, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }]

describe('alternatives', () => {
  const base = { weights: { delay: 1, loss: 0 }, avoid: new Set<number>(), maxForwarders: 16, relayCostUs: 0 }

  it('differ by entry and by exit, not only by what lies between', () => {
    const graph = graphOf(4, [link(0, 2, 10), link(1, 2, 10), link(2, 3, 10)])
    const paths = new AlternativesFinder().find(graph, {
      ...base,
      source: [{ node: 0, rttUs: 1_000 }, { node: 1, rttUs: 2_000 }],
      destination: [{ node: 2, rttUs: 5_000 }, { node: 3, rttUs: 1_000 }],
      paths: 8
    })
    assert.deepEqual(paths.map(path => [path.nodes, path.cost]), [
      [[0, 2], 16], [[1, 2], 17], [[0, 2, 3], 22], [[1, 2, 3], 23]
    ])
  })

  it('go on past a forwarder at which a better path has left', () => {
    const graph = graphOf(2, [link(0, 1, 10)])
    const paths = new AlternativesFinder().find(graph, {
      ...base, source: [{ node: 0, rttUs: 0 }], destination: [{ node: 0, rttUs: 1_000 }, { node: 1, rttUs: 0 }], paths: 8
    })
    assert.deepEqual(paths.map(path => path.nodes), [[0], [0, 1]])
  })

  it('are all found where the limit of forwarders cuts off the cheapest', () => {
    const graph = graphOf(5, [link(0, 1, 1), link(1, 2, 1), link(2, 4, 1), link(0, 3, 10), link(3, 4, 10), link(0, 4, 40)])
    const paths = new AlternativesFinder().find(graph, {
      ...base, source: [{ node: 0, rttUs: 0 }], destination: [{ node: 4, rttUs: 0 }], paths: 3, maxForwarders: 3
    })
    assert.deepEqual(paths.map(path => path.nodes), [[0, 3, 4], [0, 4]])
  })
})
