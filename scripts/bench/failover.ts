// What a flow notices when forwarders that it uses are killed: a channel with a steady stream of numbered datagrams over the better one of its
// routes, forwarders in processes of their own, killed by SIGKILL one after the other and replaced by new ones. Some more are stopped by
// SIGSTOP: they keep their connections and fall silent, so that only the end of the path can tell.
//
//   npm run --silent bench:failover -- [--json] [--kills 50] [--silent 10] [--seed 1] [--spread copies]
//
// Exit code 1: a goal is missed, or not all was measured; then `failure` says why, and the figures are of what was.
import { parseArgs } from 'node:util'
import { runOrigin } from './run-origin.ts'
import { goalsOf, reportOf, tableOf } from './failover/report.ts'
import { randomFrom } from './routes/random.ts'
import { Scenery } from './failover/scenery.ts'
import { strikeOnce } from './failover/strikes.ts'
import type { Arrivals } from './failover/destination-process.ts'
import type { FailoverReport } from './failover/report.ts'
import type { SourceState } from './failover/source-process.ts'
import type { Spread } from '../../src/host/path-selector.ts'
import type { Strike } from './failover/strikes.ts'

const START_MS = 120_000
const STRIKE_MS = 45_000
/** Until what is on its way has come. */
const REST_MS = 1_000

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    kills: { type: 'string', default: '50' },
    silent: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    spread: { type: 'string', default: 'single' },
    verbose: { type: 'boolean', default: false }
  }
})
const [kills, silent] = [Number(values.kills), Number(values.silent)]
if (!(kills >= 1) || !(silent >= 0) || !['single', 'copies', 'stripes'].includes(values.spread)) {
  process.stderr.write('give --kills 1 or more, --silent 0 or more, and --spread single, copies or stripes\n')
  process.exit(2)
}
const strikes: Strike[] = []
const random = randomFrom(Number(values.seed))
const startMs = performance.now()
const scenery = new Scenery()
// children end when this process does
const watchdog = setTimeout(() => {
  say(reportOf(strikes), 'the benchmark has not ended in time')
  process.exit(1)
}, START_MS + (kills + silent) * STRIKE_MS)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    say(reportOf(strikes), `ended by ${signal}`)
    process.exit(1)
  })
}
if (values.verbose) {
  process.stderr.write('starting\n')
}
let failure: string | undefined
let [state, arrivals]: [SourceState?, Arrivals?] = []
try {
  await scenery.start({ spread: values.spread as Spread })
  while (strikes.length < kills + silent) {
    const strike = await strikeOnce(scenery, strikes.length < kills ? 'SIGKILL' : 'SIGSTOP', random)
    strikes.push(strike)
    if (values.verbose) {
      process.stderr.write(`${JSON.stringify(strike)}\n`)
    }
  }
  await scenery.rest()
  await new Promise((resolve) => setTimeout(resolve, REST_MS))
} catch (error) {
  failure = error instanceof Error ? error.message : String(error)
}
try {
  [state, arrivals] = [await scenery.state(), await scenery.arrivals()]
} catch (error) {
  failure ??= error instanceof Error ? error.message : String(error)
}
await scenery.stop()
clearTimeout(watchdog)
say(reportOf(strikes, state, arrivals), failure)

function say (report: FailoverReport, failed: string | undefined): void {
  const goals = goalsOf(report)
  console.log(values.json
    ? JSON.stringify({
      ...runOrigin('scripts/bench/failover.ts'), seconds: Math.round((performance.now() - startMs) / 1_000), ...report, goals, failure: failed ?? null
    }, null, 2)
    : [tableOf(report, goals), ...(failed === undefined ? [] : [`NOT ALL MEASURED: ${failed}`])].join('\n'))
  process.exitCode = failed === undefined && goals.every(({ isMet }) => isMet) ? 0 : 1
}
