// What the map believes of traffic: rates, loads and prices by direction, from two ends of which one may lie.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { UNKNOWN } from '../../src/topology/link-columns.ts'
import type { LinkView } from '../../src/rsp/performance-map.ts'

const NOW_MS = 1_000_000
const view = (change: Partial<LinkView> = {}): LinkView => ({ rttUs: 20_000, jitterUs: 100, lossPpm: 0, measuredAtMs: NOW_MS, ...change })

interface Metrics { rate?: number, load?: number, price?: number, delayVariance?: number, lossVariance?: number }

describe('traffic on the map', () => {
  let map: PerformanceMap

  beforeEach(() => {
    map = new PerformanceMap()
    map.addNode('a')
    map.addNode('b')
  })

  /** As path finding reads them; what is not known is left out. */
  function metrics (from: string, to: string): Metrics {
    const graph = map.snapshot(NOW_MS)
    const link = graph.linkBetween(map.indexOf(from) as number, map.indexOf(to) as number)
    const values = { rate: graph.bytesPerSecond, load: graph.loadPpm, price: graph.price, delayVariance: graph.delayVariance, lossVariance: graph.lossVariance }
    return Object.fromEntries(Object.entries(values).filter(([, column]) => (column?.[link] ?? UNKNOWN) !== UNKNOWN).map(([name, column]) => [name, column?.[link]]))
  }

  function says (key: string, capacityBytesPerSecond: number): void {
    map.describe(key, { operator: '', tags: {}, forwarder: { capacityBytesPerSecond, maxAttachments: 1, maxNeighbours: 1 }, bytes: new Uint8Array(1), expiresAtMs: NOW_MS * 2 })
  }

  it('is not known where neither end speaks of it, as in a survey', () => {
    map.set('a', 'b', view())
    assert.deepEqual(metrics('a', 'b'), { delayVariance: Math.fround((1.2533 * 100) ** 2 + (0.05 * 20_000) ** 2) })
  })

  it('of each direction is what its sender says, as far as the receiver has seen it', () => {
    map.set('a', 'b', view({ bytesPerSecond: 8_000_000, loadBytesPerSecond: 2_000_000, receivedBytesPerSecond: 90_000, mostReceivedBytesPerSecond: 500_000 }))
    map.set('b', 'a', view({ bytesPerSecond: 400_000, loadBytesPerSecond: 100_000, receivedBytesPerSecond: 1_900_000, mostReceivedBytesPerSecond: 7_900_000 }))
    const [there, back] = [metrics('a', 'b'), metrics('b', 'a')]
    assert.deepEqual([there.rate, there.load], [7_900_000, Math.round(2 / 7.9 * 1e6)])
    assert.deepEqual([back.rate, back.load], [400_000, 250_000])
  })

  it('of both directions is known from one end alone, of the one that it only receives as a floor', () => {
    says('a', 10_000_000)
    map.set('a', 'b', view({ bytesPerSecond: 8_000_000, loadBytesPerSecond: 2_000_000, receivedBytesPerSecond: 500_000, mostReceivedBytesPerSecond: 1_000_000 }))
    assert.deepEqual([metrics('a', 'b').rate, metrics('a', 'b').load], [8_000_000, 250_000])
    assert.deepEqual([metrics('b', 'a').rate, metrics('b', 'a').load], [1_000_000, 50_000])
    assert.deepEqual([map.estimate('a', 'b')?.forth.rateIsFloor, map.estimate('a', 'b')?.back.rateIsFloor], [false, true])
  })

  it('regression: of a survey is no floor in either direction, whichever end it was measured from', () => {
    map.set('a', 'b', view({ bytesPerSecond: 2_000_000, rateIsFloor: false, mostReceivedBytesPerSecond: 2_000_000, mostReceivedIsFloor: false }))
    for (const estimate of [map.estimate('a', 'b'), map.estimate('b', 'a')]) {
      for (const direction of [estimate?.forth, estimate?.back]) {
        assert.deepEqual([direction?.bytesPerSecond, direction?.rateIsFloor], [2_000_000, false])
      }
    }
  })

  it('counts for nothing where there were only probes', () => {
    map.set('a', 'b', view({ bytesPerSecond: 9_999, mostReceivedBytesPerSecond: 50 }))
    assert.deepEqual([metrics('a', 'b').rate, metrics('b', 'a').rate], [undefined, undefined])
  })

  it('never promises more than either forwarder carries for others', () => {
    says('a', 5_000_000)
    says('b', 3_000_000)
    map.set('a', 'b', view({ bytesPerSecond: 8_000_000, loadBytesPerSecond: 1_500_000 }))
    assert.deepEqual([metrics('a', 'b').rate, metrics('a', 'b').load], [3_000_000, 500_000])
  })

  it('has its load measured by what the forwarders carry while the link was never full, and by nothing where they do not say it', () => {
    map.set('a', 'b', view({ bytesPerSecond: 1_000_000, rateIsFloor: true, loadBytesPerSecond: 900_000 }))
    assert.deepEqual([metrics('a', 'b').rate, metrics('a', 'b').load], [1_000_000, undefined])
    says('a', 9_000_000)
    map.set('a', 'b', view({ bytesPerSecond: 1_000_000, rateIsFloor: true, loadBytesPerSecond: 900_000 }))
    assert.equal(metrics('a', 'b').load, 100_000)
  })

  it('is full at the most', () => {
    map.set('a', 'b', view({ bytesPerSecond: 1_000_000, loadBytesPerSecond: 3_000_000 }))
    assert.equal(metrics('a', 'b').load, 1_000_000)
  })

  it('is forgotten with the next report that does not say it', () => {
    map.set('a', 'b', view({ bytesPerSecond: 1_000_000, loadBytesPerSecond: 100_000, samples: 5 }))
    map.set('a', 'b', view())
    assert.deepEqual(Object.keys(metrics('a', 'b')), ['delayVariance'])
  })

  it('has the variance of the round trip beside it, and of the loss where the probes are counted', () => {
    map.set('a', 'b', view({ lossPpm: 125_000, samples: 16 }))
    const share = 3 / 18
    assert.deepEqual([metrics('b', 'a').delayVariance, metrics('b', 'a').lossVariance], [Math.fround((1.2533 * 100) ** 2 + (0.05 * 20_000) ** 2), Math.fround(share * (1 - share) / 19 * 1e12)])
    map.set('b', 'a', view({ lossPpm: 0, samples: 3 }))
    assert.ok((metrics('a', 'b').lossVariance ?? 0) > share * (1 - share) / 19 * 1e12, 'the end with fewer probes knows less')
    map.set('b', 'a', view({ lossPpm: 0 }))
    assert.equal(metrics('a', 'b').lossVariance, undefined)
  })

  describe('from a liar', () => {
    const honest = { bytesPerSecond: 1_000_000, loadBytesPerSecond: 800_000, receivedBytesPerSecond: 900_000, mostReceivedBytesPerSecond: 1_100_000 }

    it('makes no link faster or emptier than the other end has seen it', () => {
      const rate = fc.nat(2 ** 31 - 1)
      const lie = fc.record({ bytesPerSecond: rate, rateIsFloor: fc.boolean(), loadBytesPerSecond: rate, receivedBytesPerSecond: rate, mostReceivedBytesPerSecond: rate }, { requiredKeys: [] })
      says('b', 2_000_000)
      fc.assert(fc.property(lie, fc.nat(2 ** 31), (lied, capacity) => {
        says('a', capacity)
        map.set('a', 'b', view(lied))
        map.set('b', 'a', view(honest))
        const { forth, back } = map.estimate('a', 'b') ?? {}
        assert.ok((forth?.bytesPerSecond ?? 0) <= 1_100_000 && (back?.bytesPerSecond ?? 0) <= 1_000_000)
        assert.ok((forth?.loadBytesPerSecond ?? 0) >= 900_000 && (back?.loadBytesPerSecond ?? 0) >= 800_000)
        assert.ok((metrics('a', 'b').rate ?? 0) <= 1_100_000 && (metrics('a', 'b').load ?? 1e6) >= 450_000)
        assert.ok((metrics('b', 'a').rate ?? 0) <= 1_000_000 && (metrics('b', 'a').load ?? 1e6) >= 400_000)
      }))
    })

    it('yields to a live word as other values do', () => {
      map.remember([{ from: 'a', to: 'b', ...view({ bytesPerSecond: 9_000_000, loadBytesPerSecond: 1 }), movementUs2: 0, reports: 1 }], NOW_MS)
      map.set('b', 'a', view(honest))
      assert.deepEqual([map.estimate('a', 'b')?.forth, map.estimate('b', 'a')?.forth.bytesPerSecond],
        [{ bytesPerSecond: 1_100_000, rateIsFloor: true, loadBytesPerSecond: 900_000, priceMicroPerGb: undefined }, 1_000_000])
    })
  })

  describe('prices', () => {
    it('are those of the end that sends, also where only the other end speaks of the link', () => {
      map.set('a', 'b', view())
      map.setPrice('a', 30_000)
      map.setPrice('b', 0)
      assert.deepEqual([metrics('a', 'b').price, metrics('b', 'a').price], [30_000, 0])
      map.setPrice('b', 20_000)
      assert.equal(metrics('b', 'a').price, 20_000)
    })

    it('are not known before a forwarder has said one, and go with it', () => {
      map.setPrice('x', 5)
      map.addNode('x')
      map.setPrice('a', 7)
      map.removeNode('a')
      map.addNode('a')
      map.set('a', 'b', view())
      map.set('a', 'x', view())
      assert.deepEqual([metrics('a', 'b').price, metrics('x', 'a').price], [undefined, undefined])
    })
  })
})
