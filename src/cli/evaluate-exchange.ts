// RSPs that exchange what they measure, in replay: each has a plan, a meter and a budget of its own, and takes what the others tell as a
// live RSP does (src/rsp/exchange): a rival is believed when audits have shown that it is right, and nobody measures what a credible rival
// has just measured. They take turns, batch by batch. Unlike live ones they let no hash decide which of two watches a link, and always keep the
// same number of audits back.
import { LinkMeter } from '../simulation/replay.ts'
import { MeasurementPlan } from '../rsp/measurement-plan/measurement-plan.ts'
import { RivalWords } from '../rsp/exchange/rival-words.ts'
import { drawAudits } from '../rsp/exchange/audits.ts'
import { givenLinks } from '../rsp/exchange/shared-links.ts'
import type { LinkPair, Measurement } from '../rsp/measurement-plan/link-memory.ts'
import type { Measuring } from '../rsp/measurement-plan/round.ts'
import type { MeteredLink, ReplaySlice } from '../simulation/replay.ts'
import type { PathChoice } from '../rsp/measurement-plan/path-choice.ts'

/** Between two slices: longer than a word holds, shorter than it is remembered whose was right. */
const SLICE_MS = 600_000
/** Kept back in each slice for links of others that are measured to know whether to believe them. */
const AUDITS_PER_RIVAL = 16

export interface ExchangeGroupInit {
  nodeCount: number
  relayCostMs: number
  /** One for each RSP: from 0 to 1. */
  randoms: ReadonlyArray<() => number>
}

/** What came of the exchange in a slice, for one RSP. */
export interface ExchangeCounts {
  /** Links that others have measured for it. */
  given: number
  audited: number
  /** Links that another RSP has measured too. */
  twice: number
  /** In each of the others, from 0 to 1. */
  trust: number[]
}

interface Rsp {
  name: string
  plan: MeasurementPlan
  words: RivalWords
  random: () => number
  meter: LinkMeter
  given: Set<number>
  audited: number
  steps: Measuring | undefined
  /** Of its last batch. */
  measured: readonly MeteredLink[]
}

export class ExchangeGroup {
  readonly #nodeCount: number
  readonly #rsps: Rsp[]
  #nowMs = 0

  constructor ({ nodeCount, relayCostMs, randoms }: ExchangeGroupInit) {
    this.#nodeCount = nodeCount
    this.#rsps = randoms.map((random, at) => ({
      name: `rsp-${at + 1}`,
      plan: new MeasurementPlan({ nodeCount, relayCostMs, random }),
      words: new RivalWords(),
      random,
      meter: new LinkMeter({ size: 0, rttMs: new Float64Array(0) }, 0),
      given: new Set(),
      audited: 0,
      steps: undefined,
      measured: []
    }))
    for (const rsp of this.#rsps) {
      for (const { name } of this.#rsps.filter((other) => other !== rsp)) {
        rsp.words.addRival(name)
      }
    }
  }

  /** One round of all; each measures at most `budgetLinks`. */
  play (slice: ReplaySlice, budgetLinks: number): void {
    this.#nowMs += SLICE_MS
    for (const rsp of this.#rsps) {
      rsp.words.expire(this.#nowMs)
      Object.assign(rsp, { meter: new LinkMeter(slice, budgetLinks), given: new Set(), audited: 0, measured: [] })
    }
    const audits = Math.min(budgetLinks, AUDITS_PER_RIVAL * (this.#rsps.length - 1))
    for (const rsp of this.#rsps) {
      rsp.steps = rsp.plan.round(budgetLinks - audits, this.#takeGiven(rsp))
      this.#measure(rsp, rsp.steps.next())
    }
    for (let turn = 0; this.#rsps.some(({ steps }) => steps !== undefined); turn++) {
      for (const rsp of this.#rsps) {
        if (turn === 0) {
          this.#audit(rsp)
        }
        this.#step(rsp)
      }
    }
    for (const rsp of this.#rsps) {
      // of the others' last batches
      for (const measurement of this.#takeGiven(rsp)) {
        rsp.plan.memory.record(measurement)
      }
    }
  }

  measured (at: number): readonly MeteredLink[] {
    return this.#rsps[at].meter.measured
  }

  /** Of the slice just played. */
  counts (at: number): ExchangeCounts {
    const { meter, given, audited, words, name } = this.#rsps[at]
    const others = this.#rsps.filter((other) => other.name !== name)
    const theirs = new Set(others.flatMap((other) => other.meter.measured.map(({ a, b }) => this.#pairOf(a, b))))
    return {
      given: given.size,
      audited,
      twice: meter.measured.filter(({ a, b }) => theirs.has(this.#pairOf(a, b))).length,
      trust: others.map((other) => words.trustOf(other.name))
    }
  }

  choosePaths (at: number): PathChoice {
    return this.#rsps[at].plan.choosePaths()
  }

  #step (rsp: Rsp): void {
    if (rsp.steps !== undefined) {
      this.#measure(rsp, rsp.steps.next([...rsp.measured, ...this.#takeGiven(rsp)]))
    }
  }

  #measure (rsp: Rsp, step: IteratorResult<readonly LinkPair[], void>): void {
    if (step.done === true) {
      rsp.steps = undefined
      return
    }
    rsp.measured = this.#look(rsp, step.value)
  }

  /** What it learns by them comes into its plan too. */
  #audit (rsp: Rsp): void {
    const drawn = drawAudits(rsp, this.#nowMs, (a, b) => this.#isOwn(rsp, Number(a), Number(b)))
    const links = this.#look(rsp, drawn.map(([a, b]): LinkPair => [Number(a), Number(b)]))
    rsp.audited = links.length
    rsp.measured = [...rsp.measured, ...links]
  }

  #look (rsp: Rsp, links: readonly LinkPair[]): MeteredLink[] {
    return links.map(([a, b]) => {
      const link = rsp.meter.measure(a, b)
      rsp.words.judge(String(a), String(b), estimateOf(link, this.#nowMs))
      for (const other of this.#rsps.filter((other) => other !== rsp)) {
        other.words.take(rsp.name, String(a), String(b), saidOf(link), { measuredAtMs: this.#nowMs, isBlind: !this.#isOwn(other, a, b) })
      }
      return link
    })
  }

  /** What others have measured since it was last asked for, and is believed. */
  #takeGiven (rsp: Rsp): Measurement[] {
    const taken: Measurement[] = []
    const isKnown = (keyA: string, keyB: string): boolean => {
      const [a, b] = [Number(keyA), Number(keyB)]
      return rsp.given.has(this.#pairOf(a, b)) || this.#isOwn(rsp, a, b)
    }
    for (const { a: keyA, b: keyB, rttMs } of givenLinks({ words: rsp.words, self: rsp.name, sinceMs: this.#nowMs, isOwn: () => false, isKnown })) {
      const [a, b] = [Number(keyA), Number(keyB)]
      rsp.given.add(this.#pairOf(a, b))
      taken.push({ a, b, rttMs })
    }
    return taken
  }

  #isOwn (rsp: Rsp, a: number, b: number): boolean {
    return rsp.meter.hasMeasured(a, b)
  }

  #pairOf (a: number, b: number): number {
    return Math.min(a, b) * this.#nodeCount + Math.max(a, b)
  }
}

const NO_TRAFFIC = { bytesPerSecond: undefined, rateIsFloor: false, loadBytesPerSecond: undefined }

function estimateOf ({ rttMs }: MeteredLink, measuredAtMs: number): Parameters<RivalWords['judge']>[2] {
  return { rttUs: 1_000 * rttMs, jitterUs: 0, lossPpm: 0, measuredAtMs, varianceUs2: 0, lossVariancePpm2: undefined, forth: NO_TRAFFIC, back: NO_TRAFFIC }
}

function saidOf ({ rttMs }: MeteredLink): Parameters<RivalWords['take']>[3] {
  return { method: 'SURVEYED', down: false, rttUs: Math.max(1, Math.round(1_000 * rttMs)), rttSpreadUs: 0, jitterUs: 0, lossPpm: 0, lossSpreadPpm: 0, samples: 0, ageMs: 0 }
}
