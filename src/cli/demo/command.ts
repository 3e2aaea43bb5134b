// `byway demo` on the command line: progress on stderr, the report on stdout, then a live table until Ctrl-C.
import { ExitCode } from '../exit-codes.ts'
import { InvalidArgumentError, Option } from 'commander'
import { bundledMatrixFile } from '../../simulation/latency-matrix.ts'
import { liveTable, reportText } from './demo-text.ts'
import { runDemo } from './demo.ts'
import type { Command } from 'commander'
import type { RunningDemo } from './demo.ts'
import type { Terminal } from '../output.ts'

interface DemoOptions {
  once?: boolean
  json?: boolean
  forwarders: number
  pairs: number
  seed: number
  failing?: boolean
  minutes: number
  slice: string
}

const LIVE_INTERVAL_MS = 2_000
/** The same number says elsewhere that no route works: a host was not as well off as with none of this. */
const WORSE_EXIT = ExitCode.noRoute
const MOST_MINUTES = 1_440
const CLEAR_SCREEN = '\u001b[H\u001b[2J'
const HELP = `
Starts a bootstrap node, forwarders, two competing RSPs and hosts on this machine, over loopback TCP with Noise. The delay
between any two of them is that between two PlanetLab machines. Nodes know of the delays only what they measure.

With --failing, forwarders die and come back, or stand still with all their connections and go on: about ten in a minute, up to a
third of them at once, by the seed. Ten times a second, twenty while the flow seems to be worse off and twice while it is on the default
route, a datagram goes to the other host and back the way the flow goes, and a probe beside it on the default route. The report says for each pair of hosts how
often it changed its route, and the longest time that it was worse than its default route by more than 5 ms, beside the time
that it may take to notice that a path has failed (the greater of 300 ms and three round trips + 100 ms). Exit code 1: for some
host it was longer than that.

  byway demo --once --json | jq .improved
  byway demo --once --failing --minutes 10
  byway demo --forwarders 8 --pairs 6 --seed 3`

/** Each forwarder that comes back shakes hands with all others and all hosts: of more, two processors carry packets late meanwhile, which no network is. */
const FAILING_NODES = 12

export function registerDemo (program: Command, terminal: Terminal): void {
  program.command('demo')
    .description('see flows leave their default route for better ones: a whole overlay on this machine, on real Internet latencies')
    .option('--once', 'end after the report')
    .option('--json', 'the report as one JSON object')
    .option('--forwarders <n>', 'how many forwarders', count(1, 100), 24)
    .option('--pairs <n>', 'how many pairs of hosts', count(1, 100), 32)
    .option('--seed <n>', 'draws who is where', count(0, 2 ** 32 - 1), 1)
    .addOption(new Option('--failing', `forwarders fail and come back at random; says for how long any host was worse than its default route; with ${FAILING_NODES} forwarders and pairs unless you say otherwise`)
      .implies({ forwarders: FAILING_NODES, pairs: FAILING_NODES }))
    .addOption(new Option('--minutes <n>', 'how long they fail; implies --failing').argParser(minutes).default(10).implies({ failing: true, forwarders: FAILING_NODES, pairs: FAILING_NODES }))
    .option('--slice <file>', 'another matrix of round trips in ms: text or .gz, n lines of n numbers', bundledMatrixFile())
    .addHelpText('after', HELP)
    .action(async (options: DemoOptions) => { await demo(options, terminal) })
}

async function demo (options: DemoOptions, terminal: Terminal): Promise<void> {
  const startedMs = performance.now()
  const running = await runDemo({
    sliceFile: options.slice,
    forwarders: options.forwarders,
    pairs: options.pairs,
    seed: options.seed,
    failingMinutes: options.failing === true ? options.minutes : undefined,
    signal: terminal.signal,
    onProgress: (text) => { terminal.err(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(5)} s  ${text}`) }
  }).catch((error: unknown) => {
    if (terminal.signal.aborted) {
      return undefined
    }
    throw error
  })
  if (running === undefined) {
    // whoever waits for the report gets none; whoever looks on has ended it
    terminal.exit(options.once === true || options.json === true ? ExitCode.error : ExitCode.done)
    return
  }
  try {
    const lines = options.json === true ? [JSON.stringify(running.report)] : reportText(running.report)
    for (const line of lines) {
      terminal.out(line)
    }
    if (running.report.failing?.total.isMet === false) {
      terminal.exit(WORSE_EXIT)
    }
    if (options.once !== true) {
      await stayUp(running, terminal)
    }
  } finally {
    await running.overlay.stop()
  }
}

/** Shows what each channel does until the user ends it: as a table in a terminal, as one line a change elsewhere. */
async function stayUp ({ channels }: RunningDemo, terminal: Terminal): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    terminal.signal.addEventListener('abort', () => { resolve() }, { once: true })
    if (terminal.signal.aborted) {
      resolve()
    }
  })
  terminal.err('The overlay stays up; Ctrl-C ends it.')
  channels.forEach((channel, i) => {
    channel.addEventListener('route', ({ detail }) => {
      if (!process.stderr.isTTY) {
        terminal.err(`pair ${i + 1}: ${detail.text} (${detail.reason})`)
      }
    })
  })
  const timer = setInterval(() => {
    if (process.stderr.isTTY) {
      terminal.err(`${CLEAR_SCREEN}${liveTable(channels).join('\n')}\n\nCtrl-C ends it.`)
    }
  }, LIVE_INTERVAL_MS)
  await ended
  clearInterval(timer)
}

function minutes (text: string): number {
  const value = Number(text)
  if (!(value > 0) || value > MOST_MINUTES) {
    throw new InvalidArgumentError(`give minutes: a number above 0, at most ${MOST_MINUTES}.`)
  }
  return value
}

function count (min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`give an integer from ${min} to ${max}.`)
    }
    return value
  }
}
