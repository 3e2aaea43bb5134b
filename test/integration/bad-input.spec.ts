// What strangers and dishonest RSPs send, to real nodes: each answers with a typed error or a notice, and goes on serving.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { ATTACH_PROTOCOL } from '../../protocols/attach/constants.ts'
import { attach } from '../../protocols/attach/client.ts'
import { fetchSelf } from '../../protocols/descriptor/client.ts'
import { DESCRIPTOR_PROTOCOL } from '../../protocols/descriptor/constants.ts'
import { sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { FORWARD_PROTOCOL, Flag, NoticeCode } from '../../protocols/forward/constants.ts'
import { encodeProbe } from '../../protocols/forward/probe.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { At, encodeSourceRoute } from '../../protocols/forward/source-route.ts'
import { REPORT_PROTOCOL } from '../../protocols/report/constants.ts'
import { ROUTE_PROTOCOL } from '../../protocols/route/constants.ts'
import { SETUP_PROTOCOL } from '../../protocols/setup/constants.ts'
import { USAGE_PROTOCOL } from '../../protocols/usage/constants.ts'
import { Endpoint } from '../../src/link/endpoint.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { connected, createNode, stopNodes } from '../helpers/nodes.ts'
import { TESTNET, createTestnet, until } from '../helpers/testnet.ts'
import { linkNode } from '../link/link-nodes.ts'
import { forgedRoute, nodesOf, packetOf } from '../protocols/forward/samples.ts'
import type { DropReason } from '../../src/forwarder/relay.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Link } from '../../src/link/link.ts'
import type { TestNode } from '../helpers/nodes.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { Libp2p, Stream } from '@libp2p/interface'

/** One exchange on a stream, and many on one. */
const CONTROL_PROTOCOLS = [DESCRIPTOR_PROTOCOL, ATTACH_PROTOCOL, REPORT_PROTOCOL]
const EXCHANGE_PROTOCOLS = [ROUTE_PROTOCOL, SETUP_PROTOCOL]
const ROLES = ['forwarder', 'rsp', 'host'] as const
const SERVED: Record<typeof ROLES[number], readonly string[]> = {
  forwarder: [FORWARD_PROTOCOL, DESCRIPTOR_PROTOCOL, ATTACH_PROTOCOL, REPORT_PROTOCOL, SETUP_PROTOCOL, USAGE_PROTOCOL],
  rsp: [FORWARD_PROTOCOL, DESCRIPTOR_PROTOCOL, ROUTE_PROTOCOL],
  host: [FORWARD_PROTOCOL, DESCRIPTOR_PROTOCOL, SETUP_PROTOCOL]
}
const MALFORMED = 1
const TOO_LARGE = 2

/** The same bytes in every run. */
function randomBytes (seed: number, length: number): Uint8Array {
  let state = seed + 1
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 | 0
    return state >>> 24
  })
}

describe('a node that gets bad input', function () {
  this.timeout(60_000)
  let net: Testnet
  let attacker: TestNode

  before(async () => {
    net = await createTestnet({ forwarders: 2, rsps: ['reports'], hosts: 2 })
    await net.ready()
    attacker = await createNode()
  })

  afterEach(async () => {
    await servesHonestPeers()
  })

  after(async () => {
    await stopNodes()
    await net.stop()
  })

  /** A descriptor from every node, an offer of the RSP, and a channel between the hosts that answers. */
  async function servesHonestPeers (): Promise<void> {
    const [source, destination] = net.hosts
    const honest = await createNode()
    for (const node of [...net.forwarders, ...net.rsps, ...net.hosts]) {
      const { peer } = await fetchSelf(await connected(honest, node), { nowMs: Date.now(), network: TESTNET })
      assert.ok(peer.equals(node.peerId))
    }
    const [answer] = await source.services.byway.offers(destination.peerId)
    assert.deepEqual([answer.error, answer.paths.length > 0], [undefined, true])
    const channel = await source.services.byway.open(destination.peerId)
    await until(() => (channel.status.default?.answered ?? 0) > 0, 'the other host answers')
    channel.close()
    await honest.stop()
  }

  const nodeOf = (role: typeof ROLES[number]): Libp2p => ({ forwarder: net.forwarders[0], rsp: net.rsps[0], host: net.hosts[0] })[role]

  async function open (role: typeof ROLES[number], protocol: string): Promise<{ stream: Stream, answer: () => Promise<Uint8Array> }> {
    const connection = await connected(attacker, nodeOf(role))
    const stream = await connection.newStream(protocol)
    const chunks: Uint8Array[] = []
    stream.addEventListener('message', ({ data }) => { chunks.push(data.subarray()) })
    const answer = async (): Promise<Uint8Array> => {
      await until(() => stream.status !== 'open' || stream.remoteWriteStatus === 'closed', `the end of ${protocol}`)
      return Buffer.concat(chunks)
    }
    return { stream, answer }
  }

  async function sendAndClose (stream: Stream, ...chunks: Uint8Array[]): Promise<void> {
    try {
      for (const chunk of chunks) {
        stream.send(chunk)
      }
      await stream.close()
    } catch {
      // the node may have reset the stream before all was sent
    }
  }

  for (const role of ROLES) {
    it(`ends the stream at most for random bytes on every protocol, as a ${role}`, async () => {
      for (const protocol of SERVED[role]) {
        for (let seed = 0; seed < 12; seed++) {
          const { stream, answer } = await open(role, protocol)
          await sendAndClose(stream, randomBytes(seed, 1 + seed * 37), randomBytes(seed + 100, seed * 900))
          await answer()
        }
      }
    })

    it(`ends the connection at most for random bytes on its socket, as a ${role}`, async () => {
      const port = Number(nodeOf(role).getMultiaddrs()[0].getComponents().find(({ name }) => name === 'tcp')?.value)
      for (const length of [1, 100, 70_000]) {
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => {})
        await once(socket, 'connect')
        socket.end(randomBytes(length, length))
        socket.resume()
        await until(() => socket.closed, 'the end of the socket')
      }
    })

    for (const protocol of SERVED[role].filter((one) => CONTROL_PROTOCOLS.includes(one))) {
      it(`refuses a request of a gigabyte before it comes, as a ${role} on ${protocol}`, async () => {
        const { stream, answer } = await open(role, protocol)
        stream.send(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x04))
        assert.equal((await answer())[0], TOO_LARGE)
      })

      it(`refuses a request that ends too early, as a ${role} on ${protocol}`, async () => {
        const { stream, answer } = await open(role, protocol)
        await sendAndClose(stream, Uint8Array.of(50, 1, 2, 3))
        assert.equal((await answer())[0], MALFORMED)
      })
    }

    for (const protocol of SERVED[role].filter((one) => EXCHANGE_PROTOCOLS.includes(one))) {
      it(`resets a stream with a frame longer than allowed, or shorter than a header, as a ${role} on ${protocol}`, async () => {
        for (const length of [65_535, 7, 0]) {
          const { stream } = await open(role, protocol)
          stream.send(Uint8Array.of(length >> 8, length & 0xff, 1, 0, 0, 0, 0, 1, 0))
          await until(() => stream.status !== 'open', 'the reset')
          assert.equal(stream.status, 'reset')
        }
      })
    }

    it(`resets a stream with a packet longer than allowed, or shorter than a header, as a ${role}`, async () => {
      for (const length of [16_385, 65_535, 5, 0]) {
        const { stream } = await open(role, FORWARD_PROTOCOL)
        stream.send(Uint8Array.of(length >> 8, length & 0xff, 1, 0, 40, 1))
        await until(() => stream.status !== 'open', 'the reset')
        assert.equal(stream.status, 'reset')
      }
    })

    it(`forgets half a packet, as a ${role}`, async () => {
      const { stream, answer } = await open(role, FORWARD_PROTOCOL)
      await sendAndClose(stream, packetOf(forgedRoute(nodesOf(3))).subarray(0, 40))
      assert.equal((await answer()).length, 0)
    })
  }

  describe('in packets, as a forwarder', () => {
    let self: NodeId
    let first: NodeId
    let link: Link
    let notices: NoticeCode[]
    let answered: number

    before(async () => {
      const privateKey = await keyOf(77)
      const [forwarder] = net.forwarders
      const node = await linkNode({ privateKey, onPacket: (buffer, at, length, from) => { endpoint.receive(buffer, at, length, from) } })
      const { links } = node
      self = nodeIdOf(node.node.peerId)
      first = nodeIdOf(forwarder.peerId)
      const endpoint = new Endpoint({ self, links, nowS: () => Date.now() / 1_000 })
      endpoint.handleNotices(({ code }) => { notices.push(code) })
      endpoint.handleProbes(() => { answered++ })
      const connection = await connected(node.node, forwarder)
      link = await links.open(forwarder.peerId, { connection })
      const nowMs = Date.now()
      const descriptor = await sealDescriptor({
        network: TESTNET,
        sequence: 1n,
        issuedAtMs: nowMs,
        expiresAtMs: nowMs + 600_000,
        endpoints: [{ peer: node.node.peerId, addresses: [] }],
        host: { access: [] }
      }, privateKey)
      await attach(connection, { descriptor })
    })

    beforeEach(() => {
      notices = []
      answered = 0
    })

    const dropped = (reason: DropReason): number => net.forwarders[0].services.byway.status.dropped[reason]

    function send (packet: Uint8Array): void {
      const at = link.reserve(packet.length, false)
      assert.ok(at >= 0, 'the link stands')
      link.buffer.set(packet, at)
    }

    const header = (nodes: readonly NodeId[], inS = 30): Uint8Array => encodeSourceRoute({ nodes, expiryS: Date.now() / 1_000 + inS })
    const probe = (route: Uint8Array): Uint8Array => packetOf(route, encodeProbe(1n), Flag.turnAround)
    /** `forgedRoute` with an expiry of now. */
    const forged = (nodes: readonly NodeId[]): Uint8Array => {
      const route = forgedRoute(nodes)
      route.set(header(nodesOf(2)).subarray(At.expiry, At.expiry + 4), At.expiry)
      return route
    }
    const second = (): NodeId => nodeIdOf(net.forwarders[1].peerId)

    const cases: Array<{ title: string, packet: () => Uint8Array, reason: DropReason, notice?: NoticeCode }> = [
      { title: 'a source route of 200 hops', packet: () => probe(forged([self, first, ...nodesOf(198)])), reason: 'malformed' },
      { title: 'one that visits it twice', packet: () => probe(forged([self, first, second(), first])), reason: 'badRoute', notice: NoticeCode.badRoute },
      { title: 'a TTL of 0', packet: () => { const packet = probe(header([self, first, second()])); packet[At.ttl] = 0; return packet }, reason: 'ttlExceeded', notice: NoticeCode.ttlExceeded },
      { title: 'an unknown next hop', packet: () => probe(header([self, first, nodesOf(1)[0]])), reason: 'noSuchNeighbour', notice: NoticeCode.noSuchNeighbour },
      { title: 'a route that has expired', packet: () => probe(header([self, first, second()], -100)), reason: 'expired', notice: NoticeCode.expired },
      { title: 'a source that is not the neighbour', packet: () => probe(header([second(), first, self])), reason: 'malformed' },
      { title: 'a kind of the future', packet: () => { const packet = probe(header([self, first])); packet[At.kind] = 99; return packet }, reason: 'unknownKind' }
    ]
    for (const { title, packet, reason, notice } of cases) {
      it(`drops and counts ${title}${notice === undefined ? '' : ', sends a notice'}, and the link lives on`, async () => {
        const before = dropped(reason)
        send(packet())
        await until(() => dropped(reason) === before + 1, 'the drop')
        send(probe(header([self, first, second()])))
        await until(() => answered === 1, 'a good probe to come back')
        assert.deepEqual(notices, notice === undefined ? [] : [notice])
      })
    }
  })
})
