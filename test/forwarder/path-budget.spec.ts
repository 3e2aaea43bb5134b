import assert from 'node:assert/strict'
import { openInstall } from '../../protocols/setup/install.ts'
import { VerifiedPaths } from '../../protocols/setup/verified-paths.ts'
import { decodeInstall } from '../../protocols/setup/codec.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { BucketSlab } from '../../src/defence/bucket-slab.ts'
import { Accounts } from '../../src/forwarder/accounts.ts'
import { ForwardingTable } from '../../src/forwarder/forwarding-table.ts'
import { LinkRules } from '../../src/forwarder/link-rules.ts'
import { PathBudget } from '../../src/forwarder/path-budget.ts'
import { Policy } from '../../src/forwarder/policy.ts'
import { Quotas } from '../../src/forwarder/quotas.ts'
import { NOW_MS, keyOf, peerOf } from '../helpers/descriptors.ts'
import { batchOf, blockOf, installOf } from './attack-samples.ts'
import type { OpenedInstall } from '../../protocols/setup/install.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { Link } from '../../src/link/link.ts'
import type { LinkSet } from '../../src/link/link-set.ts'
import type { PolicyInit } from '../../src/forwarder/policy.ts'
import type { Usage, UsageLedger } from '../../src/forwarder/usage-ledger.ts'

const rsp = await keyOf(90)
const sourceKey = await keyOf(1)
const [source, destination, first, second, third] = await Promise.all([1, 2, 10, 11, 12].map(peerOf))
const peers = [source, destination, first, second, third]
const START_MS = 5_000
/** Of whom no descriptor is known, in some tests. */
let unknown = source

describe('what a path may use of a forwarder', () => {
  let used: Usage[]
  let table: ForwardingTable
  let quotas: Quotas
  let budget: PathBudget
  let links: Link[]
  let accounts: Accounts
  let caps: BucketSlab

  function start (rules: PolicyInit = {}, maxPaths = 8, maxCaps = 64): void {
    used = []
    links = peers.map((peer, index) => ({ index, peer, node: nodeIdOf(peer) }) as unknown as Link)
    caps = new BucketSlab({ maxBuckets: maxCaps })
    const policy = new Policy(rules)
    quotas = new Quotas(policy.quotas)
    table = new ForwardingTable({ maxPaths, caps, random32: () => Math.floor(Math.random() * 2 ** 32), onRemoved: (path) => { budget.release(path) } })
    accounts = new Accounts({ capacityBytesPerSecond: 1e6, rspLinkShare: 0.5, hasEntries: (account) => quotas.entriesOf(account) > 0, caps })
    budget = new PathBudget({
      policy,
      accounts,
      quotas,
      table,
      links: { get: (peer: typeof source) => links.find((link) => link.peer.equals(peer)), byIndex: (index: number) => links[index], peerAt: (index: number) => links[index]?.peer } as unknown as LinkSet,
      ledger: { add: (usage: Usage) => { used.push(usage) } } as unknown as UsageLedger,
      neighbour: (peer) => ({ peer, operator: peer.equals(third) ? 'acme' : undefined, isUnknown: peer.equals(unknown) }),
      nowUnixMs: () => NOW_MS
    })
  }

  beforeEach(() => { start() })

  /** What the forwarder at an index makes of an install over first, second, third. */
  async function openedAt (index: number, expiresAtMs = NOW_MS + 300_000): Promise<OpenedInstall> {
    const batch = await batchOf({ rsp, source, destination, over: [[first, second, third]], nowMs: NOW_MS, expiresAtMs, maxBytesPerSecond: 9_000n })
    const block = await blockOf({ batch, offer: batch.offers[0], key: sourceKey, nowMs: NOW_MS })
    return openInstall(decodeInstall(installOf(block, index)), await new VerifiedPaths().open(block.authority, NOW_MS))
  }

  async function reserve (index: number, isBoundBefore = true, expiresAtMs?: number): Promise<{ forward: Label, back: Label }> {
    const opened = await openedAt(index, expiresAtMs)
    const linkOf = (peer: typeof source): Link => links[peers.findIndex((other) => other.equals(peer))]
    return budget.reserve({
      opened,
      previous: isBoundBefore ? linkOf(opened.previous) : undefined,
      next: linkOf(opened.next as typeof source),
      caller: { peer: 'caller', prefix: '192.0.2.0/24', isForwarder: true },
      leaseMs: 10_000,
      nowMs: START_MS
    })
  }

  it('is an entry between its two neighbours, counted to its RSP, until it is removed', async () => {
    const { forward, back } = await reserve(1)
    assert.deepEqual([table.size, quotas.entries], [1, 1])
    assert.deepEqual([table.slots.fromLink(forward.slot), table.slots.fromLink(back.slot)], [2, 4])
    assert.ok(table.slots.capOf(forward.slot) >= 0 && table.slots.capOf(back.slot) >= 0)
    table.release(forward)
    assert.deepEqual([table.size, quotas.entries], [0, 0])
  })

  it('is for no neighbour yet where the hop before has still to bind', async () => {
    const { forward } = await reserve(1, false)
    assert.equal(table.slots.fromLink(forward.slot), -1)
  })

  it('ends with the path', async () => {
    await reserve(1, true, NOW_MS + 4_000)
    table.expire(START_MS + 3_999)
    assert.equal(table.size, 1)
    table.expire(START_MS + 4_000)
    assert.equal(table.size, 0)
  })

  it('is nothing where policy takes no path of the RSP, and nothing is counted then', async () => {
    start({ rsps: [second] })
    await assert.rejects(reserve(1), { code: 'NOT_AUTHORIZED' })
    assert.deepEqual([table.size, quotas.entries], [0, 0])
  })

  it('is nothing over a link that policy closes, on either side; hosts are not meant', async () => {
    start({ links: LinkRules.parse(['deny operator=acme', `deny peer=${first.toString()}`]) })
    await assert.rejects(reserve(1), { code: 'NOT_AUTHORIZED' })
    start({ links: LinkRules.parse(['deny operator=acme']) })
    await assert.rejects(reserve(1), { code: 'NOT_AUTHORIZED' })
    start({ links: LinkRules.parse([`deny peer=${source.toString()}`, `deny peer=${destination.toString()}`]) })
    await reserve(0)
    await reserve(2)
  })

  describe('where rules are about operators, and a neighbour is not known', () => {
    beforeEach(() => { start({ links: LinkRules.parse(['deny operator=elsewhere']) }) })
    afterEach(() => { unknown = source })

    it('is asked for before it is dialled, and is nothing if it is not known then', async () => {
      unknown = third
      budget.check(await openedAt(1))
      await assert.rejects(reserve(1), { code: 'NOT_AUTHORIZED' })
      unknown = source
      await reserve(1)
    })

    it('waits for the hop before to bind, and binds with none that is not known', async () => {
      unknown = first
      await assert.rejects(reserve(1), { code: 'NOT_AUTHORIZED' })
      const { forward } = await reserve(1, false)
      const bind = (): boolean => budget.bindPrevious(forward, links[2], { slot: 7, check: 8 }, START_MS)
      assert.throws(bind, { code: 'NOT_AUTHORIZED' })
      unknown = source
      assert.equal(bind(), true)
    })
  })

  describe('holds caps of its RSP', () => {
    const isFree = (): boolean => {
      try {
        // the slab has room for two
        return accounts.caps.hold(77, 8, START_MS) !== accounts.caps.hold(77, 9, START_MS)
      } catch {
        return false
      } finally {
        accounts.caps.releaseAccount(77)
      }
    }

    beforeEach(() => { start({ quotas: { maxPerSource: 1 } }, 8, 2) })

    it('for as long as it is installed', async () => {
      const { forward } = await reserve(1)
      assert.equal(isFree(), false)
      table.release(forward)
      assert.equal(isFree(), true)
    })

    it('which it gets when it binds, too', async () => {
      const { forward } = await reserve(1, false)
      assert.equal(budget.bindPrevious(forward, links[2], { slot: 7, check: 8 }, START_MS), true)
      assert.equal(isFree(), false)
      assert.equal(budget.bindPrevious(forward, links[2], { slot: 7, check: 8 }, START_MS), false, 'once')
      table.release(forward)
      assert.equal(isFree(), true)
    })

    it('regression: only after its quotas, and none when it fails', async () => {
      const { forward } = await reserve(0)
      await assert.rejects(reserve(1), { code: 'OVER_QUOTA' })
      table.release(forward)
      accounts.caps.hold(77, 8, START_MS)
      await assert.rejects(reserve(1), { code: 'OVER_QUOTA', message: /too many links/ })
      accounts.caps.releaseAccount(77)
      assert.deepEqual([table.size, quotas.entries, isFree()], [0, 0, true])
    })
  })

  it('is nothing above a quota, and nothing is counted then', async () => {
    start({ quotas: { maxPerSource: 1 } })
    await reserve(1)
    await assert.rejects(reserve(1), { code: 'OVER_QUOTA' })
    assert.deepEqual([table.size, quotas.entries], [1, 1])
  })

  it('is nothing when the table is full, and nothing is counted then', async () => {
    start({}, 2)
    await reserve(0)
    await reserve(1)
    await assert.rejects(reserve(2), { code: 'OVER_QUOTA' })
    assert.deepEqual([table.size, quotas.entries], [2, 2])
  })

  it('is written down as what has come since the last time, with the forwarder that it went to', async () => {
    const { forward, back } = await reserve(1)
    table.slots.count(forward.slot, 100)
    table.slots.count(forward.slot, 50)
    table.slots.count(back.slot, 7)
    budget.count(forward)
    assert.deepEqual(used.map(({ packets, bytes, next }) => [packets, bytes, next]), [[2, 150, third], [1, 7, first]])
    assert.ok(used.every((usage) => usage.rsp.toString() === used[0].rsp.toString() && Buffer.compare(usage.source, nodeIdOf(source)) === 0))
    budget.count(forward)
    assert.equal(used.length, 2)
    table.slots.count(forward.slot, 9)
    table.release(forward)
    assert.deepEqual(used.slice(2).map(({ packets, bytes, next }) => [packets, bytes, next]), [[1, 9, third]])
  })

  it('names no host as who it went to', async () => {
    for (const index of [0, 2]) {
      const { forward, back } = await reserve(index)
      table.slots.count(forward.slot, 100)
      table.slots.count(back.slot, 10)
      budget.count(forward)
    }
    assert.deepEqual(used.map(({ bytes, next }) => [bytes, next]), [[100, second], [10, undefined], [100, undefined], [10, second]])
  })

  it('is charged to the new path alone when an entry is used again', async () => {
    start({}, 1)
    const { forward } = await reserve(1)
    table.slots.count(forward.slot, 100)
    table.release(forward)
    used.length = 0
    const again = await reserve(1)
    assert.equal(again.forward.slot, forward.slot)
    table.slots.count(again.forward.slot, 3)
    budget.count(again.forward)
    assert.deepEqual(used.map(({ packets, bytes }) => [packets, bytes]), [[1, 3]])
  })
})
