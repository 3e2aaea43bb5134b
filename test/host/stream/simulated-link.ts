// One direction of a path: a bottleneck with a bounded queue that marks, a delay, and what may happen to packets on the way.
import type { VirtualWorld } from './virtual-world.ts'

export interface LinkConditions {
  /** Default: no limit. */
  bytesPerSecond?: number
  delayMs?: number
  /** Queue before the bottleneck; what does not fit is dropped. */
  queueBytes?: number
  /** From so many bytes in the queue on packets are marked. Default: never. */
  markBytes?: number
  /** What is beyond this rate is dropped at once; so many bytes may come at once. */
  policer?: { bytesPerSecond: number, burstBytes: number }
  /** Shares, 0 to 1. */
  loss?: number
  duplicate?: number
  /** This share of the packets is late, by up to `lateMs`. */
  late?: number
  lateMs?: number
  /** What is sent at once arrives at once, with the last of it: as a message of Noise does. */
  isBatched?: boolean
}

interface Batch { atMs: number, bytes: number, arrive: Array<() => void> }

/** What a message of Noise holds. */
const BATCH_BYTES = 65_000
/** Of every packet, beside its own bytes: envelope, header of the packet. */
const OVERHEAD_BYTES = 150

export class SimulatedLink {
  readonly #world: VirtualWorld
  readonly #random: () => number
  conditions: LinkConditions
  isDown = false
  #freeMs = 0
  #tokens = 0
  #filledMs = -Infinity
  #queued = 0
  #batch: Batch | undefined
  dropped = 0
  passed = 0
  /** Time in the queue of those that passed, ms. */
  queueMs: number[] = []

  constructor (world: VirtualWorld, random: () => number, conditions: LinkConditions) {
    this.#world = world
    this.#random = random
    this.conditions = conditions
  }

  /** `deliver` is called once, twice, or not at all. */
  send (packet: Uint8Array, deliver: (packet: Uint8Array, isMarked: boolean) => void): void {
    const { bytesPerSecond, queueBytes = Infinity, markBytes = Infinity, loss = 0, duplicate = 0 } = this.conditions
    const world = this.#world
    if (this.isDown || this.#random() < loss || this.#isPoliced(packet.length + OVERHEAD_BYTES)) {
      this.dropped++
      return
    }
    const bytes = packet.length + OVERHEAD_BYTES
    if (bytesPerSecond === undefined) {
      this.#carry(packet, false, deliver)
    } else if (this.#queued + bytes > queueBytes) {
      this.dropped++
      return
    } else {
      const isMarked = this.#queued > markBytes
      this.#queued += bytes
      this.queueMs.push(Math.max(0, this.#freeMs - world.nowMs))
      this.#freeMs = Math.max(this.#freeMs, world.nowMs) + 1_000 * bytes / bytesPerSecond
      const leave = (): void => {
        this.#queued -= bytes
        this.#carry(packet, isMarked, deliver)
      }
      if (this.conditions.isBatched === true) {
        this.#putInBatch(bytes, leave)
      } else {
        world.at(this.#freeMs, leave)
      }
    }
    if (this.#random() < duplicate) {
      this.#carry(packet, false, deliver)
    }
  }

  #putInBatch (bytes: number, leave: () => void): void {
    const world = this.#world
    let batch = this.#batch
    if (batch === undefined || batch.atMs < world.nowMs || batch.bytes + bytes > BATCH_BYTES) {
      const next: Batch = { atMs: world.nowMs, bytes: 0, arrive: [] }
      batch = this.#batch = next
      // when all that is sent now has been
      world.after(0, () => { world.at(this.#freeMs, () => { next.arrive.forEach((one) => { one() }) }) })
    }
    batch.bytes += bytes
    batch.arrive.push(leave)
  }

  #isPoliced (bytes: number): boolean {
    const { policer } = this.conditions
    if (policer === undefined) {
      return false
    }
    const { nowMs } = this.#world
    this.#tokens = Math.min(policer.burstBytes, this.#tokens + policer.bytesPerSecond * (nowMs - this.#filledMs) / 1_000)
    this.#filledMs = nowMs
    const isBeyond = this.#tokens < bytes
    this.#tokens -= isBeyond ? 0 : bytes
    return isBeyond
  }

  #carry (packet: Uint8Array, isMarked: boolean, deliver: (packet: Uint8Array, isMarked: boolean) => void): void {
    const { delayMs = 0, late = 0, lateMs = 0 } = this.conditions
    const extraMs = late > 0 && this.#random() < late ? lateMs * this.#random() : 0
    this.passed++
    this.#world.after(delayMs + extraMs, () => {
      if (!this.isDown) {
        deliver(packet.slice(), isMarked)
      }
    })
  }
}
