// Whose measurement the value of a link rests on: what `explain` shows.
import { worseOf } from '../link-view.ts'
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

/** Of our own measurements: the end whose round trip is the worse one decides, and where both say the same each half. */
export function ownProvenance (views: OwnViews, mapKind: 'reports' | 'surveys', self: string): LinkProvenance[] {
  const present = [views.ofA, views.ofB].flatMap((view) => view ?? [])
  const lives = present.filter(({ isRemembered }) => !isRemembered)
  const counted = lives.length > 0 ? lives : present
  const rttUs = worseOf(counted[0], counted[1])?.rttUs
  const deciding = counted.filter((view) => view.rttUs === rttUs).length
  return counted.map((view) => ({
    how: mapKind === 'surveys' ? 'survey' : 'report',
    measuredBy: [mapKind === 'surveys' ? self : view.from],
    toldBy: undefined,
    share: view.rttUs === rttUs ? 1 / deciding : 0,
    trust: undefined,
    rttUs: view.rttUs,
    lossPpm: view.lossPpm,
    samples: view.samples,
    measuredAtMs: view.measuredAtMs,
    isRemembered: view.isRemembered
  }))
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
