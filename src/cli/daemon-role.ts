// The four daemons: which settings each has, and which service it makes of them.
import { bootstrap } from '../discovery/bootstrap.ts'
import { forwarder } from '../forwarder/forwarder.ts'
import { host } from '../host/host.ts'
import { routeProvider } from '../rsp/route-provider.ts'
import type { Role } from '../node/libp2p.ts'
import type { DiscoveryComponents } from '../discovery/discovery.ts'
import type { Settings, SettingName } from './settings.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

export type DaemonSettings = Partial<Settings> & { network: string, bootstrap: Multiaddr[] }

export interface DaemonRole {
  name: 'bootstrap' | 'forwarder' | 'rsp' | 'host'
  about: string
  settings: readonly SettingName[]
  listen: readonly string[]
  servesDht: boolean
  /** Arguments, as they would be typed. */
  example: string
  create: (settings: DaemonSettings) => (components: DiscoveryComponents) => Role
  /** What others do with its address. */
  nextStep: string
}

const COMMON = ['listen', 'announce', 'bootstrap', 'network', 'key', 'ephemeral', 'local', 'json'] as const satisfies SettingName[]
const TCP = '/ip4/0.0.0.0/tcp/0'
/** Browsers cannot dial TCP. */
const WEB_SOCKET = '/ip4/0.0.0.0/tcp/0/ws'

export const DAEMON_ROLES: readonly DaemonRole[] = [{
  name: 'bootstrap',
  about: 'run a bootstrap node: the first one that others connect to. It relays nothing',
  settings: [...COMMON, 'operator'],
  listen: [TCP, WEB_SOCKET],
  servesDht: true,
  example: '--listen /ip4/0.0.0.0/tcp/4101 --operator example.net',
  create: ({ network, bootstrap: peers, operator }) => bootstrap({ network, bootstrap: peers, operator }),
  nextStep: 'forwarder'
}, {
  name: 'forwarder',
  about: 'run a forwarder: it relays packets along paths that others compute',
  settings: [...COMMON, 'operator', 'tags', 'capacity', 'maxAttachments', 'watchedBy'],
  listen: [TCP, WEB_SOCKET],
  servesDht: true,
  example: '--bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW… --capacity 100Mbit --tag region=eu',
  create: ({ network, bootstrap: peers, operator, tags, capacity, maxAttachments, watchedBy }) => forwarder({
    network,
    bootstrap: peers,
    operator,
    tags,
    capacityBytesPerSecond: capacity,
    attachments: maxAttachments === undefined ? undefined : { maxAttachments },
    watchedBy
  }),
  nextStep: 'forwarder'
}, {
  name: 'rsp',
  about: 'run a routing service provider: it maps the forwarders and sells paths',
  settings: [...COMMON, 'operator', 'tags', 'map', 'price'],
  listen: [TCP, WEB_SOCKET],
  servesDht: true,
  example: '--bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW… --map surveys',
  create: ({ network, bootstrap: peers, operator, tags, map, price }) => routeProvider({
    network, bootstrap: peers, operator, tags, mapKind: map, priceMicro: price
  }),
  nextStep: 'host'
}, {
  name: 'host',
  about: 'run a host: it stays attached to the forwarders near it, and takes the channels of other hosts',
  settings: [...COMMON, 'tags', 'maxAccess'],
  listen: [TCP],
  servesDht: false,
  example: '--bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW…',
  create: ({ network, bootstrap: peers, tags, maxAccess }) => host({ network, bootstrap: peers, tags, maxAccess }),
  nextStep: 'ping'
}]
