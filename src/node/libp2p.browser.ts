// The composition root for browsers, in the place of libp2p.ts. A browser dials WebSockets, listens nowhere and runs no DHT:
// it finds the overlay by asking the nodes that it is connected to.
import { capWriteBuffers, guardedMuxer } from '../defence/guarded-muxer.ts'
import { composeGaters } from '../defence/compose-gaters.ts'
import { createLibp2p } from 'libp2p'
import { identify } from '@libp2p/identify'
import { noise } from '@chainsafe/libp2p-noise'
import { quietYamux } from './quiet-yamux.ts'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import type { BywayNode, NodeInit, Role } from './libp2p.ts'
import type { DiscoveryComponents } from '../discovery/discovery.ts'

/** What of a node's settings means something in a browser; the rest may be given and is not looked at. */
export type BrowserNodeInit<R extends Role> = Pick<NodeInit<R>, 'role' | 'privateKey' | 'isLocal' | 'connectionGater' | 'start'>

/** As under Node.js: with these, pausing cannot reset a healthy stream. */
const MAX_STREAM_WINDOW_BYTES = 1_048_576

/**
 * Makes and starts a node with one role; the host role is the one that makes sense here.
 *
 * Unless `isLocal` is set libp2p's own rule holds: no private addresses, and from a page that came by HTTPS only `wss`.
 *
 * @returns the libp2p node; its role is `services.byway`
 */
export async function createNode<R extends Role> (init: BrowserNodeInit<R>): Promise<BywayNode<R>> {
  const operatorGater = init.connectionGater ?? (init.isLocal === true ? { denyDialMultiaddr: () => false } : {})
  const node = await createLibp2p({
    privateKey: init.privateKey,
    start: false,
    addresses: { listen: [] },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [guardedMuxer(quietYamux(yamux({
      streamOptions: { maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES, maxReadBufferLength: 2 * MAX_STREAM_WINDOW_BYTES }
    })))],
    connectionGater: composeGaters(capWriteBuffers(), operatorGater),
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      byway: (components: DiscoveryComponents) => init.role(components)
    }
  })
  if (init.start !== false) {
    await node.start()
  }
  return node
}
