import assert from 'node:assert/strict'
import fc from 'fast-check'
import { cheapestPath, linkAgreement } from '../../src/simulation/oracle.ts'

type Rtt = (a: number, b: number) => number

/** Every ordered subset of the forwarders, tried one by one. */
function cheapestByTrying (rttMs: Rtt, forwarders: number[], source: number, destination: number, relayCostMs: number): number {
  const extend = (at: number, costMs: number, left: number[]): number => Math.min(
    costMs + rttMs(at, destination),
    ...left.map(next => extend(next, costMs + rttMs(at, next) + relayCostMs, left.filter(other => other !== next)))
  )
  return extend(source, 0, forwarders)
}

function costOf (rttMs: Rtt, rows: number[], relayCostMs: number): number {
  return rows.slice(1).reduce((sum, row, hop) => sum + rttMs(rows[hop], row), (rows.length - 2) * relayCostMs)
}

function table (rtts: number[][]): Rtt {
  return (a, b) => rtts[a][b]
}

describe('oracle', () => {
  it('finds what trying every path finds, on small asymmetric matrices', () => {
    const matrices = fc.array(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 7, maxLength: 7 }), { minLength: 7, maxLength: 7 })
    fc.assert(fc.property(matrices, fc.integer({ min: 0, max: 5 }), (rtts, relayCostMs) => {
      const rttMs = table(rtts)
      const forwarders = [2, 3, 4, 5, 6]
      const found = cheapestPath({ rttMs, forwarders, source: 0, destination: 1, relayCostMs })
      assert.equal(found.rttMs, cheapestByTrying(rttMs, forwarders, 0, 1, relayCostMs))
      assert.equal(found.rttMs, costOf(rttMs, [0, ...found.path, 1], relayCostMs))
      assert.equal(new Set(found.path).size, found.path.length)
    }), { numRuns: 100, seed: 1 })
  })

  for (const { name, viaMs, relayCostMs, path, rttMs } of [
    { name: 'takes the relay that saves more than it costs', viaMs: 40, relayCostMs: 1, path: [2], rttMs: 81 },
    { name: 'keeps the direct route when the relay only breaks even', viaMs: 49.5, relayCostMs: 1, path: [], rttMs: 100 },
    { name: 'keeps the direct route when relaying costs what it saves', viaMs: 40, relayCostMs: 20, path: [], rttMs: 100 }
  ]) {
    it(name, () => {
      const direct = table([[0, 100, viaMs], [100, 0, viaMs], [viaMs, viaMs, 0]])
      assert.deepEqual(cheapestPath({ rttMs: direct, forwarders: [2], source: 0, destination: 1, relayCostMs }), { path, rttMs })
    })
  }

  it('goes direct when there are no forwarders', () => {
    assert.deepEqual(cheapestPath({ rttMs: () => 7, forwarders: [], source: 0, destination: 1, relayCostMs: 1 }), { path: [], rttMs: 7 })
  })

  describe('link agreement', () => {
    const truth = { size: 4, rttMs: table([[0, 10, 100, 200], [10, 0, 0, 50], [100, 0, 0, 80], [200, 50, 80, 0]]) }

    it('counts a link as right within 3 ms or a tenth, whichever is more', () => {
      const agreement = linkAgreement([
        { from: 0, to: 1, rttMs: 13 },
        { from: 0, to: 1, rttMs: 13.5 },
        { from: 0, to: 3, rttMs: 220 },
        { from: 0, to: 3, rttMs: 179 }
      ], truth)
      assert.equal(agreement?.links, 4)
      assert.equal(agreement.withinTolerance, 0.5)
    })

    it('gives the medians of the errors', () => {
      assert.deepEqual(linkAgreement([
        { from: 0, to: 2, rttMs: 101 },
        { from: 1, to: 3, rttMs: 45 },
        { from: 2, to: 3, rttMs: 100 }
      ], truth), { links: 3, medianAbsoluteErrorMs: 5, medianRelativeError: 0.1, withinTolerance: 2 / 3 })
    })

    it('is exact where truth and estimate are both 0', () => {
      assert.equal(linkAgreement([{ from: 1, to: 2, rttMs: 0 }], truth)?.medianRelativeError, 0)
    })

    it('judges nothing when there is nothing to judge', () => {
      assert.equal(linkAgreement([], truth), undefined)
    })
  })
})
