import assert from 'node:assert/strict'
import { QueryRound } from '../../src/host/query-round.ts'
import { VirtualTimers } from '../helpers/virtual-timers.ts'
import { settled } from '../helpers/virtual-overlay.ts'

/** How long an RSP takes, and whether it has something to offer. */
interface Rsp { name: string, takesMs: number, isGood?: boolean, usualMs?: number }

const DEADLINE_MS = 3_000
const STEP_MS = 10

/** Who was asked when, who answered in time, and when the round was over. */
async function run (first: readonly Rsp[], later: readonly Rsp[] = [], afterMs = 0): Promise<{ askedMs: Record<string, number>, answers: string[], endedMs: number | undefined }> {
  const clock = new VirtualTimers()
  const askedMs: Record<string, number> = {}
  let answers: Rsp[] | undefined
  let endedMs: number | undefined
  void new QueryRound<Rsp, Rsp>({
    first,
    later,
    ask: async (rsp) => {
      askedMs[rsp.name] = clock.nowMs
      return new Promise((resolve) => { clock.startTimer(() => { resolve(rsp) }, Math.min(DEADLINE_MS, rsp.takesMs)) })
    },
    isUseful: ({ isGood = true, takesMs }) => isGood && takesMs < DEADLINE_MS,
    usualMs: ({ usualMs = 20 }) => usualMs,
    startTimer: clock.startTimer
  }).run().then((given) => {
    answers = given
    endedMs = clock.nowMs
  })
  while ((answers === undefined || clock.nowMs < (endedMs ?? 0) + afterMs) && clock.nowMs < 2 * DEADLINE_MS) {
    clock.advance(STEP_MS)
    await settled()
  }
  return { askedMs, answers: (answers ?? []).map(({ name }) => name), endedMs }
}

const rsps = (count: number, change: Partial<Rsp> = {}): Rsp[] => Array.from({ length: count }, (_, i) => ({ name: `r${i}`, takesMs: 20, ...change }))

describe('a question to several RSPs', () => {
  it('asks the first side by side, and nobody else when these answer', async () => {
    const { askedMs, answers, endedMs } = await run(rsps(4), [{ name: 'a', takesMs: 20 }])
    assert.deepEqual(askedMs, { r0: 0, r1: 0, r2: 0, r3: 0 })
    assert.deepEqual(answers, ['r0', 'r1', 'r2', 'r3'])
    assert.equal(endedMs, 20)
  })

  it('asks another one for each that fails, at once', async () => {
    const { askedMs, answers } = await run(rsps(4, { isGood: false }), ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, takesMs: 20 })))
    assert.deepEqual([askedMs.a, askedMs.b, askedMs.c, askedMs.d, askedMs.e], [20, 20, 20, 20, undefined])
    assert.equal(answers.length, 8)
  })

  it('asks more when all are later than usual, long before the deadline', async () => {
    const { askedMs, endedMs } = await run(rsps(4, { takesMs: 10_000 }), [{ name: 'a', takesMs: 20 }, { name: 'b', takesMs: 20 }])
    assert.deepEqual([askedMs.a, askedMs.b], [250, 250])
    assert.equal(endedMs, 270)
  })

  it('does not wait for a straggler once there is something to choose from, nor less than it usually takes', async () => {
    const { answers, endedMs } = await run([{ name: 'quick', takesMs: 20 }, { name: 'slow', takesMs: 300, usualMs: 400 }, { name: 'mute', takesMs: 10_000, usualMs: 200 }])
    assert.deepEqual(answers, ['quick', 'slow'])
    assert.equal(endedMs, 300)
  })

  it('waits for the late while there is nothing, and ends with the first of them', async () => {
    const { answers, endedMs } = await run([{ name: 'empty', takesMs: 20, isGood: false }, { name: 'late', takesMs: 900 }, { name: 'mute', takesMs: 10_000 }])
    assert.deepEqual(answers, ['empty', 'late'])
    assert.equal(endedMs, 900)
  })

  it('asks nobody any more when it is over, whatever the late have to say', async () => {
    const { askedMs, endedMs } = await run([{ name: 'slow', takesMs: 300, usualMs: 400 }, { name: 'late', takesMs: 900, isGood: false }], [{ name: 'a', takesMs: 20 }], 1_500)
    assert.equal(endedMs, 300)
    assert.equal(askedMs.a, undefined)
  })

  it('is over at the deadline when nobody answers, and at once when there is nobody to ask', async () => {
    assert.equal((await run(rsps(2, { takesMs: 10_000 }))).endedMs, DEADLINE_MS)
    assert.deepEqual(await run([]), { askedMs: {}, answers: [], endedMs: STEP_MS })
  })
})
