// The file in which an RSP keeps its map: what comes back, what is refused, and what a killed process leaves.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { fork } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { mock } from 'node:test'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MapRecorder } from '../../src/rsp/map-recorder.ts'
import { MapStore } from '../../src/rsp/map-store.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { MIGRATIONS, migrate } from '../../src/rsp/map-store-schema.ts'
import { packViews, unpackViews } from '../../src/rsp/packed-views.ts'
import { until } from '../helpers/testnet.ts'
import { peersFrom } from '../protocols/report/samples.ts'
import type { ArchivedNode, ArchivedView, LinkSample, MapBatch } from '../../src/rsp/map-archive.ts'
import type { MapStoreInit } from '../../src/rsp/map-store.ts'
import type { Logger } from '@libp2p/interface'

const NOW_MS = 1_800_000_000_000
const HOUR_MS = 3_600_000
const EMPTY: MapBatch = { nodes: [], goneNodes: [], views: [], samples: [] }
const log = Object.assign(() => {}, { error: () => {}, trace: () => {}, enabled: true, newScope: () => log }) as unknown as Logger

const TRAFFIC = { samples: 16, bytesPerSecond: 2 ** 31 - 1, rateIsFloor: true, loadBytesPerSecond: 250_000, receivedBytesPerSecond: 0, mostReceivedBytesPerSecond: 900_000, mostReceivedIsFloor: true }
/** What a view says of traffic that says nothing. */
const UNSAID = { samples: 0, bytesPerSecond: 0, rateIsFloor: false, loadBytesPerSecond: undefined, receivedBytesPerSecond: undefined, mostReceivedBytesPerSecond: undefined, mostReceivedIsFloor: true }
const FORTH = { bytesPerSecond: 2_000_000, rateIsFloor: true, loadBytesPerSecond: 400_000, priceMicroPerGb: 50_000 }
const NOTHING = { bytesPerSecond: null, rateIsFloor: false, loadBytesPerSecond: null, priceMicroPerGb: null }

const node = (key: string, change: Partial<ArchivedNode> = {}): ArchivedNode =>
  ({ key, attributes: { operator: 'acme', tags: { country: 'de' } }, descriptor: Uint8Array.of(1, 2, 3), expiresAtMs: NOW_MS + HOUR_MS, closed: [], ...change })
const said = (from: string, to: string, change: Partial<ArchivedView> = {}): ArchivedView =>
  ({ from, to, rttUs: 20_000, jitterUs: 300, lossPpm: 40, measuredAtMs: NOW_MS - 1_000.5, movementUs2: 0.5, reports: 7, ...TRAFFIC, ...change })
const sample = (a: string, b: string, atMs: number, rttUs: number | null = 20_000): LinkSample => ({ a, b, atMs, rttUs, jitterUs: 300, lossPpm: 40, forth: FORTH, back: NOTHING })

describe('map store', () => {
  let folder: string
  let file: string
  let stores: MapStore[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byway-map-'))
    file = join(folder, 'data', 'map.sqlite')
    stores = []
  })

  afterEach(async () => {
    for (const store of stores) {
      store.close()
    }
    await rm(folder, { recursive: true })
  })

  function open (init: Partial<MapStoreInit> = {}): MapStore {
    const store = MapStore.open({ file, network: 'test', ...init })
    stores.push(store)
    return store
  }

  function close (): void {
    for (const store of stores.splice(0)) {
      store.close()
    }
  }

  describe('keeps', () => {
    it('nodes and what they say, over a restart', () => {
      const nodes = [node('a', { closed: ['x'], priceMicroPerGb: 50_000, policy: { listedOnly: true, rsps: ['r'], revoked: [], authorizedOnly: false } }), node('b')]
      const views = [said('a', 'b'), said('b', 'a', { rttUs: 21_000, ...UNSAID })]
      open().write({ ...EMPTY, nodes, views: views.map((view) => ({ from: view.from, views: [view] })) })
      close()
      assert.deepEqual(open().load(NOW_MS, NOW_MS - HOUR_MS), { nodes, views })
    })

    it('the newest of each, and nothing of what is gone', () => {
      const store = open()
      store.write({ ...EMPTY, nodes: [node('a'), node('b'), node('c')], views: [{ from: 'a', views: [said('a', 'b'), said('a', 'c')] }, { from: 'b', views: [said('b', 'a')] }] })
      store.write({ ...EMPTY, nodes: [node('a', { closed: ['c'] })], goneNodes: ['b'], views: [{ from: 'a', views: [said('a', 'c', { rttUs: 5 })] }] })
      close()
      assert.deepEqual(open().load(NOW_MS, 0), { nodes: [node('a', { closed: ['c'] }), node('c')], views: [said('a', 'c', { rttUs: 5 })] })
    })

    it('neither nodes whose descriptor has ended, nor words about them, nor words too old', () => {
      open().write({
        ...EMPTY,
        nodes: [node('a'), node('b'), node('c', { expiresAtMs: NOW_MS })],
        views: [{ from: 'a', views: [said('a', 'c'), said('a', 'b', { measuredAtMs: NOW_MS - 99 })] }, { from: 'b', views: [said('b', 'a', { measuredAtMs: NOW_MS - 101 })] }, { from: 'c', views: [said('c', 'a')] }]
      })
      close()
      assert.deepEqual(open().load(NOW_MS, NOW_MS - 100).views, [said('a', 'b', { measuredAtMs: NOW_MS - 99 })])
    })

    it('regression: everything, when it is read by a clock that is ahead, until links are heard of', () => {
      const views = [said('a', 'b')]
      open().write({ ...EMPTY, nodes: [node('a'), node('b')], views: [{ from: 'a', views }], samples: [sample('a', 'b', NOW_MS)] })
      close()
      const later = NOW_MS + 30 * 24 * HOUR_MS
      assert.deepEqual(open().load(later, later - HOUR_MS), { nodes: [], views: [] })
      stores[0].prune(later)
      // a link that is lost for that says nothing
      stores[0].write({ ...EMPTY, samples: [sample('a', 'b', later, null)] })
      stores[0].prune(later)
      close()
      const store = open()
      assert.deepEqual(store.load(NOW_MS, NOW_MS - HOUR_MS), { nodes: [node('a'), node('b')], views })
      assert.equal(store.samples(['a', 'b'], 0, 9).length, 2)
      store.write({ ...EMPTY, nodes: [node('b', { expiresAtMs: later + 1 })], samples: [sample('a', 'c', later)] })
      store.prune(later)
      assert.deepEqual([store.load(NOW_MS, 0), store.links()], [{ nodes: [node('b', { expiresAtMs: later + 1 })], views: [] }, [['a', 'b'], ['a', 'c']]])
      store.prune(later)
      assert.equal(store.samples(['a', 'b'], 0, 9).length, 1)
    })

    it('a batch as a whole or not at all', () => {
      const store = open()
      assert.throws(() => { store.write({ ...EMPTY, nodes: [node('a'), node('b', { descriptor: 'no bytes' as never }), node('c', { expiresAtMs: null as never })] }) }, { name: 'MapStoreUnavailableError' })
      store.write({ ...EMPTY, nodes: [node('c')] })
      assert.deepEqual(store.load(NOW_MS, 0).nodes.map(({ key }) => key), ['c'])
    })

    it('a history by link, oldest first, whichever end is named first', () => {
      const store = open()
      store.write({ ...EMPTY, samples: [sample('a', 'b', 3), sample('a', 'b', 1), sample('a', 'c', 2), sample('a', 'b', 2, null)] })
      close()
      assert.deepEqual(open().samples(['b', 'a'], 2, 9), [sample('a', 'b', 2, null), sample('a', 'b', 3)])
      assert.deepEqual(stores[0].samples(['a', 'b'], 0, 1), [sample('a', 'b', 1)])
      assert.deepEqual(stores[0].samples(['a', 'x'], 0, 1), [])
      assert.deepEqual(stores[0].links(), [['a', 'b'], ['a', 'c']])
    })

    it('views in blobs of a fixed layout', () => {
      const bytes = packViews([said('a', 'b'), said('a', 'c', { rttUs: 0.6, measuredAtMs: 1.25, ...UNSAID, mostReceivedIsFloor: false })], (key) => key.charCodeAt(0))
      assert.equal(bytes.length, 104)
      assert.equal(Buffer.from(bytes.subarray(0, 24)).toString('hex'), '62000000204e00002c0100002800000007000000' + '0000003f')
      assert.equal(Buffer.from(bytes.subarray(32, 52)).toString('hex'), 'ffffffff' + '10000000' + '90d00300' + '00000000' + 'a0bb0d00')
      assert.equal(Buffer.from(bytes.subarray(88, 92)).toString('hex'), '00000080')
      assert.deepEqual(unpackViews(bytes)?.[1], { target: 99, rttUs: 1, jitterUs: 300, lossPpm: 40, reports: 7, movementUs2: 0.5, measuredAtMs: 1.25, ...UNSAID, mostReceivedIsFloor: false })
      assert.equal(unpackViews(bytes.subarray(1)), undefined)
    })
  })

  describe('stays within bounds', () => {
    it('of age: what is older than a week goes', () => {
      const store = open()
      const week = 7 * 24 * HOUR_MS
      store.write({ ...EMPTY, samples: [sample('a', 'b', NOW_MS - week - 1), sample('a', 'b', NOW_MS - week), sample('a', 'b', NOW_MS)] })
      store.prune(NOW_MS)
      assert.deepEqual(store.samples(['a', 'b'], 0, 9).map(({ atMs }) => atMs), [NOW_MS - week, NOW_MS])
    })

    it('of size: the history gets shorter, the map of now does not suffer', () => {
      const maxBytes = 400_000
      const store = open({ maxBytes })
      store.write({ ...EMPTY, nodes: ['a', 'b'].map((key) => node(key, { expiresAtMs: NOW_MS + 999 * HOUR_MS })) })
      const links = Array.from({ length: 100 }, (_, i) => `n${i}`)
      let nowMs = NOW_MS
      for (let round = 0; round < 400; round++) {
        nowMs += 900_000
        store.write({ ...EMPTY, views: [{ from: 'a', views: [said('a', 'b', { measuredAtMs: nowMs })] }], samples: links.map((to) => sample('a', to, nowMs)) })
        store.prune(nowMs)
        store.prune(nowMs)
      }
      const { bytes, retentionMs } = store.status
      assert.ok(bytes <= maxBytes, `${bytes} bytes`)
      assert.ok(retentionMs < 7 * 24 * HOUR_MS)
      assert.ok(store.samples(['a', 'n0'], 0, 999).length > 35, 'as much as there is room for is there')
      assert.equal(store.load(NOW_MS, nowMs).views.length, 1)
    })

    it('of names: a link\'s goes with the last line of its history, and a peer\'s with the last that refers to it, while it runs', () => {
      const store = open()
      const peers = (): string[] => {
        close()
        const database = new DatabaseSync(file)
        const keys = database.prepare('SELECT key FROM peers ORDER BY key').all().map(({ key }) => key as string)
        database.close()
        return keys
      }
      const old = NOW_MS - 30 * 24 * HOUR_MS
      store.write({ ...EMPTY, nodes: [node('a'), node('b')], views: [{ from: 'a', views: [said('a', 'b')] }], samples: [sample('a', 'c', old), sample('c', 'd', old), sample('d', 'e', NOW_MS)] })
      store.prune(NOW_MS)
      assert.deepEqual(store.links(), [['d', 'e']])
      // identities of which nothing was ever written, and one that had been
      store.write({ ...EMPTY, goneNodes: ['b', ...Array.from({ length: 100 }, (_, i) => `n${i}`)] })
      store.write({ ...EMPTY, samples: [sample('c', 'd', NOW_MS, 5)] })
      assert.deepEqual(store.samples(['d', 'c'], 0, 9), [sample('c', 'd', NOW_MS, 5)])
      assert.deepEqual(peers(), ['a', 'c', 'd', 'e'])
    })

    it('of names: what a batch that failed has given and given up is as before', () => {
      const store = open()
      const old = NOW_MS - 30 * 24 * HOUR_MS
      store.write({ ...EMPTY, nodes: [node('a')], samples: [sample('b', 'c', old)] })
      assert.throws(() => { store.write({ ...EMPTY, goneNodes: ['a'], samples: [sample('a', 'b', NOW_MS), { ...sample('a', 'd', NOW_MS), jitterUs: Number.NaN }] }) }, { name: 'MapStoreUnavailableError' })
      assert.deepEqual(store.links(), [['b', 'c']])
      store.write({ ...EMPTY, views: [{ from: 'a', views: [said('a', 'a')] }], samples: [sample('a', 'b', NOW_MS)] })
      store.prune(NOW_MS)
      close()
      const again = open()
      assert.deepEqual([again.links(), again.samples(['a', 'b'], 0, 9), again.load(NOW_MS, 0).views.length], [[['a', 'b']], [sample('a', 'b', NOW_MS)], 1])
    })

    it('of names: those that nothing refers to any more are gone with the next start', () => {
      open().write({ ...EMPTY, nodes: [node('a')], goneNodes: ['b'], samples: [sample('c', 'd', NOW_MS - 30 * 24 * HOUR_MS), sample('a', 'e', NOW_MS)] })
      stores[0].prune(NOW_MS)
      close()
      assert.deepEqual(open().links(), [['a', 'e']])
      close()
      const database = new DatabaseSync(file)
      assert.deepEqual(database.prepare('SELECT key FROM peers').all().map(({ key }) => key), ['a', 'e'])
      database.close()
    })
  })

  describe('refuses, and says what to do', () => {
    it('a file that another process, or this one, has open', () => {
      open()
      assert.throws(() => open(), { name: 'MapStoreLockedError', code: 'MAP_STORE_LOCKED', message: /another process has it open: stop that RSP first, or .*--data/ })
    })

    for (const [title, content] of [['text', 'x'.repeat(9_000)], ['the beginning of something', 'SQLite format 3\0 is what it is not'], ['a picture', '\x89PNG\r\n']]) {
      it(`a file of somebody else, and leaves it as it is: ${title}`, async () => {
        file = join(folder, 'mine')
        await writeFile(file, content)
        assert.throws(() => open(), { name: 'MapStoreForeignError', message: /no map of byway.*move it away, or name another folder/ })
        assert.equal(await readFile(file, 'utf8'), content)
      })
    }

    it('the database of another program, and leaves it as it is', () => {
      file = join(folder, 'other.sqlite')
      const database = new DatabaseSync(file)
      database.exec('CREATE TABLE photos (id INTEGER)')
      database.close()
      assert.throws(() => open(), { name: 'MapStoreForeignError' })
      const again = new DatabaseSync(file)
      assert.deepEqual(again.prepare('SELECT name FROM sqlite_schema').all().map(({ name }) => name), ['photos'])
      again.close()
    })

    it('the map of another overlay', () => {
      open()
      close()
      assert.throws(() => open({ network: 'other' }), { name: 'MapStoreForeignError', message: /the overlay "test", and this one is "other": name another folder/ })
    })

    it('a format that a later version wrote', () => {
      open()
      close()
      const database = new DatabaseSync(file)
      database.exec('PRAGMA user_version = 99')
      database.close()
      assert.throws(() => open(), { name: 'MapStoreVersionError', version: 99, message: /format 99, and this byway knows up to 2: install/ })
    })

    it('a damaged file', async () => {
      const store = open()
      store.write({ ...EMPTY, nodes: Array.from({ length: 200 }, (_, i) => node(`n${i}`, { descriptor: new Uint8Array(500) })) })
      close()
      const bytes = await readFile(file)
      bytes.fill(0xff, 4_096 * 3, 4_096 * 6)
      await writeFile(file, bytes)
      assert.throws(() => open().load(NOW_MS, 0), { name: 'MapStoreCorruptError', message: /it is damaged: move it away .* a new one is made/ })
    })

    it('rows that are not what was written', () => {
      open().write({ ...EMPTY, nodes: [node('a'), node('b')], views: [{ from: 'a', views: [said('a', 'b')] }] })
      close()
      const views = (change: Partial<ArchivedView>, rttUs = 5): string => {
        const bytes = Buffer.from(packViews([said('a', 'b', change)], () => 2))
        bytes.writeUInt32LE(rttUs, 4)
        return `UPDATE views SET packed = x'${bytes.toString('hex')}'`
      }
      for (const spoil of ["UPDATE nodes SET attributes = 'no json'", "UPDATE nodes SET attributes = '{}'; UPDATE views SET packed = x'00'",
        views({}, 2 ** 31), views({ lossPpm: 1_000_001 }), views({ jitterUs: 2 ** 31 }), views({ measuredAtMs: Number.NaN }), views({ movementUs2: -1 }), views({ mostReceivedBytesPerSecond: 2 ** 31 }),
        `${views({})}; UPDATE nodes SET price_micro = -1`]) {
        const database = new DatabaseSync(file)
        database.exec(spoil)
        database.close()
        assert.throws(() => open().load(NOW_MS, 0), { name: 'MapStoreCorruptError' })
        close()
      }
    })

    it('a place where no file can be', async () => {
      file = folder
      assert.throws(() => open(), { name: 'MapStoreUnavailableError', message: /this user may write there, or name another folder/ })
      await writeFile(join(folder, 'file'), '')
      file = join(folder, 'file', 'map.sqlite')
      assert.throws(() => open(), { name: 'MapStoreUnavailableError' })
    })

    it('regression: where there is no SQLite, with the option that keeps nothing', () => {
      const without = mock.method(process, 'getBuiltinModule', () => undefined)
      try {
        assert.throws(() => open(), { name: 'MapStoreUnavailableError', message: /or keep nothing \(--no-data\)/ })
      } finally {
        without.mock.restore()
      }
    })
  })

  it('is for its owner alone', async () => {
    open()
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    assert.equal((await stat(join(folder, 'data'))).mode & 0o777, 0o700)
  })

  describe('of an older format', () => {
    /** A view of two links, as the first version laid them out: to the peers 2 and 3, 20 ms and 30 ms. */
    const FIRST_VIEWS = '02000000204e00002c01000028000000070000000000003f' + '0000c0e0d2417842' + '0300000030750000' + '0a000000000000000100000000000000' + '0000c0e0d2417842'
    const MEASURED_MS = Buffer.from('0000c0e0d2417842', 'hex').readDoubleLE()

    async function writeFirstVersion (spoil = ''): Promise<void> {
      await mkdir(join(folder, 'data'))
      await chmod(join(folder, 'data'), 0o700)
      const database = new DatabaseSync(file)
      migrate(database, 0, MIGRATIONS.slice(0, 1))
      database.exec(`
        INSERT INTO facts VALUES ('network', 'test');
        INSERT INTO peers VALUES (1, 'a'), (2, 'b'), (3, 'c');
        INSERT INTO nodes VALUES (1, ${NOW_MS + 1}, x'01', '{"tags":{}}', '[]', NULL), (2, ${NOW_MS + 1}, x'02', '{"tags":{}}', '[]', NULL), (3, ${NOW_MS + 1}, x'03', '{"tags":{}}', '["a"]', NULL);
        INSERT INTO views VALUES (1, ${Math.floor(MEASURED_MS)}, x'${FIRST_VIEWS}');
        INSERT INTO links VALUES (1, 1, 2);
        INSERT INTO samples VALUES (1, 5, 20000, 300, 40), (1, 6, NULL, 0, 0);${spoil}`)
      database.close()
    }

    it('is taken over with its map and its history, and knows nothing of traffic', async () => {
      await writeFirstVersion()
      for (let start = 0; start < 2; start++) {
        const { nodes, views } = open().load(NOW_MS, 0)
        assert.deepEqual(nodes.map(({ key, closed, priceMicroPerGb }) => [key, closed, priceMicroPerGb]), [['a', [], undefined], ['b', [], undefined], ['c', ['a'], undefined]])
        const common = { from: 'a', measuredAtMs: MEASURED_MS, ...UNSAID }
        assert.deepEqual(views, [
          { ...common, to: 'b', rttUs: 20_000, jitterUs: 300, lossPpm: 40, reports: 7, movementUs2: 0.5 },
          { ...common, to: 'c', rttUs: 30_000, jitterUs: 10, lossPpm: 0, reports: 1, movementUs2: 0 }
        ])
        assert.deepEqual(stores[0].samples(['a', 'b'], 0, 9), [
          { a: 'a', b: 'b', atMs: 5, rttUs: 20_000, jitterUs: 300, lossPpm: 40, forth: NOTHING, back: NOTHING },
          { a: 'a', b: 'b', atMs: 6, rttUs: null, jitterUs: 0, lossPpm: 0, forth: NOTHING, back: NOTHING }
        ])
        close()
      }
    })

    it('takes new values beside the old ones', async () => {
      await writeFirstVersion()
      open().write({ ...EMPTY, nodes: [node('a', { priceMicroPerGb: 7 })], views: [{ from: 'a', views: [said('a', 'b')] }], samples: [sample('a', 'b', 7)] })
      close()
      const { nodes, views } = open().load(NOW_MS, 0)
      assert.deepEqual([nodes[0].priceMicroPerGb, views], [7, [said('a', 'b')]])
      assert.deepEqual(stores[0].samples(['a', 'b'], 6, 9).map(({ forth }) => forth), [NOTHING, FORTH])
    })

    it('regression: says why it could not be taken over where SQLite has undone that by itself, as it does when the disk is full', () => {
      const database = new DatabaseSync(':memory:')
      const fails = (old: DatabaseSync): void => {
        old.exec('ROLLBACK')
        throw new Error('disk full')
      }
      assert.throws(() => { migrate(database, 0, [fails]) }, /disk full/)
      database.close()
    })

    it('is left as it was when it is the map of another overlay, is damaged, or a step fails', async () => {
      await writeFirstVersion("UPDATE views SET packed = x'00'")
      assert.throws(() => open({ network: 'other' }), { name: 'MapStoreForeignError' })
      assert.throws(() => open(), { name: 'MapStoreCorruptError' })
      const database = new DatabaseSync(file)
      assert.throws(() => { migrate(database, 1, [MIGRATIONS[0], (old) => { old.exec('CREATE TABLE more (id INTEGER)') }, () => { throw new Error('half way') }]) }, /half way/)
      assert.deepEqual(database.prepare('SELECT name FROM sqlite_schema WHERE name = ?').all('more'), [])
      assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 1)
      assert.equal(database.prepare("SELECT count(*) AS count FROM pragma_table_info('nodes')").get()?.count, 6)
      database.close()
    })
  })

  it('is filled again in a moment: 500 nodes with 24 links each', function () {
    this.timeout(20_000)
    const keys = Array.from({ length: 500 }, (_, i) => `12D3KooW${String(i).padStart(44, 'x')}`)
    const store = open()
    store.write({
      ...EMPTY,
      nodes: keys.map((key) => node(key, { descriptor: new Uint8Array(400) })),
      views: keys.map((from, i) => ({ from, views: Array.from({ length: 24 }, (_, j) => said(from, keys[(i + 1 + 7 * j) % 500])) }))
    })
    close()
    const startedMs = performance.now()
    const map = new PerformanceMap()
    const recorder = new MapRecorder({ map, archive: open(), now: () => NOW_MS, clock: () => performance.now(), log })
    assert.equal(recorder.restore().length, 500)
    const graph = map.snapshot(NOW_MS)
    const tookMs = performance.now() - startedMs
    assert.equal(graph.linkCount, 24_000)
    const { rememberedLinks, keptLinks } = recorder.status
    assert.deepEqual([rememberedLinks, keptLinks], [12_000, 12_000])
    assert.ok(tookMs < 10_000, `${tookMs} ms`)
  })

  describe('behind a recorder', () => {
    let map: PerformanceMap
    let nowMs: number
    let failing: boolean

    async function recorderOf (store: MapStore): Promise<MapRecorder> {
      map = new PerformanceMap()
      nowMs = NOW_MS
      failing = false
      const write = store.write.bind(store)
      store.write = (batch) => {
        if (failing) {
          throw new Error('disk full')
        }
        write(batch)
      }
      return new MapRecorder({ map, archive: store, now: () => nowMs, clock: () => performance.now(), log })
    }

    it('gets what the map knows, and gives all of it back', async () => {
      const [a, b, c, rsp] = (await peersFrom(60, 4)).map(String)
      const first = await recorderOf(open())
      assert.deepEqual(first.restore(), [])
      for (const key of [a, b, c]) {
        map.addNode(key)
        map.describe(key, { operator: 'acme', tags: { asn: '64500' }, bytes: Uint8Array.of(7), expiresAtMs: NOW_MS + HOUR_MS })
      }
      map.set(a, b, { rttUs: 20_000, jitterUs: 1, lossPpm: 2, measuredAtMs: NOW_MS - 5_000, ...TRAFFIC, bytesPerSecond: 800_000 })
      map.setPrice(a, 50_000)
      map.set(a, c, { rttUs: 30_000, jitterUs: 1, lossPpm: 2, measuredAtMs: NOW_MS })
      map.set(a, 'unknown', { rttUs: 30_000, jitterUs: 1, lossPpm: 2, measuredAtMs: NOW_MS })
      map.setClosed(c, a, true)
      const [peer] = await peersFrom(63, 1)
      map.setPolicy(b, { listedOnly: false, rsps: [], revoked: [peer], authorizedOnly: true })
      assert.equal(first.status.keptLinks, 0)
      first.stop()
      assert.equal(first.status.keptLinks, 2, 'of the three, the one to a node')
      stores = []
      const second = await recorderOf(open())
      assert.deepEqual(second.restore().map(({ key, bytes }) => [key, [...bytes]]).sort(), [a, b, c].map((key) => [key, [7]]).sort())
      assert.deepEqual([...map.links()].map(({ from, to, rttUs }) => [from, to, rttUs]).sort(), [[a, b, 20_000], [b, a, 20_000]].sort(), 'the closed one is none')
      const graph = map.snapshot(NOW_MS)
      const link = graph.linkBetween(map.indexOf(a) as number, map.indexOf(b) as number)
      assert.deepEqual([graph.updatedAtMs[link], graph.bytesPerSecond?.[link], graph.price?.[link]], [NOW_MS - 5_000, 800_000, 50_000])
      assert.equal(map.attributes[map.indexOf(a) as number]?.asn, 64_500)
      assert.deepEqual([...map.unwilling(peer)].map((number) => map.keyOf(number)), [b])
      assert.equal(rsp, peer.toString())
      map.removeNode(b)
      assert.equal(second.status.keptLinks, 2)
      second.stop()
      assert.equal(second.status.keptLinks, 1)
      stores = []
      assert.deepEqual(open().load(NOW_MS, 0).nodes.map(({ key }) => key).sort(), [a, c].sort())
      const [believed] = stores[0].samples([a, b], 0, 9)
      const [sent, received] = a < b ? [believed.forth, believed.back] : [believed.back, believed.forth]
      assert.deepEqual([believed.rttUs, sent, received], [20_000,
        { bytesPerSecond: 800_000, rateIsFloor: true, loadBytesPerSecond: 250_000, priceMicroPerGb: 50_000 },
        { bytesPerSecond: 900_000, rateIsFloor: true, loadBytesPerSecond: 0, priceMicroPerGb: null }])
    })

    it('goes on when it could not write, and loses nothing of the map', async () => {
      const warnings: string[] = []
      const recorder = await recorderOf(open({ warn: (text) => { warnings.push(text) } }))
      recorder.restore()
      for (const key of ['a', 'b']) {
        map.addNode(key)
        map.describe(key, { tags: {}, bytes: Uint8Array.of(7), expiresAtMs: NOW_MS + HOUR_MS })
      }
      map.set('a', 'b', { rttUs: 20_000, jitterUs: 1, lossPpm: 2, measuredAtMs: NOW_MS })
      failing = true
      recorder.start()
      await new Promise((resolve) => setTimeout(resolve, 1_200))
      assert.match(recorder.status.failure ?? '', /disk full/)
      assert.equal(recorder.status.keptLinks, 0)
      assert.deepEqual(warnings, ['the map is not kept, and the next start knows nothing newer if that stays so: disk full'])
      failing = false
      recorder.stop()
      assert.equal(recorder.status.keptLinks, 1)
      stores = []
      assert.deepEqual([recorder.status.failure, warnings.length], [undefined, 1])
      const kept = open().load(NOW_MS, 0)
      assert.deepEqual([kept.nodes.length, kept.views.length], [2, 1])
    })
  })

  describe('after SIGKILL in the middle of writes', () => {
    it('opens, and has everything that was committed: eight times', async function () {
      this.timeout(60_000)
      const fromSource = import.meta.url.endsWith('.ts')
      const writer = new URL(fromSource ? './map-store-writer.ts' : './map-store-writer.js', import.meta.url)
      for (let round = 0; round < 8; round++) {
        const child = fork(writer, [file], { execArgv: fromSource ? ['--import', 'tsx'] : [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
        let committed = 0
        child.on('message', (count: number) => { committed = count })
        await once(child, 'message')
        await until(() => committed > 10, 'it has written some batches')
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 300))
        const exit = once(child, 'exit')
        child.kill('SIGKILL')
        assert.equal((await exit)[1], 'SIGKILL')
        const { nodes, views } = open().load(0, 0)
        assert.ok(nodes.length === 50 && nodes.every(({ priceMicroPerGb }) => priceMicroPerGb === 50_000))
        // each batch writes all views of one node with the number of the batch as their time
        const latest = Math.max(...views.map(({ measuredAtMs }) => measuredAtMs))
        assert.ok(latest >= committed && latest <= committed + 2, `${latest} for ${committed}`)
        for (const { key } of nodes) {
          assert.ok(views.every(({ bytesPerSecond, loadBytesPerSecond, measuredAtMs }) => bytesPerSecond === measuredAtMs && loadBytesPerSecond === measuredAtMs))
          assert.equal(new Set(views.filter(({ from }) => from === key).map(({ measuredAtMs }) => measuredAtMs)).size <= 1, true, 'a node\'s views are of one batch')
        }
        close()
      }
    })
  })
})
