/** Identity: what the specification fixes, then what this implementation chose. */

/** Separates this signature from all others that a libp2p key makes (RFC 0002) */
export const BINDING_DOMAIN = 'byway-identity'

/** Varint of 0x3b0004, from the range that multicodec keeps for private use */
export const BINDING_CODEC = Uint8Array.of(0x84, 0x80, 0xec, 0x01)

// --- specification ---

/** Sealed. One with a network name of 64 bytes has about 350 */
export const MAX_BINDING_BYTES = 512

/** Of an introduction or a welcome: a binding and a peer id */
export const MAX_INTRODUCTION_BYTES = 640

/** A lost key is believed for no longer than this */
export const MAX_LIFE_MS = 24 * 60 * 60 * 1_000

/** How far two clocks may be apart */
export const CLOCK_SKEW_MS = 60_000

/** UTF-8 */
export const MAX_NETWORK_BYTES = 64

// --- implementation ---

/** A path with a round trip of a second gets through this with a few losses */
export const INTRODUCTION_DEADLINE_MS = 10_000
