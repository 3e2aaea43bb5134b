// Bytes of the data plane, wire format v1. See README.md in this folder.

export const FORWARD_PROTOCOL = '/byway/forward/1.0.0'

// ---- specification limits: part of the wire format ----

/** Largest packet, header included: fits a batch and keeps one packet's hold of a link short. */
export const MAX_PACKET_BYTES = 16_384
/** Length, kind, flags, TTL and one kind-specific byte: what every packet begins with. */
export const COMMON_HEADER_BYTES = 6
/** Slot and check. */
export const LABEL_BYTES = 8
/** Of a group or a delegate. */
export const IDENTIFIER_BYTES = 16
/** The part of a source-routed header before its list. */
export const SOURCE_ROUTE_FIXED_BYTES = 20
/** A list entry: 16 bytes of node id and 8 bytes of hop authenticator. */
export const ROUTE_ENTRY_BYTES = 24
export const NODE_ID_BYTES = 16
export const AUTHENTICATOR_BYTES = 8
export const PATH_TAG_BYTES = 8
/** A path has at most 16 forwarders (design: loops and amplification stay small). */
export const MAX_FORWARDERS = 16
/** Source, forwarders, destination. */
export const MAX_ROUTE_ENTRIES = MAX_FORWARDERS + 2
export const MAX_SOURCE_ROUTE_HEADER_BYTES = SOURCE_ROUTE_FIXED_BYTES + MAX_ROUTE_ENTRIES * ROUTE_ENTRY_BYTES
export const LABELLED_HEADER_BYTES = COMMON_HEADER_BYTES + LABEL_BYTES
/** Group and delegate packets: common header and a 16-byte identifier. */
export const IDENTIFIER_HEADER_BYTES = COMMON_HEADER_BYTES + IDENTIFIER_BYTES
export const LINK_CONTROL_BYTES = 14
/** A notice quotes at most this much of the payload that caused it. */
export const NOTICE_QUOTE_BYTES = 32
/** A source route may expire at most so far in the future: longer than any offer lives. */
export const MAX_ROUTE_LIFE_S = 900
/** Clocks of honest nodes differ by at most this. */
export const CLOCK_SKEW_S = 60
/** A receiver grants credit after each so many consumed bytes: half of the smallest window. */
export const CREDIT_STEP_BYTES = 16_384

export const Kind = {
  /** Between two neighbours, never forwarded: hop credit. */
  linkControl: 0,
  sourceRouted: 1,
  labelled: 2,
  notice: 3,
  group: 4,
  delegate: 5
} as const

export const Flag = {
  /** May be dropped first when a queue is full. */
  droppable: 0x01,
  /** A queue on the way was filling. */
  congestion: 0x02,
  /** The last entry sends the packet back along the list. */
  turnAround: 0x04,
  /** Set: the list is walked from destination to source. */
  backwards: 0x08
} as const

export const NoticeCode = {
  ttlExceeded: 1,
  unknownLabel: 2,
  noSuchNeighbour: 3,
  notAuthorized: 4,
  overQuota: 5,
  badRoute: 6,
  expired: 7
} as const

export type NoticeCode = typeof NoticeCode[keyof typeof NoticeCode]

/** First byte of a payload tells what it is. The envelope takes its types from here (envelope/constants.ts). */
export const PayloadType = {
  envelopeInit: 1,
  envelopeResponse: 2,
  envelopeSealed: 3,
  probe: 16
} as const

// ---- our defaults ----

/** TTL of packets that we originate: there and back over the longest path, and some slack. */
export const DEFAULT_TTL = 40
