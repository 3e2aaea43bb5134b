import assert from 'node:assert/strict'
import { detectionMs, intervalUnderDataMs } from '../../src/host/detection-time.ts'
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
      if (this.route.watch.check(this.nowMs)) {
        this.diedAtMs = this.nowMs
      }
      if (this.route.watch.probeDueMs(intervalMs) <= this.nowMs) {
        this.route.watch.sent(++this.sent, this.nowMs)
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
  for (const rttMs of [10, 60, 100, 300]) {
    it(`of ${rttMs} ms that stops answering is dead within ${detectionMs(rttMs)} ms, echoes being sent as they are under data`, () => {
      const intervalMs = intervalUnderDataMs(rttMs, 0)
      for (let momentMs = 0; momentMs < 300; momentMs += TICK_MS) {
        const echoes = new Echoes().run(5_000 + momentMs, () => rttMs, intervalMs)
        const brokenAtMs = echoes.nowMs
        echoes.run(3_000, LOST, intervalMs)
        const tookMs = (echoes.diedAtMs ?? Infinity) - brokenAtMs
        // three stages, each up to a tick late
        assert.ok(tookMs > rttMs / 2 && tookMs <= detectionMs(rttMs) + TICK_MS, `${tookMs} ms`)
      }
    })

    it(`of ${rttMs} ms is not declared dead before four echoes in a row were lost`, () => {
      const lost = lostBeforeDeath(rttMs)
      assert.ok(lost >= 4 && lost <= 5, `${lost} echoes`)
    })
  }

  it('of which many echoes are lost needs more in a row', () => {
    const echoes = new Echoes().run(120_000, (number) => number % 5 === 0 ? undefined : 40)
    const sentBefore = echoes.sent
    echoes.diedAtMs = undefined
    while (echoes.diedAtMs === undefined) {
      echoes.run(TICK_MS, LOST)
    }
    assert.ok(echoes.sent - sentBefore >= 7, `${echoes.sent - sentBefore} echoes`)
  })

  it('that is suspect is asked at once, several times, and is cleared by the first answer to that', () => {
    const echoes = new Echoes().run(5_000, () => 40, 1_000)
    const before = echoes.sent
    echoes.route.watch.suspect(echoes.nowMs)
    echoes.run(2 * TICK_MS, () => 40, 1_000)
    assert.equal(echoes.route.isSuspect, true)
    assert.ok(echoes.sent > before)
    echoes.run(100, () => 40, 1_000)
    assert.equal(echoes.route.isSuspect, false)
    assert.ok(echoes.sent - before <= 4)
  })

  it('that is suspect and answers nothing is dead in less than two round trips', () => {
    const echoes = new Echoes().run(5_000, () => 100, 1_000)
    echoes.route.watch.suspect(echoes.nowMs)
    const suspectedMs = echoes.nowMs
    echoes.run(1_000, LOST, 1_000)
    assert.ok((echoes.diedAtMs ?? Infinity) - suspectedMs <= 100 + 25 + 3 * 25 + 3 * TICK_MS, `${(echoes.diedAtMs ?? Infinity) - suspectedMs}`)
  })

  it('on which expected data stays away is asked at once, and only then', () => {
    const echoes = new Echoes().run(5_000, () => 40, 1_000)
    const before = echoes.sent
    for (let packet = 0; packet < 60; packet++) {
      echoes.route.watch.heard(echoes.nowMs)
      echoes.run(TICK_MS, () => 40, 1_000)
    }
    assert.ok(echoes.sent - before <= 1, `${echoes.sent - before} echoes while data came`)
    const silentMs = echoes.nowMs
    const sent = echoes.sent
    while (echoes.sent === sent) {
      echoes.run(TICK_MS, () => 40, 1_000)
    }
    assert.ok(echoes.nowMs - silentMs <= 100, `${echoes.nowMs - silentMs} ms`)
  })

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
    echoes.run(30, LOST, 1_000)
    assert.equal(echoes.sent - before, 1)
    echoes.run(120, LOST, 1_000)
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

  it('lives as long as what a stream sends over it is acknowledged, however long echoes wait in the queue that it has made', () => {
    const echoes = new Echoes().run(5_000, () => 10)
    for (let ms = 0; ms < 3_000; ms += TICK_MS) {
      echoes.route.watch.delivered(echoes.nowMs - 60, echoes.nowMs)
      echoes.run(TICK_MS, LOST)
    }
    assert.equal(echoes.diedAtMs, undefined)
    const brokenAtMs = echoes.nowMs
    for (let ms = 0; ms < 3_000; ms += TICK_MS) {
      // what was sent before comes to nobody any more
      echoes.run(TICK_MS, LOST)
    }
    assert.ok((echoes.diedAtMs ?? Infinity) - brokenAtMs <= detectionMs(10) + TICK_MS)
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
    route.watch.sent(1, 0)
    route.died(10)
    assert.equal(route.echoReceived(1, 20), 20)
    assert.equal(route.alive, false)
    route.watch.sent(2, 30)
    route.echoReceived(2, 50)
    assert.equal(route.alive, true)
  })

  it('takes no answer twice, and none that nobody waits for', () => {
    const route = new Route({ id: 'a', way: WAY, label: 'a' })
    route.watch.sent(1, 0)
    assert.equal(route.echoReceived(2, 10), undefined)
    assert.equal(route.echoReceived(1, 10), 10)
    assert.equal(route.echoReceived(1, 11), undefined)
    assert.equal(route.samples, 1)
  })

  it('waits for at most 64 echoes at once', () => {
    const route = new Route({ id: 'a', way: WAY, label: 'a' })
    for (let number = 1; number <= 64; number++) {
      assert.ok(route.watch.probeDueMs(1) <= number)
      route.watch.sent(number, number)
    }
    assert.equal(route.watch.probeDueMs(1), Infinity)
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
