import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { DialBudget } from '../../src/defence/dial-budget.ts'
import { peersFrom } from '../protocols/report/samples.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

const PEERS = await peersFrom(10, 300)
const LOUD = '192.0.2.0/24'
const QUIET = '198.51.100.0/24'
const BURST_OF_ONE = 16
const BURST = 32
const FAILURES = 8
const NEW_ADDRESSES = 2

/** An address in the prefix with that number. */
const at = (prefix: number, host = 1): Multiaddr => multiaddr(`/ip4/10.${prefix >> 8}.${prefix & 255}.${host}/tcp/4001`)
const reachedAt = (address: Multiaddr, peer: number): Multiaddr => address.encapsulate(`/p2p/${PEERS[peer].toString()}`)

describe('dials that others ask for', () => {
  let nowMs: number
  let random: number
  let budget: DialBudget

  beforeEach(() => {
    nowMs = 1_000
    random = 0
    budget = new DialBudget({ now: () => nowMs, random: () => random })
  })

  /** Dials to peers in prefixes of their own until one has to wait; none answers. @returns the addresses that were dialled */
  function fail (asker: string, dials: number, addresses = (dial: number) => [at(dial)]): Multiaddr[] {
    const dialled = []
    for (let dial = 0; dial < dials; dial++) {
      const begun = budget.begin([asker], PEERS[dial], addresses(dial))
      begun?.end()
      dialled.push(...begun?.addresses ?? [])
    }
    return dialled
  }

  it('are shared: one that asks for many takes half of them, and all together no more than there are', () => {
    assert.equal(fail(LOUD, 100).length, BURST_OF_ONE)
    assert.equal(fail(QUIET, 100).length, BURST - BURST_OF_ONE)
    assert.equal(fail('203.0.113.0/24', 100).length, 0)
    nowMs += 1_000
    assert.deepEqual([fail(LOUD, 100).length, fail(QUIET, 100).length], [2, 2])
  })

  it('that are answered give most of it back: who asks for many peers that are there waits little', () => {
    let reached = 0
    for (let peer = 0; peer < 100; peer++) {
      const dial = budget.begin([LOUD], PEERS[peer], [at(peer)])
      dial?.end(reachedAt(at(peer), peer))
      reached += dial === undefined ? 0 : 1
    }
    assert.equal(reached, 100)
  })

  it('that are under way are bounded, answered or not', () => {
    const underWay = Array.from({ length: 100 }, (_, peer) => budget.begin([LOUD], PEERS[peer], [at(peer)])).filter((dial) => dial !== undefined)
    assert.equal(underWay.length, BURST_OF_ONE)
  })

  it('are on the account of whoever of those that ask can still pay, and of nobody on this machine', () => {
    fail(LOUD, 100)
    assert.equal(budget.begin([LOUD], PEERS[0], [at(0)]), undefined)
    assert.deepEqual(budget.begin([LOUD, QUIET], PEERS[0], [at(0)])?.addresses, [at(0)])
    const many = Array.from({ length: 16 }, (_, host) => at(7, host))
    assert.deepEqual(budget.begin([LOUD, undefined], PEERS[0], many)?.addresses, many)
    assert.equal(budget.begin([], PEERS[0], [at(0)]), undefined)
  })

  it('go to few addresses of a peer that has not answered yet, to others each time, and to those that have', () => {
    const addresses = Array.from({ length: 16 }, (_, prefix) => at(prefix))
    assert.deepEqual(budget.begin([LOUD], PEERS[0], addresses)?.addresses, [at(0), at(1)])
    random = 0.5
    const dial = budget.begin([LOUD], PEERS[0], addresses)
    assert.deepEqual(dial?.addresses, [at(8), at(9)])
    dial?.end(reachedAt(at(9), 0))
    random = 0
    const again = budget.begin([LOUD], PEERS[0], addresses)
    assert.deepEqual(again?.addresses, [at(0), at(1), at(9)])
    again?.end()
    assert.deepEqual(budget.begin([LOUD], PEERS[0], addresses)?.addresses, [at(0), at(1), at(9)], 'it may come back')
    assert.deepEqual(budget.begin([LOUD], PEERS[1], [at(9), at(10), at(11)])?.addresses.length, NEW_ADDRESSES, 'nor has another peer')
  })

  it('regression: go to addresses of different prefixes, where a peer has such: one of them may be out of reach from here', () => {
    const addresses = [at(0, 1), at(0, 2), at(0, 3), at(1, 1), at(1, 2)]
    for (const [from, expected] of [[0, [at(0, 1), at(1, 1)]], [1, [at(0, 2), at(1, 1)]], [4, [at(1, 2), at(0, 1)]]] as const) {
      random = from / addresses.length
      assert.deepEqual(budget.begin([LOUD], PEERS[0], addresses)?.addresses, expected)
    }
    assert.deepEqual(budget.begin([LOUD], PEERS[0], addresses.slice(0, 2))?.addresses.length, NEW_ADDRESSES, 'of one, where it has no other')
  })

  it('regression: hit an address prefix that does not answer so often, however many peers are said to be there', () => {
    const victims = Array.from({ length: 40 }, (_, host) => at(7, host))
    let dialled = 0
    for (let second = 0; second < 120; second++) {
      nowMs += 1_000
      dialled += fail(LOUD, 8, (dial) => victims.slice(dial, dial + 16)).length
    }
    assert.ok(dialled <= FAILURES + 120 / 4, `${dialled} dials in two minutes`)
  })

  it('are not refused to an honest peer because somebody has named its neighbours', () => {
    fail(LOUD, 16, () => [at(7, 1)])
    assert.equal(budget.begin([LOUD], PEERS[0], [at(7, 2)]), undefined)
    assert.deepEqual(budget.begin([QUIET], PEERS[0], [at(7, 2)])?.addresses, [at(7, 2)])
  })

  it('regression: that one address of a peer answered does not pay for another one, elsewhere', () => {
    const victims = []
    for (let dial = 0; dial < 100; dial++) {
      const begun = budget.begin([LOUD], PEERS[dial], [at(7, dial), at(8, dial)])
      begun?.end(reachedAt(at(8, dial), dial))
      victims.push(...(begun?.addresses ?? []).filter((address) => address.equals(at(7, dial))))
    }
    assert.equal(victims.length, FAILURES)
  })

  it('to names count together, since all may lead to one place', () => {
    const dialled = fail(LOUD, 16, (dial) => [multiaddr(`/dns4/a${dial}.example/tcp/1`)])
    assert.equal(dialled.length, FAILURES)
  })
})
