// Bytes and limits of reliable streams, version 1. See README.md in this folder.
import { MAX_APPLICATION_BYTES } from '../envelope/constants.ts'

// ---- specification limits: part of the wire format ----

/** What is left of an envelope's frame after its type. */
export const MAX_STREAM_PACKET_BYTES = MAX_APPLICATION_BYTES

export const StreamFrameType = {
  data: 1,
  lastData: 2,
  ack: 3,
  maxData: 4,
  maxStreamData: 5,
  maxStreams: 6,
  reset: 7,
  stopSending: 8,
  ping: 9
} as const

/** Path epoch and packet number. */
export const PACKET_HEADER_BYTES = 7
/** Type, stream id, offset, length. */
export const DATA_HEADER_BYTES = 13
/** Up to and with the first range. */
export const ACK_FIXED_BYTES = 25
export const ACK_RANGE_BYTES = 8
/** Ranges in one ack, the first one included. */
export const MAX_ACK_RANGES = 32
export const MAX_ACK_BYTES = ACK_FIXED_BYTES + (MAX_ACK_RANGES - 1) * ACK_RANGE_BYTES
export const MAX_DATA_BYTES = 7
export const MAX_STREAM_DATA_BYTES = 11
export const MAX_STREAMS_BYTES = 5
export const RESET_BYTES = 15
export const STOP_SENDING_BYTES = 9

/** Offsets, limits and packet numbers are below this. */
export const STREAM_NUMBER_LIMIT = 2 ** 48
/** Stream ids, codes and counts are below this. */
export const UINT32_LIMIT = 2 ** 32

/** Sum of the highest offsets of all streams before the first `max data`. */
export const INITIAL_MAX_DATA_BYTES = 2_097_152
/** Highest offset of a stream before its first `max stream data`: a bandwidth-delay product of 80 Mbit/s and 100 ms. */
export const INITIAL_MAX_STREAM_DATA_BYTES = 1_048_576
/** Streams that each side may open before the first `max streams`. */
export const INITIAL_MAX_STREAMS = 64

/** A packet that asks for an ack gets it so soon; the sender counts it in its timeouts (RFC 9002, 6.2.1). */
export const MAX_ACK_DELAY_MS = 5
/** So many packets that ask for an ack get one without delay (RFC 9000, 13.2.2). */
export const ACK_EVERY_PACKETS = 2

// ---- receiver's own: may be changed without telling the peer ----

/** What grown windows are bounded by: the memory that a peer can fill while the application does not read. */
export const MAX_STREAM_WINDOW_BYTES = 16_777_216
export const MAX_CONNECTION_WINDOW_BYTES = 25_165_824
/** Pieces of one stream, and of all, that wait for what is before them. Each is an object of its own, so bytes alone would not bound the memory. */
export const MAX_WAITING_PIECES = 4_096
export const MAX_WAITING_PIECES_OF_ALL = 8_192
