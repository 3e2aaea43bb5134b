// A node under test in a process of its own, set up as the daemons are: a forwarder, an RSP of either kind, or a host.
import { answerObserved } from './observed-process.ts'
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

export type StayingRole = 'forwarder' | 'rsp' | 'surveyor' | 'host'

export interface StayingInit {
  role: StayingRole
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
let churn: () => Promise<void> = async () => {}
let resting = new AbortController()
let churning: Promise<void> = Promise.resolve()

async function start ({ role, seeds, seed }: StayingInit): Promise<Started> {
  const common = { network: NETWORK, bootstrap: seeds.map((address) => multiaddr(address)) }
  const observed = role === 'forwarder' ? await startForwarder(common) : role === 'host' ? await startHost(common, seed) : await startRsp(common, role)
  nodes[role] = observed
  return { id: observed.node.peerId.toString(), addresses: observed.node.getMultiaddrs().map(String) }
}

type Common = Parameters<typeof forwarder>[0]

async function startForwarder (common: Common): Promise<Observed> {
  const node = await startNode({ role: forwarder({ ...common, probeIntervalMs: 500 }), servesDht: true, ownsProcess: true })
  return { node, ...ofForwarder(node.services.byway) }
}

async function startRsp (common: Common, role: StayingRole): Promise<Observed> {
  const node = await startNode({ role: routeProvider({ ...common, mapKind: role === 'surveyor' ? 'surveys' : 'reports' }), servesDht: true, ownsProcess: true })
  churn = async () => collectReceipts(node.services.byway)
  return { node, ...ofRsp(node.services.byway) }
}

async function collectReceipts (rsp: RouteProvider): Promise<void> {
  await restFor(RECEIPTS_INTERVAL_MS, resting.signal)
  await rsp.receipts()
}

async function startHost (common: Common, seed: number): Promise<Observed> {
  const node = await startNode({ role: host(common), servesDht: false, ownsProcess: true })
  const { byway } = node.services
  const callers: string[] = []
  const work = { channels: 0, messages: 0, calls: 0 }
  byway.addEventListener('channel', ({ detail: channel }) => {
    work.channels++
    callers.push(channel.remote.toString())
    callers.splice(0, callers.length - MAX_CALLERS)
    channel.addEventListener('message', ({ detail }) => {
      work.messages++
      channel.send(detail)
    })
  })
  const random = randomFrom(seed)
  churn = async () => {
    await callBack(byway, callers, random)
    work.calls++
  }
  return { node, ...ofHost(byway, () => ({ ...work })) }
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
  while (!resting.signal.aborted) {
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
    const byway = (nodes.host?.node.services as { byway?: Host } | undefined)?.byway
    for (const { id } of byway?.paths.list() ?? []) {
      await byway?.paths.remove(id)
    }
    for (const channel of byway?.channels ?? []) {
      channel.close()
    }
  }
}, () => nodes)
