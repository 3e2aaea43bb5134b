// What a survey costs, as its probes are sent: in all, and in the last minute. A survey must not be dearer than what it finds is worth, and whoever runs
// an RSP or a forwarder wants to see that.
import { PROBE_BYTES } from '../../../protocols/forward/probe.ts'
import { ROUTE_ENTRY_BYTES, SOURCE_ROUTE_FIXED_BYTES } from '../../../protocols/forward/constants.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'
import type { ProbeOptions, Prober, ProbeResult } from '../../measurement/prober.ts'

export interface SurveyCostStatus {
  /** Packets and bytes that this RSP has sent, since it started. As much comes back. */
  packets: number
  bytes: number
  bursts: number
  /** In the last minute. */
  packetsPerSecond: number
  bytesPerSecond: number
  /** In the last minute, in each direction of a link between forwarders, the mean of all that are surveyed. */
  packetsPerLinkMinute: number
  bytesPerLinkMinute: number
}

const SLOT_MS = 5_000
const SLOTS = 12

interface Slot {
  packets: number
  bytes: number
  overLinkPackets: number
  overLinkBytes: number
}

export class SurveyCost {
  readonly #prober: Pick<Prober, 'probe'>
  readonly #now: () => number
  /** By the number of the slot. */
  readonly #slots = new Map<number, Slot>()
  readonly #sinceMs: number
  #packets = 0
  #bytes = 0
  bursts = 0

  constructor (prober: Pick<Prober, 'probe'>, now: () => number) {
    this.#prober = prober
    this.#now = now
    this.#sinceMs = now()
  }

  /** As the prober does, and counts it. */
  readonly probe = (nodes: readonly NodeId[], onResult: (result: ProbeResult) => void, options: ProbeOptions = {}): boolean => {
    const isSent = this.#prober.probe(nodes, onResult, options)
    if (isSent) {
      this.#count(nodes.length > 1, packetBytes(nodes.length, options.payloadBytes))
    }
    return isSent
  }

  /** @param links - that are surveyed */
  status (links: number): SurveyCostStatus {
    const nowMs = this.#now()
    this.#forget(nowMs)
    const sum = { packets: 0, bytes: 0, overLinkPackets: 0, overLinkBytes: 0 }
    for (const slot of this.#slots.values()) {
      sum.packets += slot.packets
      sum.bytes += slot.bytes
      sum.overLinkPackets += slot.overLinkPackets
      sum.overLinkBytes += slot.overLinkBytes
    }
    const seconds = Math.max(1, Math.min(SLOT_MS * SLOTS, nowMs - this.#sinceMs) / 1_000)
    const perLinkMinute = links === 0 ? 0 : 60 / seconds / links
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      bursts: this.bursts,
      packetsPerSecond: tenth(sum.packets / seconds),
      bytesPerSecond: Math.round(sum.bytes / seconds),
      packetsPerLinkMinute: tenth(sum.overLinkPackets * perLinkMinute),
      bytesPerLinkMinute: Math.round(sum.overLinkBytes * perLinkMinute)
    }
  }

  #count (isOverLink: boolean, bytes: number): void {
    const nowMs = this.#now()
    const number = Math.floor(nowMs / SLOT_MS)
    let slot = this.#slots.get(number)
    if (slot === undefined) {
      this.#forget(nowMs)
      slot = { packets: 0, bytes: 0, overLinkPackets: 0, overLinkBytes: 0 }
      this.#slots.set(number, slot)
    }
    this.#packets++
    this.#bytes += bytes
    slot.packets++
    slot.bytes += bytes
    if (isOverLink) {
      slot.overLinkPackets++
      slot.overLinkBytes += bytes
    }
  }

  #forget (nowMs: number): void {
    for (const number of this.#slots.keys()) {
      if (number <= Math.floor(nowMs / SLOT_MS) - SLOTS) {
        this.#slots.delete(number)
      }
    }
  }
}

/** Of a probe over so many nodes besides ourselves. */
export function packetBytes (nodes: number, payloadBytes = PROBE_BYTES): number {
  return SOURCE_ROUTE_FIXED_BYTES + ROUTE_ENTRY_BYTES * (nodes + 1) + payloadBytes
}

function tenth (value: number): number {
  return Math.round(10 * value) / 10
}
