// What goes into the model of a flood of set-ups (set-up-flood-model.ts), and what comes out.
import type { SetUpGateStatus } from '../../src/defence/set-up-gate.ts'
import type { SetUpLimits } from '../../src/defence/set-up-limits.ts'

export interface FloodScenario {
  floodMs: number
  seed: number
  limits?: Partial<SetUpLimits>
  honest: { neighbours: number, behindForwarder: number, inAttackedPrefix?: number }
  /** Each attacker offers its share of `offeredPerSecond`. */
  attackers: { neighbours: number, behindForwarder: number, perPrefix: number }
  offeredPerSecond: number
  /** Every frame comes from a peer id that was never seen. */
  hasFreshIds?: boolean
  /** Attackers solve puzzles as the honest do, with so many hashes per second each. */
  hashesPerSecond?: number
}

/** What became of some of the honest. */
export interface Fate {
  asked: number
  succeeded: number
  /** From the first frame to success, challenges and work included. */
  p50Ms: number
  p99Ms: number
}

export interface FloodOutcome {
  honest: Fate
  neighbours: Fate
  behindForwarder: Fate
  offered: number
  checkedForAttackers: number
  /** Share of the CPU during the flood. */
  cpuShare: number
  peakEntries: number
  peakQueued: number
  peakBits: number
  gate: SetUpGateStatus
}

/** Of some of the honest, while the flood lasts. */
export interface Asks {
  asked: number
  latenciesMs: number[]
}

export function fateOf (...groups: Asks[]): Fate {
  const sorted = groups.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b)
  const quantile = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  return { asked: groups.reduce((sum, { asked }) => sum + asked, 0), succeeded: sorted.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}
