// `byway status`: what the running daemons of this user do. Everything is in --json; the text shows what an operator asks for.
import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { BywayError } from '../../protocols/errors.ts'
import { addControlSettings, checkAnswer, connectAll, readControlSettings, NoDaemonError } from './control-client.ts'
import { clockText } from './clock-text.ts'
import { ExitCode } from './exit-codes.ts'
import { bytesText, countsText, durationText, numberText, wordsOf } from './number-text.ts'
import { defencesText, defencesView } from './defences-text.ts'
import { percentText, printable, short, table } from './output.ts'
import type { Command } from 'commander'
import type { ControlClient } from './control-client.ts'
import type { Terminal } from './output.ts'

const count = z.number().optional()
const counts = z.record(z.string(), z.number()).optional()

/** What a forwarder says of itself; all that a version does not know is left out. */
const forwarderView = z.looseObject({
  links: count,
  neighbours: count,
  attachments: count,
  loadBytesPerSecond: count,
  forwardedPackets: count,
  forwardedBytes: count,
  /** By reason. */
  dropped: counts,
  table: z.looseObject({
    paths: count,
    maxPaths: count,
    labels: count,
    pendingPaths: count,
    heldBytes: count,
    /** Null: what source routes without authority carried. */
    perRsp: z.array(z.looseObject({ rsp: z.string().nullable(), paths: z.number(), packets: z.number(), bytes: z.number(), sources: count })).optional()
  }).optional(),
  /** `queued`: wait for a signature check; `bits`: what a puzzle asks for now. */
  setUps: z.looseObject({
    installed: count, authenticated: count, refreshed: count, removed: count, refused: counts, queued: count, bits: count, isCalm: z.boolean().optional()
  }).optional()
})

const rspView = z.looseObject({
  mapKind: z.string().optional(),
  forwarders: count,
  links: count,
  plan: z.looseObject({ rounds: count, watchedLinks: count, possibleLinks: count, movedShare: count, givenLinks: count, auditedLinks: count }).optional(),
  survey: z.looseObject({
    links: count, suspects: count, rates: count, packetsPerSecond: count, bytesPerSecond: count, packetsPerLinkMinute: count, bytesPerLinkMinute: count
  }).optional(),
  exchange: z.looseObject({
    rivals: z.array(z.looseObject({
      rsp: z.string(), trust: z.number(), isCredible: z.boolean(), links: count, judgedTrue: count, judgedFalse: count, toldLinks: count, breaches: count, lastError: z.string().optional()
    }))
  }).optional(),
  archive: z.looseObject({ keptLinks: count, bytes: count, maxBytes: count, failure: z.string().optional() }).optional(),
  answered: count,
  unanswered: count
})

/** Of a host, made by daemon-role.ts. */
const hostView = z.looseObject({
  measuredForwarders: count,
  knownForwarders: count,
  knownRsps: count,
  channels: z.array(z.looseObject({ remote: z.string(), openedBy: z.string(), route: z.string() })).optional()
})

const daemonView = z.looseObject({
  role: z.string(),
  id: z.string(),
  network: z.string(),
  version: z.string(),
  pid: z.number(),
  uptimeMs: z.number(),
  addresses: z.array(z.string()),
  /** What was refused, by reason; an older daemon does not tell. */
  defences: defencesView.optional().catch(undefined),
  status: z.looseObject({})
})

/** A daemon's answer to the command `status`. */
export type DaemonStatus = z.output<typeof daemonView>

/** One daemon: where it takes commands, and what it said, or why it said nothing. */
export type DaemonRow = { control: string } & ({ daemon: DaemonStatus } | { error: { code: string, message: string } })

const WATCH_INTERVAL_MS = 2_000
const CLEAR_SCREEN = '\u001b[H\u001b[2J'
const STATUS_DEADLINE_MS = 5_000

const HELP = `
Of each channel of a host it says how it goes: via A→B (RSP x, −38 ms); direct, since no path is better or nobody offers one;
default (reason); or no route (reason). Of those that others have opened, what is seen of the route that they chose.

Exit codes: 0 a daemon has answered; 2 none runs here, none answers, or another error.

Example:
  byway status
  byway status --json | jq .daemons[0].status.table`

export function registerStatus (program: Command, terminal: Terminal): void {
  addControlSettings(program.command('status')
    .description('show what the running daemons of this user do: load, links, forwarding state, channels')
    .option('--watch', `show it every ${WATCH_INTERVAL_MS / 1_000} s until Ctrl-C`))
    .addHelpText('after', HELP)
    .action(async (flags: Record<string, unknown>) => {
      const { control, json } = await readControlSettings(flags, terminal)
      const isRedrawn = flags.watch === true && !json && process.stdout.isTTY
      const show = async (): Promise<void> => {
        const rows = await askAll(control, terminal)
        const text = json ? JSON.stringify({ daemons: rows.map(flat) }) : statusText(rows).join('\n')
        terminal.out(isRedrawn ? `${CLEAR_SCREEN}${text}` : text)
        terminal.exit(rows.some((row) => !('error' in row)) ? ExitCode.done : ExitCode.error)
      }
      await show()
      if (flags.watch === true) {
        await watch(show, terminal)
      }
    })
}

/** Daemons may come and go while one watches. */
async function watch (show: () => Promise<void>, terminal: Terminal): Promise<void> {
  for (;;) {
    await setTimeout(WATCH_INTERVAL_MS, undefined, { signal: terminal.signal }).catch(() => {})
    if (terminal.signal.aborted) {
      terminal.exit(ExitCode.done)
      return
    }
    try {
      await show()
    } catch (error) {
      // an end that the user wants is none to complain of, whatever was under way
      if (terminal.signal.aborted) {
        continue
      }
      if (!(error instanceof NoDaemonError)) {
        throw error
      }
      terminal.err(error.message)
    }
  }
}

async function askAll (control: string | undefined, terminal: Terminal): Promise<DaemonRow[]> {
  const clients = await connectAll(control, terminal)
  return Promise.all(clients.map(async (client) => askOne(client, terminal.signal)))
}

async function askOne (client: ControlClient, signal: AbortSignal): Promise<DaemonRow> {
  try {
    return { control: client.path, daemon: checkAnswer(daemonView, await client.request('status', {}, { signal, deadlineMs: STATUS_DEADLINE_MS })) }
  } catch (error) {
    if (!(error instanceof BywayError) || signal.aborted) {
      throw error
    }
    return { control: client.path, error: { code: error.code, message: error.message } }
  } finally {
    client.close()
  }
}

export function statusText (rows: readonly DaemonRow[]): string[] {
  return rows.flatMap((row, i) => [...(i === 0 ? [] : ['']), ...('error' in row ? [`${row.control}: ${row.error.message}`] : daemonText(row.daemon, row.control))]).map(printable)
}

function flat (row: DaemonRow): object {
  return 'error' in row ? row : { control: row.control, ...row.daemon }
}

function daemonText ({ role, id, network, version, pid, uptimeMs, addresses, defences, status }: DaemonStatus, control: string): string[] {
  const { clocksApart, ...others } = status
  const [facts, more = []] = roleText(role, others)
  return [
    `${role} ${id}`,
    ...table([
      ['  up', `${durationText(uptimeMs)}, network ${network}, version ${version}, process ${pid}`],
      ['  control', control],
      ...addresses.map((address, i) => [i === 0 ? '  listens on' : '', address]),
      ...[...clockFacts(clocksApart), ...facts, ...defencesText(defences)].map(([name, text]) => [`  ${name}`, text])
    ]),
    ...more
  ]
}

/** Name and text of each fact, and lines after these. */
type RoleText = [Array<[string, string]>, string[]?]

function roleText (role: string, status: Record<string, unknown>): RoleText {
  switch (role) {
    case 'forwarder': return forwarderText(forwarderView.safeParse(status).data)
    case 'rsp': return rspText(rspView.safeParse(status).data)
    case 'host': return hostText(hostView.safeParse(status).data)
    default: return [factsOf(status)]
  }
}

function forwarderText (view: z.output<typeof forwarderView> = {}): RoleText {
  const { table: state, setUps } = view
  const facts: Array<[string, string]> = [
    ['links', `${numberText(view.links)}, to ${numberText(view.neighbours)} neighbours and ${numberText(view.attachments)} attached nodes`],
    ['load', `${bytesText(view.loadBytesPerSecond)}/s`],
    ['forwarded', `${numberText(view.forwardedPackets)} packets, ${bytesText(view.forwardedBytes)}`],
    ['dropped', countsText(view.dropped)]
  ]
  if (state !== undefined) {
    facts.push(['paths', `${numberText(state.paths)} of at most ${numberText(state.maxPaths)}, ${numberText(state.pendingPaths)} pending; ${numberText(state.labels)} labels; ${bytesText(state.heldBytes)}`])
  }
  if (setUps !== undefined) {
    const { installed, authenticated, refreshed, removed, refused, queued, bits, isCalm } = setUps
    facts.push(
      ['set-ups', countsText({ installed: installed ?? 0, authenticated: authenticated ?? 0, refreshed: refreshed ?? 0, removed: removed ?? 0 })],
      ['refused', countsText(refused)]
    )
    if (isCalm === false) {
      facts.push(['under load', `${numberText(queued)} set-ups wait, puzzles have ${numberText(bits)} bits`])
    }
  }
  const rows = state?.perRsp ?? []
  return [facts, rows.length === 0
    ? []
    : ['', ...table([
        ['  RSP', 'paths', 'packets', 'bytes', ...(rows.some(({ sources }) => sources !== undefined) ? ['sources'] : [])],
        ...rows.map(({ rsp, paths, packets, bytes, sources }) => [
          `  ${rsp ?? 'none (source routes)'}`, numberText(paths), numberText(packets), bytesText(bytes), ...(sources === undefined ? [] : [numberText(sources)])
        ])
      ])]]
}

function rspText ({ mapKind, forwarders, links, plan, survey, exchange, archive, answered, unanswered }: z.output<typeof rspView> = {}): RoleText {
  const facts: Array<[string, string]> = [
    ['map', `by ${mapKind ?? '–'}: ${numberText(forwarders)} forwarders, ${numberText(links)} links (each direction counted)`],
    ['answers', `${numberText(answered)} given, ${numberText(unanswered)} without a path`]
  ]
  if (plan !== undefined) {
    const moved = plan.movedShare === undefined ? '' : `; ${percentText(plan.movedShare)} of the values moved in the last one`
    if ((plan.givenLinks ?? 0) > 0) {
      facts.splice(1, 0, ['is told', `${numberText(plan.givenLinks)} more in this round by other RSPs; measures ${numberText(plan.auditedLinks)} of theirs to know whether they are right`])
    }
    facts.splice(1, 0, ['measures', `${numberText(plan.watchedLinks)} of ${numberText(plan.possibleLinks)} links, ${numberText(plan.rounds)} rounds done${moved}`])
  }
  if (survey !== undefined) {
    facts.push(
      ['surveys', `bandwidth of ${numberText(survey.rates)} of ${numberText(survey.links)} links known; loss of ${numberText(survey.suspects)} looked at closely`],
      ['cost', `${numberText(survey.packetsPerSecond)} packets/s, ${bytesText(survey.bytesPerSecond)}/s; a link ${numberText(survey.packetsPerLinkMinute)} packets, ${bytesText(survey.bytesPerLinkMinute)} a minute each way`]
    )
  }
  if (archive !== undefined) {
    facts.push(archive.failure === undefined
      ? ['kept', `${numberText(archive.keptLinks)} links for the next start; with their history ${bytesText(archive.bytes)} of at most ${bytesText(archive.maxBytes)}`]
      : ['NOT KEPT', archive.failure])
  }
  if (exchange === undefined) {
    return [facts]
  }
  facts.push(['exchanges', exchange.rivals.length === 0 ? 'with nobody yet' : `with ${numberText(exchange.rivals.length)} RSPs`])
  return [facts, exchange.rivals.length === 0
    ? []
    : ['', ...table([
        ['  RSP', 'trust', 'its links', 'right', 'wrong', 'told', 'rubbish', 'trouble'],
        ...exchange.rivals.map(({ rsp, trust, isCredible, links: its, judgedTrue, judgedFalse, toldLinks, breaches, lastError }) => [
          `  ${rsp}`, `${trust.toFixed(2)}${isCredible ? '' : ', not believed'}`, numberText(its), numberText(judgedTrue), numberText(judgedFalse), numberText(toldLinks), numberText(breaches), lastError ?? ''
        ])
      ])]]
}

function hostText ({ measuredForwarders, knownForwarders, knownRsps, channels = [] }: z.output<typeof hostView> = {}): RoleText {
  return [[
    ['forwarders', `${numberText(knownForwarders)} known, ${numberText(measuredForwarders)} measured`],
    ['RSPs', `${numberText(knownRsps)} known`],
    ['channels', numberText(channels.length)]
  ], channels.length === 0
    ? []
    : ['', ...table(channels.map(({ remote, openedBy, route }) => [`  ${openedBy === 'here' ? 'to' : 'from'} ${short(remote)}`, route]))]]
}

/** One peer alone may have a wrong clock itself. */
function clockFacts (apart: unknown): Array<[string, string]> {
  return typeof apart === 'number' && apart >= 2 ? [['CLOCK', clockText(apart)]] : []
}

/** Numbers and texts under their own names: what is left for roles of which this version knows no more. */
function factsOf (status: Record<string, unknown>): Array<[string, string]> {
  return Object.entries(status).flatMap(([name, value]): Array<[string, string]> =>
    typeof value === 'number' ? [[wordsOf(name), numberText(value)]] : typeof value === 'string' ? [[wordsOf(name), value]] : [])
}
