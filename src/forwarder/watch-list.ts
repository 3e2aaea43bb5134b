// What RSPs ask this forwarder to watch: for each RSP a set of other forwarders, soft state with a lease. Pure.

export interface WatchLimits {
  /** RSPs that may have a watch at once. */
  maxRsps: number
  /** Links that one RSP may ask for. */
  maxTargetsPerRsp: number
  /** Different links in all, whoever asks. */
  maxTargets: number
}

/** At 5 probes in 10 s per link the whole list costs a forwarder well under 1 % of a core. */
export const DEFAULT_WATCH_LIMITS: WatchLimits = { maxRsps: 16, maxTargetsPerRsp: 256, maxTargets: 512 }

interface Watch {
  targets: ReadonlySet<string>
  connectOnly: boolean
  expiresAtMs: number
}

export class WatchList {
  readonly #limits: WatchLimits
  readonly #byRsp = new Map<string, Watch>()

  constructor (limits: WatchLimits = DEFAULT_WATCH_LIMITS) {
    this.#limits = limits
  }

  get rsps (): number {
    return this.#byRsp.size
  }

  /**
   * Replaces what the RSP had asked for. Targets over the quota are refused, in the order given.
   *
   * @returns the targets that are watched now, or undefined when there is no room for another RSP
   */
  set (rsp: string, targets: readonly string[], connectOnly: boolean, expiresAtMs: number): Set<string> | undefined {
    this.#byRsp.delete(rsp)
    if (this.#byRsp.size >= this.#limits.maxRsps) {
      return undefined
    }
    const others = this.wanted()
    const accepted = new Set<string>()
    let news = 0
    for (const target of targets) {
      const isNew = !others.has(target) && !accepted.has(target)
      if (accepted.size >= this.#limits.maxTargetsPerRsp || (isNew && others.size + news >= this.#limits.maxTargets)) {
        continue
      }
      news += isNew ? 1 : 0
      accepted.add(target)
    }
    this.#byRsp.set(rsp, { targets: accepted, connectOnly, expiresAtMs })
    return accepted
  }

  remove (rsp: string): void {
    this.#byRsp.delete(rsp)
  }

  has (rsp: string): boolean {
    return this.#byRsp.has(rsp)
  }

  /** All links that somebody wants; true where somebody wants them measured. */
  wanted (): Map<string, boolean> {
    const wanted = new Map<string, boolean>()
    for (const { targets, connectOnly } of this.#byRsp.values()) {
      for (const target of targets) {
        wanted.set(target, !connectOnly || wanted.get(target) === true)
      }
    }
    return wanted
  }

  /** Ends the watches whose lease is over. Returns whether there were any. */
  expire (nowMs: number): boolean {
    let expired = false
    for (const [rsp, watch] of this.#byRsp) {
      if (watch.expiresAtMs <= nowMs) {
        this.#byRsp.delete(rsp)
        expired = true
      }
    }
    return expired
  }
}
