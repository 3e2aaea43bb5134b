// What one round of questions to RSPs says of them. Where nobody answers, it is this host that has no network: that is held against none.
import { BywayError } from '../../protocols/errors.ts'
import type { ScoreBoard } from './score-board.ts'
import type { PeerId } from '@libp2p/interface'

/** Of an RSP that answered nothing; whoever answers with anything else can be reached. */
const SILENT = ['UNAVAILABLE', 'TIMED_OUT', 'CANCELLED']
/** No path is an answer. */
const NO_PATH = 'NOT_FOUND'

export class QueryOutcomes {
  readonly #scores: ScoreBoard
  /** Silent so far. */
  #silent: PeerId[] = []
  #isAnyoneThere = false

  constructor (scores: ScoreBoard) {
    this.#scores = scores
  }

  /** @param error - why there was no answer, or why a part of it did not hold */
  ended (rsp: PeerId, init: { elapsedMs: number, priceMicro: number, error?: Error }): void {
    const code = init.error instanceof BywayError ? init.error.code : init.error === undefined ? undefined : 'UNAVAILABLE'
    if (code !== undefined && SILENT.includes(code)) {
      this.#silent.push(rsp)
    } else {
      this.#isAnyoneThere = true
      this.#scores.change(rsp, (score, nowMs) => {
        if (code === undefined || code === NO_PATH) {
          score.answered(init.elapsedMs, init.priceMicro, nowMs)
        } else {
          score.failed(nowMs)
        }
      })
    }
    if (this.#isAnyoneThere) {
      for (const silent of this.#silent.splice(0)) {
        this.#scores.change(silent, (score, nowMs) => { score.failed(nowMs) })
      }
    }
  }
}
