import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PathTrees } from '../../src/path-finding/path-trees.ts'
import { Weighting } from '../../src/path-finding/weighting.ts'
import { LinkTable } from '../../src/topology/link-table.ts'
import { everyPath } from '../compliance/exhaustive-path-finder.ts'
import { graphOf, randomCase } from '../compliance/random-query.ts'

const NODES = 12
const weightings = [{ delay: 1, loss: 0 }, { delay: 0, loss: 1 }, { delay: 0.3, loss: 0.7 }].map(weights => new Weighting(weights, 1_000))

const node = fc.integer({ min: 0, max: NODES - 1 })
const link = fc.record({
  from: node,
  to: node,
  // undefined: the link goes down
  delayUs: fc.option(fc.oneof(fc.constantFrom(0, 1, 2, 10), fc.integer({ min: 0, max: 100_000 })), { nil: undefined }),
  lossPpm: fc.constantFrom(0, 10_000)
}).filter(({ from, to }) => from !== to)

function apply (table: LinkTable, { from, to, delayUs, lossPpm }: { from: number, to: number, delayUs: number | undefined, lossPpm: number }): void {
  if (delayUs === undefined) {
    table.remove(from, to)
  } else {
    table.upsert(from, to, { delayUs, lossPpm, jitterUs: 0, updatedAtMs: 0 })
  }
}

function everyTree (trees: PathTrees): object[] {
  return Array.from({ length: NODES }, (_, source) => trees.treeOf(source) ?? {})
}

describe('path trees', () => {
  it('equal trees grown anew after any sequence of links that come, go, and change', () => {
    fc.assert(fc.property(
      fc.array(link, { minLength: 20, maxLength: 90, size: 'max' }),
      fc.array(fc.array(link, { minLength: 1, maxLength: 3 }), { maxLength: 25, size: 'max' }),
      fc.constantFrom(...weightings),
      (first, rounds, weighting) => {
        const table = new LinkTable()
        table.coverNodes(NODES)
        first.forEach(change => { apply(table, change) })
        const mended = new PathTrees(table.snapshot(), weighting)
        everyTree(mended)
        for (const round of rounds) {
          round.forEach(change => { apply(table, change) })
          mended.follow(table.snapshot())
          assert.deepEqual(everyTree(mended), everyTree(new PathTrees(table.snapshot(), weighting)))
        }
      }
    ), { numRuns: 150, seed: 11 })
  })

  it('lead over the cheapest of all paths', () => {
    const nodes = new Uint16Array(16)
    fc.assert(fc.property(randomCase(), ({ nodeCount, links }) => {
      const graph = graphOf(nodeCount, links)
      const trees = new PathTrees(graph, new Weighting({ delay: 1, loss: 0 }, 0))
      const query = { weights: { delay: 1, loss: 0 }, paths: 1, avoid: new Set<number>(), maxForwarders: 16, relayCostUs: 0 }
      for (let source = 0; source < nodeCount; source++) {
        for (let destination = 0; destination < nodeCount; destination++) {
          const [best] = everyPath(graph, { ...query, source: [{ node: source, rttUs: 0 }], destination: [{ node: destination, rttUs: 0 }] })
          const length = trees.path(source, destination, nodes)
          assert.equal(length > 0, best !== undefined)
          if (length > 0) {
            const found = everyPath(graph, { ...query, source: [{ node: source, rttUs: 0 }], destination: [{ node: destination, rttUs: 0 }] })
              .find(path => path.nodes.join() === [...nodes.subarray(0, length)].join())
            assert.equal(found?.cost, best.cost)
          }
        }
      }
    }), { numRuns: 100, seed: 12 })
  })

  it('are grown for so many sources and no more', () => {
    const graph = graphOf(3, [[0, 1, { delayUs: 1, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }]])
    const trees = new PathTrees(graph, weightings[0], 1)
    assert.equal(trees.path(0, 1, new Uint16Array(2)), 2)
    assert.equal(trees.treeOf(1), undefined)
    assert.equal(trees.path(1, 0, new Uint16Array(2)), 0)
    assert.equal(trees.cost(7, 0), Infinity)
  })

  it('know the nodes that the map got since, and paths to them', () => {
    const table = new LinkTable()
    table.upsert(0, 1, { delayUs: 1, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 })
    const trees = new PathTrees(table.snapshot(), weightings[0])
    trees.treeOf(0)
    table.upsert(1, 2, { delayUs: 1, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 })
    trees.follow(table.snapshot())
    const nodes = new Uint16Array(3)
    assert.equal(trees.path(0, 2, nodes), 3)
    assert.deepEqual([...nodes], [0, 1, 2])
  })

  it('say how long a path is that does not fit', () => {
    const metrics = { delayUs: 1, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 }
    const trees = new PathTrees(graphOf(3, [[0, 1, metrics], [1, 2, metrics]]), weightings[0])
    assert.equal(trees.path(0, 2, new Uint16Array(2)), 3)
  })
})
