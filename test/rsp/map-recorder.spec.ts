// What a recorder restores, and what it does when its archive fails.
import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { MapRecorder } from '../../src/rsp/map-recorder.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { silentLog } from './fake-forwarder.ts'
import type { ArchivedNode, MapArchive } from '../../src/rsp/map-archive.ts'

const NOW_MS = 1_800_000_000_000
const ROUND_MS = 1_000
const RETRY_MS = 30_000

describe('a map recorder that restores a map', () => {
  const nodes: ArchivedNode[] = ['a', 'b'].map((key) => ({
    key,
    attributes: { tags: {} },
    descriptor: Uint8Array.of(7),
    expiresAtMs: NOW_MS + 1,
    closed: key === 'a' ? ['b'] : [],
    policy: { listedOnly: true, rsps: [], revoked: [], authorizedOnly: false },
    priceMicroPerGb: 5
  }))

  function restored (mapKind: 'reports' | 'surveys'): unknown[] {
    const map = new PerformanceMap({ mapKind })
    const archive = { load: () => ({ nodes, views: [] }) } as unknown as MapArchive
    new MapRecorder({ map, mapKind, archive, now: () => NOW_MS, clock: () => 0, log: silentLog() }).restore()
    const { statements } = map
    return [map.nodeCount, [...statements.closedBy('a')], statements.policyOf('a')?.listedOnly, statements.priceOf('a')]
  }

  it('takes in what forwarders have reported of themselves', () => {
    assert.deepEqual(restored('reports'), [2, ['b'], true, 5])
  })

  it('regression: takes in nothing that only a report could take back where none are read', () => {
    assert.deepEqual(restored('surveys'), [2, [], undefined, undefined])
  })
})

describe('a map recorder whose archive fails', () => {
  let failing: Set<'write' | 'prune' | 'close'>
  let complaints: string[]
  let recorder: MapRecorder
  let map: PerformanceMap

  function check (what: 'write' | 'prune' | 'close'): void {
    if (failing.has(what)) {
      throw new Error(`${what}: disk full`)
    }
  }

  /** Of changes there is always one, or nothing would be written. */
  function pass (ms: number): void {
    map.addNode('a')
    map.describe('a', { tags: {}, bytes: Uint8Array.of(7), expiresAtMs: NOW_MS + 1 })
    mock.timers.tick(ms)
  }

  beforeEach(() => {
    failing = new Set()
    complaints = []
    const archive: MapArchive = {
      load: () => ({ nodes: [], views: [] }),
      write: () => { check('write') },
      prune: () => { check('prune') },
      close: () => { check('close') },
      links: () => [],
      samples: () => [],
      summary: () => undefined,
      status: { bytes: 1, maxBytes: 2, retentionMs: 3 },
      complain: (reason) => { complaints.push(reason) }
    }
    mock.timers.enable({ apis: ['setTimeout'] })
    map = new PerformanceMap()
    recorder = new MapRecorder({ map, archive, now: () => NOW_MS, clock: () => 0, log: silentLog() })
    recorder.restore()
    recorder.start()
  })

  afterEach(() => { mock.timers.reset() })

  for (const what of ['write', 'prune'] as const) {
    it(`complains once, until all can be written again: ${what}`, () => {
      failing.add(what)
      pass(ROUND_MS)
      pass(RETRY_MS)
      pass(RETRY_MS)
      assert.equal(recorder.status.failure, `${what}: disk full`)
      assert.deepEqual(complaints, [`${what}: disk full`])
      failing.clear()
      pass(RETRY_MS)
      mock.timers.tick(ROUND_MS)
      assert.equal(recorder.status.failure, undefined)
      failing.add(what)
      pass(ROUND_MS)
      assert.equal(complaints.length, 2)
    })
  }

  it('complains of an end that comes to nothing', () => {
    failing.add('close')
    recorder.stop()
    assert.deepEqual([recorder.status.failure, complaints], ['close: disk full', ['close: disk full']])
  })
})
