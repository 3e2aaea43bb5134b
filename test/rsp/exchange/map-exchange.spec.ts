import assert from 'node:assert/strict'
import { MapExchange } from '../../../src/rsp/exchange/map-exchange.ts'
import { PerformanceMap } from '../../../src/rsp/performance-map.ts'
import { ownEstimate } from '../../../src/rsp/exchange/own-measurement.ts'
import { toldLinks } from '../../../src/rsp/exchange/told-links.ts'
import { ONE, THREE, TWO } from '../../protocols/exchange/samples.ts'
import { makeCredible, NOW_MS, own, said } from './words.ts'
import { MAX_LINKS_PER_RIVAL } from '../../../src/rsp/exchange/rival-words.ts'
import { RivalTrust } from '../../../src/rsp/exchange/rival-trust.ts'
import { VirtualTimers } from '../../helpers/virtual-timers.ts'
import type { PeerId } from '@libp2p/interface'
import type { LinkView } from '../../../src/rsp/performance-map.ts'
import type { SharedMeasurement } from '../../../protocols/exchange/measurement.ts'

const [A, B, C] = [ONE, TWO, THREE].map(String)
const SELF = 'ourselves'
/** After which all that a rival says has been looked at again. */
const LOOKED_MS = 2_000
const view = (rttUs: number, change: Partial<LinkView> = {}): LinkView => ({ rttUs, jitterUs: 100, lossPpm: 0, samples: 20, measuredAtMs: NOW_MS, ...change })

describe('a map with what rivals say', () => {
  let map: PerformanceMap
  let exchange: MapExchange
  let nowMs: number
  /** How far the wall clock is from where it was. */
  let setMs: number
  let told: string[]
  let changes: number
  let timers: VirtualTimers

  beforeEach(() => {
    nowMs = NOW_MS
    setMs = 0
    told = []
    changes = 0
    timers = new VirtualTimers()
    map = new PerformanceMap({ mapKind: 'surveys', self: SELF, clocks: { now: () => nowMs, clock: () => nowMs - setMs } })
    exchange = new MapExchange({
      isNode: (key) => map.indexOf(key) !== undefined,
      onChange: (a, b) => {
        changes++
        map.reconsider(a, b)
      },
      onOwn: (a, b, { state }) => { told.push(`${nameOf(a)}${nameOf(b)} ${state}`) },
      hasTold: () => false,
      now: () => nowMs,
      startTimer: timers.startTimer
    })
    map.exchangeWith(exchange)
    map.addNode(A)
    map.addNode(B)
  })

  function take (rival: string, ...measurements: SharedMeasurement[]): void {
    exchange.words.addRival(rival)
    exchange.take(rival, measurements, (a, b) => ownEstimate(map.ownViews(a, b)))
  }

  const nameOf = (key: string): string => ['A', 'B', 'C'][[A, B, C].indexOf(key)]
  const links = (): string[] => [...map.links()].map(({ from, to, rttUs }) => `${nameOf(from)}${nameOf(to)} ${rttUs}`).sort()

  it('has a link that only a credible rival speaks of, and says whose measurement that is', () => {
    makeCredible(exchange.words, 'r')
    take('r', said(20_000))
    assert.deepEqual(links(), ['AB 20000', 'BA 20000'])
    assert.equal(map.snapshot(nowMs).linkCount, 2)
    const [{ how, measuredBy, toldBy, share, trust }, ...others] = map.provenanceOf(B, A)
    assert.deepEqual([how, measuredBy, toldBy, share, others], ['survey', ['r'], 'r', 1, []])
    assert.ok((trust ?? 0) > 0.6)
  })

  it('names the ends that a rival has a report from', () => {
    makeCredible(exchange.words, 'r')
    take('r', said(20_000, { a: TWO, b: ONE, method: 'REPORTED_BY_A' }))
    assert.deepEqual(map.provenanceOf(A, B).map(({ how, measuredBy, toldBy }) => [how, measuredBy, toldBy]), [['report', [B], 'r']])
  })

  it('has no link that only a newcomer speaks of', () => {
    take('r', said(20_000))
    assert.deepEqual(links(), [])
    assert.deepEqual(map.provenanceOf(A, B), [])
  })

  it('goes by its own measurement, whatever rivals say, while it is fresh', () => {
    makeCredible(exchange.words, 'r', 30)
    map.set(A, B, view(30_000))
    take('r', said(10_000))
    assert.deepEqual(links(), ['AB 30000', 'BA 30000'])
    assert.deepEqual(map.provenanceOf(A, B).map(({ how, measuredBy, toldBy, share }) => [how, measuredBy, toldBy, share]), [['survey', [SELF], undefined, 1]])
    nowMs += 61_000
    take('r', said(10_000))
    assert.deepEqual(links(), ['AB 10000', 'BA 10000'])
  })

  it('goes by a credible rival when it does not look at the link any more, and not when it has found it down', () => {
    makeCredible(exchange.words, 'r')
    map.set(A, B, view(30_000))
    take('r', said(29_000))
    map.release(A, B)
    assert.deepEqual(links(), ['AB 29000', 'BA 29000'])
    map.remove(A, B)
    assert.deepEqual(links(), [])
    assert.deepEqual(told, ['AB up', 'AB down'])
  })

  it('takes all that a rival says when it becomes credible, and lets go of it when it lies', () => {
    map.addNode(C)
    take('r', said(20_000))
    assert.deepEqual(links(), [])
    for (let link = 0; link < 5; link++) {
      nowMs += 400_000
      take('r', said(20_000), said(10_000, { a: TWO, b: THREE }))
      map.set(B, C, view(10_000, { measuredAtMs: nowMs }))
    }
    timers.advance(LOOKED_MS)
    assert.ok(links().includes('AB 20000'), `${links().join()}, trust ${exchange.words.trustOf('r')}`)
    exchange.breach('r')
    timers.advance(LOOKED_MS)
    assert.deepEqual(links().filter((link) => link.startsWith('AB')), [])
  })

  it('keeps nothing of forwarders that it does not know', () => {
    take('r', said(20_000, { b: THREE }))
    assert.deepEqual([...exchange.words.since(0)], [])
  })

  it('tells others of a link only when what a rival said of it before was compared with it', () => {
    take('r', said(20_000, { ageMs: 40_000 }))
    map.set(A, B, view(20_000))
    assert.deepEqual(told, [], 'the rival spoke of another time, and is to speak again before it knows what we know')
    take('r', said(20_000))
    assert.equal(exchange.words.rival('r')?.judgedTrue, 1)
    map.set(A, B, view(20_000))
    assert.deepEqual(told, ['AB up'])
  })

  it('tells nobody of a link, and judges nobody by it, before it has looked a few times', () => {
    take('r', said(40_000))
    for (let look = 1; look <= 5; look++) {
      assert.deepEqual([told, exchange.words.rival('r')?.judgedFalse], [[], 0])
      map.set(A, B, view(20_000, { samples: 0, measuredAtMs: NOW_MS + look }))
    }
    assert.deepEqual([told, exchange.words.rival('r')?.judgedFalse], [['AB up'], 1])
  })

  it('is not brought back by a rival that praises a link which was found down, until its word is a minute younger', () => {
    makeCredible(exchange.words, 'r')
    map.set(A, B, view(30_000))
    map.remove(A, B)
    take('r', said(10_000, { ageMs: 5_000 }))
    assert.deepEqual([links(), exchange.words.rival('r')?.judgedFalse], [[], 0], 'it may have looked before')
    nowMs += 15_000
    for (let again = 0; again < 3; again++) {
      take('r', said(10_000))
    }
    assert.deepEqual([links(), exchange.words.rival('r')?.judgedFalse], [[], 1])
    nowMs += 46_000
    makeCredible(exchange.words, 'r', 30)
    take('r', said(10_000))
    assert.deepEqual(links(), ['AB 10000', 'BA 10000'])
  })

  it('regression: has no mark, and tells nobody, of links to peers that are no forwarders, whoever calls them down', () => {
    makeCredible(exchange.words, 'r')
    map.remove(A, C)
    map.remove(C, A)
    assert.deepEqual(told, [])
    map.addNode(C)
    take('r', said(20_000, { b: THREE }))
    assert.deepEqual(links(), ['AC 20000', 'CA 20000'])
  })

  it('is brought back by its own measurement at once', () => {
    makeCredible(exchange.words, 'r')
    map.remove(A, B)
    map.set(A, B, view(30_000))
    map.release(A, B)
    take('r', said(29_000))
    assert.deepEqual(links(), ['AB 29000', 'BA 29000'])
  })

  it('shows nobody who asks anew what it has looked at too seldom, or what is still to be compared', () => {
    map.addNode(C)
    const shown = (): string[] => [...toldLinks([[A, B], [B, C]], ([a, b]) => map.ownViews(a, b), exchange)].map(([a, b]) => nameOf(a) + nameOf(b))
    map.set(A, B, view(20_000, { samples: 4 }))
    assert.deepEqual(shown(), [])
    map.set(A, B, view(20_000, { samples: 5 }))
    take('r', said(20_000, { a: TWO, b: THREE, ageMs: 40_000 }))
    map.set(B, C, view(20_000))
    assert.deepEqual(shown(), ['AB'])
    take('r', said(20_000, { a: TWO, b: THREE }))
    assert.deepEqual(shown(), ['AB', 'BC'])
  })

  it('is not silenced by words that are always too old to be compared', () => {
    for (let ageMs = 0; ageMs <= 60_000; ageMs += 5_000) {
      take('r', said(20_000, { ageMs: 40_000 }))
      map.set(A, B, view(20_000, { measuredAtMs: nowMs }))
      assert.equal(told.length > 0, ageMs >= 45_000, `${ageMs}`)
      nowMs += 5_000
    }
  })

  it('is not laid anew for what a newcomer says', () => {
    take('r', said(20_000))
    take('r', said(30_000))
    assert.equal(changes, 0)
    makeCredible(exchange.words, 'r')
    take('r', said(40_000))
    assert.equal(changes, 1)
  })

  it('regression: looks once at all that a rival says, a few links at a time, however often one batch turns its trust', () => {
    const nodes = Array.from({ length: 160 }, (_, node) => ({ toString: () => `node${node}` }) as PeerId)
    const all = nodes.flatMap((a, at) => nodes.slice(at + 1).map((b) => ({ a, b }))).slice(0, MAX_LINKS_PER_RIVAL)
    nodes.forEach((node) => { map.addNode(String(node)) })
    take('r', ...all.slice(512).map((link) => said(20_000, link)))
    const trust = new RivalTrust()
    let crossings = 0
    const steered = all.slice(0, 512).map((link) => {
      const isLie = trust.isCredible
      trust.judge(!isLie)
      crossings += trust.isCredible === isLie ? 0 : 1
      return said(isLie ? 50_000 : 10_000, link)
    })
    assert.ok(crossings > 100, `${crossings}`)
    exchange.take('r', steered, () => own(10_000))
    const { judgedTrue = 0, judgedFalse = 0 } = exchange.words.rival('r') ?? {}
    assert.equal(judgedTrue + judgedFalse, 512)
    assert.ok(changes <= 512, `${changes} looks at links while the batch is taken`)
    let most = 0
    for (let before = changes; timers.running > 0; before = changes) {
      timers.advance(10)
      most = Math.max(most, changes - before)
    }
    assert.deepEqual([most, changes <= 512 + MAX_LINKS_PER_RIVAL, timers.nowMs <= LOOKED_MS], [128, true, true])
  })

  it('regression: has nothing of a rival that was found out, though it takes its word back before that was looked at', () => {
    makeCredible(exchange.words, 'r')
    take('r', said(20_000))
    exchange.breach('r')
    take('r', said(0, { down: true }))
    assert.deepEqual(links(), [])
  })

  it('has nothing of a credible rival that was removed', () => {
    makeCredible(exchange.words, 'r')
    take('r', said(20_000))
    exchange.removeRival('r')
    timers.advance(LOOKED_MS)
    assert.deepEqual(links(), [])
  })

  function setBack (ms: number): void {
    nowMs -= ms
    setMs -= ms
    map.snapshot(nowMs)
  }

  it('regression: goes on with what rivals say when the wall clock is set back', () => {
    makeCredible(exchange.words, 'r')
    take('r', said(20_000))
    setBack(3_600_000)
    assert.deepEqual([links(), map.snapshot(nowMs).updatedAtMs.every((atMs) => atMs <= nowMs)], [['AB 20000', 'BA 20000'], true])
    nowMs += 1_000
    take('r', said(25_000))
    assert.deepEqual(links(), ['AB 25000', 'BA 25000'])
    take('r', said(0, { down: true }))
    assert.deepEqual(links(), [])
  })

  it('regression: holds a link for down no longer because the wall clock was set back since it was found so', () => {
    makeCredible(exchange.words, 'r')
    map.set(A, B, view(20_000))
    map.remove(A, B)
    setBack(3_600_000)
    take('r', said(25_000))
    assert.deepEqual(links(), ['AB 25000', 'BA 25000'])
  })

  it('regression: judges rivals, and tells others, though the wall clock was set back since it did', () => {
    take('r', said(20_000))
    map.set(A, B, view(20_000))
    assert.deepEqual([exchange.words.rival('r')?.judgedTrue, told.length], [1, 1])
    setBack(3_600_000)
    take('r', said(20_000))
    map.set(A, B, view(20_000, { measuredAtMs: nowMs }))
    assert.deepEqual([exchange.words.rival('r')?.judgedTrue, told.length], [2, 2])
  })

  it('gives no place to a rival that was removed and whose last batch comes late', () => {
    take('r', said(20_000))
    exchange.removeRival('r')
    assert.equal(exchange.take('r', [said(20_000)], () => undefined), 0)
    exchange.breach('r')
    assert.equal(exchange.words.rival('r'), undefined)
  })

  it('forgets with a forwarder what was said of it', () => {
    makeCredible(exchange.words, 'r')
    take('r', said(20_000))
    map.removeNode(B)
    map.addNode(B)
    assert.deepEqual(links(), [])
  })
})
