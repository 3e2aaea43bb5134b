// `byway demo` on the command line: progress on stderr, the report on stdout, then a live table until Ctrl-C.
import { InvalidArgumentError } from 'commander'
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
  slice: string
}

const LIVE_INTERVAL_MS = 2_000
const CLEAR_SCREEN = '\u001b[H\u001b[2J'
const HELP = `
Starts a bootstrap node, forwarders, two competing RSPs and hosts on this machine, over loopback TCP with Noise. The delay
between any two of them is that between two PlanetLab machines. Nodes know of the delays only what they measure.

  byway demo --once --json | jq .improved
  byway demo --forwarders 8 --pairs 6 --seed 3`

export function registerDemo (program: Command, terminal: Terminal): void {
  program.command('demo')
    .description('see flows leave their default route for better ones: a whole overlay on this machine, on real Internet latencies')
    .option('--once', 'end after the report')
    .option('--json', 'the report as one JSON object')
    .option('--forwarders <n>', 'how many forwarders', count(1, 100), 24)
    .option('--pairs <n>', 'how many pairs of hosts', count(1, 100), 32)
    .option('--seed <n>', 'draws who is where', count(0, 2 ** 32 - 1), 1)
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
    signal: terminal.signal,
    onProgress: (text) => { terminal.err(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(5)} s  ${text}`) }
  }).catch((error: unknown) => {
    if (terminal.signal.aborted) {
      return undefined
    }
    throw error
  })
  if (running === undefined) {
    return
  }
  try {
    const lines = options.json === true ? [JSON.stringify(running.report)] : reportText(running.report)
    for (const line of lines) {
      terminal.out(line)
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

function count (min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`give an integer from ${min} to ${max}.`)
    }
    return value
  }
}
