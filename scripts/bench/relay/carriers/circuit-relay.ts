// libp2p's circuit relay v2, with its limits lifted: the ends have a connection of their own through the relay, encrypted once more.
import { multiaddr } from '@multiformats/multiaddr'
import { until } from '../../nodes.ts'
import { meterStream, outletOf, startPlainNode } from './plain-node.ts'
import type { Meter } from '../meter.ts'
import type { Sender } from './carrier.ts'

const PROTOCOL = '/bench/packets'

export async function startRelay (): Promise<string[]> {
  const node = await startPlainNode({ listen: ['/ip4/127.0.0.1/tcp/0'], isRelay: true })
  return node.getMultiaddrs().map(String)
}

export async function startReceiver ([relay]: string[], meter: Meter): Promise<string> {
  const node = await startPlainNode({ listen: [`${relay}/p2p-circuit`] })
  await node.handle(PROTOCOL, (stream) => { meterStream(stream, meter) }, { runOnLimitedConnection: true })
  await until(() => node.getMultiaddrs().length > 0, 'the receiver has a reservation')
  return node.peerId.toString()
}

export async function startSender ([relay]: string[], receiver: string): Promise<Sender> {
  const node = await startPlainNode({ listen: [] })
  const connection = await node.dial(multiaddr(`${relay}/p2p-circuit/p2p/${receiver}`))
  const outlet = outletOf(await connection.newStream(PROTOCOL, { runOnLimitedConnection: true }))
  return { outlet: async () => outlet }
}
