// A node that stays, in a process of its own and set up as the daemons are: a bootstrap node, a forwarder, an RSP of either kind, a host
// that calls those who have called it, or one that is only called.
import { answerObserved } from './observed-process.ts'
import { bootstrap } from '../../../src/discovery/bootstrap.ts'
import { forwarder } from '../../../src/forwarder/forwarder.ts'
import { ofForwarder, ofHost, ofRsp } from './gauges.ts'
import { host } from '../../../src/host/host.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { NETWORK, startNode } from '../nodes.ts'
import { peerIdFromString } from '@libp2p/peer-id'
import { randomFrom } from '../routes/random.ts'
import { restFor, useHost } from './visits.ts'
import { routeProvider } from '../../../src/rsp/route-provider.ts'
import type { Observed } from './observed-process.ts'
import type { Host } from '../../../src/host/host.ts'
import type { RouteProvider } from '../../../src/rsp/route-provider.ts'

export type StayingRole = 'bootstrap' | 'forwarder' | 'rsp' | 'surveyor' | 'host' | 'callee'

export interface StayingInit {
  role: StayingRole
  /** Of the bootstrap node itself: none. */
  seeds: string[]
  seed: number
}

export interface Started {
  id: string
  addresses: string[]
}

const RECEIPTS_INTERVAL_MS = 20_000
/** How often the host calls one of those that have called it, and how many it still calls at most. */
const CALL_INTERVAL_MS = 3_000
const MAX_CALLERS = 16

const nodes: Record<string, Observed> = {}
/** What it does again and again while others come and go, if it does anything by itself. */
let churn: (() => Promise<void>) | undefined
let resting = new AbortController()
let churning: Promise<void> = Promise.resolve()

async function start ({ role, seeds, seed }: StayingInit): Promise<Started> {
  const observed = await STARTS[role]({ network: NETWORK, bootstrap: seeds.map((address) => multiaddr(address)) }, seed)
  nodes[role] = observed
  return { id: observed.node.peerId.toString(), addresses: observed.node.getMultiaddrs().map(String) }
}

type Common = Parameters<typeof forwarder>[0]

const STARTS: Record<StayingRole, (common: Common, seed: number) => Promise<Observed>> = {
  bootstrap: async () => ({ node: await startNode({ role: bootstrap({ network: NETWORK }), servesDht: true, ownsProcess: true }) }),
  forwarder: startForwarder,
  rsp: async (common) => startRsp(common, 'reports'),
  surveyor: async (common) => startRsp(common, 'surveys'),
  host: startCaller,
  callee: async (common) => (await startHost(common, () => {})).observed
}

async function startForwarder (common: Common): Promise<Observed> {
  const node = await startNode({ role: forwarder({ ...common, probeIntervalMs: 500 }), servesDht: true, ownsProcess: true })
  return { node, ...ofForwarder(node.services.byway) }
}

async function startRsp (common: Common, mapKind: 'reports' | 'surveys'): Promise<Observed> {
  const node = await startNode({ role: routeProvider({ ...common, mapKind }), servesDht: true, ownsProcess: true })
  churn = async () => collectReceipts(node.services.byway)
  return { node, ...ofRsp(node.services.byway) }
}

async function collectReceipts (rsp: RouteProvider): Promise<void> {
  await restFor(RECEIPTS_INTERVAL_MS, resting.signal)
  await rsp.receipts()
}

/** Answers whoever calls. */
async function startHost (common: Common, called: (by: string) => void): Promise<{ byway: Host, observed: Observed, work: Record<string, number> }> {
  const node = await startNode({ role: host(common), servesDht: false, ownsProcess: true })
  const { byway } = node.services
  const work: Record<string, number> = { channels: 0, messages: 0 }
  byway.addEventListener('channel', ({ detail: channel }) => {
    work.channels++
    called(channel.remote.toString())
    channel.addEventListener('message', ({ detail }) => {
      work.messages++
      channel.send(detail)
    })
  })
  return { byway, observed: { node, ...ofHost(byway, () => ({ ...work })) }, work }
}

async function startCaller (common: Common, seed: number): Promise<Observed> {
  const callers: string[] = []
  const { byway, observed, work } = await startHost(common, (by) => {
    callers.push(by)
    callers.splice(0, callers.length - MAX_CALLERS)
  })
  work.calls = 0
  const random = randomFrom(seed)
  churn = async () => {
    await callBack(byway, callers, random)
    work.calls++
  }
  return observed
}

/** Most of them are there yet, and some have gone. */
async function callBack (byway: Host, callers: readonly string[], random: () => number): Promise<void> {
  await restFor(CALL_INTERVAL_MS, resting.signal)
  const caller = callers[Math.floor(random() * callers.length)]
  const known = byway.channels.find(({ remote }) => remote.toString() === caller)
  if (known !== undefined) {
    await useHost(byway, known.remote, { signal: resting.signal, random })
  }
}

async function churnOn (): Promise<void> {
  while (churn !== undefined && !resting.signal.aborted) {
    // who was called may have gone
    await churn().catch(() => {})
    await restFor(1, resting.signal)
  }
}

/** What draws these values uses everything once, and leaves nothing. */
const REHEARSED = [0.1, 0.45, 0.59]

answerObserved({
  start,
  /** For a host: calls another one of those who stay. */
  introduce: async (destination: string) => {
    const { byway } = nodes.host.node.services as unknown as { byway: Host }
    for (const value of REHEARSED) {
      await useHost(byway, peerIdFromString(destination), { signal: resting.signal, random: () => value })
    }
  },
  begin: () => {
    resting = new AbortController()
    churning = churnOn()
  },
  end: async () => {
    resting.abort(new Error('the churn is over'))
    await churning
    const byway = ((nodes.host ?? nodes.callee)?.node.services as { byway?: Host } | undefined)?.byway
    for (const { id } of byway?.paths.list() ?? []) {
      await byway?.paths.remove(id)
    }
    for (const channel of byway?.channels ?? []) {
      channel.close()
    }
  }
}, () => nodes)
