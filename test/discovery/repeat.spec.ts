import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { Repeat } from '../../src/discovery/repeat.ts'

/** Steps of the virtual clock. */
const TICK_MS = 10

describe('repeat', () => {
  let runs: number[]
  let nowMs: number
  /** How long a run takes. */
  let runMs: number
  let running: number
  let most: number
  let repeat: Repeat
  let errors: unknown[]
  let signals: AbortSignal[]
  let failure: Error | undefined
  let mostMs: number

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    [runs, nowMs, runMs, running, most, errors, signals, failure, mostMs] = [[], 0, 0, 0, 0, [], [], undefined, Infinity]
    repeat = new Repeat({
      intervalsMs: [100, 200, 400],
      mostMs: () => mostMs,
      jitter: 0,
      onError: (error) => { errors.push(error) },
      run: async (signal) => {
        runs.push(nowMs)
        signals.push(signal)
        most = Math.max(most, ++running)
        if (runMs > 0) {
          await new Promise((resolve) => setTimeout(resolve, runMs))
        }
        running--
        if (failure !== undefined) {
          throw failure
        }
      }
    })
  })

  afterEach(async () => {
    runMs = 0
    const stopped = repeat.stop()
    await pass(10_000)
    await stopped
    mock.timers.reset()
  })

  it('runs at once, and then at an ever slower pace', async () => {
    repeat.start()
    await pass(1_600)
    assert.deepEqual(runs, [0, 100, 300, 700, 1_100, 1_500])
  })

  it('waits no longer than may be for now', async () => {
    mostMs = 150
    repeat.start()
    await pass(600)
    mostMs = Infinity
    await pass(1_000)
    assert.deepEqual(runs, [0, 100, 250, 400, 550, 700, 1_100, 1_500])
  })

  it('counts the wait from the end of a run', async () => {
    runMs = 50
    repeat.start()
    await pass(700)
    assert.deepEqual(runs, [0, 150, 400])
  })

  it('runs soon when asked to, and then at the quick pace again', async () => {
    repeat.start()
    await pass(1_200)
    repeat.soon()
    await pass(320)
    const [soon, ...next] = runs.slice(5)
    assert.ok(soon <= 1_200 + TICK_MS)
    assert.deepEqual(next.map((at) => at - soon), [100, 300])
  })

  it('never overlaps itself, however often it is asked to run soon', async () => {
    runMs = 70
    repeat.start()
    for (let i = 0; i < 50; i++) {
      repeat.soon()
      await pass(10)
    }
    assert.equal(most, 1)
    assert.ok(runs.length > 3)
  })

  it('gives each run a signal of its own, so that what was composed with one can go with it', async () => {
    repeat.start()
    await pass(1_000)
    assert.ok(signals.length >= 3)
    assert.equal(new Set(signals).size, signals.length)
    assert.ok(signals.every(({ aborted }) => !aborted))
  })

  it('goes on after a failure, and tells of it', async () => {
    failure = new Error('no network')
    repeat.start()
    await pass(100)
    assert.deepEqual(errors, [failure, failure])
    failure = undefined
    await pass(200)
    assert.equal(runs.length, 3)
  })

  it('stops: no further run, and the signal of the present one fires', async () => {
    runMs = 50
    repeat.start()
    await pass(10)
    const stopped = repeat.stop()
    assert.equal(signals[0].aborted, true)
    await pass(1_000)
    await stopped
    assert.deepEqual(runs, [0])
  })

  it('waits at its stop for the run that is under way', async () => {
    runMs = 500
    repeat.start()
    await pass(10)
    let isStopped = false
    void repeat.stop().then(() => { isStopped = true })
    await pass(400)
    assert.equal(isStopped, false)
    await pass(100)
    assert.equal(isStopped, true)
  })

  it('does not call it a failure when a run ends by the stop', async () => {
    runMs = 50
    failure = new Error('aborted')
    repeat.start()
    await pass(10)
    const stopped = repeat.stop()
    await pass(50)
    await stopped
    assert.deepEqual(errors, [])
  })

  it('does not run soon when it is stopped', async () => {
    repeat.soon()
    await pass(500)
    assert.deepEqual(runs, [])
  })

  it('varies its waits by the jitter', async () => {
    const waits: number[] = []
    let last = 0
    const jittered = new Repeat({ intervalsMs: [1_000], jitter: 0.2, run: async () => { waits.push(nowMs - last); last = nowMs } })
    jittered.start()
    await pass(30_000)
    await jittered.stop()
    const later = waits.slice(1)
    assert.ok(later.every((wait) => wait >= 790 && wait <= 1_210), `${later.join()}`)
    assert.ok(new Set(later).size > 5)
  })

  async function pass (forMs: number): Promise<void> {
    for (const untilMs = nowMs + forMs; nowMs < untilMs;) {
      for (let i = 0; i < 8; i++) await Promise.resolve()
      nowMs += TICK_MS
      mock.timers.tick(TICK_MS)
      for (let i = 0; i < 8; i++) await Promise.resolve()
    }
  }
})
