import assert from 'node:assert/strict'
import { DistanceBounds } from '../../../src/rsp/standing/distance-bounds.ts'
import { LinkTable } from '../../../src/topology/link-table.ts'
import type { Graph } from '../../../src/topology/graph.ts'

const RELAY_US = 500

/** Park and Miller's generator. */
function randomFrom (seed: number): () => number {
  let state = seed % 2_147_483_646 + 1
  return () => (state = state * 16_807 % 2_147_483_647) / 2_147_483_647
}

function distancesUs (graph: Graph, anchor: number): number[] {
  const distances = new Array<number>(graph.nodeCount).fill(Infinity)
  distances[anchor] = 0
  for (let round = 0; round < graph.nodeCount; round++) {
    for (let node = 0; node < graph.nodeCount; node++) {
      for (let link = graph.offsets[node]; link < graph.offsets[node + 1]; link++) {
        distances[graph.targets[link]] = Math.min(distances[graph.targets[link]], distances[node] + graph.delayUs[link] + RELAY_US)
      }
    }
  }
  return distances
}

function changesBetween (before: Graph, after: Graph): Array<[number, number]> {
  const changed: Array<[number, number]> = []
  after.changes?.each(before.version, after.version, (from, to) => { changed.push([from, to]) })
  return changed
}

describe('distance bounds', () => {
  const set = (table: LinkTable, a: number, b: number, delayUs: number): void => {
    table.upsert(a, b, { delayUs, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 })
    table.upsert(b, a, { delayUs, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 })
  }

  it('are never above a distance, whatever links come, go, shorten and lengthen', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = randomFrom(seed)
      const table = new LinkTable()
      const node = (): number => Math.floor(random() * 12)
      table.coverNodes(12)
      let graph = table.snapshot()
      const bounds = new DistanceBounds({ relayCostUs: RELAY_US })
      bounds.follow(graph, undefined)
      const anchors = [0, 3, 7].map((anchor) => [anchor, bounds.anchorAt(anchor)])
      for (let step = 0; step < 120; step++) {
        const [a, b] = [node(), node()]
        if (a !== b) {
          if (random() < 0.2) {
            table.remove(a, b)
            table.remove(b, a)
          } else {
            set(table, a, b, Math.floor(1_000 + 90_000 * random()))
          }
        }
        const next = table.snapshot()
        bounds.follow(next, changesBetween(graph, next))
        graph = next
        if (random() < 0.1) {
          bounds.refreshNext()
        }
        for (const [anchor, number] of anchors) {
          distancesUs(graph, anchor).forEach((distance, to) => {
            assert.ok(bounds.from(to)[number] <= distance * (1 + 1e-6), `seed ${seed}, step ${step}: ${bounds.from(to)[number]} to ${to} from ${anchor}, ${distance} away`)
          })
        }
      }
    }
  })

  it('are within a few percent of the distance when they were just computed', () => {
    const table = new LinkTable()
    set(table, 0, 1, 10_000)
    set(table, 1, 2, 20_000)
    set(table, 0, 2, 90_000)
    const bounds = new DistanceBounds({ relayCostUs: RELAY_US })
    bounds.follow(table.snapshot(), undefined)
    const anchor = bounds.anchorAt(0)
    assert.ok(Math.abs(bounds.from(2)[anchor] / 31_000 - 0.97) < 0.001)
  })

  it('grow with what links have lengthened only when the anchor has its turn', () => {
    const table = new LinkTable()
    set(table, 0, 1, 10_000)
    const before = table.snapshot()
    const bounds = new DistanceBounds({ relayCostUs: RELAY_US })
    bounds.follow(before, undefined)
    const anchor = bounds.anchorAt(0)
    set(table, 0, 1, 50_000)
    const after = table.snapshot()
    bounds.follow(after, changesBetween(before, after))
    assert.ok(bounds.from(1)[anchor] < 10_500)
    assert.equal(bounds.refreshNext(), anchor)
    assert.ok(bounds.from(1)[anchor] > 45_000)
  })

  it('have no more anchors than there is room for, and say so', () => {
    const table = new LinkTable()
    table.coverNodes(100)
    set(table, 0, 1, 10_000)
    const bounds = new DistanceBounds({ relayCostUs: RELAY_US, maxCells: 500 })
    bounds.follow(table.snapshot(), undefined)
    assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((node) => bounds.anchorAt(node)), [0, 1, 2, 3, 4, -1, -1])
    assert.equal(bounds.anchorAt(4), 4)
    assert.ok(bounds.byteLength <= 2_000)
  })

  it('know nodes that come later', () => {
    const table = new LinkTable()
    set(table, 0, 1, 10_000)
    let graph = table.snapshot()
    const bounds = new DistanceBounds({ relayCostUs: RELAY_US })
    bounds.follow(graph, undefined)
    for (let node = 2; node < 300; node++) {
      set(table, node - 1, node, 1_000)
      const next = table.snapshot()
      bounds.follow(next, changesBetween(graph, next))
      graph = next
      const anchor = bounds.anchorAt(0)
      assert.ok(bounds.from(node)[anchor] <= 10_500 + (node - 1) * 1_500)
    }
  })
})
