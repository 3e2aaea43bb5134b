// What those who come and go do while they are there, and how they leave.
import { CloseReason } from '../../../protocols/envelope/constants.ts'
import { forwarder } from '../../../src/forwarder/forwarder.ts'
import { host } from '../../../src/host/host.ts'
import { multiaddr } from '@multiformats/multiaddr'
import { NETWORK, startNode, until } from '../nodes.ts'
import { peerIdFromString } from '@libp2p/peer-id'
import { routeProvider } from '../../../src/rsp/route-provider.ts'
import { setTimeout as pause } from 'node:timers/promises'
import type { BywayNode, Role } from '../../../src/node/libp2p.ts'
import type { Host } from '../../../src/host/host.ts'
import type { OutgoingChannel } from '../../../src/host/outgoing-channel.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export interface VisitInit {
  privateKey: PrivateKey
  /** Where newcomers begin. */
  seeds: readonly string[]
  /** Aborts: everybody leaves. */
  signal: AbortSignal
  random: () => number
}

/** A host that can be called. */
export interface Destination {
  /** As text, both. */
  id: string
  address: string
}

/** The others are looked for over the forwarders at which they are attached. */
const DIALLED_SHARE = 0.8
const PRIMITIVES = ['source-route', 'authenticators', 'one-pass', 'hop-by-hop'] as const
const STYLES = ['one-pass', 'hop-by-hop'] as const
const WANTS = ['labels', 'authenticators'] as const
/** Longer than anybody would wait: the machine may have other work. */
const OPEN_DEADLINE_MS = 30_000
const INSTALL_DEADLINE_MS = 12_000
const MAX_PATHS = 3
const PROBE_INTERVAL_MS = 500
const FOR_EVER_MS = 2 ** 31 - 1

export async function forwarderVisit (init: VisitInit, staysMs: number): Promise<void> {
  await visit(init, await startNode({ role: forwarder({ ...common(init), probeIntervalMs: PROBE_INTERVAL_MS }), servesDht: true, privateKey: init.privateKey }), async () => restFor(staysMs, init.signal))
}

export async function rspVisit (init: VisitInit, staysMs: number): Promise<void> {
  const mapKind = init.random() < 0.5 ? 'reports' : 'surveys'
  await visit(init, await startNode({ role: routeProvider({ ...common(init), mapKind }), servesDht: true, privateKey: init.privateKey }), async () => restFor(staysMs, init.signal))
}

/** A host that only attaches, and goes. */
export async function hostPresence (init: VisitInit, staysMs: number): Promise<void> {
  await visit(init, await startNode({ role: host(common(init)), servesDht: false, privateKey: init.privateKey }), async () => restFor(staysMs, init.signal))
}

/** A host that uses what byway has to offer, towards one of the destinations. */
export async function hostVisit (init: VisitInit, destinations: readonly Destination[]): Promise<void> {
  const node = await startNode({ role: host(common(init)), servesDht: false, privateKey: init.privateKey })
  await visit(init, node, async () => {
    const { byway } = node.services
    await until(() => byway.access.points.length > 0 || init.signal.aborted, 'the host is attached', OPEN_DEADLINE_MS)
    const { id, address } = destinations[Math.floor(init.random() * destinations.length)]
    if (init.random() < DIALLED_SHARE) {
      await node.dial(multiaddr(address), { signal: AbortSignal.timeout(OPEN_DEADLINE_MS) })
    }
    await useHost(byway, peerIdFromString(id), init)
  })
}

/** A channel with packets to and fro, and perhaps paths without one. Some of it is left as it is when the visit ends. */
export async function useHost (byway: Host, destination: PeerId, { signal, random }: Pick<VisitInit, 'signal' | 'random'>): Promise<void> {
  const channel = await byway.open(destination, { primitive: PRIMITIVES[Math.floor(random() * PRIMITIVES.length)], signal: AbortSignal.any([signal, AbortSignal.timeout(OPEN_DEADLINE_MS)]) })
  const sending = sendSome(channel, signal, random)
  const paths = Math.floor(random() * (MAX_PATHS + 1))
  for (let i = 0; i < paths && !signal.aborted; i++) {
    await installOne(byway, destination, signal, random)
  }
  await sending
  if (random() < 0.6) {
    channel.close(random() < 0.5 ? CloseReason.normal : CloseReason.idle)
  }
}

async function installOne (byway: Host, destination: PeerId, signal: AbortSignal, random: () => number): Promise<void> {
  const options = {
    style: STYLES[Math.floor(random() * STYLES.length)],
    want: WANTS[Math.floor(random() * WANTS.length)],
    signal: AbortSignal.any([signal, AbortSignal.timeout(INSTALL_DEADLINE_MS)])
  }
  try {
    if (random() < 0.3) {
      await byway.traceLabelled(destination, { ...options, want: 'labels' })
      return
    }
    const { id, forwarders } = await byway.paths.install(destination, options)
    if (random() < 0.3) {
      await byway.trace(forwarders.map((key) => peerIdFromString(key)))
    }
    await restFor(random() * 1_000, signal)
    if (random() < 0.6) {
      await byway.paths.remove(id)
    }
  } catch {
    // no offer, or its forwarders have gone: that is what churn does
  }
}

async function sendSome (channel: OutgoingChannel, signal: AbortSignal, random: () => number): Promise<void> {
  const packets = 100 + Math.floor(random() * 400)
  for (let i = 0; i < packets && !channel.isClosed && !signal.aborted; i++) {
    channel.send(new Uint8Array(1 + Math.floor(random() * 1_200)))
    await restFor(random() * 20, signal)
  }
}

/** What fails on a visit is the visitor's; it leaves all the same. */
async function visit ({ random, signal }: Pick<VisitInit, 'random' | 'signal'>, node: BywayNode<Role>, stay: () => Promise<void>): Promise<void> {
  const leaving = new AbortController()
  try {
    // whatever it is waiting for when all leave
    await Promise.race([stay(), restFor(FOR_EVER_MS, AbortSignal.any([signal, leaving.signal]))])
  } finally {
    leaving.abort()
    await leave(node, random)
  }
}

/** In good order, or as one whose process died. */
async function leave (node: BywayNode<Role>, random: () => number): Promise<void> {
  if (random() < 0.4) {
    for (const connection of node.getConnections()) {
      connection.abort(new Error('gone'))
    }
  }
  await node.stop()
}

function common ({ seeds }: VisitInit): { network: string, bootstrap: Multiaddr[] } {
  return { network: NETWORK, bootstrap: seeds.map((address) => multiaddr(address)) }
}

export async function restFor (ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => {})
}
