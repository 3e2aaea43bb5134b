import assert from 'node:assert/strict'
import { setImmediate as nextTick } from 'node:timers/promises'
import { EndOfTick } from '../../src/link/end-of-tick.ts'

describe('end of tick', () => {
  it('flushes once what was added in a tick, in order, and not before the tick is over', async () => {
    const endOfTick = new EndOfTick()
    const flushed: string[] = []
    endOfTick.add({ flush: () => { flushed.push('first') } })
    endOfTick.add({ flush: () => { flushed.push('second') } })
    await Promise.resolve()
    assert.deepEqual(flushed, [])
    await nextTick()
    assert.deepEqual(flushed, ['first', 'second'])
    await nextTick()
    assert.deepEqual(flushed, ['first', 'second'])
  })

  it('flushes in the next tick what is added by a flush', async () => {
    const endOfTick = new EndOfTick()
    let flushes = 0
    const item = { flush: () => { if (++flushes < 3) endOfTick.add(item) } }
    endOfTick.add(item)
    await nextTick()
    assert.equal(flushes, 1)
    await nextTick()
    await nextTick()
    assert.equal(flushes, 3)
  })
})
