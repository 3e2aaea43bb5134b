// Two RSPs and their forwarders, with fixed keys. Same bytes in every run.
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { keyOf, NOW_MS, peersFrom } from '../report/samples.ts'
import type { BatchInit } from '../../../protocols/exchange/sealed-batch.ts'
import type { SharedMeasurement } from '../../../protocols/exchange/measurement.ts'

export { keyOf, NOW_MS, peersFrom }

export const RSP_KEY = await keyOf(40)
export const RSP = peerIdFromPrivateKey(RSP_KEY)
export const [READER, STRANGER] = await peersFrom(41, 2)
export const [ONE, TWO, THREE] = await peersFrom(44, 3)

export function sampleMeasurement (change: Partial<SharedMeasurement> = {}): SharedMeasurement {
  return {
    a: ONE, b: TWO, method: 'REPORTED_BY_BOTH', down: false, rttUs: 12_345, rttSpreadUs: 678, jitterUs: 90, lossPpm: 1_000, lossSpreadPpm: 500, samples: 42, ageMs: 1_500, ...change
  }
}

export const DOWN: Partial<SharedMeasurement> = { down: true, rttUs: 0, rttSpreadUs: 0, jitterUs: 0, lossPpm: 0, lossSpreadPpm: 0, samples: 0 }

export function sampleBatch (change: Partial<BatchInit> = {}): BatchInit {
  return {
    subscriber: READER,
    sequence: 7n,
    issuedAtMs: NOW_MS,
    measurements: [
      sampleMeasurement({ forth: { bytesPerSecond: 7_654_321, spreadBytesPerSecond: 54_321, isFloor: true }, back: { bytesPerSecond: 4_000_000, spreadBytesPerSecond: 0, isFloor: false } }),
      sampleMeasurement({ a: THREE, b: ONE, method: 'SURVEYED', ageMs: 20 }),
      sampleMeasurement({ a: TWO, b: THREE, method: 'REPORTED_BY_A', ...DOWN })
    ],
    ...change
  }
}
