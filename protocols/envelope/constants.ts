// Bytes and limits of the envelope, version 1. See README.md in this folder.
import { MAX_PACKET_BYTES, MAX_SOURCE_ROUTE_HEADER_BYTES, NODE_ID_BYTES, PayloadType } from '../forward/constants.ts'

// ---- specification limits: part of the wire format ----

/** Goes into the init; another version is refused, never guessed at. */
export const ENVELOPE_VERSION = 1

/** First byte of an envelope: one of the types that payloads of packets have. */
export const EnvelopeType = {
  init: PayloadType.envelopeInit,
  response: PayloadType.envelopeResponse,
  sealed: PayloadType.envelopeSealed
} as const

export type EnvelopeType = typeof EnvelopeType[keyof typeof EnvelopeType]

export const SESSION_ID_BYTES = 8
export const FLOW_LABEL_BYTES = 16
/** X25519 public keys, raw Ed25519 public keys and AEAD keys are all this long. */
export const KEY_BYTES = 32
export const SIGNATURE_BYTES = 64
/** Poly1305. */
export const TAG_BYTES = 16
export const NONCE_BYTES = 12

/** Type, version, 2 reserved, session id, timestamp, ephemeral key, responder, signature. */
export const RESPONSE_BYTES = 4 + SESSION_ID_BYTES + 8 + 2 * KEY_BYTES + SIGNATURE_BYTES
/** An init is so long that a response under the longest packet header is no longer than an init under none: nothing amplifies. */
export const INIT_BYTES = RESPONSE_BYTES + MAX_SOURCE_ROUTE_HEADER_BYTES

/** Type, 3 reserved, session id, sequence. */
export const SEALED_HEADER_BYTES = 4 + SESSION_ID_BYTES + 8
export const SEALED_OVERHEAD_BYTES = SEALED_HEADER_BYTES + TAG_BYTES
/** Fits into a packet with any header, so that a flow may change its path without changing its packet size. */
export const MAX_ENVELOPE_BYTES = MAX_PACKET_BYTES - MAX_SOURCE_ROUTE_HEADER_BYTES
/** A plaintext frame, its type byte included. */
export const MAX_FRAME_BYTES = MAX_ENVELOPE_BYTES - SEALED_OVERHEAD_BYTES
/** What an application can put into one packet. */
export const MAX_APPLICATION_BYTES = MAX_FRAME_BYTES - 1

/** Sequence numbers are below this: exact in a double, and years of traffic at any rate that a link can carry. */
export const SEQUENCE_LIMIT = 2 ** 48

/** Clocks of two hosts may differ by this much (design: a stated skew); it also bounds for how long an init can be replayed. */
export const CLOCK_SKEW_MS = 60_000

/** First byte of a plaintext frame. */
export const FrameType = {
  data: 1,
  echoRequest: 2,
  echoReply: 3,
  attachRequest: 4,
  attachResult: 5,
  close: 6,
  stream: 7
} as const

export const ECHO_ID_BYTES = 8
export const ECHO_REPLY_BYTES = 1 + ECHO_ID_BYTES
export const ATTACH_REQUEST_HEADER_BYTES = 3
/** A signed descriptor with all its endpoints stays well below; more than half an envelope is not a self-description. */
export const MAX_DESCRIPTOR_BYTES = 8_192
export const ATTACH_RESULT_BYTES = 1 + NODE_ID_BYTES + 1
export const CLOSE_BYTES = 2

/** Status of an attach result. A status that is not known here means `refused`. */
export const AttachStatus = {
  attached: 0,
  refused: 1,
  invalidDescriptor: 2,
  unreachable: 3,
  tooMany: 4
} as const

/** Reason of a close. A reason that is not known here means `normal`. */
export const CloseReason = {
  normal: 0,
  idle: 1,
  replaced: 2,
  shuttingDown: 3,
  protocolError: 4
} as const

// ---- receiver's own: may be changed without telling the peer ----

/**
 * Sequence numbers kept to recognize a replay. Several paths are used at once: at 10,000 packets per second this tolerates that one
 * path is 400 ms slower than another, for 1 KiB of memory a session.
 */
export const REPLAY_WINDOW = 4_096

// ---- our defaults ----

/** Inits that a host looks at per second: to accept one takes about 2 ms, nearly all of it the key agreement, so an eighth of a core at most. */
export const DEFAULT_MAX_INITS_PER_SECOND = 64
/** An accepted init is remembered until its timestamp is refused anyway, whichever way the clocks are off. */
export const INIT_MEMORY_MS = 2 * CLOCK_SKEW_MS
/** Remembered inits: what the default rate can accept within `INIT_MEMORY_MS`, and some. */
export const DEFAULT_MAX_REMEMBERED_INITS = 8_192
/** For so long a lost response can be had again with the same init; the initiator gives up earlier. */
export const RESPONSE_MEMORY_MS = 10_000
/** How often one response is given again: more than an initiator asks over several paths, too few to serve as a reflector. */
export const MAX_RESPONSE_REPEATS = 16
