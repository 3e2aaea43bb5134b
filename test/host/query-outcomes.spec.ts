import assert from 'node:assert/strict'
import { DeadlineError, InvalidSignatureError, NotFoundError, OverQuotaError } from '../../protocols/errors.ts'
import { QueryOutcomes } from '../../src/host/query-outcomes.ts'
import { ScoreBoard } from '../../src/host/score-board.ts'
import { NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { SILENT } from '../helpers/virtual-overlay.ts'

const [A, B, C] = await Promise.all([1, 2, 3].map(peerOf))

/** Answers and failures of each RSP that is known after these have ended, in this order. */
function after (...ended: Array<[rsp: typeof A, error?: Error]>): Record<string, [answers: number, failures: number]> {
  const scores = new ScoreBoard({ now: () => NOW_MS, log: SILENT })
  const outcomes = new QueryOutcomes(scores)
  for (const [rsp, error] of ended) {
    outcomes.ended(rsp, { elapsedMs: 5, priceMicro: 0, error })
  }
  const names = new Map([A, B, C].map((peer, i) => [peer.toString(), 'abc'[i]]))
  return Object.fromEntries(scores.list.map(({ rsp, answers, failures }) => [names.get(rsp), [answers, failures]]))
}

describe('outcomes of a round of questions', () => {
  it('hold silence against an RSP when another one answers, before or after', () => {
    const late = new DeadlineError('too late')
    assert.deepEqual(after([A, late], [B], [C, new Error('no route to host')]), { a: [0, 1], b: [1, 0], c: [0, 1] })
  })

  it('blame nobody when nobody answers: it is the host that has no network', () => {
    assert.deepEqual(after([A, new DeadlineError('too late')], [B, new Error('no route to host')]), {})
  })

  it('take an answer without a path for an answer', () => {
    assert.deepEqual(after([A, new NotFoundError('no path')]), { a: [1, 0] })
  })

  it('blame an RSP for what does not hold and for a refusal, even alone', () => {
    assert.deepEqual(after([A, new InvalidSignatureError('forged')], [B, new OverQuotaError('not now')]), { a: [0, 1], b: [0, 1] })
  })
})
