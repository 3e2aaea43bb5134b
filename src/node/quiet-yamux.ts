// Yamux answers every data frame with a window update. Where packets are small that doubles the messages, each with its own
// encryption and system call. A receiver may as well wait until half of its window is used: that is what this wrapper
// does, and nothing else. To be dropped when the muxer does it by itself.
import { serviceCapabilities } from '@libp2p/interface'
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'

/** What we need to know of a yamux stream. */
interface WindowedStream {
  state: number
  recvWindow: number
  recvWindowCapacity: number
  sendWindowUpdate: () => void
}

interface YamuxMuxer extends StreamMuxer {
  _newStream: (...args: unknown[]) => WindowedStream
}

/** States of a yamux stream whose window updates carry no flags: SYN sent, and established. */
const PLAIN_STATES = new Set([1, 3])

export function quietYamux<Components> (inner: (components: Components) => StreamMuxerFactory): (components: Components) => StreamMuxerFactory {
  return (components) => new QuietMuxerFactory(inner(components))
}

class QuietMuxerFactory implements StreamMuxerFactory {
  readonly protocol: string
  readonly [serviceCapabilities] = ['@libp2p/stream-multiplexing']
  readonly [Symbol.toStringTag] = 'byway-quiet-yamux'
  readonly #inner: StreamMuxerFactory

  constructor (inner: StreamMuxerFactory) {
    this.#inner = inner
    this.protocol = inner.protocol
  }

  createStreamMuxer (connection: MessageStream): StreamMuxer {
    const muxer = this.#inner.createStreamMuxer(connection) as YamuxMuxer
    const newStream = muxer._newStream.bind(muxer)
    muxer._newStream = (...args) => quiet(newStream(...args))
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
