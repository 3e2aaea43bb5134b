/** Hostile peers, made by hand: real libp2p diallers whose muxer writes whatever bytes the attack wants. Loopback only. */
import { noise } from '@chainsafe/libp2p-noise'
import { TypedEventEmitter } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { pEvent } from 'p-event'
import type { Connection, ConnectionEncrypter, ConnectionGater, Libp2p, MessageStream, StreamHandler, StreamMuxer, StreamMuxerEvents, StreamMuxerFactory } from '@libp2p/interface'
import type { Libp2pOptions, ServiceFactoryMap } from 'libp2p'

export const FRAME = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const
export const FLAG = { none: 0, syn: 1, ack: 2, fin: 4, rst: 8 } as const

export const MIB = 1024 * 1024

/** What byway's nodes give yamux. */
export const STREAM_OPTIONS = { maxStreamWindowSize: MIB, maxReadBufferLength: 2 * MIB }

export function frameHeader (type: number, flags: number, streamId: number, length: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(12))
  header.setUint8(1, type)
  header.setUint16(2, flags)
  header.setUint32(4, streamId)
  header.setUint32(8, length)
  return new Uint8Array(header.buffer)
}

export function repeated (bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.byteLength * times)
  for (let i = 0; i < times; i++) {
    all.set(bytes, i * bytes.byteLength)
  }
  return all
}

/** Of multistream-select: asks for the protocols that there are. */
export const LS = Uint8Array.of(3, 0x6c, 0x73, 0x0a)

/** For a victim of a few LS: their answers are more than a socket takes. */
export function longNamed (): NonNullable<Libp2pOptions['connectionEncrypters']> {
  return [noise(), ...Array.from({ length: 8 }, (_, index) => () => ({ protocol: `/${index}`.padEnd(1_000, 'x') }) as ConnectionEncrypter)]
}

/** Speaks yamux by name only: sends nothing by itself, drops what comes. */
export class MuteMuxer extends TypedEventEmitter<StreamMuxerEvents> implements StreamMuxer {
  readonly protocol = '/yamux/1.0.0'
  readonly streams = []
  status: StreamMuxer['status'] = 'open'

  constructor (readonly connection: MessageStream) {
    super()
    connection.addEventListener('message', () => {})
  }

  async createStream (): Promise<never> {
    throw new Error('the attacker writes its frames itself')
  }

  async close (): Promise<void> {
    this.status = 'closed'
  }

  abort (): void {
    this.status = 'closed'
  }
}

export interface NodeInit {
  muxer?: (components: unknown) => StreamMuxerFactory
  gater?: ConnectionGater
  listen?: boolean
  maxConnections?: number
  services?: ServiceFactoryMap
  handlers?: Record<string, StreamHandler>
}

export function plainYamux (): () => StreamMuxerFactory {
  return yamux({ streamOptions: STREAM_OPTIONS })
}

export async function createNode (init: NodeInit = {}): Promise<Libp2p> {
  const node = await createLibp2p({
    addresses: { listen: init.listen === true ? ['/ip4/127.0.0.1/tcp/0'] : [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [init.muxer ?? plainYamux()],
    connectionGater: { denyDialMultiaddr: () => false, ...init.gater },
    connectionManager: { maxConnections: init.maxConnections ?? 50, inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 50, reconnectRetries: 0 },
    connectionMonitor: { enabled: false },
    services: init.services ?? {}
  })
  for (const [protocol, handler] of Object.entries(init.handlers ?? {})) {
    await node.handle(protocol, handler, { maxInboundStreams: 64 })
  }
  return node
}

export interface Attack {
  attacker: Libp2p
  /** The attacker's encrypted connection: what is sent here reaches the victim's muxer as it is. */
  raw: MessageStream
  /** The attacker's end. */
  dialled: Connection
  /** The victim's end. */
  connection: Connection
  /** What the victim's end was closed for. */
  closed: Promise<Error | undefined>
}

/** Dials the victim; with a muxer of its own the attacker can open honest streams before it turns. */
export async function attack (victim: Libp2p, muxer?: () => StreamMuxerFactory): Promise<Attack> {
  let raw: MessageStream | undefined
  const attacker = await createNode({
    muxer: () => ({
      protocol: '/yamux/1.0.0',
      createStreamMuxer: connection => {
        raw = connection
        return muxer?.().createStreamMuxer(connection) ?? new MuteMuxer(connection)
      }
    })
  })
  const opened = pEvent(victim, 'connection:open', { timeout: 20_000 }) as unknown as Promise<CustomEvent<Connection>>
  const dialled = await attacker.dial(victim.getMultiaddrs())
  const connection = (await opened).detail
  const closed = new Promise<Error | undefined>(resolve => {
    connection.addEventListener('close', event => { resolve((event as Event & { error?: Error }).error) }, { once: true })
  })
  if (raw === undefined) {
    throw new Error('the attacker dialled without a muxer')
  }
  return { attacker, raw, dialled, connection, closed }
}

/** Sends chunk after chunk as fast as the victim reads, until `bytes` are sent or the connection is gone. @returns bytes sent */
export async function pour (raw: MessageStream, chunk: Uint8Array, bytes: number): Promise<number> {
  let sent = 0
  try {
    while (sent < bytes && raw.status === 'open') {
      sent += chunk.byteLength
      if (!raw.send(chunk)) {
        await Promise.race([
          pEvent(raw, 'drain', { timeout: 2000 }),
          pEvent(raw, 'close', { timeout: 2000 })
        ])
      }
    }
  } catch {
    // The victim hung up, which is what the caller looks at.
  }
  return sent
}

/** What a libp2p connection holds at each layer, read from its private parts: there is no public way to see a leak. */
export function held (connection: Connection): { inMuxer: number, encrypted: MessageStream, raw: MessageStream } {
  const { muxer, maConn } = connection as unknown as {
    muxer: { decoder: { buffer: { byteLength: number } }, maConn: MessageStream }
    maConn: MessageStream
  }
  return { inMuxer: muxer.decoder.buffer.byteLength, encrypted: muxer.maConn, raw: maConn }
}
