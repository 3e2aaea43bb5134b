// `byway usage`: what a running forwarder has carried for whom. `byway receipts`: what forwarders have signed that they carried on the
// paths of a running RSP. The one is what an operator bills, the other what an RSP checks.
import { z } from 'zod'
import { addControlSettings, checkAnswer, readControlSettings, withDaemon } from './control-client.ts'
import { short, table } from './output.ts'
import type { ControlCommand, ControlCommands } from './control-server.ts'
import type { Terminal } from './output.ts'
import type { Command } from 'commander'
import type { PeerId } from '@libp2p/interface'

const amount = { packets: z.number(), bytes: z.number() }
const usageRow = z.looseObject({ next: z.string().nullable(), ...amount })
const rspUsage = z.looseObject({
  rsp: z.string(),
  /** Unix time, ms. */
  sinceMs: z.number(),
  ...amount,
  /** By path number; null: paths that have no row of their own any more. */
  paths: z.array(usageRow.extend({ path: z.number().nullable() })),
  /** By node id of the source, in hex. */
  sources: z.array(usageRow.extend({ source: z.string().nullable() }))
})
const receipt = z.looseObject({
  forwarder: z.string(),
  sinceMs: z.number().nullable(),
  packets: z.number(),
  bytes: z.number(),
  error: z.string().nullable()
})

export type UsageReport = z.output<typeof rspUsage>
export type ReceiptReport = z.output<typeof receipt>

interface Row<K> { key: K | undefined, next: PeerId | undefined, packets: number, bytes: number }

/** What the command needs of a forwarder. */
export interface CountsUsage {
  usage: () => Array<{ rsp: PeerId, sinceMs: number, packets: number, bytes: number, paths: Array<Row<number>>, sources: Array<Row<string>> }>
}

/** What the command needs of an RSP. */
export interface CollectsReceipts {
  receipts: () => Promise<Array<{ forwarder: PeerId, receipt?: { sinceMs: number, packets: number, bytes: number }, error?: Error }>>
}

const RECEIPTS_DEADLINE_MS = 60_000

export function usageCommands (forwarder: CountsUsage): ControlCommands {
  const row = <K>({ key, next, packets, bytes }: Row<K>): { key: K | null, next: string | null, packets: number, bytes: number } => ({ key: key ?? null, next: next?.toString() ?? null, packets, bytes })
  return new Map<string, ControlCommand>([['usage', async () => forwarder.usage().map(({ rsp, paths, sources, ...total }) => ({
    rsp: rsp.toString(),
    ...total,
    paths: paths.map(row).map(({ key, ...rest }) => ({ path: key, ...rest })),
    sources: sources.map(row).map(({ key, ...rest }) => ({ source: key, ...rest }))
  }))]])
}

export function receiptCommands (rsp: CollectsReceipts): ControlCommands {
  return new Map<string, ControlCommand>([['receipts', async () => (await rsp.receipts()).map(({ forwarder, receipt: given, error }) => ({
    forwarder: forwarder.toString(),
    sinceMs: given?.sinceMs ?? null,
    packets: given?.packets ?? 0,
    bytes: given?.bytes ?? 0,
    error: error?.message ?? null
  }))]])
}

export function registerUsage (program: Command, terminal: Terminal): void {
  addControlSettings(program.command('usage')
    .description('show what a running forwarder has carried: for each RSP by source and link; with --json by path, too'))
    .addHelpText('after', '\nExample:\n  byway usage --json')
    .action(async (flags: Record<string, unknown>) => {
      const { control, json } = await readControlSettings(flags, terminal)
      const usage = checkAnswer(z.array(rspUsage), await withDaemon('forwarder', control, terminal, async (client) => client.request('usage', {}, { signal: terminal.signal })))
      terminal.out(json ? JSON.stringify(usage) : usageText(usage).join('\n'))
    })
  addControlSettings(program.command('receipts')
    .description('fetch and check the signed receipts of all forwarders, for what they carried on paths of a running RSP'))
    .addHelpText('after', '\nExample:\n  byway receipts --json')
    .action(async (flags: Record<string, unknown>) => {
      const { control, json } = await readControlSettings(flags, terminal)
      const receipts = checkAnswer(z.array(receipt), await withDaemon('rsp', control, terminal, async (client) =>
        client.request('receipts', {}, { signal: terminal.signal, deadlineMs: RECEIPTS_DEADLINE_MS })))
      terminal.out(json ? JSON.stringify(receipts) : receiptsText(receipts).join('\n'))
    })
}

export function usageText (usage: readonly UsageReport[]): string[] {
  if (usage.length === 0) {
    return ['nothing was carried on the paths of an RSP']
  }
  return usage.flatMap(({ rsp, sinceMs, packets, bytes, sources }) => [
    `RSP ${rsp}: ${packets} packets, ${bytes} bytes since ${new Date(sinceMs).toISOString()}`,
    ...table([['source', 'over the link to', 'packets', 'bytes'], ...sources.map((row) =>
      [row.source?.slice(0, 12) ?? 'others', row.next === null ? 'its end' : short(row.next), String(row.packets), String(row.bytes)])]),
    ''
  ])
}

export function receiptsText (receipts: readonly ReceiptReport[]): string[] {
  return table([['forwarder', 'packets', 'bytes', 'since'], ...receipts.map(({ forwarder, packets, bytes, sinceMs, error }) =>
    [forwarder, String(packets), String(bytes), error ?? (sinceMs === null ? 'nothing carried' : new Date(sinceMs).toISOString())])])
}
