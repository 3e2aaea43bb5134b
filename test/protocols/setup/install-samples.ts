// One path of three forwarders from host A to host B, its order and its install; keys and times are those of the route samples.
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from 'uint8arrays/concat'
import { signOrder } from '../../../protocols/setup/order.ts'
import { RefreshChain } from '../../../protocols/setup/refresh-chain.ts'
import { encodeAnswer } from '../../../protocols/route/codec.ts'
import { signOffers } from '../../../protocols/route/offer.ts'
import { answerTo, ASKED, HOST_A, HOST_B, keyOf, NOW_MS, PATHS, RSP_KEY, SALT_A, SALT_B, samplePath } from '../route/samples.ts'
import type { Install } from '../../../protocols/setup/codec.ts'
import type { Order } from '../../../protocols/setup/order.ts'
import type { PathInit } from '../../../protocols/route/offer.ts'

export const SOURCE_KEY = await keyOf(2)
export const DESTINATION_KEY = await keyOf(3)

export const COOKIE = Uint8Array.from({ length: 20 }, (_, i) => 0xc0 + i)
export const SOLUTION = Uint8Array.from({ length: 8 }, (_, i) => i)

export const LABEL = { slot: 0x01020304, check: 0xfffefdfc }

export function chain (): RefreshChain {
  return new RefreshChain(new Uint8Array(16).fill(0x77), 8)
}

/** What a host shows: the root and one offer under it, which is the only leaf unless there are others. */
export async function authorityOf (path: Partial<PathInit> = {}, others: PathInit[] = [], issuedAtMs = NOW_MS): Promise<Uint8Array> {
  const { paths: _, ...ends } = answerTo(ASKED, [])
  const { root, offers } = await signOffers([samplePath(path), ...others], { ...ends, privateKey: RSP_KEY, nowMs: issuedAtMs })
  return encodeAnswer({ root, offers: [offers[0]] })
}

export const AUTHORITY = await authorityOf()
/** The same path with two hashes of proof. */
export const AUTHORITY_OF_THREE = await authorityOf({}, PATHS.slice(1))

export async function leafOf (path: Partial<PathInit> = {}): Promise<Uint8Array> {
  const { paths: _, ...ends } = answerTo(ASKED, [])
  const { offers } = await signOffers([samplePath(path)], { ...ends, privateKey: RSP_KEY, nowMs: NOW_MS })
  return offers[0].path
}

export const LEAF = await leafOf()

export function sampleOrder (change: Partial<Order> = {}): Order {
  return {
    source: HOST_A,
    destination: HOST_B,
    sourceSalt: SALT_A,
    destinationSalt: SALT_B,
    pathDigest: sha256(LEAF),
    flowLabel: new Uint8Array(16).fill(0xf1),
    nonce: new Uint8Array(16).fill(0x0e),
    issuedAtMs: NOW_MS,
    anchor: chain().anchor,
    want: 'labels',
    ...change
  }
}

export const SIGNED = await signOrder(sampleOrder(), SOURCE_KEY)

/** As host A asks the first forwarder. */
export function sampleInstall (change: Partial<Install> = {}): Install {
  return {
    authority: AUTHORITY,
    order: SIGNED.order,
    signature: SIGNED.signature,
    index: 0,
    backLabel: LABEL,
    bound: false,
    proofs: [],
    ...change
  }
}

export function withBitFlipped (bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3] ^= 1 << (bit & 7)
  return copy
}

export function spelledAnew (bytes: Uint8Array, number = 0): Uint8Array {
  return concat([bytes, Uint8Array.of(15 << 3, number)]) // a field that nobody knows
}

export { HOST_A, HOST_B, NOW_MS }
