import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DEFAULT_TTL, Flag, Kind, MAX_ROUTE_ENTRIES, NoticeCode } from '../../../protocols/forward/constants.ts'
import { decodeNotice, encodeNotice, isNoticeAbout, noticeName } from '../../../protocols/forward/notice.ts'
import { ARRIVED, At, acceptSourceRoute, entryAt, nextHop } from '../../../protocols/forward/source-route.ts'
import { encodeLabelled } from '../../../protocols/forward/labelled.ts'
import { NOW_S, embedded, hex, nodesOf, packetOf, routeOf, sentOn } from './samples.ts'
import type { Notice } from '../../../protocols/forward/notice.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'

const TAG = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

/** What the source of this list reads of a notice that the node at an entry makes. */
function noticeFrom (nodes: readonly NodeId[], reporter: number, pathTag = TAG): Notice {
  const cause = packetOf(routeOf(nodes, { pathTag }))
  cause[At.hopIndex] = reporter
  return decodeNotice(encodeNotice(cause, 0, cause.length, NoticeCode.noSuchNeighbour) as Uint8Array) as Notice
}

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
      assert.equal(isNoticeAbout(read, routeOf(nodes)), hopIndex < count - 1, 'all but the destination are forwarders')
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

  it('can be about a route when its list is the beginning of that, up to any of the forwarders, whatever the authenticators are by now', () => {
    const nodes = nodesOf(5)
    const header = routeOf(nodes, { pathTag: TAG, authenticators: nodes.map(() => new Uint8Array(8).fill(7)) })
    for (const reporter of [1, 2, 3]) {
      assert.equal(isNoticeAbout(noticeFrom(nodes, reporter), header), true, `entry ${reporter}`)
    }
  })

  const [self, a, b, peer, stranger] = nodesOf(5)
  const forged = [
    { title: 'a stranger who has a link to the source', notice: () => noticeFrom([self, stranger, peer], 1) },
    { title: 'a stranger attached to the first forwarder', notice: () => noticeFrom([self, a, stranger], 2) },
    { title: 'a stranger attached to the last forwarder', notice: () => noticeFrom([self, a, b, stranger], 3) },
    { title: 'a forwarder of the route that has no link to the one it stands behind', notice: () => noticeFrom([self, b, a], 2) },
    { title: 'the destination', notice: () => noticeFrom([self, a, b, peer], 3) },
    { title: 'who knows another tag only', notice: () => noticeFrom([self, a, b, peer], 1, new Uint8Array(8)) }
  ]
  for (const { title, notice } of forged) {
    it(`cannot be about a route when it was made by ${title}`, () => {
      assert.equal(isNoticeAbout(notice(), routeOf([self, a, b, peer], { pathTag: TAG })), false)
    })
  }

  it('with a list is never about a labelled path, which has notices of its own', () => {
    const header = encodeLabelled({ slot: 0x01020304, check: 0x05060708 })
    assert.equal(isNoticeAbout({ ...noticeFrom([self, a, b, peer], 1), pathTag: header.subarray(At.pathTag), walked: [] }, header), false)
  })

  it('has a name for people', () => {
    assert.equal(noticeName(NoticeCode.noSuchNeighbour), 'noSuchNeighbour')
    assert.equal(entryAt(0), At.list)
  })
})
