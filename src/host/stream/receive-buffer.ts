// Puts the bytes of one direction of a stream in order. What comes in order goes through without a copy; what comes early waits, bounded in
// bytes by flow control and in pieces by a number, and so does all while the application has paused.
import { MAX_WAITING_PIECES } from '../../../protocols/stream/constants.ts'
import { StreamViolationError } from '../../../protocols/stream/errors.ts'

interface Piece {
  offset: number
  data: Uint8Array
}

export class ReceiveBuffer {
  /** Ascending, without overlap. */
  readonly #pieces: Piece[] = []
  readonly #onData: (data: Uint8Array) => void
  #next = 0
  #highest = 0
  #final: number | undefined
  #isPaused = false
  #isDiscarding = false

  /** `onData` gets views of what was received. */
  constructor (onData: (data: Uint8Array) => void) {
    this.#onData = onData
  }

  /** Bytes handed to the application. */
  get nextOffset (): number {
    return this.#next
  }

  /** Highest offset seen, for flow control. */
  get highestOffset (): number {
    return this.#highest
  }

  get finalOffset (): number | undefined {
    return this.#final
  }

  get isComplete (): boolean {
    return this.#final === this.#next
  }

  get waitingPieces (): number {
    return this.#pieces.length
  }

  /** Memory that waiting pieces hold on to. */
  get heldBytes (): number {
    return this.#pieces.reduce((sum, { data }) => sum + data.buffer.byteLength, 0)
  }

  /**
   * The last byte of the stream is before `offset`.
   *
   * @throws StreamViolationError when that contradicts what is known
   */
  setFinal (offset: number): void {
    if (offset < this.#highest || (this.#final !== undefined && this.#final !== offset)) {
      throw new StreamViolationError('final-size', `a stream ends at ${offset}, but bytes up to ${this.#final ?? this.#highest} were announced or sent before`)
    }
    this.#final = offset
    this.#highest = offset
  }

  /**
   * @returns false when there is no room for another piece: the packet must count as not received
   * @throws StreamViolationError for bytes beyond the end
   */
  receive (offset: number, data: Uint8Array): boolean {
    const end = offset + data.length
    if (this.#final !== undefined && end > this.#final) {
      throw new StreamViolationError('final-size', `bytes up to ${end} of a stream that ends at ${this.#final}`)
    }
    if (end <= this.#next || this.#isDiscarding) {
      this.#highest = Math.max(this.#highest, end)
      return true
    }
    if (offset <= this.#next && !this.#isPaused) {
      this.#highest = Math.max(this.#highest, end)
      this.#deliver(offset, data)
      this.#deliverWaiting()
      return true
    }
    if (this.#pieces.length >= MAX_WAITING_PIECES) {
      return false
    }
    this.#highest = Math.max(this.#highest, end)
    this.#keep(Math.max(offset, this.#next), data.subarray(Math.max(offset, this.#next) - offset))
    return true
  }

  pause (): void {
    this.#isPaused = true
  }

  resume (): void {
    this.#isPaused = false
    this.#deliverWaiting()
  }

  /** Nobody reads any more, now or later. @returns how many bytes up to the highest offset are neither handed out nor counted here before */
  discard (): number {
    this.#isDiscarding = true
    const bytes = this.#highest - this.#next
    this.#pieces.length = 0
    this.#next = this.#highest
    return bytes
  }

  #deliver (offset: number, data: Uint8Array): void {
    const fresh = offset === this.#next ? data : data.subarray(this.#next - offset)
    this.#next += fresh.length
    this.#onData(fresh)
  }

  #deliverWaiting (): void {
    let done = 0
    while (done < this.#pieces.length && this.#pieces[done].offset <= this.#next && !this.#isPaused) {
      const { offset, data } = this.#pieces[done++]
      if (offset + data.length > this.#next) {
        this.#deliver(offset, data)
      }
    }
    this.#pieces.splice(0, done)
  }

  /** Fills the gaps between the pieces there are with what is new. */
  #keep (offset: number, data: Uint8Array): void {
    let index = this.#indexAfter(offset)
    let from = offset
    const end = offset + data.length
    if (index > 0) {
      const { offset: before, data: { length } } = this.#pieces[index - 1]
      from = Math.max(from, before + length)
    }
    while (from < end) {
      const next = index < this.#pieces.length ? this.#pieces[index] : undefined
      const to = Math.min(end, next?.offset ?? end)
      if (from < to) {
        this.#pieces.splice(index++, 0, { offset: from, data: compact(data.subarray(from - offset, to - offset)) })
      }
      from = next === undefined ? end : next.offset + next.data.length
      index++
    }
  }

  /** Index of the first piece that begins after `offset`. */
  #indexAfter (offset: number): number {
    let [low, high] = [0, this.#pieces.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#pieces[middle].offset <= offset) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }
}

/** A few bytes must not hold on to a whole packet. */
function compact (data: Uint8Array): Uint8Array {
  return 2 * data.length < data.buffer.byteLength ? data.slice() : data
}
