// What a reliable stream of a channel carries, what it costs and how long a small message beside it takes, against a plain libp2p connection and libp2p's circuit relay: on
// loopback as it is, on a clean line of 50 Mbit/s at two round trips, and where the default route loses packets and a path over a forwarder does not. Ends, relays and
// lines are processes of their own; the lanes of a scenario take turns in one run.
//
//   npm run --silent bench:channel -- [--json] [--quick] [--rounds 5] [--scenarios loopback,clean20ms]
//
// Lines are made of network namespaces (channel/network.ts), for which it takes root; where there is none, their scenarios are skipped and say so. TCP runs there with CUBIC.
// Exit code 1: a goal is missed.
import { parseArgs } from 'node:util'
import { runOrigin } from './run-origin.ts'
import { goalsOf, tableOf } from './channel/report.ts'
import { run } from './channel/scenario.ts'
import { SCENARIOS } from './channel/scenarios.ts'
import type { Outcome } from './channel/scenario.ts'

const ROUNDS = 5
const QUICK_ROUNDS = 1
const QUICK_ROUND_MS = 300
/** Of a scenario, beside its rounds. */
const START_MS = 90_000
/** Of a round, beside what it is to take. */
const ROUND_REST_MS = 6_000

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, scenarios: { type: 'string' } }
})
const rounds = Number(values.rounds ?? (values.quick ? QUICK_ROUNDS : ROUNDS))
const names = values.scenarios?.split(',') ?? SCENARIOS.map(({ name }) => name)
const scenarios = SCENARIOS.filter(({ name }) => names.includes(name)).map((scenario) => ({ ...scenario, roundMs: values.quick ? QUICK_ROUND_MS : scenario.roundMs }))
if (!(rounds >= 1) || scenarios.length < names.length) {
  process.stderr.write(`give --rounds 1 or more, and --scenarios of ${SCENARIOS.map(({ name }) => name).join(', ')}\n`)
  process.exit(2)
}
// children end when this process does, and namespaces go with it
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => { process.exit(130) })
}
const untilMs = scenarios.reduce((sum, { lanes, roundMs }) => sum + START_MS + lanes.length * (rounds + 1) * (roundMs + ROUND_REST_MS), 0)
const watchdog = setTimeout(() => {
  process.stderr.write('the benchmark has not ended in time\n')
  process.exit(1)
}, untilMs)
const outcomes: Outcome[] = []
for (const scenario of scenarios) {
  outcomes.push(await run(scenario, rounds, (text) => { process.stderr.write(`${text}\n`) }))
}
clearTimeout(watchdog)
const goals = outcomes.flatMap(goalsOf)
console.log(values.json
  ? JSON.stringify({
    ...runOrigin('scripts/bench/channel.ts'), rounds, outcomes, goals
  }, null, 2)
  : tableOf(outcomes, goals))
process.exitCode = goals.every(({ isMet }) => isMet) ? 0 : 1
