import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readLabel, writeLabel } from '../../protocols/forward/labelled.ts'
import { BucketSlab } from '../../src/defence/bucket-slab.ts'
import { TokenBucket } from '../../src/defence/token-bucket.ts'
import { ForwardingTable } from '../../src/forwarder/forwarding-table.ts'
import { seededRandom } from '../measurement/seeded-noise.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { PathInit, PathState } from '../../src/forwarder/path-state.ts'

const PREVIOUS = 3
const NEXT = 5
const ON: Label = { slot: 70, check: 0xfedcba98 }
const BACK: Label = { slot: 0xffffffff, check: 7 }
const LEASE_MS = 60_000
const ANCHOR = new Uint8Array(16).fill(9)
const yes = (): boolean => true

const path = (change: Partial<PathInit> = {}): PathInit => ({
  previous: PREVIOUS, next: NEXT, account: 1, source: 2, bytesPerSecond: 0, caps: [-1, -1], anchor: ANCHOR, endsAtMs: 900_000, leaseMs: LEASE_MS, ...change
})

function randomFrom (seed: number): () => number {
  const random = seededRandom(seed)
  return () => random() * 2 ** 32
}

interface Given { forward: Label, back: Label }

describe('forwarding table', () => {
  let caps: BucketSlab
  let table: ForwardingTable
  let removed: PathState[]

  beforeEach(() => {
    caps = new BucketSlab({ maxBuckets: 8 })
    table = makeTable()
  })

  function makeTable (maxPaths = 1_000, random32 = randomFrom(1)): ForwardingTable {
    removed = []
    return new ForwardingTable({ maxPaths, caps, random32, onRemoved: (gone) => { removed.push(gone) } })
  }

  const reserve = (change?: Partial<PathInit>, nowMs = 0): Given => table.reserve(path(change), nowMs) as Given

  /** Reserved, and bound at both ends. */
  function install (change?: Partial<PathInit>, nowMs = 0): Given {
    const given = reserve(change, nowMs)
    assert.ok(table.bindNext(given.forward, ON))
    assert.ok(table.bindPrevious(given.forward, change?.previous ?? PREVIOUS, BACK))
    return given
  }

  const find = ({ slot, check }: Label, fromLink: number, nowMs = 1): number => table.slots.find(slot, check, fromLink, nowMs)

  function outLabel (slot: number): Label | undefined {
    const packet = new Uint8Array(30)
    table.slots.writeOut(slot, packet, 10)
    return readLabel(packet, 4, 14)
  }

  describe('for packets', () => {
    it('finds both directions of a path, each from its neighbour', () => {
      const { forward, back } = install()
      assert.notEqual(forward.slot, back.slot)
      assert.deepEqual([find(forward, PREVIOUS), find(back, NEXT)], [forward.slot, back.slot])
      assert.deepEqual([table.slots.outLink(forward.slot), table.slots.outLink(back.slot)], [NEXT, PREVIOUS])
      assert.deepEqual([outLabel(forward.slot), outLabel(back.slot)], [{ ...ON, endpoint: 0 }, { ...BACK, endpoint: 0 }])
      assert.deepEqual([table.size, table.labels], [1, 2])
    })

    const strangers = [
      { title: 'from the neighbour at its other end', label: ({ forward }: Given) => forward, from: NEXT },
      { title: 'from any other neighbour', label: ({ forward }: Given) => forward, from: 0 },
      { title: 'with another check', label: ({ forward }: Given) => ({ ...forward, check: forward.check ^ 0x80000000 }), from: PREVIOUS },
      { title: 'with the check of its other direction', label: ({ forward, back }: Given) => ({ ...forward, check: back.check }), from: PREVIOUS },
      { title: 'with a slot that was never used', label: ({ forward }: Given) => ({ ...forward, slot: forward.slot + 2 }), from: PREVIOUS },
      { title: 'with a slot behind the table', label: ({ forward }: Given) => ({ ...forward, slot: 0xffffffff }), from: PREVIOUS }
    ]
    for (const { title, label, from } of strangers) {
      it(`knows no label ${title}`, () => {
        assert.equal(find(label(install()), from), -1)
      })
    }

    it('knows no label of an empty table, nor one of zeros', () => {
      assert.equal(find({ slot: 0, check: 0 }, 0), -1)
      install()
      for (let slot = 0; slot < 8; slot++) {
        assert.equal(find({ slot, check: 0 }, 0), -1)
      }
    })

    it('knows a label until its lease ends', () => {
      const { forward, back } = install({}, 1_000)
      assert.equal(find(forward, PREVIOUS, 1_000 + LEASE_MS - 1), forward.slot)
      assert.equal(find(forward, PREVIOUS, 1_000 + LEASE_MS), -1)
      assert.equal(find(back, NEXT, 1_000 + LEASE_MS), -1)
    })

    it('knows leases over the end of 32 bits of milliseconds', () => {
      const start = 2 ** 32 - 10
      const { forward } = install({ endsAtMs: Infinity }, start)
      assert.deepEqual([0, 20, LEASE_MS - 1, LEASE_MS].map((ms) => find(forward, PREVIOUS, start + ms)), [forward.slot, forward.slot, forward.slot, -1])
    })

    it('sends nothing on before the neighbour at that end has given its label', () => {
      const { forward, back } = reserve()
      assert.deepEqual([find(forward, PREVIOUS), find(back, NEXT)], [-1, -1])
      table.bindNext(forward, ON)
      assert.deepEqual([find(forward, PREVIOUS), find(back, NEXT)], [forward.slot, -1])
      table.bindPrevious(forward, PREVIOUS, BACK)
      assert.deepEqual([find(forward, PREVIOUS), find(back, NEXT)], [forward.slot, back.slot])
    })

    it('finds the slot that sends with a label, for notices about it', () => {
      const labels = Array.from({ length: 200 }, (_, i) => ({ slot: i % 7, check: i }))
      const given = labels.map((out) => {
        const one = reserve()
        table.bindNext(one.forward, out)
        return one
      })
      labels.forEach(({ slot, check }, i) => { assert.equal(table.slots.findByOut(NEXT, slot, check), given[i].forward.slot) })
      assert.equal(table.slots.findByOut(PREVIOUS, 0, 0), -1, 'not over that link')
      assert.equal(table.slots.findByOut(NEXT, 1, 200), -1)
      table.release(given[5].forward)
      assert.equal(table.slots.findByOut(NEXT, labels[5].slot, labels[5].check), -1)
    })

    it('tells apart labels that a neighbour has chosen to look alike', () => {
      const first = reserve()
      const second = reserve()
      const alike = { slot: (ON.slot + 1) >>> 0, check: (ON.check - 0x9e3779b1) >>> 0 }
      table.bindNext(first.forward, ON)
      table.bindNext(second.forward, alike)
      assert.equal(table.slots.findByOut(NEXT, ON.slot, ON.check), first.forward.slot)
      assert.equal(table.slots.findByOut(NEXT, alike.slot, alike.check), second.forward.slot)
    })

    it('carries no more than the rate of the path, in each direction', () => {
      const { forward, back } = install({ bytesPerSecond: 1_000_000 })
      const sent = (slot: number, nowMs: number): number => {
        let count = 0
        while (table.slots.charge(slot, 1_000, nowMs)) {
          count++
        }
        return count
      }
      assert.deepEqual([sent(forward.slot, 0), sent(back.slot, 0)], [250, 250])
      assert.deepEqual([sent(forward.slot, 100), sent(forward.slot, 100), sent(back.slot, 60_000)], [100, 0, 250])
    })

    it('lets 65,536 bytes through at once, however slow the path', () => {
      const { forward } = install({ bytesPerSecond: 1 })
      assert.equal(Array.from({ length: 5 }, () => table.slots.charge(forward.slot, 16_384, 7)).filter(Boolean).length, 4)
      assert.equal(table.slots.charge(forward.slot, 16_384, 7 + 16_383_000), false)
      assert.equal(table.slots.charge(forward.slot, 16_384, 7 + 16_384_000), true)
    })

    it('meters as a token bucket does, to a byte', () => {
      const steps = fc.array(fc.record({ bytes: fc.integer({ min: 14, max: 16_384 }), waitMs: fc.double({ min: 0, max: 300, noNaN: true }) }), { maxLength: 300 })
      fc.assert(fc.property(steps, fc.integer({ min: 1, max: 2_000_000 }), (some, bytesPerSecond) => {
        const { forward } = install({ bytesPerSecond })
        const burst = Math.max(65_536, bytesPerSecond / 4)
        const [strict, generous] = [-2, 2].map((slack) => new TokenBucket({ ratePerSecond: bytesPerSecond, burst: burst + slack, nowMs: 0 }))
        let nowMs = 0
        for (const { bytes, waitMs } of some) {
          nowMs += waitMs
          const couldTake = strict.availableAt(nowMs) >= bytes
          const mayTake = generous.availableAt(nowMs) >= bytes
          const taken = table.slots.charge(forward.slot, bytes, nowMs)
          assert.ok(taken ? mayTake : !couldTake)
          if (taken) {
            strict.take(Math.min(bytes, strict.availableAt(nowMs)), nowMs)
            generous.take(bytes, nowMs)
          }
        }
        table.release(forward)
      }), { numRuns: 200 })
    })

    it('has paths share the bucket of a cap, and takes nothing from it that the path may not send', () => {
      const cap = caps.add(1_000, 10_000, 0)
      const one = install({ caps: [cap, -1], bytesPerSecond: 1_000 })
      const other = install({ caps: [cap, cap] })
      assert.equal(table.slots.charge(one.forward.slot, 70_000, 0), false)
      assert.deepEqual([one, other].map(({ forward }) => table.slots.charge(forward.slot, 4_000, 0)), [true, true])
      assert.equal(table.slots.charge(other.back.slot, 4_000, 0), false)
      assert.equal(table.slots.charge(one.forward.slot, 4_000, 0), false)
      assert.equal(table.slots.charge(one.back.slot, 4_000, 0), true, 'no cap this way')
      for (let taken = 4_000; taken + 4_000 <= 65_536 - 2_000; taken += 2_000) {
        assert.equal(table.slots.charge(one.forward.slot, 2_000, 1_000_000 + taken), true, 'what the cap refused was not taken from the path')
      }
    })

    it('has no limit for a path without a rate, and none is larger than 32 bits', () => {
      const without = install()
      assert.equal(table.slots.charge(without.forward.slot, 1e12, 0), true)
      const fast = install({ bytesPerSecond: 1e15 })
      assert.equal(table.slots.charge(fast.forward.slot, (2 ** 32 - 1) / 4, 0), true)
      assert.equal(table.slots.charge(fast.forward.slot, 1, 0), false)
    })

    it('counts what goes on', () => {
      const { forward, back } = install()
      table.slots.count(forward.slot, 100)
      table.slots.count(forward.slot, 50)
      table.slots.count(back.slot, 7)
      table.forEach(({ packets, bytes }) => { assert.deepEqual([packets, bytes], [[2, 1], [150, 7]]) })
    })
  })

  describe('binding', () => {
    it('happens once at each end, whatever the same or another neighbour asks', () => {
      const { forward, back } = install()
      assert.equal(table.bindNext(forward, { slot: 1, check: 1 }), false)
      assert.equal(table.bindPrevious(forward, PREVIOUS, { slot: 1, check: 1 }), false)
      assert.deepEqual([outLabel(forward.slot), outLabel(back.slot)], [{ ...ON, endpoint: 0 }, { ...BACK, endpoint: 0 }])
    })

    it('is refused to another hop before than the entry was reserved for', () => {
      const { forward } = reserve()
      assert.equal(table.bindPrevious(forward, PREVIOUS + 1, BACK), false)
      assert.equal(table.bindPrevious(forward, PREVIOUS, BACK), true)
    })

    it('says who the hop before is, where that was not known', () => {
      const { forward, back } = reserve({ previous: -1 })
      table.bindNext(forward, ON)
      assert.equal(find(forward, PREVIOUS), -1)
      assert.equal(find(forward, -1), -1)
      assert.equal(table.bindPrevious(forward, PREVIOUS, BACK), true)
      assert.deepEqual([find(forward, PREVIOUS), find(back, NEXT)], [forward.slot, back.slot])
      assert.equal(table.bindPrevious(forward, PREVIOUS + 1, BACK), false)
    })

    it('does not happen by a label that is not the entry\'s own, or not any more', () => {
      const { forward } = reserve()
      const wrong = { ...forward, check: forward.check + 1 }
      assert.deepEqual([table.bindNext(wrong, ON), table.bindPrevious(wrong, PREVIOUS, BACK)], [false, false])
      table.release(forward)
      assert.deepEqual([table.bindNext(forward, ON), table.bindPrevious(forward, PREVIOUS, BACK)], [false, false])
    })

    it('is not for links that rows have no room for', () => {
      assert.equal(table.reserve(path({ next: 0xffff }), 0), undefined)
      const { forward } = reserve({ previous: -1, next: 0xfffe })
      assert.equal(table.bindPrevious(forward, 0xffff, BACK), false)
      assert.equal(table.bindPrevious(forward, 0xfffd, BACK), true)
      assert.equal(table.bindNext(forward, ON), true)
      assert.deepEqual([table.slots.outLink(forward.slot), find(forward, 0xfffd)], [0xfffe, forward.slot])
    })
  })

  describe('refresh', () => {
    const value = (number: number): Uint8Array => new Uint8Array(16).fill(number)

    it('by the forward label and from the hop before lengthens the lease of both directions, and says where to go on', () => {
      const { forward, back } = install({ leaseMs: 10_000 })
      assert.deepEqual(table.refresh(forward, PREVIOUS, value(1), LEASE_MS, yes, 9_000), { next: NEXT, out: ON, leaseMs: LEASE_MS })
      assert.deepEqual([find(forward, PREVIOUS, 68_999), find(back, NEXT, 68_999), find(forward, PREVIOUS, 69_000)], [forward.slot, back.slot, -1])
    })

    it('never moves the end of the path', () => {
      const { forward } = install({ endsAtMs: 70_000 })
      assert.deepEqual(table.refresh(forward, PREVIOUS, value(1), LEASE_MS, yes, 50_000), { next: NEXT, out: ON, leaseMs: 20_000 })
      assert.equal(find(forward, PREVIOUS, 70_000), -1)
    })

    it('is asked with the value before: the anchor first, then what was shown', () => {
      const { forward } = install()
      install({ anchor: value(77) })
      const asked: number[][] = []
      const follows = (shown: Uint8Array, last: Uint8Array): boolean => asked.push([shown[15], last[0], last[15], last.length]) !== 2
      table.refresh(forward, PREVIOUS, value(1), LEASE_MS, follows, 1)
      assert.equal(table.refresh(forward, PREVIOUS, value(2), LEASE_MS, follows, 2), 'notNext')
      table.refresh(forward, PREVIOUS, value(3), LEASE_MS, follows, 3)
      assert.deepEqual(asked, [[1, 9, 9, 16], [2, 1, 1, 16], [3, 1, 1, 16]])
    })

    it('that does not follow leaves the lease as it was', () => {
      const { forward } = install({ leaseMs: 10_000 })
      assert.equal(table.refresh(forward, PREVIOUS, value(1), LEASE_MS, () => false, 9_000), 'notNext')
      assert.equal(find(forward, PREVIOUS, 10_000), -1)
    })

    it('is unknown by the back label, from others, after the end of the lease, and for what leads nowhere yet', () => {
      const { forward, back } = install({ leaseMs: 10_000 })
      const refresh = (label: Label, from: number, nowMs = 1): unknown => table.refresh(label, from, value(1), LEASE_MS, yes, nowMs)
      assert.deepEqual([refresh(back, NEXT), refresh(forward, NEXT), refresh(forward, 0), refresh(forward, PREVIOUS, 10_000)], Array(4).fill('unknown'))
      assert.equal(refresh(reserve().forward, PREVIOUS), 'unknown')
    })
  })

  describe('removal', () => {
    it('by the hop before travels on, by the next hop it travels back', () => {
      assert.deepEqual(table.remove(install().forward, PREVIOUS), { link: NEXT, out: ON, travels: 'on' })
      assert.deepEqual(table.remove(install().back, NEXT), { link: PREVIOUS, out: BACK, travels: 'back' })
      assert.equal(table.size, 0)
    })

    it('knows no label to go on with where the neighbour has given none', () => {
      const { forward, back } = reserve({ previous: -1 })
      assert.equal(table.remove(forward, -1), undefined, 'nobody is the hop before yet')
      assert.deepEqual(table.remove(back, NEXT), { link: -1, out: undefined, travels: 'back' })
      assert.deepEqual(table.remove(reserve().forward, PREVIOUS), { link: NEXT, out: undefined, travels: 'on' })
      assert.equal(forward.slot + 1, back.slot)
    })

    it('is refused to everybody else', () => {
      const { forward, back } = install()
      for (const [label, from] of [[forward, NEXT], [back, PREVIOUS], [forward, 0], [{ ...forward, check: forward.check + 1 }, PREVIOUS]] as const) {
        assert.equal(table.remove(label, from), undefined)
      }
      assert.equal(find(forward, PREVIOUS), forward.slot)
    })

    it('by the node itself says what to tell the next hop, once', () => {
      const { forward } = install()
      assert.deepEqual(table.release(forward), { link: NEXT, out: ON, travels: 'on' })
      assert.equal(table.release(forward), undefined)
    })

    it('of a link takes the entries on both its sides, and no others', () => {
      const gone = [install(), install({ previous: 0, next: PREVIOUS }), reserve({ previous: -1, next: PREVIOUS })]
      const stays = install({ previous: 0, next: NEXT })
      assert.deepEqual([PREVIOUS, NEXT, 0, 60_000].map((link) => table.usesLink(link)), [true, true, true, false])
      assert.equal(table.removeLink(PREVIOUS), 3)
      assert.deepEqual([PREVIOUS, NEXT].map((link) => table.usesLink(link)), [false, true])
      assert.deepEqual(gone.map(({ forward }) => table.release(forward)), [undefined, undefined, undefined])
      assert.deepEqual([find(stays.forward, 0), table.size, table.removeLink(PREVIOUS), table.removeLink(60_000)], [stays.forward.slot, 1, 0, 0])
    })

    it('of an account takes its entries, and no others', () => {
      for (let i = 0; i < 300; i++) {
        install({ account: i % 3 })
      }
      assert.deepEqual([table.removeAccount(2), table.removeAccount(2), table.removeAccount(-1), table.size], [100, 0, 0, 200])
      assert.ok(removed.every(({ account }) => account === 2))
    })

    it('of what has expired goes on where it stopped', () => {
      for (let i = 0; i < 100; i++) {
        install({ leaseMs: i % 2 === 0 ? 1_000 : 2_000 })
      }
      assert.equal(table.expire(999), 0)
      const rounds = Array.from({ length: 3 }, () => table.expire(1_000, 50))
      assert.deepEqual([rounds, table.size], [[25, 25, 0], 50])
      assert.deepEqual([table.expire(2_000), table.expire(2_000), table.size], [50, 0, 0])
      assert.equal(makeTable().expire(0), 0, 'of an empty table')
    })

    it('is reported once, with all that was counted', () => {
      const { forward } = install({ account: 8, source: 9, caps: [3, 4], leaseMs: 5 })
      table.slots.count(forward.slot, 100)
      table.slots.count(forward.slot + 1, 1)
      table.removeLink(PREVIOUS)
      table.removeAccount(8)
      table.release(forward)
      assert.deepEqual(removed, [{
        forward, account: 8, source: 9, previous: PREVIOUS, next: NEXT, caps: [3, 4], expiresAtMs: 5, packets: [1, 1], bytes: [100, 1]
      }])
    })
  })

  describe('memory', () => {
    it('is full at its maximum, and has room again for each that goes', () => {
      table = makeTable(70)
      const all = Array.from({ length: 70 }, () => install())
      assert.equal(table.reserve(path(), 0), undefined)
      table.release(all[33].forward)
      assert.ok(table.reserve(path(), 0) !== undefined)
      assert.deepEqual([table.reserve(path(), 0), table.size], [undefined, 70])
    })

    it('keeps everything when it grows', () => {
      const all = Array.from({ length: 1_000 }, (_, i) => install({ account: i, previous: i % 30, next: 30 + i % 30, anchor: new Uint8Array(16).fill(i) }))
      all.forEach(({ forward, back }, i) => {
        assert.deepEqual([find(forward, i % 30), find(back, 30 + i % 30)], [forward.slot, back.slot])
        assert.deepEqual(outLabel(back.slot), { ...BACK, endpoint: 0 })
        table.refresh(forward, i % 30, ANCHOR, LEASE_MS, (_, last) => { assert.equal(last[7], i & 0xff); return true }, 1)
      })
      let count = 0
      table.forEach(({ account }) => { assert.equal(account, count++) })
      assert.equal(count, 1_000)
    })

    it('uses a slot again as late as it can, and under another check', () => {
      table = makeTable(64)
      const first = install()
      table.release(first.forward)
      const others = Array.from({ length: 63 }, () => install())
      assert.ok(others.every(({ forward }) => forward.slot !== first.forward.slot))
      const again = install()
      assert.equal(again.forward.slot, first.forward.slot)
      assert.equal(find(first.forward, PREVIOUS), -1)
    })

    it('gives no check twice in a row, even if chance would', () => {
      table = makeTable(1, () => 0xffffffff)
      const first = install()
      table.release(first.forward)
      const second = install()
      assert.deepEqual([first.forward.check, second.forward.check, second.forward.slot], [0xffffffff, 0, first.forward.slot])
      assert.deepEqual([find(first.forward, PREVIOUS), find(second.forward, PREVIOUS)], [-1, second.forward.slot])
    })

    it('is at most 100 bytes for each of 100,000 labels', () => {
      table = makeTable(65_536)
      const random32 = randomFrom(2)
      for (let i = 0; i < 50_000; i++) {
        const { forward } = table.reserve(path(), 0) as Given
        table.bindNext(forward, { slot: i, check: random32() })
      }
      assert.equal(table.labels, 100_000)
      assert.ok(table.heldBytes / table.labels <= 100, `${table.heldBytes / table.labels} bytes for a label`)
    })

    it('refuses a maximum that is no number of paths', () => {
      for (const maxPaths of [0, 1.5, NaN, 2 ** 25]) {
        assert.throws(() => makeTable(maxPaths), RangeError)
      }
    })
  })

  it('does what a plain list of entries would, whatever comes', () => {
    const link = fc.nat(3)
    const pick = fc.nat(40)
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ reserve: fc.record({ previous: fc.integer({ min: -1, max: 3 }), next: link, account: fc.nat(2), leaseMs: fc.constantFrom(5, 20, 60) }) }) },
      { weight: 2, arbitrary: fc.record({ bindNext: pick }) },
      { weight: 2, arbitrary: fc.record({ bindPrevious: pick, link }) },
      { weight: 2, arbitrary: fc.record({ refresh: pick, link, isForward: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ remove: pick, link, isForward: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ release: pick }) },
      { weight: 1, arbitrary: fc.record({ removeLink: link }) },
      { weight: 1, arbitrary: fc.record({ removeAccount: fc.nat(2) }) },
      { weight: 2, arbitrary: fc.record({ waitMs: fc.nat(10) }) },
      { weight: 2, arbitrary: fc.record({ expire: fc.constant(true) }) }
    )
    interface Model { given: Given, previous: number, next: number, account: number, expiresAtMs: number, isOnBound: boolean, isBackBound: boolean }
    fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      table = makeTable(20)
      const ever: Model[] = []
      let living: Model[] = []
      let nowMs = 0
      const isLiving = (one: Model | undefined): one is Model => one !== undefined && living.includes(one)
      const drop = (which: (one: Model) => boolean): number => {
        const before = living.length
        living = living.filter((one) => !which(one))
        return before - living.length
      }
      for (const one of steps) {
        if ('reserve' in one) {
          const init = one.reserve
          const given = table.reserve(path({ ...init, endsAtMs: 300 }), nowMs)
          assert.equal(given === undefined, living.length === 20)
          if (given !== undefined) {
            const entry = { given, ...init, expiresAtMs: Math.min(300, nowMs + init.leaseMs), isOnBound: false, isBackBound: false }
            ever.push(entry)
            living.push(entry)
          }
        } else if ('waitMs' in one) {
          nowMs += one.waitMs
        } else if ('expire' in one) {
          assert.equal(table.expire(nowMs), drop(({ expiresAtMs }) => expiresAtMs <= nowMs))
        } else if ('removeLink' in one) {
          assert.equal(table.removeLink(one.removeLink), drop(({ previous, next }) => previous === one.removeLink || next === one.removeLink))
        } else if ('removeAccount' in one) {
          assert.equal(table.removeAccount(one.removeAccount), drop(({ account }) => account === one.removeAccount))
        } else {
          const [index] = Object.values(one) as [number]
          const entry = ever.at(-1 - index)
          if (entry === undefined) {
            continue
          }
          if ('bindNext' in one) {
            const expected = isLiving(entry) && !entry.isOnBound
            assert.equal(table.bindNext(entry.given.forward, ON), expected)
            entry.isOnBound ||= expected
          } else if ('bindPrevious' in one) {
            const expected = isLiving(entry) && !entry.isBackBound && (entry.previous === -1 || entry.previous === one.link)
            assert.equal(table.bindPrevious(entry.given.forward, one.link, BACK), expected)
            if (expected) {
              Object.assign(entry, { isBackBound: true, previous: one.link })
            }
          } else if ('refresh' in one) {
            const expected = isLiving(entry) && one.isForward && entry.isOnBound && entry.previous === one.link && entry.expiresAtMs > nowMs
            const label = one.isForward ? entry.given.forward : entry.given.back
            assert.equal(table.refresh(label, one.link, ANCHOR, 60, yes, nowMs) !== 'unknown', expected)
            entry.expiresAtMs = expected ? Math.min(300, nowMs + 60) : entry.expiresAtMs
          } else if ('remove' in one) {
            const expected = isLiving(entry) && one.link === (one.isForward ? entry.previous : entry.next)
            assert.equal(table.remove(one.isForward ? entry.given.forward : entry.given.back, one.link) !== undefined, expected)
            drop((other) => expected && other === entry)
          } else {
            assert.equal(table.release(entry.given.forward) !== undefined, drop((other) => other === entry) === 1)
          }
        }
        assert.equal(table.size, living.length)
        assert.equal(removed.length, ever.length - living.length)
        for (const entry of ever) {
          const { forward, back } = entry.given
          const lives = isLiving(entry) && entry.expiresAtMs > nowMs
          assert.equal(find(forward, entry.previous, nowMs) !== -1, lives && entry.isOnBound && entry.previous !== -1)
          assert.equal(find(back, entry.next, nowMs) !== -1, lives && entry.isBackBound)
        }
      }
    }), { numRuns: 300 })
  })

  it('writes labels where packets have them', () => {
    const { forward } = install()
    const [packet, expected] = [new Uint8Array(14), new Uint8Array(14)]
    table.slots.writeOut(forward.slot, packet, 6)
    writeLabel(expected, 0, ON)
    assert.deepEqual(packet, expected)
  })
})
