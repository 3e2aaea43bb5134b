// What forwarding costs: packets per second of the relay's CPU time, and their delay, through a byway forwarder under labels and under
// source routes, and beside it through libp2p's circuit relay, a splice of libp2p streams, and two bare sockets. Sender, relay and receiver
// are processes of their own on loopback; all lanes take turns in one run. `--quick` runs everything with less of it, to see that it runs.
// Ends with 0 where all goals are met, else with 1; ten minutes.
//
//   npm run --silent bench:relay -- [--json] [--quick] [--sizes 64,1024] [--lanes labelled,tcp] [--rounds 5]
//
// Sizes are of what the application sends, whatever is put before it on the way. It sends packets one by one; in the lanes named `Bulk` it
// writes 60 KB of packets at once. At most 512 KiB is on its way from end to end, and which packets have arrived the sender hears over a
// socket past the relay.
import { parseArgs } from 'node:util'
import { runOrigin } from './run-origin.ts'
import { LANES } from './relay/lanes.ts'
import { measure } from './relay/measure.ts'
import { reportOf, tableOf } from './relay/report.ts'
import type { Extent } from './relay/measure.ts'
import type { LaneName } from './relay/lanes.ts'

const ALL_LANES = Object.keys(LANES) as LaneName[]
const FULL: Extent = {
  sizes: [64, 256, 1_024, 8_192], lanes: ALL_LANES, rounds: 5, durations: { fullMs: 1_200, idleMs: 400, halfLoadMs: 900 }, warmUpMs: { full: 1_500, paced: 3_000 }
}
const QUICK: Extent = {
  sizes: [64, 1_024], lanes: ALL_LANES, rounds: 1, durations: { fullMs: 50, idleMs: 40, halfLoadMs: 40 }, warmUpMs: { full: 10, paced: 10 }
}
/** A run that takes longer hangs, and ends with an error; so do its processes. */
const DEADLINE_MS = 900_000

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    sizes: { type: 'string' },
    lanes: { type: 'string' },
    rounds: { type: 'string' }
  }
})
const extent = values.quick ? QUICK : FULL
// children end when this process does
const watchdog = setTimeout(() => {
  process.stderr.write(`the benchmark has not ended within ${DEADLINE_MS / 1_000} s\n`)
  process.exit(1)
}, DEADLINE_MS)
const report = reportOf(await measure({
  ...extent,
  sizes: values.sizes?.split(',').map(Number) ?? extent.sizes,
  lanes: values.lanes === undefined ? extent.lanes : ALL_LANES.filter((name) => values.lanes?.split(',').includes(name)),
  rounds: Number(values.rounds ?? extent.rounds)
}))
clearTimeout(watchdog)
console.log(values.json
  ? JSON.stringify({
    ...runOrigin('scripts/bench/relay.ts'), ...report
  }, null, 2)
  : tableOf(report))
// a quick run is too short to judge
process.exitCode = values.quick || report.goals.every(({ isMet }) => isMet) ? 0 : 1
