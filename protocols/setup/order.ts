/**
 * Orders: who uses a path, once. A source signs the bytes of its order, everybody on the path digests them as they were sent, and the
 * destination signs the order's id, so that the source knows it was asked.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { ExpiredError, MalformedMessageError } from '../errors.ts'
import { checkLength, checkSafeInteger } from '../field-checks.ts'
import { decoded } from '../method.ts'
import { decodePeerId, encodePeerId } from '../peer-ids.ts'
import { HASH_BYTES, SALT_BYTES, SIGNATURE_BYTES } from '../route/constants.ts'
import { NotYetValidError } from '../route/errors.ts'
import { CHAIN_BYTES, ECHO_DOMAIN, FLOW_LABEL_BYTES, MAX_ORDER_AGE_MS, NONCE_BYTES, ORDER_DOMAIN, ORDER_ID_BYTES } from './constants.ts'
import { Want as WireWant, Order as WireOrder } from './setup.pb.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export type Want = 'labels' | 'authenticators'

export interface Order {
  /** Ed25519, like the destination: their keys are taken from their peer ids */
  source: PeerId
  destination: PeerId
  /** 16 bytes each: what opens the commitments of the path */
  sourceSalt: Uint8Array
  destinationSalt: Uint8Array
  /** SHA-256 of the path's leaf bytes */
  pathDigest: Uint8Array
  /** 16 bytes, for the two ends */
  flowLabel: Uint8Array
  /** 16 random bytes: makes the id of each order its own */
  nonce: Uint8Array
  /** Unix time */
  issuedAtMs: number
  /** 16 bytes: of the refresh chain (refresh-chain.ts) */
  anchor: Uint8Array
  want: Want
}

/** An order that was read, with the id that its bytes give it. */
export interface OpenedOrder extends Order {
  /** 16 bytes */
  id: Uint8Array
}

/** An order as it travels. */
export interface SignedOrder {
  /** the encoded Order */
  order: Uint8Array
  /** 64 bytes */
  signature: Uint8Array
  /** 16 bytes */
  id: Uint8Array
}

const ORDER_PREFIX = fromString(ORDER_DOMAIN)
const ECHO_PREFIX = fromString(ECHO_DOMAIN)

/** Throws MalformedMessageError for what nobody would accept. */
export function encodeOrder (order: Order): Uint8Array {
  checkOrder(order)
  return WireOrder.encode({
    source: encodePeerId(order.source),
    destination: encodePeerId(order.destination),
    sourceSalt: withArrayBuffer(order.sourceSalt),
    destinationSalt: withArrayBuffer(order.destinationSalt),
    pathDigest: withArrayBuffer(order.pathDigest),
    flowLabel: withArrayBuffer(order.flowLabel),
    nonce: withArrayBuffer(order.nonce),
    issuedAtMs: BigInt(order.issuedAtMs),
    anchor: withArrayBuffer(order.anchor),
    want: order.want === 'labels' ? WireWant.LABELS : WireWant.AUTHENTICATORS
  })
}

/**
 * Bounds only: nothing in it is believed before its signature. The result shares no memory with `bytes`, and its fields none with
 * each other: some are kept for as long as the state lives.
 */
export function decodeOrder (bytes: Uint8Array): OpenedOrder {
  const wire = decoded(() => WireOrder.decode(bytes), 'Order')
  const order = {
    source: decodePeerId(wire.source, 'source'),
    destination: decodePeerId(wire.destination, 'destination'),
    sourceSalt: new Uint8Array(wire.sourceSalt),
    destinationSalt: new Uint8Array(wire.destinationSalt),
    pathDigest: new Uint8Array(wire.pathDigest),
    flowLabel: new Uint8Array(wire.flowLabel),
    nonce: new Uint8Array(wire.nonce),
    issuedAtMs: Number(wire.issuedAtMs),
    anchor: new Uint8Array(wire.anchor),
    want: wire.want === WireWant.LABELS ? 'labels' as const : 'authenticators' as const
  }
  checkOrder(order)
  return { ...order, id: orderIdOf(bytes) }
}

/** Fixes the bytes of an order and signs them. Throws TypeError when the key is not the Ed25519 key of `order.source`. */
export async function signOrder (order: Order, privateKey: PrivateKey): Promise<SignedOrder> {
  if (privateKey.type !== 'Ed25519' || !peerIdFromPrivateKey(privateKey).equals(order.source)) {
    throw new TypeError('an order is signed with the Ed25519 key of its source')
  }
  const bytes = encodeOrder(order)
  return { order: bytes, signature: await signed(concat([ORDER_PREFIX, bytes]), privateKey), id: orderIdOf(bytes) }
}

/** First 16 bytes of the SHA-256 over what is signed; always of the bytes as sent. */
export function orderIdOf (orderBytes: Uint8Array): Uint8Array {
  return sha256.create().update(ORDER_PREFIX).update(orderBytes).digest().slice(0, ORDER_ID_BYTES)
}

/** Not a promise where the platform checks at once (Node does): it is asked for often. */
export function verifyOrderSignature (orderBytes: Uint8Array, signature: Uint8Array, source: PeerId): boolean | Promise<boolean> {
  return isSignedBy(source, concat([ORDER_PREFIX, orderBytes]), signature)
}

/** Throws ExpiredError for an order that is too old, NotYetValidError (an ExpiredError) for one that is too far ahead. */
export function checkOrderAge ({ issuedAtMs }: Order, nowMs: number): void {
  if (issuedAtMs < nowMs - MAX_ORDER_AGE_MS) {
    throw new ExpiredError(`the order is more than ${MAX_ORDER_AGE_MS} ms old: sign a new one, or compare the clocks`)
  }
  if (issuedAtMs > nowMs + MAX_ORDER_AGE_MS) {
    throw new NotYetValidError('the order is from the future: compare the clocks', issuedAtMs - MAX_ORDER_AGE_MS)
  }
}

/** The destination's word that it was asked with this order. Throws TypeError for a key that is not Ed25519. */
export async function signEcho (orderId: Uint8Array, privateKey: PrivateKey): Promise<Uint8Array> {
  if (privateKey.type !== 'Ed25519') {
    throw new TypeError(`an echo is signed with Ed25519, not ${privateKey.type}`)
  }
  return await signed(concat([ECHO_PREFIX, orderId]), privateKey)
}

export async function verifyEcho (orderId: Uint8Array, echo: Uint8Array, destination: PeerId): Promise<boolean> {
  return await isSignedBy(destination, concat([ECHO_PREFIX, orderId]), echo)
}

function checkOrder (order: Order): void {
  for (const end of ['source', 'destination'] as const) {
    if (order[end].type !== 'Ed25519') {
      throw new MalformedMessageError(`${end} has an identity of type ${order[end].type}: set-up needs Ed25519`)
    }
  }
  checkLength(order.sourceSalt, SALT_BYTES, 'source_salt')
  checkLength(order.destinationSalt, SALT_BYTES, 'destination_salt')
  checkLength(order.pathDigest, HASH_BYTES, 'path_digest')
  checkLength(order.flowLabel, FLOW_LABEL_BYTES, 'flow_label')
  checkLength(order.nonce, NONCE_BYTES, 'nonce')
  checkLength(order.anchor, CHAIN_BYTES, 'anchor')
  checkSafeInteger(order.issuedAtMs, 'issued_at_ms')
}

/** A copy: Node gives a Buffer. */
async function signed (message: Uint8Array, privateKey: PrivateKey): Promise<Uint8Array> {
  return new Uint8Array(await privateKey.sign(message))
}

/** Some implementations throw for a key that is no point of the curve: that is no signature either. */
function isSignedBy (peer: PeerId, message: Uint8Array, signature: Uint8Array): boolean | Promise<boolean> {
  const key = peer.publicKey
  if (key?.type !== 'Ed25519' || signature.length !== SIGNATURE_BYTES) {
    return false
  }
  try {
    const result = key.verify(message, signature)
    return typeof result === 'boolean' ? result : result.catch(() => false)
  } catch {
    return false
  }
}
