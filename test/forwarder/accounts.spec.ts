import assert from 'node:assert/strict'
import fc from 'fast-check'
import { peerIdFromString } from '@libp2p/peer-id'
import { pathTag } from '../../protocols/route/path.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { BucketSlab } from '../../src/defence/bucket-slab.ts'
import { Accounts } from '../../src/forwarder/accounts.ts'
import { peersFrom } from '../protocols/report/samples.ts'
import type { AccountOpener, AccountsInit } from '../../src/forwarder/accounts.ts'
import type { PeerId } from '@libp2p/interface'

const RSPS = await peersFrom(10, 6)
const [A, B, C, D] = RSPS
const CAPACITY = 1_000_000
const IDLE_MS = 900_000

/** An RSP whose node id, and so whose tags, begin with these four bytes; only what accounts look at. */
function twinOf (number: number): PeerId {
  const peer = { toMultihash: () => ({ bytes: Uint8Array.of(number) }), toString: () => `twin ${number}` } as unknown as PeerId
  nodeIdOf(peer).set([7, 7, 7, 7])
  return peer
}

describe('accounts', () => {
  let withEntries: Set<number>
  let caps: BucketSlab

  beforeEach(() => {
    withEntries = new Set()
    caps = new BucketSlab({ maxBuckets: 64 })
  })

  function accountsWith (change: Partial<AccountsInit> = {}): Accounts {
    return new Accounts({
      capacityBytesPerSecond: CAPACITY,
      rspLinkShare: 0.5,
      hasEntries: (account) => withEntries.has(account),
      caps,
      maxAccounts: 3,
      ...change
    })
  }

  /** The accounts that a tag of this RSP may be of. */
  function byTag (accounts: Accounts, rsp: PeerId): number[] {
    const buffer = new Uint8Array(20)
    buffer.set(nodeIdOf(rsp).subarray(0, 4), 5)
    const first = accounts.byTag(buffer, 5)
    return [first, accounts.otherOf(first)].filter((account) => account !== 0)
  }

  it('number RSPs from 1, each with one number however it comes', () => {
    const accounts = accountsWith()
    assert.deepEqual([A, B, A, peerIdFromString(B.toString())].map((rsp) => accounts.of(rsp, 0)), [1, 2, 1, 2])
    assert.deepEqual([accounts.find(B), accounts.find(C), accounts.size], [2, 0, 2])
    assert.deepEqual([accounts.rspOf(1)?.equals(A), accounts.rspOf(3), accounts.rspOf(0)], [true, undefined, undefined])
  })

  it('are found by the tags of their paths', () => {
    const accounts = accountsWith()
    const account = accounts.of(A, 0)
    const buffer = new Uint8Array(30)
    buffer.set(pathTag(A, 12_345), 9)
    assert.deepEqual([accounts.byTag(buffer, 9), accounts.otherOf(account)], [account, 0])
    buffer.set(pathTag(B, 12_345), 9)
    assert.equal(accounts.byTag(buffer, 9), 0)
  })

  it('are two at the most under the same tag; a third one waits until one of them is idle', () => {
    const accounts = accountsWith()
    const [first, second, third] = [1, 2, 3].map(twinOf)
    const numbers = [accounts.of(first, 0), accounts.of(second, 1)]
    assert.deepEqual(byTag(accounts, third), numbers)
    assert.throws(() => accounts.of(third, 2), { name: 'OverQuotaError', message: /same path tags/ })
    const late = accounts.of(third, IDLE_MS)
    assert.deepEqual(byTag(accounts, third).sort(), [late, accounts.find(second)].sort())
    assert.equal(accounts.find(first), 0)
    accounts.close(accounts.find(second))
    assert.deepEqual(byTag(accounts, first), [late])
    accounts.close(late)
    assert.deepEqual(byTag(accounts, first), [])
  })

  it('give the place of the RSP that has been idle for the longest to a new one', () => {
    const accounts = accountsWith()
    for (const [i, rsp] of [A, B, C].entries()) {
      accounts.of(rsp, i)
    }
    accounts.touch(accounts.find(A), 100)
    assert.throws(() => accounts.of(D, IDLE_MS), { name: 'OverQuotaError', message: /3 RSPs are in use/ })
    const generation = accounts.generationOf(2)
    assert.equal(accounts.of(D, IDLE_MS + 50), 2)
    assert.deepEqual([accounts.find(B), accounts.find(A), accounts.find(C)], [0, 1, 3])
    assert.notEqual(accounts.generationOf(2), generation)
  })

  it('keep an RSP that has entries, however long ago it was used', () => {
    const accounts = accountsWith({ maxAccounts: 1 })
    accounts.of(A, 0)
    withEntries.add(1)
    assert.throws(() => accounts.of(B, 10 * IDLE_MS), { name: 'OverQuotaError' })
    withEntries.clear()
    assert.equal(accounts.of(B, 10 * IDLE_MS), 1)
  })

  describe('of who brings new RSPs', () => {
    const host = (number: number): AccountOpener => ({ peer: `host ${number}`, prefix: '192.0.2.0/24', isForwarder: false })
    const forwarder: AccountOpener = { peer: 'forwarder', prefix: '192.0.2.0/24', isForwarder: true }
    const elsewhere: AccountOpener = { peer: 'host', prefix: '198.51.100.0/24', isForwarder: false }

    it('are bounded by address prefix, whichever of its peers asks, and the one idle for the longest makes way: the share comes back', () => {
      const accounts = accountsWith({ maxPerPrefix: 2 })
      accounts.of(A, 0, host(1))
      accounts.of(B, 1, host(2))
      assert.throws(() => accounts.of(C, 2, host(3)), { name: 'OverQuotaError', message: /where you are/ })
      assert.equal(accounts.of(C, 2, elsewhere), 3, 'others are not concerned')
      withEntries.add(accounts.find(A))
      const later = IDLE_MS + 1
      assert.equal(accounts.of(D, later, host(3)), 2)
      assert.deepEqual([accounts.find(A), accounts.find(B), accounts.find(C)], [1, 0, 3])
      assert.throws(() => accounts.of(B, later, host(1)), { name: 'OverQuotaError' }, 'one has entries, the other was just used')
    })

    it('are bounded for each forwarder, apart from the hosts of its prefix', () => {
      const accounts = accountsWith({ maxPerPrefix: 1, maxPerForwarder: 2 })
      accounts.of(A, 0, host(1))
      accounts.of(B, 1, forwarder)
      accounts.of(C, 2, forwarder)
      assert.throws(() => accounts.of(D, 3, forwarder), { name: 'OverQuotaError', message: /where you are/ })
      assert.equal(accounts.of(D, IDLE_MS + 2, forwarder), accounts.find(D))
      assert.deepEqual([accounts.find(A), accounts.find(B)], [1, 0])
    })

    it('are bounded for all of a prefix, however many forwarders it has', () => {
      const accounts = accountsWith({ maxPerForwarder: 1, maxPerPrefixInAll: 2 })
      accounts.of(A, 0, forwarder)
      accounts.of(B, 0, { ...forwarder, peer: 'another' })
      assert.throws(() => accounts.of(C, 0, { ...forwarder, peer: 'a third' }), { name: 'OverQuotaError', message: /where you are/ })
      assert.equal(accounts.of(C, 0, elsewhere), 3)
    })

    it('count to nobody any more once they are closed', () => {
      const accounts = accountsWith({ maxPerPrefix: 1 })
      accounts.close(accounts.of(A, 0, host(1)))
      assert.equal(accounts.of(B, 0, host(1)), 1)
    })
  })

  it('are void when they are closed, and their number rests while it has entries', () => {
    const accounts = accountsWith()
    const account = accounts.of(A, 0)
    const generation = accounts.generationOf(account)
    withEntries.add(account)
    accounts.close(account)
    accounts.close(account)
    assert.deepEqual([accounts.find(A), accounts.rspOf(account), byTag(accounts, A), accounts.size], [0, undefined, [], 0])
    assert.equal(accounts.generationOf(account), generation + 1)
    assert.equal(accounts.of(B, 0), 2)
    withEntries.clear()
    assert.equal(accounts.of(C, 0), account)
  })

  it('give their caps of links back when they are closed', () => {
    const accounts = accountsWith()
    const [a, b] = [accounts.of(A, 0), accounts.of(B, 0)]
    for (const link of [0, 1]) {
      accounts.caps.take(a, link, 1, 0)
      accounts.caps.take(b, link, 1, 0)
    }
    assert.equal(caps.size, 4)
    accounts.close(a)
    assert.equal(caps.size, 2)
  })

  it('agree with a list of RSPs, whatever is opened, used and closed', () => {
    const step = fc.record({ rsp: fc.nat({ max: RSPS.length - 1 }), action: fc.constantFrom('of', 'close', 'entries', 'none'), afterMs: fc.nat({ max: 400_000 }) })
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      withEntries = new Set()
      const accounts = accountsWith()
      const open = new Map<number, { rsp: number, usedAtMs: number }>()
      let nowMs = 0
      for (const { rsp, action, afterMs } of steps) {
        nowMs += afterMs
        const account = accounts.find(RSPS[rsp])
        assert.equal(account, [...open].find(([, of]) => of.rsp === rsp)?.[0] ?? 0)
        if (action === 'close') {
          accounts.close(account)
          open.delete(account)
        } else if (action === 'entries' && account !== 0) {
          withEntries.add(account)
        } else if (action === 'none') {
          withEntries.delete(account)
        } else if (action === 'of') {
          try {
            const given = accounts.of(RSPS[rsp], nowMs)
            const before = open.get(given)
            assert.ok(before === undefined || before.rsp === rsp || (nowMs - before.usedAtMs >= IDLE_MS && !withEntries.has(given)))
            assert.ok(before !== undefined || !withEntries.has(given), 'a number with entries of another is not given out')
            open.set(given, { rsp, usedAtMs: nowMs })
          } catch (error) {
            assert.equal((error as Error).name, 'OverQuotaError')
          }
        }
        assert.equal(accounts.size, open.size)
        for (const [number, of] of open) {
          assert.deepEqual([accounts.rspOf(number), byTag(accounts, RSPS[of.rsp])], [RSPS[of.rsp], [number]])
        }
      }
    }))
  })
})
