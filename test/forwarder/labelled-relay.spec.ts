// What a forwarder does with labelled packets and with notices about them, and whom it asks about source-routed ones.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Flag, Kind, NoticeCode } from '../../protocols/forward/constants.ts'
import { decodeLabelNotice, encodeLabelNotice, encodeLabelled, writeLabel } from '../../protocols/forward/labelled.ts'
import { decodeNotice, encodeNotice } from '../../protocols/forward/notice.ts'
import { At, entryAt } from '../../protocols/forward/source-route.ts'
import { BucketSlab } from '../../src/defence/bucket-slab.ts'
import { ForwardingTable } from '../../src/forwarder/forwarding-table.ts'
import { Relay } from '../../src/forwarder/relay.ts'
import { Endpoint } from '../../src/link/endpoint.ts'
import { FakeLink, fakeLinks } from '../link/fake-links.ts'
import { NOW_S, embedded, hex, nodeOf, nodesOf, packetOf, routeOf, sentOn } from '../protocols/forward/samples.ts'
import type { DropReason, RouteAuthority } from '../../src/forwarder/relay.ts'
import type { FakeLinks } from '../link/fake-links.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { PathInit } from '../../src/forwarder/path-state.ts'

const [BEFORE, SELF, AFTER, OTHER] = nodesOf(4)
const NEIGHBOURS = [BEFORE, AFTER, OTHER]
const PAYLOAD = Uint8Array.of(3, 1, 4, 1, 5, 9, 2, 6)
const CAPACITY = 100_000
/** What the neighbours gave: AFTER for packets on to it, BEFORE for packets back. */
const ON: Label = { slot: 0x01020304, check: 0xfffefdfc }
const BACK: Label = { slot: 0xa0b0c0d0, check: 0 }

let neighbours: FakeLinks
let table: ForwardingTable
let relay: Relay
let nowMs: number
let random: number
let authority: RouteAuthority
let asked: Array<{ previous: string, next: string, to: string, length: number, nowMs: number }>

/** Allows everything, and remembers what it was asked. */
function openAuthority (): RouteAuthority {
  return {
    check: (buffer, _at, length, previousAt, nextAt, _from, link, askedAtMs) => {
      asked.push({ previous: hex(buffer.subarray(previousAt, previousAt + 16)), next: hex(buffer.subarray(nextAt, nextAt + 16)), to: hex(link.node), length, nowMs: askedAtMs })
      return 0
    },
    account: 0
  }
}

function setUp (): void {
  neighbours = fakeLinks(NEIGHBOURS)
  nowMs = 5
  random = 1_000_000
  authority = openAuthority()
  asked = []
  table = new ForwardingTable({ maxPaths: 10, caps: new BucketSlab({ maxBuckets: 4 }), random32: () => random++ })
  const endpoint = new Endpoint({ self: SELF, links: neighbours.links, nowS: () => NOW_S })
  relay = new Relay({ endpoint, capacityBytesPerSecond: CAPACITY, table, authority, now: () => nowMs, nowS: () => NOW_S })
}

function receive (packet: Uint8Array, from: NodeId): void {
  const { buffer, at } = embedded(packet)
  const before = buffer.slice()
  relay.receive(buffer, at, packet.length, neighbours.to(from))
  assert.deepEqual(buffer, before, 'received memory stays as it is')
}

/** From BEFORE to AFTER. */
function install (change: Partial<PathInit> = {}): { forward: Label, back: Label } {
  const given = table.reserve({
    previous: neighbours.to(BEFORE).index, next: neighbours.to(AFTER).index, account: 0, source: 0, bytesPerSecond: 0, caps: [-1, -1],
    anchor: new Uint8Array(16), endsAtMs: Infinity, leaseMs: 60_000, ...change
  }, nowMs)
  assert.ok(given !== undefined && table.bindNext(given.forward, ON) && table.bindPrevious(given.forward, neighbours.to(BEFORE).index, BACK))
  return given
}

const under = (label: Label, payload = PAYLOAD, flags = 0): Uint8Array => packetOf(encodeLabelled(label), payload, flags)
const sentTo = (node: NodeId): string[] => neighbours.to(node).take().map(hex)
const droppedOf = (): Partial<Record<DropReason, number>> => Object.fromEntries(Object.entries(relay.counters.dropped).filter(([, count]) => count > 0))

function changed (packet: Uint8Array, change: (packet: Uint8Array) => void): Uint8Array {
  change(packet)
  return packet
}

/** As it leaves: another label, one less of TTL, and nothing else. */
function swapped (packet: Uint8Array, label: Label): string {
  const sent = packet.slice()
  writeLabel(sent, 0, label)
  sent[At.ttl]--
  return hex(sent)
}

describe('relay of labelled packets', () => {
  beforeEach(setUp)

  it('sends a packet on under the label that the next hop gave, and one back under that of the hop before', () => {
    const { forward, back } = install()
    const on = under(forward, PAYLOAD, Flag.droppable | Flag.congestion)
    receive(on, BEFORE)
    assert.deepEqual(neighbours.to(AFTER).droppable, [true])
    assert.deepEqual([sentTo(AFTER), sentTo(BEFORE)], [[swapped(on, ON)], []])
    const answer = under(back)
    receive(answer, AFTER)
    assert.deepEqual(neighbours.to(BEFORE).droppable, [false])
    assert.deepEqual([sentTo(BEFORE), sentTo(AFTER)], [[swapped(answer, BACK)], []])
    assert.deepEqual([relay.counters.forwardedPackets, relay.counters.forwardedBytes], [2, on.length + answer.length])
    table.forEach(({ packets, bytes }) => { assert.deepEqual([packets, bytes], [[1, 1], [on.length, answer.length]]) })
  })

  it('says whose each packet is: who pays for its cap, and which link brought it', () => {
    const caps = new BucketSlab({ maxBuckets: 4 })
    table = new ForwardingTable({ maxPaths: 10, caps, random32: () => random++ })
    relay = new Relay({ endpoint: new Endpoint({ self: SELF, links: neighbours.links, nowS: () => NOW_S }), capacityBytesPerSecond: CAPACITY, table, accountOfCap: (cap) => 100 + cap, now: () => nowMs, nowS: () => NOW_S })
    const { forward, back } = install({ caps: [caps.add(1e6, 1e6, nowMs), caps.add(1e6, 1e6, nowMs)] })
    receive(under(forward), BEFORE)
    receive(under(back), AFTER)
    assert.deepEqual(neighbours.to(AFTER).shares, [[100, neighbours.to(BEFORE).index]])
    assert.deepEqual(neighbours.to(BEFORE).shares, [[101, neighbours.to(AFTER).index]])
  })

  it('marks what uses up its share of a short capacity, tells of what is beyond it, and slows the neighbour', () => {
    const packet = under(install().forward, new Uint8Array(1_000))
    for (let at = 0; at < 4_000; at++) {
      nowMs = 5 + at / 2
      receive(packet, BEFORE)
    }
    const sent = neighbours.to(AFTER).take()
    const marked = sent.filter((bytes) => (bytes[At.flags] & Flag.congestion) !== 0).length
    assert.ok(marked > sent.length / 2, `${marked} of ${sent.length}`)
    assert.equal(relay.counters.markedPackets, marked)
    assert.equal(sent.length + (relay.counters.dropped.overCapacity ?? 0), 4_000)
    const { kept } = neighbours.to(BEFORE)
    assert.ok(kept.length > 1_000 && kept.every(([bytes, delayMs]) => bytes === packet.length && delayMs > 0 && delayMs <= 1_000))
  })

  it('takes no notice of flags that mean something in a list', () => {
    const packet = under(install().forward, PAYLOAD, Flag.turnAround | Flag.backwards)
    receive(packet, BEFORE)
    assert.deepEqual(sentTo(AFTER), [swapped(packet, ON)])
  })

  it('sends a packet without a payload on, and one as large as can be', () => {
    const { forward } = install()
    const packets = [under(forward, new Uint8Array()), under(forward, new Uint8Array(16_370))]
    packets.forEach((packet) => { receive(packet, BEFORE) })
    assert.deepEqual(sentTo(AFTER), packets.map((packet) => swapped(packet, ON)))
  })

  it('does the same with a packet whatever lies behind it in the chunk', () => {
    const packet = under(install().forward)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (behind) => {
      const chunk = new Uint8Array([...packet, ...behind])
      relay.receive(chunk, 0, packet.length, neighbours.to(BEFORE))
      assert.deepEqual(sentTo(AFTER), [swapped(packet, ON)])
    }))
  })

  it('sends on all packets of a large chunk, each under its own label', () => {
    const labels = Array.from({ length: 10 }, () => install().forward)
    const chunk = new Uint8Array(Array.from({ length: 200 }, (_, i) => [...under(labels[i % 10], Uint8Array.of(i))]).flat())
    for (let at = 0; at < chunk.length; at += 15) {
      relay.receive(chunk, at, 15, neighbours.to(BEFORE))
    }
    assert.deepEqual(neighbours.to(AFTER).take().map((sent) => sent[14]), Array.from({ length: 200 }, (_, i) => i))
    table.forEach(({ packets }) => { assert.deepEqual(packets, [20, 0]) })
  })

  const drops: Array<{ title: string, packet: () => Uint8Array, from?: NodeId, reason: DropReason, notice?: NoticeCode }> = [
    { title: 'too short for a label', packet: () => under(install().forward).subarray(0, 13), reason: 'malformed' },
    { title: 'of six bytes', packet: () => Uint8Array.of(0, 6, 2, 0, 40, 0), reason: 'malformed' },
    { title: 'under a label that nobody was given', packet: () => under({ slot: 6, check: 1 }), reason: 'unknownLabel', notice: NoticeCode.unknownLabel },
    { title: 'under another neighbour\'s label', packet: () => under(install().forward), from: OTHER, reason: 'unknownLabel', notice: NoticeCode.unknownLabel },
    { title: 'under the label of the other direction', packet: () => under(install().back), reason: 'unknownLabel', notice: NoticeCode.unknownLabel },
    { title: 'for another endpoint', packet: () => under({ ...install().forward, endpoint: 1 }), reason: 'unknownLabel', notice: NoticeCode.unknownLabel },
    { title: 'after the end of the lease', packet: () => { const { forward } = install(); nowMs += 60_000; return under(forward) }, reason: 'unknownLabel', notice: NoticeCode.unknownLabel },
    { title: 'with a TTL of 1', packet: () => changed(under(install().forward), (packet) => { packet[At.ttl] = 1 }), reason: 'ttlExceeded', notice: NoticeCode.ttlExceeded },
    { title: 'with a TTL of 0', packet: () => changed(under(install().forward), (packet) => { packet[At.ttl] = 0 }), reason: 'ttlExceeded', notice: NoticeCode.ttlExceeded },
    { title: 'whose next link is down', packet: () => { neighbours.to(AFTER).isUp = false; return under(install().forward) }, reason: 'noSuchNeighbour', notice: NoticeCode.noSuchNeighbour },
    { title: 'above the rate of its path', packet: () => overRate(), reason: 'overRate', notice: NoticeCode.overQuota },
    { title: 'above the capacity of the forwarder', packet: () => overCapacity(), reason: 'overCapacity', notice: NoticeCode.overQuota },
    { title: 'that is too small for a notice about it', packet: () => under({ slot: 6, check: 1 }, new Uint8Array(5)), reason: 'unknownLabel' }
  ]
  for (const { title, packet, from = BEFORE, reason, notice } of drops) {
    it(`drops a packet ${title}: ${reason}${notice === undefined ? ', in silence' : ', with a notice'}`, () => {
      const cause = packet()
      neighbours.to(AFTER).take()
      const { forwardedPackets } = relay.counters
      receive(cause, from)
      assert.deepEqual(droppedOf(), { [reason]: 1 })
      const sent = NEIGHBOURS.flatMap((node) => neighbours.to(node).take().map((bytes) => ({ node, bytes })))
      assert.deepEqual(sent.map(({ node, bytes }) => [hex(node), decodeLabelNotice(bytes, 0, bytes.length)?.code]), notice === undefined ? [] : [[hex(from), notice]])
      for (const { bytes } of sent) {
        const { label, quote } = decodeLabelNotice(bytes, 0, bytes.length) ?? assert.fail()
        assert.equal(hex(label), hex(cause.subarray(6, 14)))
        assert.equal(hex(quote), hex(cause.subarray(14, 14 + quote.length)))
        assert.ok(bytes.length <= cause.length)
      }
      assert.equal(relay.counters.forwardedPackets, forwardedPackets)
    })
  }

  function overRate (): Uint8Array {
    const packet = under(install({ bytesPerSecond: 1_000 }).forward, new Uint8Array(16_000))
    for (let i = 0; i < 4; i++) {
      receive(packet, BEFORE)
    }
    return packet
  }

  function overCapacity (): Uint8Array {
    const packet = under(install().forward, new Uint8Array(16_000))
    for (let i = 0; i < 4; i++) {
      receive(packet, BEFORE)
    }
    return packet
  }

  it('leaves it to the next queue to count what has no room there, and says nothing', () => {
    const packet = under(install().forward)
    neighbours.to(AFTER).isFull = true
    receive(packet, BEFORE)
    assert.equal(neighbours.to(AFTER).counters.droppedPackets, 1)
    assert.deepEqual([relay.counters.forwardedPackets, droppedOf(), sentTo(BEFORE)], [0, {}, []])
  })

  it('does not let a path that sends more than it may take the capacity of others', () => {
    const greedy = under(install({ bytesPerSecond: 1_000 }).forward, new Uint8Array(10_000))
    const other = under(install().forward, new Uint8Array(10_000))
    nowMs += 10_000
    for (let i = 0; i < 50; i++) {
      receive(greedy, BEFORE)
    }
    assert.deepEqual(droppedOf(), { overRate: 44 })
    nowMs += 1_000
    for (let i = 0; i < 6; i++) {
      receive(other, BEFORE)
    }
    assert.deepEqual(droppedOf(), { overRate: 44 })
  })

  it('shares the rate of notices with those about source routes', () => {
    for (let i = 0; i < 75; i++) {
      receive(under({ slot: 6, check: 1 }), BEFORE)
      receive(packetOf(routeOf([BEFORE, SELF, ...nodesOf(9).slice(8)])), BEFORE)
    }
    assert.equal(relay.counters.noticesSent, 100)
  })

  it('spends no notices on packets that are too small for one', () => {
    for (let i = 0; i < 1_000; i++) {
      receive(under({ slot: 6, check: 1 }, new Uint8Array(5)), BEFORE)
    }
    receive(under({ slot: 6, check: 1 }), BEFORE)
    assert.equal(relay.counters.noticesSent, 1)
  })

  it('forwards nothing when it has no table', () => {
    const endpoint = new Endpoint({ self: SELF, links: neighbours.links, nowS: () => NOW_S })
    relay = new Relay({ endpoint, capacityBytesPerSecond: CAPACITY, now: () => nowMs, nowS: () => NOW_S })
    receive(under(install().forward), BEFORE)
    receive(noticeAbout(ON), AFTER)
    assert.deepEqual(droppedOf(), { unknownKind: 1, malformed: 1 })
  })
})

/** As the neighbour that gave the label makes it. */
function noticeAbout (label: Label, code: NoticeCode = NoticeCode.unknownLabel, payload = PAYLOAD): Uint8Array {
  const packet = under(label, payload)
  return encodeLabelNotice(packet, 0, packet.length, code) ?? assert.fail()
}

describe('relay of notices about labels', () => {
  beforeEach(setUp)

  const relabelled = (notice: Uint8Array, { slot, check }: Label): string => hex(changed(notice.slice(), (sent) => {
    const view = new DataView(sent.buffer)
    view.setUint32(At.pathTag, slot)
    view.setUint32(At.pathTag + 4, check)
    sent[At.ttl]--
  }))

  it('passes one back to where the packet came from, under the label that the packet had there', () => {
    const { forward, back } = install()
    const onward = noticeAbout(ON, NoticeCode.overQuota)
    receive(onward, AFTER)
    assert.deepEqual([sentTo(BEFORE), sentTo(AFTER)], [[relabelled(onward, forward)], []])
    const backward = noticeAbout(BACK)
    receive(backward, BEFORE)
    assert.deepEqual([sentTo(BEFORE), sentTo(AFTER)], [[], [relabelled(backward, back)]])
    assert.equal(relay.counters.forwardedPackets, 2)
  })

  it('brings a notice home over two forwarders', () => {
    const { forward } = install()
    receive(under(forward, new Uint8Array(50).fill(8)), BEFORE)
    const [onward] = neighbours.to(AFTER).take()
    receive(encodeLabelNotice(onward, 0, onward.length, NoticeCode.noSuchNeighbour) ?? assert.fail(), AFTER)
    const [home] = neighbours.to(BEFORE).take()
    const { label, code, quote } = decodeLabelNotice(home, 0, home.length) ?? assert.fail()
    assert.deepEqual([hex(label), code, hex(quote)], [hex(encodeLabelled(forward).subarray(6)), NoticeCode.noSuchNeighbour, '08'.repeat(32)])
  })

  it('passes on codes that it does not know', () => {
    install()
    receive(changed(noticeAbout(ON), (notice) => { notice[At.code] = 99 }), AFTER)
    assert.equal(neighbours.to(BEFORE).sent[0][At.code], 99)
  })

  const drops: Array<{ title: string, notice: () => Uint8Array, from?: NodeId, reason: DropReason }> = [
    { title: 'about a label that it does not send with', notice: () => noticeAbout({ ...ON, check: 1 }), reason: 'unknownLabel' },
    { title: 'about a label that another neighbour gave', notice: () => noticeAbout(ON), from: OTHER, reason: 'unknownLabel' },
    { title: 'from the hop before about the label of the next', notice: () => noticeAbout(ON), from: BEFORE, reason: 'unknownLabel' },
    { title: 'with a TTL of 1', notice: () => changed(noticeAbout(ON), (bytes) => { bytes[At.ttl] = 1 }), reason: 'ttlExceeded' },
    { title: 'to a link that is down', notice: () => { neighbours.to(BEFORE).isUp = false; return noticeAbout(ON) }, reason: 'noSuchNeighbour' },
    { title: 'shorter than its header', notice: () => noticeAbout(ON).subarray(0, 19), reason: 'malformed' },
    { title: 'of six bytes', notice: () => Uint8Array.of(0, 6, 3, 9, 40, 0), reason: 'malformed' },
    { title: 'with more than a quote', notice: () => new Uint8Array([...noticeAbout(ON, NoticeCode.expired, new Uint8Array(60)), 0]), reason: 'malformed' },
    { title: 'that walks forwards', notice: () => changed(noticeAbout(ON), (bytes) => { bytes[At.flags] = Flag.droppable }), reason: 'malformed' },
    { title: 'that would turn around', notice: () => changed(noticeAbout(ON), (bytes) => { bytes[At.flags] |= Flag.turnAround }), reason: 'malformed' },
    { title: 'with a hop index', notice: () => changed(noticeAbout(ON), (bytes) => { bytes[At.hopIndex] = 1 }), reason: 'malformed' },
    { title: 'with a list of one', notice: () => changed(noticeAbout(ON), (bytes) => { bytes[At.hopCount] = 1 }), reason: 'malformed' }
  ]
  for (const { title, notice, from = AFTER, reason } of drops) {
    it(`drops one ${title}: ${reason}, in silence`, () => {
      install()
      receive(notice(), from)
      assert.deepEqual(droppedOf(), { [reason]: 1 })
      assert.deepEqual(NEIGHBOURS.flatMap((node) => neighbours.to(node).take()), [])
    })
  }

  it('passes on no more than its rate, and looks for none beyond it', () => {
    install()
    for (let i = 0; i < 300; i++) {
      receive(noticeAbout(ON), AFTER)
      receive(noticeAbout({ slot: 1, check: 1 }), OTHER)
    }
    assert.deepEqual([relay.counters.forwardedPackets, droppedOf()], [110, { unknownLabel: 110, overRate: 380 }])
    nowMs += 100
    for (let i = 0; i < 100; i++) {
      receive(noticeAbout(ON), AFTER)
    }
    assert.equal(relay.counters.forwardedPackets, 115)
  })

  it('regression: passes on true ones while one neighbour, or many, send those of made-up labels without end', () => {
    const { forward } = install()
    const flood = (count: number): void => {
      for (let index = 0; index < count; index++) {
        const attacker = new FakeLink(nodeOf(100 + index), undefined, 100 + index)
        for (let i = 0; i < 1_000; i++) {
          const notice = noticeAbout({ slot: i, check: 1 })
          relay.receive(notice, 0, notice.length, attacker, nowMs)
        }
      }
    }
    flood(1)
    const told = Array.from({ length: 50 }, () => noticeAbout(ON))
    told.forEach((notice) => { receive(notice, AFTER) })
    assert.deepEqual(sentTo(BEFORE), told.map((notice) => relabelled(notice, forward)))
    for (let second = 0; second < 10; second++) {
      nowMs += 2_000
      flood(20)
      receive(noticeAbout(ON), AFTER)
      assert.equal(sentTo(BEFORE).length, 1, `in second ${2 * second}`)
    }
  })

  it('counts them to what the forwarder carries', () => {
    const { forward } = install()
    const packet = under(forward, new Uint8Array(16_370))
    for (let i = 0; i < 4; i++) {
      receive(packet, BEFORE)
    }
    receive(noticeAbout(ON), AFTER)
    assert.deepEqual(droppedOf(), { overCapacity: 1 })
  })
})

describe('relay with an authority over source routes', () => {
  beforeEach(setUp)

  const ROUTE = [BEFORE, SELF, AFTER, OTHER]
  const onRoute = (flags = 0): Uint8Array => packetOf(routeOf(ROUTE), PAYLOAD, flags)

  it('asks it about the two neighbours in walking order, and sends on what it allows', () => {
    nowMs = 77
    const packet = onRoute()
    receive(packet, BEFORE)
    assert.deepEqual(asked, [{ previous: hex(BEFORE), next: hex(AFTER), to: hex(AFTER), length: packet.length, nowMs: 77 }])
    assert.deepEqual(sentTo(AFTER), [hex(sentOn(packet, 2))])
    receive(changed(onRoute(), (bytes) => { bytes[At.flags] = Flag.backwards }), AFTER)
    assert.deepEqual([asked[1].previous, asked[1].next, asked[1].to], [hex(AFTER), hex(BEFORE), hex(BEFORE)])
    assert.equal(sentTo(BEFORE).length, 1)
  })

  it('shows it the packet where it lies, so that it can read authenticators beside the ids', () => {
    const offsets: number[] = []
    const packet = onRoute()
    const { buffer, at } = embedded(packet)
    authority.check = (_buffer, packetAt, _length, previousAt, nextAt) => { offsets.push(packetAt, previousAt - packetAt, nextAt - packetAt); return 0 }
    relay.receive(buffer, at, packet.length, neighbours.to(BEFORE))
    assert.deepEqual(offsets, [at, entryAt(0), entryAt(2)])
  })

  const refusals = [
    { code: NoticeCode.notAuthorized, reason: 'notAuthorized' },
    { code: NoticeCode.overQuota, reason: 'overRate' }
  ] as const
  for (const { code, reason } of refusals) {
    it(`drops what it refuses with code ${code}: ${reason}, with a notice`, () => {
      authority.check = () => code
      receive(onRoute(), BEFORE)
      assert.deepEqual(droppedOf(), { [reason]: 1 })
      assert.equal(decodeNotice(neighbours.to(BEFORE).sent[0])?.code, code)
      assert.deepEqual(sentTo(AFTER), [])
    })
  }

  it('lets what it refuses take nothing of the capacity', () => {
    authority.check = () => NoticeCode.notAuthorized
    const large = packetOf(routeOf(ROUTE), new Uint8Array(16_000))
    for (let i = 0; i < 100; i++) {
      receive(large, BEFORE)
    }
    authority.check = () => 0
    receive(large, BEFORE)
    assert.deepEqual([relay.counters.forwardedPackets, droppedOf()], [1, { notAuthorized: 100 }])
  })

  const unasked: Array<{ title: string, packet: () => Uint8Array, from?: NodeId }> = [
    { title: 'a probe that goes straight back', packet: () => packetOf(routeOf([BEFORE, SELF]), PAYLOAD, Flag.turnAround) },
    { title: 'a notice', packet: () => encodeNotice(changed(onRoute(), (bytes) => { bytes[At.hopIndex] = 2 }), 0, onRoute().length, NoticeCode.expired) ?? assert.fail(), from: AFTER },
    { title: 'a packet for the forwarder itself', packet: () => packetOf(routeOf([BEFORE, SELF]), PAYLOAD) },
    { title: 'a packet whose next hop has no link', packet: () => packetOf(routeOf([BEFORE, SELF, ...nodesOf(9).slice(8)])) },
    { title: 'a packet at the end of its TTL', packet: () => changed(onRoute(), (bytes) => { bytes[At.ttl] = 1 }) }
  ]
  for (const { title, packet, from = BEFORE } of unasked) {
    it(`does not ask it about ${title}`, () => {
      authority.check = () => assert.fail('asked')
      receive(packet(), from)
    })
  }

  describe('notices by list', () => {
    let fast: Relay

    beforeEach(() => {
      fast = new Relay({
        endpoint: new Endpoint({ self: SELF, links: neighbours.links, nowS: () => NOW_S }), capacityBytesPerSecond: 1e9, table, authority, now: () => nowMs, nowS: () => NOW_S
      })
    })

    /** A neighbour passes so many notices on to us, for `to`. @returns how many go on */
    function pass (count: number, from: FakeLink = neighbours.to(AFTER), to = BEFORE): number {
      const packet = changed(packetOf(routeOf([to, SELF, from.node, OTHER])), (bytes) => { bytes[At.hopIndex] = 2 })
      const notice = encodeNotice(packet, 0, packet.length, NoticeCode.expired) ?? assert.fail()
      const before = fast.counters.forwardedPackets
      for (let i = 0; i < count; i++) {
        fast.receive(notice, 0, notice.length, from)
      }
      assert.equal(notice[At.kind], Kind.notice)
      return fast.counters.forwardedPackets - before
    }

    const attacker = (index: number): FakeLink => new FakeLink(nodeOf(index), undefined, index)

    it('are passed on no more often than their rate', () => {
      assert.deepEqual([pass(3_000), fast.counters.dropped.overRate], [420, 2_580])
      assert.deepEqual([100, 101, 102, 103, 104].map((index) => pass(1_000, attacker(index))), [420, 420, 420, 420, 20])
      nowMs += 100
      assert.equal(pass(200), 20)
    })

    it('regression: are passed on while many neighbours send them without end', () => {
      for (let index = 100; index < 110; index++) {
        pass(3_000, attacker(index))
      }
      assert.equal(pass(10), 10)
    })

    it('regression: are not counted where there is no link to pass them on', () => {
      pass(3_000, neighbours.to(AFTER), nodeOf(99))
      assert.equal(pass(400), 400)
      assert.equal(fast.counters.dropped.noSuchNeighbour, 3_000)
    })
  })
})
