/**
 * Descriptors: what an identity says of itself, signed. `sealDescriptor` makes
 * them, `openDescriptor` is the only door through which one gets in; both apply
 * the same limits (fields.ts), so that nobody publishes what others refuse.
 */
import { peerIdFromPrivateKey, peerIdFromPublicKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { equals } from 'uint8arrays/equals'
import { ExpiredError, InvalidSignatureError, MalformedMessageError, MessageTooLargeError, WrongNetworkError } from '../errors.ts'
import { CLOCK_SKEW_MS, DESCRIPTOR_CODEC, DESCRIPTOR_DOMAIN, MAX_DESCRIPTOR_BYTES } from './constants.ts'
import { Descriptor } from './descriptor.pb.ts'
import { fromMessage, toMessage } from './fields.ts'
import type { DescriptorFields, DescriptorInit, RoleName } from './fields.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export type { Access, DescriptorInit, Endpoint, ForwarderTerms, HostTerms, RoleName, RspTerms } from './fields.ts'

/** A descriptor whose signature, times, network and limits have been checked. */
export interface VerifiedDescriptor extends Readonly<DescriptorFields> {
  /** The sealed form, to pass on: others can check it too */
  readonly bytes: Uint8Array
  /** Who speaks, and whose key signed */
  readonly peer: PeerId
  readonly roles: ReadonlySet<RoleName>
}

export interface OpenOptions {
  nowMs: number
  network: string
  /** Refuse a descriptor of anybody else */
  expectedPeer?: PeerId
}

/** Signs a descriptor of the key's owner. Throws MalformedMessageError if a field is over its limit. */
export async function sealDescriptor (init: DescriptorInit, privateKey: PrivateKey): Promise<Uint8Array> {
  const peer = peerIdFromPrivateKey(privateKey)
  if (peer.type !== 'Ed25519') {
    throw new MalformedMessageError(`descriptors are signed with Ed25519 keys, not ${peer.type}`)
  }
  const message = toMessage(init, peer)
  fromMessage(message)
  const payload = Descriptor.encode(message)
  const record = { domain: DESCRIPTOR_DOMAIN, codec: DESCRIPTOR_CODEC, marshal: () => payload, equals: () => false }
  const envelope = await RecordEnvelope.seal(record, privateKey)
  return checkSize(envelope.marshal())
}

/**
 * Checks a descriptor, the signature last because it is the dearest.
 * Throws only errors of protocols/errors.ts.
 */
export async function openDescriptor (bytes: Uint8Array, options: OpenOptions): Promise<VerifiedDescriptor> {
  const envelope = parseEnvelope(checkSize(bytes))
  const message = parseMessage(envelope.payload)
  const { peer, roles, fields } = fromMessage(message)
  if (envelope.publicKey.type !== 'Ed25519' || !peerIdFromPublicKey(envelope.publicKey).equals(peer)) {
    throw new InvalidSignatureError(`the descriptor of ${peer} was signed by somebody else`)
  }
  if (options.expectedPeer?.equals(peer) === false) {
    throw new InvalidSignatureError(`descriptor of ${peer} instead of ${options.expectedPeer}`)
  }
  if (fields.network !== options.network) {
    throw new WrongNetworkError(`descriptor for the network '${fields.network}', this is '${options.network}'`)
  }
  checkTime(fields, options.nowMs)
  if (!await isSigned(envelope)) {
    throw new InvalidSignatureError(`the signature of the descriptor of ${peer} is not valid`)
  }
  // Encoded anew: what somebody may have added around the signed part is not passed on. And copied: it is kept for half an hour, and
  // Node gives small pieces of memory out of blocks of 64 KB, each of which lives as long as its last piece.
  return { ...fields, peer, roles, bytes: new Uint8Array(envelope.marshal()) }
}

function checkSize (bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength > MAX_DESCRIPTOR_BYTES) {
    throw new MessageTooLargeError(`descriptor of ${bytes.byteLength} bytes where ${MAX_DESCRIPTOR_BYTES} are allowed`)
  }
  return bytes
}

function checkTime ({ issuedAtMs, expiresAtMs }: DescriptorFields, nowMs: number): void {
  if (nowMs > expiresAtMs + CLOCK_SKEW_MS) {
    throw new ExpiredError(`the descriptor expired ${nowMs - expiresAtMs} ms ago`)
  }
  if (nowMs < issuedAtMs - CLOCK_SKEW_MS) {
    throw new ExpiredError(`the descriptor is valid in ${issuedAtMs - nowMs} ms only: check the clocks of both sides`)
  }
}

function parseEnvelope (bytes: Uint8Array): RecordEnvelope {
  let envelope: RecordEnvelope
  try {
    // A copy: what is kept must not change with, or hold on to, a received buffer (`slice` of a Buffer copies nothing).
    envelope = RecordEnvelope.createFromProtobuf(new Uint8Array(bytes))
  } catch (cause) {
    throw new MalformedMessageError('not a signed envelope', { cause })
  }
  if (!equals(envelope.payloadType, DESCRIPTOR_CODEC)) {
    throw new MalformedMessageError('the envelope holds something else than a descriptor')
  }
  return envelope
}

function parseMessage (payload: Uint8Array): Descriptor {
  try {
    return Descriptor.decode(payload)
  } catch (cause) {
    throw new MalformedMessageError('not a descriptor', { cause })
  }
}

async function isSigned (envelope: RecordEnvelope): Promise<boolean> {
  try {
    return await envelope.validate(DESCRIPTOR_DOMAIN)
  } catch {
    return false
  }
}
