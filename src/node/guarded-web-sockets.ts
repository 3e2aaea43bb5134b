// libp2p's WebSockets, and what they lack among strangers. To be dropped when @libp2p/websockets does it by itself.
//
// - Nobody listens for the errors of an inbound socket, so that one wrong frame ends the process.
// - A connection is reset by a code that no WebSocket takes, so that it stays open, whoever ends it for what reason.
// - One that fails in its handshake is closed politely, once the peer has read all that waits for it, and nobody hears when it resets instead, which
//   ends the process; one that was dialled is not closed at all.
// - One message may have 100 MiB, and is held until it is whole, below all that bounds what a peer may make us hold.
// - A socket that never speaks WebSocket is counted nowhere and never ends, nor does a listener that waits for it (sockets-before-upgrade.ts).
// - All who connect over a reverse proxy have its address, and share what is counted by address (trusted-proxies.ts).
// - The platform's WebSocket, which is what dials, looks names up as it likes. Here the node says how (public-addresses.ts).
import { once } from 'node:events'
import { getNetConfig } from '@libp2p/utils'
import { isPrivateHost } from './public-addresses.ts'
import { PrivateAddressError } from '../defence/errors.ts'
import { SocketsBeforeUpgrade } from './sockets-before-upgrade.ts'
import { WebSocket } from 'ws'
import { webSockets } from '@libp2p/websockets'
import { seenThrough } from '../defence/seen-through.ts'
import type { CounterGroup, Listener, MultiaddrConnection, Transport, Upgrader, UpgraderOptions } from '@libp2p/interface'
import type { IncomingMessage } from 'node:http'
import type { LookupFunction, Socket } from 'node:net'
import type { TrustedProxies } from './trusted-proxies.ts'
import type { UpgradeWait } from './sockets-before-upgrade.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { WebSocketsComponents } from '@libp2p/websockets'

/** What we need to know of libp2p's transport, and of its listener. */
interface Dialler {
  _connect: (address: Multiaddr, options: { signal?: AbortSignal }) => Promise<WebSocket>
  metrics?: { dialerEvents: CounterGroup }
}
interface Server {
  upgrader: Upgrader
  wsServer: { options: { maxPayload?: number } }
  server: { on: (event: 'connection', listener: (socket: Socket) => void) => void }
  onWsServerConnection: (socket: WebSocket, request: IncomingMessage) => void
}

/** What libp2p gives to `close` for a reset: "abnormal closure", which is never sent (RFC 6455, section 7.4.1). */
const RESET = 1006
/** As much as a peer may have waiting at one layer of a connection (guarded-muxer.ts). libp2p sends 64 KB in one message. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

/**
 * @param lookup - of the names in addresses, for a node that connects to public addresses only; default: it connects to any
 * @param wait - how many inbound sockets may wait for their upgrade, and how long
 * @param proxies - that are believed whom they connect; default: none
 */
export function guardedWebSockets (lookup?: LookupFunction, wait?: UpgradeWait, proxies?: TrustedProxies): (components: WebSocketsComponents) => Transport {
  return (components) => {
    const transport = webSockets()(components)
    const dialler = transport as unknown as Dialler
    dialler._connect = async (address, { signal }) => counted(dialler, signal, async () => connect(address, lookup, signal))
    const dial = transport.dial.bind(transport)
    transport.dial = async (address, options) => dial(address, { ...options, upgrader: abortsWhatFails(options.upgrader) })
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => guarded(createListener(options), wait, proxies)
    return transport
  }
}

/** As the upgrader, but that a connection is over, for this node and whoever counts it, when its handshake has failed. */
function abortsWhatFails (upgrader: Upgrader): Upgrader {
  return seenThrough(upgrader, {
    upgradeInbound: async (connection, options: UpgraderOptions) => orAbort(connection, async () => upgrader.upgradeInbound(connection, options)),
    upgradeOutbound: async (connection, options: UpgraderOptions) => orAbort(connection, async () => upgrader.upgradeOutbound(connection, options))
  })
}

async function orAbort<Made> (connection: MultiaddrConnection, upgrade: () => Promise<Made>): Promise<Made> {
  try {
    return await upgrade()
  } catch (error) {
    connection.abort(error as Error)
    throw error
  }
}

/** As the method does whose place this takes. */
async function counted ({ metrics }: Dialler, signal: AbortSignal | undefined, run: () => Promise<WebSocket>): Promise<WebSocket> {
  try {
    const socket = await run()
    metrics?.dialerEvents.increment({ connect: true })
    return socket
  } catch (error) {
    metrics?.dialerEvents.increment(signal?.aborted === true ? { abort: true } : { error: true })
    throw error
  }
}

function guarded (listener: Listener, wait?: UpgradeWait, proxies?: TrustedProxies): Listener {
  const server = listener as unknown as Server
  const onConnection = server.onWsServerConnection.bind(listener)
  const waiting = new SocketsBeforeUpgrade(wait)
  server.upgrader = abortsWhatFails(server.upgrader)
  server.wsServer.options.maxPayload = MAX_MESSAGE_BYTES
  server.onWsServerConnection = (socket, request) => {
    waiting.upgraded(request.socket)
    guard(socket)
    onConnection(socket, proxies === undefined ? request : fromClient(request, proxies))
  }
  server.server.on('connection', (socket) => { waiting.add(socket) })
  const close = listener.close.bind(listener)
  listener.close = async () => {
    // it takes no more sockets from here on, and waits for those that there are
    const closed = close()
    waiting.end()
    await closed
  }
  return listener
}

/** As the request that came over a proxy, but from whom it comes: all that libp2p reads of it. */
function fromClient (request: IncomingMessage, proxies: TrustedProxies): IncomingMessage {
  const { socket, headers } = request
  const told = headers['x-forwarded-for']
  const { remoteAddress } = socket
  const client = remoteAddress === undefined ? undefined : proxies.clientOf(remoteAddress, Array.isArray(told) ? told.join() : told)
  return client === remoteAddress ? request : seenThrough(request, { socket: seenThrough(socket, { remoteAddress: client, remotePort: 0 }) })
}

async function connect (address: Multiaddr, lookup?: LookupFunction, signal?: AbortSignal): Promise<WebSocket> {
  signal?.throwIfAborted()
  const url = new URL(urlOf(address))
  // no look-up is made of an address, and the URL knows more ways to write one than anybody checks
  if (lookup !== undefined && isPrivateHost(url.hostname.replace(/^\[|\]$/g, ''))) {
    throw new PrivateAddressError(url.hostname)
  }
  const socket = new WebSocket(url.href, { lookup, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false })
  socket.binaryType = 'arraybuffer'
  guard(socket)
  try {
    await once(socket, 'open', { signal })
  } catch (error) {
    socket.terminate()
    throw error
  }
  return socket
}

/** Of all that the WebSockets of libp2p dial. A name for TLS comes before the address: it is what the certificate is for. */
function urlOf (address: Multiaddr): string {
  const { type, host, port } = getNetConfig(address)
  const parts = address.getComponents()
  const name = parts.find((part) => part.name === 'sni')?.value ?? (type === 'ip6' ? `[${host}]` : host)
  const scheme = parts.some((part) => part.name === 'tls' || part.name === 'wss') ? 'wss' : 'ws'
  return `${scheme}://${name}${port === undefined ? '' : `:${port}`}`
}

function guard (socket: WebSocket): void {
  const close = socket.close.bind(socket)
  socket.close = (code, reason) => {
    if (code === RESET) {
      socket.terminate()
    } else {
      close(code, reason)
    }
  }
  // libp2p listens for the end; a peer that breaks the protocol is not waited for
  socket.on('error', () => { socket.terminate() })
}
