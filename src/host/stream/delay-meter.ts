// How long packets of a path wait in queues: by how much their delay exceeds the lowest of the last seconds.
//
// Two delays are looked at, the round trip and the one-way delay (the receiver's clock at arrival less ours at sending, which is right but
// for a constant). A queue on the way back is in the first only, a receiver's clock that jumps is in the second only, so the smaller excess
// is the one that our own packets wait.

/** The lowest delay is that of the last one to two of these: a path whose delay has grown is known for what it is after that, and a queue that others keep is not taken for the path sooner. */
const WINDOW_MS = 30_000
/** What counts as no queue: the wobble of timers, and of long paths. */
const LOW_MS = 0.5
const LOW_SHARE = 64
/** One late timer makes one sample late, a queue makes all: as in RFC 9406. */
const RECENT_SAMPLES = 8
const US_PER_MS = 1_000

class RecentLow {
  #low = Infinity
  #lowBefore = Infinity

  sample (value: number): void {
    this.#low = Math.min(this.#low, value)
  }

  turn (): void {
    this.#lowBefore = this.#low
    this.#low = Infinity
  }

  get value (): number {
    return Math.min(this.#low, this.#lowBefore)
  }
}

export class DelayMeter {
  readonly #roundTrip = new RecentLow()
  readonly #oneWay = new RecentLow()
  #zeroUs: number | undefined
  #turnedMs = -Infinity
  #lowSeenMs = -Infinity
  readonly #recent = new Float64Array(RECENT_SAMPLES)
  #samples = 0
  /** Of the last sample. */
  queueMs = 0

  /** Lowest recent round trip; Infinity before the first sample. */
  get baseRttMs (): number {
    return this.#roundTrip.value
  }

  /** The least that one of the last eight packets waited; 0 before there are so many. */
  get lowQueueMs (): number {
    return this.#samples < RECENT_SAMPLES ? 0 : Math.min(...this.#recent)
  }

  /** When a packet that met no queue, or nearly none, was last acknowledged. */
  get lowSeenMs (): number {
    return this.#lowSeenMs
  }

  /** `sentMs` on our clock, `receivedAtUs` on the receiver's, modulo 2^32; `batchTimeMs`: what it waits for those that were sent at once with it, which is no queue. */
  sample (rttMs: number, sentMs: number, receivedAtUs: number, nowMs: number, batchTimeMs = 0): void {
    if (nowMs - this.#turnedMs > WINDOW_MS) {
      this.#turnedMs = nowMs
      this.#roundTrip.turn()
      this.#oneWay.turn()
    }
    const differenceUs = receivedAtUs - sentMs * US_PER_MS
    this.#zeroUs ??= differenceUs
    const oneWayMs = signed32(differenceUs - this.#zeroUs) / US_PER_MS
    this.#roundTrip.sample(rttMs)
    this.#oneWay.sample(oneWayMs)
    this.queueMs = Math.max(0, Math.min(rttMs - this.#roundTrip.value, oneWayMs - this.#oneWay.value) - batchTimeMs)
    this.#recent[this.#samples++ % RECENT_SAMPLES] = this.queueMs
    if (this.queueMs <= Math.max(LOW_MS, this.#roundTrip.value / LOW_SHARE)) {
      this.#lowSeenMs = nowMs
    }
  }
}

function signed32 (value: number): number {
  const low = ((Math.round(value) % 0x1_0000_0000) + 0x1_0000_0000) % 0x1_0000_0000
  return low >= 0x8000_0000 ? low - 0x1_0000_0000 : low
}
