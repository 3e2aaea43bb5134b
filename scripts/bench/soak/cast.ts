// Who comes and goes. Forwarders, RSPs and most hosts are of a fixed cast that comes back under the same keys, as real nodes do: what others
// remember of them for the half hour that a descriptor holds is then bounded by the cast, and everything that is remembered of
// each visit would show. Some hosts are strangers that come once.
import { generateKeyPair, generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PrivateKey } from '@libp2p/interface'

export type CastRole = 'forwarder' | 'rsp' | 'host'

/** Victims are those whose process is stopped or killed. */
export const CAST = { forwarder: 5, rsp: 3, host: 8 } as const
export const VICTIM = { forwarder: 0, host: 1 } as const

const ROLE_BYTES = { forwarder: 1, rsp: 2, host: 3 } as const

export async function castKey (role: CastRole, index: number, seed: number): Promise<PrivateKey> {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(0, seed)
  bytes.set([ROLE_BYTES[role], index], 4)
  return generateKeyPairFromSeed('Ed25519', bytes)
}

export async function castIds (role: CastRole, seed: number): Promise<string[]> {
  return Promise.all(Array.from({ length: CAST[role] }, async (_, index) => peerIdFromPrivateKey(await castKey(role, index, seed)).toString()))
}

export async function strangerKey (): Promise<PrivateKey> {
  return generateKeyPair('Ed25519')
}
