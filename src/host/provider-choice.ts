// Which RSPs are asked, and whose offers are taken first: promises are corrected by what came of earlier ones, near-equals take turns,
// and who is distrusted is tried only now and then. Pure: scores and randomness in, an order out.
//
// The host measures a path before it moves, so a wrong choice costs a set-up and some probes. Still a promise that must be corrected is worth
// less than one that need not: else an RSP could halve all its numbers and lose nothing.
import type { ProviderScore } from './provider-score.ts'

/** A flow in so many tries one RSP that is distrusted: it may have mended. */
export const EXPLORED_SHARE = 1 / 25
/** Prices have units of their operators' own, so they decide among near-equals only: one unit counts like so much, and no price like more. */
const MS_PER_UNIT = 1
const MAX_PRICE_MS = 2
const MICRO_PER_UNIT = 1e6
/** Nothing is faster; also keeps a promise of nothing from being multiplied to nothing. */
const MIN_RTT_MS = 0.1
/** A rate of 2.5 times what was promised is no error that a correction mends. */
const MAX_SURCHARGE = 1.5
const PERCENT = 100
/** Whose worth differs by less than a tenth take turns. */
const NEAR_EQUAL = 0.1
/** Errors of promises that differ by less say nothing of who is better. */
const DOUBT_RESOLUTION = 0.03

/** What an RSP promises for a path. */
export interface Promised {
  /** Of the path, whoever offers it. */
  id: string
  rttMs: number
  marginMs: number
  /** 0–1. */
  loss: number
  /** What else it costs to who asked. Default: nothing. */
  otherMs?: number
}

export interface Candidate<T> {
  what: T
  score: ProviderScore
  /** Best first; empty: it offers nothing. */
  offers: readonly Promised[]
}

export interface Ranked<T> {
  what: T
  /** Of its paths, those that are to be taken from it: what several offer is taken from one. Empty: others offer all that it has. */
  ids: Set<string>
}

export interface ChoiceInit {
  /** Unix time, ms. */
  nowMs: number
  /** 0 ≤ … < 1. */
  random: () => number
  /** Is this one of the flows (EXPLORED_SHARE of all) that try an RSP which is distrusted? */
  explores: boolean
  /** What one percent of loss is worth. */
  msPerLossPercent: number
}

/** Whose offers count, and who is distrusted beside them; where all are, they count. */
export function byTrust<T extends Pick<Candidate<unknown>, 'score'>> (offering: readonly T[], nowMs: number): { usual: T[], shunned: T[] } {
  const { usual = [], shunned = [] } = Object.groupBy(offering, ({ score }) => score.standing(nowMs) === 'distrusted' ? 'shunned' : 'usual')
  return usual.length > 0 ? { usual, shunned } : { usual: shunned, shunned: [] }
}

/** Of the distrusted the one that a flow which explores tries. */
export function explored<T> (shunned: readonly T[], { explores, random }: Pick<ChoiceInit, 'explores' | 'random'>): T[] {
  return explores ? oneOf(shunned, random) : []
}

/**
 * Who has offers, the most promising first. The distrusted are left out unless nobody else offers anything, but for one that a flow
 * which explores tries as the last.
 */
export function rankOffers<T> (candidates: ReadonlyArray<Candidate<T>>, init: ChoiceInit): Array<Ranked<T>> {
  const { usual, shunned } = byTrust(candidates.filter(({ offers }) => offers.length > 0), init.nowMs)
  const sorted = byCost(usual, init)
  const tried = [...sorted, ...explored(shunned, init)]
  const owners = ownersOf(tried, init)
  return tried
    .map((candidate) => ({ what: candidate.what, ids: new Set(candidate.offers.flatMap(({ id }) => owners.get(id) === candidate ? [id] : [])) }))
}

/**
 * Whose offer is taken for each path: that of the RSP which is doubted least. A lower promise for the same path is no better path, so
 * it only adds to the doubt; and with equals it is a matter of chance.
 */
function ownersOf<T> (candidates: ReadonlyArray<Candidate<T>>, { nowMs, random }: ChoiceInit): Map<string, Candidate<T>> {
  const highestMs = new Map<string, number>()
  const least = new Map<string, { owner: Candidate<T>, doubt: number }>()
  const drawn = candidates.map((owner) => {
    const { bias, spread } = owner.score.rttError(nowMs)
    return { owner, bias, doubt: (Math.max(0, bias) + spread) * (1 + NEAR_EQUAL * random()) + DOUBT_RESOLUTION * random() }
  })
  const correctedMs = ({ rttMs }: Promised, bias: number): number => Math.max(MIN_RTT_MS, rttMs) * Math.exp(bias)
  for (const { owner, bias } of drawn) {
    for (const offer of owner.offers) {
      highestMs.set(offer.id, Math.max(highestMs.get(offer.id) ?? 0, correctedMs(offer, bias)))
    }
  }
  for (const { owner, bias, doubt } of drawn) {
    for (const offer of owner.offers) {
      const undercut = Math.log((highestMs.get(offer.id) as number) / correctedMs(offer, bias))
      const doubted = doubt * (1 + undercut)
      if (doubted < (least.get(offer.id)?.doubt ?? Infinity)) {
        least.set(offer.id, { owner, doubt: doubted })
      }
    }
  }
  return new Map([...least].map(([id, { owner }]) => [id, owner]))
}

/** Who is asked at once, and who when these are late or fail. */
export interface AskingOrder<T> {
  first: T[]
  later: T[]
}

/**
 * In which order RSPs are asked: of those that keep their promises and answer up to `wave` side by side, one newcomer among them; then the
 * others. The distrusted and the failing are not asked while there are others, but for one by a flow that explores.
 */
export function rankProviders<T> (providers: ReadonlyArray<Pick<Candidate<T>, 'what' | 'score'>>, wave: number, { nowMs, random, explores }: Omit<ChoiceInit, 'msPerLossPercent'>): AskingOrder<T> {
  const drawn = providers
    .map(({ what, score }) => ({ what, standing: score.standing(nowMs), worth: score.kept(nowMs) * score.available(nowMs) * (1 + NEAR_EQUAL * random()) }))
    .sort((a, b) => b.worth - a.worth)
  const newcomers = drawn.filter(({ standing }) => standing === 'new')
  const shunned = drawn.filter(({ standing }) => standing === 'distrusted' || standing === 'failing')
  const known = drawn.filter(({ standing }) => standing === 'trusted')
  const others = [...known, ...newcomers.slice(1)]
  const tried = [...newcomers.slice(0, 1), ...explores ? oneOf(shunned, random) : []]
  const first = [...others.slice(0, Math.max(1, wave - tried.length)), ...tried]
  const chosen = new Set(first.length > 0 ? first : shunned.slice(0, wave))
  const later = [...others, ...newcomers, ...shunned].filter((provider) => !chosen.has(provider))
  return { first: [...chosen].map(({ what }) => what), later: [...new Set(later)].map(({ what }) => what) }
}

function oneOf<T> (all: readonly T[], random: () => number): T[] {
  return all.length === 0 ? [] : [all[Math.floor(random() * all.length)]]
}

function byCost<T> (candidates: ReadonlyArray<Candidate<T>>, init: ChoiceInit): Array<Candidate<T>> {
  return candidates
    .map((candidate) => ({ candidate, cost: drawnCost(candidate, init) }))
    .sort((a, b) => a.cost - b.cost)
    .map(({ candidate }) => candidate)
}

/**
 * What the RSP's best offer may cost, in ms: one draw from what its record leaves open (Thompson, Biometrika 25, 1933), so that near-equals
 * take turns as often as either may be the better one.
 */
function drawnCost<T> ({ score, offers }: Candidate<T>, { nowMs, random, msPerLossPercent }: ChoiceInit): number {
  const rtt = score.rttError(nowMs)
  const loss = score.lossError(nowMs)
  const bias = rtt.bias + gaussian(random) * rtt.spread / Math.sqrt(rtt.cases)
  const surcharge = 1 + Math.min(MAX_SURCHARGE, Math.max(0, rtt.bias) + rtt.spread)
  const price = Math.min(MAX_PRICE_MS, (score.priceMicro ?? 0) / MICRO_PER_UNIT * MS_PER_UNIT)
  return price + Math.min(...offers.map((offer) =>
    (Math.max(MIN_RTT_MS, offer.rttMs) * Math.exp(bias) + offer.marginMs) * surcharge +
    PERCENT * Math.min(1, Math.max(0, offer.loss + loss.bias)) * msPerLossPercent + (offer.otherMs ?? 0)))
}

/** Box and Muller, Annals of Mathematical Statistics 29, 1958. */
function gaussian (random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
