import assert from 'node:assert/strict'
import { Route } from '../../src/host/route.ts'

const WAY = { header: new Uint8Array(20), neighbour: new Uint8Array(16) }

const TICK_MS = 10
const INTERVAL_MS = 250

/** Echoes over one route in virtual time, the way a channel sends them. `rttMs` undefined: the echo is lost. */
class Echoes {
  readonly route = new Route({ id: 'default', way: WAY, label: 'default' })
  nowMs = 0
  sent = 0
  diedAtMs: number | undefined
  readonly #answers: Array<{ number: number, atMs: number }> = []

  run (forMs: number, rttMs: (number: number) => number | undefined, intervalMs = INTERVAL_MS): this {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += TICK_MS) {
      for (const { number } of this.#answers.filter(({ atMs }) => atMs <= this.nowMs && atMs > this.nowMs - TICK_MS)) {
        this.route.echoReceived(number, this.nowMs)
      }
      if (this.route.check(this.nowMs)) {
        this.diedAtMs = this.nowMs
      }
      if (this.route.isEchoDue(this.nowMs, intervalMs)) {
        this.route.echoSent(++this.sent, this.nowMs)
        const answerMs = rttMs(this.sent)
        if (answerMs !== undefined) {
          this.#answers.push({ number: this.sent, atMs: this.nowMs + answerMs })
        }
      }
    }
    return this
  }
}

const LOST = (): undefined => undefined

describe('route', () => {
  for (const { rttMs, detectionMs } of [{ rttMs: 10, detectionMs: 300 }, { rttMs: 60, detectionMs: 300 }, { rttMs: 100, detectionMs: 400 }, { rttMs: 300, detectionMs: 1_000 }]) {
    it(`of ${rttMs} ms that stops answering is dead within ${detectionMs} ms of the last answer, an echo interval and a tick`, () => {
      const echoes = new Echoes().run(5_000, () => rttMs)
      assert.equal(echoes.route.timeoutMs, detectionMs)
      const brokenAtMs = echoes.nowMs
      echoes.run(3_000, LOST)
      assert.equal(echoes.route.alive, false)
      const tookMs = (echoes.diedAtMs ?? Infinity) - brokenAtMs
      assert.ok(tookMs > detectionMs - INTERVAL_MS && tookMs <= detectionMs + INTERVAL_MS + 2 * TICK_MS, `${tookMs} ms`)
    })

    it(`of ${rttMs} ms is not declared dead before three echoes in a row were lost`, () => {
      assert.ok(lostBeforeDeath(rttMs) >= 3)
    })
  }

  it('survives one lost echo of a hundred', () => {
    const echoes = new Echoes().run(64_000, (number) => number % 100 === 50 ? undefined : 40)
    assert.equal(echoes.diedAtMs, undefined)
    assert.ok(echoes.sent > 200)
    assert.ok(echoes.route.loss > 0 && echoes.route.loss < 0.03)
  })

  it('survives two lost echoes in a row', () => {
    const echoes = new Echoes().run(30_000, (number) => number % 50 < 2 ? undefined : 40)
    assert.equal(echoes.diedAtMs, undefined)
  })

  it('survives answers that overtake each other', () => {
    const echoes = new Echoes().run(30_000, (number) => number % 2 === 0 ? 40 : 140, 60)
    assert.equal(echoes.diedAtMs, undefined)
    assert.equal(echoes.route.loss, 0)
  })

  it('follows an overdue echo at once instead of waiting for the interval', () => {
    const echoes = new Echoes().run(5_000, () => 20, 1_000)
    const before = echoes.sent
    echoes.run(60, LOST, 1_000)
    assert.equal(echoes.sent - before, 1)
    echoes.run(180, LOST, 1_000)
    assert.ok(echoes.sent - before >= 3, `${echoes.sent - before} echoes`)
  })

  it('is asked only every interval while it answers', () => {
    const echoes = new Echoes().run(10_000, () => 20, 1_000)
    assert.equal(echoes.sent, 10)
  })

  it('comes back to life with the first answer', () => {
    const echoes = new Echoes().run(5_000, () => 20).run(2_000, LOST)
    assert.equal(echoes.route.alive, false)
    echoes.run(INTERVAL_MS + 100, () => 20)
    assert.equal(echoes.route.alive, true)
  })

  it('regression: lives on when it becomes so slow that every echo counts as late', () => {
    const echoes = new Echoes().run(5_000, () => 20).run(10_000, () => 900)
    assert.equal(echoes.route.alive, true)
    assert.ok(echoes.route.rttMs > 800, `${echoes.route.rttMs} ms`)
  })

  it('has two seconds to answer for the first time', () => {
    const slow = new Echoes().run(4_000, () => 1_900)
    assert.equal(slow.route.alive, true)
    const silent = new Echoes().run(4_000, LOST)
    assert.equal(silent.route.alive, false)
    assert.ok((silent.diedAtMs as number) <= 2_000 + 2 * TICK_MS)
  })

  it('is dead at once when a forwarder says so, and that is news only once', () => {
    const { route, nowMs } = new Echoes().run(5_000, () => 20)
    assert.equal(route.died(nowMs), true)
    assert.equal(route.died(nowMs + 10), false)
    assert.equal(route.alive, false)
    assert.equal(route.deadSinceMs, nowMs)
  })

  it('is not brought back by answers to echoes that were under way when a forwarder said that it is broken', () => {
    const route = new Route({ id: 'a', way: WAY, label: 'a' })
    route.echoSent(1, 0)
    route.died(10)
    assert.equal(route.echoReceived(1, 20), true)
    assert.equal(route.alive, false)
    route.echoSent(2, 30)
    route.echoReceived(2, 50)
    assert.equal(route.alive, true)
  })

  it('takes no answer twice, and none that nobody waits for', () => {
    const route = new Route({ id: 'a', way: WAY, label: 'a' })
    route.echoSent(1, 0)
    assert.equal(route.echoReceived(2, 10), false)
    assert.equal(route.echoReceived(1, 10), true)
    assert.equal(route.echoReceived(1, 11), false)
    assert.equal(route.samples, 1)
  })

  it('waits for at most 64 echoes at once', () => {
    const route = new Route({ id: 'a', way: WAY, label: 'a' })
    for (let number = 1; number <= 64; number++) {
      assert.equal(route.isEchoDue(number, 1), true)
      route.echoSent(number, number)
    }
    assert.equal(route.isEchoDue(66, 1), false)
  })

  it('counts every answer: a new level of delay does not make it look unmeasured', () => {
    const echoes = new Echoes().run(10_000, () => 20).run(3_000, () => 80)
    assert.ok(echoes.route.samples > 40)
    assert.equal(echoes.route.rttMs, 80)
  })
})

/** Echoes that went unanswered until the route was declared dead. */
function lostBeforeDeath (rttMs: number): number {
  const echoes = new Echoes().run(5_000, () => rttMs)
  const sentBefore = echoes.sent
  while (echoes.diedAtMs === undefined) {
    echoes.run(TICK_MS, LOST)
  }
  return echoes.sent - sentBefore
}
