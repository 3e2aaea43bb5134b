// Whose measurement the value of a link rests on: what `explain` shows.
import { worseOf } from '../link-view.ts'
import type { KeptView, LinkEstimate } from '../link-view.ts'
import type { OwnViews } from './own-measurement.ts'
import type { WeighedWord } from './weighed-words.ts'

/** One measurement behind the value that is believed of a link. All peer ids are text. */
export interface LinkProvenance {
  /** report: by ends of the link; survey: by an RSP, without their help. */
  how: 'report' | 'survey'
  /** Forwarders, or the RSP; of a survey of our own ourselves. */
  measuredBy: string[]
  /** The RSP on whose word we have it; undefined: the forwarders have told ourselves, or we have measured. */
  toldBy: string | undefined
  /** From 0 to 1: how much of the value rests on it; all together 1. */
  share: number
  /** How far that RSP is trusted, from 0 to 1; undefined without one. */
  trust: number | undefined
  rttUs: number
  lossPpm: number
  /** 0: not known. */
  samples: number
  /** Unix time, ms. */
  measuredAtMs: number
  /** From before a restart, and nobody has confirmed it since. */
  isRemembered: boolean
}

/** Is all that we have of the link from before a restart? */
export function isRemembered ({ ofA, ofB }: OwnViews): boolean {
  return ofA?.isRemembered !== false && ofB?.isRemembered !== false
}

/** Of our own measurements: what is believed in each respect is what one end says, or both do, and each respect counts the same. */
export function ownProvenance ({ ofA, ofB }: OwnViews, mapKind: 'reports' | 'surveys', self: string): LinkProvenance[] {
  const isCounted = (view: KeptView | undefined): boolean => view !== undefined && (!view.isRemembered || isRemembered({ ofA, ofB }))
  const [one, other] = [ofA, ofB].map((view) => isCounted(view) ? view : undefined)
  const believed = valuesOf(worseOf(one, other))
  const said = [{ view: one, values: valuesOf(worseOf(one, undefined)) }, { view: other, values: valuesOf(worseOf(undefined, other)) }]
  const shareOf = (values: readonly unknown[]): number => {
    const known = believed.flatMap((value, respect) => value === undefined ? [] : [respect])
    const shares = known.map((respect) => values[respect] === believed[respect] ? 1 / said.filter((each) => each.values[respect] === believed[respect]).length : 0)
    return shares.reduce((sum, share) => sum + share, 0) / known.length
  }
  return said.flatMap(({ view, values }) => view === undefined ? [] : [{ view, share: shareOf(values) }]).map(({ view, share }) => ({
    how: mapKind === 'surveys' ? 'survey' : 'report',
    measuredBy: [mapKind === 'surveys' ? self : view.from],
    toldBy: undefined,
    share,
    trust: undefined,
    rttUs: view.rttUs,
    lossPpm: view.lossPpm,
    samples: view.samples,
    measuredAtMs: view.measuredAtMs,
    isRemembered: view.isRemembered
  }))
}

/** All that a link is shown with; undefined where it is not known. */
function valuesOf (estimate: LinkEstimate | undefined): Array<number | undefined> {
  if (estimate === undefined) {
    return []
  }
  const { rttUs, jitterUs, lossPpm, measuredAtMs, forth, back } = estimate
  return [rttUs, jitterUs, lossPpm, measuredAtMs, ...[forth, back].flatMap(({ bytesPerSecond, loadBytesPerSecond }) => [bytesPerSecond, loadBytesPerSecond])]
}

export function rivalProvenance (weighed: readonly WeighedWord[], ends: readonly [string, string], trustOf: (rival: string) => number): LinkProvenance[] {
  return weighed.map(({ word, share }) => ({
    how: word.method === 'SURVEYED' ? 'survey' : 'report',
    measuredBy: measuredBy(word.method, word.rival, ends),
    toldBy: word.rival,
    share,
    trust: trustOf(word.rival),
    rttUs: word.rttUs,
    lossPpm: word.lossPpm,
    samples: word.samples,
    measuredAtMs: word.measuredAtMs,
    isRemembered: false
  }))
}

/** @param ends - in the order of their keys, as words have them */
function measuredBy (method: WeighedWord['word']['method'], rival: string, [first, second]: readonly [string, string]): string[] {
  switch (method) {
    case 'SURVEYED': return [rival]
    case 'REPORTED_BY_A': return [first]
    case 'REPORTED_BY_B': return [second]
    case 'REPORTED_BY_BOTH': return [first, second]
  }
}
