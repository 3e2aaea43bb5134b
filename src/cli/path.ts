// Forwarding state from the command line: `byway path` has a running host install, show and remove paths, which live as long
// as that host refreshes them; `byway revoke` and `byway reinstate` tell a running forwarder whose paths it takes no more.
import { Option } from 'commander'
import { peerIdFromString } from '@libp2p/peer-id'
import { z } from 'zod'
import { BywayError, MalformedMessageError } from '../../protocols/errors.ts'
import { addControlSettings, checkAnswer, readControlSettings, withDaemon } from './control-client.ts'
import { DIAL_DEADLINE_MS, destinationArguments, parseDestination, readDestination } from './destination.ts'
import { InvalidSettingError } from './errors.ts'
import { legend, msText, pathText, short, table } from './output.ts'
import type { PeerId } from '@libp2p/interface'
import type { Command } from 'commander'
import type { InstalledPathStatus, InstalledPaths } from '../host/installed-paths.ts'
import type { SetUpStyle, Want } from '../host/set-up-style.ts'
import type { ControlCommand, ControlCommands } from './control-server.ts'
import type { Introduce } from './destination.ts'
import type { Terminal } from './output.ts'

export const SET_UP_STYLES = ['one-pass', 'hop-by-hop'] as const satisfies SetUpStyle[]
const WANTS = ['labels', 'authenticators'] as const satisfies Want[]

/** What a host can do with paths. */
export type InstalledPathsLike = Pick<InstalledPaths, 'install' | 'list' | 'remove'>

/** What a forwarder can do with RSPs. */
export interface RevokesRsps {
  /** Ends the paths of the RSP before it returns. */
  revoke: (rsp: PeerId) => void
  reinstate: (rsp: PeerId) => void
  readonly status: { table: { paths: number } }
}

/** The host holds no path of this id. */
export class UnknownPathError extends BywayError {
  override readonly name = 'UnknownPathError'
  readonly code = 'UNKNOWN_PATH'
}

/** As many forwarders as a path may have. */
const MAX_VIA = 16
/** Forwarders have 10 s to answer each; a path may be tried in more than one way. Before that the destination may be dialled. */
const INSTALL_DEADLINE_MS = DIAL_DEADLINE_MS + 30_000
const REMOVE_DEADLINE_MS = 15_000

const peer = z.string().max(128).transform((text, context): PeerId => {
  try {
    return peerIdFromString(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'expected a peer id' })
    return z.NEVER
  }
})
const forwarders = z.array(peer).min(1).max(MAX_VIA)
  .refine((ids) => new Set(ids.map(String)).size === ids.length, 'a path visits no forwarder twice')
const installArguments = z.strictObject({
  via: forwarders.optional(),
  style: z.enum(SET_UP_STYLES).default('one-pass'),
  want: z.enum(WANTS).default('labels')
})
const removeArguments = z.strictObject({ id: z.string().min(1).max(128) })
const rspArguments = z.strictObject({ rsp: peer })
const revocation = z.looseObject({ rsp: z.string(), endedPaths: z.number() })

type Revocation = z.output<typeof revocation>

const pathRow = z.looseObject({
  id: z.string(),
  destination: z.string(),
  forwarders: z.array(z.string()),
  rsp: z.string(),
  style: z.string(),
  want: z.string(),
  label: z.string().nullable(),
  state: z.string(),
  leaseMs: z.number(),
  setUpMs: z.number(),
  rttMs: z.number().nullable()
})

/** A path as the control channel shows it: after `leaseMs` its offer ends, and the host has set it up under another one. */
export type PathRow = z.output<typeof pathRow>

/** The control commands of a host: `path.install`, `path.show` and `path.remove`. */
export function pathCommands (paths: InstalledPathsLike, introduce: Introduce = async () => {}, now: () => number = Date.now): ControlCommands {
  const row = (status: InstalledPathStatus): PathRow => ({ ...status, leaseMs: Math.max(0, status.expiresAtMs - now()) })
  return new Map<string, ControlCommand>([
    ['path.install', async ({ destination: id, address, ...args }, { signal }) => {
      const destination = readDestination({ destination: id, address })
      const options = parseArguments(installArguments, args)
      await introduce(destination, signal)
      return row(await paths.install(destination.peer, { ...options, signal }))
    }],
    ['path.show', async () => paths.list().map(row)],
    ['path.remove', async (args) => {
      const { id } = parseArguments(removeArguments, args)
      if (!paths.list().some((path) => path.id === id)) {
        throw new UnknownPathError(`no path "${id}" is installed: byway path show lists those that are`)
      }
      await paths.remove(id)
      return { id }
    }]
  ])
}

/** The control commands of a forwarder: `revoke` and `reinstate`. */
export function revocationCommands (forwarder: RevokesRsps): ControlCommands {
  return new Map<string, ControlCommand>([
    ['revoke', async (args) => {
      const { rsp } = parseArguments(rspArguments, args)
      const before = forwarder.status.table.paths
      forwarder.revoke(rsp)
      return { rsp: rsp.toString(), endedPaths: before - forwarder.status.table.paths }
    }],
    ['reinstate', async (args) => {
      const { rsp } = parseArguments(rspArguments, args)
      forwarder.reinstate(rsp)
      return { rsp: rsp.toString(), endedPaths: 0 }
    }]
  ])
}

export function registerPath (program: Command, terminal: Terminal): void {
  const group = program.command('path')
    .description('install paths as state in forwarders, through a running host (byway host)')
    .addHelpText('after', '\nExample:\n  byway path install 12D3KooW…\n  byway path show\n  byway path remove ID')
  addControlSettings(group.command('install')
    .description('have the host install a path, and keep it until it is removed or the host ends')
    .argument('<DEST>', 'peer id, or multiaddr ending in /p2p/ID')
    .option('--via <id,id,…>', 'along these forwarders, entry first (default: the best path that an RSP offers)', parseVia)
    .addOption(new Option('--style <style>', 'hand the order on from forwarder to forwarder, or ask each by itself').choices(SET_UP_STYLES).default('one-pass'))
    .addOption(new Option('--want <kind>', 'labels: state in each forwarder; authenticators: proofs in each packet').choices(WANTS).default('labels')))
    .addHelpText('after', '\nExample:\n  byway path install --style hop-by-hop 12D3KooW…')
    .action(async (dest: string, { via, style, want, ...flags }: Record<string, unknown>) => {
      const args = { ...destinationArguments(parseDestination(dest)), via, style, want }
      await ask({ role: 'host', command: 'path.install', args, answer: pathRow, text: installedText, deadlineMs: INSTALL_DEADLINE_MS }, flags, terminal)
    })
  addControlSettings(group.command('show').description('show the paths that the host has installed'))
    .addHelpText('after', '\nExample:\n  byway path show --json')
    .action(async (flags: Record<string, unknown>) => {
      await ask({ role: 'host', command: 'path.show', args: {}, answer: z.array(pathRow), text: pathsText }, flags, terminal)
    })
  addControlSettings(group.command('remove').description('have the host remove a path').argument('<ID>', 'as byway path show gives it'))
    .addHelpText('after', '\nExample:\n  byway path remove p1')
    .action(async (id: string, flags: Record<string, unknown>) => {
      const text = (): string[] => [`removed ${id}`]
      await ask({ role: 'host', command: 'path.remove', args: { id }, answer: z.unknown(), text, deadlineMs: REMOVE_DEADLINE_MS }, flags, terminal)
    })
}

export function registerRevocation (program: Command, terminal: Terminal): void {
  const commands = [{
    name: 'revoke',
    about: 'have a running forwarder end the paths of an RSP, and take no more of them until it is told otherwise or ends',
    text: ({ rsp, endedPaths }: Revocation) => [`the forwarder takes no paths of RSP ${rsp}; ${endedPaths} ended`]
  }, {
    name: 'reinstate',
    about: 'have a running forwarder take the paths of an RSP again',
    text: ({ rsp }: Revocation) => [`the forwarder takes paths of RSP ${rsp} again, if its settings allow`]
  }]
  for (const { name, about, text } of commands) {
    addControlSettings(program.command(name).description(about).argument('<RSP>', 'peer id'))
      .addHelpText('after', `\nWhat lasts over restarts is the setting --revoked of byway forwarder.\n\nExample:\n  byway ${name} 12D3KooW…`)
      .action(async (rsp: string, flags: Record<string, unknown>) => {
        if (!peer.safeParse(rsp).success) {
          throw new InvalidSettingError('RSP', `expected a peer id such as 12D3KooW…; got "${rsp}"`)
        }
        await ask({ role: 'forwarder', command: name, args: { rsp }, answer: revocation, text }, flags, terminal)
      })
  }
}

export function installedText (row: PathRow): string[] {
  return [
    `installed ${row.id}`,
    `  to ${row.destination}`,
    `  via ${pathText(row.forwarders)} (RSP ${short(row.rsp)}), ${row.style}`,
    `  ${row.label === null ? row.want : `label ${row.label} at the first forwarder`}`,
    `  set up in ${msText(row.setUpMs)}, round trip ${msText(row.rttMs)}; the offer holds for ${Math.round(row.leaseMs / 1_000)} s, and is renewed`,
    '',
    ...legend([row.rsp, ...row.forwarders])
  ]
}

export function pathsText (rows: readonly PathRow[]): string[] {
  if (rows.length === 0) {
    return ['no path is installed']
  }
  return [
    ...table([
      ['id', 'to', 'via', 'RSP', 'style', 'holds', 'state', 'offer', 'set-up', 'round trip'],
      ...rows.map((row) => [
        row.id, short(row.destination), pathText(row.forwarders), short(row.rsp), row.style, row.want, row.state,
        `${Math.round(row.leaseMs / 1_000)} s`, msText(row.setUpMs), msText(row.rttMs)
      ])
    ]),
    '',
    ...legend(rows.flatMap(({ destination, rsp, forwarders }) => [destination, rsp, ...forwarders]))
  ]
}

interface Question<T> {
  role: string
  command: string
  args: Record<string, unknown>
  answer: z.ZodType<T>
  text: (answer: T) => string[]
  deadlineMs?: number
}

/** Has the daemon do it, and prints what it says. */
async function ask<T> ({ role, command, args, answer, text, deadlineMs }: Question<T>, flags: Record<string, unknown>, terminal: Terminal): Promise<void> {
  const { control, json } = await readControlSettings(flags, terminal)
  const result = checkAnswer(answer, await withDaemon(role, control, terminal, async (client) =>
    client.request(command, args, { deadlineMs, signal: terminal.signal })))
  for (const line of json ? [JSON.stringify(result)] : text(result)) {
    terminal.out(line)
  }
}

function parseVia (text: string): string[] {
  const ids = text.split(',').map((id) => id.trim())
  if (!forwarders.safeParse(ids).success) {
    throw new InvalidSettingError('--via', `expected up to ${MAX_VIA} peer ids of forwarders, entry first, none of them twice, separated by commas; got "${text}"`)
  }
  return ids
}

function parseArguments<T> (schema: z.ZodType<T>, args: unknown): T {
  const parsed = schema.safeParse(args)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new MalformedMessageError(`arguments: ${issue.path.join('.')} ${issue.message}`.trim())
  }
  return parsed.data
}
