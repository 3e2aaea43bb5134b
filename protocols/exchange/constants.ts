/**
 * Numbers of `/byway/exchange/1.0.0`. Those of the specification are part of the protocol:
 * changing one needs a new protocol id. Those of this implementation are only defaults.
 */

// ---- specification -------------------------------------------------------------------

export const EXCHANGE_PROTOCOL = '/byway/exchange/1.0.0'

/** Separates this signature from all others that a libp2p key makes (RFC 0002). */
export const BATCH_DOMAIN = 'byway-exchange'
/** Payload type: varint of 0x3b0005, from multicodec's private-use range. */
export const BATCH_CODEC = Uint8Array.of(0x85, 0x80, 0xec, 0x01)

export const MAX_SCOPE_NODES = 512
export const MAX_SCOPE_TAGS = 16
/** As in descriptors. */
export const MAX_TAG_BYTES = 64

/** One signature, some 250 µs to check, covers so many measurements; with 512 forwarders they fill a frame. */
export const MAX_MEASUREMENTS = 512
export const MAX_NODES = 512
/** A slower link is as good as down; also keeps sums far from overflow. */
export const MAX_RTT_US = 60_000_000
export const PPM = 1_000_000
/** 17 Gbit/s: what maps keep in signed 32-bit integers. */
export const MAX_RATE = 2 ** 31 - 1

/** A batch is made when it is sent; what is older was kept back, or is replayed. */
export const MAX_BATCH_AGE_MS = 60_000
/** An older measurement says nothing about the network of now; maps do not use links for longer without news. */
export const MAX_MEASUREMENT_AGE_MS = 180_000
/** How far the clocks of two RSPs may be apart. */
export const CLOCK_SKEW_MS = 60_000

export const MAX_WAIT_MS = 20_000
/** 512 Ed25519 peer ids take 20,480 bytes, tags 2,200, a descriptor at most 1 KB on common terms. */
export const MAX_REQUEST_BYTES = 32_768
/** 512 measurements with all fields take 38,912 bytes, 512 peer ids 20,992, the envelope 250. */
export const MAX_BATCH_BYTES = 61_440

// ---- this implementation ------------------------------------------------------------

/** Of an exchange; `next` takes longer by what it waits. */
export const EXCHANGE_DEADLINE_MS = 10_000
/** A subscription and one question for news, with room for a stream that begins anew. */
export const MAX_WAITING = 4
