// Offers as an RSP would sign them, over any forwarders, for tests that need a certain path.
import { commit } from '../../protocols/route/codec.ts'
import { signOffers, verifyOfferUnder, verifyRoot } from '../../protocols/route/offer.ts'
import type { OfferedPath } from '../../src/host/provider-set.ts'
import type { PathInit } from '../../protocols/route/offer.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export interface OfferInit extends Partial<PathInit> {
  rsp: PrivateKey
  forwarders: PeerId[]
  source: PeerId
  destination: PeerId
  /** Unix time, ms. */
  nowMs?: number
}

let paths = 0

/** A path over these forwarders that lives five minutes unless told otherwise. */
export async function offerOver ({ rsp, forwarders, source, destination, nowMs = Date.now(), ...change }: OfferInit): Promise<OfferedPath> {
  const salts = { source: crypto.getRandomValues(new Uint8Array(16)), destination: crypto.getRandomValues(new Uint8Array(16)) }
  const path: PathInit = {
    forwarders,
    pathNumber: ++paths,
    notBeforeMs: nowMs,
    expiresAtMs: nowMs + 300_000,
    maxBytesPerSecond: 0n,
    prediction: { rttUs: 1_000, rttMarginUs: 1_000, lossPpm: 0, confidence: 0.9, dataAgeMs: 0 },
    ...change
  }
  const { root, offers } = await signOffers([path], {
    privateKey: rsp,
    nowMs,
    queryDigest: crypto.getRandomValues(new Uint8Array(32)),
    sourceCommitment: commit(salts.source, source),
    destinationCommitment: commit(salts.destination, destination)
  })
  return { ...verifyOfferUnder(await verifyRoot(root, { nowMs }), offers[0], { nowMs }), salts }
}
