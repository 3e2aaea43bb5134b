import assert from 'node:assert/strict'
import { DatagramSpread } from '../../src/host/datagram-spread.ts'
import { RouteAnnouncer } from '../../src/host/route-announcer.ts'
import type { Spread } from '../../src/host/path-selector.ts'
import type { Way } from '../../src/link/way.ts'

const [A, B, C] = ['a', 'b', 'c'].map((name) => ({ name }) as unknown as Way)
const ENVELOPE = new Uint8Array(1)

/** Sends some datagrams over A, B and C, of which the full ones take none. */
function sent (spread: Spread, datagrams: number, full: Way[] = []): { on: string, taken: boolean[] } {
  let on = ''
  const spreading = new DatagramSpread(spread, (way) => {
    on += full.includes(way) ? '' : (way as unknown as { name: string }).name
    return !full.includes(way)
  })
  const taken = Array.from({ length: datagrams }, () => spreading.send(ENVELOPE, [A, B, C]))
  return { on, taken }
}

describe('datagram spread', () => {
  it('sends copies over all routes, and one that took it is enough', () => {
    assert.deepEqual(sent('copies', 2), { on: 'abcabc', taken: [true, true] })
    assert.deepEqual(sent('copies', 2, [A, B]), { on: 'cc', taken: [true, true] })
    assert.deepEqual(sent('copies', 1, [A, B, C]), { on: '', taken: [false] })
  })

  it('sends stripes in turns, past routes that are full', () => {
    assert.deepEqual(sent('stripes', 4), { on: 'bcab', taken: [true, true, true, true] })
    assert.deepEqual(sent('stripes', 3, [B]).on, 'cca')
    assert.deepEqual(sent('stripes', 1, [A, B, C]), { on: '', taken: [false] })
  })
})

describe('route announcer', () => {
  it('tells of another route at once and twice more soon, and then once a second', () => {
    const told: number[] = []
    let nowMs = 0
    const announcer = new RouteAnnouncer(() => { told.push(nowMs) })
    for (; nowMs < 3_000; nowMs += 50) {
      if (nowMs === 1_500) {
        announcer.changed(nowMs)
      }
      announcer.tick(nowMs)
    }
    assert.deepEqual(told, [0, 1_000, 1_500, 1_550, 1_600, 2_600])
  })
})
