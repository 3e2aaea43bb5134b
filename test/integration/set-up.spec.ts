// Forwarding state over real nodes: A → F1 → F2 → F3 → B under labels, set up in both styles, kept, lost, and shown for.
import assert from 'node:assert/strict'
import { createTestnet, kill, until } from '../helpers/testnet.ts'
import { startFixedProvider } from '../helpers/fixed-provider.ts'
import { stopNodes } from '../helpers/nodes.ts'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { offerOver } from '../helpers/offers.ts'
import { forwarder } from '../../src/forwarder/forwarder.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { TESTNET } from '../helpers/testnet.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'
import type { Forwarder } from '../../src/forwarder/forwarder.ts'
import type { ForwarderStatus } from '../../src/forwarder/forwarder-status.ts'
import type { Host } from '../../src/host/host.ts'
import type { OutgoingChannel } from '../../src/host/outgoing-channel.ts'
import type { Primitive } from '../../src/host/path-hold.ts'
import type { SetUpStyle } from '../../src/host/set-up-style.ts'
import type { Testnet } from '../helpers/testnet.ts'
import type { PeerId } from '@libp2p/interface'

const STYLES: SetUpStyle[] = ['one-pass', 'hop-by-hop']
/** Paths are used whatever they gain: on loopback they gain nothing. */
const PATHS_ONLY = { preferPath: true }

describe('forwarding state over real nodes', function () {
  this.timeout(60_000)
  let net: Testnet
  let a: Host
  let b: Host
  let route: PeerId[]

  before(async () => {
    net = await createTestnet({ forwarders: 4, hosts: 2 })
    ;[a, b] = net.hosts.map(({ services }) => services.byway)
    await until(async () => a.access.points.length === 4 && b.access.points.length === 4, 'both hosts are attached', 20_000)
    route = [0, 1, 2].map((i) => net.forwarders[i].peerId)
    await startFixedProvider({ hosts: [net.hosts[0]], forwarders: () => route })
  })

  after(async () => {
    await stopNodes()
    await net.stop()
  })

  function statusOf (index: number): ForwarderStatus {
    return net.forwarders[index].services.byway.status
  }

  /** Paths that the forwarders hold now. */
  function installed (): number[] {
    return net.forwarders.map((_, index) => statusOf(index).table.paths)
  }

  /** What a forwarder has counted to RSPs: packets under labels, since nobody here uses authenticators. */
  function labelled (index: number): number {
    return statusOf(index).table.perRsp.reduce((sum, { packets }) => sum + packets, 0)
  }

  async function openChannel (primitive: Primitive): Promise<OutgoingChannel> {
    const channel = await a.open(net.hosts[1].peerId, { primitive, selector: PATHS_ONLY })
    await channel.settled()
    await until(() => channel.status.active?.isDefault === false, 'the path is used', 10_000)
    return channel
  }

  /** Sends `count` datagrams one after the other, each answered by the peer. */
  async function talk (channel: OutgoingChannel, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const answered = new Promise<void>((resolve) => { channel.addEventListener('message', () => { resolve() }, { once: true }) })
      channel.send(Uint8Array.of(i))
      await answered
    }
  }

  for (const style of STYLES) {
    describe(style, () => {
      it('carries a flow over three forwarders that know only labels, and leaves nothing behind', async () => {
        const before = net.forwarders.map((_, index) => labelled(index))
        b.addEventListener('channel', ({ detail: channel }) => {
          channel.addEventListener('message', ({ detail }) => { channel.send(detail) })
        }, { once: true })
        const channel = await openChannel(style)
        assert.deepEqual(channel.status.active?.path, route.map(String))
        assert.deepEqual(installed(), [1, 1, 1, 0])
        await talk(channel, 20)
        for (const index of [0, 1, 2]) {
          assert.ok(labelled(index) - before[index] >= 40, 'there and back, each under its label')
        }
        channel.close()
        await until(() => installed().every((count) => count === 0), 'all forwarders have removed it')
      })

      it('is set up for a script, measured, shown and removed', async () => {
        const path = await a.paths.install(net.hosts[1].peerId, { style })
        assert.equal(path.state, 'installed')
        assert.ok(path.rttMs !== null, 'a probe comes back under the labels')
        assert.match(path.label ?? '', /^[0-9a-f]{8}:[0-9a-f]{8}$/)
        assert.deepEqual(path.forwarders, route.map(String))
        assert.deepEqual(a.paths.list().map(({ id }) => id), [path.id])
        await a.paths.remove(path.id)
        await until(() => installed().every((count) => count === 0), 'all forwarders have removed it')
      })

      it('shows each hop of a labelled path', async () => {
        const { hops, forwarders } = await a.traceLabelled(net.hosts[1].peerId, { style })
        assert.deepEqual(forwarders, route.map(String))
        assert.deepEqual(hops.map(({ id }) => id), [...route, net.hosts[1].peerId].map(String))
        assert.ok(hops.every(({ rttMs }) => rttMs !== null), JSON.stringify(hops))
      })
    })
  }

  describe('when somebody does not want it, or is gone', () => {
    it('declines a flow that the destination does not want, and keeps nothing of it', async () => {
      const picky = await net.addHost({ accepts: (source, flow) => flow === undefined })
      await until(async () => {
        const descriptor = await a.discovery.describe(picky.peerId, { fresh: true }).catch(() => undefined)
        return descriptor?.host?.access.length === 4
      }, 'it says where it is attached', 10_000)
      await assert.rejects(a.paths.install(picky.peerId), (error: Error) => /declines/.test(error.message))
      assert.deepEqual(installed(), [0, 0, 0, 0])
    })

    it('asks no forwarder twice for what its operator has revoked, and ends what stands at once', async () => {
      const key = await generateKeyPair('Ed25519')
      const offer = await offerOver({ rsp: key, forwarders: route, source: net.hosts[0].peerId, destination: net.hosts[1].peerId })
      const path = await a.paths.install(net.hosts[1].peerId, { offer })
      net.forwarders[1].services.byway.revoke(offer.rsp)
      assert.equal(statusOf(1).table.paths, 0)
      await until(() => a.paths.list()[0].state === 'lost', 'a notice tells the host', 8_000)
      await assert.rejects(a.paths.install(net.hosts[1].peerId, { offer }), { code: 'NOT_AUTHORIZED', index: 1 })
      await a.paths.remove(path.id)
    })

    it('goes on after a forwarder in the middle was restarted: a notice tells, and the path is set up anew', async () => {
      const [seeds, key] = [net.seeds, await generateKeyPair('Ed25519')]
      const start = async (address: string): Promise<BywayNode<Forwarder>> => createNode({
        role: forwarder({ network: TESTNET, bootstrap: seeds }), privateKey: key, listen: [address], network: TESTNET, servesDht: true, isLocal: true
      })
      const middle = await start('/ip4/127.0.0.1/tcp/0')
      const address = middle.getMultiaddrs()[0].decapsulate('/p2p').toString()
      route = [net.forwarders[0].peerId, middle.peerId, net.forwarders[2].peerId]
      const channel = await openChannel('one-pass')
      await until(() => channel.status.active?.path.includes(middle.peerId.toString()) === true, 'the new path is used', 10_000)
      await kill(middle)
      await until(() => channel.status.active?.isDefault !== false, 'the path is left', 5_000)
      const restarted = await start(address)
      await until(() => channel.status.active?.path.includes(restarted.peerId.toString()) === true, 'the path is installed anew and used', 20_000)
      assert.equal(restarted.services.byway.status.table.paths, 1)
      channel.close()
      await restarted.stop()
      route = [0, 1, 2].map((i) => net.forwarders[i].peerId)
    })
  })
})
