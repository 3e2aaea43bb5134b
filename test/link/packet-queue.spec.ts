import assert from 'node:assert/strict'
import { MAX_BATCH_BYTES, OWN, OWN_ECHO, PacketQueue } from '../../src/link/packet-queue.ts'
import { QueueCounters } from '../../src/link/queue-counters.ts'
import { NUMBERED_BYTES, range, readNumbered, writeNumbered } from './queued-packets.ts'

const PLENTY = 10_000_000

interface Put { length?: number, roomBytes?: number, account?: number, source?: number, droppable?: boolean }

/** Puts a packet that carries a number. Returns whether there was room. */
function put (queue: PacketQueue, number: number, { length = 1_000, roomBytes = PLENTY, account = OWN, source = OWN, droppable = false }: Put = {}): boolean {
  const at = queue.reserve(length, droppable, roomBytes, account, source)
  if (at >= 0) {
    writeNumbered(queue.buffer, at, number, length, droppable)
  }
  return at >= 0
}

function shift (queue: PacketQueue): number[] {
  const packets = queue.headPackets
  const numbers = readNumbered(queue.shift()).map(({ number }) => number)
  assert.equal(numbers.length, packets)
  return numbers
}

describe('packet queue', () => {
  it('puts what may leave at once straight into batches no longer than a message', () => {
    const queue = new PacketQueue({ maxBytes: 1_000, now: () => 0 })
    range(0, 300).forEach((number) => { assert.ok(put(queue, number, { length: NUMBERED_BYTES + number * 3 })) })
    assert.equal(queue.waitingBytes, 0)
    const batches: Uint8Array[] = []
    while (queue.headBytes > 0) {
      batches.push(queue.shift())
    }
    assert.deepEqual(batches.flatMap(readNumbered).map(({ number }) => number), range(0, 300))
    assert.equal(batches.length, 3)
    assert.ok(batches.slice(0, -1).every(({ length }) => length <= MAX_BATCH_BYTES && length > MAX_BATCH_BYTES - 1_000))
    assert.equal(queue.queuedBytes, 0)
  })

  it('keeps what is in a batch when it grows', () => {
    const queue = new PacketQueue({ maxBytes: 1_000, now: () => 0 })
    range(0, 60).forEach((number) => put(queue, number))
    assert.equal(queue.headBytes, 60_000)
    assert.deepEqual(shift(queue), range(0, 60))
  })

  it('lets what has no room wait, and all that comes after it', () => {
    const queue = new PacketQueue({ maxBytes: 100_000, now: () => 0 })
    range(0, 5).forEach((number) => put(queue, number, { roomBytes: 3_500 }))
    put(queue, 5)
    assert.deepEqual([queue.headBytes, queue.waitingBytes, queue.queuedBytes], [3_000, 3_000, 6_000])
    assert.deepEqual(shift(queue), [0, 1, 2])
    assert.ok(queue.fill(2_500))
    assert.deepEqual(shift(queue), [3, 4])
    assert.ok(queue.fill(2_500))
    assert.deepEqual(shift(queue), [5])
    assert.equal(queue.fill(2_500), false)
  })

  it('serves those who wait in turn', () => {
    const queue = new PacketQueue({ maxBytes: 100_000, now: () => 0 })
    range(0, 20).forEach((number) => put(queue, number, { roomBytes: 0, account: 1 }))
    range(100, 104).forEach((number) => put(queue, number, { roomBytes: 0, account: 2 }))
    queue.fill(12_000)
    assert.equal(shift(queue).filter((number) => number >= 100).length, 4)
  })

  it('lets an echo of the node go before what else of it waits', () => {
    const queue = new PacketQueue({ maxBytes: 100_000, now: () => 0 })
    range(0, 20).forEach((number) => put(queue, number, { roomBytes: 0 }))
    put(queue, 100, { roomBytes: 0, source: OWN_ECHO })
    queue.fill(5_000)
    assert.ok(shift(queue).includes(100))
    assert.equal(queue.waitingBytes, 16_000)
  })

  it('fills no batch beyond a message', () => {
    const queue = new PacketQueue({ maxBytes: 200_000, now: () => 0 })
    range(0, 150).forEach((number) => put(queue, number, { roomBytes: 0 }))
    queue.fill(PLENTY)
    assert.equal(queue.headBytes, 65_000)
  })

  it('fills no batch that would be empty', () => {
    const counters = new QueueCounters()
    let nowMs = 0
    const queue = new PacketQueue({ maxBytes: 200_000, lateAfterMs: 25, counters, now: () => nowMs })
    range(0, 2).forEach((number) => put(queue, number, { roomBytes: 0 }))
    assert.equal(queue.fill(500), false)
    nowMs = 1_000
    assert.equal(queue.fill(500), false)
    nowMs = 2_000
    assert.equal(queue.fill(500), false)
    assert.deepEqual([queue.headBytes, queue.waitingBytes, counters.late], [0, 1_000, 1])
  })

  it('writes into memory that was given back, and into none that was not', () => {
    const queue = new PacketQueue({ maxBytes: 1_000, now: () => 0 })
    const next = (): Uint8Array => {
      range(0, 60).forEach((number) => put(queue, number))
      return queue.shift()
    }
    const first = next()
    const second = next()
    assert.notEqual(second.buffer, first.buffer)
    queue.giveBack()
    assert.equal(next().buffer, second.buffer)
    assert.notEqual(next().buffer, second.buffer)
  })

  it('regression: holds no memory of a batch that has left, but what all queues share', () => {
    const spares: Uint8Array[] = []
    const queues = range(0, 100).map(() => new PacketQueue({ maxBytes: 1_000, spares, now: () => 0 }))
    const batches = queues.map((queue) => {
      range(0, 60).forEach((number) => put(queue, number))
      return queue.shift().buffer
    })
    queues.forEach((queue, i) => {
      if (i % 2 === 0) {
        queue.giveBack()
      } else {
        queue.keep()
        queue.giveBack()
      }
    })
    range(0, 60).forEach((number) => put(queues[77], number))
    assert.equal(queues[77].shift().buffer, batches[30], 'the memory that another gave back last')
    assert.deepEqual(spares.map(({ buffer }) => buffer), range(0, 15).map((i) => batches[2 * i]))
  })

  it('counts what it is told to forget', () => {
    const counters = new QueueCounters()
    const queue = new PacketQueue({ maxBytes: 100_000, counters, now: () => 0 })
    range(0, 90).forEach((number) => put(queue, number, { roomBytes: 20_000 }))
    queue.clear()
    assert.deepEqual([counters.down, queue.queuedBytes, queue.headBytes], [90, 0, 0])
    assert.ok(put(queue, 1))
    assert.deepEqual(shift(queue), [1])
  })
})
