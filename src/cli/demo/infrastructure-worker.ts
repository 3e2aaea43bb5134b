// The thread of the demo's bootstrap node, forwarders and RSPs; infrastructure.ts is its handle.
import { DEMO_NETWORK, addressOf, placeNode } from './place-node.ts'
import { DelayedOverlay } from '../../simulation/delayed-overlay.ts'
import { bootstrap } from '../../discovery/bootstrap.ts'
import { forwarder } from '../../forwarder/forwarder.ts'
import { kill, mapSome } from '../../testing/local-node.ts'
import { loadMatrix } from '../../simulation/latency-matrix.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { parentPort, workerData } from 'node:worker_threads'
import { routeProvider } from '../../rsp/route-provider.ts'
import type { Answer, Call, Command, InfrastructureInit, InfrastructureNodes, RspState } from './infrastructure.ts'
import type { Forwarder } from '../../forwarder/forwarder.ts'
import type { LinkEstimate } from '../../simulation/oracle.ts'
import type { Placed } from './place-node.ts'
import type { Role } from '../../node/libp2p.ts'
import type { RouteProvider } from '../../rsp/route-provider.ts'

/** Nodes started at once: each start is a burst of handshakes. */
const START_CONCURRENCY = 8

const { sliceFile, rows } = workerData as InfrastructureInit
const delays = new DelayedOverlay(await loadMatrix(sliceFile))
const nodes: Array<Placed<Role>> = []
const forwarders: Array<Placed<Forwarder>> = []
const rsps: Array<Placed<RouteProvider>> = []

async function start (): Promise<InfrastructureNodes> {
  const first = await placeNode({ row: rows.bootstrap, role: bootstrap({ network: DEMO_NETWORK }), servesDht: true, delays })
  const common = { network: DEMO_NETWORK, bootstrap: first.node.getMultiaddrs() }
  nodes.push(first)
  forwarders.push(...await mapSome(rows.forwarders, START_CONCURRENCY, async (row) =>
    placeNode({ row, role: forwarder(common), servesDht: true, delays })))
  for (const [row, mapKind] of [[rows.rsps[0], 'reports'], [rows.rsps[1], 'surveys']] as const) {
    rsps.push(await placeNode({ row, role: routeProvider({ ...common, mapKind, operator: mapKind }), servesDht: true, delays }))
  }
  nodes.push(...forwarders, ...rsps)
  return { bootstrap: addressOf(first), forwarders: forwarders.map(addressOf) }
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

function killForwarder (id: string): void {
  const victim = forwarders.find(({ node }) => node.peerId.toString() === id)
  if (victim !== undefined) {
    void kill(victim.node)
  }
}

async function run (command: Command): Promise<unknown> {
  switch (command.name) {
    case 'start': return start()
    case 'place': return delays.place(command.node.row, command.node.addresses.map((address) => multiaddr(address)))
    case 'rsps': return rspStates()
    case 'nothing': return undefined
    case 'kill': return killForwarder(command.id)
    case 'stop': return Promise.allSettled(nodes.map(async ({ node }) => node.stop())).then(() => {})
  }
}

parentPort?.on('message', ({ call, command }: Call) => {
  run(command).then(
    (value) => { parentPort?.postMessage({ call, value } satisfies Answer) },
    (error: unknown) => { parentPort?.postMessage({ call, error: error instanceof Error ? error.message : String(error) } satisfies Answer) }
  )
})
