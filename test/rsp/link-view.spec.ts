import assert from 'node:assert/strict'
import { KeptView } from '../../src/rsp/link-view.ts'
import type { LinkView } from '../../src/rsp/link-view.ts'

const RTT_US = 20_000
const view = (measuredAtMs: number, change: Partial<LinkView> = {}): LinkView => ({ rttUs: RTT_US, jitterUs: 0, lossPpm: 0, measuredAtMs, ...change })

describe('kept view', () => {
  let kept: KeptView

  beforeEach(() => {
    kept = new KeptView('a', 'b')
    kept.update(view(1_000))
  })

  it('takes what is newer at all for another measurement, where its time is exact', () => {
    const { movementUs2 } = kept
    kept.update(view(1_000))
    assert.deepEqual([kept.reports, kept.movementUs2], [1, movementUs2])
    kept.update(view(1_001))
    assert.deepEqual([kept.reports, kept.movementUs2], [2, movementUs2 / 2])
  })

  it('regression: takes no repeat for another measurement where its time may be off, however many there are, and dates it by the earliest', () => {
    const { movementUs2 } = kept
    for (const measuredAtMs of [1_100, 1_000, 990, 1_090]) {
      kept.update(view(measuredAtMs, { measuredAtErrorMs: 100, lossPpm: measuredAtMs }))
    }
    assert.deepEqual([kept.reports, kept.movementUs2, kept.measuredAtMs, kept.lossPpm], [1, movementUs2, 990, 1_090])
    kept.update(view(1_091, { measuredAtErrorMs: 100 }))
    assert.deepEqual([kept.reports, kept.movementUs2, kept.measuredAtMs], [2, movementUs2 / 2, 1_091])
  })
})
