// What queries cost an RSP besides finding paths: keeping an eye on standing ones while the map moves, reading the text of one, and
// evaluating it. No network; standing queries run in virtual time, and what counts is CPU time.
//
//   npm run --silent bench:queries -- [--json] [--quick] [seed]
import { runOrigin } from './run-origin.ts'
import { evaluatePerSecond, parsePerSecond } from './queries/text-rates.ts'
import { randomFrom } from './routes/random.ts'
import { standingLoad } from './queries/standing-load.ts'

const isQuick = process.argv.includes('--quick')
const seed = Number(process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? 1)
const durationMs = isQuick ? 200 : 3_000
const parsed = parsePerSecond(durationMs)
const evaluated = await evaluatePerSecond(durationMs, randomFrom(seed))
const standing = await standingLoad({
  queries: isQuick ? 500 : 10_000,
  changesPerSecond: 1_000,
  warmUpSeconds: isQuick ? 1 : 20,
  seconds: isQuick ? 5 : 120,
  random: randomFrom(seed)
})
const figures = {
  ...runOrigin('scripts/bench/queries.ts'),
  standing10kCoreShare: standing.coreShare,
  parsePerSecond: parsed,
  evaluatePerSecond: evaluated,
  standing,
  goals: [
    { figure: 'standing10kCoreShare', value: standing.coreShare, atMost: 0.1, isMet: standing.coreShare <= 0.1 },
    // an RSP answers some 3,000 queries per CPU-second (bench:rsp): reading one must be a small part of that, evaluating it not the greater one
    { figure: 'parsePerSecond', value: parsed, atLeast: 20_000, isMet: parsed >= 20_000 },
    { figure: 'evaluatePerSecond', value: evaluated, atLeast: 1_000, isMet: evaluated >= 1_000 }
  ]
}
console.log(JSON.stringify(figures, undefined, process.argv.includes('--json') ? undefined : 2))
