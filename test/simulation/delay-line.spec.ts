import assert from 'node:assert/strict'
import { DelayLine } from '../../src/simulation/delay-line.ts'
import { VirtualTimers } from '../helpers/virtual-timers.ts'

describe('delay line', () => {
  let timers: VirtualTimers
  let line: DelayLine

  beforeEach(() => {
    timers = new VirtualTimers()
    line = new DelayLine(timers)
  })

  it('runs callbacks by due time, and in order of scheduling when due together', () => {
    const ran: string[] = []
    for (const [name, delayMs] of [['c', 9], ['a', 4], ['d', 9], ['b', 7]] as const) {
      line.after(delayMs, () => ran.push(name))
    }
    timers.advance(20)
    assert.deepEqual(ran, ['a', 'b', 'c', 'd'])
  })

  it('runs at the wake-up what is due within half a millisecond, and leaves the rest', () => {
    const ran: number[] = []
    for (const delayMs of [5, 5.4, 5.9]) {
      line.after(delayMs, () => ran.push(delayMs))
    }
    timers.advance(5)
    assert.deepEqual(ran, [5, 5.4])
    timers.advance(1)
    assert.deepEqual(ran, [5, 5.4, 5.9])
  })

  it('keeps the order of a lane when later items have shorter delays', () => {
    const ran: string[] = []
    const lane = line.lane()
    lane.after(10, () => ran.push('first'))
    lane.after(2, () => ran.push('second'))
    line.lane().after(2, () => ran.push('other lane'))
    timers.advance(20)
    assert.deepEqual(ran, ['other lane', 'first', 'second'])
  })

  it('arms its timer anew when something earlier comes', () => {
    const ranAtMs: number[] = []
    line.after(50, () => ranAtMs.push(timers.nowMs))
    line.after(3, () => ranAtMs.push(timers.nowMs))
    timers.advance(60)
    assert.deepEqual(ranAtMs, [3, 50])
  })

  it('has one timer whatever waits, and none when nothing does', () => {
    for (let item = 0; item < 1000; item++) line.after(item % 50 + 1, () => {})
    assert.equal(timers.running, 1)
    assert.equal(line.pending, 1000)
    timers.advance(100)
    assert.equal(timers.running, 0)
    assert.equal(line.pending, 0)
  })

  it('lets a callback that schedules itself without delay wait for the next wake-up', () => {
    let runs = 0
    const again = (): void => { runs++; line.after(0, again) }
    line.after(0, again)
    timers.advance(10)
    assert.ok(runs >= 5 && runs <= 11, `ran ${runs} times in 10 ms`)
  })

  for (const delayMs of [-1, NaN, Infinity]) {
    it(`refuses a delay of ${delayMs} ms`, () => {
      assert.throws(() => { line.after(delayMs, () => {}) }, RangeError)
      assert.throws(() => { line.lane().after(delayMs, () => {}) }, RangeError)
    })
  }

  it('is early by as much as it was late of late, and forgets that in a few seconds without anything to run', () => {
    let timersLateMs = 2
    const late = new DelayLine({ now: timers.now, startTimer: (run, delayMs) => timers.startTimer(run, delayMs + timersLateMs) })
    const tookMs = (): number => {
      const startMs = timers.nowMs
      let endMs = NaN
      late.after(20, () => { endMs = timers.nowMs })
      timers.advance(30)
      return endMs - startMs
    }
    for (let item = 0; item < 600; item++) {
      late.after(item % 5 + 10, () => {})
      timers.advance(1)
    }
    assert.ok(Math.abs(tookMs() - 20) <= 1, `while late: ${tookMs()} ms`)
    timersLateMs = 0
    timers.advance(5000)
    assert.ok(Math.abs(tookMs() - 20) < 0.6, `when punctual again: ${tookMs()} ms`)
  })

  it('refuses more than its bound with an error that has a name', () => {
    assert.throws(() => {
      for (let item = 0; item <= 1_000_000; item++) line.after(1, () => {})
    }, { name: 'DelayLineFullError', pending: 1_000_000 })
  })

  it('keeps time with the real clock and 2,000 items a second', async () => {
    const real = new DelayLine()
    const errorsMs: number[] = []
    for (let burst = 0; burst < 100; burst++) {
      for (let item = 0; item < 20; item++) {
        const delayMs = 1 + (burst * 20 + item) * 7.37 % 30
        const startMs = performance.now()
        real.after(delayMs, () => errorsMs.push(performance.now() - startMs - delayMs))
      }
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    await new Promise<void>(resolve => { real.after(40, resolve) })
    assert.equal(errorsMs.length, 2000)
    // the median: on a machine that is busy with other things the mean tells of those
    const median = errorsMs.sort((a, b) => a - b)[1000]
    assert.ok(Math.abs(median) < 5, `median error ${median} ms: some 0.1 ms on an idle machine`)
  })
})
