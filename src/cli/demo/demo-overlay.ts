// The demo's overlay: a bootstrap node, forwarders, two RSPs and pairs of hosts, all real libp2p nodes on loopback TCP.
import { DelayedOverlay } from '../../simulation/delayed-overlay.ts'
import { bootstrap } from '../../discovery/bootstrap.ts'
import { createNode } from '../../node/libp2p.ts'
import { forwarder } from '../../forwarder/forwarder.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { host } from '../../host/host.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { routeProvider } from '../../rsp/route-provider.ts'
import type { Bootstrap } from '../../discovery/bootstrap.ts'
import type { BywayNode, Role } from '../../node/libp2p.ts'
import type { DiscoveryComponents } from '../../discovery/discovery.ts'
import type { Forwarder } from '../../forwarder/forwarder.ts'
import type { Host } from '../../host/host.ts'
import type { RouteProvider } from '../../rsp/route-provider.ts'
import type { DrawnRows } from '../../simulation/draw.ts'
import type { LatencyMatrix } from '../../simulation/latency-matrix.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

/** A node and the row of the matrix at which it is. */
export interface Placed<R extends Role> {
  node: BywayNode<R>
  row: number
}

export interface DemoPair {
  source: Placed<Host>
  destination: Placed<Host>
}

export interface DemoOverlay {
  bootstrap: Placed<Bootstrap>
  forwarders: Array<Placed<Forwarder>>
  rsps: Array<Placed<RouteProvider>>
  pairs: DemoPair[]
  /** Starts the hosts, when the forwarders are mapped. */
  startPairs: () => Promise<void>
  stop: () => Promise<void>
}

export interface DemoOverlayInit {
  matrix: LatencyMatrix
  rows: DrawnRows
  onProgress: (text: string) => void
  signal: AbortSignal
}

const NETWORK = 'demo'
const LISTEN = ['/ip4/127.0.0.1/tcp/0']
/** Nodes started at once: each start is a burst of handshakes. */
const START_CONCURRENCY = 8
const HOST_CONCURRENCY = 6
const ATTACH_DEADLINE_MS = 15_000

export async function startOverlay ({ matrix, rows, onProgress, signal }: DemoOverlayInit): Promise<DemoOverlay> {
  const delays = new DelayedOverlay(matrix)
  const started: Array<BywayNode<Role>> = []
  const place = async <R extends Role>(row: number, role: (components: DiscoveryComponents) => R, servesDht: boolean): Promise<Placed<R>> => {
    signal.throwIfAborted()
    const node = await createNode({
      role,
      privateKey: await generateKeyPair('Ed25519'),
      listen: LISTEN,
      network: NETWORK,
      servesDht,
      isLocal: true,
      wrapTransport: delays.wrapTransport(row),
      start: false
    })
    started.push(node as unknown as BywayNode<Role>)
    await node.start()
    delays.place(row, node.getMultiaddrs())
    return { node, row }
  }
  const stop = async (): Promise<void> => {
    await Promise.allSettled(started.map(async (node) => { await node.stop() }))
  }
  try {
    onProgress('starting a bootstrap node')
    const first = await place(rows.bootstrap, bootstrap({ network: NETWORK }), true)
    const seeds: Multiaddr[] = first.node.getMultiaddrs().map((address) => multiaddr(address.toString()))
    const common = { network: NETWORK, bootstrap: seeds }
    onProgress(`starting ${rows.forwarders.length} forwarders`)
    const forwarders = await mapSome(rows.forwarders, START_CONCURRENCY, async (row) => place(row, forwarder(common), true))
    onProgress('starting two RSPs: one maps by reports, one by surveys')
    const rsps = [
      await place(rows.rsps[0], routeProvider({ ...common, mapKind: 'reports', operator: 'reports' }), true),
      await place(rows.rsps[1], routeProvider({ ...common, mapKind: 'surveys', operator: 'surveys' }), true)
    ]
    const hostInit = { ...common, maxAccess: rows.forwarders.length, maxCandidates: rows.forwarders.length }
    const pairs: DemoPair[] = []
    const startPairs = async (): Promise<void> => {
      onProgress(`starting ${rows.pairs.length} pairs of hosts`)
      const hosts = await mapSome(rows.pairs.flatMap(({ source, destination }) => [source, destination]), HOST_CONCURRENCY, async (row) => {
        const placed = await place(row, host(hostInit), false)
        await attached(placed, rows.forwarders.length, signal)
        return placed
      })
      pairs.push(...rows.pairs.map((_, i) => ({ source: hosts[2 * i], destination: hosts[2 * i + 1] })))
    }
    return { bootstrap: first, forwarders, rsps, pairs, startPairs, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Waits until a host has measured how near all forwarders are. */
async function attached ({ node }: Placed<Host>, forwarders: number, signal: AbortSignal): Promise<void> {
  const untilMs = performance.now() + ATTACH_DEADLINE_MS
  while (node.services.byway.access.points.length < forwarders && performance.now() < untilMs) {
    signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export async function mapSome<T, U> (items: readonly T[], concurrency: number, run: (item: T) => Promise<U>): Promise<U[]> {
  const results = new Array<U>(items.length)
  const queue = items.entries()
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, async () => {
    for (const [index, item] of queue) {
      results[index] = await run(item)
    }
  }))
  return results
}
