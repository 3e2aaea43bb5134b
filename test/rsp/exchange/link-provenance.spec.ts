import assert from 'node:assert/strict'
import { PerformanceMap } from '../../../src/rsp/performance-map.ts'
import type { LinkView } from '../../../src/rsp/performance-map.ts'

const NOW_MS = 1_000_000

describe('whose measurement the value of a link is', () => {
  let map: PerformanceMap

  beforeEach(() => {
    map = new PerformanceMap()
    map.addNode('a')
    map.addNode('b')
  })

  const view = (change: Partial<LinkView> = {}): LinkView => ({ rttUs: 20_000, jitterUs: 100, lossPpm: 0, measuredAtMs: NOW_MS, ...change })
  const shares = (): Array<[by: string, share: number]> => map.provenanceOf('a', 'b').map(({ measuredBy: [by], share }) => [by, share])

  it('is the only end\'s that speaks, and both ends\' where they say the same', () => {
    map.set('a', 'b', view())
    assert.deepEqual(shares(), [['a', 1]])
    map.set('b', 'a', view())
    assert.deepEqual(shares(), [['a', 0.5], ['b', 0.5]])
  })

  const RESPECTS: Array<[title: string, ofB: Partial<LinkView>]> = [
    ['loses more', { lossPpm: 20_000 }],
    ['has looked longer ago', { measuredAtMs: NOW_MS - 120_000 }],
    ['jitters more', { jitterUs: 900 }],
    ['has seen less come through', { mostReceivedBytesPerSecond: 50_000 }],
    ['has more to carry', { loadBytesPerSecond: 70_000 }]
  ]
  for (const [title, ofB] of RESPECTS) {
    it(`regression: is also that of the end that ${title}, though the other says the longer round trip`, () => {
      map.set('a', 'b', view({ rttUs: 30_000, jitterUs: 200, lossPpm: 10, measuredAtMs: NOW_MS - 1_000, bytesPerSecond: 90_000, receivedBytesPerSecond: 60_000 }))
      map.set('b', 'a', view(ofB))
      const [[, first], [, second]] = shares()
      assert.ok(first > second && second > 0, `${first} ${second}`)
      assert.ok(Math.abs(first + second - 1) < 1e-9)
    })
  }

  it('is not that of an end of which nothing is shown', () => {
    map.set('a', 'b', view({ rttUs: 30_000, jitterUs: 200, lossPpm: 10, measuredAtMs: NOW_MS - 1_000 }))
    map.set('b', 'a', view())
    assert.deepEqual(shares(), [['a', 1], ['b', 0]])
  })

  it('is nobody\'s before the restart where somebody has spoken since', () => {
    map.remember([{ from: 'a', to: 'b', ...view({ rttUs: 90_000 }), movementUs2: 1, reports: 1 }], NOW_MS)
    assert.deepEqual(shares(), [['a', 1]])
    map.set('b', 'a', view())
    assert.deepEqual(shares(), [['b', 1]])
  })
})
