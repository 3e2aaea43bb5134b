// `byway bootstrap | forwarder | rsp | host`: runs one role until it is told to stop.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { addSettings, readSettings } from './config.ts'
import { DAEMON_ROLES } from './daemon-role.ts'
import { defaultKeyFile, loadOrCreateKey } from './key-file.ts'
import { publicPeers } from './public-peers.ts'
import { startNode, stopNode } from './started-node.ts'
import type { Command } from 'commander'
import type { DaemonRole, DaemonSettings } from './daemon-role.ts'
import type { Terminal } from './output.ts'

export function registerDaemons (program: Command, terminal: Terminal): void {
  for (const role of DAEMON_ROLES) {
    const command = program.command(role.name).description(role.about)
    addSettings(command, role.settings)
      .addHelpText('after', `\nListens on ${role.listen.join(' and ')} unless told otherwise.\n\nExample:\n  byway ${role.name} ${role.example}`)
      .action(async (flags: Record<string, unknown>) => { await runDaemon(role, flags, terminal) })
  }
}

async function runDaemon (role: DaemonRole, flags: Record<string, unknown>, terminal: Terminal): Promise<void> {
  const given = await readSettings(role.settings, { flags, env: terminal.env })
  const network = given.network ?? PUBLIC_NETWORK
  const settings: DaemonSettings = { ...given, network, bootstrap: given.bootstrap ?? publicPeers(network) }
  const privateKey = settings.ephemeral === true
    ? await generateKeyPair('Ed25519')
    : await loadOrCreateKey(settings.key ?? defaultKeyFile(role.name, terminal.env))
  const node = await startNode({
    role: role.create(settings),
    privateKey,
    listen: settings.listen?.map(String) ?? role.listen,
    announce: settings.announce?.map(String),
    network,
    servesDht: role.servesDht,
    isLocal: settings.local
  })
  const id = node.peerId.toString()
  const addresses = node.getMultiaddrs().map(String)
  announce(role, settings, { id, addresses }, terminal)
  await ended(terminal.signal)
  await stopNode(node)
  terminal.out(settings.json === true ? JSON.stringify({ event: 'stopped', role: role.name, id }) : 'stopped')
}

function announce (role: DaemonRole, settings: DaemonSettings, { id, addresses }: { id: string, addresses: string[] }, terminal: Terminal): void {
  if (settings.bootstrap.length === 0 && role.name !== 'bootstrap') {
    terminal.err('no bootstrap node is known: this node is alone until others join through it, or it is started with --bootstrap MULTIADDR')
  }
  if (settings.json === true) {
    terminal.out(JSON.stringify({ event: 'started', role: role.name, id, network: settings.network, addresses }))
    return
  }
  terminal.out(`${role.name} ${id}`)
  terminal.out(`listens on\n${addresses.map((address) => `  ${address}`).join('\n')}`)
  const options = [
    ...(settings.network === PUBLIC_NETWORK ? [] : [`--network ${settings.network}`]),
    ...(settings.local === true ? ['--local'] : [])
  ]
  const target = addresses[0] ?? id
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
