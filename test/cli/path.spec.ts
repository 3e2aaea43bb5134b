import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerIdFromString } from '@libp2p/peer-id'
import { Command } from 'commander'
import { NotFoundError } from '../../protocols/errors.ts'
import { addSettings, readSettings } from '../../src/cli/config.ts'
import { ControlServer } from '../../src/cli/control-server.ts'
import { prepareControlPath } from '../../src/cli/control-address.ts'
import { installedText, pathCommands, pathsText, revocationCommands } from '../../src/cli/path.ts'
import { traceLabelled, traceText } from '../../src/cli/trace.ts'
import { cli } from './terminal.ts'
import type { CliResult } from './terminal.ts'
import type { InstalledPathStatus } from '../../src/host/installed-paths.ts'
import type { ControlCommands } from '../../src/cli/control-server.ts'
import type { InstalledPathsLike, PathRow } from '../../src/cli/path.ts'
import type { SettingName } from '../../src/cli/settings.ts'

const [A, B, RSP, DEST] = [
  '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5',
  '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN',
  '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo',
  '12D3KooWLRPJAA5o6juZVTLbW46Wq5fUxQCPqmZ4HAzrVAMN3zmx'
]
const NOW_MS = 1_800_000_000_000

const STATUS: InstalledPathStatus = {
  id: 'p1',
  destination: DEST,
  forwarders: [A, B],
  rsp: RSP,
  style: 'one-pass',
  want: 'labels',
  label: '00000001:c0ffee00',
  state: 'installed',
  installedAtMs: NOW_MS,
  expiresAtMs: NOW_MS + 60_000,
  setUpMs: 12.34,
  rttMs: 40.5
}
const ROW: PathRow = { ...STATUS, leaseMs: 60_000 }

type Install = Parameters<InstalledPathsLike['install']>

class FakePaths implements InstalledPathsLike {
  readonly asked: Install[] = []
  paths: InstalledPathStatus[] = []
  fails: Error | undefined

  async install (...asked: Install): Promise<InstalledPathStatus> {
    this.asked.push(asked)
    if (this.fails !== undefined) {
      throw this.fails
    }
    this.paths.push({ ...STATUS, id: `p${this.paths.length + 1}` })
    return this.paths[this.paths.length - 1]
  }

  list (): InstalledPathStatus[] {
    return this.paths
  }

  async remove (id: string): Promise<void> {
    this.paths = this.paths.filter((path) => path.id !== id)
  }
}

class FakeForwarder {
  readonly calls: string[] = []
  status = { table: { paths: 5 } }

  revoke (rsp: unknown): void {
    this.calls.push(`revoke ${String(rsp)}`)
    this.status = { table: { paths: 2 } }
  }

  reinstate (rsp: unknown): void {
    this.calls.push(`reinstate ${String(rsp)}`)
  }
}

async function run (commands: ControlCommands, command: string, args: Record<string, unknown>, signal = new AbortController().signal): Promise<unknown> {
  return commands.get(command)?.(args, { signal, emit: () => {} })
}

describe('control commands of a host', () => {
  it('install a path with what was asked for, and give what it costs', async () => {
    const paths = new FakePaths()
    const commands = pathCommands(paths, undefined, () => NOW_MS)
    const { signal } = new AbortController()
    assert.deepEqual(await run(commands, 'path.install', { destination: DEST, via: [A, B], style: 'hop-by-hop', want: 'authenticators' }, signal), ROW)
    const [[destination, options]] = paths.asked
    assert.equal(destination.toString(), DEST)
    assert.deepEqual([options?.via?.map(String), options?.style, options?.want, options?.signal], [[A, B], 'hop-by-hop', 'authenticators', signal])
  })

  it('install the best path in one pass and with labels where nothing else was said', async () => {
    const paths = new FakePaths()
    await run(pathCommands(paths), 'path.install', { destination: DEST })
    assert.deepEqual({ ...paths.asked[0][1], signal: undefined }, { style: 'one-pass', want: 'labels', signal: undefined })
  })

  it('regression: get to know where the destination is before they install a path, where that was said', async () => {
    const paths = new FakePaths()
    const told: Array<string | undefined> = []
    const commands = pathCommands(paths, async ({ peer, address }) => { told.push(peer.toString(), address?.toString(), String(paths.asked.length)) })
    const address = `/ip4/192.0.2.1/tcp/1/p2p/${DEST}`
    await run(commands, 'path.install', { destination: DEST, address })
    assert.deepEqual([told, paths.asked.length], [[DEST, address, '0'], 1])
  })

  const wrong: Record<string, Record<string, unknown>> = {
    'an address of another': { destination: DEST, address: `/ip4/192.0.2.1/tcp/1/p2p/${A}` },
    'an address that names nobody': { destination: DEST, address: '/ip4/192.0.2.1/tcp/1' },
    'an address that is none': { destination: DEST, address: DEST },
    'an address without bounds': { destination: DEST, address: `${'/ip4/192.0.2.1/tcp/1'.repeat(60)}/p2p/${DEST}` },
    'no destination': {},
    'a destination that is no peer id': { destination: 'example.net' },
    'a destination without bounds': { destination: '1'.repeat(10_000) },
    'a path without forwarders': { destination: DEST, via: [] },
    'a path of names': { destination: DEST, via: ['a'] },
    'a path that visits a forwarder twice': { destination: DEST, via: [A, A] },
    'more forwarders than a path may have': { destination: DEST, via: Array.from({ length: 17 }, () => A) },
    'a style that there is not': { destination: DEST, style: 'two-pass' },
    'what cannot be wanted': { destination: DEST, want: 'everything' },
    'an argument that there is not': { destination: DEST, price: 1 }
  }
  for (const [title, args] of Object.entries(wrong)) {
    it(`refuse ${title}`, async () => {
      const paths = new FakePaths()
      await assert.rejects(run(pathCommands(paths), 'path.install', args), { code: 'MALFORMED', message: /^arguments: / })
      assert.deepEqual(paths.asked, [])
    })
  }

  it('show and remove what is installed', async () => {
    const paths = new FakePaths()
    const commands = pathCommands(paths, undefined, () => NOW_MS + 90_000)
    await run(commands, 'path.install', { destination: DEST })
    await run(commands, 'path.install', { destination: DEST })
    assert.deepEqual(await run(commands, 'path.remove', { id: 'p1' }), { id: 'p1' })
    assert.deepEqual(await run(commands, 'path.show', {}), [{ ...ROW, id: 'p2', leaseMs: 0 }])
    await assert.rejects(run(commands, 'path.remove', { id: 'p1' }), { code: 'UNKNOWN_PATH', message: /^no path "p1" is installed: byway path show lists/ })
    await assert.rejects(run(commands, 'path.remove', {}), { code: 'MALFORMED' })
  })
})

describe('control commands of a forwarder', () => {
  it('revoke and reinstate an RSP, and say how many paths ended', async () => {
    const forwarder = new FakeForwarder()
    const commands = revocationCommands(forwarder)
    assert.deepEqual(await run(commands, 'revoke', { rsp: RSP }), { rsp: RSP, endedPaths: 3 })
    assert.deepEqual(await run(commands, 'reinstate', { rsp: RSP }), { rsp: RSP, endedPaths: 0 })
    assert.deepEqual(forwarder.calls, [`revoke ${RSP}`, `reinstate ${RSP}`])
    await assert.rejects(run(commands, 'revoke', { rsp: 'acme' }), { code: 'MALFORMED', message: 'arguments: rsp expected a peer id' })
  })
})

describe('byway path and byway revoke', () => {
  let folder: string
  let env: Record<string, string>
  let paths: FakePaths
  let forwarder: FakeForwarder
  let servers: ControlServer[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-path-'))
    env = { XDG_RUNTIME_DIR: folder, TMPDIR: folder }
    paths = new FakePaths()
    forwarder = new FakeForwarder()
    servers = [
      await ControlServer.listen({ path: await prepareControlPath('host', A, env), commands: pathCommands(paths, undefined, () => NOW_MS) }),
      await ControlServer.listen({ path: await prepareControlPath('forwarder', A, env), commands: revocationCommands(forwarder) })
    ]
  })

  afterEach(async () => {
    await Promise.all(servers.map(async (server) => server.close()))
    await rm(folder, { recursive: true })
  })

  async function byway (...args: string[]): Promise<CliResult> {
    return cli(args, { env })
  }

  it('installs through the running host, shows, and removes', async () => {
    const installed = await byway('path', 'install', DEST, '--via', `${A}, ${B}`, '--style', 'hop-by-hop', '--want', 'authenticators')
    assert.equal(installed.code, 0, installed.err)
    assert.equal(installed.out, installedText({ ...ROW, id: 'p1' }).join('\n'))
    const [[destination, options]] = paths.asked
    assert.deepEqual([destination.toString(), options?.via?.map(String), options?.style, options?.want], [DEST, [A, B], 'hop-by-hop', 'authenticators'])
    assert.equal((await byway('path', 'show')).out, pathsText([ROW]).join('\n'))
    assert.deepEqual(await byway('path', 'remove', 'p1'), { code: 0, out: 'removed p1', err: '' })
    assert.deepEqual(await byway('path', 'show'), { code: 0, out: 'no path is installed', err: '' })
  })

  it('says the same as JSON', async () => {
    assert.deepEqual(JSON.parse((await byway('path', 'install', `/ip4/192.0.2.1/tcp/1/p2p/${DEST}`, '--json')).out), ROW)
    assert.deepEqual(JSON.parse((await byway('path', 'show', '--json')).out), [ROW])
    assert.deepEqual(JSON.parse((await byway('path', 'remove', 'p1', '--json')).out), { id: 'p1' })
    assert.deepEqual(JSON.parse((await byway('path', 'show', '--json')).out), [])
    assert.deepEqual(JSON.parse((await byway('revoke', RSP, '--json')).out), { rsp: RSP, endedPaths: 3 })
  })

  it('ends with 1 when no path can be had, and with 2 when none is there to remove', async () => {
    paths.fails = new NotFoundError('no RSP offers a path')
    assert.deepEqual(await byway('path', 'install', DEST), { code: 1, out: '', err: 'byway: no RSP offers a path' })
    const removed = await byway('path', 'remove', 'p9')
    assert.equal(removed.code, 2)
    assert.match(removed.err, /^byway: no path "p9" is installed/)
  })

  it('gives up when it is interrupted, and the host is told', async () => {
    const stop = new AbortController()
    let given: AbortSignal | undefined
    paths.install = async (_, options) => {
      given = options?.signal
      stop.abort()
      return new Promise<never>(() => {})
    }
    const { code, err } = await cli(['path', 'install', DEST], { env, signal: stop.signal })
    assert.deepEqual([code, err], [2, 'byway: interrupted'])
    for (let i = 0; given?.aborted === false && i < 100; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.equal(given?.aborted, true)
  })

  it('revokes and reinstates at the running forwarder', async () => {
    assert.equal((await byway('revoke', RSP)).out, `the forwarder takes no paths of RSP ${RSP}; 3 ended`)
    assert.equal((await byway('reinstate', RSP)).out, `the forwarder takes paths of RSP ${RSP} again, if its settings allow`)
    assert.deepEqual(forwarder.calls, [`revoke ${RSP}`, `reinstate ${RSP}`])
  })

  it('says what a daemon of another role knows', async () => {
    const { code, err } = await byway('path', 'show', '--control', servers[1].path)
    assert.deepEqual([code, err], [2, 'byway: no command "path.show" here: this daemon knows reinstate, revoke'])
  })

  it('says how to start what does not run', async () => {
    await servers[0].close()
    const { code, err } = await byway('path', 'show')
    assert.equal(code, 2)
    assert.match(err, /^byway: no host of this user runs here: start one \(byway host --help\)/)
  })

  const wrong: Array<{ title: string, args: string[], err: RegExp }> = [
    { title: 'a destination that is none', args: ['path', 'install', 'example.net'], err: /^byway: DEST: expected a peer id/ },
    { title: 'forwarders that are none', args: ['path', 'install', DEST, '--via', 'a,b'], err: /^byway: --via: expected up to 16 peer ids .* got "a,b"$/ },
    { title: 'a forwarder twice', args: ['path', 'install', DEST, '--via', `${A},${A}`], err: /^byway: --via: expected .*none of them twice/ },
    { title: 'a style that there is not', args: ['path', 'install', DEST, '--style', 'slow'], err: /--style[^]*one-pass, hop-by-hop/ },
    { title: 'no id to remove', args: ['path', 'remove'], err: /missing required argument 'ID'/ },
    { title: 'an RSP that is no peer id', args: ['revoke', 'acme'], err: /^byway: RSP: expected a peer id such as 12D3KooW…; got "acme"$/ },
    { title: 'no daemon to ask', args: ['path', 'show', '--control', 'off'], err: /^byway: --control: this command needs a daemon/ },
    { title: 'a style of a path that is not installed', args: ['trace', DEST, '--style', 'one-pass'], err: /^byway: --style: only a path that is installed has a style: add --labelled$/ }
  ]
  for (const { title, args, err } of wrong) {
    it(`ends with 2 for ${title}`, async () => {
      const result = await byway(...args)
      assert.equal(result.code, 2)
      assert.match(result.err, err)
      assert.equal(result.out, '')
    })
  }

  for (const command of ['path', 'path install', 'path show', 'path remove', 'revoke', 'reinstate']) {
    it(`${command} has a help with an example`, async () => {
      const { code, out } = await byway(...command.split(' '), '--help')
      assert.equal(code, 0)
      assert.match(out, new RegExp(`^ {2}byway ${command}`, 'm'))
    })
  }

  it('trace has a help with an example for labels', async () => {
    assert.match((await byway('trace', '--help')).out, /^ {2}byway trace --labelled --style hop-by-hop/m)
  })
})

describe('texts of byway path', () => {
  it('show an installed path with its label, and what short ids stand for', () => {
    assert.deepEqual(installedText(ROW), [
      'installed p1',
      `  to ${DEST}`,
      '  via MtimQ5 → x6nXTN (RSP CVe2Xo), one-pass',
      '  label 00000001:c0ffee00 at the first forwarder',
      '  set up in 12.3 ms, round trip 40.5 ms; the offer holds for 60 s, and is renewed',
      '',
      `  CVe2Xo  ${RSP}`,
      `  MtimQ5  ${A}`,
      `  x6nXTN  ${B}`
    ])
    assert.ok(installedText({ ...ROW, want: 'authenticators', label: null, rttMs: null }).includes('  authenticators'))
  })

  it('show all paths, one in a row', () => {
    assert.deepEqual(pathsText([ROW, { ...ROW, id: 'p2', state: 'lost', rttMs: null, leaseMs: 0 }]).slice(0, 3), [
      'id  to      via              RSP     style     holds   state      offer  set-up   round trip',
      'p1  MN3zmx  MtimQ5 → x6nXTN  CVe2Xo  one-pass  labels  installed  60 s   12.3 ms  40.5 ms',
      'p2  MN3zmx  MtimQ5 → x6nXTN  CVe2Xo  one-pass  labels  lost       0 s    12.3 ms  –'
    ])
  })
})

describe('byway trace --labelled', () => {
  const hops = [{ id: A, rttMs: 10 }, { id: B, rttMs: null }, { id: DEST, rttMs: 40.004 }]

  it('shows the round trip to each forwarder of the installed path, and to the destination', async () => {
    const asked: unknown[] = []
    const host = {
      traceLabelled: async (...args: unknown[]) => {
        asked.push(...args)
        return { forwarders: [A, B], rsp: RSP, style: 'hop-by-hop' as const, setUpMs: 55.555, hops }
      }
    }
    const via = [A, B].map((id) => peerIdFromString(id))
    const report = await traceLabelled(host, peerIdFromString(DEST), { via, style: 'hop-by-hop' }, new AbortController().signal)
    assert.deepEqual({ ...asked[1] as object, signal: undefined }, { via, style: 'hop-by-hop', signal: undefined })
    assert.deepEqual(report, {
      destination: DEST,
      path: [A, B],
      rsp: RSP,
      installed: { style: 'hop-by-hop', setUpMs: 55.56 },
      hops: [
        { id: A, role: 'forwarder', rttMs: 10, hopMs: 10 },
        { id: B, role: 'forwarder', rttMs: null, hopMs: null },
        { id: DEST, role: 'destination', rttMs: 40, hopMs: null }
      ]
    })
    const lines = traceText(report)
    assert.deepEqual(lines.slice(0, 2), [`to ${DEST}`, `on labels, installed hop-by-hop in 55.6 ms with a path of RSP ${RSP}`])
    assert.equal(lines.at(-1), `3  destination  ${DEST}  40.0 ms    –`)
  })
})

describe('settings of a forwarder\'s policy', () => {
  const NAMES = ['rsps', 'revoked', 'sourceRoutes', 'linkRules', 'maxPaths', 'control'] as const satisfies SettingName[]
  let folder: string

  before(async () => { folder = await mkdtemp(join(tmpdir(), 'byway-policy-')) })
  after(async () => { await rm(folder, { recursive: true }) })

  async function read (args: string[], env: Record<string, string> = {}): Promise<Record<string, unknown>> {
    const command = addSettings(new Command().exitOverride(), NAMES)
    command.parse(args, { from: 'user' })
    const settings = await readSettings(NAMES, { flags: command.opts(), env })
    return JSON.parse(JSON.stringify(settings)) as Record<string, unknown>
  }

  it('mean the same as flags, as variables and in a file', async () => {
    const file = join(folder, 'byway.toml')
    await writeFile(file, `rsps = ["${A}", "${B}"]\nrevoked = ["${RSP}"]\nsource-routes = "authorized"\nlink-rules = ["deny operator=Acme, Inc; Ltd", "allow any"]\nmax-paths = 1000\ncontrol = "off"\n`)
    const expected = { rsps: [A, B], revoked: [RSP], sourceRoutes: 'authorized', linkRules: ['deny operator=Acme, Inc', 'allow any'], maxPaths: 1_000, control: false }
    assert.deepEqual(await read(['--rsp-allowed', A, '--rsp-allowed', B, '--revoked', RSP, '--source-routes', 'authorized', '--link-rule', 'deny operator=Acme, Inc; allow any', '--max-paths', '1000', '--control', 'off']), expected)
    assert.deepEqual(await read([], { BYWAY_RSPS: `${A} ${B}`, BYWAY_REVOKED: RSP, BYWAY_SOURCE_ROUTES: 'authorized', BYWAY_LINK_RULES: 'deny operator=Acme, Inc;allow any;', BYWAY_MAX_PATHS: '1000', BYWAY_CONTROL: 'off' }), expected)
    assert.deepEqual(await read(['--config', file]), { ...expected, linkRules: ['deny operator=Acme, Inc; Ltd', 'allow any'] })
  })

  const wrong: Array<[string, string[], RegExp]> = [
    ['a source-route policy that there is not', ['--source-routes', 'nobody'], /^--source-routes: expected "anyone" or "authorized"; got "nobody"$/],
    ['a rule that is none', ['--link-rule', 'allow any; forbid acme'], /^--link-rule: expected up to 64 rules such as "deny operator=acme": .*; got "allow any; forbid acme"$/],
    ['no rule at all', ['--link-rule', ' ; '], /^--link-rule: expected/],
    ['a revoked RSP that is no peer id', ['--revoked', 'acme'], /^--revoked: expected up to 1024 peer ids such as 12D3KooW…; got "acme"$/],
    ['more paths than a table can have', ['--max-paths', '1000001'], /^--max-paths: expected a whole number from 1 to 1000000/],
    ['a socket without name', ['--control', ''], /^--control: expected the path of a socket, or "off"; got ""$/]
  ]
  for (const [title, args, message] of wrong) {
    it(`refuse ${title}`, async () => {
      await assert.rejects(read(args), { name: 'InvalidSettingError', message })
    })
  }
})

describe('a forwarder with a policy', () => {
  let folder: string
  let env: Record<string, string>

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-policy-'))
    env = { XDG_RUNTIME_DIR: folder, TMPDIR: folder }
  })
  after(async () => { await rm(folder, { recursive: true }) })

  const HERE = ['forwarder', '--ephemeral', '--local', '--network', 'test', '--json', '--listen', '/ip4/127.0.0.1/tcp/0']

  it('runs with rules that are given one by one, takes revocations, and shows its table', async () => {
    const stop = new AbortController()
    const started = Promise.withResolvers<string>()
    const ended = cli([...HERE, '--rsp-allowed', A, '--revoked', B, '--source-routes', 'authorized', '--max-paths', '1000', '--link-rule', 'deny operator=Acme, Inc', '--link-rule', 'allow any'], { env, signal: stop.signal, onOut: started.resolve })
    void ended.then(({ err }) => { started.reject(new Error(err)) })
    await started.promise
    assert.deepEqual(JSON.parse((await cli(['revoke', RSP, '--json'], { env })).out), { rsp: RSP, endedPaths: 0 })
    assert.equal((await cli(['reinstate', RSP], { env })).code, 0)
    const { daemons } = JSON.parse((await cli(['status', '--json'], { env })).out) as { daemons: Array<{ status: { table: { maxPaths: number } } }> }
    assert.equal(daemons[0].status.table.maxPaths, 1_000)
    stop.abort()
    assert.equal((await ended).code, 0)
  })

  it('does not run with a rule that is none, and shows which one', async () => {
    const { code, err } = await cli([...HERE, '--link-rule', 'allow any', '--link-rule', 'deny Acme'], { env })
    assert.equal(code, 2)
    assert.match(err, /^byway: --link-rule: expected .*; got "deny Acme"$/)
  })
})
