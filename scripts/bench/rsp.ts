// What an RSP answers: route queries per second and per second of its CPU time, from 100 hosts over real libp2p connections, each answer
// signed, and while it takes link reports. RSP, hosts, and the forwarders that report are three processes.
//
//   npm run --silent bench:rsp -- [--json] [--quick]
//
// Each host is a libp2p node with a connection of its own that only asks: one that did its other work, pings and attachments, would measure
// the machine. It asks for three paths between four access forwarders of either end, on a map of
// 490 forwarders; no query comes twice but those of one in 4,096. Hosts send queries that were encoded before, and check one
// answer of sixteen, because they have to run on the same machine. CPU time is that of the RSP's process with all its threads.
//
// `full`: every host asks anew as soon as it has its answer. `half`: half as many queries per second, each host at times of its own. `reports`: nobody asks, and
// forwarders stream reports over libp2p that they have signed before; what counts has been received, decrypted, decoded, verified and put into the map.
// `withReports`: both, at half load.
import { availableParallelism } from 'node:os'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { Child } from './child-process.ts'
import { startNode, until } from './nodes.ts'
import { ask } from './rsp/load.ts'
import { FORWARDERS, forwarderIds } from './rsp/made-up-map.ts'
import { prepareQueries } from './rsp/queries.ts'
import type { ReportersInit } from './rsp/reporters-process.ts'
import type { Machine } from './child-process.ts'
import type { RspStarted } from './rsp/rsp-process.ts'
import type { Role } from '../../src/node/libp2p.ts'
import type { Connection } from '@libp2p/interface'

const IDLE: Role = { isUseful: () => true, start: () => {}, stop: () => {} }
const QUERIES = 4_096
const REPORTERS: ReportersInit = { reporters: 40, linksPerReport: 100 }
/** A tenth more than the goal, so that a timer that is late does not decide. */
const LINK_REPORTS_PER_SECOND = 22_000
/** With reports run one phase and a half, and what it takes until the last host has its last answer. */
const REPORTED_PHASES = 2
const DEADLINE_MS = 180_000

interface Absorbed {
  linkReportsPerSecond: number
  linkReportsPerCpuSecond: number
}

/** What comes into the map meanwhile. */
async function absorbing<T> (rsp: Child, act: () => Promise<T>): Promise<T & Absorbed> {
  const [linksBefore, before, startedMs] = [await rsp.ask<number>('absorbed'), await rsp.ask<Machine>('machine'), performance.now()]
  const result = await act()
  const links = await rsp.ask<number>('absorbed') - linksBefore
  const seconds = (performance.now() - startedMs) / 1_000
  const cpuSeconds = ((await rsp.ask<Machine>('machine')).cpuUs - before.cpuUs) / 1e6
  return { ...result, linkReportsPerSecond: Math.round(links / seconds), linkReportsPerCpuSecond: Math.round(links / cpuSeconds) }
}

async function measure (hosts: number, durationMs: number): Promise<object> {
  const child = new Child('rsp/rsp-process')
  const reporters = new Child('rsp/reporters-process')
  const nodes = await Promise.all(Array.from({ length: hosts }, async () => startNode({ role: () => IDLE, servesDht: false })))
  try {
    const rsp = await child.ask<RspStarted>('start')
    const connections: Connection[] = []
    for (const node of nodes) {
      connections.push(await node.dial(rsp.addresses.map((address) => multiaddr(address))))
    }
    const asking = { connections, queries: prepareQueries(QUERIES, await forwarderIds()), rsp: peerIdFromString(rsp.id), child }
    await ask(asking, durationMs / 2)
    const signedBefore = await child.ask<{ signatures: number, answers: number }>('signing')
    const full = await ask(asking, durationMs)
    const signed = await child.ask<{ signatures: number, answers: number }>('signing')
    const everyMs = 1_000 * hosts / (full.answersPerSecond / 2)
    const half = await ask(asking, durationMs, everyMs)
    await child.ask('follow', await reporters.ask<Uint8Array[]>('start', REPORTERS))
    await until(async () => await child.ask<number>('absorbed') >= REPORTERS.reporters * REPORTERS.linksPerReport, 'every forwarder has reported')
    await reporters.ask('prepare', Math.ceil(REPORTED_PHASES * durationMs / 1_000 * LINK_REPORTS_PER_SECOND / REPORTERS.linksPerReport))
    await reporters.ask('report', LINK_REPORTS_PER_SECOND / REPORTERS.linksPerReport)
    const reports = await absorbing(child, async () => new Promise<object>((resolve) => setTimeout(() => { resolve({}) }, durationMs / 2)))
    const withReports = await absorbing(child, async () => ask(asking, durationMs, everyMs))
    return {
      command: 'scripts/bench/rsp.ts',
      node: process.version,
      cores: availableParallelism(),
      hosts,
      forwarders: FORWARDERS,
      full: { ...full, answersPerSignature: Math.round((signed.answers - signedBefore.answers) / (signed.signatures - signedBefore.signatures)) },
      half,
      reports,
      withReports,
      goals: [
        { figure: 'full.answersPerCpuSecond', value: full.answersPerCpuSecond, atLeast: 3_000, isMet: full.answersPerCpuSecond >= 3_000 },
        { figure: 'half.p99Ms', value: half.p99Ms, atMost: 25, isMet: half.p99Ms <= 25 },
        { figure: 'withReports.linkReportsPerSecond', value: withReports.linkReportsPerSecond, atLeast: 20_000, isMet: withReports.linkReportsPerSecond >= 20_000 }
      ]
    }
  } finally {
    await Promise.all(nodes.map(async (node) => { await node.stop() }))
    await Promise.all([child.stop(), reporters.stop()])
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
