// Source-routed packets: their header, the rule by which a node accepts one, and the step to the next hop.
// Everything works on bytes in place: the forwarder's hot loop calls `acceptSourceRoute` and `nextHop` once per packet.
import {
  AUTHENTICATOR_BYTES, CLOCK_SKEW_S, DEFAULT_TTL, Flag, Kind, MAX_PACKET_BYTES, MAX_ROUTE_ENTRIES, MAX_ROUTE_LIFE_S,
  NODE_ID_BYTES, NOTICE_QUOTE_BYTES, NoticeCode, PATH_TAG_BYTES, ROUTE_ENTRY_BYTES, SOURCE_ROUTE_FIXED_BYTES
} from './constants.ts'
import { InvalidRouteError, PacketTooLargeError } from './errors.ts'
import { copyOf, isNodeAt } from './node-id.ts'
import type { NodeId } from './node-id.ts'

/** Offsets in a source-routed packet or notice. */
export const At = { length: 0, kind: 2, flags: 3, ttl: 4, hopIndex: 5, hopCount: 6, rateClass: 7, code: 7, expiry: 8, pathTag: 12, list: 20 } as const

export interface SourceRouteInit {
  /** Source, forwarders in walking order, destination: 2 to 18 different nodes. */
  nodes: readonly NodeId[]
  /** Unix seconds. */
  expiryS: number
  /** 8 bytes; zeros for routes that no RSP signed. */
  pathTag?: Uint8Array
  /** One of 8 bytes for each node; zeros where a forwarder takes anyone's routes. */
  authenticators?: ReadonlyArray<Uint8Array | undefined>
  /** What the authenticators were made for; see rate-class.ts. */
  rateClass?: number
}

/**
 * Header of packets along a route, ready to be copied before each payload. Hop index is 1: the first node after the source.
 *
 * @throws InvalidRouteError for fewer than 2 or more than 18 nodes, or a node that stands twice
 */
export function encodeSourceRoute (init: SourceRouteInit): Uint8Array {
  const count = init.nodes.length
  if (count < 2 || count > MAX_ROUTE_ENTRIES) {
    throw new InvalidRouteError(`a source route has 2 to ${MAX_ROUTE_ENTRIES} entries, this one ${count}`)
  }
  const header = new Uint8Array(SOURCE_ROUTE_FIXED_BYTES + count * ROUTE_ENTRY_BYTES)
  const view = new DataView(header.buffer)
  view.setUint16(At.length, header.length)
  header[At.kind] = Kind.sourceRouted
  header[At.ttl] = DEFAULT_TTL
  header[At.hopIndex] = 1
  header[At.hopCount] = count
  header[At.rateClass] = init.rateClass ?? 0
  view.setUint32(At.expiry, init.expiryS)
  if (init.pathTag !== undefined) {
    header.set(init.pathTag.subarray(0, PATH_TAG_BYTES), At.pathTag)
  }
  for (let i = 0; i < count; i++) {
    const at = entryAt(i)
    for (let j = 0; j < i; j++) {
      if (isNodeAt(header, entryAt(j), init.nodes[i])) {
        throw new InvalidRouteError(`entries ${j} and ${i} of a source route are the same node: a path visits a node once`)
      }
    }
    header.set(init.nodes[i].subarray(0, NODE_ID_BYTES), at)
    const authenticator = init.authenticators?.[i]
    if (authenticator !== undefined) {
      header.set(authenticator.subarray(0, AUTHENTICATOR_BYTES), at + NODE_ID_BYTES)
    }
  }
  return header
}

/**
 * Writes one packet into `target` at `at`: header, then payload.
 *
 * @throws PacketTooLargeError
 */
export function writePacket (target: Uint8Array, at: number, header: Uint8Array, payload: Uint8Array, flags: number): void {
  const length = packetBytes(header, payload)
  target.set(header, at)
  target.set(payload, at + header.length)
  target[at + At.length] = length >>> 8
  target[at + At.length + 1] = length & 0xff
  target[at + At.flags] = (header[At.flags] & Flag.backwards) | flags
}

/** @throws PacketTooLargeError */
export function packetBytes (header: Uint8Array, payload: Uint8Array): number {
  const length = header.length + payload.length
  if (length > MAX_PACKET_BYTES) {
    throw new PacketTooLargeError(payload.length, MAX_PACKET_BYTES - header.length)
  }
  return length
}

/** Turns the header of a packet that arrived into the header of an answer along the same list. */
export function replyHeader (packet: Uint8Array): Uint8Array {
  const header = copyOf(packet, 0, headerBytes(packet, 0))
  const backwards = (header[At.flags] & Flag.backwards) === 0
  header[At.flags] = backwards ? Flag.backwards : 0
  header[At.ttl] = DEFAULT_TTL
  header[At.hopIndex] += backwards ? -1 : 1
  return header
}

export function headerBytes (buffer: Uint8Array, at: number): number {
  return SOURCE_ROUTE_FIXED_BYTES + buffer[at + At.hopCount] * ROUTE_ENTRY_BYTES
}

/** Offset of entry `index` from the beginning of the packet. */
export function entryAt (index: number): number {
  return SOURCE_ROUTE_FIXED_BYTES + index * ROUTE_ENTRY_BYTES
}

/** The packet cannot even be answered: too short for its own list. Not a notice code. */
export const MALFORMED = 255

/**
 * The acceptance rule: the node's own id stands exactly once in the list, at the hop index; the entry before it in walking
 * direction is the authenticated neighbour that delivered the packet; the route has not expired. A notice is accepted
 * whatever its expiry, or nobody would hear that a route has expired; therefore it must have the form of a notice.
 *
 * @returns 0, a notice code, or MALFORMED
 */
export function acceptSourceRoute (
  buffer: Uint8Array, at: number, length: number, self: NodeId, from: NodeId, nowS: number
): number {
  if (length < SOURCE_ROUTE_FIXED_BYTES) {
    return MALFORMED
  }
  const count = buffer[at + At.hopCount]
  if (count < 2 || count > MAX_ROUTE_ENTRIES || length < SOURCE_ROUTE_FIXED_BYTES + count * ROUTE_ENTRY_BYTES) {
    return MALFORMED
  }
  const index = buffer[at + At.hopIndex]
  const previous = (buffer[at + At.flags] & Flag.backwards) === 0 ? index - 1 : index + 1
  if (index >= count || previous < 0 || previous >= count ||
      !isNodeAt(buffer, at + entryAt(index), self) || !isNodeAt(buffer, at + entryAt(previous), from)) {
    return MALFORMED
  }
  for (let i = 0, entry = at + SOURCE_ROUTE_FIXED_BYTES; i < count; i++, entry += ROUTE_ENTRY_BYTES) {
    if (i !== index && buffer[entry] === self[0] && isNodeAt(buffer, entry, self)) {
      return NoticeCode.badRoute
    }
  }
  if (buffer[at + At.kind] === Kind.notice) {
    return hasNoticeForm(buffer, at, length) ? 0 : MALFORMED
  }
  const expiryS = readUint32(buffer, at + At.expiry)
  if (expiryS + CLOCK_SKEW_S < nowS) {
    return NoticeCode.expired
  }
  return expiryS > nowS + MAX_ROUTE_LIFE_S + CLOCK_SKEW_S ? NoticeCode.badRoute : 0
}

/** Notices only travel back, and carry no more than a quote. */
function hasNoticeForm (buffer: Uint8Array, at: number, length: number): boolean {
  return (buffer[at + At.flags] & (Flag.backwards | Flag.turnAround)) === Flag.backwards &&
    length <= headerBytes(buffer, at) + NOTICE_QUOTE_BYTES
}

/** `nextHop` says so when the packet has arrived. */
export const ARRIVED = -1

/**
 * Index of the entry that gets the packet next, or ARRIVED. A packet whose list ends here with the turn-around flag goes
 * back; `flagsAfter` then clears the flag and sets the direction.
 */
export function nextHop (buffer: Uint8Array, at: number): number {
  const index = buffer[at + At.hopIndex]
  const flags = buffer[at + At.flags]
  if ((flags & Flag.backwards) !== 0) {
    return index === 0 ? ARRIVED : index - 1
  }
  if (index < buffer[at + At.hopCount] - 1) {
    return index + 1
  }
  return (flags & Flag.turnAround) === 0 ? ARRIVED : index - 1
}

/** Flags of the packet as it leaves for `next`. */
export function flagsAfter (buffer: Uint8Array, at: number, next: number): number {
  const flags = buffer[at + At.flags]
  return next < buffer[at + At.hopIndex] && (flags & Flag.backwards) === 0
    ? (flags & ~Flag.turnAround) | Flag.backwards
    : flags
}

export function readUint32 (buffer: Uint8Array, at: number): number {
  return buffer[at] * 0x1000000 + ((buffer[at + 1] << 16) | (buffer[at + 2] << 8) | buffer[at + 3])
}
