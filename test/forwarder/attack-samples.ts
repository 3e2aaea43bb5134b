// What attackers of set-up work with: batches of signed paths, orders over them, and installs as bytes, whole or in parts.
import { sha256 } from '@noble/hashes/sha2.js'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { commit, encodeAnswer } from '../../protocols/route/codec.ts'
import { encodeInstall } from '../../protocols/setup/codec.ts'
import { encodeOrder, signOrder } from '../../protocols/setup/order.ts'
import { signOffers } from '../../protocols/route/offer.ts'
import type { Install } from '../../protocols/setup/codec.ts'
import type { Offer, PathInit, SignedRoot } from '../../protocols/route/offer.ts'
import type { Order, SignedOrder } from '../../protocols/setup/order.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

/** Signed paths for one pair of ends, and what opens their commitments. */
export interface Batch {
  root: SignedRoot
  offers: Offer[]
  source: PeerId
  destination: PeerId
  salts: { source: Uint8Array, destination: Uint8Array }
}

export interface BatchInit extends Partial<Omit<PathInit, 'forwarders'>> {
  rsp: PrivateKey
  source: PeerId
  destination: PeerId
  /** One path for each. */
  over: PeerId[][]
  /** Unix time, ms. */
  nowMs: number
}

/** A label that nobody has given. */
export const ANY_LABEL = { slot: 7, check: 77 }

let paths = 0

export function randomBytes (count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count))
}

/** Under one root, so that each path has a proof. They live five minutes unless told otherwise. */
export async function batchOf ({ rsp, source, destination, over, nowMs, ...change }: BatchInit): Promise<Batch> {
  const salts = { source: randomBytes(16), destination: randomBytes(16) }
  const { root, offers } = await signOffers(over.map((forwarders): PathInit => ({
    forwarders,
    pathNumber: ++paths,
    notBeforeMs: nowMs,
    expiresAtMs: nowMs + 300_000,
    maxBytesPerSecond: 0n,
    prediction: { rttUs: 1_000, rttMarginUs: 1_000, lossPpm: 0, confidence: 0.9, dataAgeMs: 0 },
    ...change
  })), {
    privateKey: rsp,
    nowMs,
    queryDigest: randomBytes(32),
    sourceCommitment: commit(salts.source, source),
    destinationCommitment: commit(salts.destination, destination)
  })
  return { root, offers, source, destination, salts }
}

export function authorityOf ({ root }: Pick<Batch, 'root'>, offer: Offer): Uint8Array {
  return encodeAnswer({ root, offers: [offer] })
}

/** An order over this path, as an honest source would word it. */
export function orderOver ({ source, destination, salts }: Batch, leaf: Uint8Array, issuedAtMs: number, change: Partial<Order> = {}): Order {
  return {
    source,
    destination,
    sourceSalt: salts.source,
    destinationSalt: salts.destination,
    pathDigest: sha256(leaf),
    flowLabel: randomBytes(16),
    nonce: randomBytes(16),
    issuedAtMs,
    anchor: randomBytes(16),
    want: 'labels',
    ...change
  }
}

/** Everything of an install that its receivers have in common. */
export interface Block {
  batch: Batch
  offer: Offer
  authority: Uint8Array
  signed: SignedOrder
}

export interface BlockInit extends Partial<Order> {
  batch: Batch
  offer: Offer
  key: PrivateKey
  nowMs: number
}

/** A valid install's parts, signed by the source. */
export async function blockOf ({ batch, offer, key, nowMs, ...change }: BlockInit): Promise<Block> {
  const order = orderOver(batch, offer.path, nowMs, { source: peerIdFromPrivateKey(key), ...change })
  return { batch, offer, authority: authorityOf(batch, offer), signed: await signOrder(order, key) }
}

/** The bytes of an install of this block for the node at an index. */
export function installOf ({ authority, signed }: Pick<Block, 'authority' | 'signed'>, index: number, change: Partial<Install> = {}): Uint8Array {
  return encodeInstall({ authority, order: signed.order, signature: signed.signature, index, backLabel: ANY_LABEL, bound: false, proofs: [], ...change })
}

/** As `installOf`, for a source that asks by itself: nobody looks for a signature then. */
export function unsignedInstall (authority: Uint8Array, order: Order, index: number, change: Partial<Install> = {}): Uint8Array {
  return encodeInstall({ authority, order: encodeOrder(order), index, bound: false, proofs: [], ...change })
}

/** A copy with one bit turned over. */
export function flipped (bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[(bit >>> 3) % copy.length] ^= 1 << (bit & 7)
  return copy
}
