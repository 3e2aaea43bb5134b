import assert from 'node:assert/strict'
import { DEFAULT_TTL, Flag, Kind, NoticeCode } from '../../protocols/forward/constants.ts'
import { decodeNotice } from '../../protocols/forward/notice.ts'
import { At } from '../../protocols/forward/source-route.ts'
import { Relay } from '../../src/forwarder/relay.ts'
import { Endpoint } from '../../src/link/endpoint.ts'
import { fakeLinks } from '../link/fake-links.ts'
import { NOW_S, embedded, forgedRoute, hex, nodeOf, nodesOf, packetOf, routeOf, sentOn } from '../protocols/forward/samples.ts'
import type { DropReason, RelayCounters } from '../../src/forwarder/relay.ts'
import type { FakeLinks } from '../link/fake-links.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'

const [SOURCE, SELF, NEXT, DESTINATION, STRANGER] = nodesOf(5)
const ROUTE = [SOURCE, SELF, NEXT, DESTINATION]
const PAYLOAD = Uint8Array.of(3, 1, 4, 1, 5)
const CAPACITY = 100_000

describe('relay', () => {
  let neighbours: FakeLinks
  let relay: Relay
  let nowMs: number
  let delivered: Uint8Array[]

  beforeEach(() => {
    neighbours = fakeLinks([SOURCE, NEXT, DESTINATION])
    nowMs = 0
    delivered = []
    const endpoint = new Endpoint({ self: SELF, links: neighbours.links, nowS: () => NOW_S })
    endpoint.handle(PAYLOAD[0], ({ payload }) => { delivered.push(payload) })
    relay = new Relay({ endpoint, capacityBytesPerSecond: CAPACITY, now: () => nowMs, nowS: () => NOW_S })
  })

  function receive (packet: Uint8Array, from: NodeId = SOURCE): void {
    const { buffer, at } = embedded(packet)
    const before = buffer.slice()
    relay.receive(buffer, at, packet.length, neighbours.to(from))
    assert.deepEqual(buffer, before, 'received memory stays as it is')
  }

  const onRoute = (flags = 0): Uint8Array => packetOf(routeOf(ROUTE), PAYLOAD, flags)
  const changed = (change: (packet: Uint8Array) => void, packet = onRoute()): Uint8Array => {
    change(packet)
    return packet
  }

  it('sends a packet on to the next entry, changed in hop index and TTL only', () => {
    const packet = onRoute(Flag.droppable | Flag.congestion)
    receive(packet)
    assert.deepEqual(neighbours.to(NEXT).sent.map(hex), [hex(sentOn(packet, 2))])
    assert.deepEqual(neighbours.to(NEXT).droppable, [true])
    assert.deepEqual([relay.counters.forwardedPackets, relay.counters.forwardedBytes], [1, packet.length])
  })

  it('says which link brought a packet, and that nobody pays for it', () => {
    receive(onRoute())
    assert.deepEqual(neighbours.to(NEXT).shares, [[0, neighbours.to(SOURCE).index]])
  })

  it('says who pays, where an authenticator tells', () => {
    const endpoint = new Endpoint({ self: SELF, links: neighbours.links, nowS: () => NOW_S })
    relay = new Relay({ endpoint, authority: { check: () => 0, account: 7 }, capacityBytesPerSecond: CAPACITY, now: () => nowMs, nowS: () => NOW_S })
    receive(onRoute())
    assert.deepEqual(neighbours.to(NEXT).shares, [[7, neighbours.to(SOURCE).index]])
  })

  it('sends an answer back', () => {
    const packet = changed((bytes) => { bytes[At.flags] = Flag.backwards })
    receive(packet, NEXT)
    assert.deepEqual(neighbours.to(SOURCE).sent.map(hex), [hex(sentOn(packet, 0))])
  })

  it('turns around a packet that ends with it', () => {
    const packet = packetOf(routeOf([SOURCE, SELF]), PAYLOAD, Flag.turnAround)
    receive(packet)
    const [back] = neighbours.to(SOURCE).sent
    assert.deepEqual([back[At.flags], back[At.hopIndex], back[At.ttl]], [Flag.backwards, 0, DEFAULT_TTL - 1])
    assert.equal(hex(back.subarray(At.list)), hex(packet.subarray(At.list)))
  })

  it('takes what is for itself', () => {
    receive(packetOf(routeOf([SOURCE, SELF]), PAYLOAD))
    assert.deepEqual(delivered.map(hex), [hex(PAYLOAD)])
    assert.equal(relay.counters.deliveredPackets, 1)
  })

  it('sends a packet with a TTL of 2 on as one of 1', () => {
    receive(changed((packet) => { packet[At.ttl] = 2 }))
    assert.equal(neighbours.to(NEXT).sent[0][At.ttl], 1)
  })

  const drops: Array<{ title: string, packet: () => Uint8Array, from?: NodeId, reason: DropReason, notice?: NoticeCode }> = [
    ...[Kind.linkControl, Kind.labelled, Kind.group, Kind.delegate, 77].map((kind) => ({
      title: `of kind ${kind}`, packet: () => changed((packet) => { packet[At.kind] = kind }), reason: 'unknownKind' as const
    })),
    { title: 'shorter than its list', packet: () => onRoute().subarray(0, 60), reason: 'malformed' },
    { title: 'of six bytes', packet: () => Uint8Array.of(0, 6, 1, 0, 40, 1), reason: 'malformed' },
    { title: 'from another neighbour than the entry before', packet: onRoute, from: NEXT, reason: 'malformed' },
    { title: 'with a hop index that names somebody else', packet: () => changed((packet) => { packet[At.hopIndex] = 2 }), reason: 'malformed' },
    { title: 'with a list of 200 nodes', packet: () => packetOf(forgedRoute([SOURCE, SELF, ...nodesOf(200).slice(2)])), reason: 'malformed' },
    { title: 'with a list of 19 nodes', packet: () => packetOf(forgedRoute([SOURCE, SELF, ...nodesOf(19).slice(2)])), reason: 'malformed' },
    { title: 'that visits it twice', packet: () => packetOf(forgedRoute([SOURCE, SELF, NEXT, SELF, DESTINATION])), reason: 'badRoute', notice: NoticeCode.badRoute },
    { title: 'that expires too far ahead', packet: () => packetOf(routeOf(ROUTE, { expiryS: NOW_S + 2_000 })), reason: 'badRoute', notice: NoticeCode.badRoute },
    { title: 'that has expired', packet: () => packetOf(routeOf(ROUTE, { expiryS: NOW_S - 100 })), reason: 'expired', notice: NoticeCode.expired },
    { title: 'with a TTL of 1', packet: () => changed((packet) => { packet[At.ttl] = 1 }), reason: 'ttlExceeded', notice: NoticeCode.ttlExceeded },
    { title: 'with a TTL of 0', packet: () => changed((packet) => { packet[At.ttl] = 0 }), reason: 'ttlExceeded', notice: NoticeCode.ttlExceeded },
    { title: 'to turn around with a TTL of 0', packet: () => changed((packet) => { packet[At.ttl] = 0 }, packetOf(routeOf([SOURCE, SELF]), PAYLOAD, Flag.turnAround)), reason: 'ttlExceeded', notice: NoticeCode.ttlExceeded },
    { title: 'for a next hop that it has no link to', packet: () => packetOf(routeOf([SOURCE, SELF, STRANGER])), reason: 'noSuchNeighbour', notice: NoticeCode.noSuchNeighbour },
    { title: 'for a next hop whose link is down', packet: () => { neighbours.to(NEXT).isUp = false; return onRoute() }, reason: 'noSuchNeighbour', notice: NoticeCode.noSuchNeighbour },
    { title: 'that walks backwards and has expired', packet: () => packetOf(routeOf(ROUTE, { expiryS: 7 }), PAYLOAD, Flag.backwards), from: NEXT, reason: 'expired' },
    { title: 'that is a notice at the end of its TTL', packet: () => changed((packet) => { packet.set([Kind.notice, Flag.backwards, 1], At.kind) }), from: NEXT, reason: 'ttlExceeded' },
    { title: 'that is a notice and walks forwards', packet: () => changed((packet) => { packet[At.kind] = Kind.notice }), reason: 'malformed' }
  ]
  for (const { title, packet, from, reason, notice } of drops) {
    it(`drops a packet ${title}: ${reason}${notice === undefined ? ', in silence' : ', with a notice'}`, () => {
      const cause = packet()
      receive(cause, from)
      assert.equal(relay.counters.dropped[reason], 1)
      assert.equal(Object.values(relay.counters.dropped).reduce((sum, count) => sum + count, 0), 1)
      assert.equal(relay.counters.forwardedPackets + relay.counters.deliveredPackets, 0)
      const sent = [SOURCE, NEXT, DESTINATION].flatMap((node) => neighbours.to(node).take())
      assert.deepEqual(sent.map((bytes) => [decodeNotice(bytes)?.code, hex(decodeNotice(bytes)?.reporter ?? bytes)]),
        notice === undefined ? [] : [[notice, hex(SELF)]])
      assert.ok(sent.every(({ length }) => length <= cause.length))
      neighbours.to(NEXT).isUp = true
      receive(onRoute())
      assert.equal(neighbours.to(NEXT).sent.length, 1, 'it goes on serving')
    })
  }

  describe('where the operator\'s rules close a link', () => {
    let closed: NodeId[]

    beforeEach(() => {
      closed = [NEXT]
      const endpoint = new Endpoint({ self: SELF, links: neighbours.links, nowS: () => NOW_S })
      relay = new Relay({ endpoint, closedLinks: { has: ({ node }) => closed.includes(node) }, capacityBytesPerSecond: CAPACITY, now: () => nowMs, nowS: () => NOW_S })
    })

    /** What is dropped for it, and what goes on. */
    function counts ({ forwardedPackets, dropped }: RelayCounters): [number, number] {
      return [dropped.closedLink, forwardedPackets]
    }

    it('regression: sends no source route of others on over it, authorized or not, and says so', () => {
      receive(onRoute())
      assert.deepEqual(counts(relay.counters), [1, 0])
      assert.equal(decodeNotice(neighbours.to(SOURCE).sent[0])?.code, NoticeCode.notAuthorized)
    })

    it('takes none that comes over it either, there and back', () => {
      receive(packetOf(routeOf([DESTINATION, NEXT, SELF, SOURCE]), PAYLOAD).fill(2, At.hopIndex, At.hopIndex + 1), NEXT)
      receive(changed((bytes) => { bytes[At.flags] = Flag.backwards }), NEXT)
      assert.deepEqual(counts(relay.counters), [2, 0])
    })

    it('lets packets end and begin at that neighbour: rules are about links between forwarders, and surveys need their probes', () => {
      receive(packetOf(routeOf([SOURCE, SELF, NEXT]), PAYLOAD, Flag.turnAround))
      receive(packetOf(routeOf([NEXT, SELF, SOURCE]), PAYLOAD), NEXT)
      receive(changed((bytes) => { bytes[At.flags] = Flag.backwards }, packetOf(routeOf([SOURCE, SELF, NEXT]), PAYLOAD)), NEXT)
      assert.deepEqual(counts(relay.counters), [0, 3])
    })

    it('gives who is behind it its own packets back', () => {
      receive(packetOf(routeOf([SOURCE, NEXT, SELF]), PAYLOAD, Flag.turnAround).fill(2, At.hopIndex, At.hopIndex + 1), NEXT)
      assert.deepEqual(counts(relay.counters), [0, 1])
    })

    it('sends on over the others', () => {
      closed = [DESTINATION]
      receive(onRoute())
      assert.deepEqual(counts(relay.counters), [0, 1])
    })
  })

  it('leaves it to the next queue to count what has no room there, and says nothing', () => {
    neighbours.to(NEXT).isFull = true
    receive(onRoute())
    assert.equal(neighbours.to(NEXT).counters.droppedPackets, 1)
    assert.deepEqual([relay.counters.forwardedPackets, neighbours.to(SOURCE).sent.length], [0, 0])
  })

  it('carries no more than its capacity, and says so', () => {
    const packet = packetOf(routeOf(ROUTE), new Uint8Array(10_000))
    for (let i = 0; i < 20; i++) {
      receive(packet)
    }
    const burst = Math.floor(65_536 / packet.length)
    assert.equal(relay.counters.forwardedPackets, burst)
    assert.equal(relay.counters.dropped.overCapacity, 20 - burst)
    const [notice] = neighbours.to(SOURCE).sent
    assert.equal(decodeNotice(notice)?.code, NoticeCode.overQuota)
    nowMs += 1_000
    receive(packet)
    assert.equal(relay.counters.forwardedPackets, burst + 1)
  })

  it('regression: makes no more notices for one neighbour than its rate, and leaves those of the others alone', () => {
    const lost = packetOf(routeOf([SOURCE, SELF, STRANGER]))
    for (let i = 0; i < 1_000; i++) {
      receive(lost)
    }
    const { dropped, noticesSent } = relay.counters
    assert.deepEqual([noticesSent, dropped.noSuchNeighbour + dropped.overCapacity], [100, 1_000])
    receive(packetOf(routeOf([DESTINATION, SELF, STRANGER])), DESTINATION)
    assert.equal(neighbours.to(DESTINATION).sent.length, 1)
    nowMs += 100
    for (let i = 0; i < 100; i++) {
      receive(lost)
    }
    assert.equal(relay.counters.noticesSent, 106)
  })

  it('regression: does not spend its notices on packets that get none', () => {
    const answer = packetOf(routeOf(ROUTE, { expiryS: 7 }), PAYLOAD, Flag.backwards)
    for (let i = 0; i < 1_000; i++) {
      receive(answer, NEXT)
    }
    receive(packetOf(routeOf([SOURCE, SELF, STRANGER])))
    assert.equal(relay.counters.noticesSent, 1)
  })

  it('counts no notice that its own queue had no room for', () => {
    neighbours.to(SOURCE).isFull = true
    receive(packetOf(routeOf([SOURCE, SELF, nodeOf(99)])))
    assert.equal(relay.counters.noticesSent, 0)
  })
})
