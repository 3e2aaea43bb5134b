// The thread of the demo's bootstrap node, forwarders and RSPs; infrastructure.ts is its handle.
import { DEMO_NETWORK, addressOf, placeNode } from './place-node.ts'
import { DelayedOverlay } from '../../simulation/delayed-overlay.ts'
import { bootstrap } from '../../discovery/bootstrap.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { forwarder } from '../../forwarder/forwarder.ts'
import { kill, mapSome } from '../../testing/local-node.ts'
import { loadMatrix } from '../../simulation/latency-matrix.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { parentPort, workerData } from 'node:worker_threads'
import { routeProvider } from '../../rsp/route-provider.ts'
import { Standstill } from '../../simulation/standstill.ts'
import type { Answer, Call, Command, InfrastructureInit, InfrastructureNodes, RspState } from './infrastructure.ts'
import type { Forwarder } from '../../forwarder/forwarder.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { NodeAddress } from './place-node.ts'
import type { PrivateKey } from '@libp2p/interface'
import type { LinkEstimate } from '../../simulation/oracle.ts'
import type { Placed } from './place-node.ts'
import type { Role } from '../../node/libp2p.ts'
import type { RouteProvider } from '../../rsp/route-provider.ts'

/** Nodes started at once: each start is a burst of handshakes. */
const START_CONCURRENCY = 8
/** All forwarders share one processor, and links differ by delay only: bursts would find nothing, and make everybody late. */
const NO_BURSTS = 0

/** One that was killed and does not end keeps its port, and nobody waiting. */
const ENDED_WITHIN_MS = 5_000

interface RunningForwarder extends Placed<Forwarder> {
  key: PrivateKey
  standstill: Standstill
  /** Once it was killed: where it listened, and when it has ended. */
  listened?: string[]
  killed?: Promise<void>
}

const { sliceFile, rows } = workerData as InfrastructureInit
const delays = new DelayedOverlay(await loadMatrix(sliceFile))
const nodes: Array<Placed<Role>> = []
const forwarders: RunningForwarder[] = []
const rsps: Array<Placed<RouteProvider>> = []
const seeds: Multiaddr[] = []

async function start (): Promise<InfrastructureNodes> {
  const first = await placeNode({ row: rows.bootstrap, role: bootstrap({ network: DEMO_NETWORK }), servesDht: true, delays })
  seeds.push(...first.node.getMultiaddrs())
  const common = { network: DEMO_NETWORK, bootstrap: seeds }
  nodes.push(first)
  forwarders.push(...await mapSome(rows.forwarders, START_CONCURRENCY, async (row) => startForwarder(row, await generateKeyPair('Ed25519'))))
  for (const [row, mapKind] of [[rows.rsps[0], 'reports'], [rows.rsps[1], 'surveys']] as const) {
    rsps.push(await placeNode({ row, role: routeProvider({ ...common, mapKind, operator: mapKind, surveyBurstBytesPerSecond: NO_BURSTS }), servesDht: true, delays }))
  }
  nodes.push(...rsps)
  return { bootstrap: addressOf(first), forwarders: forwarders.map(addressOf) }
}

async function startForwarder (row: number, key: PrivateKey, listen?: readonly string[]): Promise<RunningForwarder> {
  const standstill = new Standstill()
  const role = forwarder({ network: DEMO_NETWORK, bootstrap: seeds })
  const placed = await placeNode({ row, role, servesDht: true, delays, privateKey: key, connectionGater: standstill.gater, ...(listen === undefined ? {} : { listen }) })
  return { ...placed, key, standstill }
}

function rspStates (): RspState[] {
  const rowOf = new Map(forwarders.map(({ node, row }) => [node.peerId.toString(), row]))
  return rsps.map((rsp) => {
    const estimates: LinkEstimate[] = []
    for (const { from, to, rttUs } of rsp.node.services.byway.map.links()) {
      estimates.push({ from: rowOf.get(from) as number, to: rowOf.get(to) as number, rttMs: rttUs / 1_000 })
    }
    return { ...addressOf(rsp), kind: rsp.node.services.byway.mapKind, estimates }
  })
}

function running (id: string): RunningForwarder {
  const found = forwarders.find(({ node }) => node.peerId.toString() === id)
  if (found === undefined) {
    throw new RangeError(`there is no forwarder ${id}`)
  }
  return found
}

/** Where it was before, or elsewhere if somebody else has that port now. */
async function restart (id: string): Promise<NodeAddress> {
  const before = running(id)
  const { row, key, listened } = before
  await Promise.race([before.killed, new Promise((resolve) => setTimeout(resolve, ENDED_WITHIN_MS))])
  const again = await startForwarder(row, key, listened).catch(async () => startForwarder(row, key))
  forwarders[forwarders.indexOf(before)] = again
  return addressOf(again)
}

function killForwarder (id: string): number {
  const victim = running(id)
  victim.listened = victim.node.getMultiaddrs().map((address) => address.decapsulate('/p2p').toString())
  victim.killed = kill(victim.node).catch(() => {})
  return absoluteMs()
}

function silence (id: string): number {
  running(id).standstill.begin()
  return absoluteMs()
}

function absoluteMs (): number {
  return performance.timeOrigin + performance.now()
}

async function run (command: Command): Promise<unknown> {
  switch (command.name) {
    case 'start': return start()
    case 'place': return delays.place(command.node.row, command.node.addresses.map((address) => multiaddr(address)))
    case 'rsps': return rspStates()
    case 'nothing': return undefined
    case 'kill': return killForwarder(command.id)
    case 'restart': return restart(command.id)
    case 'silence': return silence(command.id)
    case 'wake': return running(command.id).standstill.end()
    case 'stop': return Promise.allSettled([...nodes, ...forwarders].map(async ({ node }) => node.stop())).then(() => {})
  }
}

parentPort?.on('message', ({ call, command }: Call) => {
  run(command).then(
    (value) => { parentPort?.postMessage({ call, value } satisfies Answer) },
    (error: unknown) => { parentPort?.postMessage({ call, error: error instanceof Error ? error.message : String(error) } satisfies Answer) }
  )
})
