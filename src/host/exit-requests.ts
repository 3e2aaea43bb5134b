// Asks the peer of a channel to attach to the exits of offered paths, and waits for its answers. Bounded by the paths that are
// taken from one round of offers.
import { AttachStatus } from '../../protocols/envelope/constants.ts'
import { encodeAttachRequest } from '../../protocols/envelope/codec.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

/** The peer may have to connect first. */
const DEADLINE_MS = 5_000

/** `full`: the peer is attached to as many as it may be, or was asked too often; that, and what was not asked at all, says nothing of the exit. */
export type ExitAnswer = 'attached' | 'declined' | 'full' | 'not-asked'

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
    if (!this.#send(encodeAttachRequest(exit.bytes))) {
      return 'not-asked'
    }
    const { promise: result, resolve: answer } = Promise.withResolvers<ExitAnswer>()
    const timer = setTimeout(() => { answer('declined') }, DEADLINE_MS)
    this.#asked.set(key, { result, answer })
    try {
      return await result
    } finally {
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
