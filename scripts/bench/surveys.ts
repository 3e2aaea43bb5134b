// How well surveys find the loss and the bandwidth of links without the forwarders' help, and what they cost: many links in virtual time, with other traffic, a
// slow and a lossy way to two of the forwarders; and a few links over real nodes, beside what these report of them.
//
//   npm run --silent bench:surveys -- [--json] [--scenes virtual,real] [--minutes 10] [--seconds 90] [--seed 1]
//
// Exit code 1: a goal is missed.
import { parseArgs } from 'node:util'
import { goalsOf, tableOf } from './surveys/report.ts'
import { realOutcome, virtualOutcome } from './surveys/scenes.ts'
import { runOrigin } from './run-origin.ts'
import type { SceneOutcome } from './surveys/scenes.ts'

const SCENES = ['virtual', 'real']
/** Beside what was asked for. */
const REST_MS = 180_000

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    scenes: { type: 'string', default: SCENES.join() },
    minutes: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '90' },
    seed: { type: 'string', default: '1' }
  }
})
const [minutes, seconds, seed] = [values.minutes, values.seconds, values.seed].map(Number)
const scenes = values.scenes.split(',')
if (!(minutes >= 1 && seconds >= 1 && Number.isInteger(seed)) || scenes.some((scene) => !SCENES.includes(scene))) {
  process.stderr.write(`give --minutes and --seconds of 1 or more, a whole number as --seed, and --scenes of ${SCENES.join(', ')}\n`)
  process.exit(2)
}
const outcomes: Record<string, SceneOutcome> = {}
for (const scene of scenes) {
  process.stderr.write(`${scene}: ${scene === 'virtual' ? `${minutes} minutes` : `${seconds} s`}\n`)
  outcomes[scene] = scene === 'virtual' ? await virtualOutcome(minutes, seed) : await withinTime(async () => realOutcome(seconds, seed))
}
const goals = Object.entries(outcomes).flatMap(([scene, { figures }]) => goalsOf(scene, figures))
console.log(values.json
  ? JSON.stringify({ ...runOrigin('scripts/bench/surveys.ts'), outcomes, goals }, null, 2)
  : [
      ...Object.entries(outcomes).map(([scene, { rows, figures }]) => tableOf(scene, rows, figures)),
      ...goals.map(({ figure, value, atMost, isMet }) => `${isMet ? 'met   ' : 'MISSED'} ${figure}: ${value} (goal ≤ ${atMost})`)
    ].join('\n\n'))
process.exit(goals.every(({ isMet }) => isMet) ? 0 : 1)

async function withinTime<T> (run: () => Promise<T>): Promise<T> {
  const watchdog = setTimeout(() => {
    process.stderr.write('the benchmark has not ended in time\n')
    process.exit(1)
  }, seconds * 1_000 + REST_MS)
  try {
    return await run()
  } finally {
    clearTimeout(watchdog)
  }
}
