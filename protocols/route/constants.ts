/**
 * Numbers of `/byway/route/1.0.0`. Those of the specification are part of the protocol:
 * changing one needs a new protocol id. Those of this implementation are only defaults.
 */

// ---- specification -------------------------------------------------------------------

export const ROUTE_PROTOCOL = '/byway/route/1.0.0'

/** What the digest of a query begins with. */
export const QUERY_DOMAIN = 'byway-route-query'
/** What a signed root begins with. */
export const ROOT_DOMAIN = 'byway-path-root'

export const NONCE_BYTES = 16
/** Of one length, so that salt and peer id cannot be cut apart at another place. */
export const SALT_BYTES = 16
export const HASH_BYTES = 32
export const SIGNATURE_BYTES = 64
/** 4 bytes that name the RSP, 4 bytes path number: the field of a source-routed packet. */
export const TAG_BYTES = 8

/** Enough for every forwarder of the demo as entry or exit, and a bound on the RSP's work. */
export const MAX_ACCESS_POINTS = 64
export const MAX_AVOID = 64
export const MAX_PATHS = 8
/** The longest signed path that a forwarder installs. */
export const MAX_FORWARDERS = 16
/** No access link or path worth naming is slower; also keeps sums far from overflow. */
export const MAX_RTT_US = 60_000_000
export const PPM = 1_000_000

/** How far the clocks of host, RSP and forwarder may be apart. */
export const CLOCK_SKEW_MS = 60_000
/** From issue to expiry: bounds what a replayed offer or a stolen RSP key is good for. */
export const MAX_OFFER_LIFE_MS = 600_000

/** Proofs have at most 32 hashes. */
export const MAX_TREE_SIZE = 2 ** 32
export const MAX_PROOF_HASHES = 32
/** A path of 16 forwarders with Ed25519 identities takes 879; the rest is for fields to come. */
export const MAX_PATH_BYTES = 2_048

/** Of a query's text, in UTF-8: ten times the longest example of the language. */
export const MAX_TEXT_BYTES = 2_048
/** What a text of that length can hold. */
export const MAX_CLAUSES = 48
export const MAX_CLAUSE_BYTES = 256
export const MAX_NOTE_BYTES = 128
export const MAX_EXPLANATION_BYTES = 12_288

/** After so long a watch is asked for again: what an RSP holds for a host that is gone ends by itself. */
export const MAX_WATCH_LIFE_MS = 120_000

/** The longest query, 192 Ed25519 peer ids with round trips and a text, takes 10,733; the path in use is another 655. */
export const MAX_REQUEST_BYTES = 16_384
/** Eight offers, each with the longest path and the longest proof, take 25,340, the longest verdict 31,300. Who asks without a text gets no verdict. */
export const MAX_RESPONSE_BYTES = 61_440

// ---- this implementation ------------------------------------------------------------

/** An RSP answers in milliseconds; a host should try another one long before a user notices. */
export const ROUTE_DEADLINE_MS = 5_000

/** Standing queries of one host at an RSP: one for each of the channels that it uses most. */
export const MAX_WATCHES = 32
/** Queries of one host that wait for their answers: for each channel that it opens at once, and its standing ones. */
export const MAX_WAITING = 16 + MAX_WATCHES
