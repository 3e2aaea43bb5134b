// `byway rsps`: what a running host thinks of the RSPs that it has dealt with, and why.
import { z } from 'zod'
import { addControlSettings, checkAnswer, readControlSettings, withDaemon } from './control-client.ts'
import { durationText } from './number-text.ts'
import { legend, msText, percentText, priceText, short, table } from './output.ts'
import type { Command } from 'commander'
import type { ControlCommands } from './control-server.ts'
import type { Standing } from '../host/provider-score.ts'
import type { RatedProvider, ScoreBoard } from '../host/score-board.ts'
import type { Terminal } from './output.ts'

const number = z.number().nullable()
const rspRow = z.looseObject({
  rsp: z.string(),
  standing: z.string(),
  kept: z.number(),
  promises: z.number(),
  broken: z.number(),
  covered: z.number(),
  rttBias: number,
  rttSpread: number,
  lossBias: number,
  available: z.number(),
  answers: z.number(),
  failures: z.number(),
  latencyMs: number,
  priceMicro: number,
  seenAtMs: z.number()
})

/** As the control channel gives it. */
export type RspRow = Omit<RatedProvider, 'standing'> & { standing: string }

const STANDINGS: readonly string[] = ['trusted', 'new', 'failing', 'distrusted'] satisfies Standing[]

/** The control command of a host: `rsps`. */
export function rspCommands (scores: Pick<ScoreBoard, 'list'>): ControlCommands {
  return new Map([['rsps', async () => scores.list]])
}

export function registerRsps (program: Command, terminal: Terminal): void {
  addControlSettings(program.command('rsps')
    .description('show what a running host thinks of the RSPs it deals with: promises against what was measured, availability, price'))
    .addHelpText('after', `
kept      share of its promises that it is expected to keep, and how many were judged and broken so far
within    share of measured round trips that are expected within the interval that it gives; 80 % is right
off by    how much longer (+) or shorter (−) round trips are measured than promised, and how far that varies
answers   share of queries that it is expected to answer, how many it did and did not, and how long it takes

An RSP that breaks its promises is distrusted: while there are others it is not asked, but for one flow in 25.
One that mostly does not answer is failing: it is left alone for five minutes at a time.

Example:
  byway rsps
  byway rsps --json | jq '.rsps[] | select(.standing == "distrusted")'`)
    .action(async (flags: Record<string, unknown>) => {
      const { control, json } = await readControlSettings(flags, terminal)
      const rsps = checkAnswer(z.array(rspRow), await withDaemon('host', control, terminal, async (client) =>
        client.request('rsps', {}, { signal: terminal.signal })))
      for (const line of json ? [JSON.stringify({ rsps })] : rspsText(rsps, Date.now())) {
        terminal.out(line)
      }
    })
}

export function rspsText (rows: readonly RspRow[], nowMs: number): string[] {
  if (rows.length === 0) {
    return ['no RSP has been asked yet']
  }
  const sorted = [...rows].sort((a, b) => STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) || b.kept - a.kept)
  return [
    ...table([
      ['RSP', 'standing', 'kept', 'within', 'off by', 'answers', 'price', 'last'],
      ...sorted.map((row) => [
        short(row.rsp),
        row.standing,
        `${percentText(row.kept)} (${row.promises} judged, ${row.broken} broken)`,
        row.promises === 0 ? '–' : percentText(row.covered),
        row.rttBias === null ? '–' : `${signedPercent(row.rttBias)} ± ${percentText(row.rttSpread ?? 0)}`,
        `${percentText(row.available)} (${row.answers} of ${row.answers + row.failures})${row.latencyMs === null ? '' : ` in ${msText(row.latencyMs)}`}`,
        priceText(row.priceMicro),
        `${durationText(Math.max(0, nowMs - row.seenAtMs))} ago`
      ])
    ]),
    '',
    ...legend(sorted.map(({ rsp }) => rsp))
  ]
}

function signedPercent (share: number): string {
  return `${share < 0 ? '−' : '+'}${percentText(Math.abs(share))}`
}
