/** The one stream of exchanges that a connection has for each protocol: opened by the first who asks, shared by all, opened anew when it is gone. */
import { Lifetime } from '../lifetime.ts'
import { RequestStream } from './request-stream.ts'
import type { ExchangeOptions } from './request-stream.ts'
import type { RequestStreamProtocol } from './request-stream-protocol.ts'
import type { Connection } from '@libp2p/interface'

/** They end with their connection, which nothing here keeps. */
const streams = new WeakMap<Connection, Map<RequestStreamProtocol, Promise<RequestStream>>>()

/**
 * Asks over the connection's stream, and gives the body of the answer. Rejects as `RequestStream.request` does, and with ProtocolNotSupportedError. The deadline is
 * for opening and answer together.
 */
export async function exchange (connection: Connection, protocol: RequestStreamProtocol, type: number, body: Uint8Array, options: Omit<ExchangeOptions, 'onLate'> = {}): Promise<Uint8Array> {
  const { deadlineMs = protocol.deadlineMs, signal } = options
  const startedMs = performance.now()
  const life = new Lifetime(signal)
  life.arm(deadlineMs, `answer to ${protocol.id} from ${connection.remotePeer}`)
  try {
    life.signal.throwIfAborted()
    const stream = await life.race(streamOver(connection, protocol))
    return await stream.request(type, body, { signal, deadlineMs: Math.max(0, deadlineMs - (performance.now() - startedMs)) })
  } finally {
    life.clear()
  }
}

async function streamOver (connection: Connection, protocol: RequestStreamProtocol): Promise<RequestStream> {
  const ofConnection = streams.get(connection) ?? new Map<RequestStreamProtocol, Promise<RequestStream>>()
  streams.set(connection, ofConnection)
  const known = ofConnection.get(protocol)
  const open = await known?.catch(() => undefined)
  if (open?.isOpen === true) {
    return open
  }
  // whoever came first while we waited has opened another
  const latest = ofConnection.get(protocol)
  if (latest !== undefined && latest !== known) {
    return await latest
  }
  const opening = RequestStream.open(connection, protocol)
  ofConnection.set(protocol, opening)
  return await opening
}
