import assert from 'node:assert/strict'
import fc from 'fast-check'
import { peerIdFromString } from '@libp2p/peer-id'
import { Quotas, quotaLimits } from '../../src/forwarder/quotas.ts'
import { peersFrom } from '../protocols/report/samples.ts'
import type { QuotaClaim, QuotaLimits, QuotaPlace } from '../../src/forwarder/quotas.ts'

const SOURCES = await peersFrom(10, 5)
const PREFIXES = ['192.0.2.0/24', '198.51.100.0/24', undefined]
const claim = (change: Partial<QuotaClaim> = {}): QuotaClaim => ({ account: 1, source: SOURCES[0], prefix: PREFIXES[0], ...change })

describe('quotas', () => {
  it('are half of the table for an RSP, 256 for a source and 1,024 for a prefix, unless told otherwise', () => {
    assert.deepEqual(quotaLimits(), { maxEntries: 65_536, maxPerRsp: 32_768, maxPerSource: 256, maxPerPrefix: 1_024, maxPerForwarder: 8_192, maxPerPrefixInAll: 16_384, maxPerPath: 2 })
    assert.deepEqual(quotaLimits({ maxEntries: 10, maxPerSource: 2 }), { maxEntries: 10, maxPerRsp: 5, maxPerSource: 2, maxPerPrefix: 1_024, maxPerForwarder: 2, maxPerPrefixInAll: 1_024, maxPerPath: 2 })
    assert.equal(quotaLimits({ maxEntries: 1 }).maxPerRsp, 1)
  })

  const full: Array<{ title: string, limits: Partial<QuotaLimits>, refused: Partial<QuotaClaim>, taken: Partial<QuotaClaim>, message: RegExp }> = [
    { title: 'of an RSP', limits: { maxPerRsp: 2 }, refused: { source: SOURCES[1], prefix: PREFIXES[1] }, taken: { account: 2 }, message: /the RSP has all of the 2 paths .*another one/ },
    { title: 'of a source', limits: { maxPerSource: 2 }, refused: { account: 2, prefix: PREFIXES[1] }, taken: { source: SOURCES[1] }, message: /the source has all of the 2 .*remove some/ },
    { title: 'of a prefix', limits: { maxPerPrefix: 2 }, refused: { account: 2, source: SOURCES[1] }, taken: { prefix: PREFIXES[1] }, message: /address prefix have all of the 2 .*another forwarder/ }
  ]
  it('count what a forwarder brings to that forwarder, and not to its prefix', () => {
    const quotas = new Quotas({ maxPerPrefix: 1, maxPerForwarder: 2 })
    const claim = { account: 1, source: SOURCES[0], prefix: PREFIXES[0] }
    quotas.take({ ...claim, forwarder: 'f' })
    quotas.take({ ...claim, forwarder: 'f' })
    assert.throws(() => quotas.take({ ...claim, forwarder: 'f' }), /over the forwarder before/)
    quotas.take({ ...claim, forwarder: 'g' })
    quotas.take(claim)
    assert.throws(() => quotas.take(claim), /address prefix/)
  })

  it('regression: leave room for others when all forwarders of one prefix bring as much as they may', () => {
    const quotas = new Quotas({ maxPerPrefix: 1, maxEntries: 64, maxPerSource: 64 })
    const bring = (forwarder: string, prefix: string): QuotaPlace => quotas.take({ ...claim({ account: quotas.entries, prefix }), forwarder })
    const places = ['f', 'g'].flatMap((forwarder) => Array.from({ length: 8 }, () => bring(forwarder, '192.0.2.0/24')))
    for (const forwarder of ['f', 'g', 'h']) {
      assert.throws(() => bring(forwarder, '192.0.2.0/24'), { name: 'OverQuotaError' })
    }
    assert.throws(() => quotas.take(claim({ prefix: '192.0.2.0/24', account: 99 })), /its forwarders have all of the 16/)
    bring('i', '198.51.100.0/24')
    quotas.give(places[0])
    bring('h', '192.0.2.0/24')
    assert.equal(quotas.entries, 17)
  })

  for (const { title, limits, refused, taken, message } of full) {
    it(`refuse what is over that ${title}, say which and what to do, and take others`, () => {
      const quotas = new Quotas(limits)
      const [place] = [quotas.take(claim()), quotas.take(claim())]
      assert.throws(() => quotas.take(claim(refused)), { name: 'OverQuotaError', message })
      quotas.take(claim(taken))
      quotas.give(place)
      quotas.take(claim(refused))
    })
  }

  it('refuse everybody when the table is full', () => {
    const quotas = new Quotas({ maxEntries: 2, maxPerRsp: 2 })
    quotas.take(claim())
    quotas.take(claim())
    assert.throws(() => quotas.take(claim({ account: 2, source: SOURCES[1], prefix: PREFIXES[1] })), { name: 'OverQuotaError', message: /use another one/ })
  })

  it('count callers without a prefix together', () => {
    const quotas = new Quotas({ maxPerPrefix: 1 })
    quotas.take(claim({ prefix: undefined }))
    assert.throws(() => quotas.take(claim({ prefix: undefined, source: SOURCES[1] })), { name: 'OverQuotaError' })
  })

  it('know a source by a small number for as long as it has entries', () => {
    const quotas = new Quotas()
    const places = SOURCES.map((source) => quotas.take(claim({ source })))
    assert.deepEqual(places.map(({ source }) => source), [0, 1, 2, 3, 4])
    const same = peerIdFromString(SOURCES[2].toString())
    assert.equal(quotas.sourceOf(same), 2)
    assert.equal(quotas.peerOf(2)?.equals(same), true)
    const second = quotas.take(claim({ source: same }))
    assert.equal(second.source, 2)
    quotas.give(places[2])
    assert.equal(quotas.sourceOf(same), 2)
    quotas.give(second)
    assert.deepEqual([quotas.sourceOf(same), quotas.peerOf(2)], [undefined, undefined])
    assert.equal(quotas.take(claim({ source: SOURCES[2] })).source, 2, 'the number is given out again')
  })

  it('count as a list of entries would, whatever is taken and given, and never more than the limits', () => {
    const limits = { maxEntries: 12, maxPerRsp: 6, maxPerSource: 4, maxPerPrefix: 8 }
    const claims = fc.record({ account: fc.nat({ max: 3 }), source: fc.constantFrom(...SOURCES), prefix: fc.constantFrom(...PREFIXES) })
    const steps = fc.array(fc.oneof(claims, fc.nat()), { maxLength: 200 })
    fc.assert(fc.property(steps, (steps) => {
      const quotas = new Quotas(limits)
      const held: Array<{ claim: QuotaClaim, place: QuotaPlace }> = []
      const count = (is: (claim: QuotaClaim) => boolean): number => held.filter(({ claim }) => is(claim)).length
      for (const step of steps) {
        if (typeof step === 'number') {
          const [gone] = held.splice(step % Math.max(1, held.length), 1)
          if (gone !== undefined) {
            quotas.give(gone.place)
          }
          continue
        }
        const fits = held.length < 12 && count(({ account }) => account === step.account) < 6 && count(({ source }) => source === step.source) < 4 && count(({ prefix }) => prefix === step.prefix) < 8
        if (fits) {
          held.push({ claim: step, place: quotas.take(step) })
        } else {
          assert.throws(() => quotas.take(step), { name: 'OverQuotaError' })
        }
      }
      assert.equal(quotas.entries, held.length)
      for (let account = 0; account <= 3; account++) {
        assert.equal(quotas.entriesOf(account), count((claim) => claim.account === account))
      }
      for (const source of SOURCES) {
        const ordinal = quotas.sourceOf(source)
        assert.equal(ordinal === undefined, count((claim) => claim.source === source) === 0)
        assert.ok(ordinal === undefined || (ordinal < SOURCES.length && quotas.peerOf(ordinal) === source))
      }
    }))
  })
})
