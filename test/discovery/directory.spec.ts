import assert from 'node:assert/strict'
import { Directory } from '../../src/discovery/directory.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'
import { descriptorOf, keyOf, NETWORK, NOW_MS, peerOf } from '../helpers/descriptors.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import type { DescriptorInit, VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

describe('directory', () => {
  let nowMs: number
  let directory: Directory

  beforeEach(() => {
    nowMs = NOW_MS
    directory = new Directory({ now: () => nowMs, maxEntries: 3 })
  })

  it('knows nobody at first', async () => {
    assert.equal(directory.size, 0)
    assert.equal(directory.get(await peerOf(1)), undefined)
    assert.deepEqual(directory.ofRole('forwarder'), [])
  })

  it('keeps the newest descriptor of an identity, in whatever order they come', async () => {
    const [first, second, third] = await Promise.all([1n, 2n, 3n].map(async (sequence) => verified(1, { sequence })))
    assert.deepEqual([second, first, third, second].map((descriptor) => directory.add(descriptor)), [true, false, true, false])
    assert.equal(directory.get(await peerOf(1)), third)
    assert.equal(directory.size, 1)
  })

  it('does not call a descriptor new that it has', async () => {
    const descriptor = await verified(1)
    assert.equal(directory.add(descriptor), true)
    assert.equal(directory.add(descriptor), false)
  })

  it('knows the bytes of what it has, and not of what was replaced', async () => {
    const [old, current] = await Promise.all([1n, 2n].map(async (sequence) => verified(1, { sequence })))
    directory.add(old)
    assert.equal(directory.has(old.bytes), true)
    directory.add(current)
    assert.deepEqual([old, current].map(({ bytes }) => directory.has(bytes)), [false, true])
  })

  it('gives no descriptor that has expired', async () => {
    directory.add(await verified(1, { expiresAtMs: NOW_MS + 1_000 }))
    nowMs = NOW_MS + 999
    assert.ok(directory.get(await peerOf(1)))
    nowMs = NOW_MS + 1_000
    assert.equal(directory.get(await peerOf(1)), undefined)
    assert.deepEqual(directory.ofRole('forwarder'), [])
    assert.equal(directory.size, 0)
  })

  it('sorts by role', async () => {
    const forwarder = await verified(1)
    const rsp = await verified(2, { forwarder: undefined, rsp: { mapKind: 'reports', metrics: ['delay'] } })
    const both = await verified(3, { rsp: { mapKind: 'surveys', metrics: ['delay'] } })
    for (const descriptor of [forwarder, rsp, both]) {
      directory.add(descriptor)
    }
    assert.deepEqual(directory.ofRole('forwarder'), [forwarder, both])
    assert.deepEqual(directory.ofRole('rsp'), [rsp, both])
    assert.deepEqual(directory.ofRole('host'), [])
  })

  it('forgets what is deleted', async () => {
    const descriptor = await verified(1)
    directory.add(descriptor)
    directory.delete(descriptor.peer)
    assert.equal(directory.get(descriptor.peer), undefined)
    assert.equal(directory.has(descriptor.bytes), false)
  })

  it('has room for so many: the one renewed longest ago goes', async () => {
    for (const number of [1, 2, 3]) {
      directory.add(await verified(number))
    }
    directory.add(await verified(1, { sequence: 2n }))
    directory.add(await verified(4))
    assert.deepEqual(await known([1, 2, 3, 4]), [1, 3, 4])
    assert.equal(directory.size, 3)
  })

  it('forgets the expired before the living when there is no room', async () => {
    directory.add(await verified(1))
    directory.add(await verified(2, { expiresAtMs: NOW_MS + 1 }))
    directory.add(await verified(3))
    nowMs += 1
    directory.add(await verified(4))
    assert.deepEqual(await known([1, 2, 3, 4]), [1, 3, 4])
  })

  it('holds nothing for longer than an hour, whatever it says, so that nobody stays there who made descriptors in store', async () => {
    directory.add(await verified(1, { expiresAtMs: NOW_MS + 24 * 3_600_000 }))
    nowMs += 3_600_000 - 1
    assert.deepEqual(await known([1]), [1])
    nowMs += 1
    assert.deepEqual(await known([1]), [])
    assert.deepEqual(directory.ofRole('forwarder'), [])
  })

  it('tells others each time of a role with more nodes than it tells of, all of them as often', async () => {
    const drawn = seededUint32(1)
    directory = new Directory({ now: () => nowMs, maxEntries: 100, random: () => drawn() / 2 ** 32 })
    const told = new Map<string, number>()
    for (let number = 1; number <= 70; number++) {
      const descriptor = await verified(number)
      directory.add(descriptor)
      told.set(descriptor.peer.toString(), 0)
    }
    for (let asked = 0; asked < 400; asked++) {
      const some = directory.someOfRole('forwarder', 7)
      assert.equal(new Set(some).size, 7)
      for (const { peer } of some) {
        told.set(peer.toString(), (told.get(peer.toString()) ?? 0) + 1)
      }
    }
    // 40 each on average
    assert.ok([...told.values()].every((times) => times > 15 && times < 75), String([...told.values()]))
    assert.deepEqual(new Set(directory.someOfRole('forwarder', 100)), new Set(directory.ofRole('forwarder')))
    assert.deepEqual(directory.someOfRole('rsp', 7), [])
  })

  async function known (numbers: number[]): Promise<number[]> {
    const found = await Promise.all(numbers.map(async (number) => directory.get(await peerOf(number)) === undefined ? [] : [number]))
    return found.flat()
  }
})

async function verified (number: number, overrides: Partial<DescriptorInit> = {}): Promise<VerifiedDescriptor> {
  const bytes = await sealDescriptor(await descriptorOf(number, overrides), await keyOf(number))
  return openDescriptor(bytes, { nowMs: NOW_MS, network: NETWORK })
}
