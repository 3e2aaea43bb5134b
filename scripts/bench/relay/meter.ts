// The receiving application of the relay benchmark: counts packets, and says how old they were where it is asked to.
import { STAMP_BYTES, nowNs, stampAt } from './packets.ts'

export interface Received {
  packets: number
  latenciesUs: Float64Array
}

/** Latencies of one phase; those that come after are not looked at. */
const MAX_LATENCIES = 100_000

export class Meter {
  readonly #onArrival: (packets: number) => void
  readonly #latenciesUs = new Float64Array(MAX_LATENCIES)
  readonly #head = new Uint8Array(STAMP_BYTES)
  #latencies = 0
  #packetBytes = 1
  #isRecording = false
  #bytes = 0
  #isTold = true

  /** @param onArrival - after each turn of the event loop in which something came: how many packets have come by now */
  constructor (onArrival: (packets: number) => void) {
    this.#onArrival = onArrival
  }

  begin (packetBytes: number, isRecording: boolean): void {
    this.#packetBytes = packetBytes
    this.#isRecording = isRecording
    this.#bytes = 0
    this.#latencies = 0
  }

  get packets (): number {
    return Math.floor(this.#bytes / this.#packetBytes)
  }

  /** A copy. */
  get received (): Received {
    return { packets: this.packets, latenciesUs: this.#latenciesUs.slice(0, this.#latencies) }
  }

  /** A part of a stream of packets, or one packet at a time. */
  take (buffer: Uint8Array, from = 0, length = buffer.length): void {
    if (this.#isRecording) {
      this.#record(buffer, from, from + length)
    }
    this.#bytes += length
    if (this.#isTold) {
      this.#isTold = false
      setImmediate(() => {
        this.#isTold = true
        this.#onArrival(this.packets)
      })
    }
  }

  #record (buffer: Uint8Array, from: number, to: number): void {
    const arrivedNs = nowNs()
    let inPacket = this.#bytes % this.#packetBytes
    for (let at = from; at < to; at += this.#packetBytes - inPacket, inPacket = 0) {
      if (inPacket === 0 && to - at >= STAMP_BYTES) {
        this.#add(arrivedNs - stampAt(buffer, at))
      } else if (inPacket < STAMP_BYTES) {
        const part = buffer.subarray(at, Math.min(to, at + STAMP_BYTES - inPacket))
        this.#head.set(part, inPacket)
        if (inPacket + part.length === STAMP_BYTES) {
          this.#add(arrivedNs - stampAt(this.#head, 0))
        }
      }
    }
  }

  #add (ns: number): void {
    if (this.#latencies < MAX_LATENCIES) {
      this.#latenciesUs[this.#latencies++] = ns / 1_000
    }
  }
}
