// Keeps the forwarders watching the links that this RSP wants: asks each of them, refreshes the lease, and asks anew when
// the set of forwarders has changed.
import { connectTo } from '../discovery/connect.ts'
import { watch } from '../../protocols/report/client.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Logger } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const LEASE_MS = 120_000
const REFRESH_MS = LEASE_MS / 3
/** Forwarders come in bunches: the others are told once for all that came within so long. */
const SETTLE_MS = 500
const RETRY_MS = 3_000
const DEADLINE_MS = 10_000
/** A forwarder watches at most so many links for one RSP; beyond it a measurement plan must choose. */
const MAX_TARGETS = 256

export interface WatchKeeperInit {
  connectionManager: ConnectionManager
  /** Our own signed descriptor. */
  descriptor: () => Promise<Uint8Array>
  connectOnly: boolean
  log: Logger
}

interface Watched {
  descriptor: VerifiedDescriptor
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
    this.#watched.set(key, { descriptor })
    for (const each of this.#watched.values()) {
      this.#schedule(each, SETTLE_MS)
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
      const targets = [...this.#watched.values()]
        .filter((other) => other !== watched)
        .slice(0, MAX_TARGETS)
        .map(({ descriptor }) => descriptor.bytes)
      const connection = await connectTo(this.#init.connectionManager, watched.descriptor, signal)
      const result = await watch(connection, {
        descriptor: await this.#init.descriptor(),
        targets,
        connectOnly: this.#init.connectOnly,
        leaseMs: LEASE_MS
      }, { signal })
      waitMs = result.leaseMs / 3
    } catch (error) {
      this.#init.log('%s does not watch for us - %e', key, error)
      waitMs = RETRY_MS
    }
    // what came while it was being asked has set the next time already
    if (this.#watched.get(key) === watched && watched.timer === undefined) {
      this.#schedule(watched, waitMs)
    }
  }
}
