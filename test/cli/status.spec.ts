import assert from 'node:assert/strict'
import { chmod, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ControlServer } from '../../src/cli/control-server.ts'
import { bytesText, durationText } from '../../src/cli/number-text.ts'
import { statusText } from '../../src/cli/status.ts'
import { cli } from './terminal.ts'
import type { CliResult } from './terminal.ts'
import type { DaemonStatus } from '../../src/cli/status.ts'

interface Started {
  event: string
  role: string
  id: string
  addresses: string[]
  control: string | null
}

interface Report {
  daemons: Array<DaemonStatus & { control: string, error?: { code: string } }>
}

const PEER = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
const HERE = ['--listen', '/ip4/127.0.0.1/tcp/0', '--local', '--network', 'test', '--json']

function daemon (role: string, status: Record<string, unknown>): { control: string, daemon: DaemonStatus } {
  return {
    control: '/run/byway/a.sock',
    daemon: { role, id: PEER, network: 'test', version: '1.2.3', pid: 42, uptimeMs: 3_700_000, addresses: ['/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.1/tcp/2/ws'], status }
  }
}

describe('texts of byway status', () => {
  it('show a forwarder with its traffic, its table and what each RSP\'s paths carried', () => {
    const lines = statusText([daemon('forwarder', {
      links: 40,
      neighbours: 8,
      attachments: 31,
      loadBytesPerSecond: 1_234_567,
      forwardedPackets: 123_456,
      forwardedBytes: 98_765_432,
      dropped: { expired: 3, queueFull: 1_200, malformed: 0 },
      table: {
        paths: 12,
        maxPaths: 65_536,
        labels: 24,
        pendingPaths: 1,
        heldBytes: 10_000_000,
        perRsp: [{ rsp: PEER, paths: 12, sources: 3, packets: 1_000, bytes: 1_400_000 }, { rsp: null, paths: 0, sources: 0, packets: 5, bytes: 500 }]
      },
      setUps: { installed: 20, authenticated: 2, refreshed: 300, removed: 0, refused: { OVER_QUOTA: 1, NOT_AUTHORIZED: 7 }, queued: 3, bits: 9, isCalm: false }
    })])
    assert.deepEqual(lines, [
      `forwarder ${PEER}`,
      '  up          1 h 1 min, network test, version 1.2.3, process 42',
      '  control     /run/byway/a.sock',
      '  listens on  /ip4/192.0.2.1/tcp/1',
      '              /ip4/192.0.2.1/tcp/2/ws',
      '  links       40, to 8 neighbours and 31 attached nodes',
      '  load        1.2 MB/s',
      '  forwarded   123,456 packets, 98.8 MB',
      '  dropped     1,200 queue full, 3 expired',
      '  paths       12 of at most 65,536, 1 pending; 24 labels; 10.0 MB',
      '  set-ups     300 refreshed, 20 installed, 2 authenticated',
      '  refused     7 not authorized, 1 over quota',
      '  under load  3 set-ups wait, puzzles have 9 bits',
      '',
      '  RSP                                                   paths  packets  bytes   sources',
      `  ${PEER}  12     1,000    1.4 MB  3`,
      '  none (source routes)                                  0      5        500 B   0'
    ])
  })

  it('show what was turned away from a node, the most frequent first', () => {
    const row = daemon('bootstrap', {})
    const defences = {
      inboundConnections: 12,
      connections: { admitted: 3_456, deniedTotal: 0, deniedPrefix: 2, deniedPending: 0, deniedRate: 70, deniedPeer: 1 },
      reaped: { crowded: 0, idle: 9 },
      breaches: { PingFloodError: 3 },
      datastore: { refusedProviderRecords: 4, refusedValues: 0, refusedLargeValues: 0 },
      providerRecords: 7,
      dht: { admitted: 5_000, delayed: 300, refused: 8, tooLong: 0 },
      pings: { admitted: 40, delayed: 1, refused: 5 }
    }
    assert.deepEqual(statusText([{ ...row, daemon: { ...row.daemon, defences } }]).slice(5), [
      '  inbound      12 connections now, 3,456 admitted since the start',
      '  turned away  70 denied rate, 9 reaped idle, 8 dht refused, 5 pings refused, 4 refused provider records, 3 ping flood, 2 denied prefix, 1 denied peer'
    ])
  })

  it('leave out what a forwarder of another version does not say', () => {
    const lines = statusText([daemon('forwarder', {})])
    assert.ok(lines.includes('  links       –, to – neighbours and – attached nodes'))
    assert.ok(lines.includes('  dropped     none'))
    assert.ok(!lines.some((line) => /paths|set-ups|RSP/.test(line)))
    assert.ok(statusText([daemon('forwarder', { links: 'many', dropped: [] })]).includes('  links       –, to – neighbours and – attached nodes'))
  })

  it('show a host with its channels', () => {
    const lines = statusText([daemon('host', {
      measuredForwarders: 3,
      knownForwarders: 5,
      knownRsps: 2,
      channels: [{ remote: PEER, openedBy: 'here', route: 'via aaaaaa (RSP bbbbbb, −38.1 ms)' }, { remote: PEER, openedBy: 'there', route: 'default (the other side chooses)' }]
    })])
    assert.deepEqual(lines.slice(-6), [
      '  forwarders  5 known, 3 measured',
      '  RSPs        2 known',
      '  channels    2',
      '',
      '  to MtimQ5    via aaaaaa (RSP bbbbbb, −38.1 ms)',
      '  from MtimQ5  default (the other side chooses)'
    ])
  })

  for (const role of ['bootstrap', 'forwarder', 'host', 'rsp']) {
    it(`regression: say of a ${role} whose clock is not that of others that it should be looked at`, () => {
      const clock = (clocksApart?: number): string[] => statusText([daemon(role, { clocksApart })]).filter((line) => /clock/i.test(line))
      assert.deepEqual([undefined, 0, 1].flatMap(clock), [], 'one node may have a wrong clock itself')
      assert.match(clock(2).join(), /^ {2}CLOCK +2 nodes that answer tell another time than this machine, by a minute or more: is its clock right\?$/)
    })
  }

  it('show what an RSP measures and answers', () => {
    const plan = { rounds: 7, watchedLinks: 1_300, possibleLinks: 4_950, movedShare: 0.031 }
    const lines = statusText([daemon('rsp', { mapKind: 'surveys', forwarders: 100, links: 2_500, plan, answered: 1_500, unanswered: 2 })])
    assert.deepEqual(lines.slice(-3), [
      '  map         by surveys: 100 forwarders, 2,500 links (each direction counted)',
      '  measures    1,300 of 4,950 links, 7 rounds done; 3.1 % of the values moved in the last one',
      '  answers     1,500 given, 2 without a path'
    ])
  })

  it('show what the surveys of an RSP know, and what they cost', () => {
    const survey = { links: 66, suspects: 3, rates: 60, packetsPerSecond: 130.4, bytesPerSecond: 46_000, packetsPerLinkMinute: 118.5, bytesPerLinkMinute: 55_000 }
    const lines = statusText([daemon('rsp', { mapKind: 'surveys', forwarders: 12, links: 132, answered: 0, unanswered: 0, survey })])
    assert.deepEqual(lines.slice(-2), [
      '  surveys     bandwidth of 60 of 66 links known; loss of 3 looked at closely',
      '  cost        130.4 packets/s, 46.0 kB/s; a link 118.5 packets, 55.0 kB a minute each way'
    ])
  })

  it('show what an RSP has kept, or why it cannot', () => {
    const archive = { keptLinks: 2_500, bytes: 1_234_567, maxBytes: 256_000_000 }
    assert.equal(statusText([daemon('rsp', { archive })]).at(-1), '  kept        2,500 links for the next start; with their history 1.2 MB of at most 256.0 MB')
    assert.equal(statusText([daemon('rsp', { archive: { ...archive, failure: 'disk full' } })]).at(-1), '  NOT KEPT    disk full')
  })

  it('show with whom an RSP exchanges measurements, who of them is believed, and why not', () => {
    const rival = { rsp: PEER, trust: 0.9421, isCredible: true, links: 5_800, judgedTrue: 60, judgedFalse: 1, toldLinks: 6_000, breaches: 0 }
    const plan = { rounds: 7, watchedLinks: 1_300, possibleLinks: 4_950, givenLinks: 580, auditedLinks: 6 }
    const lines = statusText([daemon('rsp', {
      mapKind: 'surveys', forwarders: 100, links: 2_500, plan, answered: 0, unanswered: 0,
      exchange: { rivals: [rival, { ...rival, trust: 0.125, isCredible: false, links: 0, judgedTrue: 0, judgedFalse: 0, toldLinks: 0, breaches: 1, lastError: 'AbsurdMeasurementError' }] }
    })])
    assert.deepEqual(lines.slice(-8), [
      '  measures    1,300 of 4,950 links, 7 rounds done',
      '  is told     580 more in this round by other RSPs; measures 6 of theirs to know whether they are right',
      '  answers     0 given, 0 without a path',
      '  exchanges   with 2 RSPs',
      '',
      `  RSP${' '.repeat(PEER.length - 3)}  trust               its links  right  wrong  told   rubbish  trouble`,
      `  ${PEER}  0.94                5,800      60     1      6,000  0`,
      `  ${PEER}  0.13, not believed  0          0      0      0      1        AbsurdMeasurementError`
    ])
  })

  it('show the numbers of other roles under their names', () => {
    const lines = statusText([daemon('bootstrap', { kind: 'any', forwarders: 24, answeredCalls: 1_500, nested: { a: 1 } })])
    assert.deepEqual(lines.slice(-3), ['  kind            any', '  forwarders      24', '  answered calls  1,500'])
  })

  it('show daemons one below the other, and why one said nothing', () => {
    const lines = statusText([daemon('bootstrap', {}), { control: '/run/byway/b.sock', error: { code: 'TIMED_OUT', message: 'no answer' } }])
    assert.deepEqual(lines.slice(-2), ['', '/run/byway/b.sock: no answer'])
  })

  it('hold nothing that steers a terminal', () => {
    assert.ok(!statusText([daemon('bootstrap', { name: '\u001b[2Jevil\u009b' })]).some((line) => /\p{Cc}/u.test(line)))
  })

  it('show ages and amounts with as many digits as they are worth', () => {
    assert.deepEqual([0, 999, 59_000, 61_000, 3_600_000, 90_061_000].map(durationText), ['0 s', '0 s', '59 s', '1 min 1 s', '1 h 0 min', '1 d 1 h'])
    assert.deepEqual([0, 999, 1_000, 1_500_000, 2e9, 3e15, undefined].map(bytesText), ['0 B', '999 B', '1.0 kB', '1.5 MB', '2.0 GB', '3000.0 TB', '–'])
  })
})

describe('byway status', () => {
  let folder: string
  let env: Record<string, string>
  const running: Array<{ stop: AbortController, ended: Promise<CliResult> }> = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-status-'))
    env = { XDG_RUNTIME_DIR: folder, TMPDIR: folder, XDG_CONFIG_HOME: folder }
  })

  afterEach(async () => {
    await stopAll()
    await rm(folder, { recursive: true })
  })

  /** A daemon of its own, from the command line to the end. */
  async function start (args: string[], more: Record<string, string> = {}): Promise<Started> {
    const stop = new AbortController()
    const started = Promise.withResolvers<Started>()
    const ended = cli([...args, ...HERE], { env: { ...env, ...more }, signal: stop.signal, onOut: (line) => { started.resolve(JSON.parse(line) as Started) } })
    running.push({ stop, ended })
    void ended.then(({ err }) => { started.reject(new Error(err)) })
    return started.promise
  }

  async function stopAll (): Promise<CliResult[]> {
    return Promise.all(running.splice(0).map(async ({ stop, ended }) => {
      stop.abort()
      return ended
    }))
  }

  async function report (...args: string[]): Promise<Report> {
    const { code, out, err } = await cli(['status', '--json', ...args], { env })
    assert.equal(code, 0, err)
    return JSON.parse(out) as Report
  }

  it('finds all daemons of the user, each with what its role does', async () => {
    const started = await Promise.all(['forwarder', 'rsp', 'host', 'bootstrap'].map(async (role) => start([role, '--ephemeral'])))
    const { daemons } = await report()
    assert.deepEqual(daemons.map(({ role }) => role), ['bootstrap', 'forwarder', 'host', 'rsp'])
    for (const { role, id, addresses, control } of started) {
      const found = daemons.find((one) => one.id === id)
      assert.equal(control, join(folder, 'byway', `${role}-${id.slice(-8)}.sock`))
      assert.deepEqual([found?.role, found?.network, found?.pid, found?.control, found?.addresses], [role, 'test', process.pid, control, addresses])
      assert.ok(found !== undefined && found.uptimeMs >= 0 && found.uptimeMs < 60_000)
      // nobody has connected, but a node may have left a record with itself
      const { providerRecords, ...refused } = found.defences ?? assert.fail('it says nothing of its defences')
      assert.equal(typeof providerRecords, 'number')
      assert.deepEqual(refused, {
        inboundConnections: 0,
        connections: { admitted: 0, deniedTotal: 0, deniedPrefix: 0, deniedPending: 0, deniedRate: 0, deniedPeer: 0, gaveWay: 0 },
        reaped: { crowded: 0, idle: 0 },
        breaches: {},
        datastore: { refusedProviderRecords: 0, refusedValues: 0, refusedLargeValues: 0 },
        dht: { admitted: 0, delayed: 0, refused: 0, tooLong: 0 },
        pings: { admitted: 0, delayed: 0, refused: 0 }
      })
    }
    const [bootstrap, forwarder, host, rsp] = daemons.map(({ status }) => status as Record<string, unknown>)
    assert.equal(bootstrap.rsps, 0)
    assert.deepEqual(daemons.map(({ status }) => (status as Record<string, unknown>).clocksApart), [0, 0, 0, 0])
    assert.equal(forwarder.forwardedPackets, 0)
    assert.equal((forwarder.table as { paths: number }).paths, 0)
    assert.deepEqual(host.channels, [])
    assert.equal(rsp.mapKind, 'reports')
    const { code, out } = await cli(['status'], { env })
    assert.equal(code, 0)
    for (const { role, id } of started) {
      assert.match(out, new RegExp(`^${role} ${id}$`, 'm'))
    }
    assert.match(out, /^ {2}paths +0 of at most 65,536/m)
    const results = await stopAll()
    assert.deepEqual(results.map(({ code: ended }) => ended), [0, 0, 0, 0])
    assert.deepEqual(await readdir(join(folder, 'byway')), [])
  })

  it('ends with 2 when no daemon runs, and says how to start one', async () => {
    assert.deepEqual(await cli(['status'], { env }), {
      code: 2, out: '', err: 'byway: no daemon of this user runs here: start one (byway forwarder --help); one that was started with --control PATH is named in the same way'
    })
    const { code, err } = await cli(['status', '--control', join(folder, 'no.sock')], { env })
    assert.equal(code, 2)
    assert.match(err, /^byway: no daemon takes commands at .*no\.sock: there is no such socket$/)
  })

  it('asks the daemon that is named; one that was told a place of its own is found there only', async () => {
    const path = join(folder, 'mine.sock')
    const { id, control } = await start(['host', '--ephemeral', '--control', path])
    assert.equal(control, path)
    assert.equal((await lstat(path)).mode & 0o777, 0o600)
    assert.equal((await cli(['status'], { env })).code, 2)
    assert.equal((await report('--control', path)).daemons[0].id, id)
    assert.equal((JSON.parse((await cli(['status', '--json'], { env: { ...env, BYWAY_CONTROL: path } })).out) as Report).daemons[0].id, id)
  })

  for (const [title, args, more] of [['--no-control', ['--no-control'], {}], ['--control off', ['--control', 'off'], {}], ['BYWAY_CONTROL=off', [], { BYWAY_CONTROL: 'off' }]] as const) {
    it(`finds nothing where a daemon takes no commands: ${title}`, async () => {
      const { control } = await start(['host', '--ephemeral', ...args], more)
      assert.equal(control, null)
      assert.equal((await cli(['status'], { env })).code, 2)
    })
  }

  it('goes on with the rest when one does not answer, and ends with 2 when none does', async () => {
    await mkdir(join(folder, 'byway'), { mode: 0o700 })
    const server = createServer((socket) => { socket.on('error', () => {}).end('{"id":null,"error":{"code":"OVER_QUOTA","message":"full"}}\n') })
    await once(server.listen(join(folder, 'byway', 'rsp-a.sock')), 'listening')
    try {
      const alone = await cli(['status'], { env })
      assert.deepEqual([alone.code, alone.out], [2, `${join(folder, 'byway', 'rsp-a.sock')}: full`])
      const { id } = await start(['host', '--ephemeral'])
      const { daemons } = await report()
      assert.deepEqual(daemons.map(({ id, error }) => id ?? error?.code), [id, 'OVER_QUOTA'])
    } finally {
      server.close()
    }
  })

  it('refuses what is no status, and says that versions may differ', async () => {
    const server = await ControlServer.listen({ path: join(folder, 'odd.sock'), commands: new Map([['status', async () => ({ role: 7 })]]) })
    const { code, out } = await cli(['status', '--control', server.path], { env })
    await server.close()
    assert.equal(code, 2)
    assert.match(out, /odd\.sock: the daemon's answer is not understood: is it of another version\? \(role: /)
  })

  it('shows it again and again with --watch, until it is interrupted', async function () {
    this.timeout(10_000)
    await start(['host', '--ephemeral'])
    const stop = new AbortController()
    const seen: Report[] = []
    const { code } = await cli(['status', '--watch', '--json'], {
      env,
      signal: stop.signal,
      onOut: (line) => {
        seen.push(JSON.parse(line) as Report)
        if (seen.length === 2) {
          stop.abort()
        }
      }
    })
    assert.equal(code, 0)
    assert.equal(seen.length, 2)
    assert.ok(seen[1].daemons[0].uptimeMs > seen[0].daemons[0].uptimeMs + 1_000)
  })

  it('regression: ends with 0 when it is interrupted with --watch while a daemon is being asked, too', async function () {
    this.timeout(10_000)
    const stop = new AbortController()
    let asked = 0
    const server = await ControlServer.listen({
      path: join(folder, 'slow.sock'),
      commands: new Map([['status', async () => {
        if (++asked === 1) {
          return { role: 'host', id: PEER, network: 'test', version: '1', pid: 1, uptimeMs: 1, addresses: [], status: {} }
        }
        setImmediate(() => { stop.abort() })
        return new Promise(() => {})
      }]])
    })
    const { code, err } = await cli(['status', '--watch', '--control', server.path], { env, signal: stop.signal })
    await server.close()
    assert.deepEqual([asked, code, err], [2, 0, ''])
  })

  describe('daemons', () => {
    it('of the same key do not run twice, and the second one says what to do', async () => {
      const { id } = await start(['host'])
      const { code, err, out } = await cli(['host', ...HERE], { env })
      assert.equal(code, 2)
      assert.equal(err, `byway: a node with this key runs already, ${id}: stop it first, or give this one a key of its own with --key FILE or --ephemeral`)
      assert.equal(out, '')
      assert.equal((await report()).daemons[0].id, id)
    })

    for (const { title, first, second } of [
      { title: 'neither takes commands', first: ['--no-control'], second: ['--no-control'] },
      { title: 'each takes them at another place', first: ['--control', 'a.sock'], second: ['--control', 'b.sock'] },
      { title: 'one takes them at its usual place', first: [], second: ['--no-control'] }
    ]) {
      it(`regression: of the same key do not run twice where ${title}, and one starts after the other has stopped`, async () => {
        const own = (args: string[]): string[] => ['host', ...args.map((arg) => arg.startsWith('-') ? arg : join(folder, arg))]
        const { id } = await start(own(first))
        const { code, err, out } = await cli([...own(second), ...HERE], { env })
        assert.deepEqual([code, out], [2, ''])
        assert.match(err, new RegExp(`^byway: a node with this key runs already, ${id}: stop it first, or give this one a key of its own`))
        await stopAll()
        assert.equal((await start(own(second))).id, id)
      })
    }

    it('run without the channel where its usual place cannot be used, and say so; where it was asked for, they end', async () => {
      await mkdir(join(folder, 'byway'))
      await chmod(join(folder, 'byway'), 0o777)
      const { control } = await start(['host', '--ephemeral'])
      assert.equal(control, null)
      const [{ err }] = await stopAll()
      assert.match(err, /^this node takes no commands: control socket .*: others can enter it .*--no-control goes without\)$/m)
      const asked = await cli(['host', '--ephemeral', '--control', join(folder, 'nowhere', 'a.sock'), ...HERE], { env })
      assert.equal(asked.code, 2)
      assert.match(asked.err, /^byway: control socket .*nowhere\/a\.sock: /m)
    })

    it('leave no socket behind when they cannot start', async () => {
      const { code, err } = await cli(['host', '--ephemeral', '--listen', '/ip4/192.0.2.1/tcp/0'], { env })
      assert.equal(code, 2, err)
      assert.deepEqual(await readdir(join(folder, 'byway')), [])
    })

    it('name the place in their text', async () => {
      const stop = new AbortController()
      const { out } = await cli(['host', '--ephemeral', ...HERE.slice(0, -1)], { env, signal: stop.signal, onOut: () => { setTimeout(() => { stop.abort() }, 20) } })
      assert.match(out, new RegExp(`^takes commands at \\(byway status\\)\n {2}${folder}/byway/host-\\w{8}\\.sock$`, 'm'))
    })
  })

  it('has a help with an example', async () => {
    const { code, out } = await cli(['status', '--help'])
    assert.equal(code, 0)
    for (const pattern of [/--watch/, /--json/, /--control <path>/, /^ {2}byway status$/m]) {
      assert.match(out, pattern)
    }
  })
})
