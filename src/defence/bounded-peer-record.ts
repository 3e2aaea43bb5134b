/**
 * What libp2p's peer store keeps of one peer. Anybody may name addresses of anybody, to the DHT's queries for one, and they are added to those
 * that are there: so many of them that nothing else fits into the record would end each stream of that peer, since with a stream its protocol is noted.
 */
import { concat } from 'uint8arrays/concat'
import { MAX_ADDRESS_BYTES, MAX_ADDRESSES } from '../../protocols/descriptor/constants.ts'
import { FieldCursor, WIRE_TYPE } from './field-cursor.ts'

/** Of `Peer` and `Address` in @libp2p/peer-store's peer.proto. */
const PEER = { addresses: 1, protocols: 2, peerRecordEnvelope: 5, tags: 7 } as const
const ADDRESS = { multiaddr: 1, isCertified: 2, observed: 3 } as const

/** Only a peer itself can say these, over a connection, but for the tags, which this node gives. */
const OWN_WORDS: ReadonlySet<number> = new Set([PEER.protocols, PEER.peerRecordEnvelope, PEER.tags])

export interface BoundedPeerRecord {
  record: Uint8Array
  /** Nobody but others has said anything of the peer yet. */
  isHearsay: boolean
}

interface KeptAddress {
  field: Uint8Array
  isCertified: boolean
  observedMs: number
}

/**
 * With as many addresses as a descriptor may have: those that the peer has signed, then those that were there first, so that nobody pushes them out.
 *
 * @throws MalformedMessageError - no record of the peer store's
 */
export function boundedPeerRecord (record: Uint8Array): BoundedPeerRecord {
  const addresses: KeptAddress[] = []
  const others: Uint8Array[] = []
  let named = 0
  let isHearsay = true
  for (const cursor = new FieldCursor(record); cursor.next();) {
    isHearsay &&= !OWN_WORDS.has(cursor.number)
    if (cursor.number !== PEER.addresses) {
      others.push(cursor.field)
      continue
    }
    named++
    const { isShort, ...address } = readAddress(cursor)
    if (isShort) {
      addresses.push(address)
    }
  }
  if (named === addresses.length && named <= MAX_ADDRESSES) {
    return { record, isHearsay }
  }
  const kept = new Set([...addresses].sort((a, b) => Number(b.isCertified) - Number(a.isCertified) || a.observedMs - b.observedMs).slice(0, MAX_ADDRESSES))
  return { record: concat([...addresses.filter((address) => kept.has(address)).map(({ field }) => field), ...others]), isHearsay }
}

function readAddress ({ field, value }: FieldCursor): KeptAddress & { isShort: boolean } {
  const address = { field, isCertified: false, observedMs: 0, isShort: true }
  for (const cursor = new FieldCursor(value); cursor.next();) {
    if (cursor.number === ADDRESS.multiaddr && cursor.wireType === WIRE_TYPE.bytes) {
      address.isShort = cursor.value.byteLength <= MAX_ADDRESS_BYTES
    } else if (cursor.number === ADDRESS.isCertified) {
      address.isCertified = cursor.varint > 0
    } else if (cursor.number === ADDRESS.observed) {
      address.observedMs = cursor.varint
    }
  }
  return address
}
