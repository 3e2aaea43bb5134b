// What has arrived, and when the sender should hear of it.
import { ACK_EVERY_PACKETS, MAX_ACK_DELAY_MS, MAX_ACK_RANGES } from '../../../protocols/stream/constants.ts'
import { RangeSet } from './range-set.ts'
import type { Ack } from '../../../protocols/stream/codec.ts'

const US_PER_MS = 1_000

export class ReceivedPackets {
  /** At most MAX_ACK_RANGES; what is below the lowest counts as received. */
  readonly #numbers = new RangeSet()
  #forgottenBelow = 0
  #largest = -1
  #largestMs = 0
  #epoch = 0
  #marked = 0
  /** Packets that ask for an ack and got none. */
  #waiting = 0
  #dueMs = Infinity

  /** When an ack must go. Infinity: none is needed. */
  get dueMs (): number {
    return this.#dueMs
  }

  get isWaiting (): boolean {
    return this.#dueMs < Infinity
  }

  isNew (number: number): boolean {
    return number > this.#largest || (number >= this.#forgottenBelow && !this.#numbers.has(number))
  }

  /** A new packet, after all in it was taken in. */
  add (number: number, epoch: number, isMarked: boolean, asksForAck: boolean, nowMs: number): void {
    const isInOrder = number === this.#largest + 1
    const isNewEpoch = this.#largest < 0 ? true : isNewer(epoch, this.#epoch)
    this.#numbers.add(number, number + 1)
    while (this.#numbers.count > MAX_ACK_RANGES) {
      this.#forgottenBelow = this.#numbers.end(0)
      this.#numbers.removeFirst()
    }
    if (number > this.#largest) {
      this.#largest = number
      this.#largestMs = nowMs
    }
    if (isNewEpoch) {
      this.#epoch = epoch
      this.#marked = 0
    }
    if (isMarked && epoch === this.#epoch) {
      this.#marked = (this.#marked + 1) >>> 0
    }
    if (asksForAck) {
      this.#waiting++
      const isUrgent = !isInOrder || isNewEpoch || isMarked || this.#waiting >= ACK_EVERY_PACKETS
      this.#dueMs = Math.min(this.#dueMs, isUrgent ? nowMs : nowMs + MAX_ACK_DELAY_MS)
    }
  }

  /** Fills in what is to be said now. Only after the first packet. */
  describe (ack: Ack, nowMs: number): void {
    const count = this.#numbers.count
    for (let i = 0; i < count; i++) {
      ack.ranges[2 * i] = this.#numbers.start(count - 1 - i)
      ack.ranges[2 * i + 1] = this.#numbers.end(count - 1 - i) - 1
    }
    ack.rangeCount = count
    ack.delayUs = Math.min(0xffff_ffff, Math.round((nowMs - this.#largestMs) * US_PER_MS))
    ack.receivedAtUs = Math.round(this.#largestMs * US_PER_MS) % 0x1_0000_0000
    ack.epoch = this.#epoch
    ack.marked = this.#marked
  }

  /** The ack could not leave; another one goes then. */
  repeat (atMs: number): void {
    if (this.#largest >= 0) {
      this.#dueMs = Math.min(this.#dueMs, atMs)
    }
  }

  /** An ack has gone. */
  acknowledged (): void {
    this.#waiting = 0
    this.#dueMs = Infinity
  }
}

/** Epochs are counted modulo 256. */
function isNewer (epoch: number, than: number): boolean {
  const ahead = (epoch - than) & 0xff
  return ahead > 0 && ahead < 128
}
