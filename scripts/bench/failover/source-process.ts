// The host that sends: a datagram every few ms over one channel, whatever becomes of its path.
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { answerParent } from '../child-process.ts'
import { NETWORK, startNode } from '../nodes.ts'
import { datagramOf, nowMs } from './datagram.ts'
import { host } from '../../../src/host/host.ts'
import type { HostStart } from './destination-process.ts'
import type { Host } from '../../../src/host/host.ts'
import type { OutgoingChannel } from '../../../src/host/outgoing-channel.ts'
import type { PathSelectorInit } from '../../../src/host/path-selector.ts'
import type { RouteStatus } from '../../../src/host/channel-status.ts'
import type { BywayNode } from '../../../src/node/libp2p.ts'

export interface Switch {
  atMs: number
  text: string
  reason: string
  cause: string
}

export interface SourceState {
  text: string
  /** Of the route in use; empty on the default one. */
  path: string[]
  backup: string[] | null
  rttMs: number | null
  defaultRttMs: number | null
  /** What it was offered last, and from how many forwarders it can choose. */
  offers: string[]
  accessPoints: number
  /** Offered paths that could not be used, and why. */
  refusals: string[]
  /** All routes that are measured, as they are. */
  routes: string[]
  isClosed: boolean
  sent: number
  /** Datagrams that no route could take. */
  refused: number
}

export interface SourceOpening {
  destination: string
  selector: PathSelectorInit
}

export const INTERVAL_MS = 5
/** The end of a peer id is what tells it from others. */
const SHORT_CHARACTERS = 6

let node: BywayNode<Host> | undefined
let channel: OutgoingChannel | undefined
let switches: Switch[] = []
let [sent, refused] = [0, 0]
let timer: ReturnType<typeof setInterval> | undefined

answerParent({
  start: async (argument) => {
    const { bootstrap, port, places } = argument as HostStart
    node = await startNode({ role: host({ network: NETWORK, bootstrap: bootstrap.map((address) => multiaddr(address)) }), servesDht: false, port, places, ownsProcess: true })
    return node.peerId.toString()
  },
  access: () => node?.services.byway.access.points.length ?? 0,
  open: async (argument) => {
    const { destination, selector } = argument as SourceOpening
    channel = await (node as BywayNode<Host>).services.byway.open(peerIdFromString(destination), { selector })
    channel.addEventListener('route', ({ detail }) => { switches.push({ atMs: nowMs(), ...detail }) })
    let dueMs = nowMs()
    timer = setInterval(() => {
      // what a late timer has missed goes at once: the stream is steady
      for (; dueMs <= nowMs(); dueMs += INTERVAL_MS) {
        const isSent = channel?.isClosed === false && channel.send(datagramOf(sent, nowMs()))
        sent++
        refused += isSent ? 0 : 1
      }
    }, INTERVAL_MS)
  },
  /** Sends no more. */
  rest: () => { clearInterval(timer) },
  state: (): SourceState | undefined => {
    if (channel === undefined) {
      return undefined
    }
    const { status } = channel
    return {
      text: status.text,
      path: status.active?.path ?? [],
      backup: status.backup?.path ?? null,
      rttMs: status.active?.measuredRttMs ?? null,
      defaultRttMs: status.default?.measuredRttMs ?? null,
      offers: status.answers.flatMap(({ paths, error }) => [...paths.map(({ forwarders }) => shortPath(forwarders.map(String))), ...(error === undefined ? [] : [error.message])]),
      accessPoints: node?.services.byway.access.points.length ?? 0,
      refusals: [...channel.refusals].map(([path, why]) => `${shortPath(path.split(','))}: ${why}`),
      routes: status.routes.map(routeText),
      isClosed: channel.isClosed,
      sent,
      refused
    }
  },
  /** Since the last time. */
  switches: () => {
    const taken = switches
    switches = []
    return taken
  }
})

function routeText ({ path, alive, answered, measuredRttMs, jitterMs, loss }: RouteStatus): string {
  const state = alive ? `${measuredRttMs?.toFixed(1)} ± ${jitterMs?.toFixed(1)} ms` : 'silent'
  return `${shortPath(path)}: ${state}, ${answered} answers, loss ${(100 * loss).toFixed(1)} %`
}

function shortPath (forwarders: readonly string[]): string {
  return forwarders.length === 0 ? 'default' : forwarders.map((id) => id.slice(-SHORT_CHARACTERS)).join('→')
}
