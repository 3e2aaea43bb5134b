// Relays and hosts joined to a network without delay: what becomes of a packet as a whole, whatever its header says.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Flag, Kind, NoticeCode } from '../../protocols/forward/constants.ts'
import { At } from '../../protocols/forward/source-route.ts'
import { Relay } from '../../src/forwarder/relay.ts'
import { Endpoint } from '../../src/link/endpoint.ts'
import { fakeLinks } from '../link/fake-links.ts'
import { NOW_S, forgedRoute, nodesOf, packetOf, routeOf } from '../protocols/forward/samples.ts'
import type { FakeLinks } from '../link/fake-links.ts'

/** Of these the first and the last are hosts, the others forwarders; each is a neighbour of each. */
const NODES = nodesOf(7)
const LAST = NODES.length - 1
const PAYLOAD = Uint8Array.of(3, 2, 1)

interface NetworkNode { receive: Relay['receive'], neighbours: FakeLinks, arrived: number, notices: NoticeCode[] }

class Network {
  readonly nodes: NetworkNode[]
  /** Packets that a node sent on or back, by kind. */
  readonly sent = { packets: 0, notices: 0 }

  constructor (nowS: (index: number) => number = () => NOW_S) {
    this.nodes = NODES.map((self, index) => {
      const neighbours = fakeLinks(NODES.filter((node) => node !== self))
      const endpoint = new Endpoint({ self, links: neighbours.links, nowS: () => nowS(index) })
      const relay = new Relay({ endpoint, capacityBytesPerSecond: 1e9, now: () => 0, nowS: () => nowS(index) })
      const isHost = index === 0 || index === LAST
      const node: NetworkNode = { neighbours, arrived: 0, notices: [], receive: (...args) => { (isHost ? endpoint : relay).receive(...args) } }
      endpoint.handle(PAYLOAD[0], () => { node.arrived++ })
      endpoint.handleNotices(({ code }) => { node.notices.push(code) })
      return node
    })
  }

  /** One packet from a neighbour, and all that follows from it. */
  inject (packet: Uint8Array, from: number, to: number): void {
    this.nodes[to].receive(packet, 0, packet.length, this.nodes[to].neighbours.to(NODES[from]))
    for (let isBusy = true; isBusy;) {
      isBusy = false
      this.#each((sender, receiver, sent) => {
        isBusy = true
        this.sent[sent[At.kind] === Kind.notice ? 'notices' : 'packets']++
        assert.ok(this.sent.packets + this.sent.notices < 1_000, 'packets go round and round')
        this.nodes[receiver].receive(sent, 0, sent.length, this.nodes[receiver].neighbours.to(NODES[sender]))
      })
    }
  }

  #each (carry: (sender: number, receiver: number, packet: Uint8Array) => void): void {
    for (let sender = 0; sender < NODES.length; sender++) {
      for (let receiver = 0; receiver < NODES.length; receiver++) {
        for (const packet of sender === receiver ? [] : this.nodes[sender].neighbours.to(NODES[receiver]).take()) {
          carry(sender, receiver, packet)
        }
      }
    }
  }
}

describe('a network of relays', () => {
  it('brings a packet over all forwarders to the other host, and a probe of it home', () => {
    const network = new Network()
    network.inject(packetOf(routeOf(NODES), PAYLOAD), 0, 1)
    assert.deepEqual(network.nodes.map(({ arrived }) => arrived), [0, 0, 0, 0, 0, 0, 1])
    network.inject(packetOf(routeOf(NODES), PAYLOAD, Flag.turnAround), 0, 1)
    assert.deepEqual(network.nodes.map(({ arrived }) => arrived), [1, 0, 0, 0, 0, 0, 1])
    assert.deepEqual(network.sent, { packets: LAST - 1 + (2 * LAST - 1), notices: 0 })
  })

  it('finds a loop where it closes, and tells the source', () => {
    const network = new Network()
    network.inject(packetOf(forgedRoute([NODES[0], NODES[1], NODES[2], NODES[3], NODES[2], NODES[6]])), 0, 1)
    assert.deepEqual(network.nodes[0].notices, [NoticeCode.badRoute])
    assert.deepEqual(network.sent, { packets: 1, notices: 2 })
  })

  it('regression: tells the source of a route that has expired, over forwarders for which it has expired too', () => {
    const route = packetOf(routeOf(NODES, { expiryS: NOW_S }))
    const late = NOW_S + 61
    const network = new Network((index) => index < 3 ? late - 1 : late)
    network.inject(route, 0, 1)
    assert.deepEqual(network.nodes[0].notices, [NoticeCode.expired])
  })

  it('never sends a packet on more often than its TTL, whatever else its header says', () => {
    const forged = fc.record({
      list: fc.array(fc.nat(LAST), { minLength: 2, maxLength: 18 }),
      hopIndex: fc.nat(17),
      flags: fc.nat(255),
      ttl: fc.nat(255),
      kind: fc.constantFrom(Kind.sourceRouted, Kind.sourceRouted, Kind.notice)
    })
    fc.assert(fc.property(forged, ({ list, hopIndex, flags, ttl, kind }) => {
      const packet = packetOf(forgedRoute(list.map((index) => NODES[index])), PAYLOAD)
      packet.set([kind, flags, ttl, hopIndex], At.kind)
      const to = list[hopIndex]
      const from = list[(flags & Flag.backwards) === 0 ? hopIndex - 1 : hopIndex + 1]
      fc.pre(to !== undefined && from !== undefined && from !== to)
      const network = new Network()
      network.inject(packet, from, to)
      const { packets, notices } = network.sent
      assert.ok((kind === Kind.notice ? notices : packets) <= Math.max(0, ttl - 1))
      assert.ok(notices <= 17 && (kind !== Kind.notice || packets === 0))
    }), { numRuns: 1_000 })
  })

  it('never does so for a good packet with any bits of its header turned', () => {
    const turned = fc.record({
      flips: fc.array(fc.record({ at: fc.integer({ min: 2, max: At.list + 24 * NODES.length - 1 }), bits: fc.integer({ min: 1, max: 255 }) }), { minLength: 1, maxLength: 3 }),
      turnAround: fc.boolean()
    })
    fc.assert(fc.property(turned, ({ flips, turnAround }) => {
      const packet = packetOf(routeOf(NODES), PAYLOAD, turnAround ? Flag.turnAround : 0)
      for (const { at, bits } of flips) {
        packet[at] ^= bits
      }
      const network = new Network()
      network.inject(packet, 0, 1)
      assert.ok(network.sent.packets <= Math.max(0, packet[At.ttl] - 1))
      assert.ok(network.sent.notices <= 17)
      assert.ok(network.nodes.reduce((sum, { arrived, notices }) => sum + arrived + notices.length, 0) <= 1)
    }), { numRuns: 500 })
  })
})
