/**
 * How long set-up takes, in round trips of the path: A ─ F1 ─ F2 ─ F3 ─ B on a line, so that no way is shorter than the path. The forwarders
 * are processes of their own; the delay of each hop is added inside of the process that dials.
 *
 * Connections and links stand before, as they do for a host in use: a path from B to A was set up. The streams of the set-up protocol go
 * from who asks to who is asked, so the first set-up from A finds none and negotiates them. A set-up counts until the echo is checked,
 * when packets can go.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import { Child } from '../child-process.ts'
import { NETWORK, freePorts, startNode, until } from '../nodes.ts'
import { OfferMaker } from './offers.ts'
import { median, rounded } from '../statistics.ts'
import { bootstrap } from '../../../src/discovery/bootstrap.ts'
import { host } from '../../../src/host/host.ts'
import type { ForwarderProcessInit } from './forwarder-process.ts'
import type { Places } from '../nodes.ts'
import type { Host } from '../../../src/host/host.ts'
import type { SetUpStyle } from '../../../src/host/set-up-style.ts'
import type { BywayNode, Role } from '../../../src/node/libp2p.ts'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const FORWARDERS = 3

export interface RoundTripInit {
  /** Delay of each hop, one way, ms. */
  hopMs: number
  /** Set-ups of each style, the first one aside. */
  repeats: number
}

export interface RoundTrips {
  /** Of the path, median of probes on it under its labels, ms. */
  pathRttMs: number
  /** In RTTs of the path. */
  setupPathRtts: { onePass: number, onePassFirst: number, hopByHop: number, hopByHopFirst: number }
}

/** Takes about 15 s, most of it waiting. */
export async function measureRoundTrips ({ hopMs, repeats }: RoundTripInit): Promise<RoundTrips> {
  const line = new Line(hopMs)
  try {
    await line.start()
    await line.setUp('b', 'one-pass')
    const first = { onePass: await line.setUp('a', 'one-pass'), hopByHop: await line.setUp('a', 'hop-by-hop') }
    const [onePass, hopByHop] = [await times(repeats, async () => line.setUp('a', 'one-pass')), await times(repeats, async () => line.setUp('a', 'hop-by-hop'))]
    const pathRttMs = median([...onePass, ...hopByHop].map(({ rttMs }) => rttMs))
    const inRtts = (setUps: Array<{ setUpMs: number }>): number => rounded(median(setUps.map(({ setUpMs }) => setUpMs)) / pathRttMs)
    return {
      pathRttMs: rounded(pathRttMs, 1),
      setupPathRtts: { onePass: inRtts(onePass), onePassFirst: inRtts([first.onePass]), hopByHop: inRtts(hopByHop), hopByHopFirst: inRtts([first.hopByHop]) }
    }
  } finally {
    await line.stop()
  }
}

class Line {
  readonly #hopMs: number
  readonly #nodes: Array<BywayNode<Role>> = []
  readonly #children: Child[] = []
  readonly #offers = new OfferMaker()
  #forwarders: PeerId[] = []
  #hosts!: { a: BywayNode<Host>, b: BywayNode<Host> }

  constructor (hopMs: number) {
    this.#hopMs = hopMs
  }

  async start (): Promise<void> {
    const first = await startNode({ role: bootstrap({ network: NETWORK }), servesDht: true })
    this.#nodes.push(first)
    const seeds = first.getMultiaddrs()
    const ports = await freePorts(FORWARDERS)
    const byPort = Object.fromEntries(ports.map((port, index) => [port, (index + 1) * this.#hopMs]))
    this.#children.push(...ports.map(() => new Child('set-up/forwarder-process')))
    const ids = await Promise.all(this.#children.map(async (child, index) => child.ask<string>('start', {
      bootstrap: seeds.map(String), port: ports[index], places: { self: byPort[ports[index]], byPort }
    } satisfies ForwarderProcessInit)))
    this.#forwarders = ids.map((id) => peerIdFromString(id))
    const end = async (self: number): Promise<BywayNode<Host>> => this.#addHost(seeds, { self, byPort })
    this.#hosts = { a: await end(0), b: await end((FORWARDERS + 1) * this.#hopMs) }
    for (const { services } of Object.values(this.#hosts)) {
      await until(() => services.byway.access.points.filter(({ attached }) => attached).length === FORWARDERS, 'both ends are attached to all forwarders')
    }
  }

  /** Sets up a path from this end to the other, probes it, and removes it. */
  async setUp (from: 'a' | 'b', style: SetUpStyle): Promise<{ setUpMs: number, rttMs: number }> {
    const { a, b } = this.#hosts
    const [source, destination] = from === 'a' ? [a, b] : [b, a]
    const offer = await this.#offers.offer({
      forwarders: from === 'a' ? this.#forwarders : this.#forwarders.toReversed(),
      source: source.peerId,
      destination: destination.peerId
    })
    const { paths } = source.services.byway
    const { id, setUpMs, rttMs } = await paths.install(destination.peerId, { offer, style })
    await paths.remove(id)
    if (rttMs === null) {
      throw new Error('a probe under the labels of a path did not come back')
    }
    return { setUpMs, rttMs }
  }

  async stop (): Promise<void> {
    await Promise.allSettled([...this.#nodes.map(async (node) => { await node.stop() }), ...this.#children.map(async (child) => child.stop())])
  }

  async #addHost (seeds: Multiaddr[], places: Places): Promise<BywayNode<Host>> {
    const node = await startNode({ role: host({ network: NETWORK, bootstrap: seeds }), servesDht: false, places })
    this.#nodes.push(node)
    return node
  }
}

async function times<T> (count: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let time = 0; time < count; time++) {
    results.push(await run())
  }
  return results
}
