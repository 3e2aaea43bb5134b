import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CreditWindow, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES } from '../../src/link/credit-window.ts'

/** Sends as much as it may over a link of this rate and round trip until `untilMs`; the receiver credits each 16 KiB. */
function run (window: CreditWindow, bytesPerMs: number, rttMs: number, untilMs: number): void {
  const BATCH = 16_384
  const credits: Array<{ atMs: number, consumed: number }> = []
  let sent = 0
  let freeAtMs = 0
  for (let nowMs = 0; nowMs < untilMs; nowMs++) {
    while (credits.length > 0 && credits[0].atMs <= nowMs) {
      window.credited((credits.shift() as { consumed: number }).consumed, nowMs)
    }
    while (window.allows(BATCH)) {
      window.sent(BATCH, nowMs)
      sent += BATCH
      freeAtMs = Math.max(freeAtMs, nowMs) + BATCH / bytesPerMs
      credits.push({ atMs: freeAtMs + rttMs, consumed: sent })
    }
  }
}

describe('credit window', () => {
  it('lets its smallest window out before anything is known', () => {
    const window = new CreditWindow()
    assert.ok(window.allows(MIN_WINDOW_BYTES))
    window.sent(MIN_WINDOW_BYTES, 0)
    assert.equal(window.allows(1), false)
  })

  it('lets one batch of any size out when nothing is in flight', () => {
    const window = new CreditWindow()
    assert.ok(window.allows(10 * MAX_WINDOW_BYTES))
  })

  it('opens by what is credited', () => {
    const window = new CreditWindow()
    window.sent(MIN_WINDOW_BYTES, 0)
    assert.ok(window.credited(100, 5))
    assert.equal(window.inFlightBytes, MIN_WINDOW_BYTES - 100)
    assert.ok(window.allows(100))
    assert.equal(window.allows(101), false)
  })

  const refused = [
    { title: 'of more than was sent', consumed: 1_001 },
    { title: 'that goes back', consumed: 499 }
  ]
  for (const { title, consumed } of refused) {
    it(`ignores a credit ${title}`, () => {
      const window = new CreditWindow()
      window.sent(1_000, 0)
      assert.ok(window.credited(500, 1))
      assert.equal(window.credited(consumed, 2), false)
      assert.equal(window.inFlightBytes, 500)
    })
  }

  const links = [
    { title: 'a slow link keeps the smallest', bytesPerMs: 100, rttMs: 20, least: MIN_WINDOW_BYTES, most: MIN_WINDOW_BYTES },
    { title: 'a link of 4 MB/s and 60 ms gets about twice its product', bytesPerMs: 4_000, rttMs: 60, least: 300_000, most: 800_000 },
    { title: 'a long fat link gets the largest and no more', bytesPerMs: 50_000, rttMs: 200, least: MAX_WINDOW_BYTES, most: MAX_WINDOW_BYTES }
  ]
  for (const { title, bytesPerMs, rttMs, least, most } of links) {
    it(`follows the link: ${title}`, () => {
      const window = new CreditWindow()
      run(window, bytesPerMs, rttMs, 3_000)
      assert.ok(window.windowBytes >= least && window.windowBytes <= most, `${window.windowBytes} bytes`)
    })
  }

  it('stays within its bounds whatever the neighbour credits, and when', () => {
    const step = fc.record({ send: fc.nat(65_000), credit: fc.nat(2_000_000), waitMs: fc.nat(50) })
    fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const window = new CreditWindow()
      let nowMs = 0
      for (const { send, credit, waitMs } of steps) {
        if (window.allows(send)) {
          window.sent(send, nowMs)
        }
        nowMs += waitMs
        window.credited(credit, nowMs)
        assert.ok(window.windowBytes >= MIN_WINDOW_BYTES && window.windowBytes <= MAX_WINDOW_BYTES)
        assert.ok(window.inFlightBytes >= 0 && window.inFlightBytes <= MAX_WINDOW_BYTES)
      }
    }))
  })
})
