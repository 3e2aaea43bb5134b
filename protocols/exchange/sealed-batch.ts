/**
 * A batch: what one RSP tells another of links, under one signature. Kept, it is proof of what was said; it is bound to its
 * reader, so that nobody can pass another's words on as an answer to somebody else.
 */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { InvalidSignatureError, MalformedMessageError, MessageTooLargeError } from '../errors.ts'
import { checkSafeInteger, checkUint64 } from '../field-checks.ts'
import { decodeDistinctPeerIds, decodePeerId, encodePeerId } from '../peer-ids.ts'
import { checkSignature, parseRecord, sealedBytes, sealRecord } from '../signed-record.ts'
import { BATCH_CODEC, BATCH_DOMAIN, CLOCK_SKEW_MS, MAX_BATCH_AGE_MS, MAX_BATCH_BYTES, MAX_MEASUREMENTS, MAX_NODES } from './constants.ts'
import { Batch } from './exchange.pb.ts'
import { ClocksApartError } from './errors.ts'
import { decodeMeasurement, encodeMeasurement } from './measurement.ts'
import type { RecordKind } from '../signed-record.ts'
import type { SharedMeasurement } from './measurement.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const BATCH: RecordKind<Batch> = { name: 'a batch', domain: BATCH_DOMAIN, codec: BATCH_CODEC, decode: Batch.decode }

export interface BatchInit {
  /** whom it is for */
  subscriber: PeerId
  /** from 1, one more with each batch of a subscription */
  sequence: bigint
  /** Unix time */
  issuedAtMs: number
  /** at most 512, of at most 512 forwarders, no link twice */
  measurements: readonly SharedMeasurement[]
}

export interface VerifiedBatch extends BatchInit {
  rsp: PeerId
  /** the signed bytes, to keep as proof */
  sealed: Uint8Array
}

export interface BatchExpectation {
  rsp: PeerId
  subscriber: PeerId
  /** Unix time */
  nowMs: number
}

/** @throws MalformedMessageError, AbsurdMeasurementError, StaleMeasurementError: what no reader would take is not signed */
export async function sealBatch ({ subscriber, sequence, issuedAtMs, measurements }: BatchInit, privateKey: PrivateKey): Promise<Uint8Array> {
  const places = new Map<string, number>()
  const nodes: PeerId[] = []
  const placeOf = (peer: PeerId): number => {
    const key = peer.toString()
    const known = places.get(key)
    if (known !== undefined) {
      return known
    }
    places.set(key, nodes.length)
    return nodes.push(peer) - 1
  }
  const wire = measurements.map((measurement) => encodeMeasurement(measurement, placeOf))
  checkCounts(nodes.length, wire)
  const payload = Batch.encode({
    rsp: encodePeerId(peerIdFromPrivateKey(privateKey)),
    subscriber: encodePeerId(subscriber),
    sequence: checkUint64(sequence, 'sequence'),
    issuedAtMs: BigInt(checkSafeInteger(issuedAtMs, 'issued_at_ms')),
    nodes: nodes.map(encodePeerId),
    measurements: wire
  })
  return sealRecord(BATCH, payload, privateKey)
}

/**
 * Checks from cheap to dear; the signature comes last but before anything is believed.
 *
 * @throws MessageTooLargeError, MalformedMessageError, AbsurdMeasurementError, StaleMeasurementError, ClocksApartError, InvalidSignatureError (signature, signer, RSP or subscriber)
 */
export async function openBatch (sealed: Uint8Array, { rsp, subscriber, nowMs }: BatchExpectation): Promise<VerifiedBatch> {
  if (sealed.length > MAX_BATCH_BYTES) {
    throw new MessageTooLargeError(`a batch of ${sealed.length} bytes: the limit is ${MAX_BATCH_BYTES}`)
  }
  const record = parseRecord(BATCH, sealed)
  const { signer, message: wire } = record
  if (![signer, decodePeerId(wire.rsp, 'rsp')].every((peer) => peer.equals(rsp))) {
    throw new InvalidSignatureError(`the batch speaks for, or is signed by, another RSP than ${rsp.toString()}`)
  }
  if (!decodePeerId(wire.subscriber, 'subscriber').equals(subscriber)) {
    throw new InvalidSignatureError(`the batch is for another RSP than ${subscriber.toString()}`)
  }
  const issuedAtMs = checkSafeInteger(wire.issuedAtMs, 'issued_at_ms')
  checkIssue(issuedAtMs, nowMs)
  checkCounts(wire.nodes.length, wire.measurements)
  const nodes = decodeDistinctPeerIds(wire.nodes, 'nodes')
  const measurements = wire.measurements.map((measurement) => decodeMeasurement(measurement, nodes))
  await checkSignature(BATCH, record)

  return {
    rsp,
    subscriber,
    sequence: wire.sequence,
    issuedAtMs,
    measurements,
    sealed: sealedBytes(record)
  }
}

function checkCounts (nodes: number, measurements: ReadonlyArray<{ a: number, b: number }>): void {
  if (nodes > MAX_NODES || measurements.length > MAX_MEASUREMENTS) {
    throw new MalformedMessageError(`${measurements.length} measurements of ${nodes} nodes: a batch has at most ${MAX_MEASUREMENTS} of ${MAX_NODES}`)
  }
  const links = new Set(measurements.map(({ a, b }) => Math.min(a, b) * MAX_NODES + Math.max(a, b)))
  if (links.size < measurements.length) {
    throw new MalformedMessageError('a batch speaks of a link twice')
  }
}

function checkIssue (issuedAtMs: number, nowMs: number): void {
  if (issuedAtMs < nowMs - MAX_BATCH_AGE_MS - CLOCK_SKEW_MS) {
    throw new ClocksApartError(`the batch is ${nowMs - issuedAtMs} ms old, at most ${MAX_BATCH_AGE_MS} are of use: compare the clocks`)
  }
  if (issuedAtMs > nowMs + CLOCK_SKEW_MS) {
    throw new ClocksApartError(`the batch is from ${issuedAtMs - nowMs} ms in the future: compare the clocks`)
  }
}
