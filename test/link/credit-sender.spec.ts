import assert from 'node:assert/strict'
import { setImmediate as nextTick, setTimeout as wait } from 'node:timers/promises'
import { CREDIT_STEP_BYTES } from '../../protocols/forward/constants.ts'
import { decodeCredit } from '../../protocols/forward/link-control.ts'
import { CreditSender } from '../../src/link/credit-sender.ts'
import { EndOfTick } from '../../src/link/end-of-tick.ts'

interface Watched { sender: CreditSender, credits: Array<number | undefined> }

function make (): Watched {
  const credits: Array<number | undefined> = []
  const sender = new CreditSender({
    endOfTick: new EndOfTick(),
    send: (bytes) => { credits.push(decodeCredit(bytes, 0, bytes.length)) },
    now: () => performance.now()
  })
  return { sender, credits }
}

async function until (isTrue: () => boolean): Promise<void> {
  const untilMs = performance.now() + 5_000
  while (!isTrue()) {
    await wait(1)
    assert.ok(performance.now() < untilMs, 'not within five seconds')
  }
}

describe('credit sender', () => {
  it('credits what came in a turn once, at its end', async () => {
    const { sender, credits } = make()
    sender.consumed(CREDIT_STEP_BYTES)
    sender.consumed(2 * CREDIT_STEP_BYTES)
    assert.deepEqual(credits, [])
    await nextTick()
    assert.deepEqual(credits, [3 * CREDIT_STEP_BYTES])
  })

  it('says nothing before a step has been consumed', async () => {
    const { sender, credits } = make()
    sender.consumed(CREDIT_STEP_BYTES / 2)
    await nextTick()
    assert.deepEqual(credits, [])
    sender.consumed(CREDIT_STEP_BYTES / 2)
    await nextTick()
    assert.deepEqual(credits, [CREDIT_STEP_BYTES])
  })

  it('keeps back what it is told to, and credits it when its time has come', async () => {
    const { sender, credits } = make()
    const startMs = performance.now()
    sender.keepBack(2 * CREDIT_STEP_BYTES, 30, startMs)
    sender.consumed(3 * CREDIT_STEP_BYTES)
    await nextTick()
    assert.deepEqual(credits, [CREDIT_STEP_BYTES])
    await until(() => credits.length === 2)
    assert.ok(performance.now() - startMs >= 29)
    assert.deepEqual(credits, [CREDIT_STEP_BYTES, 3 * CREDIT_STEP_BYTES])
  })

  it('never goes back, and credits all in the end, whatever is kept for how long', async () => {
    const { sender, credits } = make()
    let consumed = 0
    for (let chunk = 0; chunk < 200; chunk++) {
      const bytes = 1_000 + 37 * chunk
      const nowMs = performance.now()
      if (chunk % 3 !== 0) {
        sender.keepBack(Math.floor(bytes / (chunk % 3)), (chunk * 7) % 23, nowMs)
      }
      sender.consumed(bytes)
      consumed += bytes
      await nextTick()
    }
    await until(() => (credits.at(-1) ?? 0) > consumed - CREDIT_STEP_BYTES)
    assert.deepEqual(credits, [...credits].sort((a = 0, b = 0) => a - b))
    sender.stop()
  })

  it('sends nothing after it was stopped', async () => {
    const { sender, credits } = make()
    sender.keepBack(CREDIT_STEP_BYTES, 10, performance.now())
    sender.consumed(CREDIT_STEP_BYTES)
    sender.stop()
    await wait(30)
    assert.deepEqual(credits, [])
  })
})
