// What a reliable stream of a channel carries on the default route, beside a plain libp2p stream between the same two nodes, on loopback. Everything runs in this process, and
// the two take turns, so that the ratio of neighbouring rounds says something on a busy machine too.
//
//   npm run --silent bench:streams -- [--json] [--quick]
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { bootstrap } from '../../src/discovery/bootstrap.ts'
import { host } from '../../src/host/host.ts'
import { NETWORK, startNode, until } from './nodes.ts'
import { median, rounded } from './statistics.ts'
import type { Stream } from '@libp2p/interface'
import type { Host } from '../../src/host/host.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'

const PLAIN_PROTOCOL = '/byway-bench/plain/1.0.0'
const CHUNK = new Uint8Array(60_000)
/** What a plain stream may hold, as much as one of a channel. */
const WRITE_BUFFER_BYTES = 1_048_576
/** What is under way when a round ends arrives before the next one begins. */
const REST_MS = 500

interface Lane {
  /** Writes until it is told to wait; `false` stops it. */
  setBusy: (isBusy: boolean) => void
  receivedBytes: () => number
}

interface Round {
  bytesPerSecond: number
  bytesPerCpuSecond: number
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } } })
const [rounds, roundMs] = values.quick ? [2, 200] : [7, 2_500]

const first = await startNode({ role: bootstrap({ network: NETWORK }), servesDht: true })
const seeds = first.getMultiaddrs()
const [a, b] = await Promise.all([1, 2].map(async () => startNode({ role: host({ network: NETWORK, bootstrap: seeds }), servesDht: false, ownsProcess: true })))
await a.dial(b.getMultiaddrs())
const lanes = { plain: await plainLane(), byway: await bywayLane() }
const results: Record<keyof typeof lanes, Round[]> = { plain: [], byway: [] }
for (let round = 0; round <= rounds; round++) {
  for (const name of ['plain', 'byway'] as const) {
    const measured = await play(lanes[name])
    // the first one warms up
    if (round > 0) {
      results[name].push(measured)
    }
  }
}
report()
await Promise.allSettled([a, b, first].map(async (node) => { await node.stop() }))
process.exit(0)

async function plainLane (): Promise<Lane> {
  let received = 0
  await b.handle(PLAIN_PROTOCOL, (stream) => { stream.addEventListener('message', ({ data }) => { received += data.byteLength }) })
  const stream = await a.dialProtocol(b.getMultiaddrs(), PLAIN_PROTOCOL)
  stream.maxWriteBufferLength = WRITE_BUFFER_BYTES
  return { setBusy: writer(stream), receivedBytes: () => received }
}

async function bywayLane (): Promise<Lane> {
  let received = 0
  b.services.byway.addEventListener('channel', ({ detail: channel }) => {
    channel.addEventListener('stream', ({ detail: stream }) => { stream.addEventListener('message', ({ detail }) => { received += detail.length }) })
  })
  const channel = await opened(a, b)
  return { setBusy: writer(channel.openStream()), receivedBytes: () => received }
}

async function opened (from: BywayNode<Host>, to: BywayNode<Host>): Promise<Awaited<ReturnType<Host['open']>>> {
  let channel: Awaited<ReturnType<Host['open']>> | undefined
  await until(async () => {
    channel = await from.services.byway.open(to.peerId).catch(() => undefined)
    return channel !== undefined
  }, 'the hosts have found each other')
  return channel as Awaited<ReturnType<Host['open']>>
}

function writer (stream: Pick<Stream, 'send'> & { addEventListener: (type: 'drain', listener: () => void) => void }): (isBusy: boolean) => void {
  let isBusy = false
  const fill = (): void => { while (isBusy && stream.send(CHUNK)) { /* until it says wait */ } }
  stream.addEventListener('drain', fill)
  return (is) => {
    isBusy = is
    fill()
  }
}

async function play ({ setBusy, receivedBytes }: Lane): Promise<Round> {
  const before = { bytes: receivedBytes(), ms: performance.now(), cpu: process.cpuUsage() }
  setBusy(true)
  await new Promise((resolve) => setTimeout(resolve, roundMs))
  const bytes = receivedBytes() - before.bytes
  const { user, system } = process.cpuUsage(before.cpu)
  const seconds = (performance.now() - before.ms) / 1_000
  setBusy(false)
  await new Promise((resolve) => setTimeout(resolve, REST_MS))
  return { bytesPerSecond: bytes / seconds, bytesPerCpuSecond: bytes / (user + system) * 1e6 }
}

function report (): void {
  const ratios = (key: keyof Round): number => rounded(median(results.byway.map((round, i) => round[key] / results.plain[i][key])))
  const medians = (name: keyof typeof results): Round => ({
    bytesPerSecond: Math.round(median(results[name].map(({ bytesPerSecond }) => bytesPerSecond))),
    bytesPerCpuSecond: Math.round(median(results[name].map(({ bytesPerCpuSecond }) => bytesPerCpuSecond)))
  })
  const figures = { plain: medians('plain'), byway: medians('byway'), ratio: ratios('bytesPerSecond'), cpuRatio: ratios('bytesPerCpuSecond') }
  if (values.json) {
    console.log(JSON.stringify({ command: `scripts/bench/streams.ts ${process.argv.slice(2).join(' ')}`.trim(), node: process.version, machine: cpus()[0]?.model, cores: availableParallelism(), rounds, roundMs, ...figures }, null, 2))
    return
  }
  for (const name of ['plain', 'byway'] as const) {
    const { bytesPerSecond, bytesPerCpuSecond } = figures[name]
    console.log(`${name.padEnd(6)} ${(bytesPerSecond / 1e6).toFixed(1)} MB/s, ${(bytesPerCpuSecond / 1e6).toFixed(1)} MB per CPU-second`)
  }
  console.log(`byway carries ${figures.ratio} of the plain stream's rate, and ${figures.cpuRatio} of its bytes per CPU-second (medians of ${rounds} pairs of rounds)`)
}
