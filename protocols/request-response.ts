/**
 * The engine under all control protocols: one bounded exchange on one stream.
 *
 *   client                                  server
 *   length, request, end of stream ───────▶
 *          ◀─────── status, length, body    once, or for a subscription many times
 *          ◀─────── end of stream
 *
 * A protocol is data (`Method`): id, sizes, deadline, codec. The engine sees to
 * it that an exchange ends in time, holds a bounded number of bytes, and fails
 * with an error of errors.ts and nothing else.
 * requester.ts and responder.ts are its two sides.
 */
import { STATUS_INTERNAL, statusOf, UnavailableError } from './errors.ts'
import { ExchangePlaces } from './exchange-places.ts'
import { Lifetime } from './lifetime.ts'
import { responses } from './requester.ts'
import { answer, question, refuse } from './responder.ts'
import { release } from './stream-io.ts'
import type { BywayError } from './errors.ts'
import type { PlaceTaker } from './exchange-places.ts'
import type { ExchangeOptions, Handler, Method, ServeOptions, SubscribeOptions } from './method.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

export type { Caller, ExchangeOptions, Handler, Method, ServeOptions, SubscribeOptions } from './method.ts'

/** Servers of subscriptions send something at least every 30 s: three of these may be lost. */
const DEFAULT_IDLE_MS = 90_000

const DEFAULT_MAX_CONCURRENT = 64

/** So that one peer cannot take all places: 16 peers can be served at once whatever they do. */
export const MAX_CONCURRENT_PER_PEER = 4

/** So that the peers of one prefix cannot: ids cost nothing. */
export const MAX_CONCURRENT_PER_PREFIX = 16

/** A request follows the opening of its stream: who is silent must not hold a place that others could be served in. */
const READING_MS = 2_000
const READING_PLACES = { all: 512, perPeer: MAX_CONCURRENT_PER_PEER, perPrefix: 64 }

/** Above MAX_CONCURRENT_PER_PEER, so that an eager peer hears OVER_QUOTA before its streams are reset. */
const DEFAULT_MAX_INBOUND_STREAMS = 32

/** Asks once and gives the answer, or throws a BywayError. */
export async function request<Q, R> (connection: Connection, method: Method<Q, R>, message: Q, options: ExchangeOptions = {}): Promise<R> {
  const life = new Lifetime(options.signal)
  life.arm(options.deadlineMs ?? method.deadlineMs, `answer to ${method.protocol} from ${connection.remotePeer}`)
  for await (const response of responses(connection, method, message, life)) {
    return response
  }
  throw new UnavailableError(`${connection.remotePeer} closed ${method.protocol} without an answer`)
}

/**
 * Asks once and gives answers until the server closes. The deadline is for opening and sending, `idleMs` for each
 * wait after that. `return()` resets the stream at once, also while a `next()` is pending.
 */
export function subscribe<Q, R> (connection: Connection, method: Method<Q, R>, message: Q, options: SubscribeOptions = {}): AsyncGenerator<R> {
  const stopped = new UnavailableError('the subscription was ended by its consumer')
  const stop = new AbortController()
  const generator = subscription(connection, method, message, options, stop.signal, stopped)
  const finish = generator.return.bind(generator)
  generator.return = async value => {
    stop.abort()
    return await finish(value)
  }
  return generator
}

async function * subscription<Q, R> (connection: Connection, method: Method<Q, R>, message: Q, options: SubscribeOptions, stop: AbortSignal, stopped: BywayError): AsyncGenerator<R> {
  const life = new Lifetime(options.signal)
  stop.addEventListener('abort', () => { life.end(stopped) }, { once: true })
  life.arm(options.deadlineMs ?? method.deadlineMs, `stream for ${method.protocol} to ${connection.remotePeer}`)
  try {
    yield * responses(connection, method, message, life, options.idleMs ?? DEFAULT_IDLE_MS)
  } catch (error) {
    if (error !== stopped) {
      throw error
    }
  }
}

/** Answers a protocol on a node. Gives the function that unregisters it and ends what runs (UNAVAILABLE). */
export async function serve<Q, R> (registrar: Registrar, method: Method<Q, R>, handler: Handler<Q, R>, options: ServeOptions = {}): Promise<() => Promise<void>> {
  const lives = new Set<Lifetime>()
  const reading = new ExchangePlaces(READING_PLACES)
  const running = new ExchangePlaces({ all: options.maxConcurrent ?? DEFAULT_MAX_CONCURRENT, perPeer: MAX_CONCURRENT_PER_PEER, perPrefix: MAX_CONCURRENT_PER_PREFIX })

  /** A place while the request is read, and another while it is answered. */
  const exchange = async (stream: Stream, connection: Connection, life: Lifetime): Promise<void> => {
    const taker = { peer: connection.remotePeer.toString(), prefix: options.prefixOf?.(connection) }
    const asked = await inPlace(reading, taker, async () => {
      life.arm(Math.min(READING_MS, method.deadlineMs), 'request')
      return await question(stream, method, life)
    })
    await inPlace(running, taker, async () => { await answer(stream, connection, method, asked, handler, life) })
  }

  const onStream = async (stream: Stream, connection: Connection): Promise<void> => {
    const life = new Lifetime()
    const onClose = (): void => { life.end(new UnavailableError('the stream was closed by the peer')) }
    stream.addEventListener('close', onClose)
    try {
      lives.add(life)
      await exchange(stream, connection, life)
    } catch (cause) {
      const error: unknown = life.signal.aborted ? life.signal.reason : cause
      if (statusOf(error) === STATUS_INTERNAL) {
        options.log?.error('handler of %s failed: %e', method.protocol, error)
      }
      await refuse(stream, error)
    } finally {
      stream.removeEventListener('close', onClose)
      life.clear()
      lives.delete(life)
    }
    await release(stream)
  }

  await registrar.handle(method.protocol, onStream, {
    maxInboundStreams: options.maxInboundStreams ?? DEFAULT_MAX_INBOUND_STREAMS,
    runOnLimitedConnection: true
  })
  return async () => {
    await registrar.unhandle(method.protocol)
    for (const life of lives) {
      life.end(new UnavailableError('the service is stopping'))
    }
  }
}

async function inPlace<T> (places: ExchangePlaces, taker: PlaceTaker, run: () => Promise<T>): Promise<T> {
  places.take(taker)
  try {
    return await run()
  } finally {
    places.give(taker)
  }
}
