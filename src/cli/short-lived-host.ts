// `route`, `ping`, `trace`, and `why` where no host runs, have a host of their own for as long as they need it: a new key, a free
// port, gone at the end.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { PUBLIC_NETWORK } from '../discovery/role-key.ts'
import { host } from '../host/host.ts'
import { addSettings, readSettings } from './config.ts'
import { clockText } from './clock-text.ts'
import { introduce } from './destination.ts'
import { OverlayIncompleteError } from './errors.ts'
import { checkDiallable, publicPeers } from './public-peers.ts'
import { startNode, stopNode } from './started-node.ts'
import type { Host } from '../host/host.ts'
import type { BywayNode } from '../node/libp2p.ts'
import type { Destination } from './destination.ts'
import type { SettingsUse } from './config.ts'
import type { Terminal } from './output.ts'
import type { Settings, SettingName } from './settings.ts'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Command } from 'commander'

const HOST_SETTINGS = ['bootstrap', 'network', 'local', 'listen', 'maxAccess', 'wait', 'json'] as const satisfies SettingName[]
/** Where a daemon listens, this host cannot: it is there beside it. */
const USE: SettingsUse = { flagsOnly: ['listen'] }
const DEFAULT_WAIT_S = 20
const POLL_MS = 100
/** Nothing new for so long: what there is has been found. */
const QUIET_MS = 1_000

export type HostSettings = Partial<Pick<Settings, typeof HOST_SETTINGS[number]>>

/** @param more - settings that the command has besides */
export function addHostSettings (command: Command, more: readonly SettingName[] = []): Command {
  return addSettings(command, [...HOST_SETTINGS, ...more], USE)
}

/** @throws InvalidSettingError, ConfigFileError */
export async function readHostSettings<Name extends SettingName = never> (flags: Readonly<Record<string, unknown>>, { env }: Pick<Terminal, 'env'>, more: readonly Name[] = []): Promise<HostSettings & Partial<Pick<Settings, Name>>> {
  return readSettings([...HOST_SETTINGS, ...more], { flags, env }, USE)
}

/**
 * Runs something with a host that has found forwarders and RSPs.
 *
 * @throws OverlayIncompleteError, ListenError, InvalidSettingError
 */
export async function withHost<T> (settings: HostSettings, destination: Destination, terminal: Terminal, run: (host: Host) => Promise<T>): Promise<T> {
  const network = settings.network ?? PUBLIC_NETWORK
  const bootstrap = settings.bootstrap ?? publicPeers(network)
  const first = [...bootstrap, ...destination.address === undefined ? [] : [destination.address]]
  if (first.length === 0) {
    throw new OverlayIncompleteError('bootstrap', `no bootstrap node of the network "${network}" is known: name one with --bootstrap MULTIADDR (every node prints its own when it starts)`)
  }
  checkDiallable(first, settings.local)
  const node = await startNode({
    role: host({ network, bootstrap, maxAccess: settings.maxAccess }),
    privateKey: await generateKeyPair('Ed25519'),
    listen: settings.listen?.map(String) ?? [first.every(isLoopback) ? '/ip4/127.0.0.1/tcp/0' : '/ip4/0.0.0.0/tcp/0'],
    network,
    servesDht: false,
    isLocal: settings.local
  })
  try {
    await introduce(node, destination)
    await overlayFound(node, { network, bootstrap: first, waitMs: 1_000 * (settings.wait ?? DEFAULT_WAIT_S) }, terminal)
    return await run(node.services.byway)
  } finally {
    await stopNode(node)
  }
}

async function overlayFound (node: BywayNode<Host>, { network, bootstrap, waitMs }: { network: string, bootstrap: readonly Multiaddr[], waitMs: number }, terminal: Terminal): Promise<void> {
  const { access, discovery } = node.services.byway
  const startedMs = performance.now()
  let seen = ''
  let changedMs = startedMs
  for (;;) {
    const forwarders = discovery.directory.ofRole('forwarder').length
    const rsps = discovery.directory.ofRole('rsp').length
    const measured = access.points.length
    const nowMs = performance.now()
    const now = `found ${count(forwarders, 'forwarder')} (${measured} measured) and ${count(rsps, 'RSP')}`
    if (now !== seen) {
      seen = now
      changedMs = nowMs
      terminal.err(now)
    }
    if (measured > 0 && rsps > 0 && access.unmeasured === 0 && nowMs - changedMs >= QUIET_MS) {
      return
    }
    if (nowMs - startedMs > waitMs) {
      if (measured > 0 && rsps > 0) {
        return
      }
      throw missing({ network, bootstrap, waitMs, forwarders, measured, connections: node.getConnections().length, clocksApart: discovery.clocks.peers })
    }
    terminal.signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

interface Found {
  network: string
  bootstrap: readonly Multiaddr[]
  waitMs: number
  forwarders: number
  measured: number
  connections: number
  clocksApart: number
}

export function missing ({ network, bootstrap, waitMs, forwarders, measured, connections, clocksApart }: Found): OverlayIncompleteError {
  const within = `within ${waitMs / 1_000} s`
  if (measured === 0 && clocksApart > 0) {
    return new OverlayIncompleteError('forwarder', `${count(forwarders, 'forwarder')} found, and none took this host ${within}. ${clockText(clocksApart)}`)
  }
  const join = `--bootstrap ${bootstrap[0].toString()}`
  if (forwarders === 0) {
    return connections === 0
      ? new OverlayIncompleteError('bootstrap', `no node answered ${within} at ${bootstrap.join(', ')}: is it running, and is the address right?`)
      : new OverlayIncompleteError('forwarder', `no forwarder of the network "${network}" was found ${within}: start one with byway forwarder ${join}, or name another --network`)
  }
  return measured === 0
    ? new OverlayIncompleteError('forwarder', `${count(forwarders, 'forwarder')} found, and none answered ${within}: can they be reached from here?`)
    : new OverlayIncompleteError('rsp', `${count(forwarders, 'forwarder')} but no RSP found ${within}: start one with byway rsp ${join}`)
}

function count (n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

function isLoopback (address: Multiaddr): boolean {
  return /^\/(ip4\/127\.|ip6\/::1\/|dns[46]?\/localhost\/)/.test(address.toString())
}
