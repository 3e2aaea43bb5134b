import assert from 'node:assert/strict'
import { LinkTable } from '../../src/topology/link-table.ts'
import { Predictor } from '../../src/rsp/predictor.ts'
import { PromiseLedger } from '../../src/rsp/promise-ledger.ts'
import { measurePath } from '../../src/topology/path.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'
import type { PathMetrics } from '../../src/topology/path.ts'
import type { Graph } from '../../src/topology/graph.ts'
import type { PromisedPath } from '../../src/rsp/predictor.ts'

const MINUTE_MS = 60_000

/** A ring of six forwarders. */
class World {
  readonly #table = new LinkTable()
  nowMs = 1_000_000

  constructor () {
    this.#table.coverNodes(6)
    this.measure(() => 20)
  }

  /** All links anew. */
  measure (rttMs: (link: number) => number, lossPpm = 0): Graph {
    for (let link = 0; link < 6; link++) {
      const metrics = { delayUs: 1_000 * rttMs(link), lossPpm, jitterUs: 100, updatedAtMs: this.nowMs }
      this.#table.upsert(link, (link + 1) % 6, metrics)
      this.#table.upsert((link + 1) % 6, link, metrics)
    }
    return this.graph
  }

  get graph (): Graph {
    return this.#table.snapshot()
  }

  path (...nodes: number[]): PromisedPath {
    const metrics = measurePath(this.graph, nodes, 0, 0)
    assert.ok(metrics !== undefined)
    return { nodes, ...metrics }
  }
}

describe('predictor', () => {
  let world: World
  let predictor: Predictor

  beforeEach(() => {
    world = new World()
    predictor = new Predictor({ minGapMs: 0, clock: () => world.nowMs })
  })

  it('keeps four fifths of its promises, and says so, when links move at random', () => {
    const nextUint32 = seededUint32(5)
    const random = (): number => nextUint32() / 2 ** 32
    let [kept, made] = [0, 0]
    for (let minute = 0; minute < 400; minute++) {
      const graph = world.measure(() => 20 + 4 * random() ** 3)
      const path = world.path(0, 1, 2, 3)
      const { rttUs, rttMarginUs } = predictor.predict(path, world.nowMs)
      predictor.note(graph, path, world.nowMs)
      world.nowMs += MINUTE_MS
      const next = world.measure(() => 20 + 4 * random() ** 3)
      predictor.check(next)
      if (minute >= 50) {
        made++
        kept += Math.abs(world.path(0, 1, 2, 3).rttUs - rttUs) <= rttMarginUs ? 1 : 0
      }
    }
    assert.ok(kept / made > 0.74 && kept / made < 0.86, `${kept / made}`)
    const { confidence } = predictor.predict(world.path(0, 1, 2, 3), world.nowMs)
    assert.ok(Math.abs(confidence - kept / made) < 0.06, `${confidence} said, ${kept / made} kept`)
  })

  it('promises little of a path whose links wander, and much of one whose links are steady', () => {
    const steady = world.path(0, 1, 2)
    const wandering = { ...steady, delayVarianceUs2: 10_000 ** 2 }
    assert.ok(predictor.predict(wandering, world.nowMs).rttMarginUs > 5 * predictor.predict(steady, world.nowMs).rttMarginUs)
  })

  it('is less sure of flaky paths than of steady ones where it has kept fewer promises of them', () => {
    const graphOf = (variance: number): Graph => {
      const table = new LinkTable()
      table.coverNodes(2)
      table.upsert(0, 1, { delayUs: 20_000, lossPpm: 0, jitterUs: 0, updatedAtMs: world.nowMs, delayVariance: variance })
      return table.snapshot()
    }
    const pathOf = (graph: Graph): PromisedPath => ({ nodes: [0, 1], ...measurePath(graph, [0, 1], 0, 0) as PathMetrics })
    const after = (graph: Graph, delayUs: number): Graph => {
      const table = new LinkTable()
      table.coverNodes(2)
      table.upsert(0, 1, { delayUs, lossPpm: 0, jitterUs: 0, updatedAtMs: world.nowMs, delayVariance: graph.delayVariance?.[0] })
      return table.snapshot()
    }
    for (let minute = 0; minute < 400; minute++) {
      const graph = graphOf(minute % 2 === 0 ? 0 : 20_000 ** 2)
      predictor.note(graph, pathOf(graph), world.nowMs)
      world.nowMs += MINUTE_MS
      // steady links stay; flaky ones jump by more than their variance says
      predictor.check(after(graph, minute % 2 === 0 ? 20_010 : 20_000 + 1_000 * (minute % 200)))
    }
    const [steady, flaky] = [0, 20_000 ** 2].map((variance) => predictor.predict(pathOf(graphOf(variance)), world.nowMs))
    assert.ok(flaky.confidence < steady.confidence - 0.1, `${flaky.confidence} and ${steady.confidence}`)
    assert.ok(flaky.rttMarginUs > steady.rttMarginUs)
  })

  it('regression: counts a promise as kept where what came was in the interval that was given, its least width included', () => {
    const nextUint32 = seededUint32(6)
    let kept = 0
    for (let minute = 0; minute < 200; minute++) {
      const path = world.path(0, 1)
      const { rttUs, rttMarginUs } = predictor.predict(path, world.nowMs)
      predictor.note(world.graph, path, world.nowMs)
      world.nowMs += MINUTE_MS
      // by less than any interval is wide
      predictor.check(world.measure(() => 20 + 0.2 * nextUint32() / 2 ** 32))
      kept += Math.abs(world.path(0, 1).rttUs - rttUs) <= rttMarginUs ? 1 : 0
    }
    const { confidence } = predictor.predict(world.path(0, 1), world.nowMs)
    assert.equal(kept, 200)
    assert.ok(confidence > 0.97, `${confidence} said, all kept`)
    assert.equal(predictor.status.rtt[0].coverage, confidence)
  })

  it('is half as sure of values that are ten minutes old, and gives them wider intervals', () => {
    const path = world.path(0, 1, 2)
    const [fresh, old] = [predictor.predict(path, world.nowMs), predictor.predict(path, world.nowMs + 10 * MINUTE_MS)]
    assert.ok(Math.abs(old.confidence - fresh.confidence / 2) < 1e-9)
    assert.ok(old.rttMarginUs > 1.5 * fresh.rttMarginUs)
    assert.equal(old.dataAgeMs, 600_000)
  })

  it('promises a path of a single forwarder as sure as the access legs are, with no age', () => {
    const { dataAgeMs, rttMarginUs, rttUs } = predictor.predict({ nodes: [3], rttUs: 9_000, lossPpm: 0, jitterUs: 0, oldestMs: Infinity }, world.nowMs)
    assert.deepEqual([rttUs, dataAgeMs], [9_000, 0])
    assert.ok(rttMarginUs >= 500)
  })

  it('does not promise what it does not know: rate, load, price', () => {
    const prediction = predictor.predict(world.path(0, 1), world.nowMs)
    assert.ok(!('bytesPerSecond' in prediction || 'loadPpm' in prediction || 'price' in prediction))
    const known = predictor.predict({ ...world.path(0, 1), bytesPerSecond: 1e6, loadPpm: 200_000, price: 12 }, world.nowMs)
    assert.deepEqual([known.bytesPerSecond, known.loadPpm, known.price], [1e6, 200_000, 12])
    assert.ok((known.rateMarginBytesPerSecond as number) > 0)
  })

  it('gives an interval for loss that holds the next share of lost probes', () => {
    const path = world.path(0, 1)
    const { lossPpm, lossMarginPpm } = predictor.predict(path, world.nowMs)
    assert.equal(lossPpm, 0)
    assert.ok((lossMarginPpm as number) > 0 && (lossMarginPpm as number) < 20_000, `${lossMarginPpm}`)
  })
})

describe('promise ledger', () => {
  let world: World
  let ledger: PromiseLedger
  /** By how much the wall clock was set. */
  let setMs: number

  beforeEach(() => {
    world = new World()
    setMs = 0
    ledger = new PromiseLedger({ clock: () => world.nowMs - setMs })
  })

  it('gives a promise back when all its links have been measured again, a minute later', () => {
    ledger.note(world.graph, [0, 1, 2], 700, world.nowMs)
    world.nowMs += MINUTE_MS - 1
    world.measure(() => 25)
    assert.deepEqual(ledger.due(world.graph), [])
    world.nowMs += 1
    const [{ links, rttMarginUs, then, now }, ...more] = ledger.due(world.graph)
    assert.deepEqual([links, rttMarginUs, then.rttUs, now.rttUs, more.length, ledger.size], [2, 700, 40_000, 50_000, 0, 0])
  })

  it('waits for links that have not been measured, and forgets them after five minutes', () => {
    ledger.note(world.graph, [0, 1], 700, world.nowMs)
    world.nowMs += 299_999
    assert.deepEqual([ledger.due(world.graph).length, ledger.size], [0, 1])
    world.nowMs += 1
    assert.deepEqual([ledger.due(world.graph).length, ledger.size], [0, 0])
  })

  it('keeps twenty a second at most, and a thousand in all', () => {
    for (let ms = 0; ms < 100; ms++, world.nowMs++) {
      ledger.note(world.graph, [0, 1], 700, world.nowMs)
    }
    assert.equal(ledger.size, 2)
    for (let i = 0; i < 2_000; i++) {
      world.nowMs += 50
      ledger.note(world.graph, [0, 1], 700, world.nowMs)
    }
    assert.equal(ledger.size, 1_024)
  })

  it('regression: keeps promises, and forgets them, though the wall clock was set back by an hour', () => {
    ledger.note(world.graph, [0, 1], 700, world.nowMs)
    setMs = -3_600_000
    world.nowMs += setMs + 50
    ledger.note(world.graph, [1, 2], 700, world.nowMs)
    assert.equal(ledger.size, 2)
    world.nowMs += 5 * MINUTE_MS
    assert.deepEqual([ledger.due(world.graph).length, ledger.size], [0, 0])
  })

  it('regression: keeps nothing of a forwarder whose number may become another\'s', () => {
    ledger.note(world.graph, [0, 1], 700, world.nowMs)
    world.nowMs += 50
    ledger.note(world.graph, [1, 2], 700, world.nowMs)
    ledger.removeNode(0)
    assert.equal(ledger.size, 1)
    world.nowMs += MINUTE_MS
    world.measure(() => 25)
    assert.deepEqual(ledger.due(world.graph).map(({ links }) => links), [1])
  })

  it('keeps no path without links, and none that the graph does not have', () => {
    ledger.note(world.graph, [0], 700, world.nowMs)
    world.nowMs += 1_000
    ledger.note(world.graph, [0, 3], 700, world.nowMs)
    assert.equal(ledger.size, 0)
  })
})
