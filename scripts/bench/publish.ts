// Makes what the documentation shows of the benchmarks, from what they said themselves.
//
//   npm run --silent bench:relay -- --json > relay.json
//   npm run --silent bench:overload -- --json > overload.json
//   npm run --silent bench:surveys -- --json > surveys.json
//   npm run bench:publish -- relay.json overload.json surveys.json           writes scripts/bench/README.md
import { readFile, writeFile } from 'node:fs/promises'
import type { OverloadGoal } from './overload/report.ts'
import type { Outcome } from './overload/scenario.ts'
import type { Report } from './relay/report.ts'
import type { RunOrigin } from './run-origin.ts'
import type { SceneOutcome } from './surveys/scenes.ts'
import type { SurveyGoal } from './surveys/report.ts'

type RelayRun = RunOrigin & Report
type OverloadRun = RunOrigin & { outcomes: Outcome[], goals: OverloadGoal[] }
type SurveysRun = RunOrigin & { outcomes: Record<string, SceneOutcome>, goals: SurveyGoal[] }

const FILE = 'scripts/bench/README.md'

function origin ({ command, commit, node, machine, cores }: RunOrigin): string {
  return `\`${command}\`, commit ${commit}, Node ${node}, ${cores} × ${machine}, loopback.`
}

function goalTable (goals: ReadonlyArray<{ figure: string, value: number, atLeast?: number, atMost?: number, reachFor?: number, isMet: boolean }>): string[] {
  return [
    '| figure | value | goal | |', '|---|---|---|---|',
    ...goals.map(({ figure, value, atLeast, atMost, reachFor, isMet }) => {
      const goal = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
      return `| ${figure} | ${value} | ${goal}${reachFor === undefined ? '' : ` (reach ${reachFor})`} | ${isMet ? 'met' : '**missed**'} |`
    })
  ]
}

function relay (run: RelayRun): string[] {
  return [
    '## Forwarding', '', origin(run), '',
    'The application sends packets one by one; where a lane is called Bulk, 60 KB at once. CPU time is that of the relay\'s process. The floors are what a relay could do at most that does',
    'nothing but decrypt and encrypt (`crypto`), and what bare TCP costs besides (`cryptoAndTcp`). The p99 at half load is the median of windows of 100 ms; that of the whole phase has the stalls of the machine in it, as that of bare TCP shows.', '',
    ...goalTable(run.goals), '',
    '| bytes | lane | packets per CPU-second | packets per second | idle p50 µs | idle p99 µs | p99 µs at the common half load, windows | whole | lost |', '|---|---|---|---|---|---|---|---|---|',
    ...Object.entries(run.sizes).flatMap(([bytes, lanes]) => Object.entries(lanes).map(([lane, figures]) =>
      `| ${bytes} | ${lane} | ${figures.packetsPerCpuSecond} | ${figures.packetsPerSecond} | ${figures.idleP50Us} | ${figures.idleP99Us} | ${figures.halfLoadP99Us} | ${figures.halfLoadWholeP99Us} | ${figures.lostShare} |`)),
    '', ...Object.entries(run.floors).map(([bytes, { crypto, cryptoAndTcp }]) => `- Floors at ${bytes} bytes: crypto ${crypto}, cryptoAndTcp ${cryptoAndTcp ?? 'not measured'} packets per CPU-second.`)
  ]
}

function overload (run: OverloadRun): string[] {
  return [
    '## Overload', '', origin(run), '',
    'Twice as much is offered as gets through: by two hosts of one RSP, one of another, and a modest one of that, which stays under its share. Delays are from entry to exit, with all buffers between.', '',
    ...goalTable(run.goals), '',
    '| too little of | gets through | came through | flow | offered MB/s | arrived MB/s | lost | delay p50 ms | p99 ms |', '|---|---|---|---|---|---|---|---|---|',
    ...run.outcomes.flatMap(({ bottleneck, limitBytesPerSecond, throughputShare, flows }) => Object.entries(flows).map(([name, flow]) =>
      `| ${bottleneck} | ${mb(limitBytesPerSecond)} MB/s | ${throughputShare} | ${name} | ${mb(flow.offeredBytesPerSecond)} | ${mb(flow.arrivedBytesPerSecond)} | ${(100 * flow.lostShare).toFixed(1)} % | ${flow.delayP50Ms} | ${flow.delayP99Ms} |`))
  ]
}

function surveys (run: SurveysRun): string[] {
  const scenes = Object.entries(run.outcomes)
  return [
    '## Surveys', '', origin(run), '',
    'What an RSP that surveys believes of links, against what is true of them. `virtual`: 45 links in virtual time, half of them with traffic of others; that does not depend on the machine. `real`: 6 links between',
    'nodes in one process, with emulated delays and rates; its bursts have a budget of 300 KB/s, six times the default, so that 90 s are enough. Rates are those of the line, with what encryption and muxing add: 2 to 3 % of small packets. Costs are those of the last minute.', '',
    ...goalTable(run.goals), '',
    '| scene | links | loss error, points: median | p90 | bandwidth error, %: median | p90 | bandwidths found | floors | the RSP sends, packets/s | bytes/s | each link, packets/min | bytes/min |', '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...scenes.map(([scene, { figures: { links, lossErrorPoints, rateErrorPercent, exactRates, floors, cost } }]) =>
      `| ${scene} | ${links} | ${lossErrorPoints.median} | ${lossErrorPoints.p90} | ${rateErrorPercent.median} | ${rateErrorPercent.p90} | ${exactRates} | ${floors} | ${cost.packetsPerSecond} | ${cost.bytesPerSecond} | ${cost.packetsPerLinkMinute} | ${cost.bytesPerLinkMinute} |`),
    '', '| real link | loss, %: truth | survey | MB/s: truth | survey |', '|---|---|---|---|---|',
    ...(run.outcomes.real?.rows ?? []).map(({ link, truth, survey }) =>
      `| ${link} | ${truth.lossPercent} | ${survey?.lossPercent ?? '–'} | ${truth.megabytesPerSecond} | ${survey?.isFloor === true ? '≥ ' : ''}${survey?.megabytesPerSecond ?? '–'} |`)
  ]
}

function sectionOf (run: RelayRun | OverloadRun | SurveysRun): string[] {
  if (!('outcomes' in run)) {
    return relay(run)
  }
  return Array.isArray(run.outcomes) ? overload(run as OverloadRun) : surveys(run as SurveysRun)
}

function mb (bytes: number): string {
  return (bytes / 1e6).toFixed(2)
}

const sections: string[][] = []
for (const file of process.argv.slice(2)) {
  sections.push(sectionOf(JSON.parse(await readFile(file, 'utf8')) as RelayRun | OverloadRun | SurveysRun))
}
if (sections.length === 0) {
  process.stderr.write('give the JSON files that bench:relay, bench:overload and bench:surveys wrote\n')
  process.exit(2)
}
await writeFile(FILE, ['# What the benchmarks say', '', 'Generated by `npm run bench:publish`; not to be edited.', ...sections.flatMap((section) => ['', ...section])].join('\n') + '\n')
