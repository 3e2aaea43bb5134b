// Entries that were installed hop by hop and wait for the hop before to bind with them. Bounded, and short-lived: whoever does
// not go on loses them.
import { isNodeAt } from '../../protocols/forward/node-id.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'

export interface UnboundPath {
  /** Handle of the entry. */
  forward: Label
  source: NodeId
  /** Who may bind. */
  previous: NodeId
  expiresAtMs: number
}

const MAX_UNBOUND = 8_192

export class UnboundPaths {
  readonly #byOrder = new Map<string, UnboundPath>()

  get size (): number {
    return this.#byOrder.size
  }

  /** @returns false when there is no room, or the order has an entry already */
  add (orderId: Uint8Array, path: UnboundPath): boolean {
    const key = keyOf(orderId)
    if (this.#byOrder.size >= MAX_UNBOUND || this.#byOrder.has(key)) {
      return false
    }
    this.#byOrder.set(key, path)
    return true
  }

  has (orderId: Uint8Array): boolean {
    return this.#byOrder.has(keyOf(orderId))
  }

  /** For the hop before, once. */
  bind (orderId: Uint8Array, by: NodeId): UnboundPath | undefined {
    return this.#take(orderId, (path) => isNodeAt(by, 0, path.previous))
  }

  /** For the source, which wants it no more. */
  withdraw (orderId: Uint8Array, by: NodeId): UnboundPath | undefined {
    return this.#take(orderId, (path) => isNodeAt(by, 0, path.source))
  }

  /** Their entries expire by themselves. */
  expire (nowMs: number): void {
    for (const [key, { expiresAtMs }] of this.#byOrder) {
      if (expiresAtMs > nowMs) {
        return // oldest first, and all live equally long
      }
      this.#byOrder.delete(key)
    }
  }

  #take (orderId: Uint8Array, isAllowed: (path: UnboundPath) => boolean): UnboundPath | undefined {
    const key = keyOf(orderId)
    const path = this.#byOrder.get(key)
    if (path === undefined || !isAllowed(path)) {
      return undefined
    }
    this.#byOrder.delete(key)
    return path
  }
}

function keyOf (orderId: Uint8Array): string {
  return String.fromCharCode(...orderId)
}
