/**
 * Peer ids as bytes in messages. Only the one canonical encoding of a peer id is read:
 * two spellings of one key would pass for two forwarders, and a path could visit one twice.
 */
import { peerIdFromMultihash, peerIdFromPublicKey } from '@libp2p/peer-id'
import * as Digest from 'multiformats/hashes/digest'
import { equals } from 'uint8arrays/equals'
import { toString } from 'uint8arrays/to-string'
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from './errors.ts'
import { RecentlyUsed } from './recently-used.ts'
import type { PeerId } from '@libp2p/interface'

/** Ed25519 takes 38 bytes, secp256k1 39, RSA 34. */
export const MAX_PEER_ID_BYTES = 39

/** About 4 MB: the forwarders of an RSP and those who ask it. Who pushes others out makes their next message cost what the first one did. */
const MAX_RECENT = 4_096
/** The same nodes are named again and again, and a peer id is dear to make; what is computed from it (text, node id) is kept with it. */
const recent = new RecentlyUsed<PeerId>(MAX_RECENT)
/** The bytes as text, which maps and sets can look up. */
const keys = new WeakMap<PeerId, string>()

const RSA_ID_BYTES = 34
const SHA256_CODE = 0x12

export function encodePeerId (peer: PeerId): Uint8Array<ArrayBuffer> {
  return withArrayBuffer(peer.toMultihash().bytes)
}

/**
 * `field` names the place in the message for the error. The result shares no memory
 * with `bytes`, so that keeping it does not keep the message; the same bytes give the
 * same object again for as long as they are remembered.
 */
export function decodePeerId (bytes: Uint8Array, field: string): PeerId {
  return decodeKeyed(bytes, keyOf(bytes, field), field)
}

/** The same peer id, to be kept: Node gives the few bytes of one that was just made out of a block of 64 KB, which lives as long as they do. */
export function peerIdToKeep (peer: PeerId): PeerId {
  return decodePeerId(peer.toMultihash().bytes, 'peer id')
}

function keyOf (bytes: Uint8Array, field: string): string {
  if (bytes.length === 0 || bytes.length > MAX_PEER_ID_BYTES) {
    throw new MalformedMessageError(`${field} has ${bytes.length} bytes, a peer id has 34 to ${MAX_PEER_ID_BYTES}`)
  }
  return toString(bytes, 'latin1')
}

function decodeKeyed (bytes: Uint8Array, key: string, field: string): PeerId {
  const known = recent.get(key)
  if (known !== undefined) {
    return known
  }
  const peer = decodeCanonical(bytes, field)
  recent.set(key, peer)
  keys.set(peer, key)
  return peer
}

function decodeCanonical (bytes: Uint8Array, field: string): PeerId {
  const peer = parse(bytes, field)
  if (!equals(spelledAnew(peer).toMultihash().bytes, bytes)) {
    throw new MalformedMessageError(`${field} is not the canonical encoding of a peer id`)
  }
  return peer
}

/** Not to be kept: Node gives its few bytes out of a block of 64 KB, which lives as long as they do. */
function spelledAnew (peer: PeerId): PeerId {
  return peer.publicKey === undefined ? peer : peerIdFromPublicKey(peer.publicKey)
}

/** As `decodePeerId`, for a list in which nobody may stand twice. The caller bounds its length. */
export function decodeDistinctPeerIds (list: readonly Uint8Array[], field: string): PeerId[] {
  const seen = new Set<string>()
  return list.map((bytes, i) => {
    const key = keyOf(bytes, `${field}[${i}]`)
    const peer = decodeKeyed(bytes, key, `${field}[${i}]`)
    if (seen.has(key)) {
      throw new MalformedMessageError(`${field} names ${peer.toString()} twice`)
    }
    seen.add(key)
    return peer
  })
}

/** The first peer that stands twice in the list, if any. Compares bytes: the text of a peer id is dear to make. */
export function findRepeated (peers: readonly PeerId[]): PeerId | undefined {
  const seen = new Set<string>()
  return peers.find(peer => {
    let key = keys.get(peer)
    if (key === undefined) {
      key = toString(peer.toMultihash().bytes, 'latin1')
      keys.set(peer, key)
    }
    const isRepeated = seen.has(key)
    seen.add(key)
    return isRepeated
  })
}

function parse (bytes: Uint8Array, field: string): PeerId {
  let peer: PeerId
  try {
    peer = peerIdFromMultihash(Digest.decode(new Uint8Array(bytes)))
  } catch (cause) {
    throw new MalformedMessageError(`${field} is not a peer id`, { cause })
  }
  if (peer.publicKey !== undefined || (peer.type === 'RSA' && bytes.length === RSA_ID_BYTES && bytes[0] === SHA256_CODE)) {
    return peer
  }
  throw new MalformedMessageError(`${field} is not a peer id of a key`)
}
