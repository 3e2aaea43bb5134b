import assert from 'node:assert/strict'
import { DEFAULT_TTL, Flag, Kind, NoticeCode } from '../../protocols/forward/constants.ts'
import { encodeNotice } from '../../protocols/forward/notice.ts'
import { At } from '../../protocols/forward/source-route.ts'
import { Endpoint } from '../../src/link/endpoint.ts'
import { OWN, OWN_ECHO, OWN_STREAM } from '../../src/link/packet-queue.ts'
import { wayAlong } from '../../src/link/way.ts'
import type { Way } from '../../src/link/way.ts'
import { NOW_S, embedded, forgedRoute, hex, nodesOf, packetOf, routeOf, sentOn } from '../protocols/forward/samples.ts'
import { fakeLinks } from './fake-links.ts'
import type { Arrival } from '../../src/link/endpoint.ts'
import type { FakeLinks } from './fake-links.ts'
import type { Notice } from '../../protocols/forward/notice.ts'

const [SELF, A, B, PEER] = nodesOf(4)
const DATA = Uint8Array.of(3, 1, 4, 1, 5)

describe('endpoint', () => {
  let neighbours: FakeLinks
  let endpoint: Endpoint
  let arrivals: Arrival[]
  let notices: Notice[]

  beforeEach(() => {
    neighbours = fakeLinks([A, B, PEER])
    endpoint = new Endpoint({ self: SELF, links: neighbours.links, nowS: () => NOW_S })
    arrivals = []
    notices = []
    endpoint.handle(DATA[0], (arrival) => { arrivals.push(arrival) })
    endpoint.handleNotices((notice) => { notices.push(notice) })
  })

  /** Hands a packet in as a chunk that a neighbour sent; it must stay as it was. */
  function receive (packet: Uint8Array, from = A): void {
    const { buffer, at } = embedded(packet)
    const before = buffer.slice()
    endpoint.receive(buffer, at, packet.length, neighbours.to(from))
    assert.deepEqual(buffer, before, 'received memory stays as it is')
  }

  /** From PEER over A to us, as it arrives. */
  function toUs (flags = 0, payload = DATA): Uint8Array {
    return sentOn(packetOf(routeOf([PEER, A, SELF]), payload, flags), 2)
  }

  it('sends a packet to the first node of its list, with the flags asked for', () => {
    assert.ok(endpoint.send(wayAlong(routeOf([SELF, A, PEER])), DATA, { droppable: true, turnAround: true }))
    const [sent] = neighbours.to(A).sent
    assert.equal(hex(sent.subarray(-DATA.length)), hex(DATA))
    assert.deepEqual([sent[At.flags], sent[At.hopIndex], sent[At.ttl]], [Flag.droppable | Flag.turnAround, 1, DEFAULT_TTL])
    assert.deepEqual(neighbours.to(A).droppable, [true])
  })

  it('has echoes not wait for what else it sends', () => {
    const way = wayAlong(routeOf([SELF, A, PEER]))
    endpoint.send(way, DATA)
    endpoint.send(way, DATA, { isEcho: true })
    assert.deepEqual(neighbours.to(A).shares, [[OWN, OWN], [OWN, OWN_ECHO]])
  })

  it('regression: keeps what streams send apart, which wait for their own kind only', () => {
    endpoint.send(wayAlong(routeOf([SELF, A, PEER])), DATA, { isStream: true })
    assert.deepEqual(neighbours.to(A).shares, [[OWN, OWN_STREAM]])
  })

  it('says that it could not send without a link, or with a full queue', () => {
    assert.equal(endpoint.send(wayAlong(routeOf([SELF, nodesOf(9)[8]])), DATA), false)
    neighbours.to(A).isFull = true
    assert.equal(endpoint.send(wayAlong(routeOf([SELF, A])), DATA), false)
    neighbours.to(B).isUp = false
    assert.equal(endpoint.send(wayAlong(routeOf([SELF, B])), DATA), false)
  })

  it('hands copies of what arrives to the handler of its type', () => {
    const { buffer, at } = embedded(Buffer.from(toUs()))
    endpoint.receive(buffer, at, toUs().length, neighbours.to(A))
    buffer.fill(0)
    assert.equal(hex(arrivals[0].payload), hex(DATA))
    assert.ok(endpoint.send(arrivals[0].answerOn() as Way, DATA))
    assert.deepEqual([neighbours.to(A).sent[0][At.flags], neighbours.to(A).sent[0][At.hopIndex]], [Flag.backwards, 1])
  })

  it('hands out what is handled at once where it lies', () => {
    endpoint.handleAtOnce(DATA[0], (arrival) => { arrivals.push(arrival) })
    const { buffer, at } = embedded(toUs())
    endpoint.receive(buffer, at, toUs().length, neighbours.to(A))
    assert.equal(hex(arrivals[0].payload), hex(DATA))
    assert.equal(arrivals[0].payload.buffer, buffer.buffer)
    assert.ok(endpoint.send(arrivals[0].answerOn() as Way, DATA), 'its way back is a copy')
  })

  it('says which packets met a queue that was filling', () => {
    receive(toUs(Flag.congestion))
    receive(toUs())
    assert.deepEqual(arrivals.map(({ isMarked }) => isMarked), [true, false])
  })

  it('takes what arrives whatever its TTL', () => {
    const packet = toUs()
    packet[At.ttl] = 0
    receive(packet)
    assert.equal(arrivals.length, 1)
  })

  it('turns around what ends with it', () => {
    receive(toUs(Flag.turnAround))
    const [back] = neighbours.to(A).sent
    assert.deepEqual([back[At.flags], back[At.hopIndex], back[At.ttl]], [Flag.backwards, 1, DEFAULT_TTL - 2])
    assert.deepEqual([arrivals.length, neighbours.to(A).droppable], [0, [false]])
  })

  it('regression: does not turn around a packet whose TTL is used up', () => {
    for (const ttl of [0, 1]) {
      const packet = toUs(Flag.turnAround)
      packet[At.ttl] = ttl
      receive(packet)
    }
    assert.equal(neighbours.to(A).sent.length, 0)
    assert.equal(endpoint.refusedPackets, 2)
  })

  it('regression: asks for room as the packet is, droppable or not', () => {
    receive(toUs(Flag.turnAround | Flag.droppable))
    assert.deepEqual(neighbours.to(A).droppable, [true])
    assert.equal(neighbours.to(A).sent[0][At.flags], Flag.backwards | Flag.droppable)
  })

  it('hands every notice to every handler', () => {
    endpoint.handleNotices((notice) => { notices.push(notice) })
    const cause = packetOf(routeOf([SELF, A, B, PEER]), DATA)
    receive(encodeNotice(cause, 0, cause.length, NoticeCode.noSuchNeighbour) as Uint8Array)
    assert.deepEqual(notices.map(({ code, reporter }) => [code, hex(reporter)]), [[3, hex(A)], [3, hex(A)]])
  })

  it('regression: hears that a route has expired', () => {
    const cause = packetOf(routeOf([SELF, A, PEER], { expiryS: NOW_S - 1_000 }), DATA)
    receive(encodeNotice(cause, 0, cause.length, NoticeCode.expired) as Uint8Array)
    assert.deepEqual(notices.map(({ code }) => code), [NoticeCode.expired])
  })

  const refused: Array<{ title: string, packet: () => Uint8Array, from?: Uint8Array }> = [
    { title: 'a packet that it should send on', packet: () => packetOf(routeOf([A, SELF, B])) },
    { title: 'an answer that it should send on', packet: () => sentOn(packetOf(routeOf([B, SELF, A]), DATA, Flag.backwards), 1) },
    { title: 'a packet from another neighbour than its list says', packet: () => toUs(), from: B },
    { title: 'a payload that nobody handles', packet: () => toUs(0, Uint8Array.of(99)) },
    { title: 'a packet with no payload', packet: () => toUs(0, new Uint8Array()) },
    { title: 'an expired packet', packet: () => sentOn(packetOf(routeOf([PEER, A, SELF], { expiryS: 5 }), DATA), 2) },
    { title: 'a list of 200 nodes', packet: () => sentOn(packetOf(forgedRoute([A, SELF, ...nodesOf(200).slice(2)])), 1) },
    { title: 'a packet to turn around for which the queue has no room', packet: () => { neighbours.to(A).isFull = true; return toUs(Flag.turnAround) } },
    ...[Kind.linkControl, Kind.labelled, Kind.group, Kind.delegate, 200].map((kind) => ({
      title: `a packet of kind ${kind}`,
      packet: () => {
        const packet = toUs()
        packet[At.kind] = kind
        return packet
      }
    }))
  ]
  for (const { title, packet, from } of refused) {
    it(`refuses ${title}, and counts it`, () => {
      receive(packet(), from)
      assert.deepEqual([endpoint.refusedPackets, arrivals.length, notices.length], [1, 0, 0])
      assert.deepEqual([A, B, PEER].map((node) => neighbours.to(node).sent.length), [0, 0, 0])
    })
  }
})
