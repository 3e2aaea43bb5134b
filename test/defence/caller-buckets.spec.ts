import assert from 'node:assert/strict'
import fc from 'fast-check'
import { BucketTable, CallerBuckets } from '../../src/defence/caller-buckets.ts'
import { DEFAULT_SET_UP_LIMITS } from '../../src/defence/set-up-limits.ts'
import type { GateCaller, SetUpLimits } from '../../src/defence/set-up-limits.ts'

const INSTALL_BYTES = 1_500
const REFRESH_BYTES = 60

function bucketsOf (limits: Partial<SetUpLimits> = {}): CallerBuckets {
  return new CallerBuckets({ ...DEFAULT_SET_UP_LIMITS, ...limits })
}

function host (peer: string, prefix = peer): GateCaller {
  return { peer, prefix, isForwarder: false }
}

/** How many installs pass at once. */
function passed (buckets: CallerBuckets, callers: GateCaller[], nowMs: number): number {
  return callers.filter(caller => buckets.admit(caller, INSTALL_BYTES, nowMs) === 0).length
}

function times<T> (count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

describe('BucketTable', () => {
  it('never grants more than burst plus rate times time, counted at the times it tells', () => {
    const step = fc.record({ name: fc.constantFrom('a', 'b'), tokens: fc.constantFrom(1, 1 / 8, 3), stepMs: fc.integer({ min: -5, max: 100 }) })
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const table = new BucketTable({ ratePerSecond: 30, burst: 20, maxEntries: 10 })
      const granted = new Map<string, Array<{ atMs: number, tokens: number }>>([['a', []], ['b', []]])
      let nowMs = 1_000
      for (const { name, tokens, stepMs } of steps) {
        nowMs += stepMs
        granted.get(name)?.push({ atMs: nowMs + table.waitMs(name, tokens, nowMs), tokens })
        table.take(name, tokens, nowMs)
      }
      for (const grants of granted.values()) {
        for (const { atMs } of grants) {
          const until = grants.filter(grant => grant.atMs <= atMs).reduce((sum, { tokens }) => sum + tokens, 0)
          assert.ok(until <= 20 + 30 * (atMs - 990) / 1_000 + 1e-6)
        }
      }
    }), { numRuns: 200, seed: 5 })
  })

  for (const init of [{ ratePerSecond: 0, burst: 1 }, { ratePerSecond: 1, burst: 0 }, { ratePerSecond: NaN, burst: 1 }]) {
    it(`refuses to be made with a rate of ${init.ratePerSecond} and a burst of ${init.burst}`, () => {
      assert.throws(() => new BucketTable({ ...init, maxEntries: 1 }), RangeError)
    })
  }
})

describe('CallerBuckets', () => {
  it('lets a host send its burst, and says when the next token is there', () => {
    const buckets = bucketsOf()
    assert.equal(passed(buckets, times(60, () => host('a')), 0), 60)
    assert.equal(buckets.admit(host('a'), INSTALL_BYTES, 0), 50)
    assert.equal(buckets.admit(host('b'), INSTALL_BYTES, 0), 0)
  })

  it('gives a caller that comes again at its time its turn, charged once', () => {
    const buckets = bucketsOf()
    passed(buckets, times(60, () => host('a')), 0)
    assert.equal(buckets.admit(host('a'), INSTALL_BYTES, 0), 50)
    assert.equal(buckets.admit(host('a'), INSTALL_BYTES, 20), 30, 'too early')
    assert.equal(buckets.admit(host('a'), INSTALL_BYTES, 50), 0)
    assert.equal(buckets.admit(host('a'), INSTALL_BYTES, 50), 50, 'the next frame')
    assert.deepEqual(buckets.counters, { admitted: 61, held: 2, refusedByCaller: 0, refusedByPrefix: 0 })
  })

  it('gives a forwarder the share of a forwarder, whatever its prefix does', () => {
    const buckets = bucketsOf()
    assert.equal(passed(buckets, times(400, i => host(`${i}`, 'crowd')), 0), 400)
    const forwarder = { peer: 'f', prefix: 'crowd', isForwarder: true }
    assert.equal(passed(buckets, times(1_000, () => forwarder), 0), 1_000)
    assert.equal(buckets.admit(forwarder, INSTALL_BYTES, 0), 2)
  })

  it('serves those who wait for their prefix in the order in which they came', () => {
    const buckets = bucketsOf()
    passed(buckets, times(400, i => host(`${i}`, 'crowd')), 0)
    assert.deepEqual(times(4, i => buckets.admit(host(`late ${i}`, 'crowd'), INSTALL_BYTES, 0)), [5, 10, 15, 20])
    assert.equal(buckets.admit(host('late 3', 'crowd'), INSTALL_BYTES, 15), 5)
    assert.equal(buckets.admit(host('late 2', 'crowd'), INSTALL_BYTES, 15), 0)
  })

  it('refuses at once, and takes nothing, where the turn would be too far off', () => {
    const buckets = bucketsOf()
    const waits = times(5_000, i => buckets.admit(host(`${i}`, 'crowd'), INSTALL_BYTES, 0))
    assert.equal(Math.max(...waits), DEFAULT_SET_UP_LIMITS.maxHoldMs)
    assert.equal(buckets.counters.refusedByPrefix, waits.filter(wait => wait < 0).length)
    assert.equal(buckets.counters.refusedByPrefix, 5_000 - 400 - 400)
    assert.ok(buckets.admit(host('next', 'crowd'), INSTALL_BYTES, 100) > 0)
  })

  it('charges frames too small for an install an eighth', () => {
    const buckets = bucketsOf()
    const waits = times(481, () => buckets.admit(host('a'), REFRESH_BYTES, 0))
    assert.equal(waits.filter(wait => wait === 0).length, 480)
    assert.equal(waits[480], 7)
  })

  it('does not let ids without end displace a caller that is over its share', () => {
    const buckets = bucketsOf({ maxCallers: 64, prefixPerSecond: 1e6, prefixBurst: 1e6 })
    passed(buckets, times(60, () => host('busy')), 0)
    for (let i = 0; i < 10_000; i++) {
      buckets.admit(host(`id ${i}`), INSTALL_BYTES, i / 1_000)
    }
    assert.ok(buckets.admit(host('busy'), INSTALL_BYTES, 10) > 0)
    assert.ok(buckets.size <= 64 + DEFAULT_SET_UP_LIMITS.maxPrefixes + DEFAULT_SET_UP_LIMITS.maxHeld)
  })

  it('lets ids for which there is no room share one bucket', () => {
    const buckets = bucketsOf({ maxCallers: 16, prefixPerSecond: 1e6, prefixBurst: 1e6 })
    passed(buckets, times(16, i => host(`first ${i}`)), 0)
    assert.equal(passed(buckets, times(1_000, i => host(`more ${i}`)), 0), 60)
  })

  it('tells who finds no place to wait for a time, and charges nothing', () => {
    const buckets = bucketsOf({ maxHeld: 1 })
    passed(buckets, times(400, i => host(`${i}`, 'crowd')), 0)
    assert.deepEqual(times(3, i => buckets.admit(host(`late ${i}`, 'crowd'), INSTALL_BYTES, 0)), [5, 10, 10])
    assert.equal(buckets.admit(host('late 2', 'crowd'), INSTALL_BYTES, 10), 0)
  })

  it('forgets the turn of who does not come back', () => {
    const buckets = bucketsOf({ maxHeld: 2 })
    passed(buckets, times(400, i => host(`${i}`, 'crowd')), 0)
    times(2, i => buckets.admit(host(`gone ${i}`, 'crowd'), INSTALL_BYTES, 0))
    passed(buckets, times(400, i => host(`${i}`, 'crowd')), 10_000)
    assert.equal(buckets.admit(host('new', 'crowd'), INSTALL_BYTES, 10_000), 5)
    assert.equal(buckets.admit(host('newer', 'crowd'), INSTALL_BYTES, 10_000), 10, 'behind the one before')
  })

  it('admits no more than burst plus rate times time from a caller that knocks as it likes', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 400 }), steps => {
      const buckets = bucketsOf()
      let nowMs = 0
      let admitted = 0
      for (const stepMs of steps) {
        nowMs += stepMs
        admitted += buckets.admit(host('a'), INSTALL_BYTES, nowMs) === 0 ? 1 : 0
        assert.ok(admitted <= 60 + 20 * nowMs / 1_000 + 1e-6)
      }
    }), { numRuns: 100, seed: 6 })
  })
})
