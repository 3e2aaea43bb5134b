// What can go wrong with an envelope, beside malformed bytes, bad signatures and bad clocks, which have errors common to all protocols.
import { BywayError } from '../errors.ts'
import type { BywayErrorOptions } from '../errors.ts'

/** An envelope names a session that this end does not have: it was closed, or the init was lost. Begin a new session. */
export class UnknownSessionError extends BywayError {
  override name = 'UnknownSessionError'
  readonly code: string = 'UNKNOWN_SESSION'
}

/** A sealed envelope whose sequence number was accepted before (`seen`) or is behind the window (`too-old`). Drop it. */
export class ReplayError extends BywayError {
  override name = 'ReplayError'
  readonly code: string = 'REPLAY'
  readonly sequence: number
  readonly verdict: 'seen' | 'too-old'

  constructor (sequence: number, verdict: 'seen' | 'too-old') {
    super(`sequence ${sequence} ${verdict === 'seen' ? 'was received before' : 'is behind the replay window'}; drop the envelope`)
    this.sequence = sequence
    this.verdict = verdict
  }
}

/** The tag is wrong: altered on the way, or sealed with other keys. Drop it; the session stays good. */
export class DecryptionError extends BywayError {
  override name = 'DecryptionError'
  readonly code: string = 'DECRYPTION'
}

/** All sequence numbers of a direction are used up. Begin a new session for the flow. */
export class SessionExhaustedError extends BywayError {
  override name = 'SessionExhaustedError'
  readonly code: string = 'SESSION_EXHAUSTED'
}

/** Why a handshake is refused, apart from bad bytes, a bad signature and a bad clock, which have errors of their own. */
export type HandshakeRefusal =
  | 'unsupported-version' | 'unsupported-key' | 'not-for-us' | 'wrong-identity' | 'weak-key' | 'session-id-taken'
  | 'replayed' | 'rate-limited' | 'memory-full'

export class HandshakeError extends BywayError {
  override name = 'HandshakeError'
  readonly code: string = 'HANDSHAKE'
  readonly refusal: HandshakeRefusal

  constructor (refusal: HandshakeRefusal, message: string, options?: BywayErrorOptions) {
    super(message, options)
    this.refusal = refusal
  }
}
