/** Descriptors of made-up nodes with fixed keys, so that their bytes are the same in every run. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Ed25519PrivateKey, PeerId } from '@libp2p/interface'
import type { DescriptorInit } from '../../protocols/descriptor/codec.ts'

/** 2026-11-23T00:00:00Z */
export const NOW_MS = 1_795_392_000_000

export const NETWORK = 'test'

export async function keyOf (number: number): Promise<Ed25519PrivateKey> {
  return await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(number))
}

export async function peerOf (number: number): Promise<PeerId> {
  return peerIdFromPrivateKey(await keyOf(number))
}

/** A forwarder, unless told otherwise; issued now, valid for ten minutes. */
export async function descriptorOf (number: number, overrides: Partial<DescriptorInit> = {}): Promise<DescriptorInit> {
  return {
    network: NETWORK,
    sequence: 1n,
    issuedAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 600_000,
    endpoints: [{ peer: await peerOf(number), addresses: [multiaddr(`/ip4/192.0.2.${number}/tcp/4001`)] }],
    forwarder: { capacityBytesPerSecond: 12_500_000, maxAttachments: 256, maxNeighbours: 64 },
    ...overrides
  }
}
