// The end of paths: what a node does with packets that are for itself, and how it sends its own. Hosts and RSPs are nothing
// more; a forwarder's relay hands its own packets to the same code.
import { Flag, Kind, PayloadType } from '../../protocols/forward/constants.ts'
import { LabelledAt, decodeLabelNotice, readLabel } from '../../protocols/forward/labelled.ts'
import { decodeNotice } from '../../protocols/forward/notice.ts'
import {
  ARRIVED, At, acceptSourceRoute, entryAt, flagsAfter, headerBytes, nextHop, packetBytes, replyHeader, writePacket
} from '../../protocols/forward/source-route.ts'
import { copyOf } from '../../protocols/forward/node-id.ts'
import { copyBytes } from './copy-bytes.ts'
import { EndLabels } from './end-labels.ts'
import { OWN, OWN_ECHO, OWN_STREAM } from './packet-queue.ts'
import { wayAlong } from './way.ts'
import type { EndLabel } from './end-labels.ts'
import type { Link } from './link.ts'
import type { LinkSet } from './link-set.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { LabelNotice } from '../../protocols/forward/labelled.ts'
import type { Notice } from '../../protocols/forward/notice.ts'
import type { Way } from './way.ts'

/** A packet for this node. All memory in it is a copy, but for payloads that are handled at once. */
export interface Arrival {
  payload: Uint8Array
  from: Link
  /** Did a queue on the way fill? */
  isMarked?: boolean
  /** The label under which it came; unset for a source-routed packet. */
  end?: EndLabel
  /** The way on which it is answered: back the way it came. */
  answerOn: () => Way | undefined
}

export interface SendOptions {
  droppable?: boolean
  turnAround?: boolean
  /** It asks how long the way takes, or answers: it does not wait for what else this node sends. */
  isEcho?: boolean
  /** It is of a stream, which is slowed by what waits before the first link: by its own kind only, since what is not slowed could wait for ever. */
  isStream?: boolean
  /** Default: that of the header, which is enough for any path. */
  ttl?: number
}

export interface EndpointInit {
  self: NodeId
  links: LinkSet
  /** Unix time in seconds. */
  nowS: () => number
  /** Monotonic, ms: labels end by it. */
  now?: () => number
}

export class Endpoint {
  readonly self: NodeId
  readonly links: LinkSet
  /** Of paths that were installed from here, or up to here. */
  readonly labels = new EndLabels()
  readonly #now: () => number
  readonly #nowS: () => number
  readonly #handlers = new Map<number, (arrival: Arrival) => void>()
  /** Types of payload whose handlers keep nothing. */
  readonly #passing = new Set<number>()
  readonly #noticeHandlers: Array<(notice: Notice) => void> = []
  readonly #labelNoticeHandlers: Array<(notice: LabelNotice, from: Link) => void> = []
  /** Packets that were not for us, malformed, at the end of their TTL, or of a payload that nobody here handles. */
  refusedPackets = 0

  constructor (init: EndpointInit) {
    this.self = init.self
    this.links = init.links
    this.#nowS = init.nowS
    this.#now = init.now ?? (() => performance.now())
  }

  /** One handler for each type of payload (its first byte). */
  handle (payloadType: number, handler: (arrival: Arrival) => void): void {
    this.#handlers.set(payloadType, handler)
  }

  /** As `handle`, but the payload is where it was received, and good until the handler returns: for what is opened at once, it saves a copy of every packet. */
  handleAtOnce (payloadType: number, handler: (arrival: Arrival) => void): void {
    this.#passing.add(payloadType)
    this.handle(payloadType, handler)
  }

  /** Every handler gets every notice. Only the neighbour that delivers it is known: a handler knows its own by the quote, and by the list which nodes may have made it. */
  handleNotices (handler: (notice: Notice) => void): void {
    this.#noticeHandlers.push(handler)
  }

  /** As `handleNotices`, for packets under labels that neighbours have given to us. */
  handleLabelNotices (handler: (notice: LabelNotice, from: Link) => void): void {
    this.#labelNoticeHandlers.push(handler)
  }

  /** Probes come home to the node that sent them: the payload type is theirs wherever it arrives. */
  handleProbes (handler: (arrival: Arrival) => void): void {
    this.handle(PayloadType.probe, handler)
  }

  /**
   * Sends a packet.
   *
   * @returns false when there is no link to the first hop or its queue is full
   * @throws PacketTooLargeError
   */
  send ({ header, neighbour }: Way, payload: Uint8Array, options: SendOptions = {}): boolean {
    const length = packetBytes(header, payload)
    const link = this.links.getAt(neighbour, 0)
    const droppable = options.droppable === true
    const at = link?.reserve(length, droppable, OWN, sourceOf(options)) ?? -1
    if (link === undefined || at < 0) {
      return false
    }
    writePacket(link.buffer, at, header, payload, (droppable ? Flag.droppable : 0) | (options.turnAround === true ? Flag.turnAround : 0))
    if (options.ttl !== undefined) {
      link.buffer[at + At.ttl] = options.ttl
    }
    return true
  }

  /** Everything that neighbours send to a node which forwards nothing for others. */
  receive (buffer: Uint8Array, at: number, length: number, from: Link): void {
    const kind = buffer[at + At.kind]
    if (kind === Kind.labelled || (kind === Kind.notice && buffer[at + At.hopCount] === 0)) {
      this.#receiveLabelled(buffer, at, length, from)
      return
    }
    if ((kind !== Kind.sourceRouted && kind !== Kind.notice) ||
        acceptSourceRoute(buffer, at, length, this.self, from.node, this.#nowS()) !== 0) {
      this.refusedPackets++
      return
    }
    const next = nextHop(buffer, at)
    if (next === ARRIVED) {
      this.deliver(buffer, at, length, from)
    } else if (kind === Kind.sourceRouted && (flagsAfter(buffer, at, next) & Flag.backwards) !== 0 && next < buffer[at + At.hopIndex] &&
        (buffer[at + At.flags] & Flag.backwards) === 0) {
      this.#turnAround(buffer, at, length, next)
    } else {
      this.refusedPackets++
    }
  }

  /** A packet whose list ends here. */
  deliver (buffer: Uint8Array, at: number, length: number, from: Link): void {
    const header = headerBytes(buffer, at)
    if (buffer[at + At.kind] === Kind.notice) {
      const notice = decodeNotice(copyOf(buffer, at, at + length))
      if (notice !== undefined) {
        for (const handler of this.#noticeHandlers) {
          handler(notice)
        }
      }
      return
    }
    const handler = length > header ? this.#handlers.get(buffer[at + header]) : undefined
    if (handler === undefined) {
      this.refusedPackets++
      return
    }
    const list = copyOf(buffer, at, at + header)
    handler({ payload: this.#payload(buffer, at + header, at + length), from, isMarked: isMarked(buffer, at), answerOn: () => wayAlong(replyHeader(list)) })
  }

  #payload (buffer: Uint8Array, from: number, to: number): Uint8Array {
    return this.#passing.has(buffer[from]) ? buffer.subarray(from, to) : copyOf(buffer, from, to)
  }

  #receiveLabelled (buffer: Uint8Array, at: number, length: number, from: Link): void {
    if (buffer[at + At.kind] === Kind.notice) {
      this.#receiveLabelNotice(buffer, at, length, from)
      return
    }
    const label = readLabel(buffer, at, length)
    const end = label === undefined || label.endpoint !== 0 ? undefined : this.labels.find(label, from.node, this.#now())
    const handler = length > LabelledAt.payload ? this.#handlers.get(buffer[at + LabelledAt.payload]) : undefined
    if (end === undefined || handler === undefined) {
      this.refusedPackets++
      return
    }
    handler({ payload: this.#payload(buffer, at + LabelledAt.payload, at + length), from, isMarked: isMarked(buffer, at), end, answerOn: () => end.way })
  }

  #receiveLabelNotice (buffer: Uint8Array, at: number, length: number, from: Link): void {
    const notice = decodeLabelNotice(buffer, at, length)
    if (notice === undefined) {
      this.refusedPackets++
      return
    }
    for (const handler of this.#labelNoticeHandlers) {
      handler(notice, from)
    }
  }

  #turnAround (buffer: Uint8Array, at: number, length: number, next: number): void {
    const link = buffer[at + At.ttl] > 1 ? this.links.getAt(buffer, at + entryAt(next)) : undefined
    const to = link?.reserve(length, (buffer[at + At.flags] & Flag.droppable) !== 0) ?? -1
    if (link === undefined || to < 0) {
      this.refusedPackets++
      return
    }
    copyPacket(buffer, at, length, link.buffer, to, next)
  }
}

function isMarked (buffer: Uint8Array, at: number): boolean {
  return (buffer[at + At.flags] & Flag.congestion) !== 0
}

/** Copies a packet into a batch and rewrites it there for its next hop. */
export function copyPacket (buffer: Uint8Array, at: number, length: number, batch: Uint8Array, to: number, next: number): void {
  copyBytes(buffer, at, length, batch, to)
  batch[to + At.flags] = flagsAfter(buffer, at, next)
  batch[to + At.hopIndex] = next
  batch[to + At.ttl] = buffer[at + At.ttl] - 1
}

function sourceOf ({ isEcho, isStream }: SendOptions): number {
  return isEcho === true ? OWN_ECHO : isStream === true ? OWN_STREAM : OWN
}
