// Makes and drops blocks of 64 KB and some small objects, a turn of the event loop after the other, and prints how often the whole
// heap was collected meanwhile.
import { PerformanceObserver, constants } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { collectEarly } from '../../src/node/early-collection.ts'

const TURNS = 10_000
const BLOCKS_PER_TURN = 4
const BLOCK_BYTES = 65_536
const OBJECTS_PER_TURN = 300

if (process.argv[2] === 'true') {
  collectEarly()
}
let whole = 0
const observer = new PerformanceObserver((list) => {
  whole += (list.getEntries() as unknown as Array<{ detail: { kind: number } }>).filter(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR).length
})
observer.observe({ entryTypes: ['gc'] })
let kept: unknown[] = []
for (let turn = 0; turn < TURNS; turn++) {
  kept = Array.from({ length: BLOCKS_PER_TURN }, () => Buffer.allocUnsafeSlow(BLOCK_BYTES))
  for (let i = 0; i < OBJECTS_PER_TURN; i++) {
    kept.push({ turn })
  }
  await nextTurn()
}
await nextTurn()
process.stdout.write(String(kept.length > 0 ? whole : 0))
