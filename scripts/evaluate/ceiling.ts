// How much of a choice's gain the next slice leaves to somebody who knows every link of every slice until now: a bound for what a measurement plan,
// which knows a twentieth of them, can be asked for. The host falls back to its default route where that is better.
//
//   npx tsx scripts/evaluate/ceiling.ts SLICE_1.gz SLICE_2.gz …
import { AllPairs } from '../../src/rsp/measurement-plan/all-pairs.ts'
import { ChosenPaths, oneRelayGainMs, scorePaths } from '../../src/simulation/replay-score.ts'
import { countRows, loadSlice, shuffledRows } from '../../src/simulation/replay.ts'
import type { ReplaySlice } from '../../src/simulation/replay.ts'

const RELAY_COST_MS = 1
/** What the last slice counts in the mean that is chosen by; 1 is the last slice alone. */
const LAST_WEIGHTS = [1, 0.7, 0.5, 0.3]

/** Gains are of what the best one-relay choice gains in the slice they are judged in. */
interface Kept {
  own: number[]
  next: number[]
}

function oneRelayChoice ({ size, rttMs }: ReplaySlice): ChosenPaths {
  return new ChosenPaths(size, (source, destination) => {
    let [best, bestMs] = [-1, rttMs[source * size + destination]]
    for (let relay = 0; relay < size; relay++) {
      const viaMs = rttMs[source * size + relay] + RELAY_COST_MS + rttMs[destination * size + relay]
      if (relay !== source && relay !== destination && viaMs < bestMs) {
        [best, bestMs] = [relay, viaMs]
      }
    }
    return best === -1 ? undefined : [best]
  })
}

function anyRelaysChoice ({ size, rttMs }: ReplaySlice): ChosenPaths {
  const pairs = Int32Array.from({ length: size * size }, (_, pair) => pair).filter((pair) => Math.floor(pair / size) < pair % size)
  const paths = new AllPairs(size, RELAY_COST_MS)
  paths.run({ pairs, rttMs: Float64Array.from(pairs, (pair) => rttMs[pair]) })
  return new ChosenPaths(size, (source, destination) => paths.relays(source, destination))
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

const files = process.argv.slice(2)
if (files.length < 2) {
  console.error('give at least two slices of a latency matrix, in order')
  process.exit(2)
}
const size = await countRows(files[0])
const rows = shuffledRows(size, 0)
const slices: ReplaySlice[] = []
for (const file of files) {
  slices.push(await loadSlice(file, size, rows))
}
const oracleMs = slices.map((slice) => oneRelayGainMs(slice, RELAY_COST_MS))
console.log('| relays | weight of the last slice | in its own slice | in the next one | of its own |')
console.log('|---|---|---|---|---|')
for (const [name, choice] of [['one', oneRelayChoice], ['any', anyRelaysChoice]] as const) {
  for (const weight of LAST_WEIGHTS) {
    const kept: Kept = { own: [], next: [] }
    const known = slices[0].rttMs.slice()
    for (let at = 0; at + 1 < slices.length; at++) {
      slices[at].rttMs.forEach((ms, pair) => { known[pair] += weight * (ms - known[pair]) })
      const paths = choice({ size, rttMs: known })
      kept.own.push(scorePaths(paths, slices[at], RELAY_COST_MS).gainMs / oracleMs[at])
      kept.next.push(scorePaths(paths, slices[at + 1], RELAY_COST_MS).gainMs / oracleMs[at + 1])
    }
    console.log(`| ${name} | ${weight} | ${mean(kept.own).toFixed(3)} | ${mean(kept.next).toFixed(3)} | ${(mean(kept.next) / mean(kept.own)).toFixed(3)} |`)
  }
}
