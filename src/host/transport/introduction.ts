// The first message each way on a stream between two underlays: who speaks, checked before any byte of the application passes.
import { BywayError, CancelledError, DeadlineError, MalformedMessageError, STATUS_OK, UnavailableError, errorOfStatus, statusOf } from '../../../protocols/errors.ts'
import { FirstMessage, frameOf } from '../../../protocols/identity/frames.ts'
import { INTRODUCTION_DEADLINE_MS } from '../../../protocols/identity/constants.ts'
import { decodeIntroduction, decodeWelcome, encodeIntroduction, encodeWelcome, openBinding } from '../../../protocols/identity/codec.ts'
import type { ChannelStream } from '../stream/channel-stream.ts'
import type { OpenBindingOptions } from '../../../protocols/identity/codec.ts'
import type { PeerId } from '@libp2p/interface'

/** Bindings that the other side may show. */
export type Verification = Omit<OpenBindingOptions, 'application'>

export interface Introduced {
  /** Who speaks through the other underlay. */
  application: PeerId
  /** What came behind the message: bytes of the application. */
  rest: Uint8Array
}

/**
 * The dialler's side. The stream is paused afterwards.
 *
 * @throws what went wrong at the listener, as `remote`; what is wrong with its binding; the signal's reason
 */
export async function introduce (stream: ChannelStream, init: { binding: Uint8Array, to: PeerId, verification: Verification, signal?: AbortSignal }): Promise<Introduced> {
  stream.send(frameOf(encodeIntroduction(init.binding, init.to)))
  const { message, rest } = await firstMessage(stream, init.signal)
  const { status, binding } = decodeWelcome(message)
  if (status !== STATUS_OK) {
    throw errorOfStatus(status, `${init.to.toString()} does not take the connection`)
  }
  const { application } = await openBinding(binding, { ...init.verification, application: init.to })
  return { application, rest }
}

/**
 * The listener's side. `admit` says by its error that there is no room, `expects` that nobody of that name listens here. The stream is paused
 * afterwards; where it comes to nothing the dialler is told why.
 *
 * @throws what is wrong with the introduction; what `admit` and `expects` throw
 */
export async function welcome (stream: ChannelStream, init: {
  binding: () => Uint8Array
  admit: () => void
  expects: (application: PeerId) => void
  verification: Verification
  signal?: AbortSignal
}): Promise<Introduced> {
  try {
    init.admit()
    const { message, rest } = await firstMessage(stream, init.signal)
    const { binding, to } = decodeIntroduction(message)
    init.expects(to)
    const { application } = await openBinding(binding, init.verification)
    if (rest.byteLength > 0) {
      throw new MalformedMessageError('bytes of the application before the welcome')
    }
    stream.send(frameOf(encodeWelcome(STATUS_OK, init.binding())))
    return { application, rest }
  } catch (error) {
    if (stream.isWritable) {
      stream.send(frameOf(encodeWelcome(statusOf(error))))
      stream.close()
    }
    throw error
  }
}

async function firstMessage (stream: ChannelStream, signal?: AbortSignal): Promise<{ message: Uint8Array, rest: Uint8Array }> {
  const first = new FirstMessage()
  let stop = (): void => {}
  try {
    return await new Promise((resolve, reject) => {
      const onMessage = ({ detail }: CustomEvent<Uint8Array>): void => {
        try {
          const done = first.take(detail)
          if (done !== undefined) {
            // what comes next is not ours to take
            stream.pause()
            stop()
            resolve(done)
          }
        } catch (error) {
          // else what waits behind it would come, too, and be put to it
          stream.pause()
          stop()
          reject(error instanceof BywayError ? error : new MalformedMessageError('not an introduction', { cause: error }))
        }
      }
      const onEnd = (): void => { reject(new UnavailableError('the stream ended before the other side had introduced itself')) }
      const onAbort = (): void => { reject(signal?.reason instanceof Error ? signal.reason : new CancelledError('nobody waits for the other side any more')) }
      const timer = setTimeout(() => { reject(new DeadlineError('the other side did not introduce itself in time')) }, INTRODUCTION_DEADLINE_MS)
      stop = () => {
        clearTimeout(timer)
        stream.removeEventListener('message', onMessage)
        stream.removeEventListener('remoteCloseWrite', onEnd)
        stream.removeEventListener('close', onEnd)
        signal?.removeEventListener('abort', onAbort)
      }
      signal?.addEventListener('abort', onAbort)
      stream.addEventListener('remoteCloseWrite', onEnd)
      stream.addEventListener('close', onEnd)
      stream.addEventListener('message', onMessage)
      if (signal?.aborted === true) {
        onAbort()
      }
    })
  } finally {
    stop()
  }
}
