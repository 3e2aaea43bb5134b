import assert from 'node:assert/strict'
import { PerformanceObserver, constants } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { YoungGarbage } from '../../src/node/young-garbage.ts'

const MIB = 1_048_576

describe('young garbage', () => {
  it('is collected once for each two mebibytes that were sent, and not while they are', () => {
    const scheduled: Array<() => void> = []
    let collections = 0
    const garbage = new YoungGarbage({ collect: () => { collections++ }, schedule: (run) => { scheduled.push(run) } })
    for (let message = 0; message < 160; message++) {
      garbage.sent(MIB / 16)
    }
    assert.equal(collections, 0)
    scheduled.forEach((run) => { run() })
    assert.equal(collections, 5)
  })

  it('is collected by Node with no flag, and without what is older', async () => {
    const kinds: number[] = []
    const observer = new PerformanceObserver((list) => {
      kinds.push(...(list.getEntries() as unknown as Array<{ detail: { kind: number } }>).map(({ detail }) => detail.kind))
    })
    observer.observe({ entryTypes: ['gc'] })
    const garbage = new YoungGarbage({ schedule: (run) => { run() } })
    // the first one may end a collection of all that had begun before
    garbage.sent(2 * MIB)
    garbage.sent(2 * MIB)
    await delay(20)
    observer.disconnect()
    assert.ok(kinds.includes(constants.NODE_PERFORMANCE_GC_MINOR), kinds.join())
    assert.equal((globalThis as { gc?: unknown }).gc, undefined)
  })
})
