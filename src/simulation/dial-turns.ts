// Lets the delayed connections of a process begin only as fast as they get finished. An overlay on one machine makes a thousand handshakes at once;
// where other programs want the processor, too, all of them would be late, given up when most of the work is done, and begun anew: no end of it.
// So many may be under way at a time as take no longer than their distance explains: a window like that of TCP (RFC 5681).

/** What a quiet machine does at once without any being late. */
const FIRST_WINDOW = 16
const LEAST_WINDOW = 4
const MOST_WINDOW = 128
/** Connecting, negotiating, Noise and yamux take about four round trips. */
const SLOW_RTTS = 6
/** Well before who dials gives up: libp2p waits 6 s for one address. */
const SLOW_MS = 750

export interface DialTurnsInit {
  /** Monotonic, ms. */
  now?: () => number
  /** Calls back once, and returns what cancels that. */
  startTimer?: (run: () => void, delayMs: number) => () => void
}

export class DialTurns {
  readonly #now: () => number
  readonly #startTimer: (run: () => void, delayMs: number) => () => void
  /** Who waits, longest first; each waits as long as its dial has time. */
  readonly #waiting = new Set<() => void>()
  #window = FIRST_WINDOW
  #underWay = 0
  /** What began before the window was last halved is late for the same reason. */
  #halvedMs = -Infinity

  constructor (init: DialTurnsInit = {}) {
    this.#now = init.now ?? (() => performance.now())
    this.#startTimer = init.startTimer ?? startNodeTimer
  }

  /** Connections that may be under way at once, as it is now. */
  get window (): number {
    return Math.floor(this.#window)
  }

  /**
   * Runs `connect` when it is its turn. One that is slow is not counted any more: perhaps nobody is there.
   *
   * @throws the signal's reason, if that comes before; what `connect` throws
   */
  async run<T> (rttMs: number, connect: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#turn(signal)
    const startedMs = this.#now()
    let isSlow = false
    const stopTimer = this.#startTimer(() => {
      isSlow = true
      if (startedMs > this.#halvedMs) {
        this.#window = Math.max(LEAST_WINDOW, this.#window / 2)
        this.#halvedMs = this.#now()
      }
      this.#ended()
    }, SLOW_RTTS * rttMs + SLOW_MS)
    try {
      return await connect()
    } finally {
      stopTimer()
      if (!isSlow) {
        this.#window = Math.min(MOST_WINDOW, this.#window + 1)
        this.#ended()
      }
    }
  }

  async #turn (signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#underWay < this.window) {
      this.#underWay++
      return
    }
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        this.#waiting.delete(go)
        reject(signal?.reason as Error)
      }
      this.#waiting.add(go)
      signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  #ended (): void {
    this.#underWay--
    for (const go of [...this.#waiting].slice(0, Math.max(0, this.window - this.#underWay))) {
      this.#waiting.delete(go)
      this.#underWay++
      go()
    }
  }
}

/** The one that all delayed connections of the process share. */
export const sharedDialTurns = new DialTurns()

function startNodeTimer (run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs)
  return () => { clearTimeout(timer) }
}
