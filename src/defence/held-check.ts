/**
 * How much a connection may make this node hold in streams that are not read: paused ones, and those without a reader.
 *
 * Each stream bounds its own bytes, but neither how many streams there are nor in how many pieces its bytes came, and a frame of one byte
 * costs about a hundred to hold, and keeps all of the message alive in which it came, whatever else that was. Counting takes a look at every stream, so it is done once in a while: what may come in between is in the bound.
 */
import { HeldTooMuchError } from './errors.ts'
import type { YamuxFrameCheck } from './yamux-frame-check.ts'
import type { Stream } from '@libp2p/interface'

export interface HeldLimits {
  /** Memory that is kept alive: twice what the eight streams of an honest peer hold at most, one window of 1 MiB each. */
  maxHeldBytes: number
  /** Two full windows in frames of 64 bytes, the smallest packets that are worth a window. A piece costs about 100 bytes: 3 MB. */
  maxHeldPieces: number
}

export const DEFAULT_HELD_LIMITS: HeldLimits = {
  maxHeldBytes: 16 * 1024 * 1024,
  maxHeldPieces: 32_768
}

/** Data frames, or bytes of any frames, between two counts. */
const COUNT_EVERY_FRAMES = 1_024
const COUNT_EVERY_BYTES = 1024 * 1024

/** What a stream holds until it is read is its own affair; there is no public way to count its pieces. */
interface Holder { readBuffer?: { bufs?: readonly Uint8Array[] } }

export class HeldCheck {
  readonly #limits: HeldLimits
  #framesCounted = 0
  #bytesCounted = 0

  constructor (limits: HeldLimits) {
    this.#limits = limits
  }

  /** The error to end the connection with, if it holds too much. */
  check ({ dataFrames, bytes }: Pick<YamuxFrameCheck, 'dataFrames' | 'bytes'>, streams: readonly Stream[]): HeldTooMuchError | undefined {
    if (dataFrames - this.#framesCounted < COUNT_EVERY_FRAMES && bytes - this.#bytesCounted < COUNT_EVERY_BYTES) {
      return undefined
    }
    this.#framesCounted = dataFrames
    this.#bytesCounted = bytes
    const { heldBytes, pieces } = countHeld(streams as unknown as readonly Holder[])
    const { maxHeldBytes, maxHeldPieces } = this.#limits
    return heldBytes > maxHeldBytes || pieces > maxHeldPieces ? new HeldTooMuchError(heldBytes, pieces) : undefined
  }
}

/** Each message that came once, however many pieces of it wait in however many streams. */
function countHeld (streams: readonly Holder[]): { heldBytes: number, pieces: number } {
  const messages = new Set<ArrayBufferLike>()
  let heldBytes = 0
  let pieces = 0
  for (const { readBuffer } of streams) {
    let last: ArrayBufferLike | undefined
    for (const { buffer } of readBuffer?.bufs ?? []) {
      pieces++
      if (buffer !== last && !messages.has(buffer)) {
        messages.add(buffer)
        heldBytes += buffer.byteLength
      }
      last = buffer
    }
  }
  return { heldBytes, pieces }
}
