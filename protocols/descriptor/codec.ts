/**
 * Descriptors: what an identity says of itself, signed. `sealDescriptor` makes
 * them, `openDescriptor` is the only door through which one gets in; both apply
 * the same limits (fields.ts), so that nobody publishes what others refuse.
 */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ExpiredError, InvalidSignatureError, MalformedMessageError, MessageTooLargeError, WrongNetworkError } from '../errors.ts'
import { CLOCK_SKEW_MS, DESCRIPTOR_CODEC, DESCRIPTOR_DOMAIN, MAX_DESCRIPTOR_BYTES } from './constants.ts'
import { Descriptor } from './descriptor.pb.ts'
import { fromMessage, toMessage } from './fields.ts'
import { checkSignature, parseRecord, sealedBytes, sealRecord } from '../signed-record.ts'
import type { DescriptorFields, DescriptorInit, RoleName } from './fields.ts'
import type { RecordKind } from '../signed-record.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export type { Access, DescriptorInit, Endpoint, ForwarderTerms, HostTerms, RoleName, RspTerms } from './fields.ts'

const DESCRIPTOR: RecordKind<Descriptor> = { name: 'a descriptor', domain: DESCRIPTOR_DOMAIN, codec: DESCRIPTOR_CODEC, decode: Descriptor.decode }

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
  return checkSize(await sealRecord(DESCRIPTOR, payload, privateKey))
}

/**
 * Checks a descriptor, the signature last because it is the dearest.
 * Throws only errors of protocols/errors.ts.
 */
export async function openDescriptor (bytes: Uint8Array, options: OpenOptions): Promise<VerifiedDescriptor> {
  const record = parseRecord(DESCRIPTOR, checkSize(bytes))
  const { signer } = record
  const { peer, roles, fields } = fromMessage(record.message)
  if (signer.type !== 'Ed25519' || !signer.equals(peer)) {
    throw new InvalidSignatureError(`the descriptor of ${peer} was signed by somebody else`)
  }
  if (options.expectedPeer?.equals(peer) === false) {
    throw new InvalidSignatureError(`descriptor of ${peer} instead of ${options.expectedPeer}`)
  }
  if (fields.network !== options.network) {
    throw new WrongNetworkError(`descriptor for the network '${fields.network}', this is '${options.network}'`)
  }
  checkTime(fields, options.nowMs)
  await checkSignature(DESCRIPTOR, record)
  return { ...fields, peer, roles, bytes: sealedBytes(record) }
}

/** Who is said to have signed it, unchecked: whom to name when it does not hold. Undefined when that cannot be read. */
export function claimedSigner (bytes: Uint8Array): PeerId | undefined {
  try {
    return parseRecord(DESCRIPTOR, checkSize(bytes)).signer
  } catch {
    return undefined
  }
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
