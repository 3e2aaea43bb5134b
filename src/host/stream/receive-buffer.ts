// Puts the bytes of one direction of a stream in order. What comes in order goes through without a copy; what comes early waits, bounded in
// bytes by flow control and in pieces by a number, and so does all while the application has paused. Where there are many, small ones that
// touch are joined: then the number bounds gaps, and not what an application does not read yet.
import { MAX_WAITING_PIECES, MAX_WAITING_PIECES_OF_ALL } from '../../../protocols/stream/constants.ts'
import { StreamViolationError } from '../../../protocols/stream/errors.ts'

/** Fewer pieces on a connection are left as they came: to join them costs a copy. */
const JOIN_FROM_PIECES = 512
/**
 * A joined piece is no longer than this. A frame holds less, so the gaps that it fills behind its first byte join what is before them, and it adds one
 * piece at most. The largest windows in such pieces are far below the bounds of their number.
 */
const JOINED_BYTES = 16_384

interface Piece {
  offset: number
  data: Uint8Array
  /** Is the memory behind `data` this buffer's alone? Then what follows goes there as long as there is room. */
  isOwn: boolean
}

/** Pieces that wait in all streams of a connection. */
export interface WaitingPieces {
  count: number
}

export class ReceiveBuffer {
  /** Ascending, without overlap. */
  readonly #pieces: Piece[] = []
  readonly #onData: (data: Uint8Array) => void
  readonly #ofAll: WaitingPieces
  #next = 0
  #highest = 0
  #final: number | undefined
  #isPaused = false
  #isDiscarding = false
  /** `onData` runs: what it resumes, or brings, is handed out when it is done. */
  #isHandingOut = false

  /** `onData` gets views of what was received; it may call any method. */
  constructor (onData: (data: Uint8Array) => void, ofAll: WaitingPieces = { count: 0 }) {
    this.#onData = onData
    this.#ofAll = ofAll
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

  /** Was all handed out, to everybody who listens? */
  get isComplete (): boolean {
    return this.#final === this.#next && !this.#isHandingOut
  }

  /** Is the end known, and nothing missing before it? To be asked when a reset comes, once: it looks at all that waits. */
  get isWhole (): boolean {
    let end = this.#next
    for (const { offset, data } of this.#pieces) {
      if (offset > end) {
        return false
      }
      end = Math.max(end, offset + data.length)
    }
    return end === this.#final
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
    if (offset <= this.#next && !this.#isPaused && !this.#isHandingOut) {
      this.#highest = Math.max(this.#highest, end)
      this.#handOut(offset, data)
      return true
    }
    if (this.#pieces.length >= MAX_WAITING_PIECES || this.#ofAll.count >= MAX_WAITING_PIECES_OF_ALL) {
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
    if (!this.#isHandingOut) {
      this.#handOut(this.#next)
    }
  }

  /** Nobody reads any more, now or later. @returns how many bytes up to the highest offset are neither handed out nor counted here before */
  discard (): number {
    this.#isDiscarding = true
    const bytes = this.#highest - this.#next
    this.#ofAll.count -= this.#pieces.length
    this.#pieces.length = 0
    this.#next = this.#highest
    return bytes
  }

  /** What is given, if anything, and what waited for it. */
  #handOut (offset: number, data?: Uint8Array): void {
    this.#isHandingOut = true
    try {
      if (data !== undefined) {
        this.#deliver(offset, data)
      }
      while (this.#pieces.length > 0 && this.#pieces[0].offset <= this.#next && !(this.#isPaused && this.#hasNew(this.#pieces[0]))) {
        const piece = this.#pieces.shift() as Piece
        this.#ofAll.count--
        if (this.#hasNew(piece)) {
          this.#deliver(piece.offset, piece.data)
        }
      }
    } finally {
      this.#isHandingOut = false
    }
  }

  #deliver (offset: number, data: Uint8Array): void {
    const fresh = offset === this.#next ? data : data.subarray(this.#next - offset)
    this.#next += fresh.length
    this.#onData(fresh)
  }

  #hasNew ({ offset, data }: Piece): boolean {
    return offset + data.length > this.#next
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
        const fresh = data.subarray(from - offset, to - offset)
        if (!this.#join(index - 1, from, fresh)) {
          this.#pieces.splice(index++, 0, pieceOf(from, fresh))
          this.#ofAll.count++
        }
      }
      from = next === undefined ? end : next.offset + next.data.length
      index++
    }
  }

  /** @returns false when there is no need, when the piece at `index` does not end at `offset`, or would become too long */
  #join (index: number, offset: number, data: Uint8Array): boolean {
    if (index < 0 || this.#ofAll.count < JOIN_FROM_PIECES) {
      return false
    }
    const piece = this.#pieces[index]
    const { length } = piece.data
    const joined = length + data.length
    if (piece.offset + length !== offset || joined > JOINED_BYTES) {
      return false
    }
    if (!piece.isOwn || joined > piece.data.buffer.byteLength) {
      const room = new Uint8Array(Math.min(JOINED_BYTES, 2 * joined))
      room.set(piece.data)
      piece.data = room
      piece.isOwn = true
    }
    const bytes = new Uint8Array(piece.data.buffer, 0, joined)
    bytes.set(data, length)
    piece.data = bytes
    return true
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
function pieceOf (offset: number, data: Uint8Array): Piece {
  const isOwn = 2 * data.length < data.buffer.byteLength
  return { offset, data: isOwn ? new Uint8Array(data) : data, isOwn }
}
