// The four daemons: which settings each has, which service it makes of them, and what that does on its control channel.
import { homedir } from 'node:os'
import { join, resolve as resolvePath } from 'node:path'
import { EVERYTHING } from '../../protocols/exchange/codec.ts'
import { bootstrap } from '../discovery/bootstrap.ts'
import { introduce } from './destination.ts'
import { forwarder } from '../forwarder/forwarder.ts'
import { historyCommands } from './history.ts'
import { host } from '../host/host.ts'
import { MapStore } from '../rsp/map-store.ts'
import { OutgoingChannel } from '../host/outgoing-channel.ts'
import { pathCommands, revocationCommands } from './path.ts'
import { receiptCommands, usageCommands } from './usage.ts'
import { rspCommands } from './rsps.ts'
import { ScoreFile } from './score-file.ts'
import { routeProvider } from '../rsp/route-provider.ts'
import { RSP_PROFILES } from '../rsp/profiles/all-profiles.ts'
import { whyCommands } from './why-report.ts'
import type { Dials, Introduce } from './destination.ts'
import type { ControlCommands } from './control-server.ts'
import type { ForwarderInit } from '../forwarder/forwarder.ts'
import type { Host, HostInit } from '../host/host.ts'
import type { Role } from '../node/libp2p.ts'
import type { RouteProviderInit } from '../rsp/route-provider.ts'
import type { Discovery, DiscoveryComponents } from '../discovery/discovery.ts'
import type { Settings, SettingName } from './settings.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

export type DaemonSettings = Partial<Settings> & { network: string, bootstrap: Multiaddr[] }

/** Where a daemon runs, and as whom. */
export interface DaemonPlace {
  env: Readonly<Record<string, string | undefined>>
  /** Peer id as text. */
  id: string
  /** Tells the operator what is not as it should be. */
  warn: (text: string) => void
}

/** What runs, and how it is spoken to. */
export interface DaemonService {
  role: (components: DiscoveryComponents) => Role
  /** All but `status`; empty until the role has been made. */
  commands: ControlCommands
  /** Of the role, for `byway status`. */
  status: () => object
}

export interface DaemonRole {
  name: 'bootstrap' | 'forwarder' | 'rsp' | 'host'
  about: string
  settings: readonly SettingName[]
  listen: readonly string[]
  servesDht: boolean
  /** Arguments, as they would be typed. */
  example: string
  /**
   * @param place - without it nothing is kept but where the settings name a folder
   * @throws MapStoreError
   */
  create: (settings: DaemonSettings, place?: DaemonPlace) => DaemonService
  /** What others do with its address. */
  nextStep: string
}

const COMMON = ['listen', 'announce', 'bootstrap', 'network', 'key', 'ephemeral', 'local', 'control', 'metrics', 'trustedProxies', 'json'] as const satisfies SettingName[]
const TCP = '/ip4/0.0.0.0/tcp/0'
const MAP_FILE = 'map.sqlite'
/** Of a peer id, as in the names of control sockets. */
const ID_LETTERS = 8
/** Browsers cannot dial TCP. */
const WEB_SOCKET = '/ip4/0.0.0.0/tcp/0/ws'

export const DAEMON_ROLES: readonly DaemonRole[] = [{
  name: 'bootstrap',
  about: 'run a bootstrap node: the first one that others connect to. It relays nothing',
  settings: [...COMMON, 'operator'],
  listen: [TCP, WEB_SOCKET],
  servesDht: true,
  example: '--listen /ip4/0.0.0.0/tcp/4101 --operator example.net',
  create: ({ network, bootstrap: peers, operator }) => service(bootstrap({ network, bootstrap: peers, operator }), ({ status }) => status),
  nextStep: 'forwarder'
}, {
  name: 'forwarder',
  about: 'run a forwarder: it relays packets along paths that others compute',
  settings: [...COMMON, 'operator', 'tags', 'capacity', 'pricePerGb', 'maxAttachments', 'watchedBy', 'rsps', 'revoked', 'sourceRoutes', 'linkRules', 'maxPaths'],
  listen: [TCP, WEB_SOCKET],
  servesDht: true,
  example: '--bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW… --capacity 100Mbit --tag region=eu',
  create: (settings) => service(forwarder(forwarderInit(settings)), ({ status }) => status, (node) => new Map([...revocationCommands(node), ...usageCommands(node)])),
  nextStep: 'forwarder'
}, {
  name: 'rsp',
  about: 'run a routing service provider: it maps the forwarders and sells paths',
  settings: [...COMMON, 'operator', 'tags', 'profile', 'map', 'linksPerForwarder', 'surveyRate', 'surveyBandwidth', 'exchange', 'exchangeTags', 'price', 'data'],
  listen: [TCP, WEB_SOCKET],
  servesDht: true,
  example: '--bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW… --map surveys',
  create: (settings, place) => service(
    routeProvider(routeProviderInit(settings, place)), ({ status }) => status, (rsp) => new Map([...receiptCommands(rsp), ...historyCommands(rsp.history)])),
  nextStep: 'host'
}, {
  name: 'host',
  about: 'run a host: it stays attached to the forwarders near it, and takes the channels of other hosts',
  settings: [...COMMON, 'tags', 'maxAccess', 'data'],
  listen: [TCP],
  servesDht: false,
  example: '--bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW…',
  create: (settings, place) => service(
    host(hostInit(settings, place)), hostStatus, (made, components) => {
      const introduceTo = introducerOf(components)
      return new Map([...pathCommands(made.paths, introduceTo), ...rspCommands(made.scores), ...whyCommands(made, introduceTo)])
    }),
  nextStep: 'ping'
}]

function service<R extends Role & { discovery: Discovery }> (make: (components: DiscoveryComponents) => R, statusOf: (role: R) => object, commandsOf?: (role: R, components: DiscoveryComponents) => ControlCommands): DaemonService {
  const commands: ControlCommands = new Map()
  let made: R | undefined
  return {
    role: (components) => {
      made = make(components)
      for (const [name, command] of commandsOf?.(made, components) ?? []) {
        commands.set(name, command)
      }
      return made
    },
    commands,
    status: () => made === undefined ? {} : { ...statusOf(made), clocksApart: made.discovery.clocks.peers }
  }
}

function introducerOf ({ peerStore, connectionManager }: DiscoveryComponents): Introduce {
  const dial: Dials['dial'] = async (address, options) => connectionManager.openConnection(address, options)
  return async (destination, signal) => introduce({ peerStore, dial }, destination, signal)
}

function forwarderInit ({ network, bootstrap: peers, operator, tags, capacity, pricePerGb, maxAttachments, watchedBy, rsps, revoked, sourceRoutes, linkRules, maxPaths }: DaemonSettings): ForwarderInit {
  return {
    network,
    bootstrap: peers,
    operator,
    tags,
    capacityBytesPerSecond: capacity,
    priceMicroPerGb: pricePerGb,
    attachments: maxAttachments === undefined ? undefined : { maxAttachments },
    watchedBy,
    policy: { rsps, revoked, sourceRoutes, linkRules },
    maxPaths
  }
}

/** The store is opened here, before there is a node: what is wrong with it is the operator's to mend, and nothing has started yet. */
function routeProviderInit (settings: DaemonSettings, place: DaemonPlace | undefined): RouteProviderInit {
  const { network, bootstrap: peers, operator, tags, profile, map, linksPerForwarder, surveyRate, surveyBandwidth, exchange, exchangeTags, price } = settings
  const folder = dataFolder('rsp', settings, place)
  return {
    network,
    bootstrap: peers,
    operator,
    tags,
    profile: RSP_PROFILES.find(({ name }) => name === profile),
    mapKind: map,
    linksPerForwarder,
    surveyProbesPerSecond: surveyRate,
    surveyBurstBytesPerSecond: surveyBandwidth,
    exchange,
    exchangeScope: exchangeTags === undefined ? undefined : { ...EVERYTHING, tags: Object.entries(exchangeTags).map(([key, value]) => ({ key, value })) },
    priceMicro: price,
    archive: folder === undefined ? undefined : MapStore.open({ file: join(folder, MAP_FILE), network, warn: place?.warn })
  }
}

/** The folder named in the settings, or one of this node in `$XDG_DATA_HOME/byway`, or below `~/.local/share`; undefined: keep nothing. */
export function dataFolder (role: DaemonRole['name'], { data, ephemeral }: Pick<DaemonSettings, 'data' | 'ephemeral'>, place: Pick<DaemonPlace, 'env' | 'id'> | undefined): string | undefined {
  if (typeof data === 'string') {
    return resolvePath(data)
  }
  if (data === false || ephemeral === true || place === undefined) {
    return undefined
  }
  const home = place.env.XDG_DATA_HOME ?? ''
  return join(home === '' ? join(homedir(), '.local', 'share') : home, 'byway', `${role}-${place.id.slice(-ID_LETTERS)}`)
}

function hostInit (settings: DaemonSettings, place: DaemonPlace | undefined): HostInit {
  const { network, bootstrap: peers, tags, maxAccess } = settings
  const folder = dataFolder('host', settings, place)
  return { network, bootstrap: peers, tags, maxAccess, scores: folder === undefined ? undefined : new ScoreFile(folder, place?.warn ?? (() => {})) }
}

function hostStatus ({ access, channels, discovery, refusedPayloads }: Host): object {
  return {
    measuredForwarders: access.points.length,
    knownForwarders: discovery.directory.ofRole('forwarder').length,
    knownRsps: discovery.directory.ofRole('rsp').length,
    refusedPayloads,
    channels: channels.map((channel) => ({
      remote: channel.remote.toString(),
      openedBy: channel instanceof OutgoingChannel ? 'here' : 'there',
      route: channel instanceof OutgoingChannel ? channel.status.text : channel.theirRoute.text
    }))
  }
}
