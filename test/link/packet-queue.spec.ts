import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Flag } from '../../protocols/forward/constants.ts'
import { MAX_BATCH_BYTES, PacketQueue } from '../../src/link/packet-queue.ts'

const HEADER_BYTES = 10

/** Puts a packet that carries a number. Returns whether there was room. */
function put (queue: PacketQueue, number: number, length: number, droppable: boolean): boolean {
  const at = queue.reserve(length, droppable)
  if (at < 0) {
    return false
  }
  const view = new DataView(queue.buffer.buffer, queue.buffer.byteOffset + at, length)
  view.setUint16(0, length)
  view.setUint8(3, droppable ? Flag.droppable : 0)
  view.setUint32(6, number)
  return true
}

/** Numbers of the packets of a batch. */
function numbersIn (batch: Uint8Array): number[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
  const numbers: number[] = []
  for (let at = 0; at < batch.length; at += view.getUint16(at)) {
    numbers.push(view.getUint32(at + 6))
  }
  return numbers
}

function drain (queue: PacketQueue): number[] {
  const numbers: number[] = []
  while (queue.headBytes > 0) {
    numbers.push(...numbersIn(queue.shift()))
  }
  return numbers
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

describe('packet queue', () => {
  it('gives packets back in order, in batches no longer than a message', () => {
    const queue = new PacketQueue(1_000_000)
    for (const number of range(0, 300)) {
      assert.ok(put(queue, number, HEADER_BYTES + number * 3, number % 3 === 0))
    }
    const batches: Uint8Array[] = []
    while (queue.headBytes > 0) {
      batches.push(queue.shift())
    }
    assert.deepEqual(batches.flatMap(numbersIn), range(0, 300))
    assert.equal(batches.length, 3)
    assert.ok(batches.slice(0, -1).every(({ length }) => length <= MAX_BATCH_BYTES && length > MAX_BATCH_BYTES - 1_000))
    assert.equal(queue.queuedBytes, 0)
  })

  it('keeps what is in a batch when it grows', () => {
    const queue = new PacketQueue(1_000_000)
    range(0, 60).forEach((number) => put(queue, number, 1_000, false))
    assert.equal(queue.headBytes, 60_000)
    assert.equal(queue.headPackets, 60)
    assert.deepEqual(numbersIn(queue.shift()), range(0, 60))
  })

  it('refuses a new packet when it is full and nothing in it may go', () => {
    const queue = new PacketQueue(1_000)
    range(0, 10).forEach((number) => { assert.ok(put(queue, number, 100, false)) })
    assert.equal(put(queue, 10, 100, true), false)
    assert.equal(put(queue, 11, 100, false), false)
    assert.equal(queue.droppedPackets, 2)
    assert.deepEqual(drain(queue), range(0, 10))
  })

  it('lets the oldest droppable packets go for a new one', () => {
    const queue = new PacketQueue(1_000)
    range(0, 10).forEach((number) => { put(queue, number, 100, number % 2 === 1) })
    assert.ok(put(queue, 10, 150, false))
    assert.equal(queue.droppedPackets, 2)
    assert.deepEqual(drain(queue), [0, 2, 4, 5, 6, 7, 8, 9, 10])
  })

  it('takes the oldest over several batches', () => {
    const queue = new PacketQueue(200_000)
    range(0, 200).forEach((number) => { put(queue, number, 1_000, number >= 30) })
    assert.ok(put(queue, 200, 1_000, false))
    const dropped = queue.droppedPackets
    assert.equal(dropped, 13, 'a sixteenth at once')
    assert.deepEqual(drain(queue), [...range(0, 30), ...range(30 + dropped, 201)])
  })

  it('regression: drops nothing when that would not make room enough', () => {
    const queue = new PacketQueue(1_000)
    range(0, 10).forEach((number) => { put(queue, number, 100, number === 3) })
    assert.equal(put(queue, 10, 250, false), false)
    assert.equal(queue.droppedPackets, 1)
    assert.deepEqual(drain(queue), range(0, 10))
  })

  it('goes on after all that it held was droppable and had to go', () => {
    const queue = new PacketQueue(1_000)
    assert.ok(put(queue, 0, 1_000, true))
    assert.ok(put(queue, 1, 1_000, false))
    assert.deepEqual(drain(queue), [1])
    assert.equal(queue.droppedPackets, 1)
    assert.ok(put(queue, 2, 500, false))
    assert.deepEqual(drain(queue), [2])
  })

  it('never takes a packet larger than itself', () => {
    const queue = new PacketQueue(100)
    assert.equal(put(queue, 0, 101, true), false)
    assert.equal(queue.queuedBytes, 0)
  })

  it('counts what it is told to forget', () => {
    const queue = new PacketQueue(100_000)
    range(0, 90).forEach((number) => { put(queue, number, 1_000, false) })
    queue.clear()
    assert.deepEqual([queue.droppedPackets, queue.queuedBytes, queue.headBytes], [90, 0, 0])
    assert.ok(put(queue, 1, 1_000, true))
    assert.deepEqual(drain(queue), [1])
  })

  it('regression: holds no memory for packets that have gone, whatever is left between them', () => {
    const queue = new PacketQueue(2_000_000)
    for (let number = 0; number < 40_000; number++) {
      put(queue, number, number % 50 === 0 ? 20 : 1_200, number % 50 !== 0)
    }
    assert.ok(queue.queuedBytes <= 2_000_000)
    assert.ok(queue.heldBytes <= 2 * queue.queuedBytes + 2 * MAX_BATCH_BYTES, `holds ${queue.heldBytes} for ${queue.queuedBytes}`)
    const kept = drain(queue)
    assert.deepEqual(kept.filter((number) => number % 50 === 0), range(0, 800).map((i) => i * 50))
  })

  it('keeps order, bound and counts for any mix of packets', () => {
    const operation = fc.oneof(
      { weight: 9, arbitrary: fc.record({ length: fc.oneof(fc.integer({ min: HEADER_BYTES, max: 200 }), fc.integer({ min: HEADER_BYTES, max: 16_384 })), droppable: fc.boolean() }) },
      { weight: 1, arbitrary: fc.constant(undefined) }
    )
    fc.assert(fc.property(fc.array(operation, { maxLength: 150 }), fc.integer({ min: 500, max: 200_000 }), (operations, maxBytes) => {
      const queue = new PacketQueue(maxBytes)
      const out: number[] = []
      let number = 0
      for (const operation of operations) {
        if (operation !== undefined) {
          put(queue, number++, operation.length, operation.droppable)
        } else if (queue.headBytes > 0) {
          const packets = queue.headPackets
          const numbers = numbersIn(queue.shift())
          assert.equal(numbers.length, packets)
          out.push(...numbers)
        }
        assert.ok(queue.queuedBytes <= maxBytes)
        assert.ok(queue.heldBytes <= 2 * queue.queuedBytes + 2 * MAX_BATCH_BYTES)
      }
      out.push(...drain(queue))
      assert.deepEqual(out, [...out].sort((a, b) => a - b))
      assert.equal(out.length + queue.droppedPackets, number)
      assert.equal(queue.queuedBytes, 0)
    }), { numRuns: 100 })
  })
})
