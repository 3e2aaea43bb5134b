import assert from 'node:assert/strict'
import fc from 'fast-check'
import { RivalWords } from '../../../src/rsp/exchange/rival-words.ts'
import { NOW_MS, makeCredible, own, said } from './words.ts'

const BLIND = { measuredAtMs: NOW_MS, isBlind: true }

describe('words of rivals', () => {
  let words: RivalWords

  beforeEach(() => {
    words = new RivalWords()
    for (const rival of ['r', 's', 't']) {
      words.addRival(rival)
    }
  })

  it('of a newcomer change nothing, however many newcomers say the same', () => {
    for (const rival of ['r', 's', 't']) {
      words.take(rival, 'a', 'b', said(5_000), BLIND)
    }
    assert.equal(words.believed('a', 'b'), undefined)
    assert.deepEqual(words.weighed('a', 'b'), [])
  })

  it('of a credible one are believed, in both directions, with a wider interval than its own', () => {
    makeCredible(words, 'r')
    words.take('r', 'b', 'a', said(5_000, { forth: { bytesPerSecond: 1_000_000, spreadBytesPerSecond: 0, isFloor: true } }), BLIND)
    const [forth, back] = [words.believed('a', 'b'), words.believed('b', 'a')]
    assert.deepEqual([forth?.rttUs, back?.rttUs, forth?.measuredAtMs], [5_000, 5_000, NOW_MS])
    assert.deepEqual([forth?.forth.bytesPerSecond, back?.forth.bytesPerSecond], [undefined, 1_000_000])
    assert.ok((forth?.varianceUs2 ?? 0) > 100 ** 2)
  })

  it('of a credible one are not moved by newcomers that contradict it', () => {
    makeCredible(words, 'r')
    words.take('r', 'a', 'b', said(50_000), BLIND)
    const before = words.believed('a', 'b')
    words.take('s', 'a', 'b', said(1_000), BLIND)
    words.take('t', 'a', 'b', said(1_000), BLIND)
    assert.deepEqual(words.believed('a', 'b'), before)
  })

  it('of three credible ones give what the middle one says', () => {
    for (const [rival, rttUs] of [['r', 50_000], ['s', 52_000], ['t', 500]] as const) {
      makeCredible(words, rival)
      words.take(rival, 'a', 'b', said(rttUs), BLIND)
    }
    assert.equal(words.believed('a', 'b')?.rttUs, 50_000)
  })

  it('leave no value outside of what was said, and give shares that are one together', () => {
    for (const rival of ['r', 's', 't']) {
      makeCredible(words, rival)
    }
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 60_000_000 }), fc.nat(170_000)), { minLength: 1, maxLength: 3 }), (values) => {
      words.withdraw('a', 'b')
      for (const [at, [rttUs, ageMs]] of values.entries()) {
        words.take(['r', 's', 't'][at], 'a', 'b', said(rttUs), { measuredAtMs: NOW_MS - ageMs, isBlind: true })
      }
      const all = values.map(([rttUs]) => rttUs)
      const rttUs = words.believed('a', 'b')?.rttUs as number
      assert.ok(rttUs >= Math.min(...all) && rttUs <= Math.max(...all))
      assert.ok(Math.abs(words.weighed('a', 'b').reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9)
    }))
  })

  it('are judged by what we measure at about the same time, once in five minutes', () => {
    words.take('r', 'a', 'b', said(10_000), BLIND)
    words.judge('a', 'b', own(10_500))
    words.judge('a', 'b', own(10_500))
    words.take('s', 'a', 'b', said(5_000), BLIND)
    words.judge('a', 'b', own(10_500))
    words.take('t', 'a', 'b', said(10_000), { measuredAtMs: NOW_MS - 40_000, isBlind: true })
    words.judge('a', 'b', own(10_500))
    assert.deepEqual(['r', 's', 't'].map((rival) => [words.rival(rival)?.judgedTrue, words.rival(rival)?.judgedFalse]), [[1, 0], [0, 1], [0, 0]])
    words.take('r', 'a', 'b', said(2_000), { measuredAtMs: NOW_MS + 300_000, isBlind: true })
    words.judge('a', 'b', own(10_500, { measuredAtMs: NOW_MS + 300_000 }))
    assert.equal(words.rival('r')?.judgedFalse, 1, 'who was honest once may not be now')
  })

  it('that echo what we have told earn nothing', () => {
    for (let link = 0; link < 50; link++) {
      words.take('r', `a${link}`, 'b', said(10_000), { measuredAtMs: NOW_MS, isBlind: false })
      words.judge(`a${link}`, 'b', own(10_000))
    }
    assert.ok(words.trustOf('r') <= 0.2)
  })

  it('are not excused by a spread that covers everything, nor by a loss that is not there', () => {
    words.take('r', 'a', 'b', said(10_000, { rttSpreadUs: 60_000_000 }), BLIND)
    words.judge('a', 'b', own(20_000))
    words.take('s', 'a', 'b', said(20_000, { lossPpm: 300_000, samples: 1_000, lossSpreadPpm: 1_000 }), BLIND)
    words.judge('a', 'b', own(20_000, { lossPpm: 0, lossVariancePpm2: 1_000 ** 2 }))
    assert.deepEqual([words.rival('r')?.judgedFalse, words.rival('s')?.judgedFalse], [1, 1])
  })

  it('are false with a true round trip where the loss is not, however few samples and however wide a spread excuse it', () => {
    const lossy = own(10_000, { lossPpm: 300_000, lossVariancePpm2: 20_000 ** 2 })
    for (const [rival, samples] of [['r', 49], ['s', 1_000], ['t', 0]] as const) {
      words.take(rival, 'a', 'b', said(10_000, { lossPpm: 0, samples, lossSpreadPpm: 1_000_000 }), BLIND)
    }
    words.judge('a', 'b', lossy)
    words.take('r', 'a', 'c', said(10_000, { lossPpm: 200_000, samples: 5, lossSpreadPpm: 0 }), BLIND)
    words.judge('a', 'c', lossy)
    assert.deepEqual(['r', 's', 't'].map((rival) => [words.rival(rival)?.judgedTrue, words.rival(rival)?.judgedFalse]), [[1, 1], [0, 1], [0, 1]])
  })

  it('are false with a true round trip where a rate is more than we saw a full link carry, in its own direction', () => {
    const rate = (bytesPerSecond: number, isFloor = false): { bytesPerSecond: number, spreadBytesPerSecond: number, isFloor: boolean } => ({ bytesPerSecond, spreadBytesPerSecond: 0, isFloor })
    const full = own(10_000, { forth: { bytesPerSecond: 1_000_000, rateIsFloor: false, loadBytesPerSecond: undefined } })
    words.take('r', 'a', 'b', said(10_000, { forth: rate(2_000_000_000, true) }), BLIND)
    words.take('s', 'a', 'b', said(10_000, { forth: rate(1_500_000), back: rate(2_000_000_000) }), BLIND)
    words.take('t', 'b', 'a', said(10_000, { forth: rate(10_000), back: rate(10_000) }), BLIND)
    words.judge('a', 'b', full)
    words.take('r', 'c', 'd', said(10_000, { forth: rate(1_500_000), back: rate(10_000_000) }), BLIND)
    words.judge('d', 'c', { ...full, forth: full.back, back: full.forth })
    assert.deepEqual(['r', 's', 't'].map((rival) => [words.rival(rival)?.judgedTrue, words.rival(rival)?.judgedFalse]), [[1, 1], [1, 0], [0, 1]])
  })

  it('tell when a rival becomes credible, and when it is not any more', () => {
    const turned: string[][] = []
    for (let link = 0; link < 10; link++) {
      words.take('r', `a${link}`, 'b', said(link < 5 ? 10_000 : 1_000), BLIND)
      turned.push(words.judge(`a${link}`, 'b', own(10_000)))
    }
    assert.deepEqual(turned, [[], [], [], [], ['r'], ['r'], [], [], [], []])
  })

  it('keep to a quota of links for each rival, whatever it sends', () => {
    words = new RivalWords({ maxLinksPerRival: 100 })
    words.addRival('r')
    for (let link = 0; link < 10_000; link++) {
      words.take('r', `a${link}`, 'b', said(1_000), BLIND)
    }
    assert.deepEqual([words.rival('r')?.links, words.rival('r')?.refused], [100, 9_900])
    assert.equal([...words.since(0)].length, 100)
    assert.equal(words.take('r', 'a0', 'b', said(2_000), BLIND), 'renewed', 'what it spoke of before it may go on to')
  })

  it('of more rivals than there may be are not taken', () => {
    for (let more = 0; more < 20; more++) {
      words.addRival(`more${more}`)
    }
    assert.equal(words.addRival('one too many'), false)
    assert.equal(words.take('one too many', 'a', 'b', said(1_000), BLIND), 'over-quota')
  })

  it('do not go back in time, and are withdrawn where the link is down', () => {
    makeCredible(words, 'r')
    words.take('r', 'a', 'b', said(5_000), BLIND)
    assert.equal(words.take('r', 'a', 'b', said(9_000), { measuredAtMs: NOW_MS - 1, isBlind: true }), 'older')
    assert.equal(words.believed('a', 'b')?.rttUs, 5_000)
    assert.equal(words.take('r', 'b', 'a', said(0, { down: true }), BLIND), 'withdrawn')
    assert.equal(words.believed('a', 'b'), undefined)
    assert.equal(words.rival('r')?.links, 0)
  })

  it('that are taken back and said again are not judged anew for that', () => {
    for (let again = 0; again < 20; again++) {
      words.take('r', 'a', 'b', said(10_000), BLIND)
      words.judge('b', 'a', own(10_000))
      words.take('r', 'b', 'a', said(0, { down: true }), BLIND)
    }
    assert.equal(words.rival('r')?.judgedTrue, 1)
  })

  it('go with the forwarder, with the rival, and with time', () => {
    for (const [a, b, ageMs] of [['a', 'b', 0], ['b', 'c', 0], ['c', 'd', 0], ['d', 'e', 100_000]] as const) {
      words.take('r', a, b, said(1_000), { measuredAtMs: NOW_MS - ageMs, isBlind: true })
    }
    const links = (): string[] => [...words.since(0)].map(([a, b]) => a + b)
    words.removeNode('b')
    assert.deepEqual(links(), ['cd', 'de'])
    words.expire(NOW_MS - 50_000)
    assert.deepEqual(links(), ['cd'])
    words.removeRival('r')
    assert.deepEqual(links(), [])
  })
})
