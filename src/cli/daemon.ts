// `byway bootstrap | forwarder | rsp | host`: runs one role until it is told to stop, and takes commands meanwhile.
import { resolve as resolvePath } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { Option } from 'commander'
import { ControlInUseError, prepareControlPath } from './control-address.ts'
import { ControlServer } from './control-server.ts'
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { addSettings, readSettings } from './config.ts'
import { DAEMON_ROLES } from './daemon-role.ts'
import { defaultListen } from './default-listen.ts'
import { ExitCode } from './exit-codes.ts'
import { defaultKeyFile, loadOrCreateKey } from './key-file.ts'
import { MetricsServer } from './metrics-server.ts'
import { packageVersion } from './package-version.ts'
import { checkDiallable, publicPeers } from './public-peers.ts'
import { flagOf } from './settings.ts'
import { lockIdentity } from './identity-lock.ts'
import { startNode, stopNode } from './started-node.ts'
import type { Command } from 'commander'
import type { PrivateKey } from '@libp2p/interface'
import type { DaemonRole, DaemonService, DaemonSettings } from './daemon-role.ts'
import type { Terminal } from './output.ts'

export function registerDaemons (program: Command, terminal: Terminal): void {
  for (const role of DAEMON_ROLES) {
    const command = program.command(role.name).description(role.about)
    takeWhole(addSettings(command, role.settings), flagOf('linkRules'))
      .addOption(new Option('--no-control', 'take no commands while it runs'))
      .addHelpText('after', `\nListens on ${role.listen.join(' and ')}, and on /ip6/:: where this machine has a public IPv6 address, unless told otherwise.\n\nExample:\n  byway ${role.name} ${role.example}`)
      .action(async (flags: Record<string, unknown>) => { await runDaemon(role, flags, terminal) })
    if (role.settings.includes('data')) {
      command.addOption(new Option('--no-data', 'keep nothing over restarts'))
    }
  }
}

async function runDaemon (role: DaemonRole, flags: Record<string, unknown>, terminal: Terminal): Promise<void> {
  const given = await readSettings(role.settings, { flags, env: terminal.env })
  const network = given.network ?? PUBLIC_NETWORK
  const settings: DaemonSettings = { ...given, network, bootstrap: given.bootstrap ?? publicPeers(network) }
  checkDiallable(settings.bootstrap, settings.local)
  checkDiallable(settings.announce ?? [], settings.local)
  const privateKey = settings.ephemeral === true
    ? await generateKeyPair('Ed25519')
    : await loadOrCreateKey(settings.key ?? defaultKeyFile(role.name, terminal.env))
  const identity = { role: role.name, id: peerIdFromPrivateKey(privateKey).toString(), network }
  // before anything that the node keeps is opened
  const lock = settings.ephemeral === true ? undefined : await lockIdentity(identity.id, terminal.env)
  let control: ControlServer | undefined
  let metrics: MetricsServer | undefined
  try {
    const service = role.create(settings, { env: terminal.env, id: identity.id, warn: terminal.err })
    metrics = settings.metrics === undefined ? undefined : await MetricsServer.listen(settings.metrics)
    control = await openControl(identity, settings.control, service, terminal)
    await runNode(role, settings, service, { privateKey, identity, control, metrics }, terminal)
  } finally {
    await control?.close()
    await metrics?.close()
    await lock?.close()
  }
}

interface Running {
  privateKey: PrivateKey
  identity: { role: string, id: string, network: string }
  control: ControlServer | undefined
  metrics: MetricsServer | undefined
}

async function runNode (role: DaemonRole, settings: DaemonSettings, service: DaemonService, { privateKey, identity, control, metrics }: Running, terminal: Terminal): Promise<void> {
  const startedMs = performance.now()
  const node = await startNode({
    role: service.role,
    privateKey,
    listen: settings.listen?.map(String) ?? defaultListen(role.listen),
    announce: settings.announce?.map(String),
    trustedProxies: settings.trustedProxies,
    network: identity.network,
    servesDht: role.servesDht,
    isLocal: settings.local,
    metrics: metrics?.metrics,
    ownsProcess: terminal.ownsProcess
  })
  service.commands.set('status', async () => ({
    ...identity,
    version: packageVersion(),
    pid: process.pid,
    uptimeMs: Math.round(performance.now() - startedMs),
    addresses: node.getMultiaddrs().map(String),
    defences: node.services.defences.status,
    status: service.status()
  }))
  announce(role, settings, { id: identity.id, addresses: node.getMultiaddrs().map(String), control: control?.path ?? null, metrics: metrics?.url ?? null }, terminal)
  await ended(terminal.signal)
  // before the node: nobody is to ask one that is half stopped
  await control?.close()
  const problem = await stopNode(node)
  if (problem !== undefined) {
    terminal.err(`byway: what the node had not saved yet may be lost: ${problem}`)
    terminal.exit(ExitCode.error)
  }
  terminal.out(settings.json === true ? JSON.stringify({ event: 'stopped', role: role.name, id: identity.id }) : 'stopped')
}

/**
 * Where the user named no place, a node goes without the channel rather than not run at all.
 *
 * @throws ControlInUseError, ControlAddressError
 */
async function openControl ({ role, id }: Running['identity'], setting: DaemonSettings['control'], { commands }: DaemonService, terminal: Terminal): Promise<ControlServer | undefined> {
  if (setting === false) {
    return undefined
  }
  try {
    const path = setting === undefined ? await prepareControlPath(role, id, terminal.env) : resolvePath(setting)
    return await ControlServer.listen({ path, commands })
  } catch (error) {
    if (setting !== undefined || error instanceof ControlInUseError) {
      throw error
    }
    terminal.err(`this node takes no commands: ${(error as Error).message} (--control PATH names another place, --no-control goes without)`)
    return undefined
  }
}

/** Each use of the flag gives one text, which may hold blanks and commas. */
function takeWhole (command: Command, flag: string): Command {
  command.options.find(({ long }) => long === flag)?.argParser((text: string, before: string[] | undefined) => [...before ?? [], text])
  return command
}

interface Announced {
  id: string
  addresses: string[]
  control: string | null
  metrics: string | null
}

function announce (role: DaemonRole, settings: DaemonSettings, { id, addresses, control, metrics }: Announced, terminal: Terminal): void {
  if (settings.bootstrap.length === 0 && role.name !== 'bootstrap') {
    terminal.err('no bootstrap node is known: this node is alone until others join through it, or it is started with --bootstrap MULTIADDR')
  }
  // a host is reached through forwarders
  if (addresses.length === 0 && role.name !== 'host') {
    terminal.err('nobody can connect to this node: it has no public address. Behind NAT or in a container say with --announce MULTIADDR which one others see; in an overlay on one machine or in one building all nodes take --local')
  }
  if (settings.json === true) {
    terminal.out(JSON.stringify({ event: 'started', role: role.name, id, network: settings.network, addresses, control, ...(metrics === null ? {} : { metrics }) }))
    return
  }
  terminal.out(`${role.name} ${id}`)
  terminal.out(`listens on\n${(addresses.length > 0 ? addresses : settings.listen?.map(String) ?? defaultListen(role.listen)).map((address) => `  ${address}`).join('\n')}`)
  if (control !== null) {
    terminal.out(`takes commands at (byway status)\n  ${control}`)
  }
  if (metrics !== null) {
    terminal.out(`serves metrics at\n  ${metrics}`)
  }
  const options = [
    ...(settings.network === PUBLIC_NETWORK ? [] : [`--network ${settings.network}`]),
    ...(settings.local === true ? ['--local'] : [])
  ]
  const target = addresses[0] ?? id
  if (addresses.length === 0 && role.nextStep !== 'ping') {
    return
  }
  const command = role.nextStep === 'ping'
    ? ['byway ping', ...options, ...settings.bootstrap.slice(0, 1).map((address) => `--bootstrap ${address.toString()}`), target]
    : [`byway ${role.nextStep}`, ...options, `--bootstrap ${target}`]
  terminal.out(`${role.nextStep === 'ping' ? 'reach it with' : 'another node joins with'}\n  ${command.join(' ')}`)
}

async function ended (signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => { signal.addEventListener('abort', () => { resolve() }, { once: true }) })
  }
}
