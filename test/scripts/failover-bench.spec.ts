// The failover benchmark runs from end to end and says all that it promises; how long things take is not judged here.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { datagramOf, readDatagram } from '../../scripts/bench/failover/datagram.ts'
import { goalsOf, reportOf, tableOf } from '../../scripts/bench/failover/report.ts'
import { longestGapMs } from '../../scripts/bench/failover/strikes.ts'
import { projectRoot } from '../helpers/source-tree.ts'
import type { Strike } from '../../scripts/bench/failover/strikes.ts'

const SCRIPT = import.meta.url.endsWith('.ts')
  ? ['--import=tsx', join(projectRoot, 'scripts/bench/failover.ts')]
  : [join(projectRoot, 'dist/scripts/bench/failover.js')]

function strike (init: Partial<Strike>): Strike {
  return { signal: 'SIGKILL', position: 'entry', rttMs: 50, hadBackup: true, detectMs: 40, pauseMs: 80, text: 'via a', reason: 'r', changes: [], ...init }
}

describe('bench:failover', () => {
  it('knows its datagrams, and sees a byte that is wrong', () => {
    const datagram = datagramOf(77, 5.5)
    assert.deepEqual(readDatagram(datagram), { number: 77, sentMs: 5.5 })
    datagram[100] ^= 1
    assert.equal(readDatagram(datagram), undefined)
    assert.equal(readDatagram(datagram.subarray(1)), undefined)
  })

  it('takes the longest time without a datagram, also at the beginning and to the end', () => {
    assert.equal(longestGapMs([5, 12, 20, 95], 10, 100), 75)
    assert.equal(longestGapMs([5, 60, 70], 10, 75), 50)
    assert.equal(longestGapMs([5, 11, 12], 10, 100), 88)
    assert.equal(longestGapMs([], 10, 100), 90)
  })

  it('judges killed and silent forwarders apart, and misses a goal when a flow never went on', () => {
    const state = { text: '', path: [], backup: null, rttMs: 50, defaultRttMs: 100, offers: [], accessPoints: 6, refusals: [], routes: [], isClosed: false, sent: 10, refused: 0 }
    const arrivals = { atMs: [], received: 9, corrupt: 0, repeated: 0, channels: 1, closed: 0 }
    const report = reportOf([strike({}), strike({ pauseMs: 2_000, detectMs: null }), strike({ signal: 'SIGSTOP', detectMs: 250, text: 'default (x)' })], state, arrivals)
    assert.deepEqual([report.strikes, report.silent?.strikes, report.pauseMs?.max, report.detectMs?.max], [2, 1, 2_000, 1e6])
    assert.deepEqual([report.silent?.toDefault, report.toAnotherPath, report.datagrams?.lost, report.lostConnections], [1, 2, 1, 0])
    assert.deepEqual(goalsOf(report).filter(({ isMet }) => !isMet).map(({ figure }) => figure), ['pauseMs.max', 'pauseMs.p50'])
    assert.equal(reportOf([strike({})], { ...state, isClosed: true }, { ...arrivals, channels: 2, closed: 1 }).lostConnections, 3)
  })

  it('regression: misses the goals of what it does not know, and says of the rest what was measured', () => {
    const some = reportOf([strike({})])
    assert.deepEqual([some.strikes, some.pauseMs?.max, some.lostConnections, some.corrupt, some.datagrams], [1, 80, null, null, null])
    assert.deepEqual(goalsOf(some).filter(({ isMet }) => !isMet).map(({ figure }) => figure), ['lostConnections', 'corrupt'])
    const none = reportOf([])
    assert.deepEqual([none.strikes, none.pauseMs, none.rttMs, none.silent], [0, null, null, null])
    assert.ok(goalsOf(none).every(({ isMet }) => !isMet))
    assert.match(tableOf(none, goalsOf(none)), /pause not measured/)
  })

  it('regression: prints its JSON when it is broken off, too, says why, and fails', async () => {
    const bench = spawn(process.execPath, [...SCRIPT, '--json', '--verbose', '--kills', '50'], { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    bench.stdout.on('data', (text: Buffer) => { out += text.toString() })
    await once(bench.stderr, 'data')
    bench.kill('SIGTERM')
    const [code] = await once(bench, 'close') as [number | null]
    const { strikes, pauseMs, goals, failure } = JSON.parse(out)
    assert.deepEqual([code, strikes, pauseMs, failure], [1, 0, null, 'ended by SIGTERM'])
    assert.equal(goals.length, 4)
  }).timeout(250_000)

  it('prints pauses, detection, lost connections and corrupt datagrams as JSON', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...SCRIPT, '--json', '--kills', '1', '--silent', '1'], { cwd: projectRoot, timeout: 240_000 })
      .catch((error: Error & { stdout: string }) => error)
    const { pauseMs, detectMs, lostConnections, corrupt, silent, goals, machine, node, commit } = JSON.parse(stdout)
    assert.ok(pauseMs !== null, stdout)
    assert.ok(pauseMs.p50 > 0 && pauseMs.max >= pauseMs.p50 && silent.pauseMs.p50 > 0, stdout)
    assert.ok(detectMs.p50 > 0, stdout)
    assert.deepEqual([lostConnections, corrupt], [0, 0])
    assert.equal(goals.length, 6)
    assert.ok([machine, node, commit].every((text) => text.length > 0))
  }).timeout(250_000)
})
