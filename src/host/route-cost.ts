// What one route costs more than another, in milliseconds: its round trip, its loss as far as that is not chance, and what else is held against it.
import type { RouteState } from './path-selector.ts'

/** The selector looks at each pair of routes many times an hour: two standard errors would be exceeded by chance every few minutes. */
const STANDARD_ERRORS = 3

/** Who weighs loss alone still prefers the faster of two routes without loss. */
export const MIN_DELAY_WEIGHT = 0.001

/** What one percent of loss is worth in ms to whoever gave these weights; without weights the selector's own default. */
export function lossWorthMs (weights: { delay: number, loss: number } | undefined): number | undefined {
  return weights === undefined ? undefined : weights.loss / Math.max(weights.delay, MIN_DELAY_WEIGHT)
}

/** By how many ms `a` is worse than `b`; negative: better. */
export function extraCostMs (a: RouteState, b: RouteState, msPerLossPercent: number): number {
  const more = a.loss - b.loss
  const certain = Math.max(0, Math.abs(more) - STANDARD_ERRORS * Math.hypot(standardError(a), standardError(b)))
  const surchargeMs = a.isDefault || b.isDefault ? 0 : (a.surchargeMs ?? 0) - (b.surchargeMs ?? 0)
  return a.rttMs - b.rttMs + Math.sign(more) * 100 * certain * msPerLossPercent + surchargeMs
}

/** By how much the round trips of two routes may differ by chance, ms. */
export function noiseMs (a: RouteState, b: RouteState): number {
  return STANDARD_ERRORS * Math.hypot(a.rttErrorMs, b.rttErrorMs)
}

/** By how much the quiet round trips of two routes may differ by chance, ms. */
export function quietNoiseMs (a: RouteState, b: RouteState): number {
  return STANDARD_ERRORS * Math.hypot(a.quietErrorMs, b.quietErrorMs)
}

/** Of the share lost; one of each outcome more than there were, so that a few without loss do not prove that there is none (Laplace). */
function standardError ({ loss, outcomes }: RouteState): number {
  const share = (loss * outcomes + 1) / (outcomes + 2)
  return Math.sqrt(share * (1 - share) / (outcomes + 2))
}
