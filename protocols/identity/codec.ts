/**
 * Bindings: an application's signed word that it speaks through an underlay; and the two messages in which they are shown.
 * `openBinding` is the only door through which one gets in.
 */
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { withArrayBuffer } from 'uint8arrays/with-array-buffer'
import { ExpiredError, InvalidSignatureError, MalformedMessageError, MessageTooLargeError, STATUS_OK, WrongNetworkError } from '../errors.ts'
import { checkSafeInteger } from '../field-checks.ts'
import { decodePeerId, encodePeerId } from '../peer-ids.ts'
import { checkSignature, parseRecord, sealedBytes, sealRecord } from '../signed-record.ts'
import { BINDING_CODEC, BINDING_DOMAIN, CLOCK_SKEW_MS, MAX_BINDING_BYTES, MAX_LIFE_MS, MAX_NETWORK_BYTES } from './constants.ts'
import { Binding, Introduction, Welcome } from './identity.pb.ts'
import type { RecordKind } from '../signed-record.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const BINDING: RecordKind<Binding> = { name: 'a binding', domain: BINDING_DOMAIN, codec: BINDING_CODEC, decode: Binding.decode }

export interface BindingInit {
  underlay: PeerId
  network: string
  issuedAtMs: number
  expiresAtMs: number
}

/** A binding whose signature, time, network and underlay have been checked. */
export interface VerifiedBinding extends Readonly<BindingInit> {
  /** Who speaks, and whose key signed */
  readonly application: PeerId
  /** The sealed form */
  readonly bytes: Uint8Array
}

export interface OpenBindingOptions {
  nowMs: number
  network: string
  /** Who shows the binding */
  underlay: PeerId
  /** Refuse one of any other application */
  application?: PeerId
}

/** Signs with the application's key. Throws MalformedMessageError if a field is over its limit. */
export async function sealBinding (init: BindingInit, privateKey: PrivateKey): Promise<Uint8Array> {
  const message = {
    application: encodePeerId(peerIdFromPrivateKey(privateKey)),
    underlay: encodePeerId(init.underlay),
    network: init.network,
    issuedAtMs: BigInt(init.issuedAtMs),
    expiresAtMs: BigInt(init.expiresAtMs)
  }
  fieldsOf(message)
  return checkSize(await sealRecord(BINDING, Binding.encode(message), privateKey))
}

/** Checks a binding, the signature last because it is the dearest. Throws only errors of protocols/errors.ts. */
export async function openBinding (bytes: Uint8Array, options: OpenBindingOptions): Promise<VerifiedBinding> {
  const record = parseRecord(BINDING, checkSize(bytes))
  const fields = fieldsOf(record.message)
  const { application, underlay, network, issuedAtMs, expiresAtMs } = fields
  if (!record.signer.equals(application)) {
    throw new InvalidSignatureError(`the binding of ${application} was signed by somebody else`)
  }
  if (options.application?.equals(application) === false) {
    throw new InvalidSignatureError(`binding of ${application} instead of ${options.application}`)
  }
  if (!underlay.equals(options.underlay)) {
    throw new InvalidSignatureError(`${application} speaks through ${underlay}, not through ${options.underlay}`)
  }
  if (network !== options.network) {
    throw new WrongNetworkError(`binding for the network '${network}', this is '${options.network}'`)
  }
  if (options.nowMs > expiresAtMs + CLOCK_SKEW_MS || options.nowMs < issuedAtMs - CLOCK_SKEW_MS) {
    throw new ExpiredError(`the binding of ${application} is not valid now: check the clocks of both sides`)
  }
  await checkSignature(BINDING, record)
  return { ...fields, bytes: sealedBytes(record) }
}

export function encodeIntroduction (binding: Uint8Array, to: PeerId): Uint8Array {
  return Introduction.encode({ binding: withArrayBuffer(binding), to: encodePeerId(to) })
}

/** @throws MalformedMessageError; the binding is still to be opened */
export function decodeIntroduction (bytes: Uint8Array): { binding: Uint8Array, to: PeerId } {
  const { binding, to } = parse(() => Introduction.decode(bytes))
  return { binding, to: decodePeerId(to, 'to') }
}

export function encodeWelcome (status: number, binding: Uint8Array = new Uint8Array()): Uint8Array {
  return Welcome.encode({ status, binding: withArrayBuffer(binding) })
}

/** @throws MalformedMessageError; the binding is still to be opened */
export function decodeWelcome (bytes: Uint8Array): { status: number, binding: Uint8Array } {
  const { status, binding } = parse(() => Welcome.decode(bytes))
  if (status === STATUS_OK && binding.byteLength === 0) {
    throw new MalformedMessageError('a welcome without a binding')
  }
  return { status, binding }
}

function fieldsOf (message: Binding): BindingInit & { application: PeerId } {
  const application = decodePeerId(message.application, 'application')
  if (application.type === 'RSA') {
    throw new MalformedMessageError('an application has an Ed25519 or secp256k1 key: an id of RSA does not hold the key')
  }
  const underlay = decodePeerId(message.underlay, 'underlay')
  if (underlay.type !== 'Ed25519' || underlay.equals(application)) {
    throw new MalformedMessageError('an underlay has an Ed25519 key of its own')
  }
  const { network } = message
  const networkBytes = new TextEncoder().encode(network).byteLength
  if (networkBytes < 1 || networkBytes > MAX_NETWORK_BYTES) {
    throw new MalformedMessageError(`network has ${networkBytes} bytes of UTF-8: it must be 1 to ${MAX_NETWORK_BYTES}`)
  }
  const issuedAtMs = checkSafeInteger(message.issuedAtMs, 'issuedAtMs')
  const expiresAtMs = checkSafeInteger(message.expiresAtMs, 'expiresAtMs')
  if (expiresAtMs <= issuedAtMs || expiresAtMs - issuedAtMs > MAX_LIFE_MS) {
    throw new MalformedMessageError(`expiresAtMs is ${expiresAtMs - issuedAtMs} ms after issuedAtMs: it must be 1 to ${MAX_LIFE_MS}`)
  }
  return { application, underlay, network, issuedAtMs, expiresAtMs }
}

function checkSize (bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength > MAX_BINDING_BYTES) {
    throw new MessageTooLargeError(`binding of ${bytes.byteLength} bytes where ${MAX_BINDING_BYTES} are allowed`)
  }
  return bytes
}

function parse<T> (decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw new MalformedMessageError('not a message of the identity protocol', { cause })
  }
}
