/** Bounds of single message fields, the same for what is sent and for what is received. */
import { MalformedMessageError } from './errors.ts'

export const MAX_UINT32 = 2 ** 32 - 1
export const MAX_UINT64 = 2n ** 64n - 1n

/** Returns `value` if it is an integer from 0 to `max`. */
export function checkInteger (value: number, max: number, field: string): number {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new MalformedMessageError(`${field} is ${value}: it must be an integer from 0 to ${max}`)
  }
  return value
}

/** A uint64 that the interface shows as a number: times, sizes of trees. */
export function checkSafeInteger (value: bigint | number, field: string): number {
  return checkInteger(Number(value), Number.MAX_SAFE_INTEGER, field)
}

export function checkUint64 (value: bigint, field: string): bigint {
  if (value < 0n || value > MAX_UINT64) {
    throw new MalformedMessageError(`${field} is ${value}: it must fit into 64 bits without a sign`)
  }
  return value
}

export function checkLength (bytes: Uint8Array, length: number, field: string): Uint8Array {
  if (bytes.length !== length) {
    throw new MalformedMessageError(`${field} has ${bytes.length} bytes instead of ${length}`)
  }
  return bytes
}
