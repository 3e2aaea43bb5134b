// Labelled packets: their header, and the notices about them. A label names forwarding state that one node has installed for
// one neighbour, so every node on the way writes another one. Reading works in place, for the hot loop.
import {
  DEFAULT_TTL, Flag, Kind, LABEL_BYTES, LABELLED_HEADER_BYTES, NOTICE_QUOTE_BYTES, NoticeCode, SOURCE_ROUTE_FIXED_BYTES
} from './constants.ts'
import { copyOf } from './node-id.ts'
import { At, readUint32 } from './source-route.ts'

/** Offsets in a labelled packet; `kind`, `flags` and `ttl` are those of every packet. */
export const LabelledAt = { endpoint: 5, slot: 6, check: 10, payload: LABELLED_HEADER_BYTES } as const

export interface Label {
  /** Index of the state: 32 bits. */
  slot: number
  /** What a stranger cannot guess: 32 bits. */
  check: number
  /** Which process of a forwarder holds the state; 0 where there is one. */
  endpoint?: number
}

/** Header of packets that begin their way with this label, ready for `writePacket`. */
export function encodeLabelled (label: Label): Uint8Array {
  const header = new Uint8Array(LABELLED_HEADER_BYTES)
  header[At.length + 1] = LABELLED_HEADER_BYTES
  header[At.kind] = Kind.labelled
  header[At.ttl] = DEFAULT_TTL
  writeLabel(header, 0, label)
  return header
}

/** Puts another label on the packet at `at`: what a forwarder does in the batch of the next hop. */
export function writeLabel (packet: Uint8Array, at: number, { slot, check, endpoint = 0 }: Label): void {
  packet[at + LabelledAt.endpoint] = endpoint
  putLabel(packet, at + LabelledAt.slot, slot, check)
}

/** The 8 bytes of a label as they stand in packets and in notices, at `at`. */
export function putLabel (target: Uint8Array, at: number, slot: number, check: number): void {
  writeUint32(target, at, slot)
  writeUint32(target, at + 4, check)
}

/** The label of the packet at `at`, or undefined when it is too short to have one. The hot loop reads slot and check itself. */
export function readLabel (buffer: Uint8Array, at: number, length: number): Required<Label> | undefined {
  return length < LABELLED_HEADER_BYTES
    ? undefined
    : {
        slot: readUint32(buffer, at + LabelledAt.slot),
        check: readUint32(buffer, at + LabelledAt.check),
        endpoint: buffer[at + LabelledAt.endpoint]
      }
}

export interface LabelNotice {
  code: NoticeCode
  /** The label as the packet that caused the notice carried it. */
  label: Uint8Array
  quote: Uint8Array
}

/** None is made where it would be larger than the packet. */
export function deservesLabelNotice (buffer: Uint8Array, at: number, length: number): boolean {
  return buffer[at + At.kind] === Kind.labelled && length >= SOURCE_ROUTE_FIXED_BYTES
}

/**
 * A notice about the labelled packet at `at`, for the neighbour that sent it: hop count 0, and the label where other notices
 * have the path tag. Undefined for another kind, and where it would be larger than the packet.
 */
export function encodeLabelNotice (buffer: Uint8Array, at: number, length: number, code: NoticeCode): Uint8Array | undefined {
  if (!deservesLabelNotice(buffer, at, length)) {
    return undefined
  }
  const quote = Math.min(NOTICE_QUOTE_BYTES, length - SOURCE_ROUTE_FIXED_BYTES)
  const notice = new Uint8Array(SOURCE_ROUTE_FIXED_BYTES + quote)
  notice[At.length + 1] = notice.length
  notice[At.kind] = Kind.notice
  notice[At.flags] = Flag.backwards | Flag.droppable
  notice[At.ttl] = DEFAULT_TTL
  notice[At.code] = code
  notice.set(buffer.subarray(at + LabelledAt.slot, at + LabelledAt.slot + LABEL_BYTES), At.pathTag)
  notice.set(buffer.subarray(at + LabelledAt.payload, at + LabelledAt.payload + quote), SOURCE_ROUTE_FIXED_BYTES)
  return notice
}

/** Has the packet at `at` the form of a notice about a label? Those who send it on look at no more. */
export function isLabelNotice (buffer: Uint8Array, at: number, length: number): boolean {
  return length >= SOURCE_ROUTE_FIXED_BYTES && length <= SOURCE_ROUTE_FIXED_BYTES + NOTICE_QUOTE_BYTES &&
    buffer[at + At.kind] === Kind.notice && (buffer[at + At.flags] & (Flag.backwards | Flag.turnAround)) === Flag.backwards &&
    buffer[at + At.hopIndex] === 0 && buffer[at + At.hopCount] === 0
}

/** Undefined when the packet at `at` is not a notice about a label, or its code is not known. */
export function decodeLabelNotice (buffer: Uint8Array, at: number, length: number): LabelNotice | undefined {
  const code = buffer[at + At.code]
  if (!isLabelNotice(buffer, at, length) || code < NoticeCode.ttlExceeded || code > NoticeCode.expired) {
    return undefined
  }
  return {
    code: code as NoticeCode,
    label: copyOf(buffer, at + At.pathTag, at + At.pathTag + LABEL_BYTES),
    quote: copyOf(buffer, at + SOURCE_ROUTE_FIXED_BYTES, at + length)
  }
}

function writeUint32 (target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24
  target[at + 1] = value >>> 16
  target[at + 2] = value >>> 8
  target[at + 3] = value
}
