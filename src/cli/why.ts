// `byway why DEST`: which route a channel uses and why, what else was offered and why not, and the last switches. The running host
// answers (why-report.ts); where none runs, one is started for a moment.
import { resolve as resolvePath } from 'node:path'
import { checkAnswer, ControlError, NoDaemonError, withDaemon } from './control-client.ts'
import { destinationArguments, parseDestination } from './destination.ts'
import { ExitCode } from './exit-codes.ts'
import { addHostSettings, readHostSettings, withHost } from './short-lived-host.ts'
import { OPEN_DEADLINE_MS } from './reach.ts'
import { readQuery } from './query-text.ts'
import { followChannel, whyAnswer, whyEvent, whyReport } from './why-report.ts'
import { endText, switchText, whyText } from './why-text.ts'
import type { Command } from 'commander'
import type { ControlClient } from './control-client.ts'
import type { Terminal } from './output.ts'
import type { OpensChannels, WhyEvent, WhyReport } from './why-report.ts'

/** A channel is opened, and within 15 s what is offered is measured. */
const ANSWER_DEADLINE_MS = OPEN_DEADLINE_MS + 20_000
/** As long as a timer can be set: whoever follows ends it himself. */
const FOLLOW_DEADLINE_MS = 2 ** 31 - 1
const MORE_SETTINGS = ['control', 'query', 'queries'] as const
const NO_HOST = 'no host of this user runs here, so there is no channel to explain (byway host keeps one running): a host is started for a moment'
const HELP = `
The running host (byway host) answers for the channel that it has, or opens one for the answer; where none runs, or with
--control off, a host is started for a moment, as by byway ping; so it is where --control is no flag, but a variable or a key of the
config file, and it is no host that takes commands there. A channel that has to be opened for the answer asks for what
--query says; one that is there already goes on asking for what it was opened with.

Exit codes: 0 it goes over a path, or directly since no path is better or nobody offers one; 1 no route answers; 2 error; 3 it
goes on the default route for another reason: no path is measured yet, or those there are do not work or are kept out. With
--follow it is how it went last: until Ctrl-C, or the end of the channel, whose reason is told.

Examples:
  byway why 12D3KooW…
  byway why --json 12D3KooW… | jq .verdict
  byway why --follow 12D3KooW…`

const EXITS: Record<WhyReport['kind'], ExitCode> = {
  path: ExitCode.done,
  direct: ExitCode.done,
  default: ExitCode.defaultForWant,
  none: ExitCode.noRoute
}

export function registerWhy (program: Command, terminal: Terminal): void {
  const command = program.command('why')
    .description('say which route leads to a host and why, what else was offered and why not, and the last switches')
    .argument('<DEST>', 'peer id, or multiaddr ending in /p2p/ID')
    .option('--follow', 'then tell of each switch, with its reason, until Ctrl-C or the end of the channel; with --json a line each')
  addHostSettings(command, MORE_SETTINGS)
    .addHelpText('after', HELP)
    .action(async (dest: string, flags: Record<string, unknown>) => {
      const destination = parseDestination(dest)
      const { control, query, queries, ...settings } = await readHostSettings(flags, terminal, MORE_SETTINGS)
      const wanted = readQuery({ query, queries })
      const args = { ...destinationArguments(destination), ...(wanted === undefined ? {} : { query: wanted }) }
      const show = (event: WhyEvent): void => { showEvent(event, settings.json === true, terminal) }
      const [byDaemon, byHost] = flags.follow === true
        ? [
            async (client: ControlClient) => follow(client, args, show, terminal),
            async (host: OpensChannels) => followChannel(host, destination.peer, terminal.signal, show, wanted)
          ]
        : [
            async (client: ControlClient) => {
              show({ report: checkAnswer(whyAnswer, await client.request('why', args, { deadlineMs: ANSWER_DEADLINE_MS, signal: terminal.signal })) })
            },
            async (host: OpensChannels) => { show({ report: await whyReport(host, destination.peer, terminal.signal, wanted) }) }
          ]
      if (!await askDaemon(control, flags.control !== undefined, byDaemon, terminal)) {
        await withHost(settings, destination, terminal, byHost)
      }
    })
}

/**
 * @param isNamed - on the command line; in a variable or a file, which serve all commands, it may be that of another daemon
 * @returns false where no host answers there, and it was not named
 */
async function askDaemon (control: string | false | undefined, isNamed: boolean, ask: (client: ControlClient) => Promise<void>, terminal: Terminal): Promise<boolean> {
  if (control === false) {
    return false
  }
  try {
    await withDaemon('host', control === undefined ? undefined : resolvePath(control), terminal, ask)
    return true
  } catch (error) {
    const isNoHost = error instanceof NoDaemonError || (error instanceof ControlError && error.code === 'UNKNOWN_COMMAND')
    if (isNamed || !isNoHost) {
      throw error
    }
    terminal.err(control === undefined ? NO_HOST : `${error.message}; a host is started for a moment`)
    return false
  }
}

async function follow (client: ControlClient, args: Record<string, unknown>, show: (event: WhyEvent) => void, terminal: Terminal): Promise<void> {
  try {
    await client.request('why.follow', args, {
      deadlineMs: FOLLOW_DEADLINE_MS,
      signal: terminal.signal,
      onEvent: (event) => { show(checkAnswer(whyEvent, event)) }
    })
  } catch (error) {
    // that is how the user ends it
    if (!terminal.signal.aborted) {
      throw error
    }
  }
}

function showEvent (event: WhyEvent, asJson: boolean, terminal: Terminal): void {
  if ('report' in event) {
    terminal.out(asJson ? JSON.stringify(event.report) : whyText(event.report).join('\n'))
    terminal.exit(EXITS[event.report.kind])
    return
  }
  if ('switch' in event) {
    terminal.exit(EXITS[event.switch.kind])
  }
  terminal.out(asJson ? JSON.stringify(event) : 'switch' in event ? switchText(event.switch) : endText(event.ended))
}
