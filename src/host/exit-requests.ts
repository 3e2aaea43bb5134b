// Asks the peer of a channel to attach to the exits of offered paths, and waits for its answers. Bounded by the paths that are
// taken from one round of offers.
import { AttachStatus } from '../../protocols/envelope/constants.ts'
import { encodeAttachRequest } from '../../protocols/envelope/codec.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

/** The peer may have to connect first. */
const DEADLINE_MS = 5_000
/** A frame may be lost, of the request or of the answer: who is silent is asked once more. While it connects it passes over that. */
const REPEAT_MS = 1_000

/**
 * `full`: the peer is attached to as many as it may be, or was asked too often; `silent`: it does not answer, as it would if the exit did not. Both, and
 * what was not asked at all, say nothing of the exit.
 */
export type ExitAnswer = 'attached' | 'declined' | 'full' | 'silent' | 'not-asked'

interface Asked {
  result: Promise<ExitAnswer>
  answer: (answer: ExitAnswer) => void
}

export class ExitRequests {
  readonly #send: (request: Uint8Array) => boolean
  readonly #asked = new Map<string, Asked>()

  /** `send` gives false when the request could not be sent. */
  constructor (send: (request: Uint8Array) => boolean) {
    this.#send = send
  }

  /** Is the peer attached to this exit now? Asked once for all who want to know at the same time. */
  async attach (exit: VerifiedDescriptor): Promise<ExitAnswer> {
    const key = nodeIdOf(exit.peer).join()
    const asked = this.#asked.get(key)
    if (asked !== undefined) {
      return asked.result
    }
    const request = encodeAttachRequest(exit.bytes)
    if (!this.#send(request)) {
      return 'not-asked'
    }
    const { promise: result, resolve: answer } = Promise.withResolvers<ExitAnswer>()
    const repeat = setTimeout(() => { this.#send(request) }, REPEAT_MS)
    const timer = setTimeout(() => { answer('silent') }, DEADLINE_MS)
    this.#asked.set(key, { result, answer })
    try {
      return await result
    } finally {
      clearTimeout(repeat)
      clearTimeout(timer)
      this.#asked.delete(key)
    }
  }

  /** The peer has answered with one of `AttachStatus`. */
  answered (exit: NodeId, status: number): void {
    this.#asked.get(exit.join())?.answer(answerOf(status))
  }

  /** No answer will come any more. */
  stop (): void {
    for (const { answer } of this.#asked.values()) {
      answer('not-asked')
    }
  }
}

function answerOf (status: number): ExitAnswer {
  switch (status) {
    case AttachStatus.attached: return 'attached'
    case AttachStatus.tooMany: return 'full'
    default: return 'declined'
  }
}
