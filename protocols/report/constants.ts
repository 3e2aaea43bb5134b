/**
 * Numbers of `/byway/report/1.0.0`. Those of the specification are part of the protocol:
 * changing one needs a new protocol id. Those of this implementation are only defaults.
 */

// ---- specification -------------------------------------------------------------------

export const REPORT_PROTOCOL = '/byway/report/1.0.0'

/** Separates this signature from all others that a libp2p key makes (RFC 0002). */
export const REPORT_DOMAIN = 'byway-report'
/** Payload type: varint of 0x3b0002, from multicodec's private-use range; the descriptor's is the one before. */
export const REPORT_CODEC = Uint8Array.of(0x82, 0x80, 0xec, 0x01)

/** Links that one RSP may ask of one forwarder: ten times what the demo's overlay has. */
export const MAX_TARGETS = 256
/** A forwarder watches the union of what its RSPs ask for. */
export const MAX_LINKS = 512
/** A slower link is as good as down; also keeps sums far from overflow. */
export const MAX_RTT_US = 60_000_000
export const PPM = 1_000_000
/** 17 Gbit/s, and a price of 2,147 units: what maps keep in signed 32-bit integers. */
export const MAX_RATE = 2 ** 31 - 1
export const MAX_PRICE_MICRO_PER_GB = 2 ** 31 - 1

/** An older report says nothing about the network of now. */
export const MAX_REPORT_AGE_MS = 300_000
/** How far the clocks of forwarder and RSP may be apart. */
export const CLOCK_SKEW_MS = 60_000
/** A forwarder sends a full report at least so often, whether or not anything moved. */
export const HEARTBEAT_MS = 30_000

/** RSPs that a policy names, and as many that it names as revoked. */
export const MAX_POLICY_RSPS = 64

/** 512 links with all values at their largest, Ed25519 peers and the longest policy take 55,494; the rest is for fields to come. */
export const MAX_REPORT_BYTES = 65_536
/** 256 targets with descriptors of 1 KB. */
export const MAX_REQUEST_BYTES = 262_144
/** The longest report and its field header. */
export const MAX_RESPONSE_BYTES = MAX_REPORT_BYTES + 16

// ---- this implementation ------------------------------------------------------------

/** Checking 256 descriptors takes a forwarder 64 ms, at 250 µs each; the rest is the network. */
export const REPORT_DEADLINE_MS = 10_000
/** Three heartbeats may be lost before a subscription counts as dead. */
export const SUBSCRIPTION_IDLE_MS = 3 * HEARTBEAT_MS
