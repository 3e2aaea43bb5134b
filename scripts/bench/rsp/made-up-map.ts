// The overlay of the benchmark: forwarders with keys that every process can make again, and links of made-up values between them.
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export const FORWARDERS = 490
/** A learned backbone has about as many, 5 % of all. */
export const LINKS_PER_FORWARDER = 24

export async function forwarderKey (number: number): Promise<PrivateKey> {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number + 1)
  return generateKeyPairFromSeed('Ed25519', seed)
}

export async function forwarderIds (): Promise<PeerId[]> {
  return Promise.all(Array.from({ length: FORWARDERS }, async (_, number) => peerIdFromPrivateKey(await forwarderKey(number))))
}

/** Spread over the whole overlay, the same in every process; none twice. */
export function neighboursOf (number: number, count = LINKS_PER_FORWARDER): number[] {
  const others = new Set<number>()
  for (let i = 0; others.size < count; i++) {
    const other = (number + 1 + i * i * 7 + i) % FORWARDERS
    if (other !== number) {
      others.add(other)
    }
  }
  return [...others]
}

/** 5 to 155 ms, and never twice the same. */
export function rttUsOf (from: number, to: number): number {
  return 5_000 + ((from * 7_919 + to * 104_729) % 150_000) + Math.floor(Math.random() * 500)
}
