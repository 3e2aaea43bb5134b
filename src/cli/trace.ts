// `byway trace DEST`: how long it takes to each forwarder of a path, and what each hop adds; along source routes, or with
// --labelled along a path that is installed for it.
import { Option } from 'commander'
import { InvalidSettingError, OverlayIncompleteError } from './errors.ts'
import { parseDestination, parsePath } from './destination.ts'
import { ExitCode } from './exit-codes.ts'
import { measureHops } from './measured-rtt.ts'
import { msText, rounded, table } from './output.ts'
import { OPEN_DEADLINE_MS, reach } from './reach.ts'
import { SET_UP_STYLES } from './path.ts'
import { addHostSettings, readHostSettings, withHost } from './short-lived-host.ts'
import type { Command } from 'commander'
import type { Host } from '../host/host.ts'
import type { ChannelStatus, RouteStatus } from '../host/channel-status.ts'
import type { SetUpStyle } from '../host/set-up-style.ts'
import type { PeerId } from '@libp2p/interface'
import type { Terminal } from './output.ts'

export interface TraceHop {
  id: string
  role: 'forwarder' | 'destination'
  /** There and back, as seen from here; null where nothing came back. */
  rttMs: number | null
  /** What this hop adds to the one before; noise can make it negative. */
  hopMs: number | null
}

export interface TraceReport {
  destination: string
  /** Empty: the default route. */
  path: string[]
  /** Whose offer it is; null for the default route and for a path that was given. */
  rsp: string | null
  /** How a channel goes now, and why. Unset for a path that was given. */
  chosen?: string
  /** How the path was installed; unset where no state was asked for. */
  installed?: { style: string, setUpMs: number | null }
  hops: TraceHop[]
}

/** A host that installs a path and sends packets of rising TTL along it. */
export type TracesLabelled = Pick<Host, 'traceLabelled'>

const EXAMPLE = '--bootstrap /ip4/192.0.2.1/tcp/4101/p2p/12D3KooW… 12D3KooW…'
const LABELLED_DEADLINE_MS = 30_000
const ATTACH_DEADLINE_MS = 5_000

export function registerTrace (program: Command, terminal: Terminal): void {
  const command = program.command('trace')
    .description('show the round trip to each forwarder on the way to a destination')
    .argument('<DEST>', 'peer id, or multiaddr ending in /p2p/ID')
    .option('--path <id,id,…>', 'trace along these forwarders, entry first (default: the chosen path; if that is the default route, the best one offered)', parsePath)
    .option('--labelled', 'install the path, and trace it with labelled packets')
    .addOption(new Option('--style <style>', 'with --labelled: hand the order on from forwarder to forwarder, or ask each by itself (default: one-pass)').choices(SET_UP_STYLES))
  addHostSettings(command)
    .addHelpText('after', `\nExamples:\n  byway trace ${EXAMPLE}\n  byway trace --labelled --style hop-by-hop ${EXAMPLE}`)
    .action(async (dest: string, flags: Record<string, unknown>) => {
      const destination = parseDestination(dest)
      const settings = await readHostSettings(flags, terminal)
      const path = flags.path as PeerId[] | undefined
      const style = flags.style as SetUpStyle | undefined
      if (style !== undefined && flags.labelled !== true) {
        throw new InvalidSettingError('--style', 'only a path that is installed has a style: add --labelled')
      }
      const report = await withHost(settings, destination, terminal, async (host) => {
        if (flags.labelled === true) {
          return traceLabelled(host, destination.peer, { via: path, style: style ?? 'one-pass' }, terminal.signal)
        }
        return path === undefined ? traceChosen(host, destination.peer, terminal.signal) : traceGiven(host, path, destination.peer)
      })
      terminal.out(settings.json === true ? JSON.stringify(report) : traceText(report).join('\n'))
      terminal.exit(report.hops.every(({ rttMs }) => rttMs === null) ? ExitCode.noRoute : ExitCode.done)
    })
}

async function traceChosen (host: Host, peer: PeerId, stop: AbortSignal): Promise<TraceReport> {
  const channel = await reach(peer, OPEN_DEADLINE_MS, stop, async (signal) => host.open(peer, { signal }))
  await channel.settled()
  const { status } = channel
  const route = routeToTrace(status)
  const path = status.answers.flatMap(({ paths }) => paths).find(({ forwarders }) => forwarders.join() === route?.path.join())?.forwarders ?? []
  const report = { ...await trace(host, path, peer), rsp: route?.rsp ?? null, chosen: status.text }
  channel.close()
  return report
}

/** The chosen route; where that is the default one, the best path beside it, since the default route has no forwarders to show. */
export function routeToTrace ({ active, routes }: Pick<ChannelStatus, 'active' | 'routes'>): RouteStatus | undefined {
  if (active?.isDefault === false) {
    return active
  }
  const measured = routes.filter(({ isDefault, alive, measuredRttMs }) => !isDefault && alive && measuredRttMs !== null)
  return measured.sort((a, b) => (a.measuredRttMs as number) - (b.measuredRttMs as number))[0] ?? active
}

async function traceGiven (host: Host, path: readonly PeerId[], peer: PeerId): Promise<TraceReport> {
  const entry = await host.discovery.describe(path[0])
  if (!entry.roles.has('forwarder') || !await host.access.attachTo(entry, ATTACH_DEADLINE_MS, path)) {
    throw new OverlayIncompleteError('forwarder', `cannot attach to ${path[0].toString()}, the first of --path: is it a forwarder, and does it run?`)
  }
  return { ...await trace(host, path, peer), rsp: null }
}

/** @throws UnavailableError when time is up; else what `host.traceLabelled` throws */
export async function traceLabelled (host: TracesLabelled, peer: PeerId, options: { via?: readonly PeerId[], style: SetUpStyle }, stop: AbortSignal): Promise<TraceReport> {
  const { forwarders, rsp, style, setUpMs, hops } = await reach(peer, LABELLED_DEADLINE_MS, stop, async (signal) => host.traceLabelled(peer, { ...options, signal }))
  return {
    destination: peer.toString(),
    path: forwarders,
    rsp,
    installed: { style, setUpMs: rounded(setUpMs) },
    hops: hopsOf(hops.map(({ id }) => id), hops.map(({ rttMs }) => rttMs), forwarders.length)
  }
}

async function trace (host: Host, path: readonly PeerId[], peer: PeerId): Promise<Pick<TraceReport, 'destination' | 'path' | 'hops'>> {
  const stations = [...path, peer]
  return {
    destination: peer.toString(),
    path: path.map(String),
    hops: hopsOf(stations.map(String), await measureHops(host, stations), path.length)
  }
}

function hopsOf (ids: readonly string[], rtts: ReadonlyArray<number | null>, forwarders: number): TraceHop[] {
  return ids.map((id, i) => {
    const before = i === 0 ? 0 : rtts[i - 1]
    const rttMs = rtts[i]
    return {
      id,
      role: i < forwarders ? 'forwarder' : 'destination',
      rttMs: rounded(rttMs),
      hopMs: rttMs === null || before === null ? null : rounded(rttMs - before)
    }
  })
}

export function traceText ({ destination, path, chosen, installed, rsp, hops }: TraceReport): string[] {
  const rows = hops.map(({ id, role, rttMs, hopMs }, i) => [String(i + 1), role, id, msText(rttMs), hopMs === null ? '–' : `${hopMs < 0 ? '−' : '+'}${msText(Math.abs(hopMs))}`])
  return [
    `to ${destination}${path.length === 0 ? ' on the default route' : ''}`,
    ...(chosen === undefined ? [] : [`channels go ${chosen}`]),
    ...(installed === undefined ? [] : [`on labels, installed ${installed.style} in ${msText(installed.setUpMs)}${rsp === null ? '' : ` with a path of RSP ${rsp}`}`]),
    '',
    ...table([['', 'what', 'id', 'from here', 'this hop'], ...rows])
  ]
}
