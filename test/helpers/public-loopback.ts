// Nodes at public addresses, on one machine: a transport that says to listen at a public address, and listens at the same port of loopback. What is dialled is mapped likewise.
import { multiaddr } from '@multiformats/multiaddr'
import type { TransportFactory } from '../../src/node/libp2p.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

/** For `wrapTransport`. */
export function inPublic (transport: TransportFactory): TransportFactory {
  return (components) => {
    const inner = transport(components)
    const dial = inner.dial.bind(inner)
    const createListener = inner.createListener.bind(inner)
    return Object.assign(inner, {
      dial: async (to, options) => dial(onLoopback(to), options),
      createListener: (options) => {
        const listener = createListener(options)
        const listen = listener.listen.bind(listener)
        const getAddrs = listener.getAddrs.bind(listener)
        let shown = ''
        return Object.assign(listener, {
          listen: async (address: Multiaddr) => {
            shown = hostOf(address)
            await listen(onLoopback(address))
          },
          getAddrs: () => getAddrs().map((address) => multiaddr(address.toString().replace('/ip4/127.0.0.1/', `/ip4/${shown}/`)))
        })
      }
    } satisfies Partial<typeof inner>)
  }
}

function onLoopback (address: Multiaddr): Multiaddr {
  return multiaddr(address.toString().replace(/^\/ip4\/[^/]+\//, '/ip4/127.0.0.1/'))
}

function hostOf (address: Multiaddr): string {
  return /^\/ip4\/([^/]+)\//.exec(address.toString())?.[1] ?? '127.0.0.1'
}
