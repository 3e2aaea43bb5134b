import assert from 'node:assert/strict'
import { PerformanceObserver, constants } from 'node:perf_hooks'
import { YoungGarbage } from '../../src/node/young-garbage.ts'
import { until } from '../helpers/testnet.ts'

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
    let doneMs = Infinity
    const observer = new PerformanceObserver((list) => {
      const collections = list.getEntries() as unknown as Array<{ startTime: number, detail: { kind: number } }>
      kinds.push(...collections.filter(({ startTime }) => startTime <= doneMs).map(({ detail }) => detail.kind))
    })
    observer.observe({ entryTypes: ['gc'] })
    const garbage = new YoungGarbage({ schedule: (run) => { run() } })
    // the first one may end a collection of all that had begun before
    garbage.sent(2 * MIB)
    garbage.sent(2 * MIB)
    doneMs = performance.now()
    try {
      await until(() => kinds.includes(constants.NODE_PERFORMANCE_GC_MINOR), 'it is told of')
    } finally {
      observer.disconnect()
    }
    assert.equal((globalThis as { gc?: unknown }).gc, undefined)
  })
})
