import assert from 'node:assert/strict'
import { MAX_BYTES_PER_SECOND, RateSearch } from '../../src/measurement/rate-search.ts'
import { timeBurst } from '../../src/measurement/burst-timing.ts'
import type { BurstPacket, BurstTiming } from '../../src/measurement/burst-timing.ts'

const PACKET_BYTES = 1_250

/** A burst at this rate, back at that one; every `lostEach`th is lost. */
function burst (sent: number, back: number, { packets = 60, lostEach = Infinity } = {}): BurstPacket[] {
  return Array.from({ length: packets }, (_, i) => ({
    sentMs: 1_000 * i * PACKET_BYTES / sent,
    backMs: i % lostEach === lostEach - 1 ? undefined : 50 + 1_000 * i * PACKET_BYTES / back
  }))
}

describe('timing of a burst', () => {
  it('reads both rates', () => {
    const timing = timeBurst(burst(5e6, 2e6), PACKET_BYTES)
    assert.ok(Math.abs((timing?.sentBytesPerSecond ?? 0) - 5e6) < 1e3)
    assert.ok(Math.abs((timing?.backBytesPerSecond ?? 0) - 2e6) < 1e3)
    assert.ok(Math.abs((timing?.deliveredBytesPerSecond ?? 0) - 2e6) < 1e3)
  })

  it('counts what was lost in between as carried, but not as delivered', () => {
    const timing = timeBurst(burst(5e6, 2e6, { lostEach: 10 }), PACKET_BYTES)
    assert.ok(Math.abs((timing?.backBytesPerSecond ?? 0) - 2e6) < 1e5, `${timing?.backBytesPerSecond}`)
    assert.ok(Math.abs((timing?.deliveredBytesPerSecond ?? 0) - 1.8e6) < 1e5)
  })

  it('takes what came in one chunk for one moment', () => {
    const packets = burst(5e6, 2e6).map(({ sentMs, backMs = 0 }) => ({ sentMs, backMs: 10 * Math.ceil(backMs / 10) }))
    assert.ok(Math.abs((timeBurst(packets, PACKET_BYTES)?.backBytesPerSecond ?? 0) - 2e6) < 2e5)
  })

  it('regression: reads the rate of the way from packets of which each is read at another time, though they came in few chunks', () => {
    const all = burst(12.5e6, 2e6, { packets: 24 })
    // six in each, which is there when the last of them is
    const packets = all.map(({ sentMs }, i) => ({ sentMs, backMs: (all[i - i % 6 + 5].backMs ?? 0) + 0.01 * (i % 6) }))
    assert.ok(Math.abs((timeBurst(packets, PACKET_BYTES)?.backBytesPerSecond ?? 0) / 2e6 - 1) < 0.1, `${timeBurst(packets, PACKET_BYTES)?.backBytesPerSecond}`)
  })

  it('regression: takes neither a late last packet nor a pause near the end for a slower way', () => {
    const late = burst(5e6, 2e6).map(({ sentMs, backMs = 0 }, i) => ({ sentMs, backMs: i === 59 ? backMs + 15 : backMs }))
    const held = burst(5e6, 2e6).map(({ sentMs, backMs = 0 }, i) => ({ sentMs, backMs: i >= 50 ? backMs + 40 : backMs }))
    for (const packets of [late, held]) {
      assert.ok(Math.abs((timeBurst(packets, PACKET_BYTES)?.backBytesPerSecond ?? 0) / 2e6 - 1) < 0.1, `${timeBurst(packets, PACKET_BYTES)?.backBytesPerSecond}`)
    }
  })

  it('reads nothing from few packets, or from half of them', () => {
    assert.equal(timeBurst(burst(5e6, 2e6, { packets: 5 }), PACKET_BYTES), undefined)
    assert.equal(timeBurst(burst(5e6, 2e6).map(({ sentMs, backMs }, i) => ({ sentMs, backMs: i % 3 === 0 ? backMs : undefined })), PACKET_BYTES), undefined)
  })
})

describe('search of the available bandwidth', () => {
  /** A way of this capacity with others' traffic in a queue that takes all in turn. */
  function way (capacity: number, others = 0): (sent: number) => BurstTiming {
    return (sent) => {
      const back = sent + others <= capacity ? sent : sent * capacity / (sent + others)
      return { sentBytesPerSecond: sent, backBytesPerSecond: back, deliveredBytesPerSecond: back, isMarked: false }
    }
  }

  function run (search: RateSearch, through: (sent: number) => BurstTiming | undefined): { bytes: number, bursts: number } {
    let bytes = 0
    let bursts = 0
    for (; !search.isDone; bursts++) {
      bytes += search.plan.bytes
      search.take(through(search.plan.bytesPerSecond))
    }
    return { bytes, bursts }
  }

  for (const capacity of [50_000, 400_000, 2e6, 9e6]) {
    it(`finds ${capacity} bytes per second within 3 %, with at most three bursts`, () => {
      const search = new RateSearch()
      assert.ok(run(search, way(capacity)).bursts <= 3)
      assert.ok(Math.abs((search.found?.bytesPerSecond ?? 0) / capacity - 1) < 0.03, `${search.found?.bytesPerSecond}`)
      assert.equal(search.found?.isFloor, false)
    })
  }

  for (const { share, within } of [{ share: 0.2, within: 0.1 }, { share: 0.5, within: 0.15 }, { share: 0.7, within: 0.25 }]) {
    it(`finds what others leave of a way of which they take ${100 * share} %, within ${100 * within} %`, () => {
      const search = new RateSearch()
      run(search, way(4e6, share * 4e6))
      assert.ok(Math.abs((search.found?.bytesPerSecond ?? 0) / (4e6 * (1 - share)) - 1) < within, `${search.found?.bytesPerSecond}`)
    })
  }

  it('says that a way which takes the fastest burst carries that much at least', () => {
    const search = new RateSearch()
    run(search, way(1e9))
    assert.deepEqual(search.found, { bytesPerSecond: MAX_BYTES_PER_SECOND, isFloor: true })
  })

  it('finds a way that is as it was with two bursts, and one that has become faster', () => {
    const same = new RateSearch(2e6)
    assert.ok(run(same, way(2e6)).bursts <= 2)
    const faster = new RateSearch(2e6)
    run(faster, way(6e6))
    assert.ok(Math.abs((faster.found?.bytesPerSecond ?? 0) / 6e6 - 1) < 0.05, `${faster.found?.bytesPerSecond}`)
  })

  it('regression: is not misled by one burst that some pause has stretched', () => {
    const search = new RateSearch()
    let count = 0
    run(search, (sent) => way(count++ === 0 ? 3e5 : 5e6)(sent))
    assert.ok((search.found?.bytesPerSecond ?? 0) > 4e6, `${search.found?.bytesPerSecond}`)
  })

  it('regression: does not go down because pauses have held up bursts that were not sent too fast', () => {
    const search = new RateSearch(2e6)
    let count = 0
    // every other burst has lost a sixth of its time
    const { bursts } = run(search, (sent) => {
      const timing = way(2e6)(sent)
      return count++ % 2 === 0 ? timing : { ...timing, backBytesPerSecond: timing.backBytesPerSecond / 1.2 }
    })
    assert.ok((search.found?.bytesPerSecond ?? 0) > 1.9e6, `${search.found?.bytesPerSecond}`)
    assert.ok(bursts <= 3, `${bursts}`)
  })

  it('goes below what it got where a burst was marked', () => {
    const search = new RateSearch()
    search.take({ ...way(2e6)(12e6), isMarked: true })
    assert.ok(search.plan.bytesPerSecond < 2e6)
  })

  it('ends, and has found nothing, where nothing comes back', () => {
    const search = new RateSearch()
    assert.ok(run(search, () => undefined).bursts <= 8)
    assert.equal(search.found, undefined)
  })

  it('never plans a burst above 96 KB, nor one that takes longer than a quarter of a second when it passes', () => {
    for (const capacity of [20_000, 1e5, 1e6, 1e7, 1e8]) {
      const search = new RateSearch()
      run(search, (sent) => {
        assert.ok(search.plan.bytes <= 96_000)
        assert.ok(search.plan.bytes <= Math.max(24_000, 0.25 * sent))
        return way(capacity)(sent)
      })
    }
  })
})
