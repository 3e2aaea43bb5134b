/**
 * Small real libp2p nodes on loopback: tcp, noise, yamux, and nothing that
 * starts talking by itself. Stop them with `stopNodes()` in an `afterEach`.
 */
import { noise } from '@chainsafe/libp2p-noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { Connection, Libp2p, ServiceMap } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import type { Libp2pOptions } from 'libp2p'

/** A service that hands out what libp2p gives its services and keeps from everybody else. */
interface Internals {
  registrar: Registrar
}

export type TestNode<T extends ServiceMap = Record<never, never>> = Libp2p<T & { internals: Internals }>

const started = new Set<Libp2p>()

export async function createNode<T extends ServiceMap = Record<never, never>> (overrides: Libp2pOptions<T> = {}): Promise<TestNode<T>> {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 1024 * 1024, maxReadBufferLength: 2 * 1024 * 1024 } })],
    connectionMonitor: { enabled: false },
    ...overrides,
    connectionManager: { inboundConnectionThreshold: 1000, ...overrides.connectionManager },
    services: {
      ...overrides.services,
      internals: (components: Internals): Internals => ({ registrar: components.registrar })
    }
  } as Libp2pOptions<T & { internals: Internals }>)
  started.add(node)
  return node
}

/** The connection from a to b; dials it if there is none. */
export async function connected (a: Libp2p, b: Libp2p): Promise<Connection> {
  return await a.dial(b.getMultiaddrs())
}

/** Stops every node that was made here. */
export async function stopNodes (): Promise<void> {
  const nodes = [...started]
  started.clear()
  await Promise.all(nodes.map(async node => { await node.stop() }))
}
