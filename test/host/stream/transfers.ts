// What streams carry in tests: bytes that say where they belong, and who checks them as they come.
import assert from 'node:assert/strict'
import type { StreamState } from '../../../src/host/stream/stream-state.ts'

export type Ending = 'end' | 'reset' | 'stop'

export interface Transfer {
  bytes: number
  ending: Ending
  /** Sizes of the writes, by turns. */
  writeBytes: number
}

/** The byte at an offset of a transfer. Not periodic in any power of two. */
export function byteAt (transfer: number, offset: number): number {
  return (offset * 7 + (offset >>> 8) * 13 + transfer * 31) % 251
}

function content (transfer: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    bytes[i] = byteAt(transfer, offset + i)
  }
  return bytes
}

/** Writes a transfer as fast as back-pressure lets it. A reset comes after half of it. */
export function send (stream: StreamState, number: number, { bytes, ending, writeBytes }: Transfer): void {
  let offset = 0
  const end = ending === 'reset' ? Math.floor(bytes / 2) : bytes
  const fill = (): void => {
    while (offset < end && stream.canWrite) {
      const length = Math.min(writeBytes, end - offset)
      const mayGoOn = stream.write(content(number, offset, length))
      offset += length
      if (!mayGoOn && offset < end) {
        return
      }
    }
    if (ending === 'reset') {
      stream.reset(number)
    } else {
      stream.end()
    }
  }
  stream.events.onDrain = fill
  fill()
}

export class Receiver {
  readonly #number: number
  readonly #transfer: Transfer
  readonly stream: StreamState
  received = 0
  outcome: 'end' | `reset ${number}` | 'stopped' | undefined
  isClosed = false

  constructor (stream: StreamState, number: number, transfer: Transfer) {
    this.#number = number
    this.#transfer = transfer
    this.stream = stream
    stream.events = {
      ...stream.events,
      onData: (data) => { this.#take(data) },
      onEnd: () => { this.#over('end') },
      onReset: (code) => { this.#over(`reset ${code}`) },
      onClosed: () => { this.isClosed = true }
    }
  }

  #take (data: Uint8Array): void {
    assert.equal(this.outcome, undefined, 'data after the end')
    for (let i = 0; i < data.length; i++) {
      if (data[i] !== byteAt(this.#number, this.received + i)) {
        assert.fail(`byte ${this.received + i} of transfer ${this.#number} is wrong`)
      }
    }
    this.received += data.length
    if (this.#transfer.ending === 'stop' && this.received >= this.#transfer.bytes / 2) {
      this.outcome = 'stopped'
      this.stream.stopReading(this.#number)
    }
  }

  #over (outcome: 'end' | `reset ${number}`): void {
    assert.equal(this.outcome, undefined, 'two ends')
    this.outcome = outcome
  }
}
