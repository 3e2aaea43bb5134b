/** What other muxers may send, and js-yamux does not by itself. */
import { Uint8ArrayList } from 'uint8arraylist'
import type { Stream } from '@libp2p/interface'

/** What we need to know of a yamux stream. */
interface YamuxStream {
  streamId: number
  sendFrame: (header: { type: number, flag: number, streamID: number, length: number }, body: Uint8ArrayList) => boolean
}

/** Data, and the end of the stream in the same yamux frame (type 0, flag FIN). The stream does not know of it. */
export function sendAndEnd (stream: Stream, bytes: Uint8Array): void {
  const { streamId, sendFrame } = stream as unknown as YamuxStream
  sendFrame({ type: 0, flag: 4, streamID: streamId, length: bytes.length }, new Uint8ArrayList(bytes))
}
