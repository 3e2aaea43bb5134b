// RSPs for the set-up benchmark: what they sign, and what a source makes of it.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { sha256 } from '@noble/hashes/sha2.js'
import { commit, encodeAnswer } from '../../../protocols/route/codec.ts'
import { signOffers, verifyOfferUnder, verifyRoot } from '../../../protocols/route/offer.ts'
import { signOrder } from '../../../protocols/setup/order.ts'
import type { Install } from '../../../protocols/setup/codec.ts'
import type { OfferedPath } from '../../../src/host/provider-set.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

/** Longer than a run. */
const OFFER_LIFE_MS = 300_000
const RSPS = 20

export interface Ends {
  source: PeerId
  destination: PeerId
}

/** Signs paths, each under a root of its own, with the keys of several RSPs in turn. */
export class OfferMaker {
  readonly #keys: Promise<PrivateKey[]>
  #paths = 0

  /** @param keys - of the RSPs; default: some new ones */
  constructor (keys?: PrivateKey[]) {
    this.#keys = keys === undefined ? Promise.all(Array.from({ length: RSPS }, async () => generateKeyPair('Ed25519'))) : Promise.resolve(keys)
  }

  async offer ({ forwarders, source, destination }: Ends & { forwarders: PeerId[] }): Promise<OfferedPath> {
    const keys = await this.#keys
    const nowMs = Date.now()
    const salts = { source: random(16), destination: random(16) }
    const pathNumber = ++this.#paths
    const { root, offers } = await signOffers([{
      forwarders,
      pathNumber,
      notBeforeMs: nowMs,
      expiresAtMs: nowMs + OFFER_LIFE_MS,
      maxBytesPerSecond: 0n,
      prediction: { rttUs: 1_000, rttMarginUs: 1_000, lossPpm: 0, confidence: 0.9, dataAgeMs: 0 }
    }], {
      privateKey: keys[pathNumber % keys.length],
      nowMs,
      queryDigest: random(32),
      sourceCommitment: commit(salts.source, source),
      destinationCommitment: commit(salts.destination, destination)
    })
    return { ...verifyOfferUnder(await verifyRoot(root, { nowMs }), offers[0], { nowMs }), salts }
  }
}

/** What a source shows with this path: a new order each time. */
export async function installOf (path: OfferedPath, sourceKey: PrivateKey, { source, destination }: Ends, anchor: Uint8Array): Promise<Pick<Install, 'authority' | 'order' | 'signature'>> {
  const { order, signature } = await signOrder({
    source,
    destination,
    sourceSalt: path.salts.source,
    destinationSalt: path.salts.destination,
    pathDigest: sha256(path.offer.path),
    flowLabel: random(16),
    nonce: random(16),
    issuedAtMs: Date.now(),
    anchor,
    want: 'labels'
  }, sourceKey)
  return { authority: encodeAnswer({ root: path.root, offers: [path.offer] }), order, signature }
}

function random (bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes))
}
