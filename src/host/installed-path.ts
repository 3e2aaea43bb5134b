// A path that this host has set up: how packets go on it, and what keeps it alive. It ends when the host removes it, when its offer
// expires, or when a forwarder has lost it; whoever holds it is told, and may set it up anew.
import { TypedEventEmitter } from 'main-event'
import { MAX_LEASE_MS } from '../../protocols/setup/constants.ts'
import { BywayError } from '../../protocols/errors.ts'
import type { SetUpStyle } from './set-up-style.ts'
import type { OfferedPath } from './provider-set.ts'
import type { StartTimer } from './start-timer.ts'
import type { EndLabel, EndLabels } from '../link/end-labels.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { RefreshChain } from '../../protocols/setup/refresh-chain.ts'
import type { SetupClient } from '../../protocols/setup/client.ts'
import type { Way } from '../link/way.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** Two refreshes may be lost. */
const REFRESH_MS = MAX_LEASE_MS / 3
const RETRY_MS = 3_000

export interface InstalledPathInit {
  path: OfferedPath
  destination: PeerId
  style: SetUpStyle
  /** Under which packets come back. */
  end: EndLabel
  /** The first forwarder's. */
  label: Label
  chain: RefreshChain
  setUpMs: number
  client: SetupClient
  labels: EndLabels
  /** Monotonic, ms. */
  now: () => number
  startTimer: StartTimer
  log: Logger
}

export interface InstalledPathEvents {
  /** It does not work any more; the detail says why. Not sent after `remove`. */
  lost: CustomEvent<string>
  /** It is over, lost or removed. */
  end: Event
}

export class InstalledPath extends TypedEventEmitter<InstalledPathEvents> {
  readonly path: OfferedPath
  readonly destination: PeerId
  readonly style: SetUpStyle
  readonly label: Label
  readonly setUpMs: number
  readonly way: Way
  readonly #init: InstalledPathInit
  #expiresAtMs: number
  #stopTimer = (): void => {}
  #ended = false

  constructor (init: InstalledPathInit) {
    super()
    this.#init = init
    this.path = init.path
    this.destination = init.destination
    this.style = init.style
    this.label = init.label
    this.setUpMs = init.setUpMs
    this.way = init.end.way as Way
    this.#expiresAtMs = init.end.expiresAtMs
  }

  /** Under which packets come back. */
  get end (): EndLabel {
    return this.#init.end
  }

  get isUp (): boolean {
    return !this.#ended
  }

  /** Monotonic, ms: unless it is refreshed before. */
  get expiresAtMs (): number {
    return this.#expiresAtMs
  }

  /**
   * Keeps the path alive for another lease; runs by itself from the first call on.
   *
   * @throws what the first forwarder answers; then the path is lost
   */
  async refresh (): Promise<void> {
    const chain = this.#init.chain.next()
    if (chain === undefined) {
      this.lost('its refresh chain is used up')
      return
    }
    try {
      const { leaseMs } = await this.#init.client.refresh(this.path.forwarders[0], { label: this.label, chain })
      this.#expiresAtMs = this.#init.now() + leaseMs
      this.#init.end.expiresAtMs = this.#expiresAtMs
      this.#schedule(Math.min(REFRESH_MS, Math.max(leaseMs / 3, 1_000)))
    } catch (error) {
      this.#refused(error)
      throw error
    }
  }

  /** Ends it everywhere. */
  async remove (): Promise<void> {
    if (this.#end()) {
      await this.#init.client.remove(this.path.forwarders[0], { label: this.label }).catch((error: unknown) => {
        this.#init.log('%p was not told that a path is not wanted, it will expire there - %e', this.path.forwarders[0], error)
      })
    }
  }

  /** Somebody on the way does not know it any more, or cannot be reached. */
  lost (reason: string): void {
    if (this.#end()) {
      this.safeDispatchEvent('lost', { detail: reason })
      // what is left of it is of no use
      this.#init.client.remove(this.path.forwarders[0], { label: this.label }).catch(() => {})
    }
  }

  #end (): boolean {
    if (this.#ended) {
      return false
    }
    this.#ended = true
    this.#stopTimer()
    this.#init.labels.release(this.#init.end.label)
    this.safeDispatchEvent('end')
    return true
  }

  #schedule (inMs: number): void {
    this.#stopTimer()
    if (!this.#ended) {
      this.#stopTimer = this.#init.startTimer(() => { void this.refresh().catch(() => {}) }, inMs)
    }
  }

  #refused (error: unknown): void {
    const isFinal = error instanceof BywayError && ['NOT_FOUND', 'NOT_AUTHORIZED', 'EXPIRED'].includes(error.code)
    if (isFinal || this.#init.now() >= this.#expiresAtMs) {
      this.lost(error instanceof Error ? error.message : String(error))
    } else {
      this.#schedule(RETRY_MS)
    }
  }
}
