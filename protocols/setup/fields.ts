/** Single fields of set-up messages: fixed lengths, labels, and fields that may be absent (protobuf: empty). Decoders copy. */
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { MAX_UINT32, checkInteger, checkLength } from '../field-checks.ts'
import { LABEL_BYTES } from '../forward/constants.ts'
import { FRAME_HEADER_BYTES, MAX_FRAME_BYTES } from './constants.ts'
import type { Label } from '../forward/labelled.ts'

const MAX_BODY_BYTES = MAX_FRAME_BYTES - FRAME_HEADER_BYTES

/** The same bytes, if they fit into a frame: nothing longer is ever taken apart. */
export function checkBody (bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_BODY_BYTES) {
    throw new MalformedMessageError(`a message of ${bytes.length} bytes: a frame takes ${MAX_BODY_BYTES}`)
  }
  return bytes
}

export function checkPresent (bytes: Uint8Array, field: string): Uint8Array {
  if (bytes.length === 0) {
    throw new MalformedMessageError(`${field} is missing`)
  }
  return bytes
}

/** Slot and check, big-endian. */
export function encodeLabel ({ slot, check }: Label): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(LABEL_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, checkInteger(slot, MAX_UINT32, 'slot'))
  view.setUint32(4, checkInteger(check, MAX_UINT32, 'check'))
  return bytes
}

export function decodeLabel (bytes: Uint8Array, field: string): Label {
  checkLength(bytes, LABEL_BYTES, field)
  const view = new DataView(bytes.buffer, bytes.byteOffset, LABEL_BYTES)
  return { slot: view.getUint32(0), check: view.getUint32(4) }
}

export function encodeOptionalLabel (label?: Label): Uint8Array<ArrayBuffer> {
  return label == null ? new Uint8Array(0) : encodeLabel(label)
}

export function decodeOptionalLabel (bytes: Uint8Array, field: string): Label | undefined {
  return bytes.length === 0 ? undefined : decodeLabel(bytes, field)
}

export function encodeOptional (bytes: Uint8Array | undefined, length: number, field: string): Uint8Array<ArrayBuffer> {
  return bytes == null ? new Uint8Array(0) : withArrayBuffer(checkLength(bytes, length, field))
}

export function decodeOptional (bytes: Uint8Array, length: number, field: string): Uint8Array | undefined {
  return bytes.length === 0 ? undefined : copyOfLength(bytes, length, field)
}

export function copyOfLength (bytes: Uint8Array, length: number, field: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(checkLength(bytes, length, field))
}
