// libp2p as it comes: streams of a connection, direct or through a circuit relay (v2) whose limits are lifted.
import { multiaddr } from '@multiformats/multiaddr'
import { until } from '../../nodes.ts'
import { startPlainNode } from '../../relay/carriers/plain-node.ts'
import type { Carrier, Pipe } from './carrier.ts'
import type { Stream } from '@libp2p/interface'

const PROTOCOL = '/byway-bench/stream/1.0.0'
const EVEN_LIMITED = { runOnLimitedConnection: true }

export const plain: Carrier = {
  startRelay: async (listen) => (await startPlainNode({ listen: [...listen], isRelay: true })).getMultiaddrs().map(String),

  startReceiver: async ({ listen, relay }, onPipe) => {
    const node = await startPlainNode({ listen: relay.length === 0 ? [...listen] : [`${relay[0]}/p2p-circuit`] })
    await node.handle(PROTOCOL, (stream) => { onPipe(pipeOf(stream)) }, EVEN_LIMITED)
    await until(() => node.getMultiaddrs().length > 0, 'the receiver has an address')
    return { peer: node.peerId, addresses: node.getMultiaddrs().map(String) }
  },

  startSender: async ({ relay }, { peer, addresses }) => {
    const node = await startPlainNode({ listen: [] })
    const connection = await node.dial(relay.length === 0 ? addresses.map((address) => multiaddr(address)) : multiaddr(`${relay[0]}/p2p-circuit/p2p/${peer.toString()}`))
    return { open: async () => pipeOf(await connection.newStream(PROTOCOL, EVEN_LIMITED)) }
  }
}

function pipeOf (stream: Stream): Pipe {
  const pipe: Pipe = { send: (bytes) => stream.send(bytes), onDrain: () => {}, onBytes: () => {} }
  stream.addEventListener('drain', () => { pipe.onDrain() })
  stream.addEventListener('message', ({ data }) => { pipe.onBytes(data.byteLength) })
  return pipe
}
