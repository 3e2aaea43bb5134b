import assert from 'node:assert/strict'
import { quiet } from '../../src/cli/demo/quiet.ts'

/** Waits in virtual time; `lateMs` says how much later than asked anything is done at a time. */
async function waited (lateMs: (nowMs: number) => number): Promise<{ tookMs: number, isQuiet: boolean }> {
  let nowMs = 0
  const isQuiet = await quiet({
    ask: async () => {},
    pause: async (ms) => { nowMs += ms + lateMs(nowMs) },
    now: () => nowMs,
    forMs: 4_000,
    atMostMs: 20_000
  })
  return { tookMs: nowMs, isQuiet }
}

describe('a quiet time', () => {
  it('is over after as long as was asked for when nothing is late', async () => {
    assert.deepEqual(await waited(() => 2), { tookMs: 4_080, isQuiet: true })
  })

  it('begins anew with whatever is late', async () => {
    const { tookMs, isQuiet } = await waited((nowMs) => nowMs < 6_000 ? 60 : 0)
    assert.ok(tookMs >= 10_000 && tookMs < 10_400, `${tookMs}`)
    assert.ok(isQuiet)
  })

  it('is not waited for for ever, and it is told that there was none', async () => {
    const { tookMs, isQuiet } = await waited(() => 60)
    assert.ok(tookMs >= 20_000 && tookMs < 20_200, `${tookMs}`)
    assert.ok(!isQuiet)
  })
})
