// What a node says in the DHT, and reads there: who has a role, and where a host is attached. Hints only, and losing one is no failure.
import { hostKey } from './role-key.ts'
import { within } from './within.ts'
import type { ContentRouting, Logger, PeerId } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'

export interface DhtRecordsInit {
  contentRouting: ContentRouting
  network: string
  /** Monotonic, ms. */
  clock: () => number
  log: Logger
}

/** A host that stays is advertised anew so often. */
const READVERTISE_MS = 240_000
const MAX_ADVERTISED_HOSTS = 4_096
const MAX_HOSTS_TO_ADVERTISE = 256
const DEADLINE_MS = 5_000
/** A record goes out when all that are near to its key have been asked, and each of those that stay silent takes seconds of that. */
const PROVIDE_DEADLINE_MS = 30_000
/** Hosts that are advertised at once. */
const PROVIDE_CONCURRENCY = 4
const MAX_PROVIDERS = 256

export class DhtRecords {
  readonly #init: DhtRecordsInit
  /** When a host was advertised here. */
  readonly #advertisedHosts = new Map<string, number>()
  readonly #hostsToAdvertise = new Set<PeerId>()
  #advertising = 0

  constructor (init: DhtRecordsInit) {
    this.#init = init
  }

  async provide (key: CID, signal?: AbortSignal): Promise<void> {
    try {
      await this.#init.contentRouting.provide(key, { signal: within(PROVIDE_DEADLINE_MS, signal) })
    } catch (error) {
      this.#init.log('advertising failed - %e', error)
    }
  }

  /** Whoever claims what the key stands for; a bounded number. */
  async * providers (key: CID, signal: AbortSignal): AsyncGenerator<PeerId> {
    let count = 0
    try {
      for await (const provider of this.#init.contentRouting.findProviders(key, { signal: within(DEADLINE_MS, signal) })) {
        yield provider.id
        if (++count >= MAX_PROVIDERS) {
          return
        }
      }
    } catch (error) {
      this.#init.log('looking up providers failed - %e', error)
    }
  }

  /** Says that a host, or the application it speaks for, can be reached here; a few at a time, and each not more often than it must be. */
  async provideHost (host: PeerId): Promise<void> {
    const key = host.toString()
    const now = this.#init.clock()
    if (now - (this.#advertisedHosts.get(key) ?? -Infinity) < READVERTISE_MS || this.#hostsToAdvertise.size >= MAX_HOSTS_TO_ADVERTISE) {
      return
    }
    this.#advertisedHosts.delete(key)
    this.#advertisedHosts.set(key, now)
    if (this.#advertisedHosts.size > MAX_ADVERTISED_HOSTS) {
      this.#advertisedHosts.delete(this.#advertisedHosts.keys().next().value as string)
    }
    this.#hostsToAdvertise.add(host)
    if (this.#advertising < PROVIDE_CONCURRENCY) {
      this.#advertising++
      for (const next of this.#hostsToAdvertise) {
        this.#hostsToAdvertise.delete(next)
        await this.provide(hostKey(this.#init.network, next))
      }
      this.#advertising--
    }
  }
}
