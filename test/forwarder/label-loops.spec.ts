// Many forwarders with labels of every kind, in one network without delay: labels that neighbours made up to send packets round
// and round, which only the TTL ends, and labels that came about as set-up has it, which lead nowhere twice.
import assert from 'node:assert/strict'
import { DEFAULT_TTL, Kind, LABELLED_HEADER_BYTES } from '../../protocols/forward/constants.ts'
import { encodeLabelled, readLabel } from '../../protocols/forward/labelled.ts'
import { At } from '../../protocols/forward/source-route.ts'
import { BucketSlab } from '../../src/defence/bucket-slab.ts'
import { ForwardingTable } from '../../src/forwarder/forwarding-table.ts'
import { Relay } from '../../src/forwarder/relay.ts'
import { Endpoint } from '../../src/link/endpoint.ts'
import { seededRandom } from '../measurement/seeded-noise.ts'
import { nodesOf } from '../protocols/forward/samples.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { Link } from '../../src/link/link.ts'
import type { LinkSet } from '../../src/link/link-set.ts'

const SEED = 20_261_122
const ADVERSARIAL_CASES = 60_000
const INSTALLED_CASES = 40_000
const NODES = 8
const PACKET_BYTES = LABELLED_HEADER_BYTES + 20

const random = seededRandom(SEED)
const below = (count: number): number => Math.floor(random() * count)
const random32 = (): number => below(2 ** 32)

/** Keeps one packet until the network takes it on. The indices of links are the numbers of the nodes at their ends. */
class Wire {
  readonly index: number
  readonly from: number
  readonly isUp = true
  readonly buffer = new Uint8Array(PACKET_BYTES)
  readonly node: Uint8Array
  length = 0
  readonly #network: Network

  constructor (network: Network, from: number, to: number) {
    this.#network = network
    this.from = from
    this.index = to
    this.node = NODE_IDS[to]
  }

  reserve (length: number): number {
    this.length = length
    this.#network.sent = this
    return 0
  }

  get asLink (): Link {
    return this as unknown as Link
  }
}

const NODE_IDS = nodesOf(NODES)

class Network {
  readonly tables: ForwardingTable[] = []
  readonly wires: Wire[][] = []
  /** A packet yields one other at most, on or back, so one place is enough. */
  sent: Wire | undefined
  nowMs = 0
  readonly #relays: Relay[] = []
  readonly #packet = new Uint8Array(PACKET_BYTES)

  constructor () {
    for (let self = 0; self < NODES; self++) {
      const wires = NODE_IDS.map((_, to) => new Wire(this, self, to))
      const table = new ForwardingTable({ maxPaths: 256, caps: new BucketSlab({ maxBuckets: 1 }), random32 })
      const links = { byIndex: (index: number) => wires[index]?.asLink } as unknown as LinkSet
      const endpoint = new Endpoint({ self: NODE_IDS[self], links, nowS: () => 0 })
      this.wires.push(wires)
      this.tables.push(table)
      this.#relays.push(new Relay({ endpoint, table, capacityBytesPerSecond: 1e12, now: () => this.nowMs, nowS: () => 0 }))
    }
  }

  /** One packet, and all that follows from it: how often it was sent on, how often a notice was, and where the packet was last. */
  inject (label: Label, from: number, to: number, ttl = DEFAULT_TTL): { packets: number, notices: number, at: number, label: Label } {
    this.#packet.set(encodeLabelled(label))
    this.#packet[At.length + 1] = PACKET_BYTES
    this.#packet[At.ttl] = ttl
    const counts = { packets: 0, notices: 0, at: to, label }
    this.nowMs += 20 // so that there is always a notice to spend
    this.#relays[to].receive(this.#packet, 0, PACKET_BYTES, this.wires[to][from].asLink)
    for (let wire = this.sent; wire !== undefined; wire = this.sent) {
      this.sent = undefined
      if (wire.buffer[At.kind] === Kind.labelled) {
        counts.packets++
        counts.at = wire.index
        counts.label = readLabel(wire.buffer, 0, wire.length) as Label
      } else {
        counts.notices++
      }
      assert.ok(counts.packets + counts.notices < 1_000, 'packets go round and round')
      this.#relays[wire.index].receive(wire.buffer, 0, wire.length, this.wires[wire.index][wire.from].asLink)
    }
    return counts
  }

  reserve (node: number, previous: number, next: number): { forward: Label, back: Label } {
    const given = this.tables[node].reserve({
      previous, next, account: 0, source: 0, bytesPerSecond: 0, caps: [-1, -1], anchor: new Uint8Array(16), endsAtMs: Infinity, leaseMs: 2 ** 31 - 1
    }, this.nowMs)
    return given ?? assert.fail('the table is full')
  }

  forgetSome (share: number): void {
    for (const table of this.tables) {
      const labels: Label[] = []
      table.forEach(({ forward }) => { labels.push(forward) })
      labels.filter(() => random() < share).forEach((forward) => { table.release(forward) })
    }
  }

  clear (): void {
    this.tables.forEach((table) => { table.removeAccount(0) })
  }
}

describe('labels', () => {
  it('never have a packet sent on as often as its TTL says, whoever made them up', function () {
    this.timeout(60_000)
    const network = new Network()
    let mostForwardings = 0
    let mostNotices = 0
    let loops = 0
    for (let round = 0; round < ADVERSARIAL_CASES; round++) {
      const labels = collude(network)
      for (const ttl of [DEFAULT_TTL, below(256)]) {
        const { node, from, label } = labels[below(labels.length)]
        const { packets, notices } = network.inject(label, from, node, ttl)
        assert.ok(packets <= Math.max(0, ttl - 1), `${packets} forwardings with a TTL of ${ttl}`)
        assert.ok(notices <= DEFAULT_TTL, `a notice was sent ${notices} times`)
        if (ttl === DEFAULT_TTL) {
          mostForwardings = Math.max(mostForwardings, packets)
          mostNotices = Math.max(mostNotices, notices)
          loops += packets === DEFAULT_TTL - 1 ? 1 : 0
        }
      }
      network.clear()
    }
    assert.ok(loops > ADVERSARIAL_CASES / 10, 'there were loops to be broken')
    assert.equal(mostForwardings, DEFAULT_TTL - 1)
    console.log(`    ${ADVERSARIAL_CASES.toLocaleString('en')} made-up label tables, ${loops.toLocaleString('en')} packets in a loop: most forwardings of one packet ${mostForwardings} (TTL ${DEFAULT_TTL}), a notice sent ${mostNotices} times`)
  })

  it('lead to the end of their path and to no node twice, when neighbours exchange them as set-up has it', function () {
    this.timeout(60_000)
    const network = new Network()
    let followed = 0
    let longest = 0
    let kept: Start[] = []
    const follow = (start: Start): number => {
      const { packets, at, label } = network.inject(start.label, start.from, start.node, 255)
      assert.ok(packets <= start.hopsLeft, `${packets} forwardings with ${start.hopsLeft} hops to go`)
      assert.ok(packets < start.hopsLeft || (at === start.end && label.slot === start.endLabel.slot && label.check === start.endLabel.check))
      followed++
      return packets
    }
    for (let round = 0; round < INSTALLED_CASES; round++) {
      const added = Array.from({ length: 1 + below(3) }, () => installOne(network)).flat()
      for (const start of added) {
        const packets = follow(start)
        assert.ok(!start.isWhole || packets === start.hopsLeft, 'a whole path leads to its end')
        longest = Math.max(longest, packets)
      }
      kept.forEach(follow)
      // what stays has labels of entries that are gone, whose slots serve others then
      kept = added.filter(() => random() < 0.5)
      network.forgetSome(0.4)
    }
    assert.equal(longest, NODES - 2)
    console.log(`    ${INSTALLED_CASES.toLocaleString('en')} times paths were set up, ${followed.toLocaleString('en')} labels followed: most forwardings of one packet ${longest}, none back to a slot`)
  })
})

interface Entry { node: number, previous: number, next: number, forward: Label, back: Label }

/** Forwarders in a ring, and entries with labels of each other, chosen so that they fit whenever they can; some fit nothing. */
function collude (network: Network): Array<{ node: number, from: number, label: Label }> {
  const entries: Entry[] = Array.from({ length: 4 + below(20) }, () => {
    const node = below(NODES)
    const [previous, next] = [1, 2].map(() => (node + (random() < 0.5 ? 1 : NODES - 1)) % NODES)
    return { node, previous, next, ...network.reserve(node, previous, next) }
  })
  const labels = entries.flatMap(({ node, previous, next, forward, back }) => [{ node, from: previous, label: forward }, { node, from: next, label: back }])
  const madeUp = (from: number, to: number): Label => {
    const fitting = labels.filter((given) => given.node === to && given.from === from)
    return fitting.length === 0 || random() < 0.02 ? { slot: below(64), check: random32() } : fitting[below(fitting.length)].label
  }
  for (const { node, previous, next, forward } of entries) {
    network.tables[node].bindNext(forward, madeUp(node, next))
    network.tables[node].bindPrevious(forward, previous, madeUp(node, previous))
  }
  return labels
}

interface Start { node: number, from: number, label: Label, hopsLeft: number, end: number, endLabel: Label, isWhole: boolean }

/**
 * One path over different nodes, of which the first and the last are its ends, in one pass or hop by hop. Labels go between
 * neighbours of the path and for this path only. Sometimes a forwarder in the middle has lost its entry again, so that others
 * keep labels which are good no more.
 */
function installOne (network: Network): Start[] {
  const nodes = Array.from({ length: NODES }, (_, node) => node)
  for (let i = 0; i < NODES - 1; i++) {
    const j = i + below(NODES - i)
    ;[nodes[i], nodes[j]] = [nodes[j], nodes[i]]
  }
  nodes.length = 3 + below(NODES - 2)
  const last = nodes.length - 1
  const isPass = random() < 0.5
  const ends: Label[] = [{ slot: random32(), check: random32() }, { slot: random32(), check: random32() }]
  const entries = nodes.slice(1, -1).map((node, i) => network.reserve(node, isPass || i === 0 ? nodes[i] : -1, nodes[i + 2]))
  for (let i = last - 1; i > 0; i--) {
    const table = network.tables[nodes[i]]
    assert.ok(table.bindNext(entries[i - 1].forward, i === last - 1 ? ends[1] : entries[i].forward))
    assert.ok(table.bindPrevious(entries[i - 1].forward, nodes[i - 1], i === 1 ? ends[0] : entries[i - 2].back))
  }
  const lost = random() < 0.25 ? 1 + below(last - 1) : 0
  if (lost > 0) {
    network.tables[nodes[lost]].release(entries[lost - 1].forward)
  }
  return entries.flatMap(({ forward, back }, i) => [
    { node: nodes[i + 1], from: nodes[i], label: forward, hopsLeft: last - i - 1, end: nodes[last], endLabel: ends[1], isWhole: lost < i + 1 },
    { node: nodes[i + 1], from: nodes[i + 2], label: back, hopsLeft: i + 1, end: nodes[0], endLabel: ends[0], isWhole: lost === 0 || lost > i + 1 }
  ])
}
