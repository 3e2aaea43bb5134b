// Notices: what ICMP is for IP. They travel back along the part of the list that the packet has walked.
import { DEFAULT_TTL, Flag, Kind, NODE_ID_BYTES, NOTICE_QUOTE_BYTES, NoticeCode, PATH_TAG_BYTES, ROUTE_ENTRY_BYTES } from './constants.ts'
import { copyOf } from './node-id.ts'
import { At, entryAt, headerBytes } from './source-route.ts'
import type { NodeId } from './node-id.ts'

export interface Notice {
  code: NoticeCode
  /** The forwarder that speaks. Not authenticated beyond its neighbour: a hint, never a proof. */
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
  const reporterAt = header - ROUTE_ENTRY_BYTES
  return {
    code: code as NoticeCode,
    reporter: copyOf(packet, reporterAt, reporterAt + NODE_ID_BYTES),
    pathTag: copyOf(packet, At.pathTag, At.pathTag + PATH_TAG_BYTES),
    quote: copyOf(packet, header, header + NOTICE_QUOTE_BYTES)
  }
}

export function noticeName (code: NoticeCode): string {
  return Object.entries(NoticeCode).find(([, value]) => value === code)?.[0] ?? `code ${code}`
}
