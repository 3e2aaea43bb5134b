/**
 * Messages of the route protocol ↔ what RSP and host work with. The same bounds hold
 * for what is sent and for what is received.
 */
import { fromString } from 'uint8arrays/from-string'
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError } from '../errors.ts'
import { checkInteger, checkLength, checkSafeInteger } from '../field-checks.ts'
import { decodeDistinctPeerIds, decodePeerId, encodePeerId } from '../peer-ids.ts'
import { sha256Of } from '../sha256.ts'
import { HASH_BYTES, MAX_ACCESS_POINTS, MAX_AVOID, MAX_PATHS, MAX_PROOF_HASHES, MAX_RTT_US, MAX_TEXT_BYTES, MAX_TREE_SIZE, NONCE_BYTES, QUERY_DOMAIN, SALT_BYTES } from './constants.ts'
import { Query, RouteRequest, RouteResponse } from './route.pb.ts'
import { decodeVerdict, encodeVerdict } from './verdict.ts'
import type { Offer, SignedOffers, SignedRoot } from './offer.ts'
import type { AccessPoint as WireAccessPoint, Offer as WireOffer, SignedRoot as WireSignedRoot } from './route.pb.ts'
import type { Verdict } from './verdict.ts'
import type { PeerId } from '@libp2p/interface'

const QUERY_PREFIX = fromString(QUERY_DOMAIN)

/** A forwarder through which an end of the flow can be reached. */
export interface AccessPoint {
  forwarder: PeerId
  /** measured between that end and the forwarder */
  rttUs: number
}

export interface RouteQuery {
  /** 16 random bytes: makes the digest of each query its own */
  nonce: Uint8Array
  /** 1–64, no forwarder twice */
  source: AccessPoint[]
  /** 1–64, no forwarder twice */
  destination: AccessPoint[]
  /** `commit(salt, peer)` of the two ends */
  sourceCommitment: Uint8Array
  destinationCommitment: Uint8Array
  /** finite, ≥ 0, not both 0; travel as 32-bit floats */
  weights: { delay: number, loss: number }
  /** how many are wanted, 1–8 */
  paths: number
  /** forwarders that must not be on any path; at most 64, none twice */
  avoid: PeerId[]
  /** in the query language, at most 2,048 bytes; then the weights are only for an RSP that does not know the language */
  text?: string
  /** only with a text: the answer says why */
  explain?: boolean
}

/** What an RSP answers. */
export interface RouteAnswer extends SignedOffers {
  /** exactly where the query has a text, and the RSP has read it */
  verdict?: Verdict
}

/** A query together with the bytes in which it travels; the digest is that of these bytes. */
export interface DigestedQuery extends RouteQuery {
  encoded: Uint8Array
  digest: Uint8Array
}

// The decoders copy first: what is kept of a message must not hold on to a buffer of the transport.

/** What a host sends. */
export function encodeRequest ({ encoded }: Pick<DigestedQuery, 'encoded'>): Uint8Array {
  return RouteRequest.encode({ query: withArrayBuffer(encoded) })
}

export function decodeRequest (bytes: Uint8Array): DigestedQuery {
  const encoded = parse(() => RouteRequest.decode(Uint8Array.from(bytes)), 'RouteRequest').query
  return { ...decodeQuery(encoded), encoded, digest: queryDigest(encoded) }
}

/** SHA-256(salt || peer id bytes): says nothing of the peer to whom does not have the 16 random bytes of salt. */
export function commit (salt: Uint8Array, peer: PeerId): Uint8Array {
  if (salt.length !== SALT_BYTES) {
    throw new RangeError(`a salt has ${SALT_BYTES} random bytes, not ${salt.length}`)
  }
  return sha256Of(salt, peer.toMultihash().bytes)
}

/** Of the bytes as sent: never encode a received query anew to get its digest. */
export function queryDigest (encodedQuery: Uint8Array): Uint8Array {
  return sha256Of(QUERY_PREFIX, encodedQuery)
}

/** Fixes the bytes of a query that is to be asked. */
export function digestQuery (query: RouteQuery): DigestedQuery {
  const encoded = encodeQuery(query)
  return { ...query, encoded, digest: queryDigest(encoded) }
}

export function encodeQuery (query: RouteQuery): Uint8Array {
  const encoded = Query.encode({
    nonce: withArrayBuffer(query.nonce),
    source: query.source.map(encodeAccessPoint),
    destination: query.destination.map(encodeAccessPoint),
    sourceCommitment: withArrayBuffer(query.sourceCommitment),
    destinationCommitment: withArrayBuffer(query.destinationCommitment),
    weights: query.weights,
    paths: checkInteger(query.paths, MAX_PATHS, 'paths'),
    avoid: query.avoid.map(encodePeerId),
    text: query.text ?? '',
    explain: query.explain ?? false
  })
  decodeQuery(encoded) // holds what is sent to the bounds of what is received, as 32-bit floats too

  return encoded
}

export function decodeQuery (bytes: Uint8Array): RouteQuery {
  const wire = parse(() => Query.decode(bytes), 'Query')
  const paths = checkInteger(wire.paths, MAX_PATHS, 'paths')
  if (paths === 0) {
    throw new MalformedMessageError(`a query asks for 1 to ${MAX_PATHS} paths`)
  }
  if (wire.avoid.length > MAX_AVOID) {
    throw new MalformedMessageError(`avoid has ${wire.avoid.length} entries, at most ${MAX_AVOID} are allowed`)
  }
  return {
    nonce: checkLength(wire.nonce, NONCE_BYTES, 'nonce'),
    source: decodeAccessPoints(wire.source, 'source'),
    destination: decodeAccessPoints(wire.destination, 'destination'),
    sourceCommitment: checkLength(wire.sourceCommitment, HASH_BYTES, 'source_commitment'),
    destinationCommitment: checkLength(wire.destinationCommitment, HASH_BYTES, 'destination_commitment'),
    weights: checkWeights(wire.weights),
    paths,
    avoid: decodeDistinctPeerIds(wire.avoid, 'avoid'),
    ...textOf(wire)
  }
}

function textOf ({ text, explain }: Pick<Query, 'text' | 'explain'>): Pick<RouteQuery, 'text' | 'explain'> {
  if (fromString(text).length > MAX_TEXT_BYTES) {
    throw new MalformedMessageError(`the text of a query has at most ${MAX_TEXT_BYTES} bytes`)
  }
  if (explain && text === '') {
    throw new MalformedMessageError('only a query with a text is explained')
  }
  return text === '' ? {} : { text, ...(explain ? { explain } : {}) }
}

export function encodeAnswer ({ root, offers, verdict }: RouteAnswer): Uint8Array {
  return RouteResponse.encode({
    root: {
      rsp: encodePeerId(root.rsp),
      root: withArrayBuffer(root.root),
      treeSize: BigInt(root.treeSize),
      issuedAtMs: BigInt(root.issuedAtMs),
      signature: withArrayBuffer(root.signature)
    },
    offers: offers.map(({ path, leafIndex, proof }) => ({
      path: withArrayBuffer(path),
      leafIndex: BigInt(leafIndex),
      proof: proof.map(withArrayBuffer)
    })),
    ...(verdict === undefined ? {} : { verdict: encodeVerdict(verdict) })
  })
}

/** Bounds only: nothing in the result is believed before `verifyRoot` and `verifyOfferUnder`. */
export function decodeAnswer (bytes: Uint8Array): RouteAnswer {
  const wire = parse(() => RouteResponse.decode(Uint8Array.from(bytes)), 'RouteResponse')
  if (wire.root == null) {
    throw new MalformedMessageError('the answer has no signed root')
  }
  return {
    root: decodeRoot(wire.root),
    offers: wire.offers.map(decodeOffer),
    ...(wire.verdict === undefined ? {} : { verdict: decodeVerdict(wire.verdict, wire.offers.length) })
  }
}

function decodeRoot (wire: WireSignedRoot): SignedRoot {
  return {
    rsp: decodePeerId(wire.rsp, 'root.rsp'),
    root: wire.root,
    treeSize: checkInteger(Number(wire.treeSize), MAX_TREE_SIZE, 'tree_size'),
    issuedAtMs: checkSafeInteger(wire.issuedAtMs, 'issued_at_ms'),
    signature: wire.signature
  }
}

function decodeOffer ({ path, leafIndex, proof }: WireOffer): Offer {
  if (proof.length > MAX_PROOF_HASHES) {
    throw new MalformedMessageError(`a proof has at most ${MAX_PROOF_HASHES} hashes`)
  }
  return { path, leafIndex: checkInteger(Number(leafIndex), MAX_TREE_SIZE, 'leaf_index'), proof }
}

function encodeAccessPoint ({ forwarder, rttUs }: AccessPoint): WireAccessPoint {
  return { forwarder: encodePeerId(forwarder), rttUs: checkInteger(Math.round(rttUs), MAX_RTT_US, 'rtt_us') }
}

function decodeAccessPoints (wire: WireAccessPoint[], field: string): AccessPoint[] {
  if (wire.length === 0 || wire.length > MAX_ACCESS_POINTS) {
    throw new MalformedMessageError(`${field} names ${wire.length} forwarders, 1 to ${MAX_ACCESS_POINTS} are allowed`)
  }
  const forwarders = decodeDistinctPeerIds(wire.map(({ forwarder }) => forwarder), field)

  return wire.map(({ rttUs }, i) => ({ forwarder: forwarders[i], rttUs: checkInteger(rttUs, MAX_RTT_US, `${field}[${i}].rtt_us`) }))
}

function checkWeights (weights: RouteQuery['weights'] | undefined): RouteQuery['weights'] {
  const { delay, loss } = weights ?? { delay: 0, loss: 0 }
  if (!Number.isFinite(delay) || !Number.isFinite(loss) || delay < 0 || loss < 0 || delay + loss === 0) {
    throw new MalformedMessageError(`weights of delay ${delay} and loss ${loss}: give finite ones ≥ 0, not both 0`)
  }
  return { delay, loss }
}

/** Runs a protobuf decoder; whatever it throws means that the bytes are not the message. */
function parse<T> (decode: () => T, message: string): T {
  try {
    return decode()
  } catch (cause) {
    throw new MalformedMessageError(`the bytes are not a ${message}: ${cause instanceof Error ? cause.message : ''}`, { cause })
  }
}
