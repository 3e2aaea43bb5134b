// Does byway hold out? A bootstrap node, two forwarders, two RSPs and two hosts, each in a process of its own, while others come and go: hosts that
// open channels, send, install paths and leave in good order or not, forwarders and RSPs likewise, processes that are stopped or killed, strangers that
// send rubbish. Afterwards nothing may be left: heap, handles and tables as before, and no exception that nobody handled.
//
//   npm run --silent bench:soak -- [--minutes 30] [--warm-up 60] [--json] [--seed 1] [--snapshots folder]
//
// So many minutes of churn, after twice as many (at most 60) to warm up: a descriptor holds for half an hour, and what V8 compiles and notes of code
// grows for about three quarters of one. Before them two and a half minutes of rest, and afterwards five and a half for soft state to run out. From
// 3 minutes on tables and handles are judged, from 10 on the slope of the heap. Ends with 0 where all that was judged holds, else with 1. Only loopback.
// What has grown is found by comparing the heap snapshots of both readings, which `--snapshots` keeps.
import { mkdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { runOrigin } from './run-origin.ts'
import { reportOf, tableOf } from './soak/soak-report.ts'
import { runSoak } from './soak/soak-course.ts'
import { SoakOverlay } from './soak/soak-overlay.ts'

/** Beside the churn: rests, start and end. */
const ALLOWED_MS = 900_000
const MOST_WARM_UP_MINUTES = 60

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    snapshots: { type: 'string' },
    'warm-up': { type: 'string' }
  }
})
const [minutes, seed] = [Number(values.minutes), Number(values.seed)]
const warmUpMinutes = Number(values['warm-up'] ?? Math.min(2 * minutes, MOST_WARM_UP_MINUTES))
if (!(minutes > 0) || !(warmUpMinutes >= 0) || !Number.isInteger(seed)) {
  process.stderr.write('--minutes takes a number above 0, --warm-up one of 0 or more, --seed an integer\n')
  process.exit(1)
}
const interruption = new AbortController()
const overlay = new SoakOverlay()
process.on('exit', () => { overlay.killVictims() })
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    process.stderr.write('interrupted: what was seen so far follows\n')
    interruption.abort(new Error('interrupted'))
  })
}
// children end when this process does
const watchdog = setTimeout(() => {
  process.stderr.write('the soak test hangs\n')
  process.exit(1)
}, (warmUpMinutes + minutes) * 60_000 + ALLOWED_MS)
try {
  if (values.snapshots !== undefined) {
    await mkdir(values.snapshots, { recursive: true })
  }
  const report = reportOf(await runSoak(overlay, { minutes, warmUpMinutes, seed, snapshotsIn: values.snapshots }, interruption.signal, (text) => { process.stderr.write(`soak: ${text}\n`) }))
  console.log(values.json
    ? JSON.stringify({
      ...runOrigin('scripts/bench/soak.ts'), seed, ...report
    }, null, 2)
    : tableOf(report))
  process.exitCode = report.ok ? 0 : 1
} finally {
  clearTimeout(watchdog)
  await overlay.stop()
}
