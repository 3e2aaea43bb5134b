// What RSPs ask this forwarder to watch: for each RSP a list of other forwarders, the most important first, soft state with a
// lease. Where all of it is more than the forwarder watches, the RSPs take turns: the first wish of each, then the second of each, and
// so on, so that one that asks for much takes nothing from one that asks for little. Pure.

export interface WatchLimits {
  /** RSPs that may have a watch at once. */
  maxRsps: number
  /** Of one address prefix: to call oneself an RSP costs nothing. */
  maxRspsPerPrefix: number
  /** Links that one RSP may ask for. */
  maxTargetsPerRsp: number
  /** Different links in all, whoever asks. */
  maxTargets: number
}

/** At 5 probes in 10 s per link the whole list costs a forwarder well under 1 % of a core. */
export const DEFAULT_WATCH_LIMITS: WatchLimits = { maxRsps: 16, maxRspsPerPrefix: 4, maxTargetsPerRsp: 256, maxTargets: 512 }

interface Watch {
  targets: readonly string[]
  connectOnly: boolean
  expiresAtMs: number
  prefix: string | undefined
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
   * Replaces what the RSP had asked for. What it is given may become less when others come.
   *
   * @param targets - the most important first
   * @param prefix - of the RSP's address; undefined: it is not counted by it
   * @returns the targets that are watched now, or undefined when there is no room for another RSP
   */
  set (rsp: string, targets: readonly string[], connectOnly: boolean, expiresAtMs: number, prefix?: string): Set<string> | undefined {
    const others = [...this.#byRsp].filter(([other]) => other !== rsp)
    const ofPrefix = prefix === undefined ? 0 : others.filter(([, watch]) => watch.prefix === prefix).length
    if (others.length >= this.#limits.maxRsps || ofPrefix >= this.#limits.maxRspsPerPrefix) {
      return undefined
    }
    const wished = [...new Set(targets)].slice(0, this.#limits.maxTargetsPerRsp)
    // behind those that have asked before
    this.#byRsp.delete(rsp)
    this.#byRsp.set(rsp, { targets: wished, connectOnly, expiresAtMs, prefix })
    const granted = this.#granted()
    return new Set(wished.filter((target) => granted.has(target)))
  }

  remove (rsp: string): void {
    this.#byRsp.delete(rsp)
  }

  has (rsp: string): boolean {
    return this.#byRsp.has(rsp)
  }

  /** Address prefixes of the RSPs that have asked for this link, undefined where one is not counted by it. */
  prefixesOf (target: string): Array<string | undefined> {
    return [...this.#byRsp.values()].filter(({ targets }) => targets.includes(target)).map(({ prefix }) => prefix)
  }

  /** All links that are watched; true where somebody wants them measured. */
  wanted (): Map<string, boolean> {
    const wanted = new Map([...this.#granted()].map((target) => [target, false]))
    for (const { targets, connectOnly } of this.#byRsp.values()) {
      for (const target of targets) {
        if (!connectOnly && wanted.has(target)) {
          wanted.set(target, true)
        }
      }
    }
    return wanted
  }

  /** Turn by turn, as many different ones as there may be. A wish that another has had granted already costs no turn's place. */
  #granted (): Set<string> {
    const granted = new Set<string>()
    const lists = [...this.#byRsp.values()].map(({ targets }) => targets)
    const turns = Math.max(0, ...lists.map(({ length }) => length))
    for (let turn = 0; turn < turns; turn++) {
      for (const targets of lists) {
        if (turn < targets.length && granted.size < this.#limits.maxTargets) {
          granted.add(targets[turn])
        }
      }
    }
    return granted
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
