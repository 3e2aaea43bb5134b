// Do the engine's intervals contain what they say? Its map and its predictor see what was measured of each slice, and nothing else; what they
// promise of a sample of paths and links is compared with the slice that comes next.
import { PerformanceMap } from '../rsp/performance-map.ts'
import { Predictor } from '../rsp/predictor.ts'
import { measurePath } from '../topology/path.ts'
import type { ChosenPaths } from '../simulation/replay-score.ts'
import type { Graph } from '../topology/graph.ts'
import type { MeteredLink, ReplaySlice } from '../simulation/replay.ts'

/** Between two slices; promises are checked from one to the next. */
const SLICE_MS = 60_000
const SAMPLED_PATHS = 2_000
const SAMPLED_LINKS = 1_000
/** What the predictor itself keeps of them has room for so many of each. */
const NOTED = 300

/** Of intervals that were given for one slice, by the values of the next one. */
export interface IntervalReport {
  intervals: number
  /** Share of them that contained the value, 0 to 1. */
  coverage: number
  /** Half of their width. */
  meanMarginMs: number
}

export interface CalibrationReport {
  /** Round trips of the paths that were chosen. */
  paths: IntervalReport
  /** Those of the links that were measured. */
  links: IntervalReport
}

interface Promised {
  nodes: number[]
  rttUs: number
  marginUs: number
}

export class CalibrationReplay {
  readonly #map = new PerformanceMap()
  readonly #predictor = new Predictor({ minGapMs: 0, checkedAfterMs: SLICE_MS, clock: () => this.#nowMs })
  readonly #random: () => number
  #nowMs = SLICE_MS
  #promised: { paths: Promised[], links: Promised[] } | undefined

  /** @param random - from 0 to 1: draws the sample */
  constructor (nodeCount: number, random: () => number) {
    this.#random = random
    for (let node = 0; node < nodeCount; node++) {
      this.#map.addNode(String(node))
    }
  }

  /** Takes what was measured and chosen in a slice; says how the promises of the slice before hold in it, null for the first one. */
  play (slice: ReplaySlice, measured: readonly MeteredLink[], paths: ChosenPaths): CalibrationReport | null {
    this.#nowMs += SLICE_MS
    const report = this.#promised === undefined
      ? null
      : { paths: judge(this.#promised.paths, slice), links: judge(this.#promised.links, slice) }
    for (const { a, b, rttMs } of measured) {
      this.#map.set(String(a), String(b), { rttUs: 1_000 * rttMs, jitterUs: 0, lossPpm: 0, measuredAtMs: this.#nowMs })
    }
    const graph = this.#map.snapshot(this.#nowMs)
    this.#predictor.check(graph)
    this.#promised = {
      paths: this.#promise(graph, sampled(slice.size ** 2, SAMPLED_PATHS, this.#random, (pair) => pathOf(paths, pair))),
      links: this.#promise(graph, sampled(measured.length, SAMPLED_LINKS, this.#random, (link) => [measured[link].a, measured[link].b]))
    }
    return report
  }

  #promise (graph: Graph, paths: readonly number[][]): Promised[] {
    return paths.flatMap((nodes, at) => {
      const metrics = measurePath(graph, nodes, 0, 0)
      if (metrics === undefined) {
        return []
      }
      const path = { nodes, ...metrics }
      if (at < NOTED) {
        this.#predictor.note(graph, path, this.#nowMs)
      }
      const { rttUs, rttMarginUs } = this.#predictor.predict(path, this.#nowMs)
      return [{ nodes, rttUs, marginUs: rttMarginUs }]
    })
  }
}

/** With its ends; undefined for a pair that was sent by default. */
function pathOf (paths: ChosenPaths, pair: number): number[] | undefined {
  const [source, destination] = [Math.floor(pair / paths.size), pair % paths.size]
  const relays = paths.relays(source, destination)
  return relays.length === 0 ? undefined : [source, ...relays, destination]
}

/** At most `count` different ones of those that there are. */
function sampled (size: number, count: number, random: () => number, of: (at: number) => number[] | undefined): number[][] {
  const found = new Map<number, number[]>()
  for (let tries = 0; tries < 4 * count && found.size < count && size > 0; tries++) {
    const at = Math.floor(random() * size)
    const path = of(at)
    if (path !== undefined) {
      found.set(at, path)
    }
  }
  return [...found.values()]
}

function judge (promised: readonly Promised[], { size, rttMs }: ReplaySlice): IntervalReport {
  let [kept, marginMs] = [0, 0]
  for (const { nodes, rttUs, marginUs } of promised) {
    let actualUs = 0
    for (let hop = 1; hop < nodes.length; hop++) {
      // a link is measured both ways
      actualUs += 500 * (rttMs[nodes[hop - 1] * size + nodes[hop]] + rttMs[nodes[hop] * size + nodes[hop - 1]])
    }
    kept += Math.abs(actualUs - rttUs) <= marginUs ? 1 : 0
    marginMs += marginUs / 1_000
  }
  const intervals = promised.length
  return { intervals, coverage: intervals === 0 ? 0 : kept / intervals, meanMarginMs: intervals === 0 ? 0 : marginMs / intervals }
}

/** Of all slices together; null where none could be judged. */
export function pooled (reports: readonly IntervalReport[]): IntervalReport | null {
  const intervals = reports.reduce((sum, report) => sum + report.intervals, 0)
  const mean = (of: (report: IntervalReport) => number): number => reports.reduce((sum, report) => sum + report.intervals * of(report), 0) / intervals
  return intervals === 0 ? null : { intervals, coverage: mean(({ coverage }) => coverage), meanMarginMs: mean(({ meanMarginMs }) => meanMarginMs) }
}
