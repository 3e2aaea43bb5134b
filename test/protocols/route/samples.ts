// A small world with fixed keys: RSP 1, host 2 and 3, forwarders from 10 on. Same bytes in every run.
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { commit, digestQuery } from '../../../protocols/route/codec.ts'
import type { DigestedQuery, RouteQuery } from '../../../protocols/route/codec.ts'
import type { Answer, PathInit, Prediction } from '../../../protocols/route/offer.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export const NOW_MS = Date.UTC(2026, 10, 22, 12)

export async function keyOf (seed: number): Promise<PrivateKey> {
  return await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(seed))
}

export async function peerOf (seed: number): Promise<PeerId> {
  return peerIdFromPrivateKey(await keyOf(seed))
}

export const RSP_KEY = await keyOf(1)
export const RSP = peerIdFromPrivateKey(RSP_KEY)
export const [HOST_A, HOST_B] = await Promise.all([2, 3].map(peerOf))
export const FORWARDERS = await Promise.all(Array.from({ length: 70 }, async (_, i) => await peerOf(10 + i)))

export const SALT_A = new Uint8Array(16).fill(0xaa)
export const SALT_B = new Uint8Array(16).fill(0xbb)

export function sampleQuery (change: Partial<RouteQuery> = {}): RouteQuery {
  return {
    nonce: Uint8Array.from({ length: 16 }, (_, i) => i),
    source: [{ forwarder: FORWARDERS[0], rttUs: 4_200 }, { forwarder: FORWARDERS[1], rttUs: 9_000 }],
    destination: [{ forwarder: FORWARDERS[2], rttUs: 3_100 }, { forwarder: FORWARDERS[0], rttUs: 80_000 }],
    sourceCommitment: commit(SALT_A, HOST_A),
    destinationCommitment: commit(SALT_B, HOST_B),
    weights: { delay: 1, loss: 0.5 },
    paths: 3,
    avoid: [FORWARDERS[9]],
    ...change
  }
}

export function samplePath (change: Partial<PathInit> = {}): PathInit {
  return {
    forwarders: [FORWARDERS[0], FORWARDERS[5], FORWARDERS[2]],
    pathNumber: 7,
    notBeforeMs: NOW_MS,
    expiresAtMs: NOW_MS + 300_000,
    maxBytesPerSecond: 6_250_000n,
    prediction: { rttUs: 91_000, rttMarginUs: 3_000, lossPpm: 120, confidence: 0.95, dataAgeMs: 2_500 },
    ...change
  }
}

/** What an RSP may say of a path at most. */
export const FULL_PREDICTION: Prediction = {
  rttUs: 91_000,
  rttMarginUs: 3_000,
  lossPpm: 120,
  lossMarginPpm: 40,
  jitterUs: 700,
  bytesPerSecond: 12_500_000,
  rateMarginBytesPerSecond: 1_000_000,
  loadPpm: 300_000,
  price: 5_000,
  confidence: 0.8,
  dataAgeMs: 2_500
}

export function answerTo (query: DigestedQuery, paths: PathInit[]): Answer {
  const { digest, sourceCommitment, destinationCommitment } = query
  return { paths, queryDigest: digest, sourceCommitment, destinationCommitment }
}

export const ASKED = digestQuery(sampleQuery())

/** Three ways from host to host. */
export const PATHS = [
  samplePath(),
  samplePath({ forwarders: [FORWARDERS[1], FORWARDERS[2]], pathNumber: 8 }),
  samplePath({ forwarders: [FORWARDERS[0]], pathNumber: 9 })
]
