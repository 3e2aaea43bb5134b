import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CREDIT_STEP_BYTES } from '../../protocols/forward/constants.ts'
import { CreditWindow, FIRST_WINDOW_BYTES, MAX_WINDOW_BYTES, MIN_WINDOW_BYTES } from '../../src/link/credit-window.ts'

interface LinkModel {
  bytesPerMs: number
  rttMs: number
  fromMs?: number
  untilMs: number
}

/**
 * Sends as much as it may over a link of this rate and round trip; the receiver credits each 16 KiB. Returns how long the last quarter of
 * what was sent waited on its way, at most, and how much of the link's rate it had.
 */
function run (window: CreditWindow, { bytesPerMs, rttMs, fromMs = 0, untilMs }: LinkModel): { waitMs: number, share: number } {
  const BATCH = 16_384
  const credits: Array<{ atMs: number, consumed: number }> = []
  const lastMs = untilMs - (untilMs - fromMs) / 4
  let sent = window.sentBytes
  let freeAtMs = fromMs
  let waitMs = 0
  let lastBytes = 0
  for (let nowMs = fromMs; nowMs < untilMs; nowMs += 0.25) {
    while (credits.length > 0 && credits[0].atMs <= nowMs) {
      window.credited((credits.shift() as { consumed: number }).consumed, nowMs)
    }
    while (window.roomBytes >= BATCH) {
      window.sent(BATCH, nowMs)
      sent += BATCH
      freeAtMs = Math.max(freeAtMs, nowMs) + BATCH / bytesPerMs
      credits.push({ atMs: freeAtMs + rttMs, consumed: sent })
      if (nowMs >= lastMs) {
        waitMs = Math.max(waitMs, freeAtMs - nowMs)
        lastBytes += BATCH
      }
    }
  }
  window.credited(sent, freeAtMs + rttMs)
  return { waitMs, share: lastBytes / (untilMs - lastMs) / bytesPerMs }
}

describe('credit window', () => {
  it('lets its first window out before anything is known', () => {
    const window = new CreditWindow()
    assert.equal(window.roomBytes, FIRST_WINDOW_BYTES)
    window.sent(FIRST_WINDOW_BYTES, 0)
    assert.equal(window.roomBytes, 0)
  })

  it('lets a whole batch out when nothing is in flight, however small the window', () => {
    const window = new CreditWindow()
    run(window, { bytesPerMs: 700, rttMs: 1, untilMs: 5_000 })
    assert.ok(window.windowBytes < 65_000, `${window.windowBytes}`)
    assert.equal(window.inFlightBytes, 0)
    assert.equal(window.roomBytes, 65_000)
  })

  it('opens by what is credited', () => {
    const window = new CreditWindow()
    window.sent(FIRST_WINDOW_BYTES, 0)
    assert.ok(window.credited(100, 5))
    assert.equal(window.inFlightBytes, FIRST_WINDOW_BYTES - 100)
    assert.equal(window.roomBytes, 100)
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
    { title: 'of 10 Mbit/s and 20 ms', bytesPerMs: 1_250, rttMs: 20, mostWaitMs: 50, leastShare: 0.95 },
    { title: 'of 20 Mbit/s and 1 ms', bytesPerMs: 2_500, rttMs: 1, mostWaitMs: 30, leastShare: 0.95 },
    { title: 'of 32 Mbit/s and 60 ms', bytesPerMs: 4_000, rttMs: 60, mostWaitMs: 40, leastShare: 0.95 },
    { title: 'of 80 Mbit/s and 100 ms', bytesPerMs: 10_000, rttMs: 100, mostWaitMs: 45, leastShare: 0.85 },
    { title: 'of 1 Gbit/s and 0.2 ms', bytesPerMs: 125_000, rttMs: 0.2, mostWaitMs: 10, leastShare: 0.95 }
  ]
  for (const { title, bytesPerMs, rttMs, mostWaitMs, leastShare } of links) {
    it(`fills a link ${title}, and lets nothing wait on it for more than ${mostWaitMs} ms`, () => {
      const { waitMs, share } = run(new CreditWindow(), { bytesPerMs, rttMs, untilMs: 20_000 })
      assert.ok(waitMs <= mostWaitMs, `${waitMs} ms`)
      assert.ok(share >= leastShare, `${share} of the rate`)
    })
  }

  it('regression: takes little traffic for no queue, and is at full speed when more comes', () => {
    const window = new CreditWindow()
    const RTT_MS = 20
    run(window, { bytesPerMs: 10_000, rttMs: RTT_MS, untilMs: 2_000 })
    const before = window.windowBytes
    let consumed = window.sentBytes
    const credits: Array<{ atMs: number, consumed: number }> = []
    // 50 KB a second; a credit for each 16,384
    for (let nowMs = 2_000; nowMs < 12_000; nowMs += 20) {
      while (credits.length > 0 && credits[0].atMs <= nowMs) {
        window.credited((credits.shift() as { consumed: number }).consumed, nowMs)
      }
      window.sent(1_000, nowMs)
      if (window.sentBytes - consumed >= 16_384) {
        consumed = window.sentBytes
        credits.push({ atMs: nowMs + RTT_MS, consumed })
      }
    }
    assert.ok(window.windowBytes >= Math.min(before, FIRST_WINDOW_BYTES), `${window.windowBytes} after ${before}`)
  })

  it('regression: keeps what fills a far link while busy processes make everything late for a second', () => {
    const window = new CreditWindow()
    const [bytesPerMs, rttMs] = [6_250, 100]
    run(window, { bytesPerMs, rttMs, untilMs: 5_000 })
    run(window, { bytesPerMs, rttMs: rttMs + 40, fromMs: 5_000, untilMs: 6_000 })
    assert.ok(window.windowBytes >= 0.8 * bytesPerMs * rttMs, `${window.windowBytes}`)
  })

  it('regression: takes a burst after a pause for no standing queue, however long the pause', () => {
    const window = new CreditWindow()
    const [bytesPerMs, rttMs] = [2_000, 35]
    // what takes its time on the link itself waits for nobody
    for (let nowMs = 0; nowMs < 60_000; nowMs += 1_000) {
      for (const [atMs, bytes] of [[nowMs, CREDIT_STEP_BYTES], [nowMs + 500, 65_000]]) {
        window.sent(bytes, atMs)
        window.credited(window.sentBytes, atMs + rttMs + bytes / bytesPerMs)
      }
    }
    assert.ok(window.windowBytes >= FIRST_WINDOW_BYTES, `${window.windowBytes}`)
  })

  it('gives a long fat link the largest window and no more', () => {
    const window = new CreditWindow()
    run(window, { bytesPerMs: 50_000, rttMs: 200, untilMs: 5_000 })
    assert.equal(window.windowBytes, MAX_WINDOW_BYTES)
  })

  it('is at home within seconds where the link has become a longer one', () => {
    const window = new CreditWindow()
    run(window, { bytesPerMs: 4_000, rttMs: 20, untilMs: 5_000 })
    const { share } = run(window, { bytesPerMs: 4_000, rttMs: 80, fromMs: 5_000, untilMs: 17_000 })
    assert.ok(share >= 0.9, `${share} of the rate`)
  })

  it('regression: does not take the time until there is enough for a credit for a queue on the link', () => {
    const window = new CreditWindow()
    const credits: Array<{ atMs: number, consumed: number }> = []
    // at first 1 MB/s over 100 ms, then 100 KB/s: what is sent waits for up to 160 ms until there is a step of credit
    for (let nowMs = 0, consumed = 0; nowMs < 20_000; nowMs += nowMs < 2_000 ? 1 : 10) {
      while (credits.length > 0 && credits[0].atMs <= nowMs) {
        window.credited((credits.shift() as { consumed: number }).consumed, nowMs)
      }
      window.sent(1_000, nowMs)
      if (window.sentBytes - consumed >= CREDIT_STEP_BYTES) {
        consumed = window.sentBytes
        credits.push({ atMs: nowMs + 100, consumed })
      }
    }
    assert.equal(window.windowBytes, FIRST_WINDOW_BYTES)
  })

  it('stays within its bounds whatever the neighbour credits, and when', () => {
    const step = fc.record({ send: fc.nat(65_000), credit: fc.nat(2_000_000), waitMs: fc.nat(50) })
    fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const window = new CreditWindow()
      let nowMs = 0
      for (const { send, credit, waitMs } of steps) {
        window.sent(Math.min(send, window.roomBytes), nowMs)
        nowMs += waitMs
        window.credited(credit, nowMs)
        assert.ok(window.windowBytes >= MIN_WINDOW_BYTES && window.windowBytes <= MAX_WINDOW_BYTES)
        assert.ok(window.inFlightBytes >= 0 && window.inFlightBytes <= MAX_WINDOW_BYTES)
      }
    }))
  })
})
