// Hop authenticators: what a forwarder gives out at set-up and finds again in its entry of a source route, so that it needs no
// state to know that it has seen an RSP's signature for this path. Only the forwarder that made one can check it.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { compare } from 'uint8arrays/compare'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { AUTHENTICATOR_BYTES } from './constants.ts'
import type { NodeId } from './node-id.ts'

/** What an authenticator holds for. */
export interface AuthenticatedHop {
  pathTag: Uint8Array
  /** Node id of the RSP's peer id: the tag has only 4 bytes of it. */
  rsp: NodeId
  /** Unix seconds, as in the packets. */
  expiryS: number
  /** See rate-class.ts. */
  rateClass: number
  /** The two neighbours on the path, in either order: the way back holds too. */
  neighbours: readonly [NodeId, NodeId]
}

const DOMAIN = fromString('byway-hop:')

/** First 8 bytes of HMAC-SHA256 under a secret of the forwarder over what the hop is. About 10 µs. */
export function hopAuthenticator (secret: Uint8Array, hop: AuthenticatedHop): Uint8Array {
  const [one, other] = hop.neighbours
  const numbers = new DataView(new ArrayBuffer(5))
  numbers.setUint32(0, hop.expiryS)
  numbers.setUint8(4, hop.rateClass)
  const ordered = compare(one, other) <= 0 ? [one, other] : [other, one]
  const covered = concat([DOMAIN, hop.pathTag, hop.rsp, new Uint8Array(numbers.buffer), ...ordered])
  return hmac(sha256, secret, covered).slice(0, AUTHENTICATOR_BYTES)
}

/** Are the 8 bytes of `buffer` at `at` this authenticator? The time it takes does not tell how many of them are. */
export function isAuthenticatorAt (buffer: Uint8Array, at: number, authenticator: Uint8Array): boolean {
  let difference = 0
  for (let i = 0; i < AUTHENTICATOR_BYTES; i++) {
    difference |= buffer[at + i] ^ authenticator[i]
  }
  return difference === 0
}

/** Zeros: the source of the packet shows none. */
export function hasAuthenticatorAt (buffer: Uint8Array, at: number): boolean {
  let any = 0
  for (let i = 0; i < AUTHENTICATOR_BYTES; i++) {
    any |= buffer[at + i]
  }
  return any !== 0
}
