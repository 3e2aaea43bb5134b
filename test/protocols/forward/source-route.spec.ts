import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DEFAULT_TTL, Flag, Kind, MAX_PACKET_BYTES, MAX_ROUTE_ENTRIES, NoticeCode } from '../../../protocols/forward/constants.ts'
import { MALFORMED, At, acceptSourceRoute, encodeSourceRoute, entryAt, packetBytes, replyHeader } from '../../../protocols/forward/source-route.ts'
import { NOW_S, embedded, forgedRoute, hex, nodeOf, nodesOf, packetOf, routeOf } from './samples.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'

const [SOURCE, A, B, DESTINATION, STRANGER] = nodesOf(5)
const ROUTE = [SOURCE, A, B, DESTINATION]

interface Delivery { self: NodeId, from: NodeId, nowS?: number }

function verdict (packet: Uint8Array, { self, from, nowS = NOW_S }: Delivery): number {
  const { buffer, at } = embedded(packet)
  const before = buffer.slice()
  const result = acceptSourceRoute(buffer, at, packet.length, self, from, nowS)
  assert.deepEqual(buffer, before, 'received memory stays as it is')
  return result
}

function packetAt (hopIndex: number, change: { flags?: number, kind?: number, nodes?: readonly NodeId[], expiryS?: number } = {}): Uint8Array {
  const packet = packetOf(forgedRoute(change.nodes ?? ROUTE))
  packet[At.hopIndex] = hopIndex
  packet[At.flags] = change.flags ?? 0
  packet[At.kind] = change.kind ?? Kind.sourceRouted
  new DataView(packet.buffer).setUint32(At.expiry, change.expiryS ?? NOW_S + 30)
  return packet
}

describe('source route', () => {
  describe('the acceptance rule', () => {
    const BACK = Flag.backwards
    const atA: Delivery = { self: A, from: SOURCE }
    const cases: Array<{ title: string, packet: Uint8Array, at: Delivery, verdict: number }> = [
      { title: 'takes a packet from the entry before', packet: packetAt(1), at: atA, verdict: 0 },
      { title: 'takes a packet at the end of the list', packet: packetAt(3), at: { self: DESTINATION, from: B }, verdict: 0 },
      { title: 'takes a packet that walks backwards from the entry behind', packet: packetAt(1, { flags: BACK }), at: { self: A, from: B }, verdict: 0 },
      { title: 'takes a packet that came back to its source', packet: packetAt(0, { flags: BACK }), at: { self: SOURCE, from: A }, verdict: 0 },
      { title: 'refuses a packet from a neighbour that is not the entry before', packet: packetAt(1), at: { self: A, from: STRANGER }, verdict: MALFORMED },
      { title: 'refuses a packet from the entry behind that does not walk backwards', packet: packetAt(1), at: { self: A, from: B }, verdict: MALFORMED },
      { title: 'refuses a packet from the entry before that walks backwards', packet: packetAt(1, { flags: BACK }), at: atA, verdict: MALFORMED },
      { title: 'refuses a packet whose hop index names another node', packet: packetAt(2), at: { self: A, from: SOURCE }, verdict: MALFORMED },
      { title: 'refuses a packet on whose list it does not stand', packet: packetAt(1), at: { self: STRANGER, from: SOURCE }, verdict: MALFORMED },
      { title: 'refuses hop index 0 of a packet that walks forwards', packet: packetAt(0), at: { self: SOURCE, from: A }, verdict: MALFORMED },
      { title: 'refuses the last hop index of a packet that walks backwards', packet: packetAt(3, { flags: BACK }), at: { self: DESTINATION, from: B }, verdict: MALFORMED },
      { title: 'refuses a hop index behind the list', packet: packetAt(4), at: { self: DESTINATION, from: DESTINATION }, verdict: MALFORMED },
      { title: 'refuses a hop index of 255 that walks backwards', packet: packetAt(255, { flags: BACK }), at: { self: A, from: SOURCE }, verdict: MALFORMED },
      { title: 'refuses a list of one node', packet: packetAt(0, { nodes: [A] }), at: atA, verdict: MALFORMED },
      { title: 'refuses a list of 19 nodes', packet: packetAt(1, { nodes: nodesOf(19) }), at: { self: nodeOf(1), from: nodeOf(0) }, verdict: MALFORMED },
      { title: 'refuses a list of 200 nodes', packet: packetAt(1, { nodes: nodesOf(200) }), at: { self: nodeOf(1), from: nodeOf(0) }, verdict: MALFORMED },
      { title: 'takes a list of 18 nodes', packet: packetAt(1, { nodes: nodesOf(18) }), at: { self: nodeOf(1), from: nodeOf(0) }, verdict: 0 },
      { title: 'finds its own id a second time behind', packet: packetAt(1, { nodes: [SOURCE, A, B, A, DESTINATION] }), at: atA, verdict: NoticeCode.badRoute },
      { title: 'finds its own id a second time before', packet: packetAt(3, { nodes: [SOURCE, A, B, A, DESTINATION] }), at: { self: A, from: B }, verdict: NoticeCode.badRoute },
      { title: 'leaves it to others to find theirs', packet: packetAt(1, { nodes: [SOURCE, A, B, STRANGER, B] }), at: atA, verdict: 0 },
      { title: 'takes a route that expired 60 s ago', packet: packetAt(1, { expiryS: NOW_S - 60 }), at: atA, verdict: 0 },
      { title: 'refuses one that expired 61 s ago', packet: packetAt(1, { expiryS: NOW_S - 61 }), at: atA, verdict: NoticeCode.expired },
      { title: 'takes a route that expires in 960 s', packet: packetAt(1, { expiryS: NOW_S + 960 }), at: atA, verdict: 0 },
      { title: 'refuses one that expires in 961 s', packet: packetAt(1, { expiryS: NOW_S + 961 }), at: atA, verdict: NoticeCode.badRoute },
      { title: 'takes expiry times above 2^31', packet: packetAt(1, { expiryS: 0xfffffff0 }), at: { ...atA, nowS: 0xffffff00 }, verdict: 0 },
      { title: 'regression: takes a notice about a route that has expired', packet: packetAt(1, { kind: Kind.notice, flags: BACK, expiryS: 1 }), at: { self: A, from: B }, verdict: 0 },
      { title: 'refuses a notice that walks forwards', packet: packetAt(1, { kind: Kind.notice }), at: atA, verdict: MALFORMED },
      { title: 'refuses a notice that would turn around', packet: packetAt(1, { kind: Kind.notice, flags: BACK | Flag.turnAround }), at: { self: A, from: B }, verdict: MALFORMED }
    ]
    for (const { title, packet, at, verdict: expected } of cases) {
      it(title, () => { assert.equal(verdict(packet, at), expected) })
    }

    it('refuses a notice that carries more than a quote', () => {
      const notice = (payloadBytes: number): Uint8Array => {
        const packet = packetOf(routeOf(ROUTE), new Uint8Array(payloadBytes))
        packet[At.kind] = Kind.notice
        packet[At.flags] = Flag.backwards
        return packet
      }
      assert.equal(verdict(notice(32), { self: A, from: B }), 0)
      assert.equal(verdict(notice(33), { self: A, from: B }), MALFORMED)
    })

    it('refuses a packet that ends before its list does, whatever lies behind it', () => {
      const packet = packetOf(routeOf(ROUTE), new Uint8Array())
      for (let length = 6; length < packet.length; length++) {
        const { buffer, at } = embedded(packet.subarray(0, length), 3, 0)
        assert.equal(acceptSourceRoute(buffer, at, length, A, SOURCE, NOW_S), MALFORMED)
        assert.equal(acceptSourceRoute(packet, 0, length, A, SOURCE, NOW_S), MALFORMED, 'the rest of the chunk is not the packet')
      }
      assert.equal(acceptSourceRoute(packet, 0, packet.length, A, SOURCE, NOW_S), 0)
    })

    it('gives one of its verdicts for any bytes', () => {
      const verdicts = new Set<number>([0, MALFORMED, NoticeCode.badRoute, NoticeCode.expired])
      fc.assert(fc.property(fc.uint8Array({ minLength: 6, maxLength: 600 }), (packet) => {
        assert.ok(verdicts.has(acceptSourceRoute(packet, 0, packet.length, A, SOURCE, NOW_S)))
      }), { numRuns: 500 })
    })
  })

  describe('encoding', () => {
    it('puts the parts of a route where they are read, for any route', () => {
      const id = fc.uint8Array({ minLength: 16, maxLength: 16 })
      const parts = fc.record({
        nodes: fc.uniqueArray(id, { minLength: 2, maxLength: MAX_ROUTE_ENTRIES, selector: hex }),
        expiryS: fc.nat(0xffffffff),
        pathTag: fc.uint8Array({ minLength: 8, maxLength: 8 })
      })
      fc.assert(fc.property(parts, ({ nodes, expiryS, pathTag }) => {
        const header = encodeSourceRoute({ nodes, expiryS, pathTag })
        assert.deepEqual(nodes.map((_, i) => hex(header.subarray(entryAt(i), entryAt(i) + 16))), nodes.map(hex))
        assert.equal(new DataView(header.buffer).getUint32(At.expiry), expiryS)
        assert.equal(hex(header.subarray(At.pathTag, At.list)), hex(pathTag))
        assert.deepEqual([header[At.ttl], header[At.hopIndex], header[At.hopCount]], [DEFAULT_TTL, 1, nodes.length])
        assert.equal(acceptSourceRoute(packetOf(header), 0, header.length + 3, nodes[1], nodes[0], expiryS), 0)
      }), { numRuns: 100 })
    })

    const invalid = [
      { title: 'of one node', nodes: [A] },
      { title: 'of 19 nodes', nodes: nodesOf(19) },
      { title: 'that visits a node twice', nodes: [SOURCE, A, B, A] },
      { title: 'that comes back to its source', nodes: [SOURCE, A, SOURCE] }
    ]
    for (const { title, nodes } of invalid) {
      it(`refuses a route ${title}`, () => {
        assert.throws(() => routeOf(nodes), { name: 'InvalidRouteError', code: 'INVALID_ROUTE' })
      })
    }

    it('fills a packet to the last byte and refuses one more', () => {
      const header = routeOf(ROUTE)
      const room = MAX_PACKET_BYTES - header.length
      assert.equal(packetBytes(header, new Uint8Array(room)), MAX_PACKET_BYTES)
      assert.throws(() => packetBytes(header, new Uint8Array(room + 1)), { name: 'PacketTooLargeError', bytes: room + 1, maxBytes: room })
    })

    it('answers from a copy, also of a Buffer', () => {
      const arrived = Buffer.from(packetAt(3))
      const header = replyHeader(arrived)
      arrived.fill(0)
      assert.equal(hex(header.subarray(entryAt(2), entryAt(2) + 16)), hex(B))
      assert.deepEqual([header[At.hopIndex], header[At.flags], header[At.ttl]], [2, Flag.backwards, DEFAULT_TTL])
    })

    it('answers an answer forwards again', () => {
      const back = packetAt(0, { flags: Flag.backwards })
      const header = replyHeader(back)
      assert.deepEqual([header[At.hopIndex], header[At.flags]], [1, 0])
    })
  })
})
