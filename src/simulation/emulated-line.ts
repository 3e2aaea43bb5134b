// One direction of a line as it could be between two machines: it takes time, carries so many bytes per second, has a bounded buffer before it, and
// loses packets. Pure; it says when what is put in comes out. In virtual time, and over real nodes, where delayed-connection.ts goes by it.

export interface LineInit {
  /** One way. */
  delayMs?: number
  /** Default: no limit. */
  bytesPerSecond?: number
  /** What waits before the line at most; what is more is dropped. Default: a quarter of a second at its rate, and ten of the largest packets. */
  bufferBytes?: number
  /** Of what has passed the line, 0 to 1. */
  loss?: number
  /** Others' packets, which come at random moments (a Poisson process). Not over real nodes: these have traffic of their own. */
  cross?: { bytesPerSecond: number, packetBytes: number }
  /** From 0 to 1; where there is loss, or cross traffic. */
  random?: () => number
}

/** Others' packets from before that have gone by, whatever the buffer holds. */
const CROSS_REMEMBERED_MS = 1_000

const BUFFER_S = 0.25
const MIN_BUFFER_BYTES = 163_840

export class EmulatedLine {
  readonly delayMs: number
  readonly #bytesPerMs: number
  readonly #bufferBytes: number
  readonly #loss: number
  readonly #cross: LineInit['cross']
  readonly #random: () => number
  #nextCrossMs = Number.NEGATIVE_INFINITY
  /** All that was put in has left by then. */
  #freeAtMs = Number.NEGATIVE_INFINITY
  /** Packets that did not come out: the buffer was full, or they were lost. */
  dropped = 0
  lost = 0

  constructor ({ delayMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY, bufferBytes, loss = 0, cross, random = Math.random }: LineInit) {
    this.delayMs = delayMs
    this.#bytesPerMs = bytesPerSecond / 1_000
    this.#bufferBytes = bufferBytes ?? Math.max(MIN_BUFFER_BYTES, BUFFER_S * bytesPerSecond)
    this.#loss = loss
    this.#cross = cross
    this.#random = random
  }

  /** Bytes that wait before it. */
  queuedBytes (nowMs: number): number {
    return this.#freeAtMs <= nowMs ? 0 : (this.#freeAtMs - nowMs) * this.#bytesPerMs
  }

  /** When a packet that is put in now comes out; undefined: never. */
  put (bytes: number, nowMs: number): number | undefined {
    this.#putCross(nowMs)
    if (this.queuedBytes(nowMs) + bytes > this.#bufferBytes) {
      this.dropped++
      return undefined
    }
    const outMs = this.putReliably(bytes, nowMs)
    if (this.#loss > 0 && this.#random() < this.#loss) {
      this.lost++
      return undefined
    }
    return outMs
  }

  /** Others' packets up to now; nobody looks before there is one of ours. */
  #putCross (nowMs: number): void {
    const cross = this.#cross
    if (cross === undefined) {
      return
    }
    const meanMs = 1_000 * cross.packetBytes / cross.bytesPerSecond
    if (this.#nextCrossMs < nowMs - CROSS_REMEMBERED_MS) {
      this.#nextCrossMs = nowMs - CROSS_REMEMBERED_MS
    }
    for (; this.#nextCrossMs <= nowMs; this.#nextCrossMs -= Math.log(1 - this.#random()) * meanMs) {
      if (this.queuedBytes(this.#nextCrossMs) + cross.packetBytes <= this.#bufferBytes) {
        this.putReliably(cross.packetBytes, this.#nextCrossMs)
      }
    }
  }

  /** As of bytes of a reliable stream: who puts them in waits, rather than lose any (see `queuedBytes`). */
  putReliably (bytes: number, nowMs: number): number {
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + bytes / this.#bytesPerMs
    return this.#freeAtMs + this.delayMs
  }
}
