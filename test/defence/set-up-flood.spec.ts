// What the gate is for: honest sources get through a flood of ten times what a node can check, about as fast as without it.
import assert from 'node:assert/strict'
import { DEFAULT_SET_UP_LIMITS } from '../../src/defence/set-up-limits.ts'
import { SetUpFlood } from './set-up-flood-model.ts'
import type { Fate, FloodOutcome, FloodScenario } from './set-up-flood-figures.ts'

/** A peer id as text, a number, and what a Map needs for them: about 130 were measured, sources have two ids. */
const ENTRY_BYTES = 256
/** The largest frame, decoded, and its promises. */
const QUEUED_BYTES = 8_192
const MAX_BYTES = 20 * 1024 * 1024

const HONEST = { neighbours: 14, behindForwarder: 6 }
const NOBODY = { neighbours: 0, behindForwarder: 0, perPrefix: 1 }
const FIFTY = { neighbours: 35, behindForwarder: 15, perPrefix: 5 }
/** Ten times what a node checks by default. */
const OFFERED_PER_SECOND = 15_000
/** A third of the default, so that the buckets of the callers let through twice what can be checked. */
const SLOW = { checksPerSecond: 500, checkBurst: 100 }

const BASE = { seed: 1, floodMs: 60_000, honest: HONEST, attackers: FIFTY, offeredPerSecond: OFFERED_PER_SECOND }

interface Flooded { quiet: FloodOutcome, flooded: FloodOutcome }

async function flood (title: string, over: Partial<FloodScenario>): Promise<Flooded> {
  const scenario = { ...BASE, ...over }
  const quiet = await new SetUpFlood({ ...scenario, attackers: NOBODY, offeredPerSecond: 0 }).run()
  const flooded = await new SetUpFlood(scenario).run()
  const { honest, offered, checkedForAttackers, cpuShare, peakQueued, peakEntries, peakBits } = flooded
  console.log([
    `    ${title}: ${honest.succeeded} of ${honest.asked} honest asks succeed, p50 ${ms(honest.p50Ms)}, p99 ${ms(honest.p99Ms)} (without the flood ${ms(quiet.honest.p99Ms)});`,
    `attackers offer ${offered} and get ${checkedForAttackers} checks; CPU ${(100 * cpuShare).toFixed(1)} %, ${peakQueued} queued, ${peakEntries} entries,`,
    `${(bytesOf(flooded) / 1024).toFixed(0)} KiB, ${peakBits} bits`
  ].join(' '))
  return { quiet, flooded }
}

function ms (value: number): string {
  return `${value.toFixed(2)} ms`
}

function bytesOf ({ peakEntries, peakQueued }: FloodOutcome): number {
  return peakEntries * ENTRY_BYTES + peakQueued * QUEUED_BYTES
}

function assertSuccess ({ asked, succeeded }: Fate): void {
  assert.ok(succeeded >= 0.99 * asked, `${succeeded} of ${asked} succeed`)
}

function assertUnharmed (fate: Fate, quiet: Fate): void {
  assertSuccess(fate)
  assert.ok(fate.p99Ms <= 2 * quiet.p99Ms, `p99 is ${ms(fate.p99Ms)}, without the flood it is ${ms(quiet.p99Ms)}`)
}

/** Checks, and frames that were refused before them: nothing that an attacker sends costs more. */
function assertBounded (outcome: FloodOutcome, floodMs: number, checksPerSecond: number): void {
  assert.ok(bytesOf(outcome) <= MAX_BYTES)
  assert.ok(outcome.checkedForAttackers <= checksPerSecond * (floodMs / 1_000 + 10), `${outcome.checkedForAttackers} checks for attackers`)
  assert.ok(outcome.cpuShare <= 0.35, `${outcome.cpuShare} of the CPU`)
}

describe('a flood of set-ups', () => {
  it('from fifty callers, some behind a forwarder that honest sources use too, harms nobody', async () => {
    const { quiet, flooded } = await flood('50 callers', {})
    assertUnharmed(flooded.honest, quiet.honest)
    assertBounded(flooded, BASE.floodMs, DEFAULT_SET_UP_LIMITS.checksPerSecond)
  })

  it('of twice what can be checked after all buckets harms nobody', async () => {
    const { quiet, flooded } = await flood('50 callers, slow node', { limits: SLOW })
    assertUnharmed(flooded.honest, quiet.honest)
    assertBounded(flooded, BASE.floodMs, SLOW.checksPerSecond)
    assert.ok(flooded.gate.challengedForCookie > 0 && flooded.gate.crowded > 0, 'all of the defence was needed')
  })

  it('from a new peer id for every frame harms nobody', async () => {
    const over = { floodMs: 40_000, hasFreshIds: true, attackers: { neighbours: 50, behindForwarder: 0, perPrefix: 5 } }
    const { quiet, flooded } = await flood('fresh ids in 10 prefixes', over)
    assertUnharmed(flooded.honest, quiet.honest)
    assertBounded(flooded, over.floodMs, DEFAULT_SET_UP_LIMITS.checksPerSecond)
  })

  it('from attackers who solve puzzles too costs honest sources some work, and a few milliseconds', async () => {
    const over = { floodMs: 12_000, hashesPerSecond: 2_000, limits: SLOW, attackers: { neighbours: 50, behindForwarder: 0, perPrefix: 5 } }
    const { flooded } = await flood('50 callers that work, slow node', over)
    assertSuccess(flooded.honest)
    assert.ok(flooded.honest.p99Ms < 25, ms(flooded.honest.p99Ms))
    assert.ok(flooded.peakBits > 4 && flooded.peakBits < 12, `${flooded.peakBits} bits`)
    assertBounded(flooded, over.floodMs, SLOW.checksPerSecond)
  })

  it('through a forwarder, of more than a forwarder may bring, delays those behind that forwarder alone', async () => {
    const over = { floodMs: 30_000, attackers: { neighbours: 20, behindForwarder: 30, perPrefix: 5 } }
    const { quiet, flooded } = await flood('forwarder over its share', over)
    assertUnharmed(flooded.neighbours, quiet.neighbours)
    assertSuccess(flooded.behindForwarder)
  })

  it('from the prefix of an honest caller delays it, and lets it in', async () => {
    const over = { floodMs: 30_000, limits: SLOW, honest: { ...HONEST, inAttackedPrefix: 4 }, attackers: { neighbours: 50, behindForwarder: 0, perPrefix: 10 } }
    const { quiet, flooded } = await flood('honest callers among attackers', over)
    assertSuccess(flooded.honest)
    assertUnharmed(flooded.behindForwarder, quiet.behindForwarder)
  })

  it('cannot make the tables and the queue grow above what is stated', () => {
    const { maxCallers, maxForwarders, maxPrefixes, maxSources, maxHeld, maxSpentSolutions, maxQueued } = DEFAULT_SET_UP_LIMITS
    // buckets and activity have a table each of callers, forwarders and prefixes
    const maxEntries = 2 * (maxCallers + maxForwarders + maxPrefixes) + maxSources + maxHeld + maxSpentSolutions
    assert.ok(maxEntries * ENTRY_BYTES + maxQueued * QUEUED_BYTES <= MAX_BYTES)
  })
})
