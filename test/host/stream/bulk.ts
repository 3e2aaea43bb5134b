// As many bytes as a connection takes, from one end to the other.
import type { VirtualPair } from './virtual-pair.ts'

const CHUNK = new Uint8Array(65_536)

export interface Bulk {
  receivedBytes: number
  /** When bytes were handed out last. */
  lastMs: number
}

export function startBulk (pair: VirtualPair): Bulk {
  const bulk: Bulk = { receivedBytes: 0, lastMs: 0 }
  pair.b.onStream = (stream) => {
    stream.events.onData = (data) => {
      bulk.receivedBytes += data.length
      bulk.lastMs = pair.world.nowMs
    }
  }
  const stream = pair.a.connection.open()
  const fill = (): void => { while (stream.write(CHUNK)) { /* until it says wait */ } }
  stream.events.onDrain = fill
  fill()
  pair.a.pump()
  return bulk
}

/** Bytes per second that arrive in the next so many. */
export function rateOver (pair: VirtualPair, bulk: Bulk, seconds: number): number {
  const before = bulk.receivedBytes
  pair.world.runFor(1_000 * seconds)
  return (bulk.receivedBytes - before) / seconds
}

export function quantile (values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
