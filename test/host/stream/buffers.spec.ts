import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MAX_WAITING_PIECES, MAX_WAITING_PIECES_OF_ALL } from '../../../protocols/stream/constants.ts'
import { ReceiveBuffer } from '../../../src/host/stream/receive-buffer.ts'
import { ReceiveWindow } from '../../../src/host/stream/receive-window.ts'
import { SendBuffer } from '../../../src/host/stream/send-buffer.ts'

const content = (offset: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (offset + i) * 7 % 251)

function taken (buffer: SendBuffer, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length + 2)
  buffer.take(offset, length, bytes, 1)
  return bytes.slice(1, 1 + length)
}

describe('SendBuffer', () => {
  it('gives back any range of what was written, until it is acknowledged, in whatever pieces it was written', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 20 }), fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 }), (writes, reads) => {
      const buffer = new SendBuffer()
      let end = 0
      for (const length of writes) {
        buffer.write(content(end, length))
        end += length
      }
      let acknowledged = 0
      for (const [a, b] of reads) {
        const offset = acknowledged + a % (end - acknowledged + 1)
        const length = Math.min(end - offset, 1 + b % 2_000)
        assert.deepEqual(taken(buffer, offset, length), content(offset, length))
        if (b % 3 === 0) {
          buffer.acknowledge(acknowledged, offset - acknowledged)
          acknowledged = offset
          assert.equal(buffer.bufferedBytes, end - acknowledged)
        }
      }
    }))
  })

  it('keeps no reference to small writes', () => {
    const buffer = new SendBuffer()
    const bytes = Uint8Array.of(1, 2, 3)
    buffer.write(bytes)
    bytes.fill(0)
    assert.deepEqual(taken(buffer, 0, 3), Uint8Array.of(1, 2, 3))
  })

  it('wants to send again what was lost and not acknowledged meanwhile, lowest first', () => {
    const buffer = new SendBuffer()
    buffer.write(content(0, 5_000))
    taken(buffer, 0, 5_000)
    buffer.acknowledge(2_000, 1_000)
    buffer.lost(1_000, 3_000)
    assert.deepEqual([buffer.hasLost, buffer.lostOffset, buffer.lostBytes], [true, 1_000, 1_000])
    buffer.acknowledge(0, 1_500)
    assert.deepEqual([buffer.lostOffset, buffer.lostBytes], [1_500, 500])
    taken(buffer, 1_500, 500)
    assert.deepEqual([buffer.lostOffset, buffer.lostBytes], [3_000, 1_000])
    buffer.acknowledge(3_000, 2_000)
    assert.deepEqual([buffer.hasLost, buffer.isAcknowledged], [false, false])
    buffer.acknowledge(1_500, 500)
    assert.deepEqual([buffer.isAcknowledged, buffer.bufferedBytes], [true, 0])
  })

  it('does not send again what was acknowledged before it was taken for lost', () => {
    const buffer = new SendBuffer()
    buffer.write(content(0, 3_000))
    taken(buffer, 0, 3_000)
    buffer.acknowledge(0, 2_000)
    buffer.lost(500, 1_000)
    assert.equal(buffer.hasLost, false)
  })

  it('ends where it was sent to when it is given up', () => {
    const buffer = new SendBuffer()
    buffer.write(content(0, 3_000))
    taken(buffer, 0, 1_000)
    buffer.clear()
    assert.deepEqual([buffer.endOffset, buffer.nextOffset, buffer.bufferedBytes, buffer.unsentBytes], [1_000, 1_000, 0, 0])
  })
})

/** `ofOthers`: pieces that wait in other streams. */
function reader (ofOthers = 0): { buffer: ReceiveBuffer, bytes: () => Uint8Array } {
  const parts: Uint8Array[] = []
  return { buffer: new ReceiveBuffer((data) => { parts.push(data) }, { count: ofOthers }), bytes: () => new Uint8Array(Buffer.concat(parts)) }
}

describe('ReceiveBuffer', () => {
  it('hands out every byte once and in order, however pieces overlap, repeat and come', () => {
    const anyPieces = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 90 }), fc.boolean()), { maxLength: 60 })
    fc.assert(fc.property(anyPieces, fc.constantFrom(0, 1_000), (pieces, ofOthers) => {
      const { buffer, bytes } = reader(ofOthers)
      for (const [offset, length, pauses] of [...pieces, ...Array.from({ length: 10 }, (_, i): [number, number, boolean] => [50 * i, 50, false])]) {
        buffer[pauses ? 'pause' : 'resume']()
        assert.equal(buffer.receive(offset, content(offset, length)), true)
        assert.ok(buffer.heldBytes <= 500 * 2)
      }
      buffer.setFinal(500)
      assert.deepEqual(bytes(), content(0, 500))
      assert.deepEqual([buffer.isComplete, buffer.waitingPieces, buffer.highestOffset], [true, 0, 500])
    }))
  })

  it('hands out every byte once, in order and one piece after the other, when it is paused and resumed from within', () => {
    const anyPieces = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 90 })), { maxLength: 60 })
    fc.assert(fc.property(anyPieces, fc.array(fc.constantFrom('pauses', 'resumes', 'goes on'), { minLength: 1 }), (pieces, acts) => {
      const parts: Uint8Array[] = []
      let isInside = false
      const buffer = new ReceiveBuffer((data) => {
        assert.equal(isInside, false)
        isInside = true
        const act = acts[parts.push(data) % acts.length]
        if (act !== 'goes on') {
          buffer.pause()
        }
        if (act === 'resumes') {
          buffer.resume()
        }
        isInside = false
      })
      for (const [offset, length] of [...pieces, ...Array.from({ length: 10 }, (_, i) => [50 * i, 50])]) {
        assert.equal(buffer.receive(offset, content(offset, length)), true)
      }
      for (let resumes = 0; buffer.nextOffset < 500; resumes++) {
        assert.ok(resumes < 500, 'it gets on')
        buffer.resume()
      }
      assert.deepEqual(new Uint8Array(Buffer.concat(parts)), content(0, 500))
      assert.equal(buffer.waitingPieces, 0)
    }))
  })

  it('hands out what comes in order without a copy', () => {
    let got = new Uint8Array()
    const buffer = new ReceiveBuffer((data) => { got = data as Uint8Array<ArrayBuffer> })
    const packet = content(0, 100)
    buffer.receive(0, packet.subarray(10))
    assert.equal(got.buffer, packet.buffer)
  })

  it('does not hold a packet for a few bytes that wait', () => {
    const { buffer } = reader()
    buffer.receive(10, new Uint8Array(10_000).subarray(0, 5))
    assert.equal(buffer.heldBytes, 5)
  })

  it('refuses another piece when there are too many, and takes what comes in order', () => {
    const { buffer, bytes } = reader()
    for (let i = 1; i <= MAX_WAITING_PIECES; i++) {
      assert.equal(buffer.receive(2 * i, content(2 * i, 1)), true)
    }
    assert.equal(buffer.receive(100_000, content(0, 1)), false)
    assert.equal(buffer.highestOffset, 2 * MAX_WAITING_PIECES + 1, 'and does not count it')
    assert.equal(buffer.receive(0, content(0, 2)), true)
    assert.equal(bytes().length, 3)
  })

  it('regression: takes all that flow control allows from small packets while the reader has paused, as few pieces', () => {
    const { buffer, bytes } = reader()
    buffer.pause()
    const END = 1_000_000
    for (let offset = 0; offset < END; offset += 100) {
      assert.equal(buffer.receive(offset, content(offset, 100)), true)
    }
    assert.ok(buffer.waitingPieces < 700, `${buffer.waitingPieces} pieces`)
    assert.ok(buffer.heldBytes <= 2 * END)
    buffer.resume()
    assert.deepEqual(bytes(), content(0, END))
  })

  it('joins small pieces in memory of its own where many wait', () => {
    const { buffer, bytes } = reader(1_000)
    const packet = content(10, 100)
    buffer.receive(10, packet.subarray(0, 60))
    buffer.receive(70, new Uint8Array(40).fill(1))
    assert.equal(buffer.waitingPieces, 1)
    assert.deepEqual(packet, content(10, 100))
    buffer.receive(0, content(0, 10))
    buffer.receive(120, content(120, 10))
    buffer.receive(110, content(110, 10))
    assert.deepEqual(bytes(), Uint8Array.of(...content(0, 70), ...new Uint8Array(40).fill(1), ...content(110, 20)))
  })

  it('adds one piece at most for what fills many gaps', () => {
    const { buffer } = reader()
    for (let i = 1; i < MAX_WAITING_PIECES; i++) {
      buffer.receive(2 * i, content(2 * i, 1))
    }
    buffer.receive(1, content(1, 2 * MAX_WAITING_PIECES))
    assert.ok(buffer.waitingPieces <= MAX_WAITING_PIECES, `${buffer.waitingPieces} pieces`)
  })

  it('bounds the pieces of all that share a count, and has room again when some were handed out or given up', () => {
    const ofAll = { count: 0 }
    const buffers = Array.from({ length: 3 }, () => new ReceiveBuffer(() => {}, ofAll))
    for (const buffer of buffers) {
      for (let i = 1; i <= MAX_WAITING_PIECES; i++) {
        buffer.receive(2 * i, content(2 * i, 1))
      }
    }
    const counts = (): number[] => buffers.map(({ waitingPieces }) => waitingPieces)
    assert.deepEqual([counts(), ofAll.count], [[MAX_WAITING_PIECES, MAX_WAITING_PIECES, 0], MAX_WAITING_PIECES_OF_ALL])
    assert.equal(buffers[2].receive(2, content(2, 1)), false)
    buffers[0].receive(0, content(0, 101))
    assert.equal(ofAll.count, MAX_WAITING_PIECES_OF_ALL - 50)
    assert.equal(buffers[2].receive(2, content(2, 1)), true)
    buffers[0].discard()
    buffers[1].receive(0, content(0, 2 * MAX_WAITING_PIECES + 1))
    assert.deepEqual([counts(), ofAll.count], [[0, 0, 1], 1])
  })

  it('keeps nothing that was handed out as part of something else, though the reader has paused', () => {
    const ofAll = { count: 0 }
    const buffer = new ReceiveBuffer(() => { buffer.pause() }, ofAll)
    buffer.receive(10, content(10, 10))
    buffer.receive(0, content(0, 20))
    assert.deepEqual([buffer.waitingPieces, ofAll.count], [0, 0])
  })

  const FINAL_SIZES: Array<[string, (buffer: ReceiveBuffer) => void]> = [
    ['an end below what came', (buffer) => { buffer.setFinal(99) }],
    ['another end', (buffer) => {
      buffer.setFinal(200)
      buffer.setFinal(201)
    }],
    ['bytes beyond the end', (buffer) => {
      buffer.setFinal(100)
      buffer.receive(100, content(100, 1))
    }]
  ]
  for (const [what, breach] of FINAL_SIZES) {
    it(`refuses ${what}`, () => {
      const { buffer } = reader()
      buffer.receive(0, content(0, 100))
      assert.throws(() => { breach(buffer) }, { name: 'StreamViolationError', violation: 'final-size' })
    })
  }

  it('counts what it discards once', () => {
    const { buffer, bytes } = reader()
    buffer.receive(0, content(0, 10))
    buffer.receive(20, content(20, 10))
    assert.equal(buffer.discard(), 20)
    buffer.receive(30, content(30, 5))
    assert.equal(buffer.discard(), 5)
    assert.deepEqual([bytes().length, buffer.waitingPieces], [10, 0])
  })
})

describe('ReceiveWindow', () => {
  it('is raised when half of it is used', () => {
    const window = new ReceiveWindow(1_000, 8_000)
    assert.equal(window.consume(499, 0, 10), false)
    assert.equal(window.consume(1, 0, 10), true)
    assert.equal(window.limit, 1_500)
  })

  it('doubles while it is used up within two round trips, up to its bound', () => {
    const window = new ReceiveWindow(1_000, 3_000)
    window.consume(500, 0, 10)
    window.consume(500, 19, 10)
    assert.equal(window.limit, 1_000 + 2_000)
    window.consume(1_000, 30, 10)
    assert.equal(window.limit, 2_000 + 3_000)
    window.consume(1_500, 60, 10)
    assert.equal(window.limit, 3_500 + 3_000)
  })

  it('stays as it is when the application is slow', () => {
    const window = new ReceiveWindow(1_000, 8_000)
    window.consume(500, 0, 10)
    window.consume(500, 21, 10)
    assert.equal(window.limit, 2_000)
  })
})
