// The composition root for Node.js: the only place where a byway node's libp2p is put together.
import { Admission } from '../defence/admission.ts'
import { BoundedDatastore } from '../defence/bounded-datastore.ts'
import { boundedPing } from '../defence/bounded-ping.ts'
import { composeGaters } from '../defence/compose-gaters.ts'
import { componentLogger } from './logger.ts'
import { createLibp2p } from 'libp2p'
import { DhtPace } from '../defence/dht-pace.ts'
import { capWriteBuffers, guardedMuxer } from '../defence/guarded-muxer.ts'
import { endClosedSockets } from '../defence/closed-sockets.ts'
import { FORWARD_PROTOCOL } from '../../protocols/forward/constants.ts'
import { gonePeers } from '../defence/gone-peers.ts'
import { guardedWebSockets } from './guarded-web-sockets.ts'
import { TrustedProxies } from './trusted-proxies.ts'
import { handshakeLimit } from '../defence/handshake-limit.ts'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper, removePrivateAddressesMapper } from '@libp2p/kad-dht'
import { kadProtocol, PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { leanNoise } from './lean-noise.ts'
import { limitedNegotiation } from '../defence/negotiation-limit.ts'
import { NodeDefences } from './node-defences.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { oneWrite } from './one-write.ts'
import { ownAddresses, withoutPrivate } from './own-addresses.ts'
import { quietYamux } from './quiet-yamux.ts'
import { PUBLIC_ONLY, publicLookup } from './public-addresses.ts'
import { reaper } from '../defence/reaper.ts'
import { tcp } from '@libp2p/tcp'
import { YoungGarbage } from './young-garbage.ts'
import { yamux } from '@libp2p/yamux'
import type { BoundedPing, PingComponents } from '../defence/bounded-ping.ts'
import type { DefenceStatus } from './node-defences.ts'
import type { Reaper, ReaperComponents } from '../defence/reaper.ts'
import type { AdmissionLimits } from '../defence/admission.ts'
import type { KadDHTComponents } from '@libp2p/kad-dht'
import type { TCPSocketOptions } from '@libp2p/tcp'
import type { DiscoveryComponents } from '../discovery/discovery.ts'
import type { ConnectionGater, Libp2p, PeerId, PrivateKey, Startable } from '@libp2p/interface'
import type { Libp2pOptions } from 'libp2p'

/** What each role service offers to its node. */
export interface Role extends Startable {
  isUseful: (peer: PeerId) => boolean
}

export type TransportFactory = NonNullable<Libp2pOptions['transports']>[number]

export interface NodeInit<R extends Role> {
  role: (components: DiscoveryComponents) => R
  privateKey: PrivateKey
  /** Multiaddrs to listen on. */
  listen: readonly string[]
  /** Multiaddrs to tell others instead of those listened on: a node behind NAT or in a container does not know its own. */
  announce?: readonly string[]
  /** Addresses and subnets of reverse proxies before its WebSockets: who connects over one is who `X-Forwarded-For` names. Default: none is believed. */
  trustedProxies?: readonly string[]
  network?: string
  /** Hosts ask the DHT, the others serve it. */
  servesDht: boolean
  /** Loopback and private addresses are taken for public ones: overlays on one machine or in one building. */
  isLocal?: boolean
  admission?: Partial<AdmissionLimits>
  connectionGater?: ConnectionGater
  /** Default: kept in memory and bounded. */
  datastore?: BoundedDatastore
  /** libp2p's metrics, as of `@libp2p/prometheus-metrics`: the role shows its numbers there beside libp2p's own. */
  metrics?: Libp2pOptions['metrics']
  /**
   * This process is there for the node alone, and V8's collector is set up for what passes through it (young-garbage.ts): a setting of the whole
   * process, which a library must not make unasked. Default: false.
   */
  ownsProcess?: boolean
  /** Wraps TCP; the demo adds delay here. */
  wrapTransport?: (transport: TransportFactory) => TransportFactory
  start?: boolean
}

/** Of the process, whatever nodes it has. */
let garbage: YoungGarbage | undefined

export type BywayNode<R extends Role> = Libp2p<{ byway: R }>

/** One that listens, and says what it refused. */
export type DefendedNode<R extends Role> = Libp2p<{ byway: R, defences: { readonly status: DefenceStatus } }>

/** Window and read buffer of a stream: with these, pausing cannot reset a healthy stream. */
const MAX_STREAM_WINDOW_BYTES = 1_048_576
/**
 * Streams of one connection that the peer opened: libp2p's 1,000 are for peers that fetch blocks. Ours keep a few long ones and open one for
 * each exchange.
 */
const MAX_INBOUND_STREAMS = 256
/**
 * Replicas of a record. Kademlia's 20 are for records that nobody renews for a day; ours are renewed every few minutes, and
 * each replica costs every advertiser a message.
 */
const K_BUCKET_SIZE = 8
/** Peers that the DHT named and that wait to be pinged: libp2p looks through them for each that is named, and allows 16,384. */
const MAX_NAMED_TO_TRY = 256
/** How long a DHT server that is asked may stay silent: a look-up waits for several of them, one after the other, where some have gone. */
const SILENT_SERVER_MS = { minTimeout: 3_000, maxTimeout: 6_000 }
/** Of one address: who dials has some seconds for all that a peer has, and one behind a firewall may come first. */
const ADDRESS_DIAL_MS = 4_000
/** As before Node 26. */
const POOL_BYTES = 8_192
/** Whoever takes a packet of a link copies what it keeps (link/stream-link.ts). */
const KEEPS_NOTHING: ReadonlySet<string> = new Set([FORWARD_PROTOCOL])
/**
 * libp2p's own caps, of handshakes too, stay above ours, so that ours and the reaper decide who gets a slot, and outbound connections take none:
 * those that a forwarder keeps to 512 that are watched and 256 next hops, 64 spare links and as many connections without use, and some that are
 * being made.
 */
const CONNECTION_HEADROOM = 960
/** libp2p counts new inbound connections per address and second; admission does it per prefix, and knows loopback. */
const INBOUND_PER_SECOND = 1_000

/**
 * Makes and starts a node with one role.
 *
 * @returns the libp2p node; its role is `services.byway`
 */
export async function createNode<R extends Role> (init: NodeInit<R>): Promise<DefendedNode<R>> {
  const network = init.network ?? PUBLIC_NETWORK
  const isLocal = init.isLocal ?? false
  const admission = new Admission({ maxInbound: 1_024, maxPending: 256, ...init.admission })
  const maxConnections = admission.limits.maxInbound + CONNECTION_HEADROOM
  const wrap = init.wrapTransport ?? ((transport) => transport)
  if (init.ownsProcess === true) {
    // what is small and stays, such as an address, holds all of the pool's block that it lies in: that was 64 KB from Node 26 on
    Buffer.poolSize = POOL_BYTES
  }
  const collected = init.ownsProcess === true ? (bytes: number) => { collector().sent(bytes) } : undefined
  const lookup = isLocal ? undefined : publicLookup()
  const proxies = init.trustedProxies === undefined ? undefined : new TrustedProxies(init.trustedProxies)
  const datastore = init.datastore ?? new BoundedDatastore()
  const dht = new DhtPace()
  let role: R | undefined
  let reaping: Reaper | undefined
  let pinged: BoundedPing | undefined
  const defences = new NodeDefences({
    admission,
    datastore,
    dht,
    reaped: () => reaping?.counters ?? { crowded: 0, idle: 0 },
    pings: () => pinged?.counters ?? { admitted: 0, delayed: 0, refused: 0 }
  })
  const node = await createLibp2p({
    privateKey: init.privateKey,
    logger: componentLogger(),
    start: false,
    datastore,
    ...(init.metrics === undefined ? {} : { metrics: init.metrics }),
    addresses: { listen: [...init.listen], announce: [...init.announce ?? []], ...(isLocal ? {} : { announceFilter: withoutPrivate }) },
    // the options are those of net.connect, of which the types have a few
    transports: [wrap(tcp({ dialOpts: { lookup } as TCPSocketOptions })), wrap(guardedWebSockets(lookup, undefined, proxies))],
    connectionEncrypters: [leanNoise(noise())],
    streamMuxers: [guardedMuxer(limitedNegotiation(quietYamux(yamux({
      maxInboundStreams: MAX_INBOUND_STREAMS,
      streamOptions: { maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES, maxReadBufferLength: 2 * MAX_STREAM_WINDOW_BYTES }
    }), { keepsNothing: KEEPS_NOTHING })), {}, undefined, defences.onBreach)],
    connectionGater: composeGaters(admission.gater, capWriteBuffers(), endClosedSockets(), handshakeLimit(defences.onBreach), oneWrite(collected), isLocal ? {} : PUBLIC_ONLY, init.connectionGater ?? {}),
    connectionManager: {
      maxConnections,
      addressDialTimeout: ADDRESS_DIAL_MS,
      inboundConnectionThreshold: INBOUND_PER_SECOND,
      maxIncomingPendingConnections: maxConnections
    },
    // it would open a stream on every connection every ten seconds, and drop healthy ones on one lost ping; links are
    // probed by their users, who end what is silent (silent-connections.ts), and an idle socket times out by itself
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      ownAddresses: ownAddresses(),
      ping: (components: PingComponents) => {
        pinged = boundedPing()(components)
        return pinged
      },
      dht: (components: KadDHTComponents) => kadDHT({
        protocol: kadProtocol(network),
        clientMode: !init.servesDht,
        kBucketSize: K_BUCKET_SIZE,
        routingTableUpdateMaxQueueSize: MAX_NAMED_TO_TRY,
        peerInfoMapper: isLocal ? passthroughMapper : removePrivateAddressesMapper,
        allowQueryWithZeroPeers: true,
        networkDialTimeout: SILENT_SERVER_MS
      })(dht.around(components)),
      byway: (components: DiscoveryComponents) => {
        role = init.role(components)
        return role
      },
      reaper: (components: ReaperComponents) => {
        reaping = reaper({ maxInbound: admission.limits.maxInbound, isUseful: (peer) => role?.isUseful(peer) ?? true })(components)
        return reaping
      },
      gonePeers: gonePeers(),
      defences: defences.service
    }
  })
  if (init.start !== false) {
    try {
      await node.start()
    } catch (error) {
      // what had started already must not go on
      await Promise.resolve(node.stop()).catch(() => {})
      throw error
    }
  }
  return node
}

function collector (): YoungGarbage {
  return garbage ??= new YoungGarbage()
}
