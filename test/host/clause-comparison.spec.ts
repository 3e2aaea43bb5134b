import assert from 'node:assert/strict'
import { brokenBy, bySoftClauses, compareClauses } from '../../src/host/clause-comparison.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { ClauseVerdict } from '../../protocols/route/verdict.ts'
import type { OfferedPath, ProviderAnswer } from '../../src/host/provider-set.ts'

const [ONE, TWO, THREE] = await Promise.all([1, 2, 3].map(peerOf))
const HARD = 'where rate >= 5 Mbps'
const SOFT = 'prefer avoid country xx'
const clause = (text: string, isMandatory: boolean, kept: boolean[], isSupported = true): ClauseVerdict => ({ clause: text, isMandatory, isSupported, kept })

function answer (rsp: ProviderAnswer['rsp'], names: string[], clauses?: ClauseVerdict[]): ProviderAnswer {
  return {
    rsp,
    mapKind: 'reports',
    paths: names.map((name) => ({ forwarders: [name] }) as unknown as OfferedPath),
    elapsedMs: 1,
    text: `${HARD} ${SOFT}`,
    ...(clauses === undefined ? {} : { verdict: { clauses } })
  }
}

const namesOf = (answers: readonly ProviderAnswer[]): string[] => answers.flatMap(({ paths }) => paths.map(({ forwarders }) => String(forwarders[0])))

describe('the comparison of clauses', () => {
  const able = answer(ONE, ['a', 'b'], [clause(HARD, true, [true, true]), clause(SOFT, false, [false, true])])
  const unable = answer(TWO, ['c'], [clause(HARD, true, [false], false), clause(SOFT, false, [true])])
  const mute = answer(THREE, ['d'])

  it('shows what each RSP says of each clause', () => {
    const outcomes = compareClauses([able, unable, mute]).map((compared) => [compared.clause, compared.isMandatory, ...compared.outcomes.map(({ outcome }) => outcome)])
    assert.deepEqual(outcomes, [
      [HARD, true, 'kept', 'unsupported', 'not read'],
      [SOFT, false, 'broken', 'kept', 'not read']
    ])
  })

  it('takes no offer that breaks what is demanded, nor one of an RSP that cannot say', () => {
    assert.equal(brokenBy(able, able.paths[0]), undefined)
    assert.equal(brokenBy(unable, unable.paths[0]), `it does not keep: ${HARD}`)
    assert.equal(brokenBy(mute, mute.paths[0]), 'its RSP does not know the query language')
    assert.deepEqual(bySoftClauses([unable, mute]), [])
  })

  it('puts offers that keep soft clauses before those that do not', () => {
    const other = answer(TWO, ['c'], [clause(HARD, true, [true]), clause(SOFT, false, [true])])
    assert.deepEqual(bySoftClauses([able, other]).map(namesOf), [['b', 'c'], ['a']])
  })

  it('counts an earlier soft clause more than all that come later', () => {
    const softs = (kept: boolean[][]): ClauseVerdict[] => kept.map((each, at) => clause(`soft ${at}`, false, each))
    const answers = [answer(ONE, ['later ones', 'the first'], softs([[false, true], [true, false], [true, false]]))]
    assert.deepEqual(bySoftClauses(answers).map(namesOf), [['the first'], ['later ones']])
  })

  it('regression: an RSP that leaves clauses out has no advantage of it', () => {
    const other = answer(TWO, ['c'], [clause(HARD, true, [true]), clause(SOFT, false, [true])])
    const silent = answer(THREE, ['d'], [])
    const half = answer(THREE, ['d'], [clause(HARD, true, [true])])
    const soft = answer(THREE, ['d'], [clause(SOFT, false, [true])])
    assert.equal(brokenBy(silent, silent.paths[0]), 'its RSP says nothing of any clause')
    assert.equal(brokenBy(soft, soft.paths[0], [able, other, soft]), `its RSP does not say whether it keeps: ${HARD}`)
    assert.deepEqual([silent, half, soft].map((liar) => bySoftClauses([able, other, liar]).map(namesOf)), [
      [['b', 'c'], ['a']],
      [['b', 'c'], ['a', 'd']],
      [['b', 'c'], ['a']]
    ])
    assert.deepEqual(bySoftClauses([other, half]).map(namesOf), [['c', 'd']])
  })

  it('regression: an RSP that makes clauses up has no advantage of it', () => {
    const other = answer(TWO, ['c'], [clause(HARD, true, [true]), clause(SOFT, false, [true])])
    const liar = answer(THREE, ['d'], [clause(HARD, true, [true]), clause('made up', true, [true]), clause('this too', false, [true]), clause(SOFT, false, [true])])
    assert.deepEqual(bySoftClauses([other, liar]).map(namesOf), [['c', 'd']])
  })

  it('leaves queries without a text to their cost', () => {
    const { text: _, ...plain } = mute
    assert.equal(brokenBy(plain, plain.paths[0]), undefined)
    assert.deepEqual(compareClauses([plain]), [])
  })
})
