import assert from 'node:assert/strict'
import { EmulatedLine } from '../../src/simulation/emulated-line.ts'
import { VirtualLines } from '../../src/simulation/virtual-lines.ts'
import { VirtualTime } from '../../src/simulation/virtual-time.ts'
import { loseSome } from '../../src/simulation/lossy-link.ts'
import { randomFrom } from '../../scripts/bench/routes/random.ts'

describe('emulated line', () => {
  it('lets packets out at its rate, one after the other, and each as late as the line is long', () => {
    const line = new EmulatedLine({ delayMs: 10, bytesPerSecond: 100_000 })
    assert.deepEqual([line.put(1_000, 0), line.put(1_000, 0), line.put(500, 5), line.put(1_000, 100)], [20, 30, 35, 120])
  })

  it('drops what its buffer does not hold', () => {
    const line = new EmulatedLine({ bytesPerSecond: 100_000, bufferBytes: 2_500 })
    assert.deepEqual([line.put(1_000, 0), line.put(1_000, 0), line.put(1_000, 0), line.put(500, 0)], [10, 20, undefined, 25])
    assert.equal(line.dropped, 1)
    assert.equal(line.put(1_000, 10), 35)
  })

  it('loses the share that it is told to', () => {
    const line = new EmulatedLine({ loss: 0.1, random: randomFrom(1) })
    const out = Array.from({ length: 10_000 }, (_, i) => line.put(100, i)).filter((atMs) => atMs !== undefined).length
    assert.ok(Math.abs(out - 9_000) < 150, `${out}`)
    assert.equal(line.lost, 10_000 - out)
  })

  it('has others\' packets between ours: what comes at its rate comes out at what they leave of it, and more', () => {
    const line = new EmulatedLine({ bytesPerSecond: 1e6, cross: { bytesPerSecond: 0.5e6, packetBytes: 1_000 }, random: randomFrom(1), bufferBytes: 1e7 })
    const out = Array.from({ length: 1_000 }, (_, i) => line.put(1_000, 5_000 + i) ?? 0)
    const rate = 1_000 * 999_000 / (out[999] - out[0])
    assert.ok(Math.abs(rate / (1e6 / 1.5) - 1) < 0.05, `${rate}`)
  })

  it('carries packets over several lines in virtual time, and there and back', () => {
    const time = new VirtualTime()
    const lines = new VirtualLines(time)
    for (const [from, to] of ['ab', 'bc', 'cb', 'ba']) {
      lines.set(from, to, { delayMs: 5, bytesPerSecond: 1e6 })
    }
    const arrivals: number[] = []
    lines.send(['a', 'b', 'c', 'b', 'a'], 1_000, () => { arrivals.push(time.nowMs) })
    lines.send(['a', 'c'], 1_000, () => { arrivals.push(-1) })
    time.run(23)
    assert.deepEqual(arrivals, [])
    time.run(1)
    assert.deepEqual(arrivals, [24])
  })
})

describe('virtual time', () => {
  it('runs events when they are due, those of one moment in the order in which they were made, and not what was cancelled', () => {
    const time = new VirtualTime()
    const ran: string[] = []
    const note = (what: string) => (): void => { ran.push(`${what} ${time.nowMs}`) }
    time.after(20, note('late'))
    time.after(10, note('first'))
    time.at(10, note('second'))
    time.after(5, note('never'))()
    const stop = time.every(8, note('again'))
    time.after(17, () => { stop() })
    time.run(100)
    assert.deepEqual(ran, ['again 8', 'first 10', 'second 10', 'again 16', 'late 20'])
    assert.equal(time.nowMs, 100)
  })

  it('runs what events make, within the same time', () => {
    const time = new VirtualTime()
    let count = 0
    const next = (): void => {
      count++
      time.after(1, next)
    }
    next()
    time.run(1_000)
    assert.equal(count, 1_001)
  })
})

describe('lossy link', () => {
  it('has no room for the share of packets that it loses, and counts them as its queue would', () => {
    const link = { reserve: (length: number) => length, queueCounters: { full: 0 } }
    loseSome(link, 0.2, randomFrom(1))
    const lost = Array.from({ length: 5_000 }, () => link.reserve(7)).filter((at) => at === -1).length
    assert.ok(Math.abs(lost - 1_000) < 120, `${lost}`)
    assert.equal(link.queueCounters.full, lost)
    assert.ok([7, -1].includes(link.reserve(7)))
  })
})
