import assert from 'node:assert/strict'
import { rankOffers, rankProviders } from '../../src/host/provider-choice.ts'
import { ProviderScore } from '../../src/host/provider-score.ts'
import { runMarket, share } from './rsp-market.ts'
import { seededRandom } from '../measurement/seeded-noise.ts'
import { NOW_MS } from '../helpers/descriptors.ts'
import type { Candidate, Promised } from '../../src/host/provider-choice.ts'

const SEEDS = 200
const DAY_MS = 86_400_000

/** The score of an RSP whose round trips were so many times as long as promised. */
function scoreOf (ratio: number, flows = 8, margin = 2): ProviderScore {
  const score = new ProviderScore()
  for (let flow = 0; flow < flows; flow++) {
    score.judge({ rttMs: { promised: 40, margin, measured: 40 * ratio }, weight: 1, isTaken: true }, NOW_MS)
  }
  return score
}

function offer (rttMs: number, change: Partial<Promised> = {}): Promised {
  return { id: String(rttMs), rttMs, marginMs: 2, loss: 0, ...change }
}

/** How often each is first. */
function firsts (candidates: Array<Candidate<string>>, nowMs = NOW_MS): Record<string, number> {
  const random = seededRandom(3)
  const counts: Record<string, number> = {}
  for (let i = 0; i < 1_000; i++) {
    const [{ what }] = rankOffers(candidates, { nowMs, random, explores: i % 2 === 0, msPerLossPercent: 20 })
    counts[what] = (counts[what] ?? 0) + 1
  }
  return counts
}

describe('choice among RSPs', () => {
  describe('an honest RSP beside one that promises half and one whose map stands still', () => {
    const runs = Array.from({ length: SEEDS }, (_, seed) => runMarket(seed, 40, ['honest', 'liar', 'stale']))
    const used = (from: number, to: number): number[] => runs.map((run) => share(run.slice(from, to), ({ used }) => used === 'honest'))
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

    it('carries 90 % of the first 20 flows, whatever the seed but for one in a hundred, and all but 5 % of them on average', () => {
      const shares = used(0, 20)
      assert.ok(shares.filter((value) => value < 0.9).length <= SEEDS / 100, String(shares.filter((value) => value < 0.9)))
      assert.ok(mean(shares) > 0.95, String(mean(shares)))
    })

    it('carries 90 % of the next 20 flows with every seed', () => {
      assert.deepEqual(used(20, 40).filter((value) => value < 0.9), [])
    })

    it('is thought the best before anything is measured in 90 % of the next 20 flows, whatever the seed but for one in a hundred', () => {
      assert.ok(runs.map((run) => share(run.slice(20), ({ first }) => first === 'honest')).filter((value) => value < 0.9).length <= SEEDS / 100)
    })

    it('has 95 % of the paths that are set up in the next 20 flows, on average', () => {
      const paths = runs.flatMap((run) => run.slice(20).flatMap(({ setUp }) => setUp))
      assert.ok(paths.filter((kind) => kind === 'honest').length / paths.length > 0.95)
    })
  })

  it('carries 90 % of the next 20 flows beside an RSP whose intervals hold anything', () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      assert.ok(share(runMarket(seed, 40, ['honest', 'wide']).slice(20), ({ used }) => used === 'honest') >= 0.9, `seed ${seed}`)
    }
  })

  it('takes a corrected promise for what it is worth: half of the truth is twice as long', () => {
    const liar = { what: 'liar', score: scoreOf(2), offers: [offer(30)] }
    const honest = { what: 'honest', score: scoreOf(1), offers: [offer(50)] }
    assert.deepEqual(firsts([liar, honest]), { honest: 1_000 })
  })

  it('lets near-equals take turns, and takes the clearly better one', () => {
    const a = { what: 'a', score: scoreOf(1.01), offers: [offer(40)] }
    const turns = firsts([a, { what: 'b', score: scoreOf(1.01), offers: [offer(40.2)] }])
    assert.ok(turns.a > 250 && turns.b > 250, JSON.stringify(turns))
    assert.deepEqual(firsts([a, { what: 'b', score: scoreOf(1.01), offers: [offer(60)] }]), { a: 1_000 })
  })

  it('takes a newcomer\'s word with doubt: the same promise comes second, a much better one first', () => {
    const known = { what: 'known', score: scoreOf(1.01), offers: [offer(40)] }
    assert.ok(firsts([known, { what: 'new', score: new ProviderScore(), offers: [offer(40)] }]).known > 800)
    assert.ok(firsts([known, { what: 'new', score: new ProviderScore(), offers: [offer(15)] }]).new > 800)
  })

  it('weighs loss as the flow does, and what the RSP leaves out of it', () => {
    const lossy = new ProviderScore()
    for (let i = 0; i < 8; i++) {
      lossy.judge({ rttMs: { promised: 40, margin: 2, measured: 40 }, loss: { promised: 0, margin: 0.04, measured: 0.03 }, weight: 1, isTaken: true }, NOW_MS)
    }
    const candidates = [{ what: 'lossy', score: lossy, offers: [offer(40)] }, { what: 'clean', score: scoreOf(1), offers: [offer(60)] }]
    assert.equal(firsts(candidates).clean, 1_000)
  })

  it('lets the price decide among near-equals only', () => {
    const priced = (rttMs: number, priceMicro: number): Candidate<string> => {
      const score = scoreOf(1)
      score.answered(5, priceMicro, NOW_MS)
      return { what: `${rttMs} ms at ${priceMicro}`, score, offers: [offer(rttMs)] }
    }
    assert.ok(firsts([priced(40, 1e12), priced(40.1, 0)])['40.1 ms at 0'] > 600)
    assert.equal(firsts([priced(40, 1e12), priced(50, 0)])['40 ms at 1000000000000'], 1_000)
  })

  it('takes a path that several offer from the one that is doubted least, also from two strangers', () => {
    const shared = (what: string, score: ProviderScore, rttMs: number): Candidate<string> => ({ what, score, offers: [offer(rttMs, { id: 'same' })] })
    const owners = (candidates: Array<Candidate<string>>): string[] =>
      rankOffers(candidates, { nowMs: NOW_MS, random: seededRandom(1), explores: false, msPerLossPercent: 20 }).filter(({ ids }) => ids.size > 0).map(({ what }) => what)
    assert.deepEqual(owners([shared('new', new ProviderScore(), 20), shared('known', scoreOf(1), 40)]), ['known'])
    assert.deepEqual(owners([shared('half', new ProviderScore(), 20), shared('whole', new ProviderScore(), 40)]), ['whole'])
  })

  it('leaves out who is distrusted, but for one as the last where a flow explores, and takes them where there is nobody else', () => {
    const liars = ['a', 'b', 'c'].map((what) => ({ what, score: scoreOf(2), offers: [offer(30)] }))
    const [liar] = [{ ...liars[0], what: 'liar' }]
    const honest = { what: 'honest', score: scoreOf(1), offers: [offer(50)] }
    const random = seededRandom(4)
    const taken = (explores: boolean): string[] => rankOffers([...liars, honest], { nowMs: NOW_MS, random, explores, msPerLossPercent: 20 }).map(({ what }) => what)
    assert.deepEqual(taken(false), ['honest'])
    const explored = Array.from({ length: 100 }, () => taken(true))
    assert.ok(explored.every((whats) => whats.length === 2 && whats[0] === 'honest'))
    assert.equal(new Set(explored.map(([, tried]) => tried)).size, 3)
    assert.deepEqual(firsts([liar]), { liar: 1_000 })
    assert.deepEqual(firsts([liar, { ...honest, offers: [] }]), { liar: 1_000 })
  })

  it('gives a liar another chance when what it did has faded', () => {
    const score = scoreOf(2)
    assert.equal(score.standing(NOW_MS), 'distrusted')
    assert.notEqual(score.standing(NOW_MS + 4 * DAY_MS), 'distrusted')
  })

  it('asks the trusted at once with one newcomer among them, then the others, and the distrusted last', () => {
    const known = Array.from({ length: 5 }, (_, i) => ({ what: `known ${i}`, score: scoreOf(1) }))
    const strangers = Array.from({ length: 20 }, (_, i) => ({ what: `new ${i}`, score: new ProviderScore() }))
    const liars = Array.from({ length: 3 }, (_, i) => ({ what: `liar ${i}`, score: scoreOf(3) }))
    const { first, later } = rankProviders([...liars, ...strangers, ...known], 4, { nowMs: NOW_MS, random: () => 0.5, explores: false })
    const kinds = (whats: readonly string[]): string[] => whats.map((what) => what.split(' ')[0])
    assert.deepEqual(kinds(first), ['known', 'known', 'known', 'new'])
    assert.deepEqual(kinds(later.slice(0, 3)), ['known', 'known', 'new'])
    assert.deepEqual(kinds(later.slice(-3)), ['liar', 'liar', 'liar'])
    assert.equal(new Set([...first, ...later]).size, 28)
  })

  it('does not ask the distrusted at once, unless a flow explores or there is nobody else', () => {
    const liars = Array.from({ length: 6 }, (_, i) => ({ what: `liar ${i}`, score: scoreOf(3) }))
    const honest = { what: 'honest', score: scoreOf(1) }
    const first = (providers: typeof liars, explores: boolean): string[] => rankProviders(providers, 4, { nowMs: NOW_MS, random: () => 0, explores }).first
    assert.deepEqual(first([...liars, honest], false), ['honest'])
    assert.deepEqual(first([...liars, honest], true), ['honest', 'liar 0'])
    assert.deepEqual(first(liars, false), ['liar 0', 'liar 1', 'liar 2', 'liar 3'])
    assert.deepEqual(first([], true), [])
  })

  it('does not ask at once who has failed lately, were it ever so honest or new', () => {
    const mute = [scoreOf(1), new ProviderScore()]
    for (const score of [...mute, ...mute]) {
      score.failed(NOW_MS)
    }
    const providers = [...mute.map((score, i) => ({ what: `mute ${i}`, score })), { what: 'good', score: scoreOf(1) }]
    assert.deepEqual(rankProviders(providers, 4, { nowMs: NOW_MS, random: () => 0, explores: false }), { first: ['good'], later: ['mute 0', 'mute 1'] })
  })

  it('asks who answers before who often does not', () => {
    const mute = scoreOf(1)
    const good = scoreOf(1)
    mute.failed(NOW_MS)
    good.answered(5, 0, NOW_MS)
    for (let seed = 0; seed < 20; seed++) {
      assert.equal(rankProviders([{ what: 'mute', score: mute }, { what: 'good', score: good }], 4, { nowMs: NOW_MS, random: seededRandom(seed), explores: false }).first[0], 'good')
    }
  })
})
