/** The first message of a stream, cut off from what follows: 2 bytes of length, then the message. */
import { concat } from 'uint8arrays/concat'
import { MalformedMessageError, MessageTooLargeError } from '../errors.ts'
import { MAX_INTRODUCTION_BYTES } from './constants.ts'

const LENGTH_BYTES = 2

export function frameOf (message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH_BYTES + message.byteLength)
  new DataView(frame.buffer).setUint16(0, message.byteLength)
  frame.set(message, LENGTH_BYTES)
  return frame
}

/** Collects chunks until the message is complete. */
export class FirstMessage {
  #bytes = new Uint8Array()

  /**
   * @returns the message and what came after it, or undefined while there is more to come
   * @throws MalformedMessageError, MessageTooLargeError
   */
  take (chunk: Uint8Array): { message: Uint8Array, rest: Uint8Array } | undefined {
    this.#bytes = concat([this.#bytes, chunk])
    if (this.#bytes.byteLength < LENGTH_BYTES) {
      return undefined
    }
    const length = new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getUint16(0)
    if (length === 0) {
      throw new MalformedMessageError('an introduction cannot be empty')
    }
    if (length > MAX_INTRODUCTION_BYTES) {
      throw new MessageTooLargeError(`introduction of ${length} bytes where ${MAX_INTRODUCTION_BYTES} are allowed`)
    }
    const end = LENGTH_BYTES + length
    return this.#bytes.byteLength < end ? undefined : { message: this.#bytes.slice(LENGTH_BYTES, end), rest: this.#bytes.subarray(end) }
  }
}
