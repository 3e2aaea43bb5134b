// A forwarder with a fixed key and its links. Same bytes in every run.
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { LinkMeasurement, PolicyStatement, ReportInit } from '../../../protocols/report/codec.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export const NOW_MS = Date.UTC(2026, 10, 22, 12)

export async function keyOf (seed: number): Promise<PrivateKey> {
  return await generateKeyPairFromSeed('Ed25519', Uint8Array.from({ length: 32 }, (_, i) => i < 2 ? seed >> (8 * i) : 0))
}

export async function peersFrom (seed: number, count: number): Promise<PeerId[]> {
  return await Promise.all(Array.from({ length: count }, async (_, i) => peerIdFromPrivateKey(await keyOf(seed + i))))
}

export const FORWARDER_KEY = await keyOf(1)
export const FORWARDER = peerIdFromPrivateKey(FORWARDER_KEY)
export const [NEAR, FAR, STRANGER] = await peersFrom(2, 3)

/** As of a forwarder that knows nothing of its links' traffic. */
export function sampleLink (change: Partial<LinkMeasurement> = {}): LinkMeasurement {
  return {
    peer: NEAR,
    up: true,
    rttUs: 12_345,
    jitterUs: 678,
    lossPpm: 90,
    samples: 42,
    ageMs: 1_500,
    closed: false,
    bytesPerSecond: 0,
    rateIsFloor: false,
    loadBytesPerSecond: 0,
    receivedBytesPerSecond: 0,
    mostReceivedBytesPerSecond: 0,
    ...change
  }
}

export const SAMPLE_TRAFFIC = {
  bytesPerSecond: 7_654_321, rateIsFloor: true, loadBytesPerSecond: 250_000, receivedBytesPerSecond: 130_000, mostReceivedBytesPerSecond: 4_000_000
}

export function samplePolicy (change: Partial<PolicyStatement> = {}): PolicyStatement {
  return { listedOnly: true, rsps: [NEAR], revoked: [STRANGER], authorizedOnly: true, ...change }
}

export function sampleReport (change: Partial<ReportInit> = {}): ReportInit {
  return {
    sequence: 17n,
    issuedAtMs: NOW_MS,
    full: true,
    links: [sampleLink(), sampleLink({ peer: FAR, up: false, rttUs: 0, jitterUs: 0 })],
    loadBytesPerSecond: 1_250_000n,
    priceMicroPerGb: 0,
    ...change
  }
}
