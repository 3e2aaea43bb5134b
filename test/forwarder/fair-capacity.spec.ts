import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FairCapacity, Verdict } from '../../src/forwarder/fair-capacity.ts'

const CAPACITY = 10_000_000
const PACKET_BYTES = 1_000

interface Offer {
  account: number
  source?: number
  bytesPerSecond: number
  packetBytes?: number
}

interface Outcome {
  /** Of the rate that was offered, or of the capacity. */
  passedBytesPerSecond: number
  refusedShare: number
  markedShare: number
}

/** Everybody offers its rate evenly, in chunks of a millisecond; counted is what comes after the first two seconds. */
function offer (offers: readonly Offer[], { seconds = 10, capacity = CAPACITY }: { seconds?: number, capacity?: number } = {}): Outcome[] {
  const fair = new FairCapacity({ bytesPerSecond: capacity, nowMs: 0 })
  const sent = offers.map(() => ({ owed: 0, offered: 0, passed: 0, refused: 0, marked: 0 }))
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs++) {
    offers.forEach(({ account, source = account, bytesPerSecond, packetBytes = PACKET_BYTES }, index) => {
      const of = sent[index]
      for (of.owed += bytesPerSecond / 1_000; of.owed >= packetBytes; of.owed -= packetBytes) {
        const verdict = fair.take(account, source, packetBytes, nowMs)
        if (nowMs >= 2_000) {
          of.offered += packetBytes
          of.passed += verdict === Verdict.refuse ? 0 : packetBytes
          of.refused += verdict === Verdict.refuse ? packetBytes : 0
          of.marked += verdict === Verdict.mark ? packetBytes : 0
        }
      }
    })
  }
  return sent.map(({ offered, passed, refused, marked }) => ({
    passedBytesPerSecond: passed / (seconds - 2), refusedShare: refused / offered, markedShare: marked / offered
  }))
}

const near = (actual: number, expected: number, share = 0.05): void => {
  assert.ok(Math.abs(actual / expected - 1) <= share, `${actual} for ${expected}`)
}

describe('fair capacity', () => {
  it('lets all pass while there is enough, and looks at no shares', () => {
    const fair = new FairCapacity({ bytesPerSecond: CAPACITY, nowMs: 0 })
    for (let nowMs = 0; nowMs < 1_000; nowMs++) {
      assert.equal(fair.take(nowMs % 7, nowMs % 5, 9_000, nowMs), Verdict.pass)
    }
    assert.equal(fair.size, 0)
  })

  it('lets pass what the capacity is, of one who offers twice as much', () => {
    const [one] = offer([{ account: 1, bytesPerSecond: 2 * CAPACITY }])
    near(one.passedBytesPerSecond, CAPACITY, 0.02)
    assert.ok(one.markedShare > 0.3, 'most of what passes is marked')
  })

  it('gives two who offer too much the same, whatever they offer', () => {
    const [greedy, moderate] = offer([{ account: 1, bytesPerSecond: 5 * CAPACITY }, { account: 2, bytesPerSecond: 0.6 * CAPACITY }])
    near(greedy.passedBytesPerSecond, CAPACITY / 2)
    near(moderate.passedBytesPerSecond, CAPACITY / 2)
  })

  it('takes nothing of who stays under its share, and marks nothing of it', () => {
    const [, small, smaller] = offer([
      { account: 1, bytesPerSecond: 3 * CAPACITY }, { account: 2, bytesPerSecond: 0.3 * CAPACITY }, { account: 3, bytesPerSecond: 0.01 * CAPACITY, packetBytes: 16_384 }
    ])
    assert.deepEqual([small.refusedShare, small.markedShare, smaller.refusedShare, smaller.markedShare], [0, 0, 0, 0])
  })

  it('gives what one does not need to the others', () => {
    const [one, two, three] = offer([
      { account: 1, bytesPerSecond: 2 * CAPACITY }, { account: 2, bytesPerSecond: CAPACITY }, { account: 3, bytesPerSecond: 0.1 * CAPACITY }
    ])
    near(one.passedBytesPerSecond, 0.45 * CAPACITY)
    near(two.passedBytesPerSecond, 0.45 * CAPACITY)
    assert.equal(three.refusedShare, 0)
  })

  it('gives an account no more for coming from many neighbours, and its neighbours the same', () => {
    const outcomes = offer([
      ...[1, 2, 3, 4].map((source) => ({ account: 1, source, bytesPerSecond: CAPACITY })),
      { account: 2, source: 1, bytesPerSecond: 2 * CAPACITY }
    ])
    near(outcomes.slice(0, 4).reduce((sum, { passedBytesPerSecond }) => sum + passedBytesPerSecond, 0), CAPACITY / 2)
    near(outcomes[4].passedBytesPerSecond, CAPACITY / 2)
    outcomes.slice(0, 4).forEach(({ passedBytesPerSecond }) => { near(passedBytesPerSecond, CAPACITY / 8) })
  })

  it('keeps a neighbour of a greedy account whole, if it stays under its share of that', () => {
    const [, modest] = offer([
      { account: 1, source: 1, bytesPerSecond: 3 * CAPACITY }, { account: 1, source: 2, bytesPerSecond: 0.2 * CAPACITY }, { account: 2, source: 3, bytesPerSecond: CAPACITY }
    ])
    assert.equal(modest.refusedShare, 0)
  })

  it('keeps credit back from who wants more than its share, so that it sends hardly more than it gets', () => {
    const fair = new FairCapacity({ bytesPerSecond: CAPACITY, nowMs: 0 })
    const WINDOW_BYTES = 65_536
    const inFlight: Array<{ untilMs: number, bytes: number }> = []
    let inFlightBytes = 0
    const count = { offered: 0, refused: 0, others: 0 }
    for (let nowMs = 0; nowMs < 10_000; nowMs++) {
      for (; inFlight.length > 0 && inFlight[0].untilMs <= nowMs; inFlight.shift()) {
        inFlightBytes -= inFlight[0].bytes
      }
      for (let sent = 0; inFlightBytes + PACKET_BYTES <= WINDOW_BYTES && sent < 30; sent++) {
        const verdict = fair.take(1, 1, PACKET_BYTES, nowMs)
        inFlight.push({ untilMs: nowMs + 1 + fair.creditDelayMs, bytes: PACKET_BYTES })
        inFlightBytes += PACKET_BYTES
        count.offered += nowMs >= 1_000 ? 1 : 0
        count.refused += nowMs >= 1_000 && verdict === Verdict.refuse ? 1 : 0
      }
      fair.take(2, 2, 2 * PACKET_BYTES, nowMs)
      count.others += fair.creditDelayMs
    }
    near((count.offered - count.refused) * PACKET_BYTES / 9, CAPACITY - 2_000_000)
    assert.ok(count.refused / count.offered < 0.1, `${count.refused} of ${count.offered} refused`)
    assert.equal(count.others, 0, 'who stays under its share is never slowed')
  })

  it('forgets who is gone, and holds no more than so many', () => {
    const fair = new FairCapacity({ bytesPerSecond: 1_000, nowMs: 0 })
    for (let source = 0; source < 5_000; source++) {
      fair.take(source % 3, source, 100, 1)
    }
    assert.ok(fair.size <= 1_025, `${fair.size}`)
    fair.take(1, 1, 50_000, 5_000)
    fair.take(1, 1, 50_000, 5_000)
    // the one that asks, and the place that those beyond share
    assert.ok(fair.size <= 2, `${fair.size}`)
  })

  it('regression: forgets those of the last short time though the capacity is not short again, and treats who comes back as new', () => {
    const fair = new FairCapacity({ bytesPerSecond: 1_000, nowMs: 0 })
    while (fair.take(1, 1, 1_000, 1) !== Verdict.refuse) {}
    assert.equal(fair.size, 1)
    fair.expire(500)
    assert.equal(fair.size, 1)
    fair.expire(1_002)
    assert.equal(fair.size, 0)
    fair.take(1, 1, 30_000, 1_003)
    assert.equal(fair.size, 1)
  })

  it('never lets more pass than a burst and its rate, whoever sends what and when', () => {
    const packet = fc.record({ account: fc.nat(5), source: fc.nat(5), bytes: fc.integer({ min: 1, max: 16_384 }), afterMs: fc.nat(5) })
    fc.assert(fc.property(fc.array(packet, { maxLength: 500 }), fc.integer({ min: 1_000, max: 10_000_000 }), (packets, bytesPerSecond) => {
      const fair = new FairCapacity({ bytesPerSecond, nowMs: 0 })
      let nowMs = 0
      let passed = 0
      for (const { account, source, bytes, afterMs } of packets) {
        nowMs += afterMs
        passed += fair.take(account, source, bytes, nowMs) === Verdict.refuse ? 0 : bytes
        assert.ok(passed <= Math.max(65_536, bytesPerSecond / 4) + bytesPerSecond * nowMs / 1_000 + 1)
      }
    }))
  })
})
