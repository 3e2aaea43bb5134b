// The well-known DHT keys under which roles, and hosts that can be reached through a forwarder, are advertised.
import { sha256 } from '@noble/hashes/sha2.js'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { create } from 'multiformats/hashes/digest'
import { fromString } from 'uint8arrays/from-string'
import type { RoleName } from '../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'

const SHA2_256 = 0x12

/** Providers of this key say that they have the role (in the region, in any case). Hints only: their descriptors decide. */
export function roleKey (network: string, role: RoleName, region?: string): CID {
  return keyOf(region === undefined ? `/byway/${network}/role/${role}` : `/byway/${network}/role/${role}/region/${region.toLowerCase()}`)
}

/** Providers of this key are forwarders at which the host is attached, or the host that speaks for this application. */
export function hostKey (network: string, host: PeerId): CID {
  return keyOf(`/byway/${network}/host/${host.toString()}`)
}

/** Protocol id of the overlay's own DHT. */
export function kadProtocol (network: string): string {
  return network === PUBLIC_NETWORK ? '/byway/kad/1.0.0' : `/byway/${network}/kad/1.0.0`
}

/** Name of the overlay that nodes join unless told otherwise. */
export const PUBLIC_NETWORK = 'public'

function keyOf (name: string): CID {
  return CID.createV1(raw.code, create(SHA2_256, sha256(fromString(name))))
}
