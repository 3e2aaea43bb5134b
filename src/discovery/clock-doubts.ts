// Peers whose clock and ours are apart by more than descriptors allow. Each of them refuses what the other signs, or is refused, and nothing else shows why.
import { BywayError } from '../../protocols/errors.ts'
import type { PeerId } from '@libp2p/interface'

/** More say no more. */
const MAX_PEERS = 64
/** Whoever refuses us is asked again within two minutes; of who is not asked again nothing is known by then. */
const HELD_MS = 300_000

export class ClockDoubts {
  /** Monotonic, ms. */
  readonly #clock: () => number
  /** With the time of the last exchange that showed it; the latest at the end. */
  readonly #apart = new Map<string, number>()

  constructor (clock: () => number) {
    this.#clock = clock
  }

  /** So many peers, as far as their last exchange shows. Peers may lie, and keys cost nothing: a reason to look at the clock, no more. */
  get peers (): number {
    const sinceMs = this.#clock() - HELD_MS
    return [...this.#apart.values()].filter((atMs) => atMs > sinceMs).length
  }

  /** An exchange in which one side checks a descriptor that the other has issued itself, and renews long before it expires. */
  async during<T> (peer: PeerId, exchange: Promise<T>): Promise<T> {
    const key = peer.toString()
    try {
      const result = await exchange
      this.#apart.delete(key)
      return result
    } catch (error) {
      if (error instanceof BywayError && error.code === 'EXPIRED') {
        this.#add(key)
      }
      throw error
    }
  }

  #add (key: string): void {
    this.#apart.delete(key)
    this.#apart.set(key, this.#clock())
    if (this.#apart.size > MAX_PEERS) {
      this.#apart.delete(this.#apart.keys().next().value as string)
    }
  }
}
