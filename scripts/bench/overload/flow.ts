// The flows of the overload benchmark: packets that say whose they are and when they entered.
import { BENCH_PAYLOAD, messageOf, nowNs, stampAt, stampMessage } from '../relay/packets.ts'

export type FlowName = 'greedy1' | 'greedy2' | 'other' | 'modest'

/** Two hosts of one RSP, which offer most; one of another, which offers more than its share; and a second one there, which stays below. */
export const FLOWS: Record<FlowName, { rsp: 'one' | 'two', number: number, packetBytes: number }> = {
  greedy1: { rsp: 'one', number: 1, packetBytes: 1_024 },
  greedy2: { rsp: 'one', number: 2, packetBytes: 1_024 },
  other: { rsp: 'two', number: 3, packetBytes: 1_024 },
  modest: { rsp: 'two', number: 4, packetBytes: 512 }
}

/** Behind the type of the payload. */
const FLOW_AT = 1

export function packetOf (name: FlowName): Uint8Array {
  const { number, packetBytes } = FLOWS[name]
  const packet = messageOf(1, packetBytes)
  packet[FLOW_AT] = number
  return packet
}

export function stampNow (packet: Uint8Array): void {
  stampMessage(packet, packet.length, nowNs())
}

/** What has come of a flow. */
export interface Arrived {
  packets: number
  bytes: number
  delayP50Ms: number
  delayP99Ms: number
  delayMaxMs: number
}

/** Delays in tenths of a millisecond, up to two seconds. */
const RANGES_PER_MS = 10
const RANGES = 20_000

export class FlowMeter {
  readonly #delays = new Uint32Array(RANGES)
  #packets = 0
  #bytes = 0

  add (buffer: Uint8Array, at: number, length: number): void {
    const delayMs = (nowNs() - stampAt(buffer, at)) / 1e6
    this.#delays[Math.min(RANGES - 1, Math.max(0, Math.floor(delayMs * RANGES_PER_MS)))]++
    this.#packets++
    this.#bytes += length
  }

  get arrived (): Arrived {
    return { packets: this.#packets, bytes: this.#bytes, delayP50Ms: this.#delay(0.5), delayP99Ms: this.#delay(0.99), delayMaxMs: this.#delay(1) }
  }

  #delay (share: number): number {
    let left = Math.max(1, Math.ceil(this.#packets * share))
    const range = this.#delays.findIndex((packets) => (left -= packets) <= 0)
    return (range + 1) / RANGES_PER_MS
  }
}

export function flowAt (buffer: Uint8Array, at: number): number {
  return buffer[at] === BENCH_PAYLOAD ? buffer[at + FLOW_AT] : 0
}
