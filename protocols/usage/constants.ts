/** Numbers of `/byway/usage/1.0.0`: what the specification fixes, then what this implementation chose. */

// ---- specification -------------------------------------------------------------------

export const USAGE_PROTOCOL = '/byway/usage/1.0.0'

/** Separates this signature from all others that a libp2p key makes (RFC 0002). */
export const USAGE_DOMAIN = 'byway-usage'
/** Payload type: varint of 0x3b0003, from multicodec's private-use range; the report's is the one before. */
export const USAGE_CODEC = Uint8Array.of(0x83, 0x80, 0xec, 0x01)

/** Of one page. */
export const MAX_ROWS = 512
/** 32,768 rows: more than a forwarder of ours keeps for one RSP, and a bound for who reads them. */
export const MAX_PAGES = 64

/** How far the clocks of forwarder and RSP may be apart. */
export const CLOCK_SKEW_MS = 60_000
/** What is fetched was issued so lately; a page may be asked for so long after the first. */
export const MAX_PAGE_AGE_MS = 60_000

/** 512 rows with all values at their largest take 34,029; the rest is for fields to come. */
export const MAX_RECEIPT_BYTES = 49_152
/** Two numbers. */
export const MAX_REQUEST_BYTES = 32
/** The longest receipt and its field header. */
export const MAX_RESPONSE_BYTES = MAX_RECEIPT_BYTES + 16

// ---- this implementation -------------------------------------------------------------

export const USAGE_DEADLINE_MS = 10_000
