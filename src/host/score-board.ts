// The scores of all RSPs that a host has dealt with: bounded, and kept over restarts in a store that whoever makes the host brings.
import { ProviderScore } from './provider-score.ts'
import { readScores, SCORES_VERSION } from './score-record.ts'
import type { ProviderStatus, Standing } from './provider-score.ts'
import type { KeptScores } from './score-record.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** Where scores outlive the host: a file of the daemon, IndexedDB of a page. */
export interface ScoreStore {
  /** What was saved last; undefined if nothing was. */
  load: () => Promise<unknown>
  /** Replaces what was saved as a whole, or fails and leaves it. @param scores - can be made JSON */
  save: (scores: KeptScores) => Promise<void>
  /** Somebody should know that what was saved is of no use, or that nothing can be saved, and why. */
  complain?: (reason: string, what: 'load' | 'save') => void
}

/** An RSP, by peer id as text, and what is known of it. */
export type RatedProvider = { rsp: string } & ProviderStatus

export interface ScoreBoardInit {
  /** Default: what is learned ends with the host. */
  store?: ScoreStore
  /** Unix time, ms. */
  now: () => number
  maxProviders?: number
  log: Logger
}

/** Far more than a host asks; a kilobyte or two each. */
export const MAX_PROVIDERS = 256
/** What a crash may cost. */
const SAVE_INTERVAL_MS = 15_000

export class ScoreBoard {
  readonly #init: ScoreBoardInit
  readonly #scores = new Map<string, ProviderScore>()
  #isChanged = false
  #nextSaveMs = 0
  #saving: Promise<void> = Promise.resolve()
  /** Has it been said that they cannot be saved? Until they are. */
  #isTold = false

  constructor (init: ScoreBoardInit) {
    this.#init = init
  }

  /** Takes over what the store has kept. What cannot be read is complained of once, and is replaced when there is something to save. */
  async load (): Promise<void> {
    const { store, maxProviders = MAX_PROVIDERS } = this.#init
    try {
      const spoilt: Error[] = []
      const kept = readScores(await store?.load(), this.#init.now(), (error) => { spoilt.push(error) })
      if (spoilt.length > 0) {
        this.#init.log('scores of %d RSPs begin anew - %e', spoilt.length, spoilt[0])
        store?.complain?.(spoilt[0].message, 'load')
      }
      for (const [rsp, record] of Object.entries(kept).slice(0, maxProviders)) {
        this.#scores.set(rsp, new ProviderScore(record))
      }
    } catch (error) {
      this.#init.log('scores of RSPs begin anew - %e', error)
      store?.complain?.((error as Error).message, 'load')
    }
  }

  /** For reading; what is changed in the score of a stranger is lost. */
  of (rsp: PeerId): ProviderScore {
    return this.#scores.get(rsp.toString()) ?? new ProviderScore()
  }

  /** Something came to be known of an RSP. */
  change (rsp: PeerId, change: (score: ProviderScore, nowMs: number) => void): void {
    const key = rsp.toString()
    const nowMs = this.#init.now()
    const known = this.#scores.get(key)
    if (known === undefined && this.#scores.size >= (this.#init.maxProviders ?? MAX_PROVIDERS)) {
      this.#forgetOne()
    }
    const score = known ?? new ProviderScore()
    this.#scores.set(key, score)
    change(score, nowMs)
    this.#isChanged = true
  }

  get list (): RatedProvider[] {
    const nowMs = this.#init.now()
    return [...this.#scores].map(([rsp, score]) => ({ rsp, ...score.status(nowMs) }))
  }

  /** How many RSPs there are of each standing. */
  get standings (): Record<Standing, number> {
    const nowMs = this.#init.now()
    const counts = { trusted: 0, new: 0, failing: 0, distrusted: 0 }
    for (const score of this.#scores.values()) {
      counts[score.standing(nowMs)]++
    }
    return counts
  }

  /** Periodic work. */
  tick (nowMs: number): void {
    if (this.#isChanged && nowMs >= this.#nextSaveMs) {
      this.#nextSaveMs = nowMs + SAVE_INTERVAL_MS
      void this.flush()
    }
  }

  /** Saves what has changed. Never fails: what could not be saved is tried again. */
  async flush (): Promise<void> {
    const { store, log } = this.#init
    this.#saving = this.#saving.then(async () => {
      if (store === undefined || !this.#isChanged) {
        return
      }
      this.#isChanged = false
      const scores = Object.fromEntries([...this.#scores].map(([rsp, score]) => [rsp, score.record]))
      try {
        await store.save({ version: SCORES_VERSION, scores })
        this.#isTold = false
      } catch (error) {
        this.#isChanged = true
        log('scores of RSPs were not saved - %e', error)
        this.#tell(error as Error)
      }
    })
    await this.#saving
  }

  #tell ({ message }: Error): void {
    if (!this.#isTold) {
      this.#isTold = true
      this.#init.store?.complain?.(message, 'save')
    }
  }

  /** Who was never judged goes first: strangers must not push out what is known of liars. */
  #forgetOne (): void {
    const [[key]] = [...this.#scores].sort(([, a], [, b]) => Number(a.promises > 0) - Number(b.promises > 0) || a.seenAtMs - b.seenAtMs)
    this.#scores.delete(key)
  }
}
