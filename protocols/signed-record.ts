/**
 * What a node says and signs so that others may keep it and pass it on: descriptors, reports, receipts, bindings, batches of measurements.
 * Each is a message in libp2p's signed envelope (libp2p RFC 0002), which names its kind.
 */
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { equals } from 'uint8arrays/equals'
import { InvalidSignatureError, MalformedMessageError } from './errors.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export interface RecordKind<T> {
  /** In errors: 'a report'. */
  name: string
  /** Goes into the signature: nothing that is signed for one kind holds for another. */
  domain: string
  codec: Uint8Array
  decode: (payload: Uint8Array) => T
}

/** Well-formed, and nothing more: believed only after `checkSignature`. */
export interface ParsedRecord<T> {
  envelope: RecordEnvelope
  /** Whose key the envelope names. */
  signer: PeerId
  message: T
}

export async function sealRecord (kind: RecordKind<unknown>, payload: Uint8Array, privateKey: PrivateKey): Promise<Uint8Array> {
  const envelope = await RecordEnvelope.seal({ domain: kind.domain, codec: kind.codec, marshal: () => payload, equals: () => false }, privateKey)
  return envelope.marshal()
}

/** @throws MalformedMessageError */
export function parseRecord<T> (kind: RecordKind<T>, sealed: Uint8Array): ParsedRecord<T> {
  let envelope: RecordEnvelope
  try {
    // a copy: what is kept must not change with, or hold on to, a received buffer (`slice` of a Buffer copies nothing)
    envelope = RecordEnvelope.createFromProtobuf(new Uint8Array(sealed))
    if (equals(envelope.payloadType, kind.codec)) {
      return { envelope, signer: peerIdFromPublicKey(envelope.publicKey), message: kind.decode(envelope.payload) }
    }
  } catch (cause) {
    throw new MalformedMessageError(`the bytes are not ${kind.name} in a signed envelope`, { cause })
  }
  throw new MalformedMessageError(`the envelope holds something else than ${kind.name}`)
}

/** The dearest of all checks: a quarter of a millisecond for Ed25519. @throws InvalidSignatureError */
export async function checkSignature ({ name, domain }: RecordKind<unknown>, { envelope, signer }: ParsedRecord<unknown>): Promise<void> {
  // some implementations throw for a key or signature of odd form
  const isValid = await envelope.validate(domain).catch(() => false)
  if (!isValid) {
    throw new InvalidSignatureError(`${name} does not carry a signature of ${signer.toString()}`)
  }
}

/**
 * Encoded anew: what somebody may have added around the signed part is not passed on. And copied: it may be kept for long, and Node gives small
 * pieces of memory out of larger blocks, each of which lives as long as its last piece.
 */
export function sealedBytes ({ envelope }: ParsedRecord<unknown>): Uint8Array {
  return new Uint8Array(envelope.marshal())
}
