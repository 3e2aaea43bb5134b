// Notices: what ICMP is for IP. They travel back along the part of the list that the packet has walked.
import { DEFAULT_TTL, Flag, Kind, NODE_ID_BYTES, NOTICE_QUOTE_BYTES, NoticeCode, PATH_TAG_BYTES } from './constants.ts'
import { copyOf, isNodeAt } from './node-id.ts'
import { At, entryAt, headerBytes } from './source-route.ts'
import type { NodeId } from './node-id.ts'

export interface Notice {
  code: NoticeCode
  /** The nodes by which the packet had come, its source first and the forwarder that speaks last. Each was checked by the one before it only: a hint, never a proof. */
  walked: NodeId[]
  reporter: NodeId
  pathTag: Uint8Array
  /** First bytes of the payload that caused the notice. */
  quote: Uint8Array
}

/** None is made about a notice or about a packet on its way back, so that notices cannot cause notices. */
export function deservesNotice (buffer: Uint8Array, at: number): boolean {
  return buffer[at + At.kind] === Kind.sourceRouted && (buffer[at + At.flags] & Flag.backwards) === 0
}

/**
 * A notice about the source-routed packet at `at`, made by the node at its hop index, to be sent to the node before it. It is
 * never larger than the packet. Undefined when the packet does not deserve one.
 */
export function encodeNotice (buffer: Uint8Array, at: number, length: number, code: NoticeCode): Uint8Array | undefined {
  if (!deservesNotice(buffer, at)) {
    return undefined
  }
  const reporter = buffer[at + At.hopIndex]
  const header = entryAt(reporter + 1)
  const payloadAt = headerBytes(buffer, at)
  const quote = Math.min(NOTICE_QUOTE_BYTES, length - payloadAt)
  const notice = new Uint8Array(header + quote)
  notice.set(buffer.subarray(at, at + header))
  notice.set(buffer.subarray(at + payloadAt, at + payloadAt + quote), header)
  notice[At.length] = notice.length >>> 8
  notice[At.length + 1] = notice.length & 0xff
  notice[At.kind] = Kind.notice
  notice[At.flags] = Flag.backwards | Flag.droppable
  notice[At.ttl] = DEFAULT_TTL
  notice[At.hopIndex] = reporter - 1
  notice[At.hopCount] = reporter + 1
  notice[At.code] = code
  return notice
}

/** Reads a notice that has arrived (its list was checked by `acceptSourceRoute`); undefined for a code that is not known. */
export function decodeNotice (packet: Uint8Array): Notice | undefined {
  const code = packet[At.code]
  if (code < NoticeCode.ttlExceeded || code > NoticeCode.expired) {
    return undefined
  }
  const header = headerBytes(packet, 0)
  const walked = Array.from({ length: packet[At.hopCount] }, (_, i) => copyOf(packet, entryAt(i), entryAt(i) + NODE_ID_BYTES))
  return {
    code: code as NoticeCode,
    walked,
    reporter: walked[walked.length - 1],
    pathTag: copyOf(packet, At.pathTag, At.pathTag + PATH_TAG_BYTES),
    quote: copyOf(packet, header, header + NOTICE_QUOTE_BYTES)
  }
}

/**
 * Can a notice that has arrived be about a packet with this header? Its list must be that of the route up to one of the forwarders. Each node on its way has checked
 * that the one behind it in the list handed it over, so only a forwarder of the route can make such a notice: it may lie, but nobody else can.
 */
export function isNoticeAbout ({ pathTag, walked }: Notice, header: Uint8Array): boolean {
  return header[At.kind] === Kind.sourceRouted && walked.length < header[At.hopCount] &&
    pathTag.every((byte, i) => byte === header[At.pathTag + i]) &&
    walked.every((node, i) => isNodeAt(header, entryAt(i), node))
}

export function noticeName (code: NoticeCode): string {
  return Object.entries(NoticeCode).find(([, value]) => value === code)?.[0] ?? `code ${code}`
}
