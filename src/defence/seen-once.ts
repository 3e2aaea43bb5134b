// Remembers what must count only once, for as long as it could come again. Two generations, so that forgetting costs nothing.
import { copyOf } from '../../protocols/forward/node-id.ts'

export interface SeenOnceInit {
  /** How long something could be replayed; it is remembered for up to twice as long. */
  lifeMs: number
  /** Of each generation. Full, it refuses rather than forgets. */
  maxEntries: number
  nowMs: number
}

export class SeenOnce {
  readonly #lifeMs: number
  readonly #maxEntries: number
  #current = new Set<number>()
  #previous = new Set<number>()
  #turnsAtMs: number

  constructor ({ lifeMs, maxEntries, nowMs }: SeenOnceInit) {
    this.#lifeMs = lifeMs
    this.#maxEntries = maxEntries
    this.#turnsAtMs = nowMs + lifeMs
  }

  /**
   * Is it new? Then it is not any more. The first six bytes tell: who could choose 2^48 of them to keep out one that is still
   * unknown has better things to do.
   */
  take (id: Uint8Array, nowMs: number): 'new' | 'seen' | 'full' {
    this.#turn(nowMs)
    const key = keyOf(id)
    if (this.#current.has(key) || this.#previous.has(key)) {
      return 'seen'
    }
    if (this.#current.size >= this.#maxEntries) {
      return 'full'
    }
    this.#current.add(key)
    return 'new'
  }

  /** Has it been taken? Changes nothing. */
  has (id: Uint8Array, nowMs: number): boolean {
    this.#turn(nowMs)
    const key = keyOf(id)
    return this.#current.has(key) || this.#previous.has(key)
  }

  #turn (nowMs: number): void {
    // a clock that was set back must not make it full for longer
    this.#turnsAtMs = Math.min(this.#turnsAtMs, nowMs + this.#lifeMs)
    if (nowMs < this.#turnsAtMs) {
      return
    }
    const isNext = nowMs < this.#turnsAtMs + this.#lifeMs
    this.#previous = isNext ? this.#current : new Set()
    this.#current = new Set()
    // from when it was due, or what came before a pause would be remembered for longer
    this.#turnsAtMs = (isNext ? this.#turnsAtMs : nowMs) + this.#lifeMs
  }
}

function keyOf (id: Uint8Array): number {
  const bytes = copyOf(id, 0, 6)
  return bytes.reduce((key, byte) => key * 256 + byte, 0)
}
