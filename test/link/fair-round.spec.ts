import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FairRound } from '../../src/link/fair-round.ts'
import { QueueCounters } from '../../src/link/queue-counters.ts'
import { NUMBERED_BYTES, range, readNumbered, writeNumbered } from './queued-packets.ts'
import type { Numbered } from './queued-packets.ts'

interface Scene { round: FairRound, counters: QueueCounters }

function makeRound (init: { maxBytes?: number, lateAfterMs?: number } = {}): Scene {
  const counters = new QueueCounters()
  return { round: new FairRound({ maxBytes: 1_000_000, lateAfterMs: Infinity, counters, ...init }), counters }
}

/** A packet whose number tells its account (thousands). */
function put (round: FairRound, account: number, source = 0, { number = account * 1_000, length = 1_000, droppable = false, nowMs = 0 } = {}): boolean {
  const at = round.reserve(length, droppable, account, source, nowMs)
  if (at >= 0) {
    writeNumbered(round.buffer, at, number, length, droppable)
  }
  return at >= 0
}

function take (round: FairRound, maxBytes = 65_000, nowMs = 0): Numbered[] {
  const batch = new Uint8Array(65_536)
  const { bytes, packets } = round.take(batch, maxBytes, nowMs)
  const taken = readNumbered(batch.subarray(0, bytes))
  assert.equal(taken.length, packets)
  assert.ok(bytes <= maxBytes)
  return taken
}

function drain (round: FairRound): number[] {
  const numbers: number[] = []
  while (round.bytes > 0) {
    numbers.push(...take(round).map(({ number }) => number))
  }
  return numbers
}

function bytesOf (packets: readonly Numbered[], account: number): number {
  return packets.filter(({ number }) => Math.floor(number / 1_000) === account).reduce((sum, { length }) => sum + length, 0)
}

describe('fair round', () => {
  it('gives one source back its packets in order', () => {
    const { round } = makeRound()
    range(0, 200).forEach((number) => put(round, 1, 0, { number, length: NUMBERED_BYTES + 7 * number }))
    assert.deepEqual(drain(round), range(0, 200))
  })

  it('gives two accounts the same bytes, whatever waits of them and however large their packets are', () => {
    const { round } = makeRound()
    range(0, 400).forEach(() => put(round, 1, 0, { length: 1_400 }))
    range(0, 300).forEach(() => put(round, 2, 0, { length: 200 }))
    range(0, 20).forEach(() => put(round, 3, 0, { length: 16_384 }))
    const taken = range(0, 2).flatMap(() => take(round, 60_000))
    const shares = [1, 2, 3].map((account) => bytesOf(taken, account))
    const spread = Math.max(...shares) - Math.min(...shares)
    assert.ok(spread <= 16_384 + 4_096, `${shares.join(', ')}`)
  })

  it('gives an account no more for having many sources', () => {
    const { round } = makeRound()
    for (const source of range(0, 10)) {
      range(0, 20).forEach(() => put(round, 1, source))
    }
    range(0, 200).forEach(() => put(round, 2))
    const taken = take(round, 60_000)
    assert.ok(Math.abs(bytesOf(taken, 1) - bytesOf(taken, 2)) <= 4_096)
  })

  it('gives the sources of an account the same', () => {
    const { round } = makeRound()
    range(0, 200).forEach(() => put(round, 1, 5, { number: 5_000 }))
    range(0, 50).forEach(() => put(round, 1, 6, { number: 6_000 }))
    const taken = take(round, 60_000)
    assert.ok(Math.abs(bytesOf(taken, 5) - bytesOf(taken, 6)) <= 4_096)
  })

  it('lets who sends little wait for no longer than a round', () => {
    const { round } = makeRound()
    for (const account of range(1, 11)) {
      range(0, 50).forEach(() => put(round, account))
    }
    put(round, 99, 0, { number: 99_000 })
    const position = drain(round).indexOf(99_000)
    assert.ok(position <= 10 * 4, `after ${position} packets`)
  })

  it('regression: gives no more to who always has one large packet waiting', () => {
    const { round } = makeRound()
    range(0, 500).forEach(() => put(round, 2))
    let large = 0
    let small = 0
    for (let turn = 0; turn < 150; turn++) {
      put(round, 1, 0, { length: 16_384 })
      const taken = take(round, 17_000)
      large += bytesOf(taken, 1)
      small += bytesOf(taken, 2)
      range(0, 20).forEach(() => put(round, 2))
    }
    assert.ok(large <= 1.1 * small + 16_384, `${large} against ${small}`)
  })

  describe('when it is full', () => {
    it('refuses who has most waiting, if nothing of that may go', () => {
      const { round, counters } = makeRound({ maxBytes: 10_000 })
      range(0, 10).forEach((number) => { assert.ok(put(round, 1, 0, { number })) })
      assert.equal(put(round, 1, 0, { number: 10 }), false)
      assert.deepEqual([counters.full, round.bytes], [1, 10_000])
      assert.deepEqual(drain(round), range(0, 10))
    })

    it('takes from who has most waiting to let another in: the droppable ones first', () => {
      const { round, counters } = makeRound({ maxBytes: 10_000 })
      range(0, 10).forEach((number) => put(round, 1, 0, { number, droppable: number === 4 }))
      assert.ok(put(round, 2, 0, { number: 100 }))
      assert.ok(put(round, 2, 0, { number: 101 }))
      assert.equal(counters.full, 2)
      assert.deepEqual(new Set(drain(round)), new Set([1, 2, 3, 5, 6, 7, 8, 9, 100, 101]))
    })

    it('drops many at once, since it is looked through for them', () => {
      const { round, counters } = makeRound({ maxBytes: 160_000 })
      range(0, 160).forEach((number) => put(round, 1, 0, { number, droppable: true }))
      put(round, 1, 0, { number: 160, droppable: true })
      assert.equal(counters.full, 10)
      assert.deepEqual(drain(round), range(10, 161))
    })

    it('regression: takes nothing from an account with less than its share, however many sources the others have', () => {
      const maxBytes = 2_500_000
      const { round } = makeRound({ maxBytes })
      range(0, 50).forEach((number) => put(round, 2, 7, { number, droppable: true }))
      for (let i = 0; i < 8_000; i++) {
        put(round, 0, 1_000 + i % 250, { number: 100_000, droppable: true })
      }
      assert.equal(round.bytesOf(2, 7), 50_000)
      assert.ok(round.bytes > 0.99 * maxBytes, `${round.bytes} wait`)
      assert.deepEqual(drain(round).filter((number) => number < 50), range(0, 50))
    })

    it('regression: takes no more of one source than it has beyond the others', () => {
      const { round } = makeRound({ maxBytes: 1_000_000 })
      for (let i = 0; i < 5_000; i++) {
        put(round, i % 2, Math.floor(i / 2) % 5, { droppable: true })
      }
      const bytes = range(0, 2).flatMap((account) => range(0, 5).map((source) => round.bytesOf(account, source)))
      assert.ok(Math.min(...bytes) >= 75_000 && Math.max(...bytes) <= 125_000, `${bytes.join(', ')}`)
    })

    it('never takes a packet larger than itself', () => {
      const { round } = makeRound({ maxBytes: 100 })
      assert.equal(put(round, 1, 0, { length: 101, droppable: true }), false)
      assert.equal(round.bytes, 0)
    })
  })

  it('marks what had to wait, and says how long that was', () => {
    const { round, counters } = makeRound()
    put(round, 1, 0, { nowMs: 0 })
    put(round, 1, 0, { nowMs: 7 })
    assert.deepEqual(take(round, 65_000, 8).map(({ isMarked }) => isMarked), [true, false])
    assert.equal(counters.marked, 1)
    assert.deepEqual([counters.waitsByBound['5'], counters.waitsByBound['10'], counters.waitsByBound['Infinity']], [1, 2, 2])
  })

  describe('where packets can be late', () => {
    const LATE_MS = 25

    it('drops what has waited for too long, of a source whose queue stands', () => {
      const { round, counters } = makeRound({ lateAfterMs: LATE_MS, maxBytes: 10_000_000 })
      let oldestMs = 0
      // 2,000 bytes come in each millisecond, and 1,000 leave
      for (let nowMs = 0; nowMs < 1_000; nowMs++) {
        range(0, 2).forEach(() => put(round, 1, 0, { number: nowMs, nowMs }))
        for (const { number } of take(round, 1_000, nowMs)) {
          oldestMs = nowMs > 200 ? Math.max(oldestMs, nowMs - number) : 0
        }
      }
      assert.ok(oldestMs <= LATE_MS, `${oldestMs} ms`)
      assert.ok(round.bytes <= 2 * 2_000 * LATE_MS)
      assert.ok(counters.late > 900)
    })

    it('regression: lets nobody\'s queue stand again where turns take many packets at once', () => {
      const { round } = makeRound({ lateAfterMs: LATE_MS / 2, maxBytes: 10_000_000 })
      let oldestMs = 0
      for (let nowMs = 0; nowMs < 10_000; nowMs++) {
        range(0, 3).forEach(() => put(round, 1, 0, { number: nowMs, nowMs }))
        if (nowMs % 10 === 0) {
          for (const { number } of take(round, 12_000, nowMs)) {
            oldestMs = nowMs > 400 ? Math.max(oldestMs, nowMs - number) : 0
          }
        }
      }
      assert.ok(oldestMs <= LATE_MS / 2, `${oldestMs} ms`)
    })

    it('regression: gives who sends more than its share no new start after each pause of its own', () => {
      const { round } = makeRound({ lateAfterMs: LATE_MS, maxBytes: 10_000_000 })
      let oldestMs = 0
      for (let nowMs = 0; nowMs < 3_000; nowMs++) {
        // 40 ms of each 200 without a packet
        if (nowMs % 200 >= 40) {
          range(0, 3).forEach(() => put(round, 1, 0, { number: nowMs, nowMs }))
        }
        for (const { number } of take(round, 1_000, nowMs)) {
          oldestMs = nowMs > 400 ? Math.max(oldestMs, nowMs - number) : 0
        }
      }
      assert.ok(oldestMs <= LATE_MS + 1, `${oldestMs} ms`)
    })

    it('takes nothing of who had to wait for others, or for a pause', () => {
      const { round, counters } = makeRound({ lateAfterMs: LATE_MS })
      for (let nowMs = 0; nowMs < 5_000; nowMs++) {
        if (nowMs % 2 === 0) {
          put(round, 1, 0, { nowMs })
        }
        // a pause of 60 ms in each second
        if (nowMs % 1_000 >= 60) {
          take(round, 1_500, nowMs)
        }
      }
      assert.equal(counters.dropped, 0)
    })

    it('regression: forgets an overload when there is nothing left of it, whatever pauses come then', () => {
      const { round, counters } = makeRound({ lateAfterMs: LATE_MS / 2, maxBytes: 10_000_000 })
      for (let nowMs = 0; nowMs < 1_000; nowMs++) {
        range(0, 3).forEach(() => put(round, 1, 0, { nowMs }))
        take(round, 1_000, nowMs)
      }
      assert.ok(counters.late > 0)
      while (round.bytes > 0) {
        take(round, 65_000, 1_000)
      }
      let before = 0
      for (let nowMs = 1_500; nowMs < 30_000; nowMs += 900) {
        range(0, 10).forEach(() => put(round, 1, 0, { nowMs }))
        // the process was busy for a while
        take(round, 65_000, nowMs + 30)
        before = nowMs < 3_000 ? counters.late : before
      }
      assert.equal(counters.late, before)
    })

    it('never drops the last packet of a source', () => {
      const { round, counters } = makeRound({ lateAfterMs: LATE_MS })
      for (let nowMs = 0; nowMs < 2_000; nowMs += 200) {
        put(round, 1, 0, { nowMs })
        assert.equal(take(round, 65_000, nowMs + 190).length, 1)
      }
      assert.equal(counters.late, 0)
    })
  })

  it('drops nothing for its age where that is not asked for', () => {
    const { round, counters } = makeRound()
    range(0, 5).forEach((number) => put(round, 1, 0, { number }))
    assert.equal(take(round, 65_000, 60_000).length, 5)
    assert.equal(counters.late, 0)
  })

  it('holds so many accounts and sources, and serves those beyond together', () => {
    const { round } = makeRound()
    for (const number of range(0, 2_000)) {
      put(round, number % 500, number, { number, length: 100 })
    }
    assert.ok(round.heldBytes < 1_000_000, `${round.heldBytes}`)
    assert.deepEqual(drain(round).sort((a, b) => a - b), range(0, 2_000))
  })

  it('keeps the order of each source, its bound and its counts for any mix', () => {
    const operation = fc.oneof(
      { weight: 8, arbitrary: fc.record({ account: fc.nat(3), source: fc.nat(2), length: fc.integer({ min: NUMBERED_BYTES, max: 16_384 }), droppable: fc.boolean() }) },
      { weight: 1, arbitrary: fc.integer({ min: 16_384, max: 65_000 }) }
    )
    fc.assert(fc.property(fc.array(operation, { maxLength: 200 }), fc.integer({ min: 20_000, max: 300_000 }), fc.boolean(), (operations, maxBytes, isLate) => {
      const { round, counters } = makeRound({ maxBytes, lateAfterMs: isLate ? 20 : Infinity })
      const last = new Map<number, number>()
      const sourceOf: number[] = []
      let number = 0
      let out = 0
      let nowMs = 0
      const takeSome = (bytes: number): void => {
        for (const packet of take(round, bytes, nowMs)) {
          assert.ok((last.get(sourceOf[packet.number]) ?? -1) < packet.number)
          last.set(sourceOf[packet.number], packet.number)
          out++
        }
      }
      for (const operation of operations) {
        nowMs++
        if (typeof operation === 'number') {
          takeSome(operation)
        } else {
          sourceOf.push(operation.account * 10 + operation.source)
          put(round, operation.account, operation.source, { number: number++, length: operation.length, droppable: operation.droppable, nowMs })
        }
        assert.ok(round.bytes <= maxBytes)
      }
      while (round.bytes > 0) {
        takeSome(65_000)
      }
      assert.equal(out + counters.dropped, number)
      assert.equal(counters.waitsByBound['Infinity'], out)
    }), { numRuns: 200 })
  })
})
