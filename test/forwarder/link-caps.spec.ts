import assert from 'node:assert/strict'
import { BucketSlab } from '../../src/defence/bucket-slab.ts'
import { LinkCaps } from '../../src/forwarder/link-caps.ts'

const CAPACITY = 1_000_000
/** At half of the capacity. */
const BURST = 125_000
const [A, B] = [1, 2]

describe('caps of links', () => {
  let buckets: BucketSlab

  function capsWith (maxBuckets = 64, capacityBytesPerSecond = CAPACITY): LinkCaps {
    buckets = new BucketSlab({ maxBuckets })
    return new LinkCaps({ capacityBytesPerSecond, rspLinkShare: 0.5, caps: buckets, maxAccounts: 3 })
  }

  it('are one for each account and link, at the share of the capacity', () => {
    const caps = capsWith()
    const cap = caps.hold(A, 7, 0)
    assert.equal(caps.hold(A, 7, 5), cap)
    assert.equal(new Set([cap, caps.hold(A, 2, 0), caps.hold(B, 7, 0)]).size, 3)
    assert.deepEqual([caps.accountOf(cap), caps.accountOf(-1), caps.accountOf(60)], [A, 0, 0])
    assert.equal(buckets.take(cap, BURST, 0), true, 'a quarter of a second')
    assert.equal(buckets.take(cap, 1, 0), false)
    assert.equal(buckets.take(cap, 50_000, 100), true)
    assert.equal(buckets.take(cap, 1, 100), false)
  })

  it('are what packets are taken from', () => {
    const caps = capsWith()
    assert.equal(caps.take(A, 3, BURST, 0), true)
    assert.equal(caps.take(A, 3, 1, 0), false)
    assert.equal(caps.take(0, 3, 1, 0), true, 'those of others have their own')
    assert.equal(buckets.take(caps.hold(A, 3, 0), 1, 0), false, 'it is the same bucket')
  })

  it('have room for four large packets, however small the capacity is', () => {
    assert.equal(capsWith(64, 1_000).take(0, 0, 65_536, 0), true)
  })

  it('go with the link, and with the account', () => {
    const caps = capsWith()
    for (const link of [0, 1, 5]) {
      caps.hold(A, link, 0)
      caps.hold(B, link, 0)
    }
    assert.equal(buckets.size, 6)
    caps.releaseLink(5)
    caps.releaseLink(77)
    assert.equal(buckets.size, 4)
    caps.releaseAccount(A)
    assert.equal(buckets.size, 2)
  })

  describe('where there is no room for another', () => {
    it('refuse, and do not let pass, while entries need them all', () => {
      const caps = capsWith(1)
      const cap = caps.hold(A, 0, 0)
      assert.throws(() => caps.hold(A, 1, 10_000), { name: 'OverQuotaError' })
      assert.equal(caps.take(B, 0, 1, 10_000), false)
      assert.equal(caps.take(A, 0, 1, 10_000), true)
      caps.letGo(cap)
      assert.equal(caps.take(B, 0, 1, 20_000), true)
    })

    it('regression: make way when nothing is installed under them and they are full: made-up RSPs do not keep them', () => {
      const caps = capsWith(2)
      caps.letGo(caps.hold(A, 0, 0))
      caps.letGo(caps.hold(A, 1, 0))
      assert.deepEqual([caps.hold(B, 0, 0), caps.hold(B, 1, 0)].sort(), [0, 1])
      assert.equal(buckets.size, 2)
    })

    it('do not make way before they are full again: an RSP gets no new burst for a new entry', () => {
      const caps = capsWith(1)
      const cap = caps.hold(A, 0, 0)
      buckets.take(cap, BURST, 0)
      caps.letGo(cap)
      assert.throws(() => caps.hold(B, 0, 249), { name: 'OverQuotaError' })
      assert.equal(buckets.take(caps.hold(A, 0, 0), 1, 0), false)
      caps.letGo(cap)
      assert.equal(caps.hold(B, 0, 250), cap)
      assert.equal(caps.accountOf(cap), B)
    })

    it('stay until the last of several entries has let go', () => {
      const caps = capsWith(1)
      const cap = caps.hold(A, 0, 0)
      caps.hold(A, 0, 0)
      caps.letGo(cap)
      assert.throws(() => caps.hold(B, 0, 1_000), { name: 'OverQuotaError' })
      caps.letGo(cap)
      caps.letGo(cap)
      assert.equal(caps.hold(B, 0, 1_000), cap)
      assert.throws(() => caps.hold(A, 0, 2_000), { name: 'OverQuotaError' }, 'letting go once too often takes nothing from who came next')
    })

    it('regression: keep no packet without an authenticator from a link', () => {
      const caps = capsWith(1)
      caps.hold(A, 0, 0)
      assert.equal(caps.take(0, 1, 1, 0), true)
      caps.releaseLink(1)
      assert.equal(caps.take(0, 1, 65_536, 0), true)
    })

    it('look at no more of them for one packet than a packet may cost', () => {
      const caps = new LinkCaps({ capacityBytesPerSecond: CAPACITY, rspLinkShare: 0.5, caps: buckets = new BucketSlab({ maxBuckets: 1_024 }), maxAccounts: 1_100 })
      for (let account = 1; account <= 1_024; account++) {
        const cap = caps.hold(account, 0, 0)
        if (account === 1_000) {
          caps.letGo(cap)
        }
      }
      assert.deepEqual([1, 2, 3, 4].map(() => caps.take(1_050, 0, 1, 0)), [false, false, false, true], 'it goes on where it stopped')
    })
  })
})
