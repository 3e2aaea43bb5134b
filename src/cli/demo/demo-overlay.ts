// The demo's overlay: forwarders and RSPs in a thread of their own, and pairs of hosts here; all of them real libp2p nodes
// on loopback TCP, with the delays of the matrix between them.
import { DEMO_NETWORK, addressOf, placeNode } from './place-node.ts'
import { DelayedOverlay } from '../../simulation/delayed-overlay.ts'
import { Infrastructure } from './infrastructure.ts'
import { host } from '../../host/host.ts'
import { mapSome } from '../../testing/local-node.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { quiet } from './quiet.ts'
import type { DrawnRows } from '../../simulation/draw.ts'
import type { Host } from '../../host/host.ts'
import type { LatencyMatrix } from '../../simulation/latency-matrix.ts'
import type { NodeAddress, Placed } from './place-node.ts'

export interface DemoPair {
  source: Placed<Host>
  destination: Placed<Host>
}

export interface DemoOverlayInit {
  matrix: LatencyMatrix
  sliceFile: string
  rows: DrawnRows
  onProgress: (text: string) => void
  signal: AbortSignal
}

/** Hosts that measure all forwarders at once: more would only wait for each other. */
const HOST_CONCURRENCY = 8
/** Without any new access point for so long a host makes do with those that it has. */
const ATTACH_DEADLINE_MS = 8_000
/** All hosts starting at once is noise; measurements that it spoilt are replaced in this time. */
const SETTLE_MS = 4_000
const MOST_SETTLE_MS = 20_000
/** Share of all links that both RSPs must know before hosts ask them. */
const ENOUGH_LINKS = 0.99
/** Without any new link for so long it goes on with what is known. */
const MAP_DEADLINE_MS = 15_000

export class DemoOverlay {
  readonly infrastructure: Infrastructure
  forwarders: NodeAddress[] = []
  pairs: DemoPair[] = []
  readonly #init: DemoOverlayInit
  readonly #delays: DelayedOverlay
  readonly #hosts: Array<Placed<Host>> = []
  #bootstrap: string[] = []

  constructor (init: DemoOverlayInit) {
    this.#init = init
    this.#delays = new DelayedOverlay(init.matrix)
    this.infrastructure = new Infrastructure({ sliceFile: init.sliceFile, rows: init.rows })
  }

  async start (): Promise<void> {
    const { rows, onProgress } = this.#init
    onProgress(`starting a bootstrap node, ${rows.forwarders.length} forwarders and two RSPs (one maps by reports, one by surveys)`)
    const { bootstrap, forwarders } = await this.infrastructure.start()
    this.forwarders = forwarders
    this.#bootstrap = bootstrap.addresses
    for (const node of [bootstrap, ...forwarders, ...await this.infrastructure.rsps()]) {
      this.#delays.place(node.row, node.addresses.map((address) => multiaddr(address)))
    }
    await this.#mapped()
    onProgress(`starting ${rows.hosts.length} hosts; each measures how near the forwarders are`)
    const hosts = await mapSome(rows.hosts, HOST_CONCURRENCY, async (row) => this.#startHost(row))
    this.pairs = rows.pairs.map(({ source, destination }) => ({
      source: hosts[rows.hosts.indexOf(source)],
      destination: hosts[rows.hosts.indexOf(destination)]
    }))
    await this.quiet(SETTLE_MS, MOST_SETTLE_MS)
  }

  /** Waits until for so long neither thread was late with anything; at most for the longer time, after which it is false. */
  async quiet (forMs: number, atMostMs: number): Promise<boolean> {
    const { signal } = this.#init
    return quiet({ ask: async () => this.infrastructure.reached(), forMs, atMostMs, pause: async (ms) => pause(ms, signal), now: () => performance.now() })
  }

  async stop (): Promise<void> {
    await Promise.allSettled([this.infrastructure.stop(), ...this.#hosts.map(async ({ node }) => node.stop())])
  }

  /** Starts a forwarder again that was killed. */
  async restart (id: string): Promise<void> {
    const { row, addresses } = await this.infrastructure.restart(id)
    this.#delays.place(row, addresses.map((address) => multiaddr(address)))
  }

  /** Waits until both RSPs know the links. */
  async #mapped (): Promise<void> {
    const { signal, onProgress } = this.#init
    const all = this.forwarders.length * (this.forwarders.length - 1)
    let best = 0
    let sinceMs = performance.now()
    for (let round = 1; performance.now() - sinceMs < MAP_DEADLINE_MS; round++) {
      const known = (await this.infrastructure.rsps()).map(({ estimates }) => estimates.length)
      const sum = known.reduce((a, b) => a + b)
      if (sum > best) {
        best = sum
        sinceMs = performance.now()
      }
      if (known.every((links) => links >= ENOUGH_LINKS * all)) {
        return
      }
      if (round % 8 === 0) {
        onProgress(`the RSPs know ${known.join(' and ')} of ${all} links`)
      }
      await pause(250, signal)
    }
    onProgress('going on with what is known')
  }

  async #startHost (row: number): Promise<Placed<Host>> {
    const { signal } = this.#init
    signal.throwIfAborted()
    const all = this.forwarders.length
    const placed = await placeNode({
      row,
      role: host({ network: DEMO_NETWORK, bootstrap: this.#bootstrap.map((address) => multiaddr(address)), maxAccess: all, maxCandidates: all }),
      servesDht: false,
      delays: this.#delays
    })
    this.#hosts.push(placed)
    await this.infrastructure.place(addressOf(placed))
    let best = 0
    let sinceMs = performance.now()
    while (best < all && performance.now() - sinceMs < ATTACH_DEADLINE_MS) {
      await pause(50, signal)
      const { length } = placed.node.services.byway.access.points
      if (length > best) {
        best = length
        sinceMs = performance.now()
      }
    }
    return placed
  }
}

export async function pause (ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise((resolve) => setTimeout(resolve, ms))
  signal.throwIfAborted()
}
