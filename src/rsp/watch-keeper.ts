// Keeps the forwarders watching the links that this RSP wants: asks each of them, refreshes the lease, and asks anew when
// other links are wanted. Both ends of a link are asked, so that one that lies is found out.
import { connectTo } from '../discovery/connect.ts'
import { watch } from '../../protocols/report/client.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Logger } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const LEASE_MS = 120_000
const REFRESH_MS = LEASE_MS / 3
/** Forwarders come in bunches: the others are told once for all that changed within so long. */
const SETTLE_MS = 500
const RETRY_MS = 3_000
const DEADLINE_MS = 10_000
/** One failure may be a lost connection. */
const SILENT_FAILURES = 2
/** A forwarder watches at most so many links for one RSP. The links of a forwarder that has more are watched from their other ends. */
const MAX_TARGETS = 256

export interface WatchKeeperInit {
  connectionManager: ConnectionManager
  /** Our own signed descriptor. */
  descriptor: () => Promise<Uint8Array>
  connectOnly: boolean
  /** The forwarders (peer ids as text) to which this one should watch its links, the most important first. */
  targetsOf: (key: string) => Iterable<string>
  /** A forwarder has come, and counts as one that answers; it does not answer any more; it does again. A new descriptor is no answer. */
  onAnswering?: (key: string, isAnswering: boolean) => void
  log: Logger
}

interface Watched {
  descriptor: VerifiedDescriptor
  /** Requests in a row that were not answered. */
  failures: number
  timer?: ReturnType<typeof setTimeout>
}

export class WatchKeeper {
  readonly #init: WatchKeeperInit
  readonly #watched = new Map<string, Watched>()

  constructor (init: WatchKeeperInit) {
    this.#init = init
  }

  add (descriptor: VerifiedDescriptor): void {
    const key = descriptor.peer.toString()
    const known = this.#watched.get(key)
    if (known !== undefined) {
      // it may have begun anew, and have forgotten what it was asked
      known.descriptor = descriptor
      this.#schedule(known, SETTLE_MS)
      return
    }
    const watched: Watched = { descriptor, failures: 0 }
    this.#watched.set(key, watched)
    this.#init.onAnswering?.(key, true)
    this.#schedule(watched, SETTLE_MS)
  }

  /** Other links of these are wanted now. */
  refresh (keys: Iterable<string>): void {
    for (const key of keys) {
      const watched = this.#watched.get(key)
      if (watched !== undefined) {
        this.#schedule(watched, SETTLE_MS)
      }
    }
  }

  remove (key: string): void {
    clearTimeout(this.#watched.get(key)?.timer)
    this.#watched.delete(key)
  }

  stop (): void {
    for (const key of [...this.#watched.keys()]) {
      this.remove(key)
    }
  }

  #schedule (watched: Watched, waitMs: number): void {
    clearTimeout(watched.timer)
    watched.timer = setTimeout(() => { void this.#ask(watched) }, waitMs)
  }

  async #ask (watched: Watched): Promise<void> {
    const key = watched.descriptor.peer.toString()
    let waitMs = REFRESH_MS
    watched.timer = undefined
    try {
      const signal = AbortSignal.timeout(DEADLINE_MS)
      const targets = [...this.#init.targetsOf(key)]
        .flatMap((other) => this.#watched.get(other)?.descriptor.bytes ?? [])
        .slice(0, MAX_TARGETS)
      const connection = await connectTo(this.#init.connectionManager, watched.descriptor, signal)
      const result = await watch(connection, {
        descriptor: await this.#init.descriptor(),
        targets,
        connectOnly: this.#init.connectOnly,
        leaseMs: LEASE_MS
      }, { signal })
      waitMs = result.leaseMs / 3
      this.#answered(key, watched)
    } catch (error) {
      this.#init.log('%s does not watch for us - %e', key, error)
      waitMs = RETRY_MS
      this.#failed(key, watched)
    }
    // what came while it was being asked has set the next time already
    if (this.#watched.get(key) === watched && watched.timer === undefined) {
      this.#schedule(watched, waitMs)
    }
  }

  #answered (key: string, watched: Watched): void {
    const wasSilent = watched.failures >= SILENT_FAILURES
    watched.failures = 0
    if (wasSilent && this.#watched.get(key) === watched) {
      this.#init.onAnswering?.(key, true)
    }
  }

  #failed (key: string, watched: Watched): void {
    watched.failures++
    if (watched.failures === SILENT_FAILURES && this.#watched.get(key) === watched) {
      this.#init.onAnswering?.(key, false)
    }
  }
}
