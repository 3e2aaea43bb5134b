import assert from 'node:assert/strict'
import { pEvent } from 'p-event'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { createTestnet, until } from '../helpers/testnet.ts'
import type { Channel } from '../../src/host/channel.ts'
import type { Flushable } from '../../src/link/end-of-tick.ts'
import type { Host } from '../../src/host/host.ts'
import type { Link } from '../../src/link/link.ts'
import type { OutgoingChannel } from '../../src/host/outgoing-channel.ts'
import type { Testnet } from '../helpers/testnet.ts'

/** On loopback no path is faster than the default route: these tests want one nevertheless. */
const selector = { preferPath: true }

describe('channel', () => {
  /** Peers that nobody can dial now. */
  const barred = new Set<string>()
  let net: Testnet

  describe('between two hosts', () => {
    before(async () => {
      net = await createTestnet({ forwarders: 3, rsps: ['reports', 'surveys'], hosts: 2, connectionGater: { denyDialPeer: (peer) => barred.has(peer.toString()) } })
      await net.ready()
    })

    afterEach(() => {
      for (const { services } of net.hosts) {
        for (const channel of services.byway.channels) {
          channel.close()
        }
      }
    })

    after(async () => { await net.stop() })

    it('starts on the default route at once', async () => {
      const { outgoing } = await connect(net)
      await until(() => outgoing.status.active !== undefined, 'a route is used')
      assert.equal(outgoing.status.active?.isDefault, true)
      assert.match(outgoing.status.text, /^default \(/)
    })

    it('carries datagrams both ways on the default route', async () => {
      const { outgoing, incoming } = await connect(net)
      assert.deepEqual(await roundTrip(outgoing, incoming), ['there', 'back'])
    })

    it('measures what both RSPs offer beside the default route, and says so', async () => {
      const { outgoing } = await connect(net)
      await outgoing.settled()
      // who takes much longer than usual is not waited for
      await until(async () => {
        const { answers } = outgoing.status
        const isComplete = answers.length === 2 && answers.every(({ error }) => error === undefined)
        if (!isComplete) {
          await outgoing.refresh()
        }
        return isComplete
      }, 'both have answered')
      const { answers, routes, default: fallback } = outgoing.status
      assert.deepEqual(answers.map(({ mapKind, error }) => [mapKind, error]).sort(), [['reports', undefined], ['surveys', undefined]])
      assert.ok((fallback?.measuredRttMs ?? 0) > 0)
      const paths = routes.filter(({ isDefault }) => !isDefault)
      assert.ok(paths.length >= 3)
      for (const { path, measuredRttMs, predictedRttMs, rsp } of paths) {
        assert.ok(path.length > 0 && (measuredRttMs ?? 0) > 0 && (predictedRttMs ?? 0) > 0)
        assert.ok(answers.some((answer) => answer.rsp.toString() === rsp))
      }
    })

    it('carries datagrams both ways over the path it chose, and the answers come back over that path', async () => {
      const { outgoing, incoming } = await connect(net, { selector })
      await outgoing.settled()
      await until(() => outgoing.status.active?.isDefault === false, 'a path is used')
      assert.match(outgoing.status.text, /^via .+ \(RSP .+ ms\)$/)
      const path = outgoing.status.active?.path ?? []
      const before = forwardedBy(net, path)
      for (let i = 0; i < 20; i++) {
        assert.deepEqual(await roundTrip(outgoing, incoming), ['there', 'back'])
      }
      assert.equal(outgoing.status.active?.path.join(), path.join())
      assert.ok(forwardedBy(net, path) - before >= 40 * path.length)
    })

    it('tells of each change of its route', async () => {
      const { outgoing } = await connect(net, { selector })
      const change = await pEvent<'route', CustomEvent<{ text: string, reason: string }>>(outgoing, 'route', { filter: ({ detail }) => detail.text.startsWith('via') })
      assert.match(change.detail.reason, /preferred/)
    })

    it('carries the largest datagram, and refuses a larger and an empty one', async () => {
      const { outgoing, incoming } = await connect(net)
      const received = pEvent<'message', CustomEvent<Uint8Array>>(incoming, 'message')
      assert.equal(outgoing.send(new Uint8Array(outgoing.maxDatagramBytes).fill(7)), true)
      assert.equal((await received).detail.length, outgoing.maxDatagramBytes)
      for (const length of [outgoing.maxDatagramBytes + 1, 0]) {
        assert.throws(() => outgoing.send(new Uint8Array(length)), { name: 'MalformedMessageError' }, `${length} bytes`)
      }
    })

    it('shows a forwarder nothing of what it carries', async () => {
      const { outgoing, incoming } = await connect(net, { selector })
      await until(() => outgoing.status.active?.isDefault === false, 'a path is used')
      const entry = net.forwarders.find(({ peerId }) => peerId.toString() === outgoing.status.active?.path[0]) as Testnet['forwarders'][0]
      const carried = recordOf(entry)
      const secret = 'a secret that nobody else may read'
      assert.deepEqual(await roundTrip(outgoing, incoming, secret), [secret, 'back'])
      assert.equal(Buffer.concat(carried).includes(nodeIdOf(net.hosts[1].peerId)), true)
      assert.equal(Buffer.concat(carried).includes(secret), false)
    })

    it('ends at both ends when one closes, and takes no more datagrams', async () => {
      const { outgoing, incoming } = await connect(net)
      const closed = pEvent(incoming, 'close')
      outgoing.close()
      await closed
      for (const channel of [outgoing, incoming]) {
        assert.equal(channel.isClosed, true)
        assert.throws(() => channel.send(fromString('too late')), { name: 'ChannelClosedError' })
      }
      assert.deepEqual(net.hosts.map(({ services }) => services.byway.channels.length), [0, 0])
    })

    it('ends at the initiator when the answering end closes', async () => {
      const { outgoing, incoming } = await connect(net)
      assert.deepEqual(await roundTrip(outgoing, incoming), ['there', 'back'])
      const closed = pEvent(outgoing, 'close')
      incoming.close()
      await closed
      assert.equal(outgoing.isClosed, true)
    })

    it('regression: ends soon when the answering end has forgotten the session, as after a restart, so that another one can be opened', async function () {
      this.timeout(90_000)
      const { outgoing, incoming } = await connect(net)
      assert.deepEqual(await roundTrip(outgoing, incoming), ['there', 'back'])
      const closed = pEvent<'close', CustomEvent<string>>(outgoing, 'close', { timeout: 30_000 })
      ;(incoming as unknown as { ended: (why: string) => void }).ended('closed')
      assert.equal((await closed).detail, 'forgotten')
      assert.deepEqual(await roundTrip(...Object.values(await connect(net)) as [OutgoingChannel, Channel]), ['there', 'back'])
      await until(() => net.hosts[1].services.byway.channels.length === 1, 'what was only asked for ends')
    })

    it('lets several channels between the same hosts live side by side', async () => {
      const [first, ...others] = [await connect(net), await connect(net), await connect(net)]
      first.outgoing.close()
      for (const { outgoing, incoming } of others) {
        assert.deepEqual(await roundTrip(outgoing, incoming), ['there', 'back'])
      }
    })

    it('regression: the link to a peer is closed after the last channel with it', async () => {
      const [a, b] = net.hosts
      const { outgoing } = await connect(net)
      assert.ok(a.services.byway.links.get(b.peerId) !== undefined)
      outgoing.close()
      await until(() => a.services.byway.links.get(b.peerId) === undefined && b.services.byway.links.get(a.peerId) === undefined, 'no link')
    })

    it('regression: dials the default route anew when its connection has ended', async () => {
      const { outgoing } = await connect(net)
      await outgoing.settled()
      const [a, b] = net.hosts
      for (const connection of a.getConnections(b.peerId)) {
        connection.abort(new Error('cut'))
      }
      await until(() => outgoing.status.default?.alive !== true, 'the cut is seen', 2_000)
      await until(() => outgoing.status.default?.alive === true, 'the default route is back')
    })

    it('goes on over a path while the peer cannot be dialled', async () => {
      const { outgoing, incoming } = await connect(net)
      await outgoing.settled()
      const [a, b] = net.hosts
      barred.add(a.peerId.toString()).add(b.peerId.toString())
      for (const connection of a.getConnections(b.peerId)) {
        connection.abort(new Error('cut'))
      }
      try {
        await until(() => outgoing.status.active?.isDefault === false, 'a path is used', 2_000)
        assert.match(outgoing.status.reason, /default route does not answer/)
        assert.deepEqual(await roundTrip(outgoing, incoming), ['there', 'back'])
      } finally {
        barred.clear()
      }
    })

    it('probes each forwarder of a path', async () => {
      const { access } = net.hosts[0].services.byway
      const path = access.points.map(({ forwarder }) => forwarder).slice(0, 2)
      const [first, second] = await net.hosts[0].services.byway.trace(path)
      assert.ok((first ?? 0) > 0 && (second ?? 0) > 0)
    })

    it('tells the offers of all RSPs without opening a channel', async () => {
      const offers = await net.hosts[0].services.byway.offers(net.hosts[1].peerId, { paths: 2 })
      assert.deepEqual(offers.map(({ mapKind, paths }) => [mapKind, paths.length]).sort(), [['reports', 2], ['surveys', 2]])
      assert.equal(net.hosts[0].services.byway.channels.length, 0)
    })

    it('is not opened to a peer that nobody knows', async () => {
      await assert.rejects(net.hosts[0].services.byway.open(await peerOf(1)), { name: 'NotFoundError' })
    })

    it('is not opened after its signal has fired', async () => {
      const signal = AbortSignal.abort(new Error('changed my mind'))
      await assert.rejects(net.hosts[0].services.byway.open(net.hosts[1].peerId, { signal }))
      assert.equal(net.hosts[0].services.byway.channels.length, 0)
    })
  })
})

interface Ends {
  outgoing: OutgoingChannel
  incoming: Channel
}

async function connect ({ hosts: [a, b] }: Testnet, options?: Parameters<Host['open']>[1]): Promise<Ends> {
  const accepted = pEvent<'channel', CustomEvent<Channel>>(b.services.byway, 'channel')
  const outgoing = await a.services.byway.open(b.peerId, options)
  return { outgoing, incoming: (await accepted).detail }
}

/** What the answering end got, and what the initiator got back. */
async function roundTrip (outgoing: OutgoingChannel, incoming: Channel, text = 'there'): Promise<string[]> {
  const there = pEvent<'message', CustomEvent<Uint8Array>>(incoming, 'message', { timeout: 3_000 })
  outgoing.send(fromString(text))
  const got = toString((await there).detail)
  const back = pEvent<'message', CustomEvent<Uint8Array>>(outgoing, 'message', { timeout: 3_000 })
  incoming.send(fromString('back'))
  return [got, toString((await back).detail)]
}

function forwardedBy ({ forwarders }: Testnet, path: string[]): number {
  return forwarders.filter(({ peerId }) => path.includes(peerId.toString())).reduce((sum, { services }) => sum + services.byway.status.forwardedPackets, 0)
}

/** All that a forwarder sends from now on, as it lies in its batches. */
function recordOf ({ services }: Testnet['forwarders'][0]): Uint8Array[] {
  const carried: Uint8Array[] = []
  for (const link of services.byway.links as Iterable<Link & Flushable>) {
    const flush = link.flush.bind(link)
    link.flush = () => {
      carried.push(new Uint8Array(link.buffer))
      flush()
    }
  }
  return carried
}
