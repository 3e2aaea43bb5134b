/**
 * Who asks how often, for the order among those who wait: whoever asks seldom goes first.
 *
 * A count that decays exponentially is kept as one number, the instant at which it will have fallen to one. Instants compare as the
 * counts do, now and at any later time, so an ask can be ranked once, when it comes (forward decay; Cormode et al. 2009).
 */
import { InstantTable } from './instant-table.ts'
import type { GateCaller, SetUpLimits } from './set-up-limits.ts'

/** A count to which an ask of somebody adds `weight`. */
interface Level {
  table: InstantTable
  name: string
  weight: number
}

/**
 * A caller counts with its prefix, so that a new id for each ask gains nothing, and a forwarder with the source for which it asks. The prefix
 * and the forwarder weigh as much less as they may ask more.
 */
export class CallerActivity {
  readonly #decayMs: number
  readonly #prefixWeight: number
  readonly #forwarderWeight: number
  readonly #callers: InstantTable
  readonly #forwarders: InstantTable
  readonly #prefixes: InstantTable
  readonly #sources: InstantTable

  constructor (limits: SetUpLimits) {
    this.#decayMs = limits.activityMs
    this.#prefixWeight = limits.callerPerSecond / limits.prefixPerSecond
    this.#forwarderWeight = limits.callerPerSecond / limits.forwarderPerSecond
    this.#callers = new InstantTable(limits.maxCallers)
    this.#forwarders = new InstantTable(limits.maxForwarders)
    this.#prefixes = new InstantTable(limits.maxPrefixes)
    this.#sources = new InstantTable(limits.maxSources)
  }

  /** Entries of all tables. */
  get size (): number {
    return this.#callers.size + this.#forwarders.size + this.#prefixes.size + this.#sources.size
  }

  /** Counts an ask, and says how active its caller was before: an instant to compare with others, -Infinity for the unknown. */
  count (caller: GateCaller, source: string, nowMs: number): number {
    const [first, second] = this.#levels(caller, source).map(level => this.#countAt(level, nowMs))
    return this.#sum(first, second)
  }

  #levels ({ peer, prefix, isForwarder }: GateCaller, source: string): [Level, Level] {
    return isForwarder
      ? [{ table: this.#forwarders, name: peer, weight: this.#forwarderWeight }, { table: this.#sources, name: `${peer} ${source}`, weight: 1 }]
      : [{ table: this.#prefixes, name: prefix, weight: this.#prefixWeight }, { table: this.#callers, name: peer, weight: 1 }]
  }

  #countAt ({ table, name, weight }: Level, nowMs: number): number {
    const before = table.get(name, nowMs)
    table.set(name, this.#sum(before, nowMs + this.#decayMs * Math.log(weight)), nowMs)
    return before
  }

  /** The instant of two counts taken together. */
  #sum (one: number, other: number): number {
    const later = Math.max(one, other)
    const earlier = Math.min(one, other)
    return earlier === -Infinity ? later : later + this.#decayMs * Math.log1p(Math.exp((earlier - later) / this.#decayMs))
  }
}
