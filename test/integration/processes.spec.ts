// The overlay as users run it: every node a process of its own, started with the command line, and one of them killed.
import assert from 'node:assert/strict'
import { CliProcess, endProcesses, runByway } from '../helpers/processes.ts'
import type { PingTick } from '../../src/cli/ping-session.ts'
import type { RouteReport } from '../../src/cli/route.ts'
import type { TraceReport } from '../../src/cli/trace.ts'

interface Started {
  event: string
  role: string
  id: string
  addresses: string[]
}

/** A peer id of which nobody has the key. */
const NOBODY = '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5'
const START_DEADLINE_MS = 60_000
const PATH_DEADLINE_MS = 40_000
/** Detection takes half a second; the rest is for a busy machine. */
const RECOVERY_DEADLINE_MS = 20_000
const OFFER_DEADLINE_MS = 40_000
const SHARED = ['--network', 'processes', '--local', '--json']

describe('an overlay of separate processes', function () {
  this.timeout(240_000)

  const forwarders = new Map<string, CliProcess>()
  const rsps: string[] = []
  let overlay: string[]
  let source: string
  let destination: string

  async function start (role: string, ...args: string[]): Promise<[Started, CliProcess]> {
    const child = new CliProcess([role, '--ephemeral', '--listen', '/ip4/127.0.0.1/tcp/0', ...SHARED, ...args])
    const started = await child.next<Started>(({ event }) => event === 'started', START_DEADLINE_MS)
    assert.equal(started.role, role)
    assert.ok(started.addresses.every((address) => address.endsWith(`/p2p/${started.id}`)))
    return [started, child]
  }

  async function json<T> (...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await runByway([...args, ...overlay])
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as T
  }

  before(async () => {
    const [first] = await start('bootstrap')
    const join = ['--bootstrap', first.addresses[0]]
    overlay = [...SHARED, ...join]
    const nodes = await Promise.all([
      ...[1, 2, 3].map(async () => start('forwarder', ...join)),
      start('rsp', '--map', 'reports', ...join),
      start('rsp', '--map', 'surveys', ...join),
      start('host', ...join),
      start('host', ...join)
    ])
    for (const [{ role, id }, child] of nodes) {
      if (role === 'forwarder') {
        forwarders.set(id, child)
      } else if (role === 'rsp') {
        rsps.push(id)
      }
    }
    [source, destination] = nodes.filter(([{ role }]) => role === 'host').map(([{ id }]) => id)
  })

  after(async () => { await endProcesses() })

  it('answers `byway route` with offers of both RSPs beside the default route', async () => {
    const untilMs = performance.now() + OFFER_DEADLINE_MS
    let report: RouteReport
    do {
      // both have to map the links first
      report = await json<RouteReport>('route', destination)
    } while (new Set(report.offers.map(({ rsp }) => rsp)).size < 2 && performance.now() < untilMs)
    assert.equal(report.destination, destination)
    assert.ok(report.default.rttMs !== null && report.default.rttMs > 0)
    assert.deepEqual(new Set(report.offers.map(({ rsp }) => rsp)), new Set(rsps), JSON.stringify(report.failures))
    assert.deepEqual(new Set(report.offers.map(({ kind }) => kind)), new Set(['reports', 'surveys']))
    for (const offer of report.offers) {
      assert.ok(offer.path.length > 0 && offer.path.every((id) => forwarders.has(id)))
      assert.ok(offer.predictedRttMs !== null && offer.predictedRttMs > 0)
      assert.ok(offer.confidence >= 0 && offer.confidence <= 1)
      assert.ok(Date.parse(offer.expiresAt) > Date.now())
    }
  })

  it('answers `byway trace` with the round trip to each forwarder and to the destination', async () => {
    const report = await json<TraceReport>('trace', destination)
    assert.ok(report.path.length > 0 && report.path.every((id) => forwarders.has(id)))
    assert.deepEqual(report.hops.map(({ id }) => id), [...report.path, destination])
    assert.ok(report.hops.every(({ rttMs }) => rttMs !== null && rttMs > 0), JSON.stringify(report))
  })

  it('traces a given path, to another host', async () => {
    const path = [...forwarders.keys()].slice(0, 2)
    const report = await json<TraceReport>('trace', source, '--path', path.join())
    assert.deepEqual(report.path, path)
    assert.ok(report.hops.slice(0, 2).every(({ rttMs }) => rttMs !== null && rttMs > 0), JSON.stringify(report))
  })

  it('ends `byway ping` after --count lines, the last with the default and the chosen route', async () => {
    const { code, stdout, stderr } = await runByway(['ping', destination, '--count', '3', '--interval', '1', ...overlay])
    assert.equal(code, 0, stderr)
    const ticks = stdout.split('\n').map((line) => JSON.parse(line) as PingTick)
    assert.deepEqual(ticks.map(({ tick }) => tick), [1, 2, 3])
    // a busy machine may not have measured them after a second yet
    assert.ok(ticks[2].defaultRttMs !== null && ticks[2].chosen.rsp !== null, stdout)
    assert.ok(ticks.some(({ answered }) => answered), stdout)
  })

  it('ends with 1 when a destination can be reached by no route, and `byway route` still prints its object', async () => {
    const [route, ping] = await Promise.all(['route', 'ping'].map(async (command) => runByway([command, NOBODY, ...overlay])))
    assert.equal(route.code, 1, route.stderr)
    const report = JSON.parse(route.stdout) as RouteReport
    assert.deepEqual([report.default.rttMs, report.offers], [null, []])
    assert.match(report.error ?? '', new RegExp(`nobody knows ${NOBODY}`))
    assert.equal(ping.code, 1, ping.stderr)
    assert.match(ping.stderr, new RegExp(`^byway: nobody knows ${NOBODY}: is it running`, 'm'))
    assert.equal(ping.stdout, '')
  })

  it('ends `byway ping` quietly when nobody reads it any more', async () => {
    const ping = new CliProcess(['ping', destination, '--interval', '0.3', ...overlay])
    await ping.next<PingTick>(() => true, START_DEADLINE_MS)
    ping.closeStdout()
    const { code, stderr } = await ping.ended()
    assert.equal(code, 0, stderr)
    assert.doesNotMatch(stderr, /EPIPE|^\s+at /m)
  })

  it('recovers in the middle of a ping when a forwarder in use is killed', async () => {
    const ping = new CliProcess(['ping', destination, '--prefer-path', '--interval', '0.5', ...overlay])
    const before = await ping.next<PingTick>(({ answered, chosen }) => answered && chosen.path.length > 0, PATH_DEADLINE_MS)
    const victim = before.chosen.path[0]
    forwarders.get(victim)?.kill('SIGKILL')
    forwarders.delete(victim)
    const switches: PingTick['switches'] = []
    const after = await ping.next<PingTick>((tick) => {
      switches.push(...tick.switches)
      return tick.answered && !tick.chosen.path.includes(victim)
    }, RECOVERY_DEADLINE_MS)
    assert.ok(switches.length > 0)
    assert.ok(switches.every(({ reason }) => reason !== ''))
    for (let i = 1; i <= 4; i++) {
      const tick = await ping.next<PingTick>(() => true, START_DEADLINE_MS)
      assert.equal(tick.tick, after.tick + i)
      assert.ok(!tick.chosen.path.includes(victim), JSON.stringify(tick))
    }
    ping.kill('SIGINT')
    assert.equal((await ping.ended()).code, 0)
  })

  it('stops a daemon cleanly when it is told to, and the daemon says so, though one Ctrl-C came from the terminal and from npm', async () => {
    const [[id, child]] = forwarders
    const startedMs = performance.now()
    child.kill('SIGTERM')
    child.kill('SIGINT')
    const { code, stdout } = await child.ended()
    assert.equal(code, 0)
    assert.ok(performance.now() - startedMs < 15_000)
    assert.deepEqual(JSON.parse(stdout.split('\n').at(-1) as string), { event: 'stopped', role: 'forwarder', id })
  })
})
