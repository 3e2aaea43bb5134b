/**
 * Walks over the fields of one protobuf message without decoding any: to count what it says, and to leave some out, before a decoder that has no
 * bounds of its own makes objects of it. Nothing is made for a field that nobody looks at, so that a message full of tiny ones costs little.
 */
import { concat } from 'uint8arrays/concat'
import { MalformedMessageError } from '../../protocols/errors.ts'

/** https://protobuf.dev/programming-guides/encoding/; groups are read by nobody. */
export const WIRE_TYPE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

const MAX_VARINT_BYTES = 10
/** Tags and lengths; longer ones are read in different ways by different decoders. */
const MAX_LENGTH_BYTES = 4

export class FieldCursor {
  readonly #message: Uint8Array
  #start = 0
  #valueAt = 0
  #end = 0
  /** Of the field that the cursor is at. */
  number = 0
  wireType = 0
  /** What a varint says, exact below 2^53. */
  varint = 0

  constructor (message: Uint8Array) {
    this.#message = message
  }

  /**
   * On to the next field; false: there is none.
   *
   * @throws MalformedMessageError
   */
  next (): boolean {
    this.#start = this.#end
    if (this.#start === this.#message.byteLength) {
      return false
    }
    const tag = this.#read(MAX_LENGTH_BYTES)
    this.number = tag >>> 3
    this.wireType = tag & 7
    const length = this.#length()
    this.#valueAt = this.#end
    this.#end += length
    if (this.#end > this.#message.byteLength) {
      throw new MalformedMessageError(`field ${this.number} ends behind the end of its message`)
    }
    return true
  }

  /** The whole field as it came. */
  get field (): Uint8Array {
    return this.#message.subarray(this.#start, this.#end)
  }

  /** What it holds, without tag and length. */
  get value (): Uint8Array {
    return this.#message.subarray(this.#valueAt, this.#end)
  }

  /** What is still to be read of the field, behind its tag. A varint is read at once. */
  #length (): number {
    switch (this.wireType) {
      case WIRE_TYPE.varint:
        this.varint = this.#read(MAX_VARINT_BYTES)
        return 0
      case WIRE_TYPE.fixed64:
        return 8
      case WIRE_TYPE.bytes:
        return this.#read(MAX_LENGTH_BYTES)
      case WIRE_TYPE.fixed32:
        return 4
      default:
        throw new MalformedMessageError(`field ${this.number} has a wire type that is not used`)
    }
  }

  #read (maxBytes: number): number {
    let value = 0
    for (let index = 0; index < maxBytes && this.#end < this.#message.byteLength; index++) {
      const byte = this.#message[this.#end++]
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) {
        return value
      }
    }
    throw new MalformedMessageError('a number is longer than any, or not there whole')
  }
}

/** A field of bytes, below 2^28 of them, in the pieces that it is made of. */
export function bytesField (number: number, ...pieces: Uint8Array[]): Uint8Array {
  const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
  return concat([varintOf(number << 3 | WIRE_TYPE.bytes), varintOf(length), ...pieces])
}

export function varintOf (value: number): Uint8Array {
  const bytes: number[] = []
  for (; value >= 0x80; value >>>= 7) {
    bytes.push(value & 0x7f | 0x80)
  }
  return Uint8Array.of(...bytes, value)
}
