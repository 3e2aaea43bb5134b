// `byway evaluate`: what the engine would have gained on measured latencies, beside what was possible.
import { open, writeFile } from 'node:fs/promises'
import { InvalidArgumentError, Option } from 'commander'
import { InvalidSettingError } from './errors.ts'
import { MAX_NODES } from '../rsp/measurement-plan/link-memory.ts'
import { TraceFile } from './evaluate-trace.ts'
import { evaluate } from './evaluate-run.ts'
import { evaluateText } from './evaluate-report.ts'
import { plotSvg } from './evaluate-plot.ts'
import type { FileHandle } from 'node:fs/promises'
import type { Command } from 'commander'
import type { SchemeName } from './evaluate-schemes.ts'
import type { Terminal } from './output.ts'
import type { WarmUp } from './evaluate-run.ts'

interface EvaluateOptions {
  matrix: string[]
  budget: number
  warmUp: WarmUp
  unit: 'ms' | 's'
  relayCostMs: number
  seed: number
  nodes?: number
  rsps: number
  exchange?: boolean
  compare: boolean
  json?: boolean
  trace?: string
  plot?: string
}

const ENGINE: SchemeName = 'learned-backbone'
const COMPARED: readonly SchemeName[] = ['domains', 'random-hubs', 'random-links']
const MAX_RELAY_COST_MS = 1_000
const MAX_RSPS = 8
const HELP = `
A matrix has n lines of n round trips, one file per time slice, in order. The engine sees of each slice only the links that it
measures, and they are counted. A gain is the sum over all ordered pairs of what a path saves against the pair's direct round trip.

  byway evaluate --matrix slice-*.gz --budget 0.05 --no-compare
  byway evaluate --matrix slice-*.gz --warm-up sweep --json | jq .summary
  byway evaluate --matrix slice-*.gz --budget 0.025 --rsps 2 --exchange`

export function registerEvaluate (program: Command, terminal: Terminal): void {
  program.command('evaluate')
    .description('replay measured latencies through the engine, and compare its paths with the best possible ones')
    .requiredOption('--matrix <file...>', 'slices of a latency matrix, in order: text or .gz')
    .option('--budget <share>', 'share of all links that may be measured per slice, by each RSP', parseBudget, 0.05)
    .addOption(new Option('--warm-up <how>', 'sweep: the first slice is measured wholly, and not judged').choices(['sweep', 'cold']).default('cold'))
    .addOption(new Option('--unit <unit>', 'of the entries').choices(['ms', 's']).default('ms'))
    .option('--relay-cost-ms <ms>', 'what each relay adds to a path', parseRelayCost, 1)
    .option('--seed <n>', 'numbers the nodes anew, and is behind all that is drawn', parseSeed, 1)
    .option('--nodes <n>', 'only so many of the nodes, drawn by the seed', parseNodes)
    .option('--rsps <n>', 'so many RSPs with that budget each, compared with one that has the budgets of all', parseRsps, 1)
    .option('--exchange', 'they exchange what they measure')
    .option('--no-compare', 'leave out the other schemes: domains with border links, random hubs, random links')
    .option('--json', 'the report as one JSON object')
    .option('--trace <file>', 'write what was measured and chosen, as NDJSON')
    .option('--plot <file>', 'write the curves as SVG')
    .addHelpText('after', HELP)
    .action(async (options: EvaluateOptions) => { await run(options, terminal) })
}

async function run (options: EvaluateOptions, terminal: Terminal): Promise<void> {
  const { matrix, budget, warmUp, unit, relayCostMs, seed, nodes, rsps, exchange } = options
  if (warmUp === 'sweep' && matrix.length < 2) {
    throw new InvalidSettingError('--matrix', 'give at least two slices with --warm-up sweep: the first one is not judged')
  }
  if (exchange === true && rsps === 1) {
    throw new InvalidSettingError('--exchange', 'one RSP has nobody to exchange with: give --rsps 2 or more')
  }
  // what is there stays until there is something better
  await (await opened('--plot', options.plot, 'a'))?.close()
  let trace: TraceFile | undefined
  try {
    const traced = await opened('--trace', options.trace, 'w')
    trace = traced === undefined ? undefined : new TraceFile(traced)
    const report = await evaluate({
      files: matrix,
      budget,
      warmUp,
      relayCostMs,
      msPerUnit: unit === 's' ? 1_000 : 1,
      seed,
      ...(nodes === undefined ? {} : { nodes }),
      ...(rsps === 1 ? {} : { rsps, exchange }),
      schemes: options.compare && rsps === 1 ? [ENGINE, ...COMPARED] : [ENGINE],
      signal: terminal.signal,
      onProgress: (text) => { terminal.err(text) },
      onSlice: (slice) => trace?.write(slice)
    })
    // it took long: whatever may fail with the files comes after it
    for (const line of options.json === true ? [JSON.stringify(report)] : evaluateText(report)) {
      terminal.out(line)
    }
    if (options.plot !== undefined) {
      await writeFile(options.plot, plotSvg(report))
    }
  } finally {
    await trace?.close()
  }
}

/** Before anything is evaluated, for that takes long. @throws InvalidSettingError */
async function opened (flag: string, file: string | undefined, mode: 'a' | 'w'): Promise<FileHandle | undefined> {
  try {
    return file === undefined ? undefined : await open(file, mode)
  } catch (error) {
    throw new InvalidSettingError(flag, `cannot write there: ${(error as Error).message}`)
  }
}

function parseBudget (text: string): number {
  const share = Number(text)
  if (text.trim() === '' || !(share > 0 && share <= 1)) {
    throw new InvalidArgumentError('Expected a share above 0, at most 1; 0.05 is a twentieth.')
  }
  return share
}

function parseRelayCost (text: string): number {
  const ms = Number(text)
  if (text.trim() === '' || !(ms >= 0 && ms <= MAX_RELAY_COST_MS)) {
    throw new InvalidArgumentError(`Expected a number of ms from 0 to ${MAX_RELAY_COST_MS}.`)
  }
  return ms
}

function parseSeed (text: string): number {
  const seed = Number(text)
  if (text.trim() === '' || !Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${2 ** 32 - 1}.`)
  }
  return seed
}

function parseRsps (text: string): number {
  const rsps = Number(text)
  if (text.trim() === '' || !Number.isInteger(rsps) || rsps < 1 || rsps > MAX_RSPS) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_RSPS}.`)
  }
  return rsps
}

function parseNodes (text: string): number {
  const nodes = Number(text)
  if (text.trim() === '' || !Number.isInteger(nodes) || nodes < 2 || nodes > MAX_NODES) {
    throw new InvalidArgumentError(`Expected a whole number from 2 to ${MAX_NODES}.`)
  }
  return nodes
}
