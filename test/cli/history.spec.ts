import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join, resolve as resolvePath } from 'node:path'
import { Command } from 'commander'
import { ControlServer } from '../../src/cli/control-server.ts'
import { dataFolder } from '../../src/cli/daemon-role.ts'
import { historyCommands, registerHistory, samplesText, summaryText } from '../../src/cli/history.ts'
import { MapHistory, NoHistoryError, UnknownLinkError } from '../../src/rsp/map-history.ts'
import { MapStore } from '../../src/rsp/map-store.ts'
import type { HistoryQuery, HistorySummaryQuery } from '../../src/rsp/map-history.ts'
import type { LinkSample, LinkSummary, MapArchive } from '../../src/rsp/map-archive.ts'

const A = '12D3KooWaaaaaaMtimQ5'
const B = '12D3KooWbbbbbb8xWkPd'
const C = '12D3KooWccccccMtimQ7'
const NOW_MS = Date.parse('2026-11-22T12:00:00Z')

const NOTHING = { bytesPerSecond: null, rateIsFloor: false, loadBytesPerSecond: null, priceMicroPerGb: null }
const at = (minute: number, rttUs: number | null, [a, b] = [A, B]): LinkSample =>
  ({ a, b, atMs: NOW_MS + minute * 60_000, rttUs, jitterUs: 250, lossPpm: 12_000, forth: NOTHING, back: NOTHING })

describe('byway history', () => {
  let folder: string
  let control: string
  let server: ControlServer
  let asked: Array<HistoryQuery | HistorySummaryQuery>
  let samples: LinkSample[]
  let links: LinkSummary[]
  let isCut: boolean

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-history-'))
    control = join(folder, 'rsp.sock')
    asked = []
    samples = [at(-20, 20_000), at(-5, null)]
    links = [
      { a: A, b: B, lines: 3, atMs: NOW_MS - 120_000, rttUs: null, leastRttUs: 20_000, mostRttUs: 30_000 },
      { a: A, b: C, lines: 1, atMs: NOW_MS - 60_000, rttUs: 5_000, leastRttUs: 5_000, mostRttUs: 5_000 }
    ]
    isCut = false
    server = await ControlServer.listen({
      path: control,
      commands: historyCommands({
        read: async (query) => {
          asked.push(query)
          return { samples, isCut }
        },
        summary: async (query) => {
          asked.push(query)
          return { links, isCut }
        }
      }, () => NOW_MS)
    })
  })

  afterEach(async () => {
    await server.close()
    await rm(folder, { recursive: true })
  })

  async function run (...args: string[]): Promise<{ out: string[], err: string[] }> {
    const result = { out: [] as string[], err: [] as string[] }
    const program = new Command().exitOverride()
    registerHistory(program, {
      env: {}, out: (line) => { result.out.push(line) }, err: (line) => { result.err.push(line) }, signal: new AbortController().signal, exit: () => {}
    })
    await program.parseAsync(['history', '--control', control, ...args], { from: 'user' })
    return result
  }

  it('shows a link line by line', async () => {
    const { out } = await run('--link', 'MtimQ5, 8xWkPd', '--since', '7d')
    assert.deepEqual(out, [
      'time                 round trip  jitter   loss',
      '2026-11-22 11:40:00  20.0 ms     0.25 ms  1.2 %',
      '2026-11-22 11:55:00  gone'
    ])
    assert.deepEqual(asked, [{ link: ['MtimQ5', '8xWkPd'], sinceMs: NOW_MS - 7 * 86_400_000, limit: 30_000 }])
  })

  it('shows rates, loads and prices by direction where there were any', async () => {
    const forth = { bytesPerSecond: 5_000_000, rateIsFloor: false, loadBytesPerSecond: 250_000, priceMicroPerGb: 50_000 }
    const back = { bytesPerSecond: 60_000, rateIsFloor: true, loadBytesPerSecond: 0, priceMicroPerGb: 0 }
    samples = [at(-20, 20_000), { ...at(-10, 20_000), forth, back }, at(-5, null)]
    const { out } = await run('--link', 'MtimQ5,8xWkPd')
    assert.deepEqual(out, [
      'time                 round trip  jitter   loss   rate →       load →      per GB →  rate ←        load ←   per GB ←',
      '2026-11-22 11:40:00  20.0 ms     0.25 ms  1.2 %  –            –           –         –             –        –',
      '2026-11-22 11:50:00  20.0 ms     0.25 ms  1.2 %  40.0 Mbit/s  2.0 Mbit/s  0.05      ≥ 480 kbit/s  0 bit/s  0',
      '2026-11-22 11:55:00  gone',
      '',
      '→ from MtimQ5 to 8xWkPd; ≥ the link was never full, and may deliver more'
    ])
  })

  it('sums up all links of the last hour where none is named', async () => {
    const { out } = await run()
    assert.deepEqual(out, [
      'link             lines  last                 now      least    most',
      'MtimQ5 – 8xWkPd  3      2026-11-22 11:58:00  gone     20.0 ms  30.0 ms',
      'MtimQ5 – MtimQ7  1      2026-11-22 11:59:00  5.00 ms  5.00 ms  5.00 ms',
      '',
      `  MtimQ5  ${A}`,
      `  8xWkPd  ${B}`,
      `  MtimQ7  ${C}`
    ])
    assert.deepEqual(asked[0], { sinceMs: NOW_MS - 3_600_000, limit: 30_000 })
  })

  it('gives everything as JSON, and says where there is more', async () => {
    isCut = true
    const { out, err } = await run('--json', '--since', '90s', '--link', 'MtimQ5,8xWkPd')
    assert.deepEqual(JSON.parse(out[0]), { samples, isCut: true })
    assert.match(err[0], /there is more: these are the first 2 lines; ask with a shorter --since/)
    assert.equal(asked[0].sinceMs, NOW_MS - 90_000)
    const all = await run('--json')
    assert.deepEqual(JSON.parse(all.out[0]), { links, isCut: true })
    assert.match(all.err[0], /there are more: these are 2 of the links; ask with a shorter --since/)
  })

  it('says so where there is nothing', () => {
    assert.deepEqual([samplesText([]), summaryText([])], [['nothing was heard of this link in that time'], ['nothing was heard of any link in that time']])
  })

  for (const since of ['', '0h', '1', 'h', '1 week', '-1h', '1.5h']) {
    it(`refuses the time "${since}"`, async () => {
      await assert.rejects(run('--since', since), { name: 'InvalidSettingError', message: /^--since: expected a time such as 90s, 30min, 1h or 7d/ })
    })
  }

  for (const link of ['', 'MtimQ5', 'MtimQ5,MtimQ5', 'a,b', 'MtimQ5,8xWkPd,MtimQ7']) {
    it(`refuses the link "${link}"`, async () => {
      await assert.rejects(run('--link', link), { name: 'InvalidSettingError', message: /^--link: expected two different peer ids/ })
    })
  }

  it('refuses arguments that are none, whoever sends them', async () => {
    const commands = historyCommands(new MapHistory(undefined))
    const context = { signal: new AbortController().signal, emit: () => {} }
    const link = ['MtimQ5', '8xWkPd']
    for (const [command, right] of [['history', { sinceMs: 1, link }], ['history.summary', { sinceMs: 1 }]] as const) {
      const ask = async (args: Record<string, unknown>): Promise<unknown> => commands.get(command)?.(args, context)
      await assert.rejects(ask(right), { code: 'NO_HISTORY' })
      for (const wrong of [{ sinceMs: 0 }, { sinceMs: 'x' }, { sinceMs: undefined }, { limit: 1e9 }, { link: ['only one'] }, { more: 1 }]) {
        await assert.rejects(ask({ ...right, ...wrong }), { code: 'MALFORMED' })
      }
    }
  })
})

describe('history of an RSP', () => {
  const archive = {
    links: () => [[A, B], [A, C]] as Array<[string, string]>,
    samples: ([a, b]: readonly [string, string], sinceMs: number, limit: number) => [at(1, 1, [a, b]), at(2, 2, [a, b])].filter(({ atMs }) => atMs >= sinceMs).slice(0, limit)
  } as MapArchive
  const history = new MapHistory(archive)

  it('is that of one link, named by its ends or by their ends', async () => {
    const expected = { samples: [at(2, 2)], isCut: false }
    assert.deepEqual(await history.read({ link: [B, A], sinceMs: NOW_MS + 120_000, limit: 9 }), expected)
    assert.deepEqual(await history.read({ link: ['8xWkPd', 'timQ5'], sinceMs: NOW_MS + 120_000, limit: 9 }), expected)
  })

  it('is cut at a number of lines', async () => {
    assert.deepEqual(await history.read({ link: [A, C], sinceMs: 0, limit: 2 }), { samples: [at(1, 1, [A, C]), at(2, 2, [A, C])], isCut: false })
    assert.deepEqual(await history.read({ link: [A, C], sinceMs: 0, limit: 1 }), { samples: [at(1, 1, [A, C])], isCut: true })
  })

  it('needs links that are known, ids that are not ambiguous, and a store', async () => {
    const query = (a: string, b: string): HistoryQuery => ({ link: [a, b], sinceMs: 0, limit: 9 })
    await assert.rejects(history.read(query(B, C)), UnknownLinkError)
    await assert.rejects(history.read(query(B, 'none')), { code: 'UNKNOWN_LINK', message: /no history of a forwarder none/ })
    await assert.rejects(new MapHistory({ ...archive, links: () => [['xMtim', 'yMtim']] }).read(query('Mtim', 'xMtim')), { message: /Mtim may be xMtim or yMtim: give more/ })
    await assert.rejects(new MapHistory(undefined).read(query(A, B)), NoHistoryError)
    await assert.rejects(new MapHistory(undefined).summary({ sinceMs: 0, limit: 9 }), NoHistoryError)
  })
})

describe('history of an RSP with a hundred links of 700 lines each', () => {
  const LINES = 700
  let folder: string
  let store: MapStore

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-history-'))
    store = MapStore.open({ file: join(folder, 'map.sqlite'), network: 'test' })
    for (let link = 0; link < 100; link++) {
      const samples = Array.from({ length: LINES }, (_, line) => at(line, 1_000 * (line + link), ['a', `b${link}`]))
      store.write({ nodes: [], goneNodes: [], views: [], samples: [...samples, ...link === 7 ? [at(LINES, null, ['a', 'b7'])] : []] })
    }
  })

  after(async () => {
    store.close()
    await rm(folder, { recursive: true })
  })

  /** How often others had their turn meanwhile. */
  async function turnsIn (run: () => Promise<void>): Promise<number> {
    let turns = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    const count = (): void => {
      turns++
      timer = setTimeout(count, 0)
    }
    count()
    await run()
    clearTimeout(timer)
    return turns
  }

  it('regression: has a row for each link, with its newest value, and gives others their turn', async () => {
    const turns = await turnsIn(async () => {
      const { links, isCut } = await new MapHistory(store).summary({ sinceMs: NOW_MS + 60_000, limit: 1_000 })
      assert.deepEqual([links.length, isCut], [100, false])
      for (const [i, link] of links.entries()) {
        const isGone = i === 7
        const atMs = NOW_MS + 60_000 * (isGone ? LINES : LINES - 1)
        const most = 1_000 * (LINES - 1 + i)
        assert.deepEqual(link, { a: 'a', b: `b${i}`, lines: isGone ? LINES : LINES - 1, atMs, rttUs: isGone ? null : most, leastRttUs: 1_000 * (1 + i), mostRttUs: most })
      }
    })
    assert.ok(turns > 20, `${turns}`)
  })

  it('has those links only of which there are lines, and as many as are asked for', async () => {
    const history = new MapHistory(store)
    assert.deepEqual((await history.summary({ sinceMs: NOW_MS + 60_000 * LINES, limit: 9 })).links,
      [{ a: 'a', b: 'b7', lines: 1, atMs: NOW_MS + 60_000 * LINES, rttUs: null, leastRttUs: null, mostRttUs: null }])
    const { links, isCut } = await history.summary({ sinceMs: 0, limit: 9 })
    assert.deepEqual([links.length, isCut], [9, true])
  })

  it('regression: gives others their turn while many lines of one link are read', async () => {
    store.write({ nodes: [], goneNodes: [], views: [], samples: Array.from({ length: 5_500 }, (_, line) => at(line, line, ['c', 'd'])) })
    const history = new MapHistory(store)
    const turns = await turnsIn(async () => {
      const { samples, isCut } = await history.read({ link: ['c', 'd'], sinceMs: NOW_MS, limit: 5_500 })
      assert.deepEqual([samples.map(({ rttUs }) => rttUs), isCut], [Array.from({ length: 5_500 }, (_, line) => line), false])
    })
    assert.ok(turns > 4, `${turns}`)
    assert.equal((await history.read({ link: ['c', 'd'], sinceMs: NOW_MS, limit: 5_499 })).isCut, true)
    await assert.rejects(history.read({ link: ['c', 'd'], sinceMs: NOW_MS, limit: 5_500 }, AbortSignal.abort(new Error('gone'))), /gone/)
  })
})

describe('the folder of a node\'s data', () => {
  const place = { env: { XDG_DATA_HOME: '/data' }, id: '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5' }

  it('is the one that is named', () => {
    assert.equal(dataFolder('rsp', { data: 'here' }, place), resolvePath('here'))
    assert.equal(dataFolder('rsp', { data: '/there', ephemeral: true }, undefined), '/there')
  })

  it('is one of its own below the user\'s data where none is named', () => {
    assert.equal(dataFolder('rsp', {}, place), '/data/byway/rsp-oaMtimQ5')
    assert.equal(dataFolder('host', {}, place), '/data/byway/host-oaMtimQ5')
    assert.equal(dataFolder('rsp', {}, { ...place, env: {} }), join(homedir(), '.local/share/byway/rsp-oaMtimQ5'))
  })

  it('is none for a node that forgets its key, and where it is switched off', () => {
    assert.equal(dataFolder('rsp', { ephemeral: true }, place), undefined)
    assert.equal(dataFolder('rsp', { data: false }, place), undefined)
    assert.equal(dataFolder('rsp', {}, undefined), undefined)
  })
})
