// `byway history`: what a running RSP has believed of its links in the past, for the operator who asks why a path was sold.
import { Option } from 'commander'
import { z } from 'zod'
import { MalformedMessageError } from '../../protocols/errors.ts'
import { addControlSettings, checkAnswer, readControlSettings, withDaemon } from './control-client.ts'
import { InvalidSettingError } from './errors.ts'
import { legend, msText, percentText, priceText, rateText, short, table } from './output.ts'
import type { Command } from 'commander'
import type { ControlCommand, ControlCommands } from './control-server.ts'
import type { MapHistory } from '../rsp/map-history.ts'
import type { Terminal } from './output.ts'

/** A line of JSON has at most 500 bytes: what the control channel takes in one answer. */
const MAX_SAMPLES = 30_000
/** A row has at most 300. */
const MAX_LINKS = 30_000
const DEFAULT_SINCE_MS = 3_600_000
const DEADLINE_MS = 30_000
const PPM = 1e6
/** Shorter endings stand for too many. */
const MIN_ID_LETTERS = 4

const end = z.string().min(MIN_ID_LETTERS).max(128)
const sinceMs = z.number().int().min(1)
const historyArguments = z.strictObject({ link: z.tuple([end, end]), sinceMs, limit: z.number().int().min(1).max(MAX_SAMPLES).default(MAX_SAMPLES) })
const summaryArguments = z.strictObject({ sinceMs, limit: z.number().int().min(1).max(MAX_LINKS).default(MAX_LINKS) })

const direction = z.looseObject({
  bytesPerSecond: z.number().nullable(), rateIsFloor: z.boolean(), loadBytesPerSecond: z.number().nullable(), priceMicroPerGb: z.number().nullable()
})
const sample = z.looseObject({
  a: z.string(), b: z.string(), atMs: z.number(), rttUs: z.number().nullable(), jitterUs: z.number(), lossPpm: z.number(), forth: direction, back: direction
})
const historyAnswer = z.looseObject({ samples: z.array(sample), isCut: z.boolean() })
const linkRow = z.looseObject({
  a: z.string(), b: z.string(), lines: z.number(), atMs: z.number(), rttUs: z.number().nullable(), leastRttUs: z.number().nullable(), mostRttUs: z.number().nullable()
})
const summaryAnswer = z.looseObject({ links: z.array(linkRow), isCut: z.boolean() })

type Sample = z.output<typeof sample>
type LinkRow = z.output<typeof linkRow>
type Direction = z.output<typeof direction>

/** The control commands of an RSP: `history` of a link, and `history.summary` of all; `sinceMs` is counted back from now. */
export function historyCommands (history: Pick<MapHistory, 'read' | 'summary'>, now: () => number = Date.now): ControlCommands {
  return new Map<string, ControlCommand>([
    ['history', async (args, { signal }) => {
      const query = check(historyArguments, args)
      return history.read({ ...query, sinceMs: now() - query.sinceMs }, signal)
    }],
    ['history.summary', async (args, { signal }) => {
      const query = check(summaryArguments, args)
      return history.summary({ ...query, sinceMs: now() - query.sinceMs }, signal)
    }]
  ])
}

function check<T extends z.ZodType> (schema: T, args: unknown): z.output<T> {
  const parsed = schema.safeParse(args)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new MalformedMessageError(`arguments: ${issue.path.join('.')} ${issue.message}`.trim())
  }
  return parsed.data
}

export function registerHistory (program: Command, terminal: Terminal): void {
  addControlSettings(program.command('history')
    .description('show what a running RSP has believed of its links: values that moved, and one every quarter of an hour')
    .option('--link <a,b>', 'of the link between these forwarders only: peer ids, or their ends (default: a summary of all links)', parseLink)
    .addOption(new Option('--since <time>', 'from so long ago on: 90s, 30min, 1h, 7d').argParser(parseSince).default(DEFAULT_SINCE_MS, '1h')))
    .addHelpText('after', '\nTimes are in UTC. A gap of more than a quarter of an hour means that nothing was heard of the link.\n\nExample:\n  byway history --since 1d\n  byway history --link MtimQ5,8xWkPd --json')
    .action(async ({ link, since, ...flags }: Record<string, unknown>) => {
      const { control, json } = await readControlSettings(flags, terminal)
      const ask = async (command: string, args: object): Promise<unknown> => withDaemon('rsp', control, terminal, async (client) =>
        client.request(command, { ...args, sinceMs: since }, { deadlineMs: DEADLINE_MS, signal: terminal.signal }))
      const show = (answer: object, text: string[]): void => {
        for (const line of json ? [JSON.stringify(answer)] : text) {
          terminal.out(line)
        }
      }
      if (link === undefined) {
        const { links, isCut } = checkAnswer(summaryAnswer, await ask('history.summary', {}))
        show({ links, isCut }, summaryText(links))
        if (isCut) {
          terminal.err(`there are more: these are ${links.length} of the links; ask with a shorter --since`)
        }
        return
      }
      const { samples, isCut } = checkAnswer(historyAnswer, await ask('history', { link }))
      show({ samples, isCut }, samplesText(samples))
      if (isCut) {
        terminal.err(`there is more: these are the first ${samples.length} lines; ask with a shorter --since`)
      }
    })
}

/** Of one link, line by line; traffic and prices where there were any, by direction. */
export function samplesText (samples: readonly Sample[]): string[] {
  if (samples.length === 0) {
    return ['nothing was heard of this link in that time']
  }
  const [{ a, b }] = samples
  const hasTraffic = samples.some(({ forth, back }) => [forth, back].some(({ bytesPerSecond, loadBytesPerSecond, priceMicroPerGb }) =>
    bytesPerSecond !== null || (loadBytesPerSecond ?? 0) > 0 || (priceMicroPerGb ?? 0) > 0))
  const head = ['time', 'round trip', 'jitter', 'loss', ...hasTraffic ? ['rate →', 'load →', 'per GB →', 'rate ←', 'load ←', 'per GB ←'] : []]
  const lines = table([
    head,
    ...samples.map(({ atMs, rttUs, jitterUs, lossPpm, forth, back }) => [
      timeText(atMs),
      ...rttUs === null
        ? head.slice(1).map((_, i) => i === 0 ? 'gone' : '')
        : [msText(rttUs / 1_000), msText(jitterUs / 1_000), percentText(lossPpm / PPM), ...hasTraffic ? [forth, back].flatMap(directionText) : []]
    ])
  ])
  return hasTraffic ? [...lines, '', `→ from ${short(a)} to ${short(b)}; ≥ the link was never full, and may deliver more`] : lines
}

function directionText ({ bytesPerSecond, rateIsFloor, loadBytesPerSecond, priceMicroPerGb }: Direction): string[] {
  return [`${rateIsFloor ? '≥ ' : ''}${rateText(bytesPerSecond)}`, rateText(loadBytesPerSecond), priceText(priceMicroPerGb)]
}

/** A line for each link. */
export function summaryText (links: readonly LinkRow[]): string[] {
  return links.length === 0
    ? ['nothing was heard of any link in that time']
    : [
        ...table([['link', 'lines', 'last', 'now', 'least', 'most'], ...links.map(summaryRow)]),
        '',
        ...legend(links.flatMap(({ a, b }) => [a, b]))
      ]
}

function summaryRow ({ a, b, lines, atMs, rttUs, leastRttUs, mostRttUs }: LinkRow): string[] {
  const text = (us: number | null, none: string): string => us === null ? none : msText(us / 1_000)
  return [`${short(a)} – ${short(b)}`, String(lines), timeText(atMs), text(rttUs, 'gone'), text(leastRttUs, '–'), text(mostRttUs, '–')]
}

/** To the second, in UTC. */
function timeText (atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')
}

const UNITS_MS: Record<string, number> = { s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

function parseSince (text: string): number {
  const [, digits, unit] = /^(\d{1,6})\s*(s|min|m|h|d)$/.exec(text.trim()) ?? []
  if (digits === undefined || Number(digits) === 0) {
    throw new InvalidSettingError('--since', `expected a time such as 90s, 30min, 1h or 7d; got "${text}"`)
  }
  return Number(digits) * UNITS_MS[unit]
}

function parseLink (text: string): string[] {
  const ends = text.split(',').map((id) => id.trim())
  if (ends.length !== 2 || ends[0] === ends[1] || ends.some((id) => !end.safeParse(id).success)) {
    throw new InvalidSettingError('--link', `expected two different peer ids, or at least ${MIN_ID_LETTERS} letters from the end of each, separated by a comma; got "${text}"`)
  }
  return ends
}
