// The packets that ask for an ack and are not done with, oldest first: a ring of typed arrays, so that a packet costs no object. Each has a place; places are
// counted, and those of packets that are done with are used again. A packet of nothing but an ack has a number and no place: however many of them go, whoever
// looks through the ring meets only what he may have to settle.

export const PacketState = {
  /** Nobody waits for it any more. */
  untracked: 0,
  inFlight: 1,
  /** Declared lost; kept for a while to notice when that was wrong. */
  lost: 2,
  acknowledged: 3
} as const

/** What has to be sent again if the packet is lost. */
export const Content = {
  none: 0,
  data: 1,
  lastData: 2,
  maxData: 3,
  maxStreamData: 4,
  maxStreams: 5,
  reset: 6,
  stopSending: 7
} as const

/** A packet carries at most so many things that would have to be sent again. */
export const CONTENTS_PER_PACKET = 4

const MIN_CAPACITY = 256
/** Packets that may be under way, or waited for, at once: 260 MB of large ones. */
const MAX_TRACKED = 16_384
/** Probes go whatever is waited for. */
const MAX_CAPACITY = 2 * MAX_TRACKED

export class SentPackets {
  #capacity = MIN_CAPACITY
  #nextNumber = 0
  #first = 0
  #next = 0
  #firstInFlight = 0
  number = new Float64Array(MIN_CAPACITY)
  sentMs = new Float64Array(MIN_CAPACITY)
  /** Size of the packet. */
  bytes = new Uint32Array(MIN_CAPACITY)
  /** With it, what left at once before it. */
  batchBytes = new Uint32Array(MIN_CAPACITY)
  state = new Uint8Array(MIN_CAPACITY)
  epoch = new Uint8Array(MIN_CAPACITY)
  /** For the delivery rate: what the path had delivered when this was sent, when that was, and when the packet delivered last had been sent. */
  deliveredBytes = new Float64Array(MIN_CAPACITY)
  deliveredMs = new Float64Array(MIN_CAPACITY)
  burstStartMs = new Float64Array(MIN_CAPACITY)
  contentType = new Uint8Array(MIN_CAPACITY * CONTENTS_PER_PACKET)
  contentId = new Uint32Array(MIN_CAPACITY * CONTENTS_PER_PACKET)
  contentOffset = new Float64Array(MIN_CAPACITY * CONTENTS_PER_PACKET)
  contentLength = new Uint32Array(MIN_CAPACITY * CONTENTS_PER_PACKET)

  /** Number of the next packet. */
  get nextNumber (): number {
    return this.#nextNumber
  }

  /** Place of the oldest packet that is still known. */
  get first (): number {
    return this.#first
  }

  /** Place of the next packet. */
  get next (): number {
    return this.#next
  }

  /** Only acks and probes may be sent. */
  get isFull (): boolean {
    return this.#next - this.#first >= MAX_TRACKED
  }

  /** Not even probes. */
  get isExhausted (): boolean {
    return this.#next - this.#first >= MAX_CAPACITY
  }

  /** Place of the oldest packet in flight, or `next`. */
  get firstInFlight (): number {
    while (this.#firstInFlight < this.#next && this.state[this.at(this.#firstInFlight)] !== PacketState.inFlight) {
      this.#firstInFlight++
    }
    return this.#firstInFlight
  }

  /** Index of a place in the arrays. The contents of its packet are from `CONTENTS_PER_PACKET` times that. */
  at (place: number): number {
    return place % this.#capacity
  }

  /** Place of the first known packet from `place` on whose number is `number` or more; `next` when there is none. */
  placeFrom (number: number, place: number): number {
    let [low, high] = [place, this.#next]
    if (low < high && this.number[this.at(low)] >= number) {
      return low
    }
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.number[this.at(middle)] < number) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  /** The next packet asks for no ack: it takes its number only. */
  skip (): void {
    this.#nextNumber++
  }

  /** Makes room for the next packet, in flight and without contents, and gives its index. Not when `isExhausted`. */
  append (nowMs: number): number {
    if (this.#next - this.#first === this.#capacity) {
      this.forget(-Infinity)
    }
    if (this.#next - this.#first === this.#capacity) {
      this.#grow()
    }
    const index = this.at(this.#next++)
    this.number[index] = this.#nextNumber++
    this.sentMs[index] = nowMs
    this.state[index] = PacketState.inFlight
    this.contentType.fill(Content.none, index * CONTENTS_PER_PACKET, (index + 1) * CONTENTS_PER_PACKET)
    return index
  }

  /** Does the packet that took the last number have a place? */
  get isLastTracked (): boolean {
    return this.#next > this.#first && this.number[this.at(this.#next - 1)] === this.#nextNumber - 1
  }

  /** The packet that was appended last has not left: its place is free, its number stays taken. */
  takeBack (): void {
    this.#next--
  }

  /** Forgets what is done with from the oldest on, and lost packets that were sent before `lostBeforeMs`, or all lost when there is no room. */
  forget (lostBeforeMs: number): void {
    const isTight = this.#next - this.#first > MAX_TRACKED / 2
    while (this.#first < this.#next) {
      const index = this.at(this.#first)
      const state = this.state[index]
      if (state === PacketState.inFlight || (state === PacketState.lost && !isTight && this.sentMs[index] >= lostBeforeMs)) {
        break
      }
      this.#first++
    }
    this.#firstInFlight = Math.max(this.#firstInFlight, this.#first)
  }

  #grow (): void {
    const capacity = 2 * this.#capacity
    const moved = <T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T, each: number): T => {
      for (let place = this.#first; place < this.#next; place++) {
        const source = (place % this.#capacity) * each
        const target = (place % capacity) * each
        for (let i = 0; i < each; i++) {
          to[target + i] = from[source + i]
        }
      }
      return to
    }
    this.number = moved(this.number, new Float64Array(capacity), 1)
    this.sentMs = moved(this.sentMs, new Float64Array(capacity), 1)
    this.bytes = moved(this.bytes, new Uint32Array(capacity), 1)
    this.batchBytes = moved(this.batchBytes, new Uint32Array(capacity), 1)
    this.state = moved(this.state, new Uint8Array(capacity), 1)
    this.epoch = moved(this.epoch, new Uint8Array(capacity), 1)
    this.deliveredBytes = moved(this.deliveredBytes, new Float64Array(capacity), 1)
    this.deliveredMs = moved(this.deliveredMs, new Float64Array(capacity), 1)
    this.burstStartMs = moved(this.burstStartMs, new Float64Array(capacity), 1)
    this.contentType = moved(this.contentType, new Uint8Array(capacity * CONTENTS_PER_PACKET), CONTENTS_PER_PACKET)
    this.contentId = moved(this.contentId, new Uint32Array(capacity * CONTENTS_PER_PACKET), CONTENTS_PER_PACKET)
    this.contentOffset = moved(this.contentOffset, new Float64Array(capacity * CONTENTS_PER_PACKET), CONTENTS_PER_PACKET)
    this.contentLength = moved(this.contentLength, new Uint32Array(capacity * CONTENTS_PER_PACKET), CONTENTS_PER_PACKET)
    this.#capacity = capacity
  }
}
