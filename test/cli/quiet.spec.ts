import assert from 'node:assert/strict'
import { quiet } from '../../src/cli/demo/quiet.ts'

/** Waits in virtual time; `lateMs` says how much later than asked anything is done at a time. */
async function waitedMs (lateMs: (nowMs: number) => number): Promise<number> {
  let nowMs = 0
  await quiet({
    ask: async () => {},
    pause: async (ms) => { nowMs += ms + lateMs(nowMs) },
    now: () => nowMs,
    forMs: 4_000,
    atMostMs: 20_000
  })
  return nowMs
}

describe('a quiet time', () => {
  it('is over after as long as was asked for when nothing is late', async () => {
    assert.equal(await waitedMs(() => 2), 4_080)
  })

  it('begins anew with whatever is late', async () => {
    const took = await waitedMs((nowMs) => nowMs < 6_000 ? 60 : 0)
    assert.ok(took >= 10_000 && took < 10_400, `${took}`)
  })

  it('is not waited for for ever', async () => {
    const took = await waitedMs(() => 60)
    assert.ok(took >= 20_000 && took < 20_200, `${took}`)
  })
})
