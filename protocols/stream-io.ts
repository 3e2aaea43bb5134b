/**
 * A libp2p stream as the two ends of a pipeline, with back-pressure:
 *
 *   stream ─ chunksOf ─▶ …          … ─▶ sinkTo ─ stream          release: the orderly end
 *
 * Reading is pulled: the stream is paused while a chunk waits for its reader,
 * so what a peer can make us hold is one message and one window of the muxer.
 * (Iterating a libp2p stream directly queues without bound.)
 */
import { Uint8ArrayList } from 'uint8arraylist'
import { UnavailableError } from './errors.ts'
import { Lifetime } from './lifetime.ts'
import type { Stream } from '@libp2p/interface'

type Bytes = Uint8Array | Uint8ArrayList

/** For the other side's end of stream when all else is done: many round trips, and short enough to hold nothing up. */
export const LINGER_MS = 1_000

/**
 * The chunks that arrive on a stream, in step with their reader. Ends when the
 * peer closes its side; throws the signal's reason, or UnavailableError when
 * the stream is reset. The stream is left paused.
 */
export async function * chunksOf (stream: Stream, signal: AbortSignal): AsyncGenerator<Uint8ArrayList> {
  const waiting = new Uint8ArrayList()
  let wake = (): void => {}
  const onChange = (): void => { wake() }
  const onMessage = (event: { data: Bytes }): void => {
    waiting.append(event.data)
    quietly(() => { stream.pause() })
    wake()
  }
  stream.addEventListener('message', onMessage)
  stream.addEventListener('end', onChange)
  stream.addEventListener('close', onChange)
  signal.addEventListener('abort', onChange)
  try {
    while (true) {
      signal.throwIfAborted()
      if (waiting.byteLength === 0 && stream.readStatus === 'paused') {
        quietly(() => { stream.resume() })
      }
      if (waiting.byteLength > 0) {
        const chunk = waiting.sublist()
        waiting.consume(chunk.byteLength)
        yield chunk
      } else if (hasEnded(stream)) {
        if (stream.status === 'reset' || stream.status === 'aborted') {
          throw new UnavailableError('the stream was reset')
        }
        return
      } else {
        await new Promise<void>(resolve => { wake = resolve })
      }
    }
  } finally {
    signal.removeEventListener('abort', onChange)
    stream.removeEventListener('close', onChange)
    stream.removeEventListener('end', onChange)
    stream.removeEventListener('message', onMessage)
    quietly(() => { stream.pause() })
  }
}

/** The 'end' event is not enough: what protocol negotiation read too much of comes back into the buffer after it. */
function hasEnded (stream: Stream): boolean {
  return stream.readStatus === 'closed' || (stream.readableEnded && stream.readBufferLength === 0)
}

/** Writes what comes from a source, one frame at a time, each when the one before has left the write buffer. */
export function sinkTo (stream: Stream, signal: AbortSignal): (source: AsyncIterable<Bytes> | Iterable<Bytes>) => Promise<void> {
  return async source => {
    for await (const frame of source) {
      signal.throwIfAborted()
      try {
        stream.send(frame)
      } catch (cause) {
        throw new UnavailableError('the stream was closed by the peer', { cause })
      }
      while (stream.writableNeedsDrain) {
        await drained(stream, signal)
      }
    }
  }
}

/** Waits for the event: `stream.onDrain()` does not renew its promise. */
async function drained (stream: Stream, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onDrain = (): void => { resolve() }
  const onClose = (): void => { reject(new UnavailableError('the stream was closed by the peer')) }
  const onAbort = (): void => { reject(signal.reason) }
  stream.addEventListener('drain', onDrain)
  stream.addEventListener('close', onClose)
  signal.addEventListener('abort', onAbort)
  try {
    if (signal.aborted) {
      onAbort()
    } else if (stream.writeStatus === 'closed') {
      onClose()
    }
    await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.removeEventListener('close', onClose)
    stream.removeEventListener('drain', onDrain)
  }
}

/** Closes our side and gives the other LINGER_MS for its own, then resets the stream; never rejects. */
export async function release (stream: Stream): Promise<void> {
  const life = new Lifetime()
  const closed = Promise.withResolvers<void>()
  const onClose = (): void => { closed.resolve() }
  stream.addEventListener('close', onClose)
  life.arm(LINGER_MS, 'end of stream')
  try {
    await life.race(stream.close({ signal: life.signal }))
    if (stream.status === 'open' || stream.status === 'closing') {
      await life.race(closed.promise)
    }
  } catch (cause) {
    stream.abort(new UnavailableError('the peer did not close the stream', { cause }))
  } finally {
    life.clear()
    stream.removeEventListener('close', onClose)
  }
}

/** libp2p streams throw StreamStateError when they are closed already, which is just what was wanted. */
function quietly (act: () => void): void {
  try {
    act()
  } catch {}
}
