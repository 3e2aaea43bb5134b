import assert from 'node:assert/strict'
import { AccessDescription } from '../../src/host/access-description.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { AccessPoint } from '../../src/host/access-set.ts'

const [A, B] = await Promise.all([1, 2].map(peerOf))
const at = (rttUs: number, forwarder = A, attached = true): AccessPoint => ({ forwarder, rttUs, attached })

describe('access description', () => {
  const CASES: Array<{ title: string, before: AccessPoint[], now: AccessPoint[], change: string }> = [
    { title: 'the first access point', before: [], now: [at(10_000)], change: 'others' },
    { title: 'another one', before: [at(10_000)], now: [at(10_000), at(20_000, B)], change: 'others' },
    { title: 'one less', before: [at(10_000), at(20_000, B)], now: [at(20_000, B)], change: 'others' },
    { title: 'one in the place of another', before: [at(10_000)], now: [at(10_000, B)], change: 'others' },
    { title: 'one that is attached no more', before: [at(10_000)], now: [at(10_000, A, false)], change: 'others' },
    { title: 'one that has moved by more than an eighth', before: [at(80_000)], now: [at(90_001)], change: 'moved' },
    { title: 'one that has moved by an eighth', before: [at(80_000)], now: [at(70_000)], change: 'none' },
    { title: 'one that has moved by less than a millisecond', before: [at(300)], now: [at(1_300)], change: 'none' },
    { title: 'another order', before: [at(1_000), at(1_200, B)], now: [at(1_100, B), at(1_150)], change: 'none' }
  ]
  for (const { title, before, now, change } of CASES) {
    it(`calls ${title} ${change === 'none' ? 'no change' : `'${change}'`}`, () => {
      const description = new AccessDescription()
      description.update(before)
      assert.equal(description.update(now), change)
      assert.equal(description.update(now), 'none')
    })
  }

  it('sees a slow drift, since it compares with what was described and not with what was seen last', () => {
    const description = new AccessDescription()
    description.update([at(80_000)])
    assert.deepEqual([84_000, 88_000, 92_000, 96_000].map((rttUs) => description.update([at(rttUs)])), ['none', 'none', 'moved', 'none'])
  })
})
