// A host that opens flow after flow among an honest RSP, one that promises half of what is true, and one whose map stands still, over paths
// whose delays wander. The scores, the judge and the choice are the real ones; time is virtual, measurements are drawn.
import { ProviderScore } from '../../src/host/provider-score.ts'
import { PromiseJudge } from '../../src/host/promise-judge.ts'
import { EXPLORED_SHARE, rankOffers } from '../../src/host/provider-choice.ts'
import { seededRandom } from '../measurement/seeded-noise.ts'
import { NOW_MS } from '../helpers/descriptors.ts'
import type { Promised } from '../../src/host/provider-choice.ts'
import type { JudgedRoute, OfferedPromise } from '../../src/host/promise-judge.ts'

export type Kind = 'honest' | 'liar' | 'stale' | 'wide' | 'newcomer'

export interface FlowResult {
  /** Whose offer was thought the best. */
  first: Kind
  /** Whose offer the flow uses after its paths were measured. */
  used: Kind
  /** Whose paths were set up. */
  setUp: Kind[]
}

const DESTINATIONS = 5
const PATHS = 8
const OFFERED = 3
/** As a channel does (route-book.ts). */
const MAX_SET_UP = 6
const FLOW_MS = 60_000
/** Share of the paths whose delay is another one from flow to flow. */
const MOVED_SHARE = 0.1
/** Standard deviation of an RSP's estimate, of which it knows. */
const NOISE = 0.04
/** Of a normal distribution, four fifths are within so many standard deviations. */
const DEVIATIONS_OF_80 = 1.28

export function runMarket (seed: number, flows: number, kinds: readonly Kind[]): FlowResult[] {
  const random = seededRandom(seed)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const delay = (): number => 40 * Math.exp(0.5 * normal())
  const trueMs = Array.from({ length: DESTINATIONS }, () => Array.from({ length: PATHS }, delay))
  const staleMs = trueMs.map((row) => row.map(delay))
  const scores = new Map(kinds.map((kind) => [kind, new ProviderScore()]))
  const results: FlowResult[] = []
  for (let flow = 0; flow < flows; flow++) {
    const nowMs = NOW_MS + flow * FLOW_MS
    const to = Math.floor(random() * DESTINATIONS)
    for (const row of trueMs) {
      for (let path = 0; path < PATHS; path++) {
        row[path] = random() < MOVED_SHARE ? delay() : row[path]
      }
    }
    const answers = shuffled(kinds, random).map((kind) => ({ kind, offers: offersOf(kind, kind === 'stale' ? staleMs[to] : trueMs[to], normal) }))
    const ranked = rankOffers(answers.map((what) => ({ what, score: scores.get(what.kind) as ProviderScore, offers: what.offers })), { nowMs, random, explores: random() < EXPLORED_SHARE, msPerLossPercent: 20 })
    const attributed = new Map<number, Kind>()
    for (let place = 0; place < OFFERED; place++) {
      for (const { what: { kind }, ids } of ranked) {
        const path = [...ids][place]
        if (path !== undefined && attributed.size < MAX_SET_UP) {
          attributed.set(Number(path), kind)
        }
      }
    }
    const routes = [...attributed.keys()].map((path): JudgedRoute & { path: number } => ({
      path, id: String(path), isDefault: false, alive: true, loss: 0, samples: 20, quietRttMs: trueMs[to][path] * (1 + 0.02 * Math.abs(normal())) + random()
    }))
    const judge = new PromiseJudge<Kind>({
      record: (kind, outcome) => { scores.get(kind)?.judge(outcome, nowMs) },
      legsMs: () => undefined
    })
    judge.promised(answers.flatMap(({ kind, offers }) => offers.map((offer): OfferedPromise<Kind> =>
      ({ rsp: kind, offer, ...offer, lossMargin: 0, legsMs: 0, weight: 1 / OFFERED, isTaken: ranked.some(({ what }) => what.kind === kind) }))), [], nowMs)
    judge.check(routes, nowMs)
    const best = routes.reduce((a, b) => b.quietRttMs < a.quietRttMs ? b : a)
    results.push({ first: (ranked.find(({ ids }) => ids.size > 0) as typeof ranked[0]).what.kind, used: attributed.get(best.path) as Kind, setUp: [...attributed.values()] })
  }
  return results
}

export function share (results: readonly FlowResult[], is: (result: FlowResult) => boolean): number {
  return results.filter(is).length / results.length
}

function offersOf (kind: Kind, knownMs: readonly number[], normal: () => number): Promised[] {
  const seen = knownMs.map((ms, path) => ({ path, ms: Math.max(1, ms * (1 + NOISE * normal())) })).sort((a, b) => a.ms - b.ms).slice(0, OFFERED)
  return seen.map(({ path, ms }) => ({
    id: String(path),
    rttMs: kind === 'liar' ? ms / 2 : kind === 'wide' ? ms * 0.7 : ms,
    marginMs: kind === 'wide' ? ms : DEVIATIONS_OF_80 * NOISE * ms,
    loss: 0
  }))
}

function shuffled<T> (all: readonly T[], random: () => number): T[] {
  return all.map((what) => ({ what, place: random() })).sort((a, b) => a.place - b.place).map(({ what }) => what)
}
