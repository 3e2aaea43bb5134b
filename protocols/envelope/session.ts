// One end of an established session: seals frames into envelopes and opens those of the peer. Synchronous, since it runs once per packet.
import { equals } from 'uint8arrays/equals'
import { aead } from './aead.ts'
import { MalformedMessageError } from '../errors.ts'
import { checkLength, readUint64, sessionIdOf, writeUint64 } from './codec.ts'
import {
  EnvelopeType, MAX_ENVELOPE_BYTES, MAX_FRAME_BYTES, NONCE_BYTES, SEALED_HEADER_BYTES, SEALED_OVERHEAD_BYTES, SEQUENCE_LIMIT, SESSION_ID_BYTES
} from './constants.ts'
import { DecryptionError, ReplayError, SessionExhaustedError, UnknownSessionError } from './errors.ts'
import { ReplayWindow } from './replay-window.ts'
import type { PeerId } from '@libp2p/interface'

const SEQUENCE_AT = 4 + SESSION_ID_BYTES
/** The nonce is four zero bytes and the sequence number. */
const NONCE_SEQUENCE_AT = 4

export interface SessionInit {
  id: Uint8Array
  flowLabel: Uint8Array
  remote: PeerId
  role: 'initiator' | 'responder'
  /** ChaCha20-Poly1305 keys of the two directions. No key may ever serve two sessions: the sequence numbers would repeat. */
  sendKey: Uint8Array
  receiveKey: Uint8Array
  /** First sequence number to send, 0 by default. */
  firstSequence?: number
}

export class Session {
  readonly id: Uint8Array
  readonly flowLabel: Uint8Array
  /** Proved by its signature in the handshake. */
  readonly remote: PeerId
  readonly role: 'initiator' | 'responder'
  readonly #sendKey: Uint8Array
  readonly #receiveKey: Uint8Array
  readonly #received = new ReplayWindow()
  readonly #nonce = new Uint8Array(NONCE_BYTES)
  #nextSequence: number
  #confirmed: boolean

  constructor (init: SessionInit) {
    this.id = init.id
    this.flowLabel = init.flowLabel
    this.remote = init.remote
    this.role = init.role
    this.#sendKey = init.sendKey
    this.#receiveKey = init.receiveKey
    this.#nextSequence = init.firstSequence ?? 0
    this.#confirmed = init.role === 'initiator'
  }

  /** The largest frame, type byte included, that `seal` takes. */
  get maxFrameBytes (): number {
    return MAX_FRAME_BYTES
  }

  /** How many envelopes were sealed, and the sequence number of the next one. */
  get nextSequence (): number {
    return this.#nextSequence
  }

  /**
   * Has the peer shown that it holds the keys? An initiator knows that from the response; a responder only once it has opened
   * something, for an init may be a replay. Until then a responder answers, and sends nothing of its own.
   */
  get confirmed (): boolean {
    return this.#confirmed
  }

  /**
   * `room`: memory to write to, with room for the largest envelope; the result is a view of it. Default: memory of its own.
   *
   * Throws MalformedMessageError when the frame is empty or does not fit, SessionExhaustedError when there are no sequence numbers left.
   */
  seal (frame: Uint8Array, room?: Uint8Array): Uint8Array {
    checkLength('frame', frame, 1, MAX_FRAME_BYTES)
    const sequence = this.#nextSequence
    if (sequence >= SEQUENCE_LIMIT) {
      throw new SessionExhaustedError('2^48 envelopes were sealed in this session; begin a new session for the flow')
    }
    this.#nextSequence = sequence + 1
    const bytes = frame.length + SEALED_OVERHEAD_BYTES
    const envelope = room === undefined ? new Uint8Array(bytes) : room.subarray(0, bytes)
    envelope.fill(0, 1, 4)
    envelope[0] = EnvelopeType.sealed
    envelope.set(this.id, 4)
    writeUint64(envelope, SEQUENCE_AT, sequence)
    this.#setNonce(sequence)
    aead.seal(this.#sendKey, this.#nonce, envelope.subarray(0, SEALED_HEADER_BYTES), frame, envelope.subarray(SEALED_HEADER_BYTES))
    return envelope
  }

  /**
   * Returns the frame, in memory of its own. Throws MalformedMessageError, UnknownSessionError (another session's envelope), ReplayError
   * or DecryptionError; none of them harms the session.
   */
  open (envelope: Uint8Array): Uint8Array {
    const sequence = this.#readHeader(envelope)
    const verdict = this.#received.check(sequence)
    if (verdict !== 'new') {
      throw new ReplayError(sequence, verdict)
    }
    let frame: Uint8Array
    try {
      this.#setNonce(sequence)
      // the header is authenticated as it stands in the envelope
      frame = aead.open(this.#receiveKey, this.#nonce, envelope.subarray(0, SEALED_HEADER_BYTES), envelope.subarray(SEALED_HEADER_BYTES))
    } catch (cause) {
      throw new DecryptionError('the envelope was altered on the way or sealed with other keys; drop it', { cause })
    }
    this.#received.accept(sequence)
    this.#confirmed = true
    return frame
  }

  #readHeader (envelope: Uint8Array): number {
    checkLength('sealed envelope', envelope, SEALED_OVERHEAD_BYTES + 1, MAX_ENVELOPE_BYTES)
    if (envelope[0] !== EnvelopeType.sealed || envelope[1] !== 0 || envelope[2] !== 0 || envelope[3] !== 0) {
      throw new MalformedMessageError('a sealed envelope begins with 3 and three zero bytes')
    }
    if (!equals(sessionIdOf(envelope), this.id)) {
      throw new UnknownSessionError('the envelope belongs to another session; look its session up by id')
    }
    const sequence = readUint64(envelope, SEQUENCE_AT)
    if (sequence >= SEQUENCE_LIMIT) {
      throw new MalformedMessageError('a sequence number is below 2^48')
    }
    return sequence
  }

  #setNonce (sequence: number): void {
    writeUint64(this.#nonce, NONCE_SEQUENCE_AT, sequence)
  }
}
