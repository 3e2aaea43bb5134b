// Hosts that ask, each as soon as it has its answer or so often, and what comes of it: at them, and in CPU time of the RSP's process.
import { exchange } from '../../../protocols/request-stream/connection-streams.ts'
import { checkAnswer } from '../../../protocols/route/client.ts'
import { decodeAnswer } from '../../../protocols/route/codec.ts'
import { QUERY, ROUTE_EXCHANGES } from '../../../protocols/route/route-protocol.ts'
import { percentile, rounded } from '../statistics.ts'
import type { Child, Machine } from '../child-process.ts'
import type { PreparedQuery } from './queries.ts'
import type { Connection, PeerId } from '@libp2p/interface'

export interface Load {
  answersPerSecond: number
  answersPerCpuSecond: number
  /** The RSP's process, of one core. */
  cpuShare: number
  /** Share of the time in which the RSP was ready to run and another process had the core: what a latency may be due to. */
  waitedShare: number
  p50Ms: number
  p99Ms: number
  /** No answer, or one that does not hold. */
  failed: number
}

export interface Asking {
  connections: readonly Connection[]
  queries: readonly PreparedQuery[]
  rsp: PeerId
  child: Child
}

/** One answer of so many is checked as a host does; checking costs a host more than answering costs the RSP. */
const CHECKED = 16

export async function ask (asking: Asking, durationMs: number, everyMs = 0): Promise<Load> {
  const { connections, queries, child } = asking
  const elapsed: number[] = []
  let [asked, failed] = [0, 0]
  const untilMs = performance.now() + durationMs
  const before = await child.ask<Machine>('machine')
  const startedMs = performance.now()
  await Promise.all(connections.map(async (connection) => {
    let dueMs = startedMs + Math.random() * everyMs
    await pause(dueMs - performance.now())
    while (performance.now() < untilMs) {
      const number = asked++
      const askedMs = performance.now()
      try {
        await askOnce(asking, connection, queries[number % queries.length], number % CHECKED === 0)
        elapsed.push(performance.now() - askedMs)
      } catch {
        failed++
      }
      // uneven, or hosts that were late together would go on asking together
      dueMs += everyMs * (0.5 + Math.random())
      await pause(dueMs - performance.now())
    }
  }))
  const seconds = (performance.now() - startedMs) / 1_000
  const after = await child.ask<Machine>('machine')
  const cpuSeconds = (after.cpuUs - before.cpuUs) / 1e6
  return {
    answersPerSecond: Math.round(elapsed.length / seconds),
    answersPerCpuSecond: Math.round(elapsed.length / cpuSeconds),
    cpuShare: rounded(cpuSeconds / seconds),
    waitedShare: rounded((after.waitedUs - before.waitedUs) / 1e6 / seconds),
    p50Ms: rounded(percentile(elapsed, 0.5), 2),
    p99Ms: rounded(percentile(elapsed, 0.99), 2),
    failed
  }
}

async function askOnce ({ rsp }: Asking, connection: Connection, { asked, body }: PreparedQuery, isChecked: boolean): Promise<void> {
  const answer = await exchange(connection, ROUTE_EXCHANGES, QUERY, body)
  if (isChecked) {
    const { paths, refused } = await checkAnswer(decodeAnswer(answer), asked, { expectedRsp: rsp, nowMs: Date.now() })
    if (paths.length === 0 || refused.length > 0) {
      throw new Error(`${paths.length} good paths and ${refused.length} bad ones`)
    }
  }
}

async function pause (ms: number): Promise<void> {
  if (ms > 0) {
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
}
