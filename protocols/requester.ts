/**
 * The client's side of one exchange, for request-response.ts: open a stream,
 * send the request and close, read responses in step with their reader.
 */
import { pipe } from 'it-pipe'
import { errorOfStatus, ProtocolNotSupportedError, STATUS_OK, UnavailableError } from './errors.ts'
import { FRAME_OVERHEAD_BYTES, printable, requestFrame, responseFrames } from './framing.ts'
import { bounded, decoded, typed } from './method.ts'
import { chunksOf, release, sinkTo } from './stream-io.ts'
import type { BywayError } from './errors.ts'
import type { Lifetime } from './lifetime.ts'
import type { Method } from './method.ts'
import type { Connection, Stream } from '@libp2p/interface'

/** What one window of yamux can bring after a stream was paused: byway's nodes let it grow to 1 MiB. */
const RESPONSE_WINDOW_BYTES = 2 * 1024 * 1024

/** The client's side of an exchange. With `idleMs` it is a subscription, whose stream is reset unless the server closes it. */
export async function * responses<Q, R> (connection: Connection, method: Method<Q, R>, message: Q, life: Lifetime, idleMs?: number): AsyncGenerator<R> {
  const waitForNext = (): void => {
    if (idleMs != null) {
      life.arm(idleMs, `response on ${method.protocol} from ${connection.remotePeer}`)
    }
  }
  let stream: Stream | undefined
  let reason: BywayError | undefined = idleMs == null ? undefined : new UnavailableError('the subscription was ended')
  try {
    life.signal.throwIfAborted()
    const body = bounded(method.encodeRequest(message), method.maxRequestBytes, 'request')
    stream = await open(connection, method, life.signal)
    await sendRequest(stream, body, life.signal)
    waitForNext()
    for await (const frame of pipe(chunksOf(stream, life.signal), responseFrames(method.maxResponseBytes))) {
      life.disarm()
      yield accept(method, frame.status, frame.body)
      waitForNext()
    }
    reason = undefined
  } catch (cause) {
    reason = typed(cause, life.signal)
    throw reason
  } finally {
    life.clear()
    if (reason != null) {
      stream?.abort(reason)
    } else if (stream != null) {
      void release(stream) // the answer need not wait for the server's end of stream
    }
  }
}

async function open (connection: Connection, method: { protocol: string, maxRequestBytes: number }, signal: AbortSignal): Promise<Stream> {
  try {
    const stream = await connection.newStream(method.protocol, { signal, runOnLimitedConnection: true })
    stream.maxReadBufferLength = RESPONSE_WINDOW_BYTES
    stream.maxWriteBufferLength = method.maxRequestBytes + FRAME_OVERHEAD_BYTES
    return stream
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof Error && cause.name === 'UnsupportedProtocolError') {
      throw new ProtocolNotSupportedError(`${connection.remotePeer} does not speak ${method.protocol}`, { cause })
    }
    throw new UnavailableError(`no stream for ${method.protocol} to ${connection.remotePeer}`, { cause })
  }
}

async function sendRequest (stream: Stream, body: Uint8Array, signal: AbortSignal): Promise<void> {
  try {
    await pipe([requestFrame(body)], sinkTo(stream, signal))
    await stream.close({ signal })
  } catch {
    // A server may refuse without reading to the end: what it answered, if anything, is still to be read.
    signal.throwIfAborted()
  }
}

function accept<R> (method: { decodeResponse(bytes: Uint8Array): R }, status: number, body: Uint8Array): R {
  if (status !== STATUS_OK) {
    throw errorOfStatus(status, printable(body))
  }
  return decoded(() => method.decodeResponse(body), 'response')
}
