// The two messages that begin a session: signed Diffie-Hellman in which each side signs the other's identity. One round trip; the
// initiator may send as soon as it has the response.
import { x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { randomBytes as secureRandomBytes } from '@noble/hashes/utils.js'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { ExpiredError, InvalidSignatureError } from '../errors.ts'
import { checkLength } from './codec.ts'
import { CLOCK_SKEW_MS, FLOW_LABEL_BYTES, KEY_BYTES, SESSION_ID_BYTES } from './constants.ts'
import { HandshakeError, UnknownSessionError } from './errors.ts'
import {
  decodeInit, decodeResponse, encodeInit, encodeResponse, initSignature, initTranscript, responseSignature, responseTranscript,
  sessionTranscriptHash
} from './handshake-messages.ts'
import { Session } from './session.ts'
import { peerIdToKeep } from '../peer-ids.ts'
import type { InitFields } from './handshake-messages.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const KEYS_INFO = fromString('byway/envelope/1/keys')

/** Cryptographically secure; only tests give their own. */
export type RandomBytes = (bytes: number) => Uint8Array

export interface CreateInitOptions {
  /** The host's identity, Ed25519. */
  privateKey: PrivateKey
  /** The host to talk to, Ed25519. */
  remote: PeerId
  /** 16 bytes, chosen by the initiator, one session each. */
  flowLabel: Uint8Array
  /** Wall clock. */
  nowMs: number
  randomBytes?: RandomBytes
}

export interface AcceptInitOptions {
  privateKey: PrivateKey
  nowMs: number
  /** Says whether this host has a session or a pending one of that id, with whatever peer. */
  isSessionIdTaken?: (id: Uint8Array) => boolean
  randomBytes?: RandomBytes
}

export interface AcceptedInit {
  /** The response. */
  message: Uint8Array
  session: Session
}

/**
 * Makes an init and keeps what is needed to understand the response. Send the same bytes again when no response comes, then give up
 * and make a new one. Throws HandshakeError (unsupported-key) for identities that are not Ed25519.
 */
export async function createInit (options: CreateInitOptions): Promise<{ message: Uint8Array, pending: PendingSession }> {
  const { privateKey, remote, flowLabel, nowMs, randomBytes = secureRandomBytes } = options
  checkLength('flow label', flowLabel, FLOW_LABEL_BYTES, FLOW_LABEL_BYTES)
  const secret = randomBytes(KEY_BYTES)
  const message = await encodeInit({
    sessionId: randomBytes(SESSION_ID_BYTES),
    flowLabel,
    timestampMs: nowMs,
    ephemeral: x25519.getPublicKey(secret),
    initiator: rawPublicKey(privateKey),
    responder: rawPublicKey(remote)
  }, bytes => privateKey.sign(bytes))
  return { message, pending: new PendingSession(message, secret, remote) }
}

/**
 * The checks of an init that cost next to nothing, in the order of cost; `acceptInit` makes them too. Throws MalformedMessageError,
 * HandshakeError (unsupported-version, not-for-us) or ExpiredError.
 */
export function checkInit (message: Uint8Array, options: { privateKey: PrivateKey, nowMs: number }): InitFields {
  const fields = decodeInit(message)
  if (!equals(fields.responder, rawPublicKey(options.privateKey))) {
    throw new HandshakeError('not-for-us', 'the init is meant for another host; drop it')
  }
  checkTimestamp('init', fields.timestampMs, options.nowMs)
  return fields
}

/**
 * Answers an init. Each call makes a session of its own, so a host calls it through an `InitGuard`. Throws what `checkInit` throws,
 * InvalidSignatureError, or HandshakeError (session-id-taken, weak-key).
 */
export async function acceptInit (message: Uint8Array, options: AcceptInitOptions): Promise<AcceptedInit> {
  const { privateKey, nowMs, isSessionIdTaken, randomBytes = secureRandomBytes } = options
  // A copy: the bytes may be a view of a receive buffer, and verification may take several ticks.
  const init = message.slice()
  const fields = checkInit(init, options)
  if (isSessionIdTaken?.(fields.sessionId) === true) {
    throw new HandshakeError('session-id-taken', 'the initiator chose a session id that is in use here; it has to choose another')
  }
  await verify('init', fields.initiator, initTranscript(init), initSignature(init))
  const secret = randomBytes(KEY_BYTES)
  const shared = sharedSecret(secret, fields.ephemeral)
  const response = await encodeResponse(init, {
    sessionId: fields.sessionId,
    timestampMs: nowMs,
    ephemeral: x25519.getPublicKey(secret),
    responder: fields.responder
  }, bytes => privateKey.sign(bytes))
  const keys = deriveKeys(shared, init, response)
  secret.fill(0)
  return {
    message: response,
    session: new Session({
      id: fields.sessionId,
      flowLabel: fields.flowLabel,
      remote: peerIdToKeep(peerIdFromPublicKey(publicKeyFromRaw(fields.initiator))),
      role: 'responder',
      sendKey: keys.toInitiator,
      receiveKey: keys.toResponder
    })
  }
}

/** An initiator that waits for the response. A bad response leaves it waiting: anyone on a path can send one. */
export class PendingSession {
  readonly id: Uint8Array
  readonly flowLabel: Uint8Array
  readonly remote: PeerId
  readonly #init: Uint8Array
  readonly #secret: Uint8Array
  #session?: Session

  constructor (init: Uint8Array, secret: Uint8Array, remote: PeerId) {
    const fields = decodeInit(init.slice())
    this.id = fields.sessionId
    this.flowLabel = fields.flowLabel
    this.remote = remote
    this.#init = init.slice()
    this.#secret = secret
  }

  /**
   * The first valid response decides; later ones, over other paths, give the same session. (Two sessions of one key would repeat
   * sequence numbers.) Throws MalformedMessageError, HandshakeError (unsupported-version, wrong-identity, weak-key),
   * UnknownSessionError, ExpiredError or InvalidSignatureError.
   */
  async complete (message: Uint8Array, nowMs: number): Promise<Session> {
    const response = message.slice()
    const fields = decodeResponse(response)
    if (!equals(fields.sessionId, this.id)) {
      throw new UnknownSessionError('the response belongs to another session; look its session up by id')
    }
    if (!equals(fields.responder, rawPublicKey(this.remote))) {
      throw new HandshakeError('wrong-identity', 'another host answered than the one that was asked; drop the response')
    }
    checkTimestamp('response', fields.timestampMs, nowMs)
    await verify('response', fields.responder, responseTranscript(this.#init, response), responseSignature(response))
    this.#session ??= this.#establish(response, fields.ephemeral)
    return this.#session
  }

  #establish (response: Uint8Array, ephemeral: Uint8Array): Session {
    const keys = deriveKeys(sharedSecret(this.#secret, ephemeral), this.#init, response)
    this.#secret.fill(0)
    return new Session({
      id: this.id,
      flowLabel: this.flowLabel,
      remote: this.remote,
      role: 'initiator',
      sendKey: keys.toResponder,
      receiveKey: keys.toInitiator
    })
  }
}

function rawPublicKey (identity: PeerId | PrivateKey): Uint8Array {
  const key = identity.publicKey
  if (identity.type !== 'Ed25519' || key == null) {
    throw new HandshakeError('unsupported-key', `an identity of type ${identity.type} cannot hold an envelope session; use an Ed25519 key`)
  }
  return key.raw
}

function checkTimestamp (what: string, timestampMs: number, nowMs: number): void {
  const offMs = timestampMs - nowMs
  // Written so that a clock that is not a number refuses too.
  if (!(Math.abs(offMs) <= CLOCK_SKEW_MS)) {
    const when = offMs < 0 ? 'ago' : 'in the future'
    throw new ExpiredError(`the ${what} was made ${Math.abs(offMs)} ms ${when}; more than ${CLOCK_SKEW_MS} ms off: check both clocks`)
  }
}

async function verify (what: string, identity: Uint8Array, signed: Uint8Array, signature: Uint8Array): Promise<void> {
  let valid = false
  let cause: unknown
  try {
    valid = await publicKeyFromRaw(identity).verify(signed, signature)
  } catch (err) {
    // bytes that are no point of the curve: what a crypto library makes of them differs
    cause = err
  }
  if (!valid) {
    throw new InvalidSignatureError(`the ${what} is not signed by the host that it names; drop it`, { cause })
  }
}

/** Refuses points of low order, whose secret would be known to everyone. */
function sharedSecret (secret: Uint8Array, ephemeral: Uint8Array): Uint8Array {
  try {
    return x25519.getSharedSecret(secret, ephemeral)
  } catch (cause) {
    throw new HandshakeError('weak-key', 'the ephemeral key of the peer gives no secret; drop the message', { cause })
  }
}

function deriveKeys (shared: Uint8Array, init: Uint8Array, response: Uint8Array): { toResponder: Uint8Array, toInitiator: Uint8Array } {
  const keys = hkdf(sha256, shared, sessionTranscriptHash(init, response), KEYS_INFO, 2 * KEY_BYTES)
  shared.fill(0)
  return { toResponder: keys.slice(0, KEY_BYTES), toInitiator: keys.slice(KEY_BYTES) }
}
