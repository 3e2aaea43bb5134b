/**
 * The protocol of a stream is agreed on by multistream-select, which libp2p speaks without any bound: it refuses name after name as long as there
 * are any, 64,000 of one data frame, without a turn of the event loop, and takes up to 4 MiB a stream that nobody counts while an answer waits
 * for a peer that does not read.
 *
 *     yamux ─▶ [ read buffer of the stream: counted by held-check.ts ] ─▶ a little at a time ─▶ multistream-select ─▶ answers, counted
 *
 * Once the protocol is agreed on, the stream is as it was. To be dropped when multistream-select has such limits.
 */
import { serviceCapabilities, StreamMessageEvent } from '@libp2p/interface'
import { NegotiationTooLongError } from './errors.ts'
import type { MessageStream, Stream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/**
 * Answers to one peer until a protocol is agreed on: a header, a refusal for each protocol that this node does not speak, and an acceptance. Peers
 * that know several names for what they want try a handful.
 */
export const MAX_NEGOTIATION_ANSWERS = 16
/** A name has 1,024 at most, with its length two more (go-multistream): so most negotiations are handed over at once, with the first data behind them. */
const PORTION_BYTES = 2_048

/** What we need to know of a yamux stream. */
interface NegotiatedStream extends Stream {
  readonly readBuffer: Uint8ArrayList
  /** Hands all of the read buffer to those who listen for messages. */
  dispatchReadBuffer: () => void
  checkReadBufferLength: () => void
  listenerCount: (type: string) => number
}

interface YamuxMuxer extends StreamMuxer {
  _newStream: (...args: unknown[]) => NegotiatedStream
}

/** A peer that negotiates without end loses its stream. */
export function limitedNegotiation<Components> (inner: (components: Components) => StreamMuxerFactory): (components: Components) => StreamMuxerFactory {
  return (components) => new LimitedMuxerFactory(inner(components))
}

class LimitedMuxerFactory implements StreamMuxerFactory {
  readonly protocol: string
  readonly [serviceCapabilities] = ['@libp2p/stream-multiplexing']
  readonly [Symbol.toStringTag] = 'byway-limited-negotiation'
  readonly #inner: StreamMuxerFactory

  constructor (inner: StreamMuxerFactory) {
    this.#inner = inner
    this.protocol = inner.protocol
  }

  createStreamMuxer (connection: MessageStream): StreamMuxer {
    const muxer = this.#inner.createStreamMuxer(connection) as YamuxMuxer
    const newStream = muxer._newStream.bind(muxer)
    muxer._newStream = (...args) => limited(newStream(...args))
    return muxer
  }
}

function limited (stream: NegotiatedStream): NegotiatedStream {
  const send = stream.send.bind(stream)
  const dispatchReadBuffer = stream.dispatchReadBuffer.bind(stream)
  const portions = new Portions(stream, dispatchReadBuffer)
  let answers = 0
  const isOver = (): boolean => {
    if (stream.protocol === '') {
      return false
    }
    portions.end()
    stream.send = send
    stream.dispatchReadBuffer = dispatchReadBuffer
    return true
  }
  stream.send = (data) => {
    // what this node asks for is bounded by its own list of names
    if (!isOver() && stream.direction === 'inbound' && ++answers > MAX_NEGOTIATION_ANSWERS) {
      throw new NegotiationTooLongError(MAX_NEGOTIATION_ANSWERS)
    }
    return send(data)
  }
  stream.dispatchReadBuffer = () => {
    if (isOver()) {
      dispatchReadBuffer()
    } else {
      portions.handOver()
    }
  }
  return stream
}

/** Hands over what has come in copies, each when the one before has been looked at, and none while the peer does not take its answers. */
class Portions {
  readonly #stream: NegotiatedStream
  readonly #handOverAll: () => void
  #next: NodeJS.Immediate | undefined

  constructor (stream: NegotiatedStream, handOverAll: () => void) {
    this.#stream = stream
    this.#handOverAll = handOverAll
    stream.addEventListener('drain', this.#later)
  }

  handOver (): void {
    const stream = this.#stream
    const { readBuffer } = stream
    if (stream.writableNeedsDrain || this.#next !== undefined) {
      stream.checkReadBufferLength()
      return
    }
    if (readBuffer.byteLength > 0 && stream.readStatus === 'readable' && stream.listenerCount('message') > 0) {
      // a copy keeps nothing else alive that came in the same message of the layer below
      const portion = readBuffer.slice(0, Math.min(PORTION_BYTES, readBuffer.byteLength))
      readBuffer.consume(portion.byteLength)
      if (readBuffer.byteLength > 0) {
        this.#later()
        stream.dispatchEvent(new StreamMessageEvent(portion))
        stream.checkReadBufferLength()
        return
      }
      readBuffer.append(portion)
    }
    this.#handOverAll()
  }

  end (): void {
    clearImmediate(this.#next)
    this.#next = undefined
    this.#stream.removeEventListener('drain', this.#later)
  }

  readonly #later = (): void => {
    this.#next ??= setImmediate(() => {
      this.#next = undefined
      this.#stream.dispatchReadBuffer()
    })
  }
}
