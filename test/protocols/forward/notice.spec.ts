import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DEFAULT_TTL, Flag, Kind, MAX_ROUTE_ENTRIES, NoticeCode } from '../../../protocols/forward/constants.ts'
import { decodeNotice, encodeNotice, noticeName } from '../../../protocols/forward/notice.ts'
import { ARRIVED, At, acceptSourceRoute, entryAt, nextHop } from '../../../protocols/forward/source-route.ts'
import { NOW_S, embedded, hex, nodesOf, packetOf, routeOf, sentOn } from './samples.ts'

const CODES = Object.values(NoticeCode)

/** The packet as it stands at an entry, walking forwards. */
function packetAt (hopIndex: number, count: number, payload: Uint8Array, flags = 0): Uint8Array {
  const packet = packetOf(routeOf(nodesOf(count)), payload, flags)
  packet[At.hopIndex] = hopIndex
  return packet
}

const places = fc.integer({ min: 2, max: MAX_ROUTE_ENTRIES }).chain((count) => fc.record({
  count: fc.constant(count),
  hopIndex: fc.integer({ min: 1, max: count - 1 }),
  payload: fc.uint8Array({ maxLength: 80 }),
  code: fc.constantFrom(...CODES)
}))

describe('notice', () => {
  it('is never larger than its cause, goes back to the source, and says who made it and of what', () => {
    fc.assert(fc.property(places, ({ count, hopIndex, payload, code }) => {
      const nodes = nodesOf(count)
      const cause = packetAt(hopIndex, count, payload, Flag.turnAround)
      const { buffer, at } = embedded(cause)
      let notice = encodeNotice(buffer, at, cause.length, code)
      assert.ok(notice !== undefined && notice.length <= cause.length)
      assert.equal(new DataView(notice.buffer).getUint16(0), notice.length)
      for (let index = hopIndex - 1; ; index--) {
        assert.equal(acceptSourceRoute(notice, 0, notice.length, nodes[index], nodes[index + 1], NOW_S), 0)
        const next = nextHop(notice, 0)
        if (next === ARRIVED) {
          assert.equal(index, 0)
          break
        }
        notice = sentOn(notice, next)
      }
      const read = decodeNotice(notice)
      assert.equal(read?.code, code)
      assert.equal(hex(read.reporter), hex(nodes[hopIndex]))
      assert.equal(hex(read.quote), hex(payload.subarray(0, 32)))
    }), { numRuns: 100 })
  })

  it('may be dropped, and has a TTL of its own', () => {
    const cause = packetAt(1, 3, Uint8Array.of(16))
    cause[At.ttl] = 0
    const notice = encodeNotice(cause, 0, cause.length, NoticeCode.ttlExceeded)
    assert.deepEqual([notice?.[At.flags], notice?.[At.ttl]], [Flag.backwards | Flag.droppable, DEFAULT_TTL])
  })

  const silent = [
    { title: 'a notice', kind: Kind.notice, flags: 0 },
    { title: 'a notice on its way', kind: Kind.notice, flags: Flag.backwards },
    { title: 'a packet that walks backwards', kind: Kind.sourceRouted, flags: Flag.backwards },
    { title: 'a packet of another kind', kind: Kind.labelled, flags: 0 }
  ]
  for (const { title, kind, flags } of silent) {
    it(`is never made about ${title}`, () => {
      const cause = packetAt(1, 4, new Uint8Array(100), flags)
      cause[At.kind] = kind
      for (const code of CODES) {
        assert.equal(encodeNotice(cause, 0, cause.length, code), undefined)
      }
    })
  }

  it('is not read when its code is of another version', () => {
    const cause = packetAt(1, 3, Uint8Array.of(3))
    const notice = encodeNotice(cause, 0, cause.length, NoticeCode.expired)
    assert.ok(notice !== undefined)
    for (const code of [0, 8, 255]) {
      notice[At.code] = code
      assert.equal(decodeNotice(notice), undefined)
    }
  })

  it('is copied out of Buffers, whose slice shares memory', () => {
    const cause = Buffer.from(packetAt(2, 4, new Uint8Array(40).fill(9)))
    const notice = Buffer.from(encodeNotice(cause, 0, cause.length, NoticeCode.badRoute) ?? [])
    const read = decodeNotice(notice)
    cause.fill(0)
    notice.fill(0)
    assert.equal(hex(read?.reporter ?? new Uint8Array()), hex(nodesOf(3)[2]))
    assert.equal(hex(read?.quote ?? new Uint8Array()), '09'.repeat(32))
  })

  it('has a name for people', () => {
    assert.equal(noticeName(NoticeCode.noSuchNeighbour), 'noSuchNeighbour')
    assert.equal(entryAt(0), At.list)
  })
})
