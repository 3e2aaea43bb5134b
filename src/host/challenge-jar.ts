// What forwarders under load have asked for lately. A cookie is good for two minutes, so the next path over the same hop shows it at
// once instead of being sent back for it.
import type { Challenge } from '../../protocols/setup/codec.ts'
import type { PeerId } from '@libp2p/interface'

/** Less than the life of a cookie by more than a path takes. */
const KEEP_MS = 100_000
const MAX_KEPT = 1_024

interface Kept extends Challenge { untilMs: number }

export class ChallengeJar {
  /** By the node that asked, and the hop before it. The oldest first. */
  readonly #kept = new Map<string, Kept>()

  /** What the nodes of a path have asked for, by index. */
  of (source: PeerId, forwarders: readonly PeerId[], destination: PeerId, nowMs: number): Map<number, Challenge> {
    const nodes = [source, ...forwarders, destination]
    const found = new Map<number, Challenge>()
    for (let index = 0; index <= forwarders.length; index++) {
      const kept = this.#kept.get(keyOf(nodes[index], nodes[index + 1]))
      if (kept !== undefined && kept.untilMs > nowMs) {
        found.set(index, kept)
      }
    }
    return found
  }

  add (hopBefore: PeerId, node: PeerId, challenge: Challenge, nowMs: number): void {
    const key = keyOf(hopBefore, node)
    this.#kept.delete(key)
    this.#kept.set(key, { ...challenge, untilMs: nowMs + KEEP_MS })
    for (const [oldest] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT) {
        return
      }
      this.#kept.delete(oldest)
    }
  }
}

function keyOf (hopBefore: PeerId, node: PeerId): string {
  return `${hopBefore.toString()} ${node.toString()}`
}
