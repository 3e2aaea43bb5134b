// The process in which most of those who come and go do so; it is observed too, since a node that is stopped must leave nothing behind.
import { answerObserved } from './observed-process.ts'
import { CAST, castKey, strangerKey, VICTIM } from './cast.ts'
import { forwarderVisit, hostPresence, hostVisit, restFor, rspVisit } from './visits.ts'
import { hostileVisit } from './hostile-visit.ts'
import { randomFrom } from '../routes/random.ts'
import type { CastRole } from './cast.ts'
import type { Destination, VisitInit } from './visits.ts'

export interface CastInit {
  seeds: string[]
  seed: number
  destinations: Destination[]
  /** Addresses of all that are under test. */
  targets: string[]
}

/** What came of visits, by kind: those that failed did so because of the churn around them. */
export type Visits = Record<string, { begun: number, failed: number, lastError?: string }>

const STRANGER_SHARE = 0.25
/** Side by side. */
const VISITORS = { host: 2, forwarder: 1, rsp: 1, hostile: 1 } as const

const visits: Visits = {}
const present = new Set<string>()
let leaving = new AbortController()
let running: Promise<unknown> = Promise.resolve()

async function initOf (cast: CastInit, role: CastRole, index: number, random: () => number): Promise<VisitInit> {
  const privateKey = index < CAST[role] ? await castKey(role, index, cast.seed) : await strangerKey()
  return { privateKey, seeds: cast.seeds, signal: leaving.signal, random }
}

/** All of the cast come once, see each other, and leave. */
async function introduce ({ staysMs, ...cast }: CastInit & { staysMs: number }): Promise<void> {
  const random = (): number => 1
  const coming = <R extends CastRole>(role: R, run: (init: VisitInit, staysMs: number) => Promise<void>): Array<Promise<void>> =>
    Array.from({ length: CAST[role] }, async (_, index) => counted(`introduced ${role}`, async () => run(await initOf(cast, role, index, random), staysMs)))
  await Promise.all([...coming('forwarder', forwarderVisit), ...coming('rsp', rspVisit), ...coming('host', hostPresence)])
}

function begin (cast: CastInit): void {
  leaving = new AbortController()
  const random = randomFrom(cast.seed)
  const between = (fromMs: number, toMs: number): number => fromMs + random() * (toMs - fromMs)
  const loops: Array<Promise<void>> = []
  const often = (count: number, kind: string, gapMs: number, run: () => Promise<void>): void => {
    for (let i = 0; i < count; i++) {
      loops.push(again(kind, () => between(0.2 * gapMs, 1.8 * gapMs), run))
    }
  }
  often(VISITORS.host, 'host', 1_500, async () => {
    const isStranger = random() < STRANGER_SHARE
    await asOne('host', isStranger ? undefined : [VICTIM.host], random, async (index) => hostVisit(await initOf(cast, 'host', index, random), cast.destinations))
  })
  often(VISITORS.forwarder, 'forwarder', 3_000, async () => {
    await asOne('forwarder', [VICTIM.forwarder], random, async (index) => forwarderVisit(await initOf(cast, 'forwarder', index, random), between(6_000, 20_000)))
  })
  often(VISITORS.rsp, 'rsp', 4_000, async () => {
    await asOne('rsp', [], random, async (index) => rspVisit(await initOf(cast, 'rsp', index, random), between(6_000, 20_000)))
  })
  often(VISITORS.hostile, 'hostile', 4_000, async () => hostileVisit(cast.targets[Math.floor(random() * cast.targets.length)], leaving.signal, random))
  running = Promise.all(loops)
}

/** One of the cast that is not here now, nor among those left out; a stranger where `without` is undefined. */
async function asOne (role: CastRole, without: readonly number[] | undefined, random: () => number, run: (index: number) => Promise<void>): Promise<void> {
  const free = without === undefined ? [] : Array.from({ length: CAST[role] }, (_, index) => index).filter((index) => !without.includes(index) && !present.has(`${role} ${index}`))
  const index = free[Math.floor(random() * free.length)] ?? CAST[role]
  if (index === CAST[role] && without !== undefined) {
    return
  }
  const name = `${role} ${index}`
  present.add(name)
  try {
    await run(index)
  } finally {
    present.delete(name)
  }
}

async function again (kind: string, gapMs: () => number, run: () => Promise<void>): Promise<void> {
  while (!leaving.signal.aborted) {
    await counted(kind, run)
    await restFor(gapMs(), leaving.signal)
  }
}

async function counted (kind: string, run: () => Promise<void>): Promise<void> {
  const count = visits[kind] ??= { begun: 0, failed: 0 }
  count.begun++
  try {
    await run()
  } catch (error) {
    count.failed++
    count.lastError = error instanceof Error ? error.message : String(error)
  }
}

answerObserved({
  introduce,
  begin,
  /** Resolves when the last one has gone. */
  end: async () => {
    leaving.abort(new Error('the churn is over'))
    await running
  },
  visits: () => visits
}, () => ({}))
