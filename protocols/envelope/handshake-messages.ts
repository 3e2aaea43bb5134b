// Bytes of the init and the response, and the strings that are signed. README.md draws the layouts; the offsets here follow them.
import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { MalformedMessageError } from '../errors.ts'
import { checkLength, readUint64, writeUint64 } from './codec.ts'
import { ENVELOPE_VERSION, EnvelopeType, INIT_BYTES, RESPONSE_BYTES, SIGNATURE_BYTES } from './constants.ts'
import { HandshakeError } from './errors.ts'

// No domain is the beginning of another, and none can be taken for a domain of libp2p's signed envelopes or its Noise handshake.
const INIT_DOMAIN = fromString('byway/envelope/1/init:')
const RESPONSE_DOMAIN = fromString('byway/envelope/1/response:')
const SESSION_DOMAIN = fromString('byway/envelope/1/session:')

const PADDING_AT = 132
const INIT_SIGNATURE_AT = INIT_BYTES - SIGNATURE_BYTES
const RESPONSE_SIGNATURE_AT = RESPONSE_BYTES - SIGNATURE_BYTES

/** Keys are raw: X25519 for `ephemeral`, Ed25519 for the identities. */
export interface InitFields {
  sessionId: Uint8Array
  flowLabel: Uint8Array
  timestampMs: number
  ephemeral: Uint8Array
  initiator: Uint8Array
  responder: Uint8Array
}

export interface ResponseFields {
  sessionId: Uint8Array
  timestampMs: number
  ephemeral: Uint8Array
  responder: Uint8Array
}

export type Sign = (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>

export async function encodeInit (fields: InitFields, sign: Sign): Promise<Uint8Array> {
  const message = new Uint8Array(INIT_BYTES)
  message[0] = EnvelopeType.init
  message[1] = ENVELOPE_VERSION
  message.set(fields.sessionId, 4)
  message.set(fields.flowLabel, 12)
  writeUint64(message, 28, fields.timestampMs)
  message.set(fields.ephemeral, 36)
  message.set(fields.initiator, 68)
  message.set(fields.responder, 100)
  message.set(await sign(initTranscript(message)), INIT_SIGNATURE_AT)
  return message
}

/** The fields are views. Throws MalformedMessageError or HandshakeError (unsupported-version); the signature is not looked at. */
export function decodeInit (message: Uint8Array): InitFields {
  checkLength('init', message, INIT_BYTES, INIT_BYTES)
  checkBeginning('init', message, EnvelopeType.init)
  for (let at = PADDING_AT; at < INIT_SIGNATURE_AT; at++) {
    if (message[at] !== 0) {
      throw new MalformedMessageError('the padding of an init is zeros')
    }
  }
  return {
    sessionId: message.subarray(4, 12),
    flowLabel: message.subarray(12, 28),
    timestampMs: readUint64(message, 28),
    ephemeral: message.subarray(36, 68),
    initiator: message.subarray(68, 100),
    responder: message.subarray(100, PADDING_AT)
  }
}

export async function encodeResponse (init: Uint8Array, fields: ResponseFields, sign: Sign): Promise<Uint8Array> {
  const message = new Uint8Array(RESPONSE_BYTES)
  message[0] = EnvelopeType.response
  message[1] = ENVELOPE_VERSION
  message.set(fields.sessionId, 4)
  writeUint64(message, 12, fields.timestampMs)
  message.set(fields.ephemeral, 20)
  message.set(fields.responder, 52)
  message.set(await sign(responseTranscript(init, message)), RESPONSE_SIGNATURE_AT)
  return message
}

/** The fields are views. Throws MalformedMessageError or HandshakeError (unsupported-version); the signature is not looked at. */
export function decodeResponse (message: Uint8Array): ResponseFields {
  checkLength('response', message, RESPONSE_BYTES, RESPONSE_BYTES)
  checkBeginning('response', message, EnvelopeType.response)
  return {
    sessionId: message.subarray(4, 12),
    timestampMs: readUint64(message, 12),
    ephemeral: message.subarray(20, 52),
    responder: message.subarray(52, RESPONSE_SIGNATURE_AT)
  }
}

/** What the initiator signs: everything before the signature. */
export function initTranscript (init: Uint8Array): Uint8Array {
  return concat([INIT_DOMAIN, init.subarray(0, INIT_SIGNATURE_AT)])
}

/** What the responder signs: the init with its signature, so with the initiator's identity, and its own fields. */
export function responseTranscript (init: Uint8Array, response: Uint8Array): Uint8Array {
  return concat([RESPONSE_DOMAIN, sha256(init), response.subarray(0, RESPONSE_SIGNATURE_AT)])
}

/** Hash of the whole handshake, signatures included: the keys depend on every byte of it. */
export function sessionTranscriptHash (init: Uint8Array, response: Uint8Array): Uint8Array {
  return sha256(concat([SESSION_DOMAIN, init, response]))
}

export function initSignature (init: Uint8Array): Uint8Array {
  return init.subarray(INIT_SIGNATURE_AT)
}

export function responseSignature (response: Uint8Array): Uint8Array {
  return response.subarray(RESPONSE_SIGNATURE_AT)
}

function checkBeginning (what: string, message: Uint8Array, type: number): void {
  if (message[0] !== type) {
    throw new MalformedMessageError(`the type of an ${what} is ${type}, not ${message[0]}`)
  }
  if (message[1] !== ENVELOPE_VERSION) {
    throw new HandshakeError('unsupported-version', `envelope version ${message[1]} is not spoken here; use version ${ENVELOPE_VERSION}`)
  }
  if (message[2] !== 0 || message[3] !== 0) {
    throw new MalformedMessageError(`the reserved bytes of an ${what} are zeros`)
  }
}
