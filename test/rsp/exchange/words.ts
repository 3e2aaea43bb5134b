// What rivals say in tests, of links that are named by letters.
import { sampleMeasurement } from '../../protocols/exchange/samples.ts'
import type { LinkEstimate } from '../../../src/rsp/link-view.ts'
import type { RivalWords } from '../../../src/rsp/exchange/rival-words.ts'
import type { SharedMeasurement } from '../../../protocols/exchange/measurement.ts'

export const NOW_MS = 1_000_000
const UNKNOWN = { bytesPerSecond: undefined, rateIsFloor: false, loadBytesPerSecond: undefined }

export function said (rttUs: number, change: Partial<SharedMeasurement> = {}): SharedMeasurement {
  return sampleMeasurement({ method: 'SURVEYED', rttUs, rttSpreadUs: 100, jitterUs: 100, lossPpm: 0, lossSpreadPpm: 0, samples: 0, ageMs: 0, ...change })
}

export function own (rttUs: number, change: Partial<LinkEstimate> = {}): LinkEstimate {
  return { rttUs, jitterUs: 100, lossPpm: 0, measuredAtMs: NOW_MS, varianceUs2: 10_000, lossVariancePpm2: undefined, forth: UNKNOWN, back: UNKNOWN, ...change }
}

/** The rival has been right so often before we were. */
export function makeCredible (words: RivalWords, rival: string, times = 8): void {
  words.addRival(rival)
  for (let link = 0; link < times; link++) {
    words.take(rival, `proof${link}`, `proof${link}'`, said(10_000), { measuredAtMs: NOW_MS, isBlind: true })
    words.judge(`proof${link}`, `proof${link}'`, own(10_000))
    words.withdraw(`proof${link}`, `proof${link}'`)
  }
}
