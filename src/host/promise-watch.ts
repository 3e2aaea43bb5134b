// A channel's judge of promises (promise-judge.ts), told of offers and routes in the words of channels.
import { PromiseJudge } from './promise-judge.ts'
import { routeIdOf } from './provider-set.ts'
import type { JudgedRoute, OfferedPromise } from './promise-judge.ts'
import type { OfferedPath, ProviderAnswer } from './provider-set.ts'
import type { ScoreBoard } from './score-board.ts'
import type { PeerId } from '@libp2p/interface'

type Access = ReadonlyArray<{ forwarder: PeerId, rttUs: number }>

export interface PromiseWatchInit {
  scores: ScoreBoard
  /** Nearest first, as it is now. */
  access: () => Access
  /** The peer's, as far as is known now. */
  peerAccess: () => Access
}

/** What a channel measures in later rounds of offers is much the same again: it must not outweigh what other flows find. */
const LATER_WEIGHT = 0.25
const US_PER_MS = 1_000
const PPM = 1e6

export class PromiseWatch {
  readonly #init: PromiseWatchInit
  readonly #judge: PromiseJudge<PeerId>
  #hasJudged = false

  constructor (init: PromiseWatchInit) {
    this.#init = init
    this.#judge = new PromiseJudge({
      record: (rsp, outcome) => {
        this.#hasJudged = true
        init.scores.change(rsp, (score, nowMs) => { score.judge(outcome, nowMs) })
      },
      legsMs: (id) => {
        const forwarders = id.split(',')
        return legsMs(forwarders[0], forwarders[forwarders.length - 1], init.access(), init.peerAccess())
      }
    })
  }

  /** Answers have just come, of which some are taken. Their RSPs were told where the ends are as far as that is known now. */
  note (answers: readonly ProviderAnswer[], taken: readonly ProviderAnswer[], routes: readonly JudgedRoute[], nowMs: number): void {
    const [access, peerAccess] = [this.#init.access(), this.#init.peerAccess()]
    const weight = this.#hasJudged ? LATER_WEIGHT : 1
    this.#judge.promised(answers.flatMap((answer) => answer.paths.map((path): OfferedPromise<PeerId> => {
      const { rsp, paths } = answer
      const { forwarders, prediction } = path
      return {
        rsp,
        offer: path,
        id: routeIdOf(path),
        rttMs: prediction.rttUs / US_PER_MS,
        marginMs: prediction.rttMarginUs / US_PER_MS,
        loss: prediction.lossPpm / PPM,
        lossMargin: (prediction.lossMarginPpm ?? 0) / PPM,
        legsMs: legsMs(forwarders[0].toString(), forwarders[forwarders.length - 1].toString(), access, peerAccess) ?? 0,
        weight: weight / paths.length,
        isTaken: taken.some((other) => other.rsp.equals(rsp))
      }
    })), routes, nowMs)
  }

  check (routes: readonly JudgedRoute[], nowMs: number): void {
    this.#judge.check(routes, nowMs)
  }

  /** The route does not work for a reason that no RSP could know. */
  excused (id: string): void {
    this.#judge.excused(id)
  }

  /** The forwarders do not let the RSP's path through. */
  refused (path: OfferedPath): void {
    this.#judge.refused(routeIdOf(path), (rsp) => rsp.equals(path.rsp))
  }
}

function legsMs (entry: string, exit: string, access: Access, peerAccess: Access): number | undefined {
  const ours = access.find(({ forwarder }) => forwarder.toString() === entry)
  const theirs = peerAccess.find(({ forwarder }) => forwarder.toString() === exit)
  return ours === undefined || theirs === undefined ? undefined : (ours.rttUs + theirs.rttUs) / US_PER_MS
}
