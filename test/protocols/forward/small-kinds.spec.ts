// Credits, probes, labels and identifiers: bytes that are not theirs, and ids in a table.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Kind, LINK_CONTROL_BYTES, NoticeCode } from '../../../protocols/forward/constants.ts'
import { encodeIdentified, readIdentified } from '../../../protocols/forward/identified.ts'
import { decodeLabelNotice, encodeLabelNotice, encodeLabelled, readLabel, writeLabel } from '../../../protocols/forward/labelled.ts'
import { decodeCredit, encodeCredit } from '../../../protocols/forward/link-control.ts'
import { NodeTable, copyOf } from '../../../protocols/forward/node-id.ts'
import { decodeProbe, encodeProbe } from '../../../protocols/forward/probe.ts'
import { embedded, hex, nodeOf, packetOf } from './samples.ts'

const uint32 = fc.nat(0xffffffff)

describe('credit', () => {
  it('comes back as it was sent, for every count that can be', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (consumed) => {
      const { buffer, at } = embedded(encodeCredit(consumed))
      assert.equal(decodeCredit(buffer, at, LINK_CONTROL_BYTES), consumed)
    }))
  })

  const others = [
    { title: 'of another kind', change: (frame: Uint8Array) => { frame[2] = Kind.labelled } },
    { title: 'that controls something else', change: (frame: Uint8Array) => { frame[5] = 2 } },
    { title: 'of more bytes than can be counted', change: (frame: Uint8Array) => { frame[6] = 0x80 } }
  ]
  for (const { title, change } of others) {
    it(`is not read from a frame ${title}`, () => {
      const frame = encodeCredit(1)
      change(frame)
      assert.equal(decodeCredit(frame, 0, frame.length), undefined)
    })
  }

  it('is not read from a frame of another length', () => {
    const frame = new Uint8Array(20)
    frame.set(encodeCredit(1))
    assert.equal(decodeCredit(frame, 0, 13), undefined)
    assert.equal(decodeCredit(frame, 0, 20), undefined)
  })
})

describe('probe', () => {
  it('comes back as it was sent, and nothing else is taken for one', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array({ maxLength: 11 }), (id, other) => {
      assert.equal(decodeProbe(embedded(encodeProbe(id), 3, 0).buffer.subarray(3)), id)
      assert.equal(decodeProbe(other), undefined)
    }))
  })
})

describe('label', () => {
  it('is written and read at any place', () => {
    fc.assert(fc.property(uint32, uint32, fc.nat(255), (slot, check, endpoint) => {
      const { buffer, at } = embedded(packetOf(encodeLabelled({ slot: 1, check: 2 })))
      writeLabel(buffer, at, { slot, check, endpoint })
      assert.deepEqual(readLabel(buffer, at, 17), { slot, check, endpoint })
      assert.equal(readLabel(buffer, at, 13), undefined)
    }))
  })

  it('has notices that are never larger than the packet, or none', () => {
    for (let payload = 0; payload < 60; payload++) {
      const packet = packetOf(encodeLabelled({ slot: 7, check: 9 }), new Uint8Array(payload).fill(4))
      const notice = encodeLabelNotice(packet, 0, packet.length, NoticeCode.unknownLabel)
      assert.equal(notice === undefined, payload < 6, `payload of ${payload}`)
      assert.ok((notice?.length ?? 0) <= packet.length)
    }
    assert.equal(encodeLabelNotice(encodeLabelled({ slot: 1, check: 1 }), 0, 6, NoticeCode.expired), undefined)
  })

  it('has no notices about notices', () => {
    const packet = packetOf(encodeLabelled({ slot: 7, check: 9 }), new Uint8Array(40))
    const notice = encodeLabelNotice(packet, 0, packet.length, NoticeCode.ttlExceeded) as Uint8Array
    assert.equal(encodeLabelNotice(notice, 0, notice.length, NoticeCode.ttlExceeded), undefined)
  })

  it('is not read from a notice of any bytes but its own', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 6, maxLength: 80 }), (packet) => {
      const read = decodeLabelNotice(packet, 0, packet.length)
      assert.ok(read === undefined || (packet[2] === Kind.notice && packet[6] === 0 && packet.length >= 20))
    }))
  })
})

describe('identifier of a group or delegate', () => {
  it('is read from packets of these kinds only, and as a copy', () => {
    const identifier = new Uint8Array(16).fill(7)
    const packet = packetOf(encodeIdentified({ kind: Kind.group, identifier }))
    const read = readIdentified(packet, 0, packet.length)
    packet.fill(0, 6)
    assert.equal(hex(read?.identifier ?? new Uint8Array()), hex(identifier))
    assert.equal(readIdentified(packet, 0, 21), undefined)
    packet[2] = Kind.sourceRouted
    assert.equal(readIdentified(packet, 0, packet.length), undefined)
  })
})

describe('node table', () => {
  it('finds nodes by the bytes in a packet, also those whose ids begin alike', () => {
    const operations = fc.array(fc.record({ number: fc.nat(20), remove: fc.boolean() }), { maxLength: 60 })
    fc.assert(fc.property(operations, (some) => {
      const table = new NodeTable<number>()
      const expected = new Map<number, number>()
      some.forEach(({ number, remove }, i) => {
        if (remove) {
          assert.equal(table.delete(nodeOf(number)), expected.delete(number))
        } else {
          table.set(nodeOf(number), i)
          expected.set(number, i)
        }
      })
      assert.equal(table.size, expected.size)
      for (let number = 0; number <= 20; number++) {
        const { buffer, at } = embedded(nodeOf(number))
        assert.equal(table.getAt(buffer, at), expected.get(number))
      }
    }))
  })

  it('copies out of Buffers, whose slice shares memory', () => {
    const buffer = Buffer.from([1, 2, 3, 4])
    const copy = copyOf(buffer, 1, 3)
    buffer.fill(0)
    assert.deepEqual(copy, Uint8Array.of(2, 3))
  })
})
