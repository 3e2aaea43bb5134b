/**
 * The server's side of one exchange, for request-response.ts: read one request,
 * hand it on, write what comes back, or say why nothing does.
 */
import { pipe } from 'it-pipe'
import { BywayError, MalformedMessageError, STATUS_INTERNAL, STATUS_OK, statusOf } from './errors.ts'
import { failureBody, FRAME_OVERHEAD_BYTES, MAX_FAILURE_BYTES, requestBodies, responseFrame } from './framing.ts'
import { Lifetime } from './lifetime.ts'
import { bounded, decoded, typed } from './method.ts'
import { chunksOf, LINGER_MS, sinkTo } from './stream-io.ts'
import type { Handler, Method } from './method.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/** What one window of yamux can bring after a stream was paused; its first window is 256 KiB. */
const REQUEST_WINDOW_BYTES = 256 * 1024

/** The request of an exchange, for which `life` may wait. */
export async function question<Q> (stream: Stream, method: { maxRequestBytes: number, maxResponseBytes: number, decodeRequest(bytes: Uint8Array): Q }, life: Lifetime): Promise<Q> {
  stream.maxReadBufferLength = method.maxRequestBytes + REQUEST_WINDOW_BYTES
  stream.maxWriteBufferLength = method.maxResponseBytes + MAX_FAILURE_BYTES + 2 * FRAME_OVERHEAD_BYTES
  const body = await pipe(chunksOf(stream, life.signal), requestBodies(method.maxRequestBytes), first)
  return decoded(() => method.decodeRequest(body), 'request')
}

/** The server's side from there on, up to the last response. */
export async function answer<Q, R> (stream: Stream, connection: Connection, method: Method<Q, R>, asked: Q, handler: Handler<Q, R>, life: Lifetime): Promise<void> {
  life.arm(method.deadlineMs, 'end of the exchange')
  const result: unknown = await life.race(handler(asked, { peer: connection.remotePeer, connection, signal: life.signal }) as Promise<unknown>)
  const results = isAsyncIterable<R>(result) ? inTime(result, life, method.deadlineMs) : [result as R]
  await pipe(results, source => framed(source, method), sinkTo(stream, life.signal))
}

/** The results of a subscription: they may take their time, each write of one may take `writeMs`. */
async function * inTime<R> (results: AsyncIterable<R>, life: Lifetime, writeMs: number): AsyncGenerator<R> {
  const iterator = results[Symbol.asyncIterator]()
  try {
    while (true) {
      life.disarm()
      const { done, value } = await life.race(iterator.next()) as IteratorResult<R, undefined>
      life.arm(writeMs, 'room for a response')
      if (done === true) {
        return
      }
      yield value
    }
  } finally {
    // Not awaited: a generator that is busy returns only when its own wait ends, for which it has `caller.signal`.
    void giveUp(iterator)
  }
}

async function giveUp (iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {}
}

async function * framed<R> (results: Iterable<R> | AsyncIterable<R>, method: { encodeResponse(message: R): Uint8Array, maxResponseBytes: number }): AsyncGenerator<Uint8ArrayList> {
  for await (const result of results) {
    yield responseFrame(STATUS_OK, bounded(method.encodeResponse(result), method.maxResponseBytes, 'response'))
  }
}

async function first (bodies: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const body of bodies) {
    return body
  }
  throw new MalformedMessageError('the stream ended before a request')
}

/** Tells the peer why it gets no (further) answer, if it still listens. */
export async function refuse (stream: Stream, error: unknown): Promise<void> {
  const life = new Lifetime()
  life.arm(LINGER_MS, 'room for a refusal')
  try {
    const status = statusOf(error)
    const message = error instanceof BywayError && status !== STATUS_INTERNAL ? error.message : 'internal error'
    await pipe([responseFrame(status, failureBody(message))], sinkTo(stream, life.signal))
  } catch (cause) {
    stream.abort(typed(cause, life.signal))
  } finally {
    life.clear()
  }
}

function isAsyncIterable<T> (value: unknown): value is AsyncIterable<T> {
  return typeof value === 'object' && value != null && Symbol.asyncIterator in value
}
