// What a soak test found, and whether that is good enough.
import { lastingTable, MOST_MORE_TIMERS } from './lasting-tables.ts'
import { robustSlope } from './robust-slope.ts'
import { rounded } from '../statistics.ts'
import { SHORT_MINUTES } from './soak-course.ts'
import type { Course, Observation } from './soak-course.ts'
import type { Visits } from './cast-process.ts'

/** The goal: what leaks less takes a month to fill a gigabyte. */
const MOST_MB_PER_HOUR = 2
/** Of churn; less shows nothing but noise. */
const SLOPE_MINUTES = 10
const HOUR_MS = 3_600_000
/** Without it there was no churn. */
const NEEDED_WORK = /\.(forwardedPackets|installed|answered|channels)$/

export interface TableChange { before: number, after: number, lasting?: { mostEntries: number, why: string } }

export interface ProcessReport {
  /** Of the heap and what it holds outside of it, after forced collection; without the warm-up. */
  slopeMbPerHour?: number
  /** 95 %. */
  ci?: [low: number, high: number]
  /** The same in each third of the time: what levels off is no leak, nor does a leak level off. */
  slopesByThird?: number[]
  /** Of what V8 has compiled, part of the above: bounded by the program, and no leak. */
  codeSlopeMbPerHour?: number
  samples: number
  heldMb: { before?: number, after?: number }
  handles: { before: Record<string, number>, after: Record<string, number> }
  tables: { before: Record<string, number>, after: Record<string, number> }
  /** Tables and kinds of handles that are larger than before. */
  grown: Record<string, TableChange>
  /** What was done since the start. */
  work: Record<string, number>
  uncaught: string[]
  lost?: string
  /** What does not hold. */
  failures: string[]
}

export interface SoakReport {
  minutes: number
  restedSeconds: number
  wasInterrupted: boolean
  /** Tables and handles were judged, and slopes: a short run judges neither. */
  judged: { tables: boolean, slopes: boolean }
  visits: Visits
  victims: number
  processes: Record<string, ProcessReport>
  ok: boolean
}

export function reportOf (course: Course): SoakReport {
  const minutes = course.churnedMs / 60_000
  const judged = { tables: !course.wasInterrupted && minutes >= SHORT_MINUTES, slopes: minutes >= SLOPE_MINUTES }
  const processes = Object.fromEntries([...course.observations].map(([name, observation]) => [name, processReport(observation, judged)]))
  return {
    minutes: rounded(minutes),
    restedSeconds: Math.round(course.restedMs / 1_000),
    wasInterrupted: course.wasInterrupted,
    judged,
    visits: course.visits,
    victims: course.victims,
    processes,
    ok: !course.wasInterrupted && Object.values(processes).every(({ failures }) => failures.length === 0)
  }
}

function processReport ({ samples, before, after, work, uncaught, lost }: Observation, judged: SoakReport['judged']): ProcessReport {
  const slope = robustSlope(samples.map(({ atMs, heldBytes }) => ({ atMs, value: heldBytes })))
  const codeSlope = robustSlope(samples.map(({ atMs, codeBytes }) => ({ atMs, value: codeBytes })))
  const slopeMbPerHour = slope === undefined ? undefined : perHour(slope.slope)
  const grown = { ...grownOf(before?.handles, after?.handles, 'handles.'), ...grownOf(before?.tables, after?.tables) }
  const failures = [
    ...uncaught.map((text) => `uncaught: ${text.split('\n')[0]}`),
    ...(lost === undefined ? [] : [`lost: ${lost}`]),
    ...(judged.slopes && slopeMbPerHour !== undefined && slopeMbPerHour > MOST_MB_PER_HOUR ? [`grows by ${slopeMbPerHour} MB/h`] : []),
    ...(judged.tables ? Object.entries(grown).filter(([name, change]) => isTooMuch(name, change)).map(([name, change]) => `${name} had ${change.before}, has ${change.after}`) : []),
    // what holds because nothing was done does not hold
    ...(judged.tables ? Object.entries(work).filter(([name, count]) => NEEDED_WORK.test(name) && count === 0).map(([name]) => `nothing was done: ${name} is 0`) : [])
  ]
  return {
    slopeMbPerHour,
    ...(slope === undefined ? {} : { ci: [perHour(slope.low), perHour(slope.high)] }),
    ...(slope === undefined ? {} : { slopesByThird: slopesByThird(samples) }),
    ...(codeSlope === undefined ? {} : { codeSlopeMbPerHour: perHour(codeSlope.slope) }),
    samples: samples.length,
    heldMb: { before: megabytes(before?.heldBytes), after: megabytes(after?.heldBytes) },
    handles: { before: before?.handles ?? {}, after: after?.handles ?? {} },
    tables: { before: before?.tables ?? {}, after: after?.tables ?? {} },
    grown,
    work,
    uncaught,
    ...(lost === undefined ? {} : { lost }),
    failures
  }
}

function slopesByThird (samples: Observation['samples']): number[] {
  const [fromMs, untilMs] = [samples[0].atMs, samples[samples.length - 1].atMs]
  const thirdOf = (atMs: number): number => Math.min(2, Math.floor(3 * (atMs - fromMs) / (untilMs - fromMs)))
  return [0, 1, 2].map((third) => {
    const slope = robustSlope(samples.filter(({ atMs }) => thirdOf(atMs) === third).map(({ atMs, heldBytes }) => ({ atMs, value: heldBytes })))
    return slope === undefined ? 0 : perHour(slope.slope)
  })
}

function isTooMuch (name: string, { before, after, lasting }: TableChange): boolean {
  return after > (lasting?.mostEntries ?? before + (name === 'handles.Timeout' ? MOST_MORE_TIMERS : 0))
}

function grownOf (before: Record<string, number> = {}, after: Record<string, number> = {}, prefix = ''): Record<string, TableChange> {
  return Object.fromEntries(Object.entries(after).filter(([name, size]) => size > (before[name] ?? 0)).map(([name, size]) => {
    const lasting = lastingTable(prefix + name)
    return [prefix + name, { before: before[name] ?? 0, after: size, ...(lasting === undefined ? {} : { lasting: { mostEntries: lasting.mostEntries, why: lasting.why } }) }]
  }))
}

function perHour (bytesPerMs: number): number {
  return rounded(bytesPerMs * HOUR_MS / 1e6, 2)
}

function megabytes (bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : rounded(bytes / 1e6, 2)
}

/** For people. */
export function tableOf ({ minutes, restedSeconds, judged, visits, victims, processes, ok, wasInterrupted }: SoakReport): string {
  const lines = [`${minutes} minutes of churn, ${restedSeconds} s of rest, ${victims} processes stopped or killed${wasInterrupted ? '; interrupted' : ''}`]
  for (const [kind, { begun, failed, lastError }] of Object.entries(visits)) {
    lines.push(`  ${kind}: ${begun} visits, ${failed} of them failed${lastError === undefined ? '' : `, the last one: ${lastError}`}`)
  }
  lines.push('', 'process      MB/h     95 %                of it code   samples   MB held before, after   uncaught')
  for (const [name, { slopeMbPerHour, ci, codeSlopeMbPerHour, samples, heldMb, uncaught }] of Object.entries(processes)) {
    const interval = ci === undefined ? '' : `${ci[0]} … ${ci[1]}`
    lines.push(`${name.padEnd(10)} ${String(slopeMbPerHour ?? '').padStart(6)}     ${interval.padEnd(20)} ${String(codeSlopeMbPerHour ?? '').padStart(9)} ${String(samples).padStart(9)}   ${heldMb.before ?? ''}, ${heldMb.after ?? ''}`.padEnd(90) + String(uncaught.length))
  }
  for (const [name, { work }] of Object.entries(processes).filter(([, { work }]) => Object.keys(work).length > 0)) {
    lines.push(`${name}: ${Object.entries(work).map(([figure, count]) => `${count} ${figure}`).join(', ')}`)
  }
  for (const [name, { grown }] of Object.entries(processes)) {
    for (const [table, { before, after, lasting }] of Object.entries(grown)) {
      lines.push(`${name}: ${table} ${before} → ${after}${lasting === undefined ? '' : `, at most ${lasting.mostEntries}: ${lasting.why}`}`)
    }
  }
  for (const [name, { failures }] of Object.entries(processes)) {
    lines.push(...failures.map((failure) => `FAILS: ${name}: ${failure}`))
  }
  if (!judged.tables || !judged.slopes) {
    lines.push(`too short to judge ${[...(judged.tables ? [] : ['tables and handles']), ...(judged.slopes ? [] : ['slopes'])].join(', ')}`)
  }
  lines.push(ok ? 'holds' : 'does not hold')
  return lines.join('\n')
}
