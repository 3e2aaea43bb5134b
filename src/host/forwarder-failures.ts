// What the channels of a host tell each other of forwarders that fail: a path that stops answering makes all paths over its forwarders suspect, and
// who is gone from the host's own links is left out of queries. What others say of a forwarder makes it suspect only: that costs some echoes.
import { AvoidList } from './avoid-list.ts'
import type { PeerId } from '@libp2p/interface'

export type SuspectListener = (forwarders: ReadonlySet<string>) => void

export class ForwarderFailures {
  readonly avoided: AvoidList
  readonly #listeners = new Set<SuspectListener>()

  /** @param now - monotonic, ms */
  constructor (now: () => number) {
    this.avoided = new AvoidList(now)
  }

  /** The host's own link to it has ended. */
  gone (forwarder: PeerId): void {
    this.avoided.add(forwarder)
    this.suspect([forwarder.toString()])
  }

  /** A path over these has failed, and any of them may be the reason. */
  suspect (forwarders: Iterable<string>): void {
    const all = new Set(forwarders)
    if (all.size > 0) {
      for (const listener of this.#listeners) {
        listener(all)
      }
    }
  }

  /** @returns takes the listener back */
  onSuspect (listener: SuspectListener): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }
}
