// A small overlay of real nodes on loopback: a bootstrap node, forwarders, RSPs and hosts, found through each other as anywhere.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { bootstrap } from '../../src/discovery/bootstrap.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { forwarder } from '../../src/forwarder/forwarder.ts'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import { host } from '../../src/host/host.ts'
import { routeProvider } from '../../src/rsp/route-provider.ts'
import type { ConnectionGater } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Bootstrap } from '../../src/discovery/bootstrap.ts'
import type { BywayNode, NodeInit, Role } from '../../src/node/libp2p.ts'
import type { Forwarder, ForwarderInit } from '../../src/forwarder/forwarder.ts'
import type { Host, HostInit } from '../../src/host/host.ts'
import type { RouteProvider, RouteProviderInit } from '../../src/rsp/route-provider.ts'

export const TESTNET = 'testnet'

export interface TestnetInit {
  forwarders: number
  /** One RSP for each; default: none. */
  rsps?: ReadonlyArray<NonNullable<RouteProviderInit['mapKind']>>
  hosts?: number
  /** Default: TCP on a free port. */
  listen?: string[]
  hostInit?: HostInit
  forwarderInit?: ForwarderInit
  rspInit?: RouteProviderInit
  /** Of every node. */
  connectionGater?: ConnectionGater
}

export interface Testnet {
  bootstrap: BywayNode<Bootstrap>
  /** Where newcomers begin. */
  seeds: Multiaddr[]
  forwarders: Array<BywayNode<Forwarder>>
  rsps: Array<BywayNode<RouteProvider>>
  hosts: Array<BywayNode<Host>>
  addForwarder: (init?: ForwarderInit) => Promise<BywayNode<Forwarder>>
  /** Another host; it is stopped with the rest. */
  addHost: (init?: HostInit, node?: Partial<NodeInit<Host>>) => Promise<BywayNode<Host>>
  /** Waits until each RSP knows all links, and each host says how near it is to all forwarders. */
  ready: () => Promise<void>
  stop: () => Promise<void>
}

const READY_DEADLINE_MS = 20_000

export async function createTestnet (init: TestnetInit): Promise<Testnet> {
  const started: Array<BywayNode<Role>> = []
  const place = async <R extends Role>(role: NodeInit<R>['role'], servesDht: boolean, node: Partial<NodeInit<R>> = {}): Promise<BywayNode<R>> => {
    const made = await createNode({
      role,
      privateKey: await generateKeyPair('Ed25519'),
      listen: init.listen ?? ['/ip4/127.0.0.1/tcp/0'],
      network: TESTNET,
      servesDht,
      isLocal: true,
      ...(init.connectionGater === undefined ? {} : { connectionGater: init.connectionGater }),
      ...node
    })
    started.push(made)
    return made
  }
  const first = await place(bootstrap({ network: TESTNET }), true)
  const seeds = first.getMultiaddrs()
  const common = { network: TESTNET, bootstrap: seeds }
  const net: Testnet = {
    bootstrap: first,
    seeds,
    forwarders: [],
    rsps: [],
    hosts: [],
    addForwarder: async (forwarderInit) => {
      const added = await place(forwarder({ ...common, probeIntervalMs: 200, ...init.forwarderInit, ...forwarderInit }), true)
      net.forwarders.push(added)
      return added
    },
    addHost: async (hostInit, node) => {
      const added = await place(host({ ...common, ...init.hostInit, ...hostInit }), false, node)
      net.hosts.push(added)
      return added
    },
    ready: async () => until(async () => isReady(net), 'the overlay is complete', READY_DEADLINE_MS),
    stop: async () => { await Promise.allSettled(started.map(async (node) => { await node.stop() })) }
  }
  try {
    await times(init.forwarders, async () => net.addForwarder())
    for (const mapKind of init.rsps ?? []) {
      net.rsps.push(await place(routeProvider({ ...common, ...init.rspInit, mapKind }), true))
    }
    await times(init.hosts ?? 0, async () => net.addHost())
    return net
  } catch (error) {
    await net.stop()
    throw error
  }
}

/** As when its process dies: its connections end, and it says nothing more. */
export async function kill (node: BywayNode<Role>): Promise<void> {
  for (const connection of node.getConnections()) {
    connection.abort(new Error('killed'))
  }
  await node.stop()
}

/** Waits for what must become true. Fails when it does not. */
export async function until (isTrue: () => boolean | Promise<boolean>, what: string, deadlineMs = 5_000): Promise<void> {
  const untilMs = performance.now() + deadlineMs
  while (!await isTrue()) {
    if (performance.now() > untilMs) {
      throw new Error(`not within ${deadlineMs} ms: ${what}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function isReady ({ forwarders, rsps, hosts }: Testnet): Promise<boolean> {
  const links = forwarders.length * (forwarders.length - 1)
  const knows = rsps.every(({ services }) => services.byway.status.forwarders === forwarders.length && services.byway.status.links === links) &&
    hosts.every(({ services }) => services.byway.discovery.directory.ofRole('rsp').length === rsps.length)
  return knows && (await Promise.all(hosts.map(async (host) => accessPointsOf(host)))).every((count) => count === forwarders.length)
}

/** How many forwarders the host names in its descriptor. */
async function accessPointsOf ({ services }: BywayNode<Host>): Promise<number> {
  const { self, verification } = services.byway.discovery
  return (await openDescriptor(await self.get(), verification)).host?.access.length ?? 0
}

async function times (count: number, run: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: count }, run))
}
