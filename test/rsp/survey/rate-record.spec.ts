import assert from 'node:assert/strict'
import { RateRecord } from '../../../src/rsp/survey/rate-record.ts'

const MINUTE_MS = 60_000

describe('record of a link\'s rate', () => {
  it('regression: ends half an hour after something was found, though it was looked at since in vain', () => {
    const record = new RateRecord()
    record.add({ bytesPerSecond: 1e6, isFloor: false }, 0)
    for (let minute = 2; minute <= 30; minute += 2) {
      record.add(undefined, minute * MINUTE_MS)
    }
    assert.deepEqual(record.found(30 * MINUTE_MS), { bytesPerSecond: 1e6, isFloor: false })
    record.lookedAtMs = 31 * MINUTE_MS
    assert.equal(record.found(31 * MINUTE_MS), undefined)
  })
})
