// Yamux answers every data frame with a window update. Where packets are small that doubles the messages, each with its own
// encryption and system call. A receiver may as well wait until half of its window is used: that is what this wrapper
// does, and it frees the memory of frames whose receivers keep nothing (freed-memory.ts). To be dropped when the muxer does it by itself.
import { serviceCapabilities } from '@libp2p/interface'
import { freeBlock } from './freed-memory.ts'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'

/** What we need to know of a yamux stream. */
interface WindowedStream {
  state: number
  recvWindow: number
  recvWindowCapacity: number
  sendWindowUpdate: () => void
  readonly protocol: string
  readonly readBufferLength: number
  handleData: (frame: { data?: Uint8ArrayList }) => void
}

interface YamuxMuxer extends StreamMuxer {
  _newStream: (...args: unknown[]) => WindowedStream
}

/** States of a yamux stream whose window updates carry no flags: SYN sent, and established. */
const PLAIN_STATES = new Set([1, 3])
/** A frame's header: in a block with nothing but a frame, this is before its data. */
const HEADER_BYTES = 12

export interface QuietYamuxInit {
  /** Protocols whose receivers are done with a chunk when the event that brought it is over. */
  keepsNothing?: ReadonlySet<string>
}

export function quietYamux<Components> (inner: (components: Components) => StreamMuxerFactory, init: QuietYamuxInit = {}): (components: Components) => StreamMuxerFactory {
  return (components) => new QuietMuxerFactory(inner(components), init.keepsNothing ?? new Set())
}

class QuietMuxerFactory implements StreamMuxerFactory {
  readonly protocol: string
  readonly [serviceCapabilities] = ['@libp2p/stream-multiplexing']
  readonly [Symbol.toStringTag] = 'byway-quiet-yamux'
  readonly #inner: StreamMuxerFactory
  readonly #keepsNothing: ReadonlySet<string>

  constructor (inner: StreamMuxerFactory, keepsNothing: ReadonlySet<string>) {
    this.#inner = inner
    this.#keepsNothing = keepsNothing
    this.protocol = inner.protocol
  }

  createStreamMuxer (connection: MessageStream): StreamMuxer {
    const muxer = this.#inner.createStreamMuxer(connection) as YamuxMuxer
    const newStream = muxer._newStream.bind(muxer)
    muxer._newStream = (...args) => freed(quiet(newStream(...args)), this.#keepsNothing)
    return muxer
  }
}

function quiet (stream: WindowedStream): WindowedStream {
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    if (!PLAIN_STATES.has(stream.state) || stream.recvWindowCapacity <= stream.recvWindow / 2) {
      update()
    }
  }
  return stream
}

function freed (stream: WindowedStream, keepsNothing: ReadonlySet<string>): WindowedStream {
  const handleData = stream.handleData.bind(stream)
  stream.handleData = (frame) => {
    handleData(frame)
    if (frame.data !== undefined && keepsNothing.has(stream.protocol) && stream.readBufferLength === 0) {
      for (const part of frame.data) {
        freeBlock(part, HEADER_BYTES)
      }
    }
  }
  return stream
}
