// Paths as operators and scripts keep them: processes of their own, the command line, and a host that falls silent.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CliProcess, endProcesses, runByway } from '../helpers/processes.ts'
import { until } from '../helpers/testnet.ts'
import type { ReceiptReport, UsageReport } from '../../src/cli/usage.ts'
import type { PathRow } from '../../src/cli/path.ts'
import type { RatedProvider } from '../../src/host/score-board.ts'
import type { TraceReport } from '../../src/cli/trace.ts'
import type { WhyReport } from '../../src/cli/why-report.ts'

interface Started {
  id: string
  addresses: string[]
  control: string
}

interface Status {
  daemons: Array<{ role: string, id: string, status: { table?: { paths: number, perRsp: Array<{ rsp: string, paths: number }> } } }>
}

const START_DEADLINE_MS = 60_000
const INSTALL_DEADLINE_MS = 40_000
/** State is soft: what nobody refreshes for so long is gone. */
const SOFT_STATE_MS = 60_000
const SHARED = ['--network', 'paths', '--local']

describe('paths on the command line', function () {
  this.timeout(180_000)

  let folder: string
  let env: Record<string, string>
  let overlay: string[]
  let rsp: Started
  let source: Started
  let sourceProcess: CliProcess
  let destination: Started
  const forwarders: Started[] = []

  async function start (role: string, ...args: string[]): Promise<[Started, CliProcess]> {
    const child = new CliProcess([role, '--ephemeral', '--listen', '/ip4/127.0.0.1/tcp/0', '--json', ...SHARED, ...args], env)
    return [await child.next<Started & { event: string }>(({ event }) => event === 'started', START_DEADLINE_MS), child]
  }

  async function json<T> (...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await runByway([...args, '--json'], env)
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as T
  }

  /** Paths that all forwarders hold. */
  async function held (): Promise<number> {
    const { daemons } = await json<Status>('status')
    return daemons.reduce((sum, { status }) => sum + (status.table?.paths ?? 0), 0)
  }

  /** The forwarder that has carried something. */
  async function busiest (): Promise<Started> {
    const { daemons } = await json<Status>('status')
    const id = daemons.find(({ status }) => (status.table?.perRsp.length ?? 0) > 0)?.id
    return forwarders.find((forwarder) => forwarder.id === id) as Started
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-'))
    env = { XDG_RUNTIME_DIR: folder }
    const [first] = await start('bootstrap')
    const joining = ['--bootstrap', first.addresses[0]]
    overlay = [...SHARED, ...joining]
    for (const [started] of await Promise.all([1, 2, 3].map(async () => start('forwarder', ...joining)))) {
      forwarders.push(started)
    }
    ;[rsp] = await start('rsp', ...joining)
    ;[source, sourceProcess] = await start('host', ...joining)
    ;[destination] = await start('host', ...joining)
  })

  after(async () => {
    await endProcesses()
    await rm(folder, { recursive: true, force: true })
  })

  it('a host installs one, shows it and removes it; forwarders say what they hold', async () => {
    let path: PathRow | undefined
    await until(async () => {
      // the RSP has to map the links first
      const { code, stdout } = await runByway(['path', 'install', destination.id, '--control', source.control, '--json'], env)
      path = code === 0 ? JSON.parse(stdout) as PathRow : undefined
      return path !== undefined
    }, 'a path is offered and installed', INSTALL_DEADLINE_MS)
    assert.equal(path?.destination, destination.id)
    assert.equal(path?.rsp, rsp.id)
    assert.ok(path?.rttMs !== null, 'it was measured')
    assert.equal(await held(), path?.forwarders.length)
    const shown = await json<PathRow[]>('path', 'show', '--control', source.control)
    assert.deepEqual(shown.map(({ id, state }) => [id, state]), [[path?.id, 'installed']])
    await json('path', 'remove', path?.id ?? '', '--control', source.control)
    await until(async () => await held() === 0, 'all forwarders have removed it', 10_000)
  })

  it('`byway rsps` shows what the host thinks of the RSP that answered it', async () => {
    const { rsps } = await json<{ rsps: RatedProvider[] }>('rsps', '--control', source.control)
    assert.deepEqual(rsps.map(({ rsp: id, standing }) => [id, standing]), [[rsp.id, 'new']])
    assert.ok(rsps[0].answers > 0 && (rsps[0].latencyMs ?? Infinity) < 3_000, JSON.stringify(rsps))
  })

  it('`byway trace --labelled` shows each hop of an installed path', async () => {
    const { code, stdout, stderr } = await runByway(['trace', destination.id, '--labelled', '--json', ...overlay], env)
    assert.equal(code, 0, stderr)
    const report = JSON.parse(stdout) as TraceReport
    assert.ok(report.path.length > 0 && report.hops.every(({ rttMs }) => rttMs !== null), stdout)
    assert.deepEqual(report.hops.map(({ id }) => id), [...report.path, destination.id])
  })

  it('`byway why` says how the host reaches the destination, and what else was offered', async () => {
    const { code, stdout, stderr } = await runByway(['why', destination.id, '--json', '--control', source.control], env)
    const report = JSON.parse(stdout) as WhyReport
    assert.equal(code, report.kind === 'default' ? 3 : 0, stderr)
    assert.deepEqual([report.channel, report.destination], ['brief', destination.id])
    assert.match(report.verdict, /^(direct$|via |default \()/)
    assert.ok(report.routes.some(({ isDefault, measured }) => isDefault && measured !== null), stdout)
    assert.ok(report.routes.some(({ rsp: of, promised }) => of === rsp.id && promised !== null), stdout)
    assert.ok(report.switches.length > 0)
  })

  it('a forwarder says what it carried for whom, and the RSP checks its receipt', async () => {
    const [usage] = await json<UsageReport[]>('usage', '--control', (await busiest()).control)
    assert.equal(usage.rsp, rsp.id)
    assert.ok(usage.packets > 0 && usage.sources.length > 0 && usage.paths.length > 0)
    const receipts = await json<ReceiptReport[]>('receipts', '--control', rsp.control)
    assert.deepEqual(new Set(receipts.map(({ forwarder }) => forwarder)), new Set(forwarders.map(({ id }) => id)))
    const receipt = receipts.find(({ packets }) => packets > 0)
    assert.ok(receipt?.error === null && receipt.bytes > 0, JSON.stringify(receipts))
  })

  it('a forwarder that revokes an RSP holds none of its paths any more', async () => {
    const path = await json<PathRow>('path', 'install', destination.id, '--style', 'hop-by-hop', '--control', source.control)
    const entry = forwarders.find(({ id }) => id === path.forwarders[0]) as Started
    const { endedPaths } = await json<{ endedPaths: number }>('revoke', rsp.id, '--control', entry.control)
    assert.equal(endedPaths, 1)
    await until(async () => (await json<PathRow[]>('path', 'show', '--control', source.control))[0].state === 'lost', 'the host hears of it', 15_000)
    await json('reinstate', rsp.id, '--control', entry.control)
    await until(async () => (await json<PathRow[]>('path', 'show', '--control', source.control))[0].state === 'installed', 'it is set up anew', 20_000)
    await json('path', 'remove', path.id, '--control', source.control)
  })

  it('what a silent host has installed is gone within a minute', async () => {
    await json<PathRow>('path', 'install', destination.id, '--control', source.control)
    assert.ok(await held() > 0)
    // its connections stand, but nothing comes any more
    sourceProcess.kill('SIGSTOP')
    const fromMs = performance.now()
    try {
      const forwarderStatus = async (): Promise<number> => {
        const tables = await Promise.all(forwarders.map(async ({ control }) => json<Status>('status', '--control', control)))
        return tables.reduce((sum, { daemons }) => sum + (daemons[0].status.table?.paths ?? 0), 0)
      }
      await until(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        return await forwarderStatus() === 0
      }, 'all forwarders have forgotten it', SOFT_STATE_MS + 30_000)
      assert.ok(performance.now() - fromMs > 20_000, 'a refresh keeps it for longer than a moment')
    } finally {
      sourceProcess.kill('SIGCONT')
    }
  })
})
