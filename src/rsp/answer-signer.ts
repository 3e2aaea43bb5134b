// Signs the answers of one turn of the event loop together: one signature over the Merkle tree of all their paths. A signature is
// 90 µs and a hash 2, so an RSP that is asked much signs little.
import { encodeLeaves, signLeaves } from '../../protocols/route/offer.ts'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Answer, SignedOffers } from '../../protocols/route/offer.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

/** A proof grows by a hash for each doubling. */
const MAX_BATCH = 256

interface Waiting {
  answer: Answer
  resolve: (offers: SignedOffers) => void
  reject: (error: unknown) => void
}

export interface AnswerSignerInit {
  privateKey: PrivateKey
  /** Unix time, ms. */
  now: () => number
  /** Runs something when the input of this turn has been handled. Default: the platform's. */
  endOfTurn?: (run: () => void) => void
}

export class AnswerSigner {
  readonly #init: AnswerSignerInit
  readonly #rsp: PeerId
  readonly #endOfTurn: (run: () => void) => void
  #waiting: Waiting[] = []
  /** Signatures made, and answers under them. */
  readonly counters = { signatures: 0, answers: 0 }

  constructor (init: AnswerSignerInit) {
    this.#init = init
    this.#rsp = peerIdFromPrivateKey(init.privateKey)
    this.#endOfTurn = init.endOfTurn ?? ((run) => { setTimeout(run, 0) })
  }

  /** The answer's offers under a root that it may share with others. Rejects with what its own paths are refused for. */
  async sign (answer: Answer): Promise<SignedOffers> {
    const { promise, resolve, reject } = Promise.withResolvers<SignedOffers>()
    if (this.#waiting.push({ answer, resolve, reject }) === 1) {
      this.#endOfTurn(() => { void this.#flush() })
    } else if (this.#waiting.length >= MAX_BATCH) {
      void this.#flush()
    }
    return promise
  }

  async #flush (): Promise<void> {
    const batch = this.#waiting
    this.#waiting = []
    const nowMs = this.#init.now()
    // one that cannot be signed must not spoil the others, nor have each of them signed by itself
    const encoded = batch.flatMap(({ answer, resolve, reject }) => {
      try {
        return { leaves: encodeLeaves(answer, this.#rsp, nowMs), resolve, reject }
      } catch (error) {
        reject(error)
        return []
      }
    })
    if (encoded.length === 0) {
      return
    }
    try {
      const { root, offers } = await signLeaves(encoded.map(({ leaves }) => leaves), { privateKey: this.#init.privateKey, nowMs })
      this.counters.signatures++
      this.counters.answers += encoded.length
      encoded.forEach(({ resolve }, i) => { resolve({ root, offers: offers[i] }) })
    } catch (error) {
      for (const { reject } of encoded) {
        reject(error)
      }
    }
  }
}
