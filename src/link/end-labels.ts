// The labels of paths that begin or end at this node: each is given to one neighbour, for packets from it, and knows the way on
// which they are answered. A forwarder's table (forwarder/forwarding-table.ts) is the other kind: its packets go on.
import { isNodeAt } from '../../protocols/forward/node-id.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Way } from './way.ts'

/** Paths that end at one host; each may take that much from it before a refresh is missed. */
const DEFAULT_MAX_LABELS = 4_096

export interface EndLabel {
  readonly label: Label
  /** To whom it was given. */
  readonly neighbour: NodeId
  /** Does the path end here, or does it begin here? */
  readonly isDestination: boolean
  /** Where answers go; unset until the neighbour has given its own label. */
  way?: Way
  /** Monotonic ms. */
  expiresAtMs: number
}

export interface EndLabelsInit {
  /** A random integer of 32 bits. */
  random32?: () => number
  maxLabels?: number
}

export class EndLabels {
  readonly #random32: () => number
  readonly #maxLabels: number
  readonly #bySlot = new Map<number, EndLabel>()

  constructor (init: EndLabelsInit = {}) {
    this.#random32 = init.random32 ?? random32
    this.#maxLabels = init.maxLabels ?? DEFAULT_MAX_LABELS
  }

  get size (): number {
    return this.#bySlot.size
  }

  /** A label for packets from this neighbour, or undefined when there are as many as may be. */
  give (init: Omit<EndLabel, 'label'>): EndLabel | undefined {
    if (this.#bySlot.size >= this.#maxLabels) {
      return undefined
    }
    let slot = this.#random32()
    while (this.#bySlot.has(slot)) {
      slot = this.#random32()
    }
    const end = { ...init, label: { slot, check: this.#random32() } }
    this.#bySlot.set(slot, end)
    return end
  }

  /** What the label names, if it is valid for packets from `from`. */
  find ({ slot, check }: Label, from: NodeId, nowMs: number): EndLabel | undefined {
    const end = this.#bySlot.get(slot)
    return end !== undefined && end.label.check === check && end.expiresAtMs > nowMs && isNodeAt(from, 0, end.neighbour) ? end : undefined
  }

  release ({ slot, check }: Label): void {
    if (this.#bySlot.get(slot)?.label.check === check) {
      this.#bySlot.delete(slot)
    }
  }

  /** Forgets what nobody has refreshed. */
  expire (nowMs: number): void {
    for (const [slot, { expiresAtMs }] of this.#bySlot) {
      if (expiresAtMs <= nowMs) {
        this.#bySlot.delete(slot)
      }
    }
  }

  /** The connection to the neighbour has ended: what it was given is worth nothing any more. */
  releaseAllOf (neighbour: NodeId): void {
    for (const [slot, end] of this.#bySlot) {
      if (isNodeAt(neighbour, 0, end.neighbour)) {
        this.#bySlot.delete(slot)
      }
    }
  }
}

function random32 (): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]
}
