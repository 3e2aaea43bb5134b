// The transport with its underlay put together: `transports: [byway({ bootstrap: ['/ip4/…/p2p/…'] })]`. In browsers libp2p.browser.ts stands in the place
// of libp2p.ts.
import { multiaddr } from '@multiformats/multiaddr'
import { ApplicationRouting } from '../host/transport/application-routing.ts'
import { BywayTransport } from '../host/transport/byway-transport.ts'
import { NotStartedError } from '../errors.ts'
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { createNode } from './libp2p.ts'
import { host } from '../host/host.ts'
import type { BywayTransportComponents, BywayTransportInit } from '../host/transport/byway-transport.ts'
import type { ConnectionStatus } from '../host/transport/application-connections.ts'
import type { HostInit } from '../host/host.ts'
import type { NodeInit } from './libp2p.ts'
import type { Host } from '../host/host.ts'
import type { PeerRouting } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface BywayInit extends Omit<BywayTransportInit, 'underlay' | 'network'> {
  /** Nodes of the overlay to begin with. */
  bootstrap: ReadonlyArray<string | Multiaddr>
  /** Name of the overlay. */
  network?: string
  /** Where the underlay listens, so that there is a default route to it. Default: TCP on a free port; a browser listens nowhere. */
  listen?: readonly string[]
  /** Loopback and private addresses are taken for public ones: overlays on one machine or in one building. */
  isLocal?: boolean
  /** Of the underlay's host role. */
  host?: Omit<HostInit, 'network' | 'bootstrap' | 'binding'>
  /** Of the underlay's libp2p node. */
  node?: Partial<Pick<NodeInit<Host>, 'announce' | 'admission' | 'connectionGater' | 'wrapTransport'>>
}

/** What stands in an application's `transports`. */
export interface BywayFactory {
  (components: BywayTransportComponents): BywayTransport
  /** The connections over byway of the node that it was given to, and how each goes. */
  readonly connections: ConnectionStatus[]
  /** For the application's `peerRouters`, so that it can dial by peer ids alone. */
  readonly routing: () => PeerRouting
}

const DEFAULT_LISTEN = ['/ip4/0.0.0.0/tcp/0']

/** byway as a transport of a libp2p application. It listens where `addresses.listen` has `/byway`, and dials `/byway/p2p/PEER`. */
export function byway (init: BywayInit): BywayFactory {
  const network = init.network ?? PUBLIC_NETWORK
  const bootstrap = init.bootstrap.map((address) => typeof address === 'string' ? multiaddr(address) : address)
  let transport: BywayTransport | undefined
  const routing = new ApplicationRouting(async (application, signal) => {
    if (transport === undefined) {
      throw new NotStartedError('byway() stands in `peerRouters` of a node that does not have it in `transports`')
    }
    await transport.find(application, { signal })
  })
  const create = (components: BywayTransportComponents): BywayTransport => transport = new BywayTransport(components, {
    ...init,
    network,
    underlay: async ({ privateKey, binding }) => createNode({
      ...init.node,
      role: host({ ...init.host, network, bootstrap, binding }),
      privateKey,
      listen: init.listen ?? DEFAULT_LISTEN,
      network,
      servesDht: false,
      isLocal: init.isLocal,
      start: false
    })
  })
  return Object.defineProperties(create, {
    connections: { get: () => transport?.connections ?? [] },
    routing: { value: () => routing }
  }) as BywayFactory
}
