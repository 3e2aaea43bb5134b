// A periodic task that never overlaps itself, backs off to a slow pace, and ends at stop.

export interface RepeatInit {
  /** Waits between the runs; the last one is repeated. ms. */
  intervalsMs: readonly number[]
  /** No wait is longer than this for now, ms. Default: any may be. */
  mostMs?: () => number
  run: (signal: AbortSignal) => Promise<void>
  /** Each wait is varied by up to this share, so that nodes started together do not act together. */
  jitter?: number
  onError?: (error: unknown) => void
}

export class Repeat {
  readonly #init: RepeatInit
  #timer: ReturnType<typeof setTimeout> | undefined
  /** One for each run: a signal that lives as long as the node would gather listeners. */
  #abort = new AbortController()
  #started = false
  #runs = 0
  #running: Promise<void> | undefined

  constructor (init: RepeatInit) {
    this.#init = init
  }

  start (): void {
    this.#started = true
    this.#runs = 0
    this.#running = this.#run()
  }

  async stop (): Promise<void> {
    this.#started = false
    clearTimeout(this.#timer)
    this.#abort.abort()
    await this.#running
  }

  /** Runs soon, and then at the quick pace of the beginning. */
  soon (): void {
    if (this.#started) {
      this.#runs = 0
      this.#schedule(0)
    }
  }

  async #run (): Promise<void> {
    const abort = this.#abort = new AbortController()
    try {
      await this.#init.run(abort.signal)
    } catch (error) {
      if (!abort.signal.aborted) {
        this.#init.onError?.(error)
      }
    }
    if (this.#started) {
      const { intervalsMs, mostMs, jitter = 0.2 } = this.#init
      const waitMs = Math.min(intervalsMs[Math.min(this.#runs++, intervalsMs.length - 1)], mostMs?.() ?? Infinity)
      this.#schedule(waitMs * (1 + jitter * (2 * Math.random() - 1)))
    }
  }

  #schedule (waitMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const previous = this.#running
      this.#running = (async () => {
        await previous
        if (this.#started) {
          await this.#run()
        }
      })()
    }, waitMs)
  }
}
