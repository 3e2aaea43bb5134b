// What the map keeps besides values: who the nodes are, how far values wander, and what it remembers from before a restart.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MapChanges } from '../../src/rsp/map-changes.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { attributesOf } from '../../src/discovery/node-attributes.ts'
import type { ArchivedView } from '../../src/rsp/map-archive.ts'
import type { LinkView } from '../../src/rsp/performance-map.ts'

const NOW_MS = 10_000_000
const MINUTE_MS = 60_000
/** Of a link of 20 ms. */
const FIRST_MOVEMENT_US2 = (0.05 * 20_000) ** 2
const view = (rttUs: number, change: Partial<LinkView> = {}): LinkView => ({ rttUs, jitterUs: 100, lossPpm: 0, measuredAtMs: NOW_MS, ...change })
const archived = (from: string, to: string, rttUs: number, ageMs: number): ArchivedView =>
  ({ from, to, ...view(rttUs, { measuredAtMs: NOW_MS - ageMs }), movementUs2: 400, reports: 9 })
const source = { bytes: new Uint8Array(3), expiresAtMs: NOW_MS + MINUTE_MS }

function mapOf (...keys: string[]): PerformanceMap {
  const map = new PerformanceMap()
  for (const key of keys) {
    map.addNode(key)
  }
  return map
}

describe('attributes of nodes', () => {
  it('are what the descriptor says, with the usual tags in a form to compare', () => {
    assert.deepEqual(attributesOf({
      operator: 'acme', tags: { country: 'DE', region: 'EU', asn: 'AS64500', rack: '7' }, forwarder: { capacityBytesPerSecond: 1_000, maxAttachments: 1, maxNeighbours: 1 }
    }), { operator: 'acme', country: 'de', region: 'eu', asn: 64_500, capacityBytesPerSecond: 1_000, tags: { country: 'DE', region: 'EU', asn: 'AS64500', rack: '7' } })
  })

  it('leave out what is not said, or makes no sense', () => {
    assert.deepEqual(attributesOf({ operator: '', tags: {} }), { tags: {} })
    for (const asn of ['', 'AS', '4294967296', '-1', '1.5', '64500 evil']) {
      assert.equal(attributesOf({ tags: { asn } }).asn, undefined, asn)
    }
    assert.equal(attributesOf({ tags: { asn: '4294967295' } }).asn, 4_294_967_295)
    assert.equal(attributesOf({ tags: {}, forwarder: { capacityBytesPerSecond: 0, maxAttachments: 0, maxNeighbours: 0 } }).capacityBytesPerSecond, undefined)
  })

  it('are found by the number of the node, and go with it', () => {
    const map = mapOf('a', 'b', 'c')
    map.describe('c', { operator: 'acme', tags: {}, ...source })
    map.describe('x', { operator: 'stranger', tags: {}, ...source })
    const before = map.attributes
    assert.deepEqual([...before].map((one) => one?.operator), [undefined, undefined, 'acme'])
    map.removeNode('c')
    assert.notEqual(map.attributes, before, 'whoever holds the array sees that there is another')
    assert.deepEqual([before[2]?.operator, map.attributes[2]], ['acme', undefined])
    map.addNode('c')
    assert.equal(map.attributes[map.indexOf('c') as number], undefined)
  })
})

describe('estimates of links', () => {
  it('have at first the variance of the jitter and of what links may move by, then that of the values as they come', () => {
    const map = mapOf('a', 'b')
    map.set('a', 'b', view(20_000, { jitterUs: 100 }))
    assert.equal(map.estimate('b', 'a')?.varianceUs2, (1.2533 * 100) ** 2 + FIRST_MOVEMENT_US2)
    map.set('a', 'b', view(22_000, { jitterUs: 100, measuredAtMs: NOW_MS + 1 }))
    assert.equal(Math.round(map.estimate('a', 'b')?.varianceUs2 as number), Math.round((1.2533 * 100) ** 2 + (FIRST_MOVEMENT_US2 + 2_000 ** 2 / 2) / 2))
  })

  it('come near the true variance of independent values, and do not take a slow drift for unrest', () => {
    const map = mapOf('a', 'b', 'c')
    let seed = 1
    const random = (): number => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647
    let sum = 0
    for (let i = 0; i < 2_000; i++) {
      const spread = (random() + random() + random() - 1.5) * 2_000
      map.set('a', 'b', { rttUs: 50_000 + spread, jitterUs: 0, lossPpm: 0, measuredAtMs: NOW_MS + i })
      map.set('a', 'c', { rttUs: 50_000 + 20 * i, jitterUs: 0, lossPpm: 0, measuredAtMs: NOW_MS + i })
      sum += i < 1_000 ? 0 : map.estimate('a', 'b')?.varianceUs2 as number
    }
    const expected = 2_000 ** 2 * 3 / 12
    assert.ok(Math.abs(sum / 1_000 / expected - 1) < 0.15, `${sum / 1_000} for ${expected}`)
    assert.ok((map.estimate('a', 'c')?.varianceUs2 as number) < 20 ** 2)
  })

  it('are not calmed by a report that repeats a measurement', () => {
    const map = mapOf('a', 'b')
    map.set('a', 'b', view(20_000))
    map.set('a', 'b', view(30_000, { measuredAtMs: NOW_MS + 1 }))
    const unrest = map.estimate('a', 'b')?.varianceUs2
    map.set('a', 'b', view(30_000, { measuredAtMs: NOW_MS + 1 }))
    assert.equal(map.estimate('a', 'b')?.varianceUs2, unrest)
  })

  it('are the worse of both ends in each respect, and none where the link is closed or unknown', () => {
    const map = mapOf('a', 'b')
    assert.equal(map.estimate('a', 'b'), undefined)
    map.set('a', 'b', view(20_000, { jitterUs: 500, lossPpm: 1 }))
    map.set('b', 'a', view(30_000, { jitterUs: 10, lossPpm: 7, measuredAtMs: NOW_MS - 5 }))
    const { forth, back, ...values } = map.estimate('a', 'b') ?? {}
    assert.deepEqual(values, { rttUs: 30_000, jitterUs: 500, lossPpm: 7, measuredAtMs: NOW_MS - 5, varianceUs2: (0.05 * 30_000) ** 2 + (1.2533 * 10) ** 2, lossVariancePpm2: undefined })
    assert.deepEqual([forth?.bytesPerSecond, forth?.loadBytesPerSecond, back?.priceMicroPerGb], [undefined, undefined, undefined])
    map.setClosed('b', 'a', true)
    assert.equal(map.estimate('a', 'b'), undefined)
  })
})

describe('what the map remembers from before a restart', () => {
  let map: PerformanceMap

  beforeEach(() => {
    map = mapOf('a', 'b', 'c')
  })

  const ages = (nowMs: number): Record<string, number> => {
    const graph = map.snapshot(nowMs)
    return Object.fromEntries([...map.links()].filter(({ from, to }) => from < to).map(({ from, to }) =>
      [from + to, nowMs - graph.updatedAtMs[graph.linkBetween(map.indexOf(from) as number, map.indexOf(to) as number)]]))
  }

  it('is used at once with its true age, also where that is more than a live link may have', () => {
    map.remember([archived('a', 'b', 20_000, MINUTE_MS), archived('b', 'c', 20_000, 25 * MINUTE_MS)], NOW_MS)
    assert.deepEqual(ages(NOW_MS), { ab: MINUTE_MS, bc: 25 * MINUTE_MS })
    assert.deepEqual(ages(NOW_MS + MINUTE_MS), { ab: 2 * MINUTE_MS, bc: 26 * MINUTE_MS })
    assert.equal(map.estimate('a', 'b')?.varianceUs2, (1.2533 * 100) ** 2 + 400)
  })

  it('is not used where it is older than half an hour', () => {
    map.remember([archived('a', 'b', 20_000, 30 * MINUTE_MS), archived('b', 'c', 20_000, 30 * MINUTE_MS + 1)], NOW_MS)
    assert.deepEqual(Object.keys(ages(NOW_MS)), ['ab'])
  })

  it('is forgotten where nobody confirms it within three minutes of listening', () => {
    map.remember([archived('a', 'b', 20_000, MINUTE_MS), archived('b', 'c', 20_000, MINUTE_MS)], NOW_MS)
    map.set('b', 'a', view(21_000, { measuredAtMs: NOW_MS + 2 * MINUTE_MS }))
    assert.deepEqual(Object.keys(ages(NOW_MS + 3 * MINUTE_MS)), ['ab', 'bc'])
    assert.deepEqual(ages(NOW_MS + 3 * MINUTE_MS + 1), { ab: MINUTE_MS + 1 })
    map.remove('b', 'a')
    assert.deepEqual(ages(NOW_MS + 3 * MINUTE_MS + 1), {}, 'it does not come back when the live word goes')
  })

  it('yields to the first live word from either end, in value and age', () => {
    map.remember([archived('a', 'b', 90_000, MINUTE_MS), archived('b', 'a', 90_000, MINUTE_MS)], NOW_MS)
    map.set('b', 'a', view(21_000))
    assert.deepEqual([map.estimate('a', 'b')?.rttUs, ages(NOW_MS).ab], [21_000, 0])
    map.set('a', 'b', view(25_000))
    assert.equal(map.estimate('a', 'b')?.rttUs, 25_000)
  })

  it('does not stand against what was heard meanwhile, and yields when it is taken back', () => {
    map.set('a', 'b', view(10_000))
    map.remember([archived('a', 'b', 90_000, MINUTE_MS), archived('b', 'c', 90_000, MINUTE_MS)], NOW_MS)
    assert.equal(map.estimate('a', 'b')?.rttUs, 10_000)
    map.retain('b', new Set())
    assert.deepEqual(Object.keys(ages(NOW_MS)), ['ab'])
  })

  it('may outlast a full report of a forwarder that was not asked to watch yet', () => {
    map.remember([archived('a', 'b', 90_000, MINUTE_MS)], NOW_MS)
    map.set('a', 'c', view(10_000))
    map.retain('a', new Set(), { sparesRemembered: true })
    assert.deepEqual(Object.keys(ages(NOW_MS)), ['ab'])
  })

  it('is never from the future, whatever the clock did meanwhile', () => {
    map.remember([archived('a', 'b', 90_000, -MINUTE_MS)], NOW_MS)
    assert.deepEqual(ages(NOW_MS), { ab: 0 })
  })

  it('nothing older than the map allows is ever in a snapshot, whatever happens', () => {
    const step = fc.record({ does: fc.constantFrom('set', 'remove', 'look', 'look'), ends: fc.constantFrom(['a', 'b'], ['b', 'a'], ['b', 'c']), waitMs: fc.nat(100_000), ageMs: fc.nat(200_000) })
    const remembered = fc.array(fc.record({ ends: fc.constantFrom(['a', 'b'], ['b', 'a'], ['c', 'b']), ageMs: fc.nat(40 * MINUTE_MS) }), { maxLength: 4 })
    fc.assert(fc.property(remembered, fc.array(step, { maxLength: 30 }), fc.constantFrom(0, 50), (before, steps, snapshotMs) => {
      map = new PerformanceMap({ snapshotMs })
      for (const key of ['a', 'b', 'c']) {
        map.addNode(key)
      }
      map.remember(before.map(({ ends: [from, to], ageMs }) => archived(from, to, 10_000, ageMs)), NOW_MS)
      let nowMs = NOW_MS
      for (const { does, ends: [from, to], waitMs, ageMs } of steps) {
        nowMs += waitMs
        if (does === 'set') {
          map.set(from, to, view(10_000, { measuredAtMs: nowMs - ageMs }))
        } else if (does === 'remove') {
          map.remove(from, to)
        } else {
          const mayBeMs = nowMs <= NOW_MS + 180_000 ? NOW_MS - 30 * MINUTE_MS : nowMs - 180_000
          assert.ok(map.snapshot(nowMs).updatedAtMs.every((atMs) => atMs >= mayBeMs))
        }
      }
    }))
  })
})

describe('what the map has when the wall clock is set', () => {
  let map: PerformanceMap
  let clockMs: number
  /** How far the wall clock is from where it was. */
  let setMs: number

  beforeEach(() => {
    [clockMs, setMs] = [0, 0]
    map = new PerformanceMap({ clocks: { now: nowMs, clock: () => clockMs } })
    for (const key of ['a', 'b', 'c']) {
      map.addNode(key)
    }
    map.snapshot(nowMs())
  })

  const nowMs = (): number => NOW_MS + clockMs + setMs
  const hear = (from: string, to: string, rttUs: number, ageMs = 0): void => { map.set(from, to, view(rttUs, { measuredAtMs: nowMs() - ageMs })) }

  /** The links, a while later. */
  function after (ms: number): string[] {
    clockMs += ms
    map.snapshot(nowMs())
    return [...map.links()].filter(({ from, to }) => from < to).map(({ from, to }) => from + to).sort()
  }

  for (const [title, stepMs] of [['forward', 10 * MINUTE_MS], ['back', -10 * MINUTE_MS]] as const) {
    it(`regression: stays when it is set ${title} by ten minutes, and is to be confirmed within three`, () => {
      hear('a', 'b', 20_000)
      hear('b', 'c', 20_000, MINUTE_MS)
      assert.deepEqual(after(MINUTE_MS), ['ab', 'bc'])
      setMs = stepMs
      assert.deepEqual(after(1_000), ['ab', 'bc'])
      assert.deepEqual(map.provenanceOf('a', 'b').map(({ isRemembered }) => isRemembered), [true])
      assert.ok(map.snapshot(nowMs()).updatedAtMs.every((atMs) => atMs <= nowMs()), 'nothing is from the future')
      assert.deepEqual(after(2 * MINUTE_MS), ['ab', 'bc'])
      hear('b', 'a', 30_000)
      assert.deepEqual([after(MINUTE_MS + 1), map.estimate('a', 'b')?.rttUs], [['ab'], 30_000])
    })
  }

  it('regression: stays where it was heard just before or just after it was set back, and is never from the future', () => {
    hear('a', 'b', 20_000)
    after(MINUTE_MS)
    clockMs += 1_000
    hear('a', 'c', 20_000)
    clockMs += 1_000
    setMs = -10 * MINUTE_MS
    hear('b', 'c', 20_000)
    clockMs += 1_000
    assert.deepEqual(after(0), ['ab', 'ac', 'bc'])
    assert.deepEqual([['a', 'b'], ['a', 'c'], ['b', 'c']].map(([from, to]) => map.provenanceOf(from, to)[0].isRemembered), [true, true, false])
    assert.ok(map.snapshot(nowMs()).updatedAtMs.every((atMs) => atMs <= nowMs()))
  })

  it('is forgotten where more than half an hour was missed, as after a restart', () => {
    hear('a', 'b', 20_000)
    assert.deepEqual(after(MINUTE_MS), ['ab'])
    setMs = 30 * MINUTE_MS
    assert.deepEqual(after(0), [])
  })

  it('does not come back where it was too old before', () => {
    hear('a', 'b', 20_000)
    hear('b', 'c', 20_000)
    after(2 * MINUTE_MS)
    hear('b', 'c', 20_000)
    assert.deepEqual(after(MINUTE_MS + 1), ['bc'])
    setMs = 5 * MINUTE_MS
    assert.deepEqual(after(0), ['bc'])
    hear('b', 'a', 30_000)
    assert.deepEqual([after(0), map.estimate('a', 'b')?.rttUs], [['ab', 'bc'], 30_000])
  })

  it('gets old as ever while the clocks go along, and where one is only steered', () => {
    hear('a', 'b', 20_000)
    setMs = 5_000
    assert.deepEqual(after(2 * MINUTE_MS), ['ab'])
    assert.deepEqual(map.provenanceOf('a', 'b').map(({ isRemembered }) => isRemembered), [false])
    assert.deepEqual(after(MINUTE_MS), [])
  })
})

describe('snapshots of a busy map', () => {
  it('serve for a while when only values change, and at once show links that come and go', () => {
    const map = new PerformanceMap({ snapshotMs: 50 })
    for (const key of ['a', 'b', 'c']) {
      map.addNode(key)
    }
    map.set('a', 'b', view(10_000))
    const first = map.snapshot(NOW_MS)
    map.set('a', 'b', view(11_000))
    assert.equal(map.snapshot(NOW_MS + 49), first)
    assert.deepEqual([...map.snapshot(NOW_MS + 50).delayUs], [11_000, 11_000])
    map.set('a', 'c', view(12_000))
    assert.equal(map.snapshot(NOW_MS + 50).linkCount, 4)
    map.remove('a', 'b')
    assert.equal(map.snapshot(NOW_MS + 50).linkCount, 2)
    map.setClosed('c', 'a', true)
    assert.equal(map.snapshot(NOW_MS + 50).linkCount, 0)
  })
})

describe('changes of the map', () => {
  it('are listed once until they are taken', () => {
    const map = mapOf('a', 'b')
    const changes = new MapChanges()
    map.listChanges(changes)
    map.set('a', 'b', view(1_000))
    map.set('a', 'b', view(2_000))
    map.setClosed('a', 'x', true)
    map.setClosed('a', 'x', true)
    assert.deepEqual([changes.views, changes.nodes], [1, 1])
    assert.deepEqual([changes.takeView()?.rttUs, changes.takeView()], [2_000, undefined])
    assert.deepEqual(changes.takeNodes(9), ['a'])
    map.set('a', 'b', view(3_000))
    map.removeNode('b')
    assert.deepEqual([changes.views, changes.takeNodes(9)], [1, ['b']])
  })

  it('beyond the room are counted, and listed when they change again', () => {
    const map = mapOf('a', 'b', 'c')
    const changes = new MapChanges({ maxListed: 1 })
    map.listChanges(changes)
    map.set('a', 'b', view(1_000))
    map.set('a', 'c', view(1_000))
    assert.deepEqual([changes.views, changes.dropped], [1, 1])
    changes.takeView()
    map.set('a', 'c', view(1_000))
    assert.deepEqual([changes.takeView()?.to, changes.takeView()], ['c', undefined])
  })
})
