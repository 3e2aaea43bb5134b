// libp2p as it comes: tcp, noise, yamux and identify with their defaults, and the circuit relay where a lane needs it.
import { noise } from '@chainsafe/libp2p-noise'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { componentLogger } from '../../../../src/node/logger.ts'
import type { Meter } from '../meter.ts'
import type { Outlet } from '../pump.ts'
import type { Libp2p, Stream } from '@libp2p/interface'

export interface PlainNodeInit {
  listen: string[]
  /** Relays circuits, with no limit on what they carry. */
  isRelay?: boolean
}

export async function startPlainNode ({ listen, isRelay = false }: PlainNodeInit): Promise<Libp2p> {
  return createLibp2p({
    logger: componentLogger(),
    addresses: { listen },
    transports: [tcp(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // it would drop a busy connection for one late ping
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ...(isRelay ? { relay: circuitRelayServer({ reservations: { applyDefaultLimit: false } }) } : {}) }
  })
}

export function meterStream (stream: Stream, meter: Meter): void {
  stream.addEventListener('message', ({ data }) => {
    if (data instanceof Uint8Array) {
      meter.take(data)
      return
    }
    for (const part of data) {
      meter.take(part)
    }
  })
}

export function outletOf (stream: Stream): Outlet {
  const outlet: Outlet = { send: (message) => stream.send(message), onDrain: () => {} }
  stream.addEventListener('drain', () => { outlet.onDrain() })
  return outlet
}
