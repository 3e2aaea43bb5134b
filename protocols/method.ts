/**
 * What a control protocol is to the engine (request-response.ts): a record of
 * its id, sizes, deadline and codec; and the guards around such a codec.
 */
import { BywayError, MalformedMessageError, MessageTooLargeError, UnavailableError } from './errors.ts'
import type { Connection, Logger, PeerId } from '@libp2p/interface'

export interface Method<Q, R> {
  /** Protocol id, as negotiated */
  protocol: string
  maxRequestBytes: number
  /** Of each response */
  maxResponseBytes: number
  /** For a whole exchange; for a subscription see `subscribe` and `serve` */
  deadlineMs: number
  encodeRequest(message: Q): Uint8Array
  /** Whatever a decoder throws counts as MalformedMessageError, unless it is a BywayError */
  decodeRequest(bytes: Uint8Array): Q
  encodeResponse(message: R): Uint8Array
  decodeResponse(bytes: Uint8Array): R
}

export interface ExchangeOptions {
  /** Cancels with CancelledError */
  signal?: AbortSignal
  /** Instead of the method's */
  deadlineMs?: number
}

export interface SubscribeOptions extends ExchangeOptions {
  /** Longest silence of the server, before the first response too */
  idleMs?: number
}

/** Who asked. */
export interface Caller {
  peer: PeerId
  connection: Connection
  /** Aborts, with a BywayError, when the stream goes away, the deadline passes or the protocol is unregistered */
  signal: AbortSignal
}

/**
 * Answers once, or many times by returning an async iterable. A BywayError that it throws is told to the caller with
 * its message; of any other failure the caller learns only that there was one.
 */
export type Handler<Q, R> = (request: Q, caller: Caller) => Promise<R> | R | AsyncIterable<R>

export interface ServeOptions {
  /** Streams of one connection; those above are reset without an answer */
  maxInboundStreams?: number
  /** Exchanges at once, of all peers; above it the answer is OVER_QUOTA */
  maxConcurrent?: number
  /** The address prefix by which a peer shares its places with others; undefined, as by default: with nobody */
  prefixOf?: (connection: Connection) => string | undefined
  log?: Logger
}

/** What an exchange rejects with, whatever went wrong in it. */
export function typed (cause: unknown, signal: AbortSignal): BywayError {
  if (signal.aborted) {
    return signal.reason as BywayError
  }
  return cause instanceof BywayError ? cause : new UnavailableError('the exchange failed', { cause })
}

/** What a codec gives; whatever else it throws is a malformed message. */
export function decoded<T> (decode: () => T, what: string): T {
  try {
    return decode()
  } catch (cause) {
    throw cause instanceof BywayError ? cause : new MalformedMessageError(`malformed ${what}`, { cause })
  }
}

/** The same bytes, if there are not too many of them. */
export function bounded (bytes: Uint8Array, maxBytes: number, what: string): Uint8Array {
  if (bytes.byteLength > maxBytes) {
    throw new MessageTooLargeError(`${what} of ${bytes.byteLength} bytes where ${maxBytes} are allowed`)
  }
  return bytes
}
