// `byway ping DEST`: a channel's default and chosen route side by side, a line per tick, and every switch with its reason.
import { InvalidArgumentError, Option } from 'commander'
import { parseDestination } from './destination.ts'
import { ExitCode } from './exit-codes.ts'
import { PingSession } from './ping-session.ts'
import { msText, short } from './output.ts'
import { addHostSettings, readHostSettings, withHost } from './short-lived-host.ts'
import { pause } from '../discovery/pause.ts'
import type { Command } from 'commander'
import type { Host } from '../host/host.ts'
import type { PeerId } from '@libp2p/interface'
import type { PingTick } from './ping-session.ts'
import type { Terminal } from './output.ts'

const MIN_INTERVAL_S = 0.3
const MAX_INTERVAL_S = 3_600
const MAX_COUNT = 1e9

const HELP = `
Each line ends with how the channel goes: via A→B (RSP x, −38 ms); direct, since no path is better or nobody offers one;
default (reason); or no route (reason).

Exit codes: 0 an answer came; 1 the host cannot be reached, or none of the echoes was answered; 2 error.

Example:
  byway ping --count 10 --bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW… 12D3KooW…`

interface PingFlags {
  interval: number
  count: number
  preferPath?: boolean
}

export function registerPing (program: Command, terminal: Terminal): void {
  const command = program.command('ping')
    .description('measure the default and the chosen route to a host, side by side, until Ctrl-C')
    .argument('<DEST>', 'peer id, or multiaddr ending in /p2p/ID')
    .option('--interval <seconds>', 'print a line so often', numberFrom(MIN_INTERVAL_S, MAX_INTERVAL_S), 1)
    .addOption(new Option('--count <n>', 'end after so many lines').argParser(numberFrom(1, MAX_COUNT, true)).default(Infinity, 'no end'))
    .option('--prefer-path', 'use the best path that answers even where the default route is faster')
  addHostSettings(command)
    .addHelpText('after', HELP)
    .action(async (dest: string, flags: Record<string, unknown>) => {
      const destination = parseDestination(dest)
      const settings = await readHostSettings(flags, terminal)
      const { answered, lines } = await withHost(settings, destination, terminal, async (host) =>
        ping(host, destination.peer, flags as unknown as PingFlags, settings.json === true, terminal))
      // interrupted before anything was tried
      terminal.exit(lines === 0 ? ExitCode.error : answered === 0 ? ExitCode.noRoute : ExitCode.done)
    })
}

/** @returns lines, and how many of them with an answer */
async function ping (host: Host, peer: PeerId, { interval, count, preferPath }: PingFlags, asJson: boolean, terminal: Terminal): Promise<{ lines: number, answered: number }> {
  const session = new PingSession(host, peer, { preferPath })
  await session.open(terminal.signal)
  let [lines, answered] = [0, 0]
  for (let tick = 1; tick <= count; tick++) {
    await pause(1_000 * interval, terminal.signal)
    if (terminal.signal.aborted) {
      break
    }
    const state = session.tick(tick)
    lines++
    answered += state.answered ? 1 : 0
    for (const line of asJson ? [JSON.stringify(state)] : tickText(state)) {
      terminal.out(line)
    }
  }
  session.close()
  return { lines, answered }
}

export function tickText ({ tick, defaultRttMs, chosen, answered, switches }: PingTick): string[] {
  const rsp = chosen.rsp === null || chosen.rsp === 'default' ? '' : ` of RSP ${short(chosen.rsp)}`
  return [
    ...switches.map(({ route, reason }) => `    now ${route}${route.includes(reason) ? '' : `: ${reason}`}`),
    `${String(tick).padStart(3)} default ${msText(defaultRttMs)}   chosen ${answered ? msText(chosen.measuredRttMs) : 'no answer'}${rsp}   ${chosen.route}`
  ]
}

function numberFrom (min: number, max: number, isWhole = false): (text: string) => number {
  return (text) => {
    const n = Number(text)
    if (text.trim() === '' || !(n >= min && n <= max) || (isWhole && !Number.isInteger(n))) {
      throw new InvalidArgumentError(`Expected a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}.`)
    }
    return n
  }
}
