import assert from 'node:assert/strict'
import fc from 'fast-check'
import { WaitingPackets } from '../../src/link/waiting-packets.ts'
import { NUMBERED_BYTES, range, readNumbered, writeNumbered } from './queued-packets.ts'

const TIME_BYTES = 4
const TWO_BLOCKS_BYTES = 2 * 65_536

function put (waiting: WaitingPackets, number: number, length: number, droppable = false, nowMs = 0): void {
  const at = waiting.reserve(length, droppable, nowMs)
  writeNumbered(waiting.buffer, at, number, length, droppable)
}

function shift (waiting: WaitingPackets): number {
  const { headAt, headLength } = waiting
  const [{ number }] = readNumbered(waiting.headBuffer.subarray(headAt, headAt + headLength))
  waiting.shift()
  return number
}

function drain (waiting: WaitingPackets): number[] {
  const numbers: number[] = []
  while (waiting.packets > 0) {
    numbers.push(shift(waiting))
  }
  return numbers
}

describe('waiting packets', () => {
  it('come out in the order in which they went in', () => {
    const waiting = new WaitingPackets()
    range(0, 300).forEach((number) => { put(waiting, number, NUMBERED_BYTES + number * 3, number % 3 === 0) })
    assert.deepEqual(drain(waiting), range(0, 300))
    assert.deepEqual([waiting.bytes, waiting.packets, waiting.droppableBytes], [0, 0, 0])
  })

  it('know for how long they have waited, to a sixteenth of a millisecond and over the end of the counter', () => {
    const WRAP_MS = 2 ** 32 / 16
    const waiting = new WaitingPackets()
    put(waiting, 0, 100, false, WRAP_MS - 1)
    put(waiting, 1, 100, false, WRAP_MS + 1.5)
    assert.equal(waiting.headAgeMs(WRAP_MS + 2), 3)
    waiting.shift()
    assert.equal(waiting.headAgeMs(WRAP_MS + 2), 0.5)
  })

  it('lose the oldest droppable ones first, over several blocks, and as many as are asked for', () => {
    const waiting = new WaitingPackets()
    range(0, 200).forEach((number) => { put(waiting, number, 1_000, number >= 30) })
    assert.equal(waiting.dropDroppable(12_500), 13)
    assert.deepEqual(drain(waiting), [...range(0, 30), ...range(43, 200)])
  })

  it('lose those that are not droppable to nobody', () => {
    const waiting = new WaitingPackets()
    range(0, 10).forEach((number) => { put(waiting, number, 100, number === 3) })
    assert.equal(waiting.dropDroppable(250), 1)
    assert.deepEqual(drain(waiting), range(0, 10).filter((number) => number !== 3))
  })

  it('go on after all that waited was droppable and had to go', () => {
    const waiting = new WaitingPackets()
    put(waiting, 0, 1_000, true)
    assert.equal(waiting.dropDroppable(1), 1)
    assert.equal(waiting.bytes, 0)
    put(waiting, 1, 500)
    assert.deepEqual(drain(waiting), [1])
  })

  it('regression: hold no memory for packets that have gone, whatever is left between them', () => {
    const waiting = new WaitingPackets()
    for (let number = 0; number < 40_000; number++) {
      put(waiting, number, number % 50 === 0 ? 20 : 1_200, number % 50 !== 0)
      if (waiting.bytes > 2_000_000) {
        waiting.dropDroppable(125_000)
      }
    }
    const boundBytes = 2 * (waiting.bytes + TIME_BYTES * waiting.packets) + TWO_BLOCKS_BYTES
    assert.ok(waiting.heldBytes <= boundBytes, `holds ${waiting.heldBytes} for ${waiting.bytes}`)
    assert.deepEqual(drain(waiting).filter((number) => number % 50 === 0), range(0, 800).map((i) => i * 50))
  })

  it('keep order, counts and memory for any mix of packets', () => {
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ length: fc.oneof(fc.integer({ min: NUMBERED_BYTES, max: 200 }), fc.integer({ min: NUMBERED_BYTES, max: 16_384 })), droppable: fc.boolean() }) },
      { weight: 2, arbitrary: fc.constant('shift' as const) },
      { weight: 1, arbitrary: fc.nat(100_000) }
    )
    fc.assert(fc.property(fc.array(operation, { maxLength: 150 }), (operations) => {
      const waiting = new WaitingPackets()
      const out: number[] = []
      let number = 0
      let dropped = 0
      for (const operation of operations) {
        if (typeof operation === 'number') {
          dropped += waiting.dropDroppable(operation)
        } else if (operation !== 'shift') {
          put(waiting, number++, operation.length, operation.droppable)
        } else if (waiting.packets > 0) {
          out.push(shift(waiting))
        }
        assert.equal(out.length + dropped + waiting.packets, number)
        assert.ok(waiting.droppableBytes <= waiting.bytes)
        assert.ok(waiting.heldBytes <= 2 * (waiting.bytes + TIME_BYTES * waiting.packets) + TWO_BLOCKS_BYTES)
      }
      out.push(...drain(waiting))
      assert.deepEqual(out, [...out].sort((a, b) => a - b))
      assert.deepEqual([waiting.bytes, waiting.droppableBytes], [0, 0])
    }), { numRuns: 200 })
  })
})
