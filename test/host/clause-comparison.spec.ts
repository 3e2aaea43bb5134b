import assert from 'node:assert/strict'
import { AskedText } from '../../src/host/asked-text.ts'
import { brokenBy, bySoftClauses, compareClauses, otherCostMs, surchargeMs } from '../../src/host/clause-comparison.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { ClauseVerdict } from '../../protocols/route/verdict.ts'
import type { NodeFacts } from '../../src/query/node-facts.ts'
import type { OfferedPath, ProviderAnswer } from '../../src/host/provider-set.ts'
import type { Prediction } from '../../protocols/route/path.ts'
import type { PeerId } from '@libp2p/interface'

const [ONE, TWO, THREE, A, B, C, D] = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(peerOf))
const OBJECTIVE = 'minimize delay'
const HARD = 'where rate >= 5 Mbps'
const SOFT = 'prefer avoid country xx'
const TEXT = `${OBJECTIVE} ${HARD} ${SOFT}`
/** Nothing is known of the others. */
const FACTS = new Map<string, NodeFacts>([[C.toString(), { country: 'xx', tags: { country: 'xx' } }], [D.toString(), { country: 'de', operator: 'acme', tags: { country: 'de' } }]])

const asking = (text: string): AskedText => new AskedText(text, (forwarder) => FACTS.get(forwarder.toString()))
const clause = (text: string, isMandatory: boolean, kept: boolean[], isSupported = true): ClauseVerdict => ({ clause: text, isMandatory, isSupported, kept })
const pathOver = (forwarders: PeerId[], change: Partial<Prediction> = {}): OfferedPath =>
  ({ forwarders, prediction: { rttUs: 30_000, rttMarginUs: 0, lossPpm: 0, confidence: 0.9, dataAgeMs: 0, ...change } }) as unknown as OfferedPath

function answer (rsp: PeerId, paths: PeerId[][], clauses?: ClauseVerdict[], text = TEXT): ProviderAnswer {
  const offers = paths.map((forwarders) => pathOver(forwarders))
  const { objective, ...asked } = { asked: asking(text), objective: clause(OBJECTIVE, true, paths.map(() => true)) }
  return { rsp, mapKind: 'reports', paths: offers, elapsedMs: 1, ...asked, ...(clauses === undefined ? {} : { verdict: { clauses: [objective, ...clauses] } }) }
}

const NAMES = new Map([[A, 'a'], [B, 'b'], [C, 'c'], [D, 'd']])
const namesOf = (answers: readonly ProviderAnswer[]): string[] => answers.flatMap(({ paths }) => paths.map(({ forwarders }) => forwarders.map((peer) => NAMES.get(peer)).join('')))

describe('the comparison of clauses', () => {
  const able = answer(ONE, [[A], [B]], [clause(HARD, true, [true, true]), clause(SOFT, false, [false, true])])
  const unable = answer(TWO, [[A, B]], [clause(HARD, true, [false], false), clause(SOFT, false, [true])])
  const other = answer(TWO, [[A, B]], [clause(HARD, true, [true]), clause(SOFT, false, [true])])
  const mute = answer(THREE, [[B, A]])

  it('shows what each RSP says of each clause of the query', () => {
    const outcomes = compareClauses([able, unable, mute]).map((compared) => [compared.clause, compared.isMandatory, ...compared.outcomes.map(({ outcome }) => outcome)])
    assert.deepEqual(outcomes, [
      [OBJECTIVE, true, 'kept', 'kept', 'not read'],
      [HARD, true, 'kept', 'unsupported', 'not read'],
      [SOFT, false, 'broken', 'kept', 'not read']
    ])
    assert.deepEqual(compareClauses([mute]), [])
  })

  it('takes no offer that breaks what is demanded, nor one of an RSP that cannot say', () => {
    assert.equal(brokenBy(able, able.paths[0]), undefined)
    assert.equal(brokenBy(unable, unable.paths[0]), `it does not keep: ${HARD}`)
    assert.equal(brokenBy(mute, mute.paths[0]), 'its RSP does not know the query language')
    assert.deepEqual(bySoftClauses([unable, mute]), [])
  })

  it('puts offers that keep soft clauses before those that do not', () => {
    assert.deepEqual(bySoftClauses([able, other]).map(namesOf), [['b', 'ab'], ['a']])
  })

  it('counts an earlier soft clause more than all that come later', () => {
    const softs = ['prefer loss <= 1%', 'prefer jitter <= 5 ms', 'prefer load <= 50%']
    const kept = [[false, true], [true, false], [true, false]]
    const answers = [answer(ONE, [[A], [B]], softs.map((soft, at) => clause(soft, false, kept[at])), `${OBJECTIVE} ${softs.join(' ')}`)]
    assert.deepEqual(bySoftClauses(answers).map(namesOf), [['b'], ['a']])
  })

  it('keeps what is said of an offer with it where others are left out', () => {
    const [best] = bySoftClauses([able])
    assert.deepEqual(best[0].verdict?.clauses.map(({ kept }) => kept), [[true], [true], [true]])
  })

  it('regression: an RSP that leaves clauses out has no advantage of it, however many do so', () => {
    const silent = answer(THREE, [[D]], [])
    const half = answer(THREE, [[D]], [clause(HARD, true, [true])])
    const soft = answer(THREE, [[D]], [clause(SOFT, false, [true])])
    assert.equal(brokenBy(silent, silent.paths[0]), `its RSP does not say whether it keeps: ${HARD}`)
    assert.equal(brokenBy(soft, soft.paths[0]), `its RSP does not say whether it keeps: ${HARD}`)
    assert.deepEqual([silent, half, soft].map((liar) => bySoftClauses([able, other, liar]).map(namesOf)), [
      [['b', 'ab'], ['a']],
      [['b', 'ab'], ['a', 'd']],
      [['b', 'ab'], ['a']]
    ])
    assert.deepEqual(bySoftClauses([silent, { ...silent, rsp: TWO }, other]).map(namesOf), [['ab']])
    assert.deepEqual(bySoftClauses([half, other]).map(namesOf), [['ab'], ['d']])
  })

  it('regression: an RSP that makes clauses up has no advantage of it, and shows nobody anything', () => {
    const liar = answer(THREE, [[D]], [clause(HARD, true, [true]), clause('made up', true, [true]), clause('this too', false, [true]), clause(SOFT, false, [true])])
    assert.deepEqual(bySoftClauses([other, liar]).map(namesOf), [['ab', 'd']])
    assert.deepEqual(compareClauses([liar]).map(({ clause }) => clause), [OBJECTIVE, HARD, SOFT])
  })

  for (const { title, clause: said, path, keeps = [[A, B]] } of [
    { title: 'is too long', clause: 'where hops <= 2', path: [A, B, D] },
    { title: 'visits a forwarder that is to be avoided', clause: `avoid forwarder ${A.toString()}`, path: [B, A], keeps: [[B, C]] },
    { title: 'visits one that says of itself what is to be avoided', clause: 'avoid country xx', path: [A, C], keeps: [[A, D], [A, B]] },
    { title: 'visits one that is not what all are to be', clause: 'only country xx', path: [A, D], keeps: [[A, C], [C], [B]] },
    { title: 'does not visit whom it is to', clause: 'via operator acme', path: [C], keeps: [[C, D], [C, A]] },
    { title: 'visits one that is neither of two', clause: 'only country at or country fr', path: [C], keeps: [[A]] },
    { title: 'visits one that is both of two', clause: 'avoid country de and operator acme', path: [D], keeps: [[C], [A]] }
  ]) {
    it(`regression: takes no path that ${title}, whatever its RSP says, and holds nothing against one of which it does not know`, () => {
      const text = `${OBJECTIVE} ${said}`
      const lying = answer(ONE, [path, ...keeps], [clause(said, true, [path, ...keeps].map(() => true))], text)
      assert.equal(brokenBy(lying, lying.paths[0]), `it does not keep, though its RSP says so: ${said}`)
      assert.deepEqual(lying.paths.slice(1).map((each) => brokenBy(lying, each)), keeps.map(() => undefined))
      assert.equal(compareClauses([lying])[1].outcomes[0].outcome, 'broken')
    })
  }

  it('looks for those that are to be visited in their order, one for each', () => {
    const [first, then] = ['via country xx', 'via country de']
    const text = `${OBJECTIVE} ${first} ${then}`
    const lying = answer(ONE, [[C, D], [D, C], [A, C, B], [C]], [first, then].map((via) => clause(via, true, [true, true, true, true])), text)
    assert.deepEqual(lying.paths.map((path) => brokenBy(lying, path)?.slice(-then.length)), [undefined, then, undefined, then])
  })

  it('regression: a preference with a penalty costs its penalty, and is no class of its own', () => {
    const priced = 'prefer avoid country fr penalty 30'
    const asked = answer(ONE, [[A], [B]], [clause(priced, false, [false, true])], `${OBJECTIVE} ${priced}`)
    assert.deepEqual(bySoftClauses([asked]).map(namesOf), [['a', 'b']])
    assert.deepEqual(asked.paths.map((path) => otherCostMs(asked, path)), [30, 0])
    assert.deepEqual(asked.paths.map((path) => surchargeMs(asked, path)), [30, 0])
  })

  it('counts a penalty, and what else the objective weighs, in milliseconds of the objective', () => {
    for (const [objective, prediction, ms, lastingMs] of [
      ['minimize 2 * delay', {}, 15, 15],
      ['minimize 2 * delay + 4 * hops', {}, 15 + 4, 15 + 4],
      ['minimize delay + 5 * price + jitter', { price: 8, jitterUs: 2_000 }, 30 + 40 + 2, 30 + 40],
      ['minimize price', { price: 8 }, 38_000, 38_000],
      ['minimize loss', {}, 30_000, 30_000]
    ] as const) {
      const priced = 'prefer loss <= 1% penalty 30'
      const asked = answer(ONE, [[A, B]], [], `${objective} ${priced}`)
      asked.verdict = { clauses: [clause(objective, true, [true]), clause(priced, false, [false])] }
      asked.paths = [pathOver([A, B], prediction)]
      assert.equal(Math.round(otherCostMs(asked, asked.paths[0])), ms, objective)
      // a flow does not move because a promise does
      assert.equal(Math.round(surchargeMs(asked, asked.paths[0])), lastingMs, objective)
    }
  })

  it('takes the higher rate for the lesser cost where that is what is wanted', () => {
    const asked = answer(ONE, [], [], 'maximize rate')
    const costs = [{}, { bytesPerSecond: 4e6 }, { bytesPerSecond: 1e6 }].map((prediction) => otherCostMs(asked, pathOver([A], prediction)))
    assert.ok(costs[0] < costs[1] && costs[1] < costs[2], costs.join())
  })

  it('a path that breaks a preference without a penalty costs more beside others than any that keeps it', () => {
    const [first, second] = surcharges(able)
    assert.ok(first > 1e8 && second === 0)
  })

  it('leaves queries without a text to their cost', () => {
    const { asked: _, ...plain } = mute
    assert.equal(brokenBy(plain, plain.paths[0]), undefined)
    assert.deepEqual(compareClauses([plain]), [])
    assert.deepEqual(surcharges(plain), [0])
  })

  function surcharges (given: ProviderAnswer): number[] {
    return given.paths.map((path) => surchargeMs(given, path))
  }
})
