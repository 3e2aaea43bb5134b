// When an inbound connection is upgraded. The application's libp2p has places for so many handshakes of all its transports, ten unless it is told otherwise,
// and refuses whoever is one more. So few of ours are under way at once, and fewer of one underlay; the others wait for their turn.

/** Of libp2p's ten: two are left for other transports. */
const MOST = 8
const MOST_OF_ONE = 2

interface Waiting { name: string, begin: () => void }

export class UpgradeTurns {
  readonly #underWay = new Map<string, number>()
  /** Who has waited longest first. */
  readonly #waiting = new Set<Waiting>()
  #count = 0

  /** Runs it when its turn comes. @throws the reason of the signal where that comes first */
  async take<T> (name: string, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    await this.#turn(name, signal)
    try {
      return await run()
    } finally {
      this.#count--
      const left = (this.#underWay.get(name) ?? 1) - 1
      if (left === 0) {
        this.#underWay.delete(name)
      } else {
        this.#underWay.set(name, left)
      }
      this.#next()
    }
  }

  async #turn (name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(waiting)
        reject(signal.reason as Error)
      }
      const waiting = {
        name,
        begin: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        }
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(waiting)
      this.#next()
    })
  }

  #next (): void {
    for (const waiting of this.#waiting) {
      const { name, begin } = waiting
      const ofOne = this.#underWay.get(name) ?? 0
      if (this.#count < MOST && ofOne < MOST_OF_ONE) {
        this.#waiting.delete(waiting)
        this.#count++
        this.#underWay.set(name, ofOne + 1)
        begin()
      }
    }
  }
}
