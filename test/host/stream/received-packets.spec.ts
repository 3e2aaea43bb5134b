import assert from 'node:assert/strict'
import { Ack } from '../../../protocols/stream/codec.ts'
import { MAX_ACK_DELAY_MS, MAX_ACK_RANGES } from '../../../protocols/stream/constants.ts'
import { ReceivedPackets } from '../../../src/host/stream/received-packets.ts'

function receiver (...numbers: number[]): ReceivedPackets {
  const received = new ReceivedPackets()
  for (const number of numbers) {
    received.add(number, 0, false, true, 100)
  }
  return received
}

function described (received: ReceivedPackets, nowMs = 100): { ranges: number[], marked: number, epoch: number, delayUs: number, receivedAtUs: number } {
  const ack = new Ack()
  received.describe(ack, nowMs)
  const { marked, epoch, delayUs, receivedAtUs } = ack
  return { ranges: [...ack.ranges.subarray(0, 2 * ack.rangeCount)], marked, epoch, delayUs, receivedAtUs }
}

describe('ReceivedPackets', () => {
  it('says what was received, the highest first', () => {
    assert.deepEqual(described(receiver(0, 1, 2, 6, 9, 8)).ranges, [8, 9, 6, 6, 0, 2])
  })

  it('knows what is new, and takes what it has forgotten for received', () => {
    const numbers = Array.from({ length: MAX_ACK_RANGES + 5 }, (_, i) => 2 * i)
    const received = receiver(...numbers)
    assert.equal(described(received).ranges.length, 2 * MAX_ACK_RANGES)
    assert.equal(received.isNew(numbers.at(-1) as number), false)
    assert.equal(received.isNew(numbers.at(-1) as number - 1), true)
    assert.equal(received.isNew(1), false)
    assert.equal(received.isNew(1_000), true)
  })

  it('acknowledges the second packet at once and a lone one within the promised time', () => {
    const received = receiver(0)
    received.acknowledged()
    received.add(1, 0, false, true, 200)
    assert.equal(received.dueMs, 200 + MAX_ACK_DELAY_MS)
    received.add(2, 0, false, true, 201)
    assert.equal(received.dueMs, 201)
    received.acknowledged()
    assert.equal(received.dueMs, Infinity)
  })

  it('does not acknowledge what only acknowledges', () => {
    const received = receiver(0)
    received.acknowledged()
    received.add(1, 0, false, false, 200)
    assert.equal(received.dueMs, Infinity)
    assert.deepEqual(described(received).ranges, [0, 1], 'but says so when it speaks')
  })

  const URGENT: Array<[string, [number, number, boolean]]> = [
    ['a gap', [2, 0, false]],
    ['a mark', [1, 0, true]],
    ['a new path', [1, 1, false]]
  ]
  for (const [what, [number, epoch, isMarked]] of URGENT) {
    it(`speaks at once about ${what}`, () => {
      const received = receiver(0)
      received.acknowledged()
      received.add(number, epoch, isMarked, true, 200)
      assert.equal(received.dueMs, 200)
    })
  }

  it('counts marks of the newest path only, whatever arrives late', () => {
    const received = receiver(0)
    received.add(1, 0, true, true, 100)
    received.add(2, 0, true, true, 100)
    assert.deepEqual([described(received).epoch, described(received).marked], [0, 2])
    received.add(4, 1, true, true, 100)
    received.add(3, 0, true, true, 100)
    assert.deepEqual([described(received).epoch, described(received).marked], [1, 1])
  })

  it('takes epoch 0 for newer than 255, and not the other way round', () => {
    const received = receiver()
    received.add(0, 255, true, true, 100)
    received.add(2, 0, true, true, 100)
    received.add(1, 255, true, true, 100)
    assert.deepEqual([described(received).epoch, described(received).marked], [0, 1])
  })

  it('tells when the latest packet came, and how long ago', () => {
    const received = receiver(0)
    received.add(5, 0, false, true, 5_000_000.25)
    received.add(3, 0, false, true, 5_000_001)
    const { delayUs, receivedAtUs } = described(received, 5_000_002)
    assert.deepEqual([delayUs, receivedAtUs], [1_750, 5_000_000_250 % 2 ** 32])
  })

  it('speaks again when its ack could not leave', () => {
    const received = receiver(0)
    received.acknowledged()
    received.repeat(300)
    assert.equal(received.dueMs, 300)
  })
})
