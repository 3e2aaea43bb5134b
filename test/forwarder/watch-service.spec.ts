import assert from 'node:assert/strict'
import { NotAuthorizedError } from '../../protocols/errors.ts'
import { WatchList } from '../../src/forwarder/watch-list.ts'
import { WatchService } from '../../src/forwarder/watch-service.ts'
import { NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { callerOf, fakeDiscovery, opened, sealed } from './samples.ts'
import type { KeptLinks } from '../../src/link/kept-links.ts'
import type { LinkMonitor } from '../../src/forwarder/link-monitor.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { WatchRequest, WatchResult } from '../../protocols/report/codec.ts'
import type { FakeDiscovery } from './samples.ts'
import type { WatchServiceInit } from '../../src/forwarder/watch-service.ts'

const SELF = 1
const RSP = 2
const rsp = await peerOf(RSP)
const [A, B, C] = [10, 11, 12]

describe('watch service', () => {
  let service: WatchService
  let discovery: FakeDiscovery
  let kept: Map<string, VerifiedDescriptor>
  let measured: string[]
  let nowMs: number

  beforeEach(async () => {
    await make()
  })

  async function make (init: Partial<WatchServiceInit> = {}): Promise<void> {
    discovery = fakeDiscovery()
    kept = new Map()
    measured = []
    nowMs = NOW_MS
    const neighbours = {
      keep: (descriptor: VerifiedDescriptor) => { kept.set(descriptor.peer.toString(), descriptor) },
      retain: (keys: { has: (key: string) => boolean }) => { for (const key of kept.keys()) if (!keys.has(key)) kept.delete(key) }
    } as unknown as KeptLinks
    service = new WatchService({
      self: await peerOf(SELF),
      watches: new WatchList({ maxRsps: 2, maxRspsPerPrefix: 2, maxTargetsPerRsp: 3, maxTargets: 4 }),
      neighbours,
      monitor: { set: (peers: Map<string, unknown>) => { measured = [...peers.keys()] } } as unknown as LinkMonitor,
      discovery: discovery.asDiscovery,
      alsoKept: Object.assign(new Set<string>(), { expire: () => false, askerOf: () => undefined }),
      now: () => nowMs,
      ...init
    })
  }

  async function watch (targets: Uint8Array[], change: Partial<WatchRequest> = {}, rsp = RSP): Promise<WatchResult> {
    const request = { descriptor: await sealed(rsp, 'rsp'), targets, connectOnly: false, leaseMs: 60_000, ...change }
    return await service.watch(request, await callerOf(rsp))
  }

  const forwarders = async (...numbers: number[]): Promise<Uint8Array[]> => Promise.all(numbers.map(async (number) => sealed(number, 'forwarder')))
  const keys = async (...numbers: number[]): Promise<string[]> => Promise.all(numbers.map(async (number) => (await peerOf(number)).toString()))

  it('keeps and measures the links that an RSP asks for', async () => {
    assert.deepEqual(await watch(await forwarders(A, B)), { leaseMs: 60_000, accepted: 2, refused: [] })
    assert.deepEqual([[...kept.keys()], measured], [await keys(A, B), await keys(A, B)])
    assert.equal(discovery.learned.length, 2)
  })

  it('keeps links without measuring them when that is all that is asked for', async () => {
    await watch(await forwarders(A, B), { connectOnly: true })
    await watch(await forwarders(B, C), {}, 3)
    assert.deepEqual([[...kept.keys()].sort(), measured.sort()], [(await keys(A, B, C)).sort(), (await keys(B, C)).sort()])
  })

  it('lets go of what nobody asks for any more, and of all when the lease is over', async () => {
    await watch(await forwarders(A, B))
    await watch(await forwarders(B))
    assert.deepEqual([...kept.keys()], await keys(B))
    nowMs += 59_999
    service.expire()
    assert.equal(kept.size, 1)
    nowMs += 1
    service.expire()
    assert.deepEqual([kept.size, measured], [0, []])
  })

  const leases = [{ asked: 1, granted: 5_000 }, { asked: 0, granted: 5_000 }, { asked: 4_000_000, granted: 300_000 }]
  for (const { asked, granted } of leases) {
    it(`grants a lease of ${granted} ms when ${asked} are asked for`, async () => {
      assert.equal((await watch([], { leaseMs: asked })).leaseMs, granted)
    })
  }

  it('refuses each target that is not the signed descriptor of another forwarder, and takes the others', async () => {
    const forged = await sealed(A, 'forwarder')
    forged[forged.length - 1] ^= 1
    const result = await watch([
      Uint8Array.of(1, 2, 3),
      forged,
      await sealed(20, 'host'),
      await sealed(SELF, 'forwarder'),
      await sealed(21, 'forwarder', { network: 'other' }),
      await sealed(22, 'forwarder', { issuedAtMs: NOW_MS - 900_000, expiresAtMs: NOW_MS - 300_000 }),
      ...await forwarders(B)
    ])
    assert.deepEqual(result, {
      leaseMs: 60_000,
      accepted: 1,
      refused: [
        { index: 0, reason: 'INVALID_DESCRIPTOR' },
        { index: 1, reason: 'INVALID_DESCRIPTOR' },
        { index: 2, reason: 'NOT_A_FORWARDER' },
        { index: 3, reason: 'SELF' },
        { index: 4, reason: 'INVALID_DESCRIPTOR' },
        { index: 5, reason: 'INVALID_DESCRIPTOR' }
      ]
    })
    assert.deepEqual([...kept.keys()], await keys(B))
  })

  it('refuses targets over the quota, and gives each RSP its share of it', async () => {
    const { accepted, refused } = await watch(await forwarders(A, B, C, 13))
    assert.deepEqual([accepted, refused], [3, [{ index: 3, reason: 'OVER_QUOTA' }]])
    const second = await watch(await forwarders(14, 15), {}, 3)
    assert.deepEqual([second.accepted, second.refused], [2, []])
    assert.deepEqual([...kept.keys()].sort(), (await keys(A, B, 14, 15)).sort())
    const more = await watch(await forwarders(14, 15, 16), {}, 3)
    assert.deepEqual([more.accepted, more.refused], [2, [{ index: 2, reason: 'OVER_QUOTA' }]])
    await assert.rejects(watch([], {}, 4), { name: 'OverQuotaError' })
  })

  it('lets go of a link that was kept for another reason once that is over, though nobody watches', async () => {
    const also = new Set(await keys(A))
    await make({
      alsoKept: {
        has: (key) => also.has(key),
        askerOf: () => undefined,
        expire: () => {
          const had = also.size > 0
          also.clear()
          return had
        }
      }
    })
    kept.set((await keys(A))[0], await opened(A, 'forwarder'))
    service.expire()
    assert.equal(kept.size, 0)
  })

  it('ends the watch of an RSP that is not served any more, and lets go of what only it had asked for', async () => {
    await watch(await forwarders(A, B))
    await watch(await forwarders(B, C), {}, 3)
    service.end(rsp)
    assert.deepEqual([[...kept.keys()], measured], [await keys(B, C), await keys(B, C)])
    service.end(await peerOf(4))
    assert.equal(kept.size, 2)
  })

  it('regression: takes no watch of an RSP that was revoked while its targets were checked', async () => {
    let asked = 0
    await make({ checkRsp: () => {
      if (++asked > 1) {
        throw new NotAuthorizedError('revoked')
      }
    } })
    await assert.rejects(watch(await forwarders(A)), { name: 'NotAuthorizedError' })
    assert.equal(kept.size, 0)
  })

  it('knows for whom a link is dialled: each RSP that has asked for it, and who has a path over it', async () => {
    const also = Object.assign(new Set<string>(), { expire: () => false, askerOf: (key: string) => key === keyOfB ? '203.0.113.0/24' : undefined })
    const [keyOfA, keyOfB] = await keys(A, B)
    await make({ alsoKept: also, prefixOf: ({ peer }) => peer.equals(rsp) ? '198.51.100.0/24' : undefined })
    await watch(await forwarders(A, B))
    await watch(await forwarders(A), {}, 3)
    assert.deepEqual([service.askersOf(keyOfA), service.askersOf(keyOfB), service.askersOf('nobody')], [['198.51.100.0/24', undefined], ['198.51.100.0/24', '203.0.113.0/24'], []])
  })

  const strangers: Array<{ title: string, descriptor: () => Promise<Uint8Array>, error: string }> = [
    { title: 'is no RSP', descriptor: async () => sealed(RSP, 'forwarder'), error: 'NotAuthorizedError' },
    { title: 'shows the descriptor of another RSP', descriptor: async () => sealed(3, 'rsp'), error: 'InvalidSignatureError' },
    { title: 'shows none', descriptor: async () => new Uint8Array(), error: 'MalformedMessageError' }
  ]
  for (const { title, descriptor, error } of strangers) {
    it(`refuses a caller that ${title}`, async () => {
      await assert.rejects(watch(await forwarders(A), { descriptor: await descriptor() }), { name: error })
      assert.equal(kept.size, 0)
      await assert.rejects(service.authorize(await descriptor(), await callerOf(RSP)), { name: error })
    })
  }

  it('takes listed RSPs only, where there is a list', async () => {
    await make({ allowed: [await peerOf(3)] })
    await assert.rejects(watch([]), { name: 'NotAuthorizedError' })
    assert.equal((await watch(await forwarders(A), {}, 3)).accepted, 1)
  })

  it('checks no more signatures than its rate, and no more of one RSP than its share', async () => {
    const targets = Array.from({ length: 256 }, () => Uint8Array.of(1))
    await watch(targets)
    await watch(targets)
    await assert.rejects(watch(targets), { name: 'OverQuotaError' })
    assert.equal((await watch(targets, {}, 3)).refused.length, 256)
    nowMs += 2_000
    assert.equal((await watch(targets)).refused.length, 256)
    // two RSPs watch at most; the others are charged all the same
    const busy = []
    for (const rsp of [4, 5, 6, 7, 8, 9, 13, 14]) {
      busy.push(await watch(targets, {}, rsp).then(() => 'watches', ({ name, message }: Error) => message.startsWith('too many') ? 'over its rate' : name))
    }
    assert.deepEqual([busy[0], busy[7]], ['OverQuotaError', 'over its rate'])
  })

  it('regression: answers an RSP while strangers of one address prefix ask without end, each by another id', async () => {
    await make({ prefixOf: ({ peer }) => peer.equals(rsp) ? '198.51.100.0/24' : '192.0.2.0/24' })
    for (let second = 0; second < 5; second++) {
      for (let i = 0; i < 2_000; i++) {
        await assert.rejects(service.authorize(new Uint8Array(), await callerOf(20 + i % 50)))
      }
      assert.equal((await watch(await forwarders(A, B))).accepted, 2)
      nowMs += 1_000
    }
  })

  it('regression: charges a stranger for itself only, so that it cannot use up what RSPs have', async () => {
    const targets = Array.from({ length: 256 }, () => Uint8Array.of(1))
    for (let i = 0; i < 100; i++) {
      await assert.rejects(watch(targets, { descriptor: new Uint8Array() }), { name: 'MalformedMessageError' })
    }
    assert.equal((await watch(await forwarders(A))).accepted, 1)
  })

  it('regression: does not let an RSP bring back an older descriptor', async () => {
    const newer = await opened(A, 'forwarder', { sequence: 2n })
    await watch([newer.bytes])
    await watch(await forwarders(A), {}, 3)
    assert.equal([...kept.values()][0].sequence, 2n)
  })
})
