/** Numbers of `/byway/setup/1.0.0`: what the specification fixes, then what this implementation chose. */
import { MAX_FORWARDERS } from '../forward/constants.ts'

// ---- specification -------------------------------------------------------------------

export const SETUP_PROTOCOL = '/byway/setup/1.0.0'

/** What the bytes under the source's signature begin with, and those that give the order id. */
export const ORDER_DOMAIN = 'byway-setup-order:'
/** What the bytes under the destination's signature begin with. */
export const ECHO_DOMAIN = 'byway-setup-echo:'
/** What a puzzle's hash begins with. */
export const PUZZLE_DOMAIN = 'byway-setup-puzzle:'

/** Third byte of a frame. */
export const MessageType = {
  install: 1,
  bind: 2,
  refresh: 3,
  remove: 4
} as const

export type MessageType = typeof MessageType[keyof typeof MessageType]

/** Header included. The longest install, with the longest path, its longest audit path and 16 proofs, takes 4,185. */
export const MAX_FRAME_BYTES = 6_144
export { FRAME_HEADER_BYTES } from '../request-stream/request-stream-protocol.ts'

/** For how long state lives without a refresh. */
export const MAX_LEASE_MS = 60_000
/** Before the first refresh: until the source has seen the echo. */
export const PROVISIONAL_LEASE_MS = 10_000
/** Either way: also how far honest clocks are apart. */
export const MAX_ORDER_AGE_MS = 60_000

/** The destination's index on the longest path. */
export const MAX_INDEX = MAX_FORWARDERS
/** One for each node of the longest path but the first, to which the source comes itself. */
export const MAX_PROOFS = 16

export const ORDER_ID_BYTES = 16
export const FLOW_LABEL_BYTES = 16
export const NONCE_BYTES = 16
/** Of a value of a refresh chain: a preimage of 128 bits is out of reach, and no collision is of use. */
export const CHAIN_BYTES = 16
/** The longest refresh chain: 22 hours at one refresh in 20 s, as ours. */
export const MAX_CHAIN = 4_096
/** So many hashes does a refresh cost at most; one less may be lost in a row. */
export const MAX_CHAIN_STEPS = 8

/** Of a challenge: time (4) and MAC (16). */
export const COOKIE_BYTES = 20
export const SOLUTION_BYTES = 8
/** About half a second of a core for who solves it: more would keep slow hosts out, and attackers have fast ones. */
export const MAX_PUZZLE_BITS = 18

/** Exchanges of a stream that wait for their answers. */
export const MAX_WAITING = 256
export const DEADLINE_MS = 10_000

// ---- this implementation ------------------------------------------------------------

/** Of the text that a failure brings, for a log or a terminal. */
export const MAX_FAILURE_CHARACTERS = 200
/** 85 minutes at one refresh in 20 s: eight times as long as the longest offer lives. */
export const DEFAULT_CHAIN = 256
