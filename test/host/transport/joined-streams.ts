// Two ends of a channel's streams, joined in memory: what one sends arrives at the other in the next turns of the event loop.
import { ChannelStreams } from '../../../src/host/stream/channel-streams.ts'
import { EndOfTick } from '../../../src/link/end-of-tick.ts'
import type { ChannelStream } from '../../../src/host/stream/channel-stream.ts'

export interface JoinedStreams {
  a: ChannelStreams
  b: ChannelStreams
  /** Opens a stream at `a`, sends a byte over it, and gives both its ends. */
  open: () => Promise<[ChannelStream, ChannelStream]>
  close: () => void
}

export function joinedStreams (): JoinedStreams {
  const endOfTick = new EndOfTick()
  const waiting: Array<(stream: ChannelStream) => void> = []
  const make = (role: 'initiator' | 'responder', other: () => ChannelStreams): ChannelStreams => new ChannelStreams({
    role,
    path: { key: 'path', rttMs: 1 },
    sendFrame: (frame) => {
      const packet = frame.slice(1)
      setImmediate(() => { other().receive(packet, false) })
      return true
    },
    onStream: (stream) => { waiting.shift()?.(stream) },
    now: () => performance.now(),
    startTimer: (run, delayMs) => {
      const timer = setTimeout(run, delayMs)
      return () => { clearTimeout(timer) }
    },
    endOfTick
  })
  const a = make('initiator', () => b)
  const b: ChannelStreams = make('responder', () => a)
  return {
    a,
    b,
    open: async () => {
      const accepted = new Promise<ChannelStream>((resolve) => { waiting.push(resolve) })
      const stream = a.open()
      stream.send(Uint8Array.of(0))
      const other = await accepted
      await new Promise<void>((resolve) => { other.addEventListener('message', () => { other.pause(); resolve() }, { once: true }) })
      other.resume()
      return [stream, other]
    },
    close: () => {
      a.close()
      b.close()
    }
  }
}
