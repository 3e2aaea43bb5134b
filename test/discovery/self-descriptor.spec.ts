import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { SelfDescriptor } from '../../src/discovery/self-descriptor.ts'
import { keyOf, NETWORK, NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import type { RoleTerms } from '../../src/discovery/self-descriptor.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { AddressManager } from '@libp2p/interface-internal'

const PEER = await peerOf(1)
const LIFE_MS = 30 * 60_000

describe('self descriptor', () => {
  let nowMs: number
  let addresses: string[]
  let terms: RoleTerms
  let self: SelfDescriptor

  beforeEach(async () => {
    nowMs = NOW_MS
    addresses = ['/ip4/192.0.2.1/tcp/4001']
    terms = { operator: 'somebody', tags: { region: 'eu' }, forwarder: { capacityBytesPerSecond: 1 } }
    self = await make()
  })

  it('says who we are, where, and what our roles say of themselves', async () => {
    const descriptor = await open()
    assert.equal(descriptor.peer.equals(PEER), true)
    assert.equal(descriptor.network, NETWORK)
    assert.equal(descriptor.operator, 'somebody')
    assert.deepEqual(descriptor.tags, { region: 'eu' })
    assert.deepEqual([...descriptor.roles], ['forwarder'])
    assert.deepEqual(descriptor.endpoints.map(({ peer, addresses }) => [peer.toString(), addresses.map(String)]), [[PEER.toString(), addresses]])
    assert.equal(descriptor.expiresAtMs, NOW_MS + LIFE_MS)
  })

  it('names sixteen addresses at the most', async () => {
    addresses = Array.from({ length: 20 }, (_, i) => `/ip4/192.0.2.${i + 1}/tcp/4001`)
    assert.equal((await open()).endpoints[0].addresses.length, 16)
  })

  it('is signed once as long as nothing changes', async () => {
    const bytes = await self.get()
    nowMs += LIFE_MS / 2
    assert.equal(await self.get(), bytes)
  })

  it('is renewed when half of its life is over', async () => {
    const before = await open()
    nowMs += LIFE_MS / 2 + 1
    const after = await open()
    assert.equal(after.expiresAtMs, nowMs + LIFE_MS)
    assert.ok(after.sequence > before.sequence)
  })

  it('is renewed when the clock was set back: nobody takes one from the future', async () => {
    const before = await open()
    nowMs -= 24 * 3_600_000
    const after = await open()
    assert.equal(after.expiresAtMs, nowMs + LIFE_MS)
    assert.ok(after.sequence > before.sequence)
  })

  it('is renewed when our addresses have changed', async () => {
    const before = await open()
    addresses = ['/ip4/192.0.2.2/tcp/4001']
    const after = await open()
    assert.deepEqual(after.endpoints[0].addresses.map(String), addresses)
    assert.ok(after.sequence > before.sequence)
  })

  it('is renewed when a role says that its terms have changed', async () => {
    await open()
    terms = { ...terms, operator: 'somebody else' }
    assert.equal((await open()).operator, 'somebody')
    self.invalidate()
    assert.equal((await open()).operator, 'somebody else')
  })

  it('has a rising sequence, within a millisecond, over a clock set back, and over a restart', async () => {
    const sequences: bigint[] = []
    for (const stepMs of [0, 0, 5, -60_000, 0]) {
      nowMs += stepMs
      self.invalidate()
      sequences.push((await open()).sequence)
    }
    nowMs += 120_000
    self = await make()
    sequences.push((await open()).sequence)
    for (const [i, sequence] of sequences.entries()) {
      assert.ok(i === 0 || sequence > sequences[i - 1], `${sequences.join()}`)
    }
  })

  it('is signed once for all who ask at the same time', async () => {
    const [first, ...others] = await Promise.all([self.get(), self.get(), self.get()])
    assert.ok(others.every((bytes) => bytes === first))
  })

  it('regression: a descriptor that could not be signed does not stay', async () => {
    terms = { operator: 'x'.repeat(1_000), bootstrap: true }
    await assert.rejects(self.get(), { name: 'MalformedMessageError' })
    terms = { operator: 'short', bootstrap: true }
    assert.equal((await open()).operator, 'short')
  })

  async function make (): Promise<SelfDescriptor> {
    const addressManager = { getAddresses: () => addresses.map((address) => multiaddr(address).encapsulate(`/p2p/${PEER.toString()}`)) } as unknown as AddressManager
    return new SelfDescriptor({ peerId: PEER, privateKey: await keyOf(1), addressManager, network: NETWORK, describe: () => terms, now: () => nowMs })
  }

  async function open (): Promise<VerifiedDescriptor> {
    return openDescriptor(await self.get(), { nowMs, network: NETWORK, expectedPeer: PEER })
  }
})
