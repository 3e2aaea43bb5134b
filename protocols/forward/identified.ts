// Packets to a group or a delegate: they carry the identifier itself, since those who forward them have it in common.
import { DEFAULT_TTL, IDENTIFIER_BYTES, IDENTIFIER_HEADER_BYTES, Kind } from './constants.ts'
import { copyOf } from './node-id.ts'
import { At } from './source-route.ts'

export type IdentifiedKind = typeof Kind.group | typeof Kind.delegate

/** Offsets in a packet with an identifier; `kind`, `flags` and `ttl` are those of every packet. */
export const IdentifiedAt = { identifier: 6, payload: IDENTIFIER_HEADER_BYTES } as const

export interface Identified {
  kind: IdentifiedKind
  /** 16 bytes. */
  identifier: Uint8Array
}

/** Header of packets to a group or a delegate, ready for `writePacket`. */
export function encodeIdentified ({ kind, identifier }: Identified): Uint8Array {
  const header = new Uint8Array(IDENTIFIER_HEADER_BYTES)
  header[At.length + 1] = IDENTIFIER_HEADER_BYTES
  header[At.kind] = kind
  header[At.ttl] = DEFAULT_TTL
  header.set(identifier.subarray(0, IDENTIFIER_BYTES), IdentifiedAt.identifier)
  return header
}

/** Whom the packet at `at` is for, or undefined when it is of another kind or too short. */
export function readIdentified (buffer: Uint8Array, at: number, length: number): Identified | undefined {
  const kind = buffer[at + At.kind]
  return (kind === Kind.group || kind === Kind.delegate) && length >= IDENTIFIER_HEADER_BYTES
    ? { kind, identifier: copyOf(buffer, at + IdentifiedAt.identifier, at + IdentifiedAt.identifier + IDENTIFIER_BYTES) }
    : undefined
}
