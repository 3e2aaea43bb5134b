// What a libp2p relay could be at its simplest: a protocol handler that hands the chunks of an incoming stream to an outgoing one. No
// packets, no paths, no rules about who may use it.
import { multiaddr } from '@multiformats/multiaddr'
import { meterStream, outletOf, startPlainNode } from './plain-node.ts'
import type { Meter } from '../meter.ts'
import type { Sender } from './carrier.ts'
import type { Stream } from '@libp2p/interface'

const FOR_RECEIVERS = '/bench/splice/receive'
const FOR_SENDERS = '/bench/splice/send'

export async function startRelay (): Promise<string[]> {
  const node = await startPlainNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  let receiver: Stream | undefined
  await node.handle(FOR_RECEIVERS, (stream) => { receiver = stream })
  await node.handle(FOR_SENDERS, (stream) => { splice(stream, receiver as Stream) })
  return node.getMultiaddrs().map(String)
}

export async function startReceiver ([relay]: string[], meter: Meter): Promise<string> {
  const node = await startPlainNode({ listen: [] })
  meterStream(await node.dialProtocol(multiaddr(relay), FOR_RECEIVERS), meter)
  return ''
}

export async function startSender ([relay]: string[]): Promise<Sender> {
  const node = await startPlainNode({ listen: [] })
  const outlet = outletOf(await node.dialProtocol(multiaddr(relay), FOR_SENDERS))
  return { outlet: async () => outlet }
}

function splice (from: Stream, to: Stream): void {
  from.addEventListener('message', ({ data }) => {
    if (!to.send(data)) {
      from.pause()
    }
  })
  to.addEventListener('drain', () => { from.resume() })
}
