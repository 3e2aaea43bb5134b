// The course of a soak test.
//
//   start → all of the cast come once and leave → rest → reading → churn to warm up → churn, with a sample now and then → rest → reading
//
// The first reading comes after the cast were there once: for half an hour, as long as a descriptor holds, others remember them.
import { join } from 'node:path'
import { heldBytesOf, readAtRest } from './rest-reading.ts'
import { pause } from '../../../src/discovery/pause.ts'
import { randomFrom } from '../routes/random.ts'
import type { Child } from '../child-process.ts'
import type { RestReading } from './rest-reading.ts'
import type { Sample } from './observed-process.ts'
import type { SoakOverlay } from './soak-overlay.ts'
import type { Visits } from './cast-process.ts'

export interface SoakExtent {
  minutes: number
  /** Of churn before those: what is kept for a time, half an hour at the most, is forgotten as fast as it comes then, and most code is compiled. */
  warmUpMinutes: number
  seed: number
  /** Folder for heap snapshots of all processes at both readings and after the warm-up: their differences name what has grown. Default: none. */
  snapshotsIn?: string
}

/** What was seen of one process. */
export interface Observation {
  /** During the churn, without the warm-up. */
  samples: Array<Omit<Sample, 'uncaught' | 'handles' | 'gauges' | 'work'> & { atMs: number, heldBytes: number }>
  before?: RestReading
  after?: RestReading
  /** What it has done since its start. */
  work: Record<string, number>
  uncaught: string[]
  /** The process ended, or did not answer. */
  lost?: string
}

export interface Course {
  observations: Map<string, Observation>
  visits: Visits
  victims: number
  /** Without the warm-up. */
  churnedMs: number
  restedMs: number
  wasInterrupted: boolean
}

/** Long enough for all to find each other, also where the machine has other work. */
const INTRODUCTION_MS = 15_000
/** An RSP that has gone is watched for until its lease of two minutes ends: the longest soft state of the introduction. */
const FIRST_REST_MS = 140_000
/** Offers, and what an RSP promised with them, live five minutes: the longest soft state that churn makes and that a table must lose. */
const LAST_REST_MS = 330_000
/** Short runs rest in proportion, and tables are not judged. */
export const SHORT_MINUTES = 3
/** Of a run of a quarter of an hour; longer ones give more. Each sample has every process collect its garbage, twice. */
const SAMPLES = 75
const SAMPLE_INTERVAL_MS = { least: 1_000, most: 12_000 }
/** Each is some tens of megabytes, and all write theirs at once. */
const SNAPSHOT_DEADLINE_MS = 300_000
const VICTIM = { gapMs: 20_000, livesMs: 12_000, stoppedMs: 15_000 }

export async function runSoak (overlay: SoakOverlay, { minutes, warmUpMinutes, seed, snapshotsIn }: SoakExtent, signal: AbortSignal, say: (text: string) => void): Promise<Course> {
  const churnMs = minutes * 60_000
  const isShort = minutes < SHORT_MINUTES
  const firstRestMs = isShort ? churnMs / 8 : FIRST_REST_MS
  const lastRestMs = isShort ? churnMs / 4 : LAST_REST_MS
  const course: Course = { observations: new Map(), visits: {}, victims: 0, churnedMs: 0, restedMs: 0, wasInterrupted: false }
  await overlay.start(seed)
  for (const name of overlay.children.keys()) {
    course.observations.set(name, { samples: [], work: {}, uncaught: [] })
  }
  say(`started; the cast are introduced, then ${seconds(firstRestMs)} of rest`)
  await overlay.introduce(Math.min(INTRODUCTION_MS, churnMs / 4))
  await pause(firstRestMs, signal)
  await readAll(overlay, course, 'before', snapshotsIn)
  const lost = [...course.observations].flatMap(([name, observation]) => observation.lost === undefined ? [] : [`${name} (${observation.lost})`])
  if (lost.length > 0) {
    throw new Error(`lost before anything was judged: ${lost.join(', ')}`)
  }
  say(`${warmUpMinutes} minutes of churn to warm up, then ${minutes} minutes that count`)
  await overlay.beginChurn()
  const warmUpMs = warmUpMinutes * 60_000
  const churn = AbortSignal.any([signal, AbortSignal.timeout(warmUpMs + churnMs)])
  const kills = killOn(overlay, course, seed, Math.min(1, churnMs / 60_000), churn)
  await pause(warmUpMs, signal)
  await eachOf(overlay, course, async (child, _, name) => { await snapshot(child, name, 'warm', snapshotsIn) })
  const beganMs = performance.now()
  await Promise.all([
    kills,
    sampleOn(overlay, course, clamp(churnMs / SAMPLES, SAMPLE_INTERVAL_MS), churn, say)
  ])
  course.churnedMs = performance.now() - beganMs
  course.wasInterrupted = signal.aborted
  await overlay.endChurn().catch((error: unknown) => { say(`the churn did not end well: ${String(error)}`) })
  course.visits = await overlay.visits().catch(() => ({}))
  say(`the churn is over: ${seconds(lastRestMs)} of rest`)
  const restedFromMs = performance.now()
  await pause(lastRestMs, signal)
  course.restedMs = performance.now() - restedFromMs
  course.wasInterrupted ||= signal.aborted
  await readAll(overlay, course, 'after', snapshotsIn)
  await sampleAll(overlay, course, undefined)
  return course
}

async function readAll (overlay: SoakOverlay, course: Course, when: 'before' | 'after', snapshotsIn: string | undefined): Promise<void> {
  await eachOf(overlay, course, async (child, observation, name) => {
    observation[when] = await readAtRest(child, overlay.known)
    await snapshot(child, name, when, snapshotsIn)
  })
}

async function snapshot (child: Child, name: string, when: 'before' | 'warm' | 'after', snapshotsIn: string | undefined): Promise<void> {
  if (snapshotsIn !== undefined) {
    await child.ask('snapshot', join(snapshotsIn, `${name}-${when}.heapsnapshot`), SNAPSHOT_DEADLINE_MS)
  }
}

async function sampleOn (overlay: SoakOverlay, course: Course, intervalMs: number, signal: AbortSignal, say: (text: string) => void): Promise<void> {
  const beganMs = performance.now()
  for (let i = 1; !signal.aborted; i++) {
    await pause(beganMs + i * intervalMs - performance.now(), signal)
    await sampleAll(overlay, course, performance.now() - beganMs)
    const held = [...course.observations].map(([name, { samples, lost }]) => `${name} ${lost === undefined ? ((samples.at(-1)?.heldBytes ?? 0) / 1e6).toFixed(1) : 'lost'}`)
    say(`${seconds(performance.now() - beganMs)}: MB held: ${held.join(', ')}`)
  }
}

/** With no time: only what went wrong is taken. */
async function sampleAll (overlay: SoakOverlay, course: Course, atMs: number | undefined): Promise<void> {
  await eachOf(overlay, course, async (child, observation) => {
    const { heapBytes, externalBytes, arrayBufferBytes, codeBytes, rssBytes, ...sample } = await child.ask<Sample>('sample', overlay.known)
    observation.uncaught = sample.uncaught
    observation.work = sample.work
    if (atMs !== undefined) {
      observation.samples.push({ atMs, heldBytes: heldBytesOf({ heapBytes, externalBytes }), heapBytes, externalBytes, arrayBufferBytes, codeBytes, rssBytes })
    }
  })
}

async function eachOf (overlay: SoakOverlay, course: Course, run: (child: Child, observation: Observation, name: string) => Promise<void>): Promise<void> {
  await Promise.all([...overlay.children].map(async ([name, child]) => {
    const observation = course.observations.get(name)
    if (observation !== undefined && observation.lost === undefined) {
      await run(child, observation, name).catch((error: unknown) => { observation.lost = String(error) })
    }
  }))
}

/** One victim after the other; of a short run everything is shorter. */
async function killOn (overlay: SoakOverlay, course: Course, seed: number, share: number, signal: AbortSignal): Promise<void> {
  const random = randomFrom(seed + 1)
  while (!signal.aborted) {
    await pause(share * VICTIM.gapMs * (0.5 + random()), signal)
    if (!signal.aborted) {
      course.victims++
      await overlay.victim(share * VICTIM.livesMs * (0.5 + random()), random() < 0.5, share * VICTIM.stoppedMs * (0.5 + random()), signal)
    }
  }
}

function clamp (value: number, { least, most }: { least: number, most: number }): number {
  return Math.max(least, Math.min(most, value))
}

function seconds (ms: number): string {
  return `${Math.round(ms / 1_000)} s`
}
