/**
 * What a host has without forwarders: libp2p's circuit relay v2. Time from dialling the other end through one relay until the connection
 * stands, in round trips of that path. The connection to the relay stands before, and so does the other end's reservation.
 */
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { delayedBy, freePorts, until } from '../nodes.ts'
import { median, rounded } from '../statistics.ts'
import { componentLogger } from '../../../src/node/logger.ts'
import type { Libp2p } from '@libp2p/interface'
import type { Places } from '../nodes.ts'

export interface CircuitRelayInit {
  /** Of the path over the relay, which is in the middle, ms. */
  pathRttMs: number
  repeats: number
}

/** Median of the dials, and the first one. */
export interface CircuitRelayFigures { connectPathRtts: number, firstConnectPathRtts: number }

/** Takes some seconds, most of it waiting. */
export async function measureCircuitRelay ({ pathRttMs, repeats }: CircuitRelayInit): Promise<CircuitRelayFigures> {
  const [port] = await freePorts(1)
  const byPort = { [port]: pathRttMs / 4 }
  const relay = await start({ places: { self: byPort[port], byPort }, listen: `/ip4/127.0.0.1/tcp/${port}`, isRelay: true })
  const address = relay.getMultiaddrs()[0]
  const [a, b] = [
    await start({ places: { self: 0, byPort }, listen: '/ip4/127.0.0.1/tcp/0' }),
    await start({ places: { self: pathRttMs / 2, byPort }, listen: `${address.toString()}/p2p-circuit` })
  ]
  try {
    await until(() => b.getMultiaddrs().length > 0, 'the other end has a reservation')
    await a.dial(address)
    const relayed = address.encapsulate(`/p2p-circuit/p2p/${b.peerId.toString()}`)
    const rtts: number[] = []
    for (let dial = 0; dial <= repeats; dial++) {
      const startedMs = performance.now()
      const connection = await a.dial(relayed)
      rtts.push((performance.now() - startedMs) / pathRttMs)
      await connection.close()
      await until(() => [a, b].every((node, index) => node.getConnections([b, a][index].peerId).length === 0), 'the connection is closed')
    }
    return { connectPathRtts: rounded(median(rtts.slice(1))), firstConnectPathRtts: rounded(rtts[0]) }
  } finally {
    await Promise.allSettled([a, b, relay].map(async (node) => { await node.stop() }))
  }
}

async function start ({ places, listen, isRelay = false }: { places: Places, listen: string, isRelay?: boolean }): Promise<Libp2p> {
  return createLibp2p({
    logger: componentLogger(),
    addresses: { listen: [listen] },
    transports: [delayedBy(places)(tcp()), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ...(isRelay ? { relay: circuitRelayServer() } : {}) }
  })
}
