/**
 * A message of the DHT without what no honest one says: kad-dht has no bounds of its own, and what it decodes it takes. For each peer that an
 * answer names, and each address, libp2p parses, sorts and keeps.
 *
 *     closer peers    those that it names first         providers    likewise
 *     of each         an id of usual length, addresses as a descriptor may have them, the first that it names
 *
 * It is cut, and not refused: an honest node is easily made to repeat what somebody else said.
 */
import { concat } from 'uint8arrays/concat'
import { MAX_ADDRESS_BYTES, MAX_ADDRESSES } from '../../protocols/descriptor/constants.ts'
import { bytesField, FieldCursor, WIRE_TYPE } from './field-cursor.ts'

export interface DhtMessageLimits {
  maxCloser: number
  maxProviders: number
}

/** Of libp2p's kad-dht specification, "RPC messages". */
const MESSAGE = { type: 1, key: 2, record: 3, closer: 8, providers: 9, clusterLevel: 10 } as const
const PEER = { id: 1, addresses: 2 } as const
/** Once each; the first one counts. */
const SINGLE: Record<number, number | undefined> = {
  [MESSAGE.type]: WIRE_TYPE.varint, [MESSAGE.key]: WIRE_TYPE.bytes, [MESSAGE.record]: WIRE_TYPE.bytes, [MESSAGE.clusterLevel]: WIRE_TYPE.varint
}
/** Ed25519 and secp256k1 keys take 38 and 39 bytes, hashes of others 34. */
const MAX_ID_BYTES = 64

/** @throws MalformedMessageError */
export function boundedDhtMessage (message: Uint8Array, { maxCloser, maxProviders }: DhtMessageLimits): Uint8Array {
  const single = new Map<number, Uint8Array>()
  const peers: Uint8Array[] = []
  const room: Record<number, number | undefined> = { [MESSAGE.closer]: maxCloser, [MESSAGE.providers]: maxProviders }
  for (const cursor = new FieldCursor(message); cursor.next();) {
    const { number, wireType } = cursor
    const left = room[number] ?? 0
    if (left > 0 && wireType === WIRE_TYPE.bytes) {
      room[number] = left - 1
      peers.push(...boundedPeer(number, cursor.value))
    } else if (wireType === SINGLE[number] && !single.has(number)) {
      single.set(number, cursor.field)
    }
  }
  return concat([...single.values(), ...peers])
}

/** Its field; none for a peer whose id is none. */
function boundedPeer (number: number, peer: Uint8Array): Uint8Array[] {
  let id: Uint8Array | undefined
  const addresses: Uint8Array[] = []
  for (const cursor = new FieldCursor(peer); cursor.next() && (id === undefined || addresses.length < MAX_ADDRESSES);) {
    if (cursor.wireType !== WIRE_TYPE.bytes) {
      continue
    }
    if (cursor.number === PEER.id) {
      id = cursor.value
    } else if (cursor.number === PEER.addresses && addresses.length < MAX_ADDRESSES && cursor.value.byteLength <= MAX_ADDRESS_BYTES) {
      addresses.push(cursor.value)
    }
  }
  return id === undefined || id.byteLength > MAX_ID_BYTES ? [] : [bytesField(number, bytesField(PEER.id, id), ...addresses.map((address) => bytesField(PEER.addresses, address)))]
}
