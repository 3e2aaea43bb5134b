// Set-ups that wait for next hops, and who may have how many of them wait. A next hop that does not answer must not hold the places of its
// caller, nor one caller all those for a next hop. So who asks gets its share of the places that are left (a dynamic threshold, Choudhury and
// Hahne 1998): whoever comes alone may have many, several have fewer each, and places are left for those who come next.
import { OverQuotaError } from '../../protocols/errors.ts'
import type { GateCaller } from '../defence/set-up-limits.ts'

/** Of all callers, for one next hop that is a forwarder. */
export const MAX_WAITING_FOR_FORWARDER = 128
/** A destination holds up nobody who goes elsewhere, so it has no shares. */
export const MAX_WAITING_FOR_DESTINATION = 64
/** Of one caller, for all next hops: as many as the hop before may have wait for us, whether it counts as a forwarder here or not. */
export const MAX_WAITING_PER_CALLER = MAX_WAITING_FOR_FORWARDER
/**
 * A forwarder brings the passes of many, but can be made up: so all callers of one address prefix, its forwarders included, may hold as many places as are
 * left: alone they have half of all. Those that are no forwarders may hold a quarter of that, a fifth of all: the share of the hop before must not be filled
 * by one of those behind it.
 */
const SHARE_OF_PREFIX = 1
const SHARE_OF_HOSTS = 1 / 4

export class WaitingPasses {
  /** Callers, next hops, and who asks for a next hop → passes that wait. */
  readonly #counts = new Map<string, number>()

  /**
   * Counts one that waits while `run` does.
   *
   * @param next - peer id of the next hop, as text
   * @throws OverQuotaError when the caller, its prefix or the next hop has as many waiting as may be
   */
  async during<T> ({ peer, prefix, isForwarder }: GateCaller, next: string, isDestination: boolean, run: () => Promise<T>): Promise<T> {
    const to = toward(next)
    const ofPrefix = `all of ${prefix} ${to}`
    const ofHosts = `hosts of ${prefix} ${to}`
    const left = (isDestination ? MAX_WAITING_FOR_DESTINATION : MAX_WAITING_FOR_FORWARDER) - this.#count(to)
    if (this.#count(peer) >= MAX_WAITING_PER_CALLER) {
      throw new OverQuotaError('too many of your set-ups wait for the next hops: let some end first')
    }
    if (left <= 0) {
      throw new OverQuotaError('too many set-ups wait for the next hop: try again in some seconds, or use another path')
    }
    if (!isDestination && (this.#count(ofPrefix) >= left * SHARE_OF_PREFIX || (!isForwarder && this.#count(ofHosts) >= left * SHARE_OF_HOSTS))) {
      throw new OverQuotaError('too many set-ups from where you are wait for this next hop: let some end first, or use another path')
    }
    const keys = isForwarder ? [peer, to, ofPrefix] : [peer, to, ofPrefix, ofHosts]
    this.#add(keys, 1)
    try {
      return await run()
    } finally {
      this.#add(keys, -1)
    }
  }

  /** How many wait for this next hop. */
  for (next: string): number {
    return this.#count(toward(next))
  }

  /** Keys that are counted now. */
  get size (): number {
    return this.#counts.size
  }

  #count (key: string): number {
    return this.#counts.get(key) ?? 0
  }

  #add (keys: readonly string[], change: number): void {
    for (const key of keys) {
      const count = this.#count(key) + change
      if (count === 0) {
        this.#counts.delete(key)
      } else {
        this.#counts.set(key, count)
      }
    }
  }
}

function toward (next: string): string {
  return `to ${next}`
}
