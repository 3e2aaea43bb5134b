import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerIdFromString } from '@libp2p/peer-id'
import { TypedEventEmitter } from 'main-event'
import { UnavailableError } from '../../protocols/errors.ts'
import { ControlServer } from '../../src/cli/control-server.ts'
import { prepareControlPath } from '../../src/cli/control-address.ts'
import { whyCommands } from '../../src/cli/why-report.ts'
import { switchText, whyText } from '../../src/cli/why-text.ts'
import { until } from '../helpers/testnet.ts'
import { cli } from './terminal.ts'
import type { PeerId } from '@libp2p/interface'
import type { ExplainableChannel, OpensChannels, WhyReport } from '../../src/cli/why-report.ts'
import type { ChannelEnd, ChannelEvents } from '../../src/host/channel.ts'
import type { RouteKind, RouteStatus } from '../../src/host/channel-status.ts'
import type { CliResult } from './terminal.ts'

const [A, B, RSP, DEST] = [
  '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5',
  '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN',
  '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo',
  '12D3KooWLRPJAA5o6juZVTLbW46Wq5fUxQCPqmZ4HAzrVAMN3zmx'
]
const AT_MS = Date.parse('2026-11-01T12:00:00Z')

const FALLBACK: RouteStatus = {
  id: 'default', isDefault: true, isActive: false, isBackup: false, rsp: null, path: [], alive: true, measuredRttMs: 80.25, jitterMs: 1, loss: 0, answered: 9, predictedRttMs: null, confidence: null
}
const PATH: RouteStatus = { ...FALLBACK, id: A, isDefault: false, rsp: RSP, path: [A, B], measuredRttMs: 42.1, predictedRttMs: 42, confidence: 0.8 }

class FakeChannel extends TypedEventEmitter<ChannelEvents> implements ExplainableChannel {
  readonly remote = peerIdFromString(DEST)
  readonly refusals = new Map<string, string>()
  readonly switches = { all: [{ atMs: AT_MS, route: 'default (no path has been measured yet)', reason: 'no path has been measured yet' }] }
  status: ExplainableChannel['status']
  end: ChannelEnd | undefined
  /** Its handshake is not done. */
  isOpening = false
  measured: Promise<void> | undefined

  constructor (kind: RouteKind, routes: RouteStatus[], text: string, reason: string) {
    super()
    this.status = { remote: DEST, kind, routes, text, reason, answers: [] }
  }

  get isClosed (): boolean {
    return this.end !== undefined
  }

  get isOpen (): boolean {
    return !this.isOpening && !this.isClosed
  }

  async settled (): Promise<void> {
    await this.measured
  }

  close (why: ChannelEnd = 'closed'): void {
    this.end = why
    this.safeDispatchEvent('close', { detail: why })
  }
}

const onPath = (): FakeChannel => new FakeChannel('path', [FALLBACK, { ...PATH, isActive: true }], 'via MtimQ5→x6nXTN (RSP CVe2Xo, −38.1 ms)', 'measured 38.1 ms faster than the default route')
const direct = (): FakeChannel => new FakeChannel('direct', [{ ...FALLBACK, isActive: true }, { ...PATH, measuredRttMs: 90 }], 'direct', 'no path is faster')
const alone = (): FakeChannel => new FakeChannel('direct', [{ ...FALLBACK, isActive: true }], 'direct', 'nobody offers a path')
const early = (): FakeChannel => new FakeChannel('default', [{ ...FALLBACK, isActive: true }], 'default (no path has been measured yet)', 'no path has been measured yet')
const dead = (): FakeChannel => new FakeChannel('none', [{ ...FALLBACK, alive: false }], 'no route (neither the default route nor any path answers)', 'neither the default route nor any path answers')

class FakeHost implements OpensChannels {
  channels: Array<FakeChannel | { remote: PeerId }> = []
  opens: FakeChannel | Error = new UnavailableError('it does not answer')
  opened = 0

  async open (): Promise<FakeChannel> {
    this.opened++
    if (this.opens instanceof Error) {
      throw this.opens
    }
    return this.opens
  }
}

describe('byway why', () => {
  let folder: string
  let env: Record<string, string>
  let host: FakeHost
  let server: ControlServer

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-why-'))
    env = { XDG_RUNTIME_DIR: folder, TMPDIR: folder }
    host = new FakeHost()
    server = await ControlServer.listen({ path: await prepareControlPath('host', A, env), commands: whyCommands(host) })
  })

  afterEach(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  async function why (...args: string[]): Promise<CliResult> {
    return cli(['why', ...args], { env })
  }

  const EXITS: Array<{ title: string, channel: () => FakeChannel, code: number, first: string }> = [
    { title: '0 over a path', channel: onPath, code: 0, first: `to ${DEST}: via MtimQ5→x6nXTN (RSP CVe2Xo, −38.1 ms)` },
    { title: '0 on the default route that is the best', channel: direct, code: 0, first: `to ${DEST}: direct` },
    { title: '0 on the default route where nobody offers a path', channel: alone, code: 0, first: `to ${DEST}: direct` },
    { title: '3 on the default route while no path is measured', channel: early, code: 3, first: `to ${DEST}: default (no path has been measured yet)` },
    { title: '1 where no route answers', channel: dead, code: 1, first: `to ${DEST}: no route (neither the default route nor any path answers)` }
  ]
  for (const { title, channel, code, first } of EXITS) {
    it(`ends with ${title}`, async () => {
      host.channels = [channel()]
      const result = await why(DEST)
      assert.equal(result.code, code, result.err)
      assert.equal(result.out.split('\n')[0], first)
      assert.equal(host.opened, 0)
      const json = JSON.parse((await why('--json', DEST)).out) as WhyReport
      assert.deepEqual([json.channel, `to ${json.destination}: ${json.verdict}`], ['kept', first])
    })
  }

  it('has the host open a channel for the answer where there is none, and close it', async () => {
    const channel = onPath()
    host.opens = channel
    const { code, out } = await why(`/ip4/192.0.2.1/tcp/1/p2p/${DEST}`)
    assert.equal(code, 0)
    assert.match(out, /^ {2}by a channel that was opened for this answer: there was none before$/m)
    assert.equal(channel.isClosed, true)
  })

  it('regression: has the host get to know where the destination is, where that was said, before it opens a channel, and for no channel that it has', async () => {
    const address = `/ip4/192.0.2.1/tcp/1/p2p/${DEST}`
    const told: string[] = []
    const path = join(folder, 'told.sock')
    const other = await ControlServer.listen({ path, commands: whyCommands(host, async ({ peer, address: at }) => { told.push(`${peer.toString()} ${String(at)} ${host.opened}`) }) })
    host.opens = onPath()
    assert.equal((await why('--control', path, address)).code, 0)
    host.channels = [onPath()]
    assert.equal((await why('--control', path, address)).code, 0)
    await other.close()
    assert.deepEqual(told, [`${DEST} ${address} 0`])
  })

  it('says that a channel of the other side is explained there', async () => {
    host.channels = [{ remote: peerIdFromString(DEST) }]
    host.opens = direct()
    assert.match((await why(DEST)).out, /^ {2}a channel that the other side has opened goes as the other side chooses: ask there$/m)
  })

  it('tells of each switch with its reason while it follows, until the channel ends', async () => {
    const channel = early()
    host.channels = [channel]
    const lines: string[] = []
    const ended = cli(['why', DEST, '--follow', '--json'], { env, onOut: (line) => {
      lines.push(line)
      if (lines.length === 1) {
        channel.safeDispatchEvent('route', { detail: { text: 'via MtimQ5 (RSP CVe2Xo, −38.1 ms)', reason: 'measured 38.1 ms faster' } })
      } else {
        channel.close()
      }
    } })
    assert.equal((await ended).code, 3)
    const [report, change] = lines.map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>)
    assert.equal(report.verdict, 'default (no path has been measured yet)')
    assert.deepEqual({ ...change.switch, atMs: 0 }, { atMs: 0, route: 'via MtimQ5 (RSP CVe2Xo, −38.1 ms)', reason: 'measured 38.1 ms faster', kind: 'default' })
  })

  for (const { title, asJson, last } of [
    { title: 'in a line', asJson: [], last: /^\S+Z {2}the channel has ended: the other side has closed it$/ },
    { title: 'as its last event', asJson: ['--json'], last: /^\{"ended":\{"atMs":\d+,"why":"closed-by-peer","reason":"the other side has closed it"\}\}$/ }
  ]) {
    it(`regression: says ${title} why a channel has ended that it followed, and ends as the channel went last`, async () => {
      const channel = early()
      host.channels = [channel]
      const lines: string[] = []
      const { code } = await cli(['why', DEST, '--follow', ...asJson], { env, onOut: (line) => {
        lines.push(line)
        if (lines.length === 1) {
          channel.status = onPath().status
          channel.safeDispatchEvent('route', { detail: { text: 'via MtimQ5', reason: 'measured faster' } })
          channel.close('closed-by-peer')
        }
      } })
      assert.deepEqual([code, lines.length], [0, 3])
      assert.match(lines[2], last)
    })
  }

  it('regression: says why a channel has ended that was opened for it, where that was while its routes were measured', async () => {
    const channel = host.opens = onPath()
    const measured = Promise.withResolvers<void>()
    channel.measured = measured.promise
    const following = why('--follow', '--json', DEST)
    await until(() => host.opened === 1, 'it is opened')
    channel.close('closed-by-peer')
    measured.resolve()
    const { out } = await following
    assert.match(out.split('\n')[1], /"why":"closed-by-peer"/)
  })

  it('follows until it is interrupted, and no longer', async () => {
    const stop = new AbortController()
    host.channels = [onPath()]
    const { code, err } = await cli(['why', DEST, '--follow'], { env, signal: stop.signal, onOut: () => { stop.abort() } })
    assert.deepEqual([code, err], [0, ''])
  })

  it('takes a living channel rather than a closed one', async () => {
    const closed = early()
    closed.close()
    host.channels = [onPath(), closed]
    assert.equal((await why(DEST)).code, 0)
  })

  it('regression: takes no channel that is only being opened, of which nothing is known yet', async () => {
    const opening = dead()
    opening.isOpening = true
    host.channels = [opening]
    host.opens = onPath()
    const { code, out } = await why('--json', DEST)
    assert.deepEqual([code, (JSON.parse(out) as WhyReport).channel, opening.isClosed], [0, 'brief', false])
  })

  it('regression: two at once have a channel each, so that none ends with the other one', async () => {
    const [first, second] = [onPath(), direct()]
    const measured = Promise.withResolvers<void>()
    first.measured = measured.promise
    const opened = Promise.withResolvers<void>()
    host.open = async () => {
      const channel = host.opened++ === 0 ? first : second
      host.channels.push(channel)
      opened.resolve()
      return channel
    }
    const one = why('--json', DEST)
    await opened.promise
    const lines: string[] = []
    const other = cli(['why', '--json', '--follow', DEST], { env, onOut: (line) => {
      lines.push(line)
      if (lines.length === 1) {
        first.close()
        second.safeDispatchEvent('route', { detail: { text: 'via MtimQ5 (RSP CVe2Xo, −38.1 ms)', reason: 'measured 38.1 ms faster' } })
      } else {
        second.close()
      }
    } })
    assert.equal((await other).code, 0)
    const [report, change] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual([report.channel, report.verdict, lines.length, Object.keys(change)], ['brief', 'direct', 3, ['switch']])
    measured.resolve()
    assert.equal((await one).code, 0)
    assert.equal(host.opened, 2)
  })

  it('ends with 1 where the destination cannot be reached', async () => {
    assert.deepEqual(await why(DEST), { code: 1, out: '', err: 'byway: it does not answer' })
  })

  it('starts a host of its own where none runs, and says so', async () => {
    await server.close()
    const { code, err } = await why(DEST, '--network', 'nowhere')
    assert.equal(code, 2)
    assert.match(err, /^no host of this user runs here, so there is no channel to explain \(byway host keeps one running\)/)
    assert.match(err, /byway: no bootstrap node of the network "nowhere" is known: name one with --bootstrap/)
  })

  for (const { title, commands, said } of [
    { title: 'of another daemon', commands: new Map([['status', async () => ({})]]), said: /^no command "why" here: this daemon knows status; a host is started for a moment$/m },
    { title: 'where nothing runs', commands: undefined, said: /^no daemon takes commands at .*: there is no such socket; a host is started for a moment$/m }
  ]) {
    it(`regression: starts a host of its own where the config file that it shares names a socket ${title}, and none where that is named on the command line`, async () => {
      const path = join(folder, 'other.sock')
      const other = commands === undefined ? undefined : await ControlServer.listen({ path, commands })
      const file = join(folder, 'byway.toml')
      await writeFile(file, `control = "${path}"\nnetwork = "nowhere"\n`)
      const shared = await why(DEST, '--config', file)
      const named = await why(DEST, '--config', file, '--control', path)
      await other?.close()
      assert.match(shared.err, said)
      assert.match(shared.err, /byway: no bootstrap node of the network "nowhere" is known/)
      assert.deepEqual([named.code, named.err.includes('a host is started')], [2, false])
    })
  }

  it('asks no running host when it is told so', async () => {
    const { code, err } = await why(DEST, '--control', 'off', '--network', 'nowhere')
    assert.deepEqual([code, host.opened], [2, 0])
    assert.match(err, /^byway: no bootstrap node/)
  })

  it('starts none where the user named one that does not run', async () => {
    const { code, err } = await why(DEST, '--control', join(folder, 'gone.sock'))
    assert.equal(code, 2)
    assert.match(err, /^byway: no daemon takes commands at /)
  })

  for (const args of [{}, { destination: DEST, address: '/ip4/192.0.2.1/tcp/1' }, { destination: 'example.net' }, { destination: '1'.repeat(1_000) }]) {
    it(`refuses the arguments ${JSON.stringify(args).slice(0, 40)}`, async () => {
      const command = whyCommands(host).get('why')
      await assert.rejects(async () => command?.(args, { signal: new AbortController().signal, emit: () => {} }), { code: 'MALFORMED' })
    })
  }
})

describe('text of byway why', () => {
  it('shows a switch in a line, and its reason once', () => {
    assert.equal(switchText({ atMs: AT_MS, route: 'via MtimQ5', reason: 'measured faster' }), '2026-11-01T12:00:00.000Z  now via MtimQ5: measured faster')
    assert.equal(switchText({ atMs: AT_MS, route: 'default (slow)', reason: 'slow' }), '2026-11-01T12:00:00.000Z  now default (slow)')
  })

  it('shows every route with promise and measurement, RSPs without an offer, and the last switches', () => {
    const report: WhyReport = {
      destination: DEST,
      channel: 'kept',
      openedByThem: false,
      kind: 'path',
      verdict: 'via MtimQ5→x6nXTN (RSP CVe2Xo, −38.1 ms)',
      reason: 'measured 38.1 ms faster than the default route',
      routes: [
        {
          isDefault: false, path: [A, B], rsp: RSP, alsoOfferedBy: [], use: 'in use', why: 'measured 38.1 ms faster than the default route',
          promised: { rttMs: 42, marginMs: 1.5, confidence: 0.8, ageMs: 65_000, expiresInMs: 50_000 }, measured: { rttMs: 42.1, jitterMs: 1, loss: 0, echoes: 9 }
        },
        { isDefault: true, path: [], rsp: null, alsoOfferedBy: [], use: 'candidate', why: '38.2 ms slower than the route in use', promised: null, measured: { rttMs: 80.25, jitterMs: 1, loss: 0.012, echoes: 9 } },
        { isDefault: false, path: [B], rsp: RSP, alsoOfferedBy: [], use: 'refused', why: 'the exit\u001b[2J is full', promised: { rttMs: 50, marginMs: null, confidence: null, ageMs: null, expiresInMs: null }, measured: null }
      ],
      query: null,
      clauses: [],
      rsps: [{ rsp: RSP, mapKind: 'reports', paths: 2, error: null }, { rsp: DEST, mapKind: 'surveys', paths: 0, error: 'no link is known yet' }],
      switches: [
        { atMs: AT_MS, route: 'default (no path has been measured yet)', reason: 'no path has been measured yet' },
        { atMs: AT_MS + 2_500, route: 'via MtimQ5→x6nXTN (RSP CVe2Xo, −38.1 ms)', reason: 'measured 38.1 ms faster than the default route' }
      ]
    }
    assert.deepEqual(whyText(report), [
      `to ${DEST}: via MtimQ5→x6nXTN (RSP CVe2Xo, −38.1 ms)`,
      '  measured 38.1 ms faster than the default route',
      '',
      'use        route            RSP     promised           data       measured  loss   why',
      'in use     MtimQ5 → x6nXTN  CVe2Xo  42.0 ms ± 1.50 ms  1 min 5 s  42.1 ms   0 %    measured 38.1 ms faster than the default route',
      'candidate  default          –       –                  –          80.3 ms   1.2 %  38.2 ms slower than the route in use',
      'refused    x6nXTN           CVe2Xo  50.0 ms            –          –         –      the exit [2J is full',
      '',
      'RSP MN3zmx (surveys): no link is known yet',
      '',
      'last switches',
      '  2026-11-01T12:00:00.000Z  default (no path has been measured yet)',
      '  2026-11-01T12:00:02.500Z  via MtimQ5→x6nXTN (RSP CVe2Xo, −38.1 ms)  measured 38.1 ms faster than the default route',
      '',
      `  CVe2Xo  ${RSP}`,
      `  MtimQ5  ${A}`,
      `  x6nXTN  ${B}`,
      `  MN3zmx  ${DEST}`
    ])
  })
})
