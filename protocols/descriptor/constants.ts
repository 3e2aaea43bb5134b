/** Numbers of `/byway/descriptor/1.0.0`: what the specification fixes, then what this implementation chose. */

export const DESCRIPTOR_PROTOCOL = '/byway/descriptor/1.0.0'

/** Separates this signature from all others that a libp2p key makes (RFC 0002) */
export const DESCRIPTOR_DOMAIN = 'byway-descriptor'

/** Varint of 0x3b0001, from the range that multicodec keeps for private use (0x300000–0x3fffff) */
export const DESCRIPTOR_CODEC = Uint8Array.of(0x81, 0x80, 0xec, 0x01)

// --- specification ---

/** Sealed. A host with 64 access forwarders and a forwarder with 8 endpoints of 16 usual addresses both fit */
export const MAX_DESCRIPTOR_BYTES = 16 * 1024

/** A lost key or a wrong address is believed for no longer than this */
export const MAX_LIFE_MS = 24 * 60 * 60 * 1000

/** How far two clocks may be apart */
export const CLOCK_SKEW_MS = 60_000

export const MAX_ENDPOINTS = 8
export const MAX_ADDRESSES = 16
export const MAX_TAGS = 16
export const MAX_METRICS = 16
/** Of the query language: twice as many as it has. */
export const MAX_CLAUSES = 24
export const MAX_ACCESS = 64

/** What `protocols/identity` allows for a binding */
export const MAX_BINDING_BYTES = 512

/** Network, operator, values of tags, names of metrics: UTF-8 */
export const MAX_STRING_BYTES = 64

/** A DNS name of 253 characters, twice (with its SNI), does not fit; all that a sane node announces does */
export const MAX_ADDRESS_BYTES = 384

export const TAG_KEY = /^[a-z0-9-]{1,32}$/

/** Of one response; the list is cut to what fits */
export const MAX_RESPONSE_ENTRIES = 64
export const MAX_RESPONSE_BYTES = 256 * 1024

/** A peer id and two small numbers */
export const MAX_REQUEST_BYTES = 128

// --- implementation ---

export const DEADLINE_MS = 10_000
