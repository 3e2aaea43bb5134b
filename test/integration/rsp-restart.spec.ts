// An RSP in a process of its own that is killed in the middle of its work, again and again: it comes back with its map, and its
// first answer says how old the data behind it is.
import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { ControlClient } from '../../src/cli/control-client.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { CliProcess, endProcesses, runByway } from '../helpers/processes.ts'
import { queryRoutes } from '../../protocols/route/client.ts'
import { sampleQuery } from '../protocols/route/samples.ts'
import { until } from '../helpers/testnet.ts'
import type { History, HistorySummary } from '../../src/rsp/map-history.ts'
import type { LinkSample } from '../../src/rsp/map-archive.ts'
import type { TestNode } from '../helpers/nodes.ts'
import type { VerifiedPath } from '../../protocols/route/offer.ts'

interface Started {
  event: string
  id: string
  addresses: string[]
  control: string
}

interface RspStatus {
  forwarders: number
  links: number
  archive: { rememberedNodes: number, rememberedLinks: number, keptLinks: number, loadMs: number, samples: number, longestBatchMs: number, failure?: string }
}

const START_DEADLINE_MS = 60_000
const FORWARDERS = 4
const LINKS = FORWARDERS * (FORWARDERS - 1)
const KILLS = 5
/** From forwarders it would take half a minute to know; on an idle machine it is some 50 ms. */
const FIRST_ANSWER_MS = 5_000
/** Reports come when something moves, and at least so often. */
const HEARTBEAT_MS = 30_000
const SHARED = ['--network', 'restart', '--local', '--listen', '/ip4/127.0.0.1/tcp/0', '--json']

describe('an RSP that is killed', function () {
  this.timeout(240_000)

  let folder: string
  let env: Record<string, string>
  let rspArguments: string[]
  let client: TestNode
  const forwarders: Started[] = []
  const processes: CliProcess[] = []
  let latestRsp: CliProcess | undefined

  async function start (role: string, ...args: string[]): Promise<[Started, CliProcess]> {
    const child = new CliProcess([role, ...SHARED, ...args], env)
    if (role === 'rsp') {
      latestRsp = child
    }
    return [await child.next<Started>(({ event }) => event === 'started', START_DEADLINE_MS), child]
  }

  async function statusOf ({ control }: Started): Promise<RspStatus> {
    const { code, stdout, stderr } = await runByway(['status', '--control', control, '--json'], env)
    assert.equal(code, 0, stderr)
    return (JSON.parse(stdout) as { daemons: Array<{ status: RspStatus }> }).daemons[0].status
  }

  /** All lines of all links of the last hour. */
  async function historyOf ({ control }: Started): Promise<LinkSample[]> {
    const rsp = await ControlClient.connect(control)
    try {
      const { links } = await rsp.request('history.summary', { sinceMs: 3_600_000 }) as HistorySummary
      assert.equal(links.length, LINKS / 2)
      const histories = await Promise.all(links.map(async ({ a, b }) => rsp.request('history', { sinceMs: 3_600_000, link: [a, b] }) as Promise<History>))
      return histories.flatMap(({ samples }) => samples)
    } finally {
      rsp.close()
    }
  }

  /** What each forwarder has asked per GB, as the history of its links says; in millionths. */
  async function pricesIn (rsp: Started): Promise<number[]> {
    return [...new Set((await historyOf(rsp)).flatMap(({ forth, back }) => [forth.priceMicroPerGb, back.priceMicroPerGb]))].filter((price) => price !== null).sort((a, b) => a - b)
  }

  /** From the first forwarder to the last, asked as a host would. */
  async function ask ({ id, addresses }: Started): Promise<VerifiedPath[]> {
    const connection = await client.dial(multiaddr(addresses[0]))
    const peers = forwarders.map((forwarder) => peerIdFromString(forwarder.id))
    const query = sampleQuery({
      nonce: crypto.getRandomValues(new Uint8Array(16)),
      source: [{ forwarder: peers[0], rttUs: 1_000 }],
      destination: [{ forwarder: peers[FORWARDERS - 1], rttUs: 1_000 }],
      avoid: []
    })
    try {
      return (await queryRoutes(connection, query, { expectedRsp: peerIdFromString(id), nowMs: Date.now() })).paths
    } finally {
      await connection.close()
    }
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-'))
    env = { XDG_RUNTIME_DIR: folder }
    const [first] = await start('bootstrap', '--ephemeral')
    const joining = ['--bootstrap', first.addresses[0]]
    for (const [started, child] of await Promise.all(Array.from({ length: FORWARDERS }, async (_, i) => start('forwarder', '--ephemeral', ...joining, '--operator', `operator ${i}`, '--price-per-gb', `0.0${i + 1}`)))) {
      forwarders.push(started)
      processes.push(child)
    }
    rspArguments = [...joining, '--key', join(folder, 'rsp.key'), '--data', join(folder, 'data')]
    client = await createNode()
  })

  // one that a failed test leaves behind has the folder open
  afterEach(async () => {
    latestRsp?.kill('SIGKILL')
    await latestRsp?.ended()
  })

  after(async () => {
    for (const child of processes) {
      child.kill('SIGCONT')
    }
    await stopNodes()
    await endProcesses()
    await rm(folder, { recursive: true, force: true })
  })

  it('comes back with its map, and answers the first query at once: five times', async () => {
    let [rsp, child] = await start('rsp', ...rspArguments)
    await until(async () => (await statusOf(rsp)).links === LINKS, 'it knows all links', 30_000)
    for (let kill = 0; kill < KILLS; kill++) {
      await until(async () => (await statusOf(rsp)).archive.keptLinks === LINKS, 'it has written what both ends say of each link', 30_000)
      child.kill('SIGKILL')
      await child.ended()
      ;[rsp, child] = await start('rsp', ...rspArguments)
      const startedMs = performance.now()
      const paths = await ask(rsp)
      const tookMs = performance.now() - startedMs
      assert.ok(paths.length > 0 && tookMs < FIRST_ANSWER_MS, `${paths.length} paths in ${tookMs} ms`)
      assert.ok(paths.every(({ prediction }) => prediction.dataAgeMs < 2 * HEARTBEAT_MS))
      const { archive } = await statusOf(rsp)
      assert.deepEqual([archive.rememberedNodes, archive.rememberedLinks, archive.failure], [FORWARDERS, LINKS, undefined])
      // somewhere within its rounds of writing, which take a second each
      await new Promise((resolve) => setTimeout(resolve, 500 + 2_000 * Math.random()))
    }
    assert.deepEqual(await pricesIn(rsp), [10_000, 20_000, 30_000, 40_000])
    child.kill('SIGTERM')
    assert.equal((await child.ended()).code, 0)
  })

  it('regression: comes back with its map after a clean stop, too, which is no news of any link', async () => {
    // with nothing in it: what is kept there has been heard by this one
    const fresh = [...rspArguments.slice(0, -1), join(folder, 'fresh')]
    let [rsp, child] = await start('rsp', ...fresh)
    await until(async () => (await statusOf(rsp)).archive.keptLinks === LINKS, 'it has written what both ends say of each link', 30_000)
    const stoppedMs = Date.now()
    child.kill('SIGTERM')
    assert.equal((await child.ended()).code, 0)
    const endedMs = Date.now()
    ;[rsp, child] = await start('rsp', ...fresh)
    const { archive } = await statusOf(rsp)
    assert.deepEqual([archive.rememberedNodes, archive.rememberedLinks], [FORWARDERS, LINKS])
    // of links that fail while nodes start there may be lines from before
    assert.ok((await historyOf(rsp)).every(({ atMs, rttUs }) => rttUs !== null || atMs < stoppedMs || atMs > endedMs), 'no link was gone for that')
    child.kill('SIGTERM')
    await child.ended()
  })

  it('answers from memory alone when no forwarder speaks, and says how old that is', async () => {
    let [rsp, child] = await start('rsp', ...rspArguments)
    await until(async () => (await statusOf(rsp)).links === LINKS, 'it knows all links', 30_000)
    // their machines still take connections, but nothing comes any more
    for (const forwarder of processes) {
      forwarder.kill('SIGSTOP')
    }
    const silentMs = Date.now()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    child.kill('SIGKILL')
    await child.ended()
    ;[rsp, child] = await start('rsp', ...rspArguments)
    const paths = await ask(rsp)
    const ageMs = Date.now() - silentMs
    assert.ok(paths.length > 0)
    for (const { forwarders: { length }, prediction } of paths) {
      assert.ok(length > 1)
      assert.ok(prediction.dataAgeMs >= ageMs - 2_500 && prediction.dataAgeMs < ageMs + 2 * HEARTBEAT_MS, `${prediction.dataAgeMs} ms after ${ageMs} ms of silence`)
      assert.ok(prediction.confidence < 0.95)
    }
    for (const forwarder of processes) {
      forwarder.kill('SIGCONT')
    }
    await until(async () => (await ask(rsp)).some(({ prediction }) => prediction.dataAgeMs < ageMs), 'it hears of them again', 60_000)
    child.kill('SIGKILL')
    await child.ended()
  })

  it('lets nobody else use its folder, and keeps nothing where it is told so', async () => {
    const [, child] = await start('rsp', ...rspArguments)
    const other = await runByway(['rsp', ...SHARED, '--ephemeral', '--data', join(folder, 'data')], env)
    assert.equal(other.code, 2)
    assert.match(other.stderr, /^byway: map store .*map\.sqlite: another process has it open: stop that RSP first, or give this one a folder of its own \(--data FOLDER\)$/m)
    child.kill('SIGTERM')
    await child.ended()
    const { size } = await stat(join(folder, 'data', 'map.sqlite'))
    assert.ok(size < 1_000_000, `${size} bytes`)
    const [none, forgetful] = await start('rsp', ...rspArguments.slice(0, -1), 'off')
    assert.equal((await statusOf(none)).archive, undefined)
    forgetful.kill('SIGTERM')
    await forgetful.ended()
  })
})
