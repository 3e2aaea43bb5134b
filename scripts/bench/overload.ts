// What a forwarder does with twice as much as it can do: how long packets wait, who gets what, and whether memory stays flat. Four hosts of two
// RSPs, a forwarder and a receiver, each in a process of its own on loopback; once the forwarder's capacity is what there is too little of,
// once the line to the receiver, once its processor, which is busy with other things for three quarters of the time.
//
//   npm run --silent bench:overload -- [--json] [--seconds 60] [--bottlenecks capacity,line,processor]
//
// Exit code 1: a goal is missed.
import { parseArgs } from 'node:util'
import { runOrigin } from './run-origin.ts'
import { goalsOf, tableOf } from './overload/report.ts'
import { run } from './overload/scenario.ts'
import type { Bottleneck, Outcome } from './overload/scenario.ts'

const ALL: Bottleneck[] = ['capacity', 'line', 'processor']
/** Beside what was asked for. */
const START_MS = 60_000

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '60' }, bottlenecks: { type: 'string', default: ALL.join() } }
})
const seconds = Number(values.seconds)
const bottlenecks = values.bottlenecks.split(',') as Bottleneck[]
if (!(seconds >= 1) || bottlenecks.some((name) => !ALL.includes(name))) {
  process.stderr.write(`give --seconds 1 or more, and --bottlenecks of ${ALL.join(', ')}\n`)
  process.exit(2)
}
// children end when this process does
const watchdog = setTimeout(() => {
  process.stderr.write('the benchmark has not ended in time\n')
  process.exit(1)
}, bottlenecks.length * (seconds * 1_000 + START_MS))
const outcomes: Outcome[] = []
for (const bottleneck of bottlenecks) {
  process.stderr.write(`${bottleneck}: ${seconds} s\n`)
  outcomes.push(await run(bottleneck, seconds))
}
clearTimeout(watchdog)
const goals = outcomes.flatMap(goalsOf)
console.log(values.json
  ? JSON.stringify({
    ...runOrigin('scripts/bench/overload.ts'), outcomes, goals
  }, null, 2)
  : tableOf(outcomes, goals))
process.exitCode = goals.every(({ isMet }) => isMet) ? 0 : 1
