// The labels of paths that begin or end at this node: each is given to one neighbour, for packets from it, and knows the way on
// which they are answered. A forwarder's table (forwarder/forwarding-table.ts) is the other kind: its packets go on.
import { isNodeAt } from '../../protocols/forward/node-id.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Way } from './way.ts'

/** Paths that begin or end at one host. */
const DEFAULT_MAX_LABELS = 4_096
/** Of them those that others have set up to here: they must not keep the host from setting up its own. */
const DESTINATION_SHARE = 0.75

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
  #destinations = 0

  constructor (init: EndLabelsInit = {}) {
    this.#random32 = init.random32 ?? random32
    this.#maxLabels = init.maxLabels ?? DEFAULT_MAX_LABELS
  }

  get size (): number {
    return this.#bySlot.size
  }

  /** A label for packets from this neighbour, or undefined when there are as many as may be. */
  give (init: Omit<EndLabel, 'label'>): EndLabel | undefined {
    if (this.#bySlot.size >= this.#maxLabels || (init.isDestination && this.#destinations >= DESTINATION_SHARE * this.#maxLabels)) {
      return undefined
    }
    let slot = this.#random32()
    while (this.#bySlot.has(slot)) {
      slot = this.#random32()
    }
    const end = { ...init, label: { slot, check: this.#random32() } }
    this.#bySlot.set(slot, end)
    this.#destinations += end.isDestination ? 1 : 0
    return end
  }

  /** What the label names, if it is valid for packets from `from`. */
  find ({ slot, check }: Label, from: NodeId, nowMs: number): EndLabel | undefined {
    const end = this.#bySlot.get(slot)
    return end !== undefined && end.label.check === check && end.expiresAtMs > nowMs && isNodeAt(from, 0, end.neighbour) ? end : undefined
  }

  release ({ slot, check }: Label): void {
    const end = this.#bySlot.get(slot)
    if (end?.label.check === check) {
      this.#forget(slot, end)
    }
  }

  /** Forgets what nobody has refreshed. */
  expire (nowMs: number): void {
    for (const [slot, end] of this.#bySlot) {
      if (end.expiresAtMs <= nowMs) {
        this.#forget(slot, end)
      }
    }
  }

  /** The connection to the neighbour has ended: what it was given is worth nothing any more. */
  releaseAllOf (neighbour: NodeId): void {
    for (const [slot, end] of this.#bySlot) {
      if (isNodeAt(neighbour, 0, end.neighbour)) {
        this.#forget(slot, end)
      }
    }
  }

  #forget (slot: number, { isDestination }: EndLabel): void {
    this.#bySlot.delete(slot)
    this.#destinations -= isDestination ? 1 : 0
  }
}

function random32 (): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]
}
