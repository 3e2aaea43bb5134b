// What the demo says when its forwarders failed and came back: whether any host was worse off than on its default route for longer than it takes to notice.
import { NOTICEABLE_MS } from '../../host/lag-watch.ts'
import { excessMs } from './worse-times.ts'
import { msText, rounded, short, table } from '../output.ts'
import type { PairWatch } from './pair-watch.ts'
import type { PlacedId } from './place-node.ts'

export interface FailingPairReport {
  source: PlacedId
  destination: PlacedId
  /** Changes of the route. */
  switches: number
  /** How often a forwarder failed that was in use. */
  hits: number
  /** The time for which it was on a path and not on its default route. */
  onPathMs: number
  /** Round trips measured side by side. */
  samples: number
  /** Datagrams on a path that did not come back, while the default route worked. */
  lost: number
  /** All the time together that it was worse than its default route by more than `worseByMs`. */
  worseMs: number
  /** The longest such time, measured by what it may take; 0: there was none. */
  longestWorseMs: number
  /** Whether a forwarder in use had failed then, or datagrams were late without that. */
  longestAfterFailure: boolean
  /** When it began, and why the host had the flow on that path; null: there was no such time. */
  longestFromSeconds: number | null
  longestReason: string | null
  /** What it may take: the detection time of the path that was in use; null: there was no such time. */
  detectionMs: number | null
  /** Times that took longer than that. */
  tooLong: number
  isMet: boolean
}

export interface FailingReport {
  seed: number
  seconds: number
  worseByMs: number
  died: number
  fellSilent: number
  cameBack: number
  /** Forwarders that were down at the same time. */
  mostDown: number
  pairs: FailingPairReport[]
  total: Omit<FailingPairReport, 'source' | 'destination'> & {
    /** Pairs that were worse for too long. */
    pairsWorse: number
    /** Share of all time. */
    worseShare: number
  }
  /** The longest time that the hosts' process could do nothing: all it measures, and notices, is as much late. */
  longestStallMs: number
}

export function reportPairUnderFailures (source: PlacedId, destination: PlacedId, { switches, hits, onPathMs, times }: Pick<PairWatch, 'switches' | 'hits' | 'onPathMs' | 'times'>, startedMs: number): FailingPairReport {
  const { samples, lost, totalMs, worst, tooLong } = times
  return {
    source,
    destination,
    switches,
    hits,
    onPathMs: Math.round(onPathMs),
    samples,
    lost,
    worseMs: Math.round(totalMs),
    longestWorseMs: rounded(worst?.lastsMs) ?? 0,
    longestAfterFailure: worst?.afterFailure ?? false,
    longestFromSeconds: worst === undefined ? null : rounded((worst.fromMs - startedMs) / 1_000),
    longestReason: worst?.reason ?? null,
    detectionMs: rounded(worst?.detectionMs),
    tooLong,
    isMet: tooLong === 0
  }
}

export function totalOf (pairs: readonly FailingPairReport[], seconds: number): FailingReport['total'] {
  const sum = (of: (pair: FailingPairReport) => number): number => pairs.reduce((so, pair) => so + of(pair), 0)
  const excess = ({ longestWorseMs, detectionMs }: FailingPairReport): number => detectionMs === null ? -Infinity : excessMs({ lastsMs: longestWorseMs, detectionMs })
  const worst = pairs.reduce<FailingPairReport | undefined>((so, pair) => so === undefined || excess(pair) > excess(so) ? pair : so, undefined)
  return {
    switches: sum(({ switches }) => switches),
    hits: sum(({ hits }) => hits),
    onPathMs: sum(({ onPathMs }) => onPathMs),
    samples: sum(({ samples }) => samples),
    lost: sum(({ lost }) => lost),
    worseMs: sum(({ worseMs }) => worseMs),
    longestWorseMs: worst?.longestWorseMs ?? 0,
    longestAfterFailure: worst?.longestAfterFailure ?? false,
    longestFromSeconds: worst?.longestFromSeconds ?? null,
    longestReason: worst?.longestReason ?? null,
    detectionMs: worst?.detectionMs ?? null,
    tooLong: sum(({ tooLong }) => tooLong),
    isMet: pairs.every(({ isMet }) => isMet),
    pairsWorse: pairs.filter(({ isMet }) => !isMet).length,
    worseShare: pairs.length === 0 ? 0 : sum(({ worseMs }) => worseMs) / (pairs.length * 1_000 * seconds)
  }
}

export function failingText ({ pairs, total, seconds, died, fellSilent, cameBack, mostDown, longestStallMs }: FailingReport): string[] {
  return [
    '',
    ...table([
      ['hosts', 'on a path', 'switches', 'hit', 'lost', 'worse in all', 'longest', 'may take', ''],
      ...pairs.map(({ source, destination, switches, hits, onPathMs, lost, samples, worseMs, longestWorseMs, detectionMs, isMet }) => [
        `${short(source.id)} → ${short(destination.id)}`,
        shareText(onPathMs, 1_000 * seconds),
        String(switches),
        String(hits),
        `${lost} of ${samples}`,
        msText(worseMs),
        msText(longestWorseMs),
        msText(detectionMs),
        isMet ? '' : 'TOO LONG'
      ])
    ]),
    '',
    `In ${seconds.toFixed(0)} s ${died} forwarders died and ${fellSilent} fell silent, ${cameBack} of them came back; ${mostDown} at most were down at once.`,
    `The flows were on paths for ${shareText(total.onPathMs, pairs.length * 1_000 * seconds)} of the time. ${total.hits} times a path in use was hit; the flows changed their route ${total.switches} times, and were worse than their default routes by more than ${NOTICEABLE_MS} ms ` +
      `for ${(100 * total.worseShare).toFixed(2)} % of the time, at the longest for ${msText(total.longestWorseMs)}${total.longestAfterFailure ? ' after a failure' : ''} where ${msText(total.detectionMs)} are what it takes to notice${total.longestReason === null ? '' : ` (on a path: ${total.longestReason})`}.`,
    ...(longestStallMs < STALL_MS ? [] : [`This machine was busy: the hosts' process stood still for up to ${msText(longestStallMs)}.`]),
    total.isMet
      ? 'No host was worse than its default route by more than that for longer than the detection time.'
      : `${total.pairsWorse} of ${pairs.length} hosts were worse than their default route for longer than the detection time, ${total.tooLong} times in all.`
  ]
}

function shareText (part: number, whole: number): string {
  return whole === 0 ? '–' : `${(100 * part / whole).toFixed(0)} %`
}

/** Less than that is usual. */
const STALL_MS = 100
