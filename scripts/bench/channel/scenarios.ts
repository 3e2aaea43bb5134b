// What is measured, and what is to be reached.
import type { LaneName } from './lanes.ts'
import type { LineQuality } from './network.ts'
import type { Scenario } from './scenario.ts'

const BYTES_PER_SECOND = 50e6 / 8
const CLEAN_RTTS_MS = [20, 100]
const LOSSES = [0.01, 0.02, 0.03]
/** Of the default route that loses, and of the path around it. */
const LOSSY_RTT_MS = 40
const LOOPBACK_ROUND_MS = 2_000
/** What is measured differs by more than ten times, and TCP takes long to deliver what a round leaves. */
const LOSSY_ROUNDS = 3
/** Some windows' growth at the longest round trip. */
const LINE_ROUND_MS = 6_000

export interface Aim {
  scenario: string
  lane: LaneName
  beside: LaneName
  /** Of the ratio of their throughputs; `isStrict`: it must be more. */
  atLeast: number
  isStrict?: boolean
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'loopback', lanes: ['plain', 'byway', 'circuitRelay', 'bywayForwarder'], roundMs: LOOPBACK_ROUND_MS },
  ...CLEAN_RTTS_MS.map((rttMs): Scenario => ({
    name: cleanName(rttMs), lanes: ['plain', 'byway'], qualityOf: () => line(rttMs, 0), roundMs: LINE_ROUND_MS
  })),
  ...LOSSES.map((loss): Scenario => ({
    name: lossyName(loss),
    lanes: ['plain', 'bywayForwarder'],
    qualityOf: (from, to) => from === 'forwarder' || to === 'forwarder' ? line(LOSSY_RTT_MS / 2, 0) : line(LOSSY_RTT_MS, loss),
    roundMs: LINE_ROUND_MS,
    mostRounds: LOSSY_ROUNDS
  }))
]

export const AIMS: readonly Aim[] = [
  { scenario: 'loopback', lane: 'byway', beside: 'plain', atLeast: 0.3 },
  { scenario: 'loopback', lane: 'bywayForwarder', beside: 'circuitRelay', atLeast: 1 },
  ...CLEAN_RTTS_MS.map((rttMs): Aim => ({ scenario: cleanName(rttMs), lane: 'byway', beside: 'plain', atLeast: 0.9 })),
  ...LOSSES.map((loss): Aim => ({ scenario: lossyName(loss), lane: 'bywayForwarder', beside: 'plain', atLeast: 1, isStrict: true }))
]

function line (rttMs: number, loss: number): LineQuality {
  return { bytesPerSecond: BYTES_PER_SECOND, delayMs: rttMs / 2, loss }
}

function cleanName (rttMs: number): string {
  return `clean${rttMs}ms`
}

function lossyName (loss: number): string {
  return `default${100 * loss}%Loss`
}
