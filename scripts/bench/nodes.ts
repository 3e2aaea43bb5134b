// Real nodes for the set-up benchmark, on loopback. Each can be given a place on a line, and then what it dials answers as late as
// its distance says.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createServer } from 'node:net'
import { createNode } from '../../src/node/libp2p.ts'
import { delayed } from '../../src/simulation/delayed-transport.ts'
import type { BywayNode, NodeInit, Role, TransportFactory } from '../../src/node/libp2p.ts'
import type { PrivateKey } from '@libp2p/interface'
import type { AddressInfo } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'

export const NETWORK = 'bench'
const ANY_PORT = 0

/** Where nodes are, in ms of light from the beginning of the line, by the port that they listen on; others are near everybody. */
export interface Places {
  self: number
  byPort: Record<number, number>
}

export interface StartInit<R extends Role> {
  role: NodeInit<R>['role']
  servesDht: boolean
  /** Default: a new one. */
  privateKey?: PrivateKey
  port?: number
  /** Default: the port, on loopback. */
  listen?: readonly string[]
  places?: Places
  /** As the daemons are. */
  ownsProcess?: boolean
}

export async function startNode<R extends Role> ({ role, servesDht, privateKey, port = ANY_PORT, listen, places, ownsProcess }: StartInit<R>): Promise<BywayNode<R>> {
  return createNode({
    role,
    privateKey: privateKey ?? await generateKeyPair('Ed25519'),
    listen: listen ?? [`/ip4/127.0.0.1/tcp/${port}`],
    network: NETWORK,
    servesDht,
    isLocal: true,
    ownsProcess,
    ...(places === undefined ? {} : { wrapTransport: delayedBy(places) })
  })
}

/** Wraps a transport, so that what it dials answers late. */
export function delayedBy ({ self, byPort }: Places): (transport: TransportFactory) => TransportFactory {
  return (transport) => delayed(transport, {
    rttMs: (remote) => {
      const place = byPort[portOf(remote)]
      return place === undefined ? undefined : 2 * Math.abs(place - self)
    }
  })
}

/** Ports that nobody listens on now: who dials a node may have to know its place before the node is there. */
export async function freePorts (count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(ANY_PORT, '127.0.0.1', resolve))
    return server
  }))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(async (server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Waits for what must become true. Fails when it does not. */
export async function until (isTrue: () => boolean | Promise<boolean>, what: string, deadlineMs = 20_000): Promise<void> {
  const untilMs = performance.now() + deadlineMs
  while (!await isTrue()) {
    if (performance.now() > untilMs) {
      throw new Error(`not within ${deadlineMs} ms: ${what}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function portOf (address: Multiaddr): number {
  // of the hop that is dialled: the first one of a relayed address
  return Number(address.getComponents().find(({ name }) => name === 'tcp')?.value ?? ANY_PORT)
}
