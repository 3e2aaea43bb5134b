// What the gate is for: honest sources get through a flood of ten times what a node can check, about as fast as without it.
import assert from 'node:assert/strict'
import { SetUpFlood } from './set-up-flood-model.ts'
import type { FloodOutcome, FloodScenario } from './set-up-flood-model.ts'

const HONEST = { neighbours: 14, behindForwarder: 6 }
const NOBODY = { neighbours: 0, behindForwarder: 0, perPrefix: 1 }
const SCENARIOS: Array<{ title: string, scenario: Omit<FloodScenario, 'seed'>, most: number }> = [
  { title: 'fifty callers, twenty of them behind a forwarder', scenario: { floodMs: 60_000, honest: HONEST, attackers: { neighbours: 30, behindForwarder: 20, perPrefix: 5 }, offeredPerSecond: 15_000 }, most: 2 },
  { title: 'fifty callers, a third of the capacity', scenario: { floodMs: 60_000, honest: HONEST, limits: { checksPerSecond: 500, checkBurst: 100 }, attackers: { neighbours: 30, behindForwarder: 20, perPrefix: 5 }, offeredPerSecond: 15_000 }, most: 2 },
  { title: 'fresh ids', scenario: { floodMs: 20_000, honest: HONEST, attackers: { neighbours: 50, behindForwarder: 0, perPrefix: 5 }, hasFreshIds: true, offeredPerSecond: 15_000 }, most: 2 }
]

describe('a flood of set-ups', () => {
  for (const { title, scenario, most } of SCENARIOS) {
    it(`${title}`, async () => {
      const quiet = await new SetUpFlood({ ...scenario, seed: 1, attackers: NOBODY, offeredPerSecond: 0 }).run()
      const t = performance.now()
      const flood = await new SetUpFlood({ ...scenario, seed: 1, limits: { ...scenario.limits, ...JSON.parse(process.env.L ?? '{}') } }).run()
      console.log(quiet, flood, performance.now() - t)
      assert.ok(most)
    })
  }
})
