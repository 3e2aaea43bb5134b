// libp2p applications as anybody writes them, with byway as their only transport, on a small overlay of loopback.
import { createLibp2p } from 'libp2p'
import { echo } from '@libp2p/echo'
import { identify } from '@libp2p/identify'
import { multiaddr } from '@multiformats/multiaddr'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@libp2p/yamux'
import { byway } from '../../src/node/byway.ts'
import { TESTNET } from './testnet.ts'
import type { BywayFactory, BywayInit } from '../../src/node/byway.ts'
import type { Echo } from '@libp2p/echo'
import type { Identify } from '@libp2p/identify'
import type { Libp2p, ServiceMap } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'

export type Application<S extends ServiceMap = Record<never, never>> = Libp2p<{ identify: Identify, echo: Echo } & S> & { byway: BywayFactory }

export interface ApplicationInit<S extends ServiceMap> {
  byway?: Partial<BywayInit>
  libp2p?: Libp2pOptions<S>
}

/** Underlays that listen nowhere: no two of them can reach each other directly. */
export const UNREACHABLE: Partial<BywayInit> = { listen: [] }

/** Everything in the tests' overlay. */
export function overlayInit (seeds: Multiaddr[], init: Partial<BywayInit> = {}): BywayInit {
  return { bootstrap: seeds, network: TESTNET, isLocal: true, listen: ['/ip4/127.0.0.1/tcp/0'], ...init }
}

/** A node whose one transport is byway, and which listens on it. */
export async function createApplication<S extends ServiceMap = Record<never, never>> (seeds: Multiaddr[], init: ApplicationInit<S> = {}): Promise<Application<S>> {
  const factory = byway(overlayInit(seeds, init.byway))
  const node = await createLibp2p({
    addresses: { listen: ['/byway'] },
    transports: [factory],
    peerRouters: [factory.routing],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    ...init.libp2p,
    services: { identify: identify(), echo: echo(), ...init.libp2p?.services }
  })
  return Object.assign(node, { byway: factory }) as unknown as Application<S>
}

export function addressOf (application: Libp2p): Multiaddr {
  return multiaddr(`/byway/p2p/${application.peerId.toString()}`)
}
