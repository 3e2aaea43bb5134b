/**
 * The leaf of the tree that an RSP signs: one path, self-contained. Its bytes are
 * signed as they are, so they are never encoded anew on the way to a forwarder.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { MalformedMessageError, MessageTooLargeError } from '../errors.ts'
import { MAX_UINT32, checkInteger, checkLength, checkSafeInteger, checkUint64 } from '../field-checks.ts'
import { decodePeerId, encodePeerId, findRepeated } from '../peer-ids.ts'
import { HASH_BYTES, MAX_FORWARDERS, MAX_OFFER_LIFE_MS, MAX_PATH_BYTES, TAG_BYTES } from './constants.ts'
import { PathNotSimpleError, PathTooLongError } from './errors.ts'
import { decodePrediction, encodePrediction } from './prediction.ts'
import { Path as WirePath } from './route.pb.ts'
import type { Prediction } from './prediction.ts'
import type { PeerId } from '@libp2p/interface'

export type { Prediction } from './prediction.ts'

/** What an RSP decides about one path. */
export interface PathInit {
  /** entry first; 1–16, none twice */
  forwarders: PeerId[]
  /** uint32, chosen by the RSP; unique among its unexpired paths, because it makes the tag */
  pathNumber: number
  notBeforeMs: number
  expiresAtMs: number
  /** rate envelope of the flow; 0 = the RSP sets none, a forwarder's own quota still holds */
  maxBytesPerSecond: bigint
  prediction: Prediction
}

export interface Path extends PathInit {
  rsp: PeerId
  queryDigest: Uint8Array
  sourceCommitment: Uint8Array
  destinationCommitment: Uint8Array
}

/** Fractions of a µs, ms or millionth are rounded. Throws for a path that no one would accept. */
export function encodePath (path: Path): Uint8Array {
  const wire: WirePath = {
    rsp: encodePeerId(path.rsp),
    queryDigest: withArrayBuffer(path.queryDigest),
    forwarders: path.forwarders.map(encodePeerId),
    sourceCommitment: withArrayBuffer(path.sourceCommitment),
    destinationCommitment: withArrayBuffer(path.destinationCommitment),
    pathNumber: path.pathNumber,
    notBeforeMs: BigInt(checkSafeInteger(path.notBeforeMs, 'not_before_ms')),
    expiresAtMs: BigInt(checkSafeInteger(path.expiresAtMs, 'expires_at_ms')),
    maxBytesPerSecond: path.maxBytesPerSecond,
    prediction: encodePrediction(path.prediction)
  }
  check(wire, path.forwarders)

  return WirePath.encode(wire)
}

/** Reads and checks everything that can be judged without a clock and a signature. */
export function decodePath (bytes: Uint8Array): Path {
  if (bytes.length > MAX_PATH_BYTES) {
    throw new MessageTooLargeError(`a path of ${bytes.length} bytes: the limit is ${MAX_PATH_BYTES}`)
  }
  const wire = parse(bytes)
  const forwarders = wire.forwarders.map((peer, i) => decodePeerId(peer, `forwarders[${i}]`))
  check(wire, forwarders)

  return {
    rsp: decodePeerId(wire.rsp, 'rsp'),
    queryDigest: wire.queryDigest,
    forwarders,
    sourceCommitment: wire.sourceCommitment,
    destinationCommitment: wire.destinationCommitment,
    pathNumber: wire.pathNumber,
    notBeforeMs: checkSafeInteger(wire.notBeforeMs, 'not_before_ms'),
    expiresAtMs: checkSafeInteger(wire.expiresAtMs, 'expires_at_ms'),
    maxBytesPerSecond: wire.maxBytesPerSecond,
    prediction: decodePrediction(wire.prediction)
  }
}

/** The 8 bytes that name a path in packets: SHA-256(RSP's peer id bytes)[0..4], path number big-endian. */
export function pathTag (rsp: PeerId, pathNumber: number): Uint8Array {
  const tag = new Uint8Array(TAG_BYTES)
  tag.set(sha256(rsp.toMultihash().bytes).subarray(0, 4))
  new DataView(tag.buffer).setUint32(4, pathNumber)

  return tag
}

function parse (bytes: Uint8Array): WirePath {
  try {
    return WirePath.decode(bytes)
  } catch (cause) {
    // forwarders is the only repeated field of the message
    if (cause instanceof Error && cause.name === 'MaxLengthError') {
      throw new PathTooLongError(MAX_FORWARDERS)
    }
    throw new MalformedMessageError('the path is not a Path message', { cause })
  }
}

function check (wire: WirePath, forwarders: PeerId[]): void {
  checkSimple(forwarders)
  checkLength(wire.queryDigest, HASH_BYTES, 'query_digest')
  checkLength(wire.sourceCommitment, HASH_BYTES, 'source_commitment')
  checkLength(wire.destinationCommitment, HASH_BYTES, 'destination_commitment')
  checkInteger(wire.pathNumber, MAX_UINT32, 'path_number')
  checkUint64(wire.maxBytesPerSecond, 'max_bytes_per_second')
  const lifeMs = wire.expiresAtMs - wire.notBeforeMs
  if (lifeMs <= 0n || lifeMs > BigInt(MAX_OFFER_LIFE_MS)) {
    throw new MalformedMessageError(`a path lives 1 to ${MAX_OFFER_LIFE_MS} ms, not ${lifeMs}`)
  }
}

function checkSimple (forwarders: PeerId[]): void {
  if (forwarders.length === 0) {
    throw new MalformedMessageError('a path has at least one forwarder')
  }
  if (forwarders.length > MAX_FORWARDERS) {
    throw new PathTooLongError(MAX_FORWARDERS)
  }
  const repeated = findRepeated(forwarders)
  if (repeated != null) {
    throw new PathNotSimpleError(repeated.toString())
  }
}
