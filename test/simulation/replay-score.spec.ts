import assert from 'node:assert/strict'
import { ChosenPaths, anyRelaysGainMs, oneRelayGainMs, scorePaths } from '../../src/simulation/replay-score.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'
import type { ReplaySlice } from '../../src/simulation/replay.ts'

/** 0 to 3 directly 100 ms; over 1 70, over 1 and 2 30, over 2 60. All other detours are longer. */
const slice: ReplaySlice = {
  size: 4,
  rttMs: Float64Array.of(
    0, 10, 50, 100,
    10, 0, 10, 60,
    50, 10, 0, 10,
    100, 60, 10, 0
  )
}

function pathsOf (paths: Record<string, number[]>): ChosenPaths {
  return new ChosenPaths(4, (source, destination) => paths[`${source}-${destination}`])
}

describe('the score of chosen paths', () => {
  it('sums what is saved by the paths that are better, and what is lost by those that are worse only for a host that cannot go back', () => {
    const score = scorePaths(pathsOf({ '0-3': [1, 2], '3-0': [1], '1-2': [0] }), slice, 1)
    // saved: 100 - 32 and 100 - 71; lost: 61 - 10
    assert.deepEqual(score, { gainMs: 97, netGainMs: 46, improvedShare: 2 / 12, worseShare: 1 / 12 })
  })

  it('counts a pair that is sent by default as neither better nor worse', () => {
    assert.deepEqual(scorePaths(pathsOf({}), slice, 1), { gainMs: 0, netGainMs: 0, improvedShare: 0, worseShare: 0 })
  })

  it('gives each pair the relays that were chosen for it, in their order', () => {
    const paths = pathsOf({ '0-3': [1, 2], '3-0': [2], '2-1': [] })
    assert.deepEqual([...paths.relays(0, 3)], [1, 2])
    assert.deepEqual([...paths.relays(3, 0)], [2])
    assert.deepEqual([...paths.relays(2, 1)], [])
    assert.equal(paths.costMs(0, 3, slice, 5), 40)
  })

  it('knows the best that one relay gives, and the best that any number gives', () => {
    // both directions of: 0-3 over 2 saves 39, over both 68; 0-2 over 1 saves 29; 1-3 over 2 saves 39
    assert.equal(oneRelayGainMs(slice, 1), 2 * (39 + 29 + 39))
    assert.equal(anyRelaysGainMs(slice, 1), 2 * (68 + 29 + 39))
  })

  it('finds nothing to gain where each relay costs more than it saves', () => {
    assert.equal(oneRelayGainMs(slice, 100), 0)
    assert.equal(anyRelaysGainMs(slice, 100), 0)
  })

  it('lets nobody gain more than the best, and the best one relay is what trying all of them finds', () => {
    const next = seededUint32(3)
    const size = 12
    const rttMs = Float64Array.from({ length: size * size }, (_, pair) => pair % (size + 1) === 0 ? 0 : 1 + next() % 100)
    const drawn: ReplaySlice = { size, rttMs }
    const best = new ChosenPaths(size, (source, destination) => {
      const via = (relay: number): number => rttMs[source * size + relay] + rttMs[relay * size + destination]
      return [Array.from({ length: size }, (_, relay) => relay).filter((relay) => relay !== source && relay !== destination).sort((a, b) => via(a) - via(b))[0]]
    })
    assert.equal(scorePaths(best, drawn, 1).gainMs, oneRelayGainMs(drawn, 1))
    assert.ok(anyRelaysGainMs(drawn, 1) > oneRelayGainMs(drawn, 1))
  })
})
