// What an RSP answers: route queries per second and per second of its CPU time, from 100 hosts over real libp2p connections, each answer
// signed, while it takes link reports. The RSP is a process of its own.
//
//   npx tsx scripts/bench/rsp.ts [--json] [--quick]
import { availableParallelism } from 'node:os'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { Child } from './child-process.ts'
import { NETWORK, startNode } from './nodes.ts'
import { median, rounded } from './statistics.ts'
import { host } from '../../src/host/host.ts'
import { queryRoutes } from '../../protocols/route/client.ts'
import type { RouteQuery } from '../../protocols/route/codec.ts'
import type { Connection, PeerId } from '@libp2p/interface'

interface Started { id: string, addresses: string[], forwarders: string[] }

interface Load {
  answersPerSecond: number
  answersPerCpuSecond: number
  p50Ms: number
  p99Ms: number
  failed: number
}

const FORWARDERS = 490
const LINKS_PER_FORWARDER = 24
const ACCESS_POINTS = 4
const REPORTS_PER_SECOND = 20_000
const DEADLINE_MS = 120_000

/** Everybody asks anew as soon as it has its answer (or, with `everyMs`, so often). */
async function ask (connections: readonly Connection[], forwarders: readonly PeerId[], rsp: PeerId, child: Child, durationMs: number, everyMs = 0): Promise<Load> {
  const elapsed: number[] = []
  let failed = 0
  const untilMs = performance.now() + durationMs
  const cpuBefore = await child.ask<number>('cpu')
  const startedMs = performance.now()
  await Promise.all(connections.map(async (connection, number) => {
    await pause(Math.random() * everyMs)
    for (let i = 0; performance.now() < untilMs; i++) {
      const askedMs = performance.now()
      try {
        await queryRoutes(connection, query(forwarders, number * 1_000 + i), { expectedRsp: rsp, nowMs: Date.now() })
        elapsed.push(performance.now() - askedMs)
      } catch {
        failed++
      }
      await pause(everyMs - (performance.now() - askedMs))
    }
  }))
  const seconds = (performance.now() - startedMs) / 1_000
  const cpuSeconds = (await child.ask<number>('cpu') - cpuBefore) / 1e6
  elapsed.sort((a, b) => a - b)
  return {
    answersPerSecond: Math.round(elapsed.length / seconds),
    answersPerCpuSecond: Math.round(elapsed.length / cpuSeconds),
    p50Ms: rounded(median(elapsed), 2),
    p99Ms: rounded(elapsed[Math.floor(elapsed.length * 0.99)] ?? NaN, 2),
    failed
  }
}

function query (forwarders: readonly PeerId[], number: number): RouteQuery {
  const points = (from: number): RouteQuery['source'] => Array.from({ length: ACCESS_POINTS }, (_, i) => ({ forwarder: forwarders[(from + i * 17) % forwarders.length], rttUs: 3_000 + i * 1_000 }))
  return {
    nonce: crypto.getRandomValues(new Uint8Array(16)),
    source: points(number * 31),
    destination: points(number * 57 + 211),
    sourceCommitment: crypto.getRandomValues(new Uint8Array(32)),
    destinationCommitment: crypto.getRandomValues(new Uint8Array(32)),
    weights: { delay: 1, loss: 20 },
    paths: 3,
    avoid: []
  }
}

async function pause (ms: number): Promise<void> {
  if (ms > 0) {
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

async function measure (hosts: number, durationMs: number): Promise<object> {
  const child = new Child('rsp/rsp-process')
  const nodes = await Promise.all(Array.from({ length: hosts }, async () => startNode({ role: host({ network: NETWORK, bootstrap: [], maxAccess: 1 }), servesDht: false })))
  try {
    const rsp = await child.ask<Started>('start', { forwarders: FORWARDERS, linksPerForwarder: LINKS_PER_FORWARDER })
    const connections: Connection[] = []
    for (const node of nodes) {
      connections.push(await node.dial(rsp.addresses.map((address) => multiaddr(address))))
    }
    const forwarders = rsp.forwarders.map((id) => peerIdFromString(id))
    const peer = peerIdFromString(rsp.id)
    await ask(connections, forwarders, peer, child, durationMs / 2)
    const full = await ask(connections, forwarders, peer, child, durationMs)
    await child.ask('absorb', REPORTS_PER_SECOND)
    const withReports = await ask(connections, forwarders, peer, child, durationMs)
    const reports = await child.ask<number>('absorb', 0)
    const half = await ask(connections, forwarders, peer, child, durationMs, 1_000 * hosts / (full.answersPerSecond / 2))
    return {
      command: 'scripts/bench/rsp.ts',
      node: process.version,
      cores: availableParallelism(),
      hosts,
      forwarders: FORWARDERS,
      full,
      half,
      withReports: { ...withReports, reportsPerSecond: Math.round(reports / durationMs * 1_000) },
      goals: [
        { figure: 'full.answersPerCpuSecond', value: full.answersPerCpuSecond, atLeast: 3_000, isMet: full.answersPerCpuSecond >= 3_000 },
        { figure: 'half.p99Ms', value: half.p99Ms, atMost: 25, isMet: half.p99Ms <= 25 }
      ]
    }
  } finally {
    await Promise.all(nodes.map(async (node) => { await node.stop() }))
    await child.stop()
  }
}

const quick = process.argv.includes('--quick')
setTimeout(() => {
  console.error(`not done within ${DEADLINE_MS} ms`)
  process.exit(1)
}, DEADLINE_MS).unref()
const figures = await measure(quick ? 8 : 100, quick ? 500 : 6_000)
console.log(JSON.stringify(figures, undefined, process.argv.includes('--json') ? undefined : 2))
process.exit(0)
