import assert from 'node:assert/strict'
import fc from 'fast-check'
import { CreditWindow } from '../../src/link/credit-window.ts'
import { DeliveryRate } from '../../src/link/delivery-rate.ts'

const CREDIT_BYTES = 16_384
const RTT_MS = 40

/** A link with a credit window, and a sender that offers it so much; the neighbour credits each 16 KiB. */
class Scene {
  readonly rate = new DeliveryRate()
  nowMs = 0
  readonly #window = new CreditWindow()
  readonly #credits: Array<{ atMs: number, consumed: number }> = []
  #sent = 0
  #queuedBytes = 0
  #freeAtMs = 0

  /** @param offered - bytes per ms; Infinity: always more than the link takes */
  run (forMs: number, linkBytesPerMs: number, offered: number): void {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs++) {
      while (this.#credits.length > 0 && this.#credits[0].atMs <= this.nowMs) {
        const before = this.#window.inFlightBytes
        this.#window.credited((this.#credits.shift() as { consumed: number }).consumed, this.nowMs)
        this.rate.delivered(before - this.#window.inFlightBytes, this.nowMs)
        this.#send(linkBytesPerMs)
      }
      this.#queuedBytes = Math.min(1_000_000, this.#queuedBytes + offered)
      this.#send(linkBytesPerMs)
    }
  }

  get said (): [number, boolean] {
    return [this.rate.bytesPerSecond(this.nowMs), this.rate.isFloor(this.nowMs)]
  }

  #send (linkBytesPerMs: number): void {
    while (this.#queuedBytes >= CREDIT_BYTES && this.#window.roomBytes >= CREDIT_BYTES) {
      this.#queuedBytes -= CREDIT_BYTES
      this.#window.sent(CREDIT_BYTES, this.nowMs)
      this.#sent += CREDIT_BYTES
      this.#freeAtMs = Math.max(this.#freeAtMs, this.nowMs) + CREDIT_BYTES / linkBytesPerMs
      this.#credits.push({ atMs: this.#freeAtMs + RTT_MS, consumed: this.#sent })
    }
    this.rate.setBusy(this.#queuedBytes >= CREDIT_BYTES || this.#window.roomBytes < CREDIT_BYTES, this.nowMs)
  }
}

describe('delivery rate of a link', () => {
  let scene: Scene

  beforeEach(() => {
    scene = new Scene()
  })

  const near = (actual: number, expected: number, share = 0.05): void => {
    assert.ok(Math.abs(actual / expected - 1) < share, `${actual} for ${expected}`)
  }

  it('is not known before there was traffic', () => {
    assert.deepEqual(scene.said, [0, false])
  })

  for (const bytesPerMs of [20, 500, 5_000]) {
    it(`is what a full link of ${bytesPerMs} KB/s delivers, and no floor`, () => {
      scene.run(5_000, bytesPerMs, Infinity)
      const [bytesPerSecond, isFloor] = scene.said
      near(bytesPerSecond, bytesPerMs * 1_000)
      assert.equal(isFloor, false)
    })
  }

  it('is a floor while the sender never had more than the link took', () => {
    scene.run(10_000, 5_000, 400)
    const [bytesPerSecond, isFloor] = scene.said
    near(bytesPerSecond, 400_000, 0.1)
    assert.equal(isFloor, true)
  })

  for (const [title, idleMs, isFloor] of [['is no floor where the sender was late for a moment', 40, false], ['is a floor where the link was idle for more than a moment', 60, true]] as const) {
    it(title, () => {
      scene.rate.setBusy(true, 0)
      for (let nowMs = 0; nowMs <= 1_000; nowMs += 10) {
        scene.rate.setBusy(nowMs <= 500 || nowMs > 500 + idleMs, nowMs)
        scene.rate.delivered(CREDIT_BYTES, nowMs)
      }
      assert.deepEqual([scene.rate.bytesPerSecond(1_000), scene.rate.isFloor(1_000)], [100 * CREDIT_BYTES, isFloor])
    })
  }

  it('stays what the full link gave when there is less to send afterwards', () => {
    scene.run(5_000, 1_000, Infinity)
    scene.run(60_000, 1_000, 100)
    const [bytesPerSecond, isFloor] = scene.said
    near(bytesPerSecond, 1_000_000)
    assert.equal(isFloor, false)
  })

  it('follows a link that got slower within about two minutes of full load, and one that got faster at once', () => {
    scene.run(5_000, 2_000, Infinity)
    scene.run(150_000, 500, Infinity)
    near(scene.said[0], 500_000)
    scene.run(3_000, 2_000, Infinity)
    near(scene.said[0], 2_000_000)
    assert.equal(scene.said[1], false)
  })

  it('rises to a floor that is higher than what full intervals gave', () => {
    scene.run(5_000, 500, Infinity)
    scene.run(5_000, 50_000, 0)
    scene.run(5_000, 50_000, 2_000)
    const [bytesPerSecond, isFloor] = scene.said
    near(bytesPerSecond, 2_000_000, 0.1)
    assert.equal(isFloor, true)
  })

  it('is forgotten ten minutes after the last traffic', () => {
    scene.run(5_000, 500, Infinity)
    scene.run(500_000, 500, 0)
    near(scene.said[0], 500_000)
    scene.run(120_000, 500, 0)
    assert.deepEqual(scene.said, [0, false])
  })

  it('does not take a short burst for the rate of the link', () => {
    scene.rate.delivered(CREDIT_BYTES, 0)
    scene.rate.delivered(500_000, 10)
    scene.rate.delivered(CREDIT_BYTES, 5_000)
    assert.deepEqual([scene.rate.bytesPerSecond(5_000), scene.rate.isFloor(5_000)], [500_000, true])
  })

  it('is never above what was delivered in any second, whatever is delivered when', () => {
    const step = fc.record({ bytes: fc.nat(100_000), waitMs: fc.nat(2_500), isBusy: fc.boolean() })
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const rate = new DeliveryRate()
      const deliveries: Array<{ atMs: number, bytes: number }> = []
      let nowMs = 0
      for (const { bytes, waitMs, isBusy } of steps) {
        nowMs += waitMs
        rate.delivered(bytes, nowMs)
        rate.setBusy(isBusy, nowMs)
        deliveries.push({ atMs: nowMs, bytes })
      }
      // an interval of at least a second holds at most the bytes of so many whole seconds
      const mostInASecond = Math.max(0, ...deliveries.map(({ atMs }) =>
        deliveries.filter((other) => other.atMs >= atMs && other.atMs <= atMs + 1_000).reduce((sum, { bytes }) => sum + bytes, 0)))
      assert.ok(rate.bytesPerSecond(nowMs) <= 2 * mostInASecond)
    }))
  })
})
