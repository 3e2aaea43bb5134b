import assert from 'node:assert/strict'
import { TypedEventEmitter } from 'main-event'
import { AttachRequest } from '../../protocols/attach/codec.ts'
import { Attachments } from '../../src/forwarder/attachments.ts'
import { until } from '../helpers/testnet.ts'
import { FakeLink } from '../link/fake-links.ts'
import { NETWORK, NOW_MS, keyOf, peerOf } from '../helpers/descriptors.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import { sealBinding } from '../../protocols/identity/codec.ts'
import { callerOf, fakeDiscovery, sealed } from './samples.ts'
import type { AttachResponse } from '../../protocols/attach/codec.ts'
import type { LinkSet, LinkSetEvents } from '../../src/link/link-set.ts'
import type { RoleName } from '../../protocols/descriptor/codec.ts'
import type { FakeDiscovery } from './samples.ts'
import type { PeerId } from '@libp2p/interface'

const { ATTACH, DETACH } = AttachRequest.Operation
const LIMITS = { maxAttachments: 2, maxNeighbours: 1, maxPerPrefix: 2, maxNeighboursPerPrefix: 3, maxLeaseMs: 120_000 }
/** Another host of it for each number. */
const CROWDED = (number: number): string => `/ip4/192.0.2.${number}/tcp/4001`

class FakeLinkSet extends TypedEventEmitter<LinkSetEvents> {
  readonly opened: string[] = []
  readonly closed: string[] = []
  waiting = 0
  /** Set to hold up `open`. */
  gate: Promise<void> = Promise.resolve()

  /** Those to which links stand. */
  readonly standing = new Set<string>()

  get (peer: PeerId): unknown {
    return this.standing.has(peer.toString()) ? {} : undefined
  }

  async open (peer: PeerId, { moves }: { moves?: boolean }): Promise<void> {
    this.waiting++
    await this.gate
    assert.equal(moves, true, 'packets for it go over the connection that it attaches over')
    this.opened.push(peer.toString())
  }

  close (peer: PeerId): void {
    this.closed.push(peer.toString())
  }
}

describe('attachments', () => {
  let links: FakeLinkSet
  let discovery: FakeDiscovery
  let attachments: Attachments
  let nowMs: number

  beforeEach(() => {
    links = new FakeLinkSet()
    discovery = fakeDiscovery()
    nowMs = NOW_MS
    attachments = new Attachments({
      limits: LIMITS, links: links as unknown as LinkSet, discovery: discovery.asDiscovery, now: () => nowMs
    })
  })

  async function attach (number: number, role: RoleName, change: Partial<AttachRequest> = {}, address?: string): Promise<AttachResponse> {
    const request = { operation: ATTACH, descriptor: new Uint8Array(await sealed(number, role)), leaseMs: 60_000, advertise: false, ...change }
    return await attachments.handle(request, await callerOf(number, address))
  }

  async function detach (number: number): Promise<AttachResponse> {
    return await attachments.handle({ operation: DETACH, descriptor: new Uint8Array(), leaseMs: 0, advertise: false }, await callerOf(number))
  }

  const key = async (number: number): Promise<string> => (await peerOf(number)).toString()

  it('tells hosts, which bring only what is their own, from forwarders', async () => {
    await attach(1, 'host')
    await attach(2, 'forwarder')
    assert.deepEqual([attachments.hasHost(await peerOf(1)), attachments.hasHost(await peerOf(2)), attachments.hasHost(await peerOf(3))], [true, false, false])
  })

  it('open a link back to a host, and serve its descriptor while it is attached', async () => {
    assert.deepEqual(await attach(1, 'host', { advertise: true }), { leaseMs: 60_000, attachments: 1, maxAttachments: 2 })
    assert.deepEqual([links.opened, discovery.advertised], [[await key(1)], [await key(1)]])
    assert.deepEqual(attachments.descriptorOf(await peerOf(1)), await sealed(1, 'host'))
    assert.equal(attachments.descriptorOf(await peerOf(2)), undefined)
    assert.deepEqual(attachments.verifiedOf(await peerOf(1))?.bytes, attachments.descriptorOf(await peerOf(1)))
    assert.equal(attachments.verifiedOf(await peerOf(2)), undefined)
  })

  describe('of a host that speaks for an application', () => {
    const APPLICATION = 7

    async function bindingOf (number: number): Promise<Uint8Array> {
      return await sealBinding({ underlay: await peerOf(number), network: NETWORK, issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + 600_000 }, await keyOf(APPLICATION))
    }

    async function attachFor (number: number, binding: Uint8Array, advertise = false): Promise<AttachResponse> {
      return await attach(number, 'host', { advertise, descriptor: new Uint8Array(await sealed(number, 'host', { host: { access: [], binding } })) })
    }

    it('are found by the application, and advertised under its name too', async () => {
      await attachFor(1, await bindingOf(1), true)
      const { host } = await openDescriptor(attachments.descriptorFor(await peerOf(APPLICATION)) ?? new Uint8Array(), discovery.asDiscovery.verification)
      assert.deepEqual(Buffer.from(host?.binding ?? []), Buffer.from(await bindingOf(1)))
      assert.deepEqual(discovery.advertised, [await key(1), await key(APPLICATION)])
    })

    it('are found no more when they have ended', async () => {
      await attachFor(1, await bindingOf(1))
      await detach(1)
      assert.equal(attachments.descriptorFor(await peerOf(APPLICATION)), undefined)
    })

    it('give way to the one that attached last, and are not missed when an earlier one ends', async () => {
      await attachFor(1, await bindingOf(1))
      await attachFor(2, await bindingOf(2))
      await detach(1)
      assert.deepEqual(attachments.descriptorFor(await peerOf(APPLICATION)), attachments.descriptorOf(await peerOf(2)))
    })

    it('are refused with a binding that was made for another host', async () => {
      await assert.rejects(attachFor(1, await bindingOf(2)), { name: 'InvalidSignatureError' })
      assert.deepEqual([attachments.size, attachments.descriptorFor(await peerOf(APPLICATION)), links.opened], [0, undefined, []])
    })
  })

  it('count a forwarder as a neighbour, learn of it, and do not advertise it', async () => {
    assert.deepEqual(await attach(1, 'forwarder', { advertise: true }), { leaseMs: 60_000, attachments: 0, maxAttachments: 2 })
    assert.deepEqual([discovery.learned.length, discovery.advertised, attachments.has(await peerOf(1))], [1, [], true])
  })

  const leases = [
    { title: 'the usual one when none is named', leaseMs: 0, granted: 60_000 },
    { title: 'no longer one than allowed', leaseMs: 300_000, granted: 120_000 },
    { title: 'at least a second', leaseMs: 1, granted: 1_000 }
  ]
  for (const { title, leaseMs, granted } of leases) {
    it(`grant a lease: ${title}`, async () => {
      assert.equal((await attach(1, 'host', { leaseMs })).leaseMs, granted)
    })
  }

  it('end with their lease, and a refreshed one later', async () => {
    await attach(1, 'host')
    nowMs += 59_999
    attachments.expire()
    assert.equal(attachments.size, 1)
    await attach(1, 'host')
    nowMs += 59_999
    attachments.expire()
    assert.deepEqual([attachments.size, links.closed], [1, []])
    nowMs += 1
    attachments.expire()
    assert.deepEqual([attachments.size, links.closed], [0, [await key(1)]])
  })

  it('leave the link to a forwarder when its lease is over: we may keep it too', async () => {
    await attach(1, 'forwarder')
    nowMs += 60_000
    attachments.expire()
    assert.deepEqual([attachments.has(await peerOf(1)), links.closed], [false, []])
  })

  it('end with DETACH, which closes the link of a host', async () => {
    await attach(1, 'host')
    assert.deepEqual(await detach(1), { leaseMs: 0, attachments: 0, maxAttachments: 2 })
    assert.deepEqual(links.closed, [await key(1)])
  })

  it('regression: leave the link to a forwarder, or to one that is not attached, after DETACH', async () => {
    await attach(1, 'forwarder')
    await detach(1)
    await detach(2)
    assert.deepEqual([attachments.has(await peerOf(1)), links.closed], [false, []])
  })

  it('end with the link', async () => {
    await attach(1, 'host')
    const peer = await peerOf(1)
    links.safeDispatchEvent('link:down', { detail: new FakeLink(nodeIdOf(peer), peer) })
    assert.equal(attachments.has(peer), false)
  })

  const refused: Array<{ title: string, request: () => Promise<AttachResponse>, error: string }> = [
    { title: "with somebody else's descriptor", request: async () => attach(1, 'host', { descriptor: new Uint8Array(await sealed(2, 'host')) }), error: 'InvalidSignatureError' },
    { title: 'with bytes that are none', request: async () => attach(1, 'host', { descriptor: Uint8Array.of(1, 2, 3) }), error: 'MalformedMessageError' },
    { title: 'with one that has expired', request: async () => attach(1, 'host', { descriptor: new Uint8Array(await sealed(1, 'host', { issuedAtMs: NOW_MS - 900_000, expiresAtMs: NOW_MS - 300_000 })) }), error: 'ExpiredError' },
    { title: 'from another network', request: async () => attach(1, 'host', { descriptor: new Uint8Array(await sealed(1, 'host', { network: 'other' })) }), error: 'WrongNetworkError' },
    { title: 'without a role that attaches', request: async () => attach(1, 'bootstrap'), error: 'NotAuthorizedError' }
  ]
  for (const { title, request, error } of refused) {
    it(`refuse a peer ${title}`, async () => {
      await assert.rejects(request(), { name: error })
      assert.deepEqual([attachments.size, links.opened], [0, []])
    })
  }

  it('are no more than the limit, hosts and RSPs together, and one of them may always refresh', async () => {
    await attach(1, 'host')
    await attach(2, 'rsp')
    await assert.rejects(attach(3, 'host'), { name: 'OverQuotaError' })
    assert.equal((await attach(2, 'rsp')).attachments, 2)
    assert.equal((await attach(4, 'forwarder')).attachments, 2)
    await assert.rejects(attach(5, 'forwarder'), { name: 'OverQuotaError' })
    await detach(1)
    assert.equal((await attach(3, 'host')).attachments, 2)
  })

  it('regression: are no more than the limit when many attach at once', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    links.gate = promise
    const asked = Promise.allSettled([1, 2, 3, 4].map(async (number) => attach(number, 'host')))
    resolve()
    const refusals = (await asked).filter(({ status }) => status === 'rejected')
    assert.deepEqual([attachments.size, refusals.length], [2, 2])
    assert.equal(links.closed.length, 2, 'whoever found no room loses the link again')
  })

  it('regression: refused because others came first, leave a link that stood before, or that others want', async () => {
    const wanted = new Set<string>()
    attachments = new Attachments({
      limits: LIMITS, links: links as unknown as LinkSet, discovery: discovery.asDiscovery, isWanted: (peer) => wanted.has(peer.toString()), now: () => nowMs
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    links.gate = promise
    links.standing.add(await key(2))
    const asked = [1, 2, 3, 4].map(async (number) => attach(number, 'forwarder'))
    const outcomes = Promise.allSettled(asked)
    await until(() => links.waiting === 4, 'all of them')
    wanted.add(await key(3))
    resolve()
    const attached = (await outcomes).findIndex(({ status }) => status === 'fulfilled') + 1
    const unwanted = await Promise.all([1, 4].filter((number) => number !== attached).map(key))
    assert.deepEqual(links.closed.toSorted(), unwanted.toSorted())
  })

  describe('of one address prefix', () => {
    beforeEach(() => {
      attachments = new Attachments({
        limits: { ...LIMITS, maxAttachments: 10, maxNeighbours: 10 }, links: links as unknown as LinkSet, discovery: discovery.asDiscovery, now: () => nowMs
      })
    })

    const from = async (number: number, role: RoleName, address: string): Promise<AttachResponse> => attach(number, role, {}, address)

    it('regression: are so many hosts and RSPs, and so many forwarders, whoever made the connection: those of others find their places', async () => {
      for (const number of [1, 2, 3]) {
        await from(number, 'forwarder', CROWDED(number))
      }
      await assert.rejects(from(4, 'forwarder', CROWDED(4)), { name: 'OverQuotaError' })
      await from(5, 'host', CROWDED(5))
      await from(6, 'rsp', CROWDED(6))
      await assert.rejects(from(7, 'host', CROWDED(7)), { name: 'OverQuotaError' })
      await assert.rejects(from(1, 'host', CROWDED(1)), { name: 'OverQuotaError' }, 'nor does one that says that it is another now')
      assert.equal((await from(5, 'host', CROWDED(5))).attachments, 2, 'who is attached may refresh')
      await from(4, 'forwarder', '/ip4/198.51.100.1/tcp/4001')
      assert.equal((await from(7, 'host', '/ip4/198.51.100.1/tcp/4001')).attachments, 3)
      await detach(1)
      await from(8, 'forwarder', CROWDED(8))
    })

    it('are counted where they attached last', async () => {
      await from(1, 'host', CROWDED(1))
      await from(2, 'host', CROWDED(2))
      await from(3, 'host', '/ip4/198.51.100.1/tcp/4001')
      await assert.rejects(from(3, 'host', CROWDED(3)), { name: 'OverQuotaError' })
      assert.equal(attachments.has(await peerOf(3)), true, 'what it has stays')
      await from(2, 'host', '/ip4/198.51.100.2/tcp/4001')
      assert.equal((await from(3, 'host', CROWDED(3))).attachments, 3)
    })

    it('are not counted on this machine', async () => {
      for (const number of [1, 2, 3, 4]) {
        await attach(number, 'forwarder')
        await attach(10 + number, 'host')
      }
      assert.equal(attachments.size, 4)
    })
  })

  it('regression: hold the limit of forwarders against a host that becomes one', async () => {
    await attach(1, 'forwarder')
    await attach(2, 'host')
    await assert.rejects(attach(2, 'forwarder'), { name: 'OverQuotaError' })
    assert.equal(attachments.size, 1)
    assert.deepEqual(links.closed, [], 'what it has stays')
  })
})
