import assert from 'node:assert/strict'
import { pEvent } from 'p-event'
import { createTestnet, kill, until } from '../helpers/testnet.ts'
import type { Channel } from '../../src/host/channel.ts'
import type { OutgoingChannel } from '../../src/host/outgoing-channel.ts'
import type { Testnet } from '../helpers/testnet.ts'

describe('a channel between hosts that cannot reach each other directly', () => {
  const hosts = new Set<string>()
  let net: Testnet
  let outgoing: OutgoingChannel
  let incoming: Channel

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 2, connectionGater: { denyDialPeer: (peer) => hosts.has(peer.toString()) } })
    for (const { peerId } of net.hosts) {
      hosts.add(peerId.toString())
    }
    await net.ready()
  })

  after(async () => {
    await net.stop()
  })

  it('is opened over a path in no more than a few seconds, and says so', async () => {
    const [a, b] = net.hosts
    const accepted = pEvent<'channel', CustomEvent<Channel>>(b.services.byway, 'channel')
    const startMs = performance.now()
    outgoing = await a.services.byway.open(b.peerId)
    assert.ok(performance.now() - startMs < 10_000, `${performance.now() - startMs} ms`)
    incoming = (await accepted).detail
    await until(() => outgoing.status.active !== undefined, 'a path is used')
    assert.equal(a.getConnections(b.peerId).length, 0)
    assert.equal(outgoing.status.default, undefined)
    assert.match(outgoing.status.text, /^via .+ \(RSP \w+\)$/)
    assert.match(outgoing.status.reason, /default route does not answer/)
  })

  it('carries datagrams both ways', async () => {
    await exchange(outgoing, incoming)
  })

  it('goes on over another path when a forwarder in use is gone', async () => {
    await outgoing.settled()
    const used = outgoing.status.active?.path ?? []
    await kill(net.forwarders.find(({ peerId }) => peerId.toString() === used[0]) as Testnet['forwarders'][0])
    await until(() => outgoing.status.active !== undefined && !outgoing.status.active.path.includes(used[0]), 'another path')
    await exchange(outgoing, incoming)
    assert.equal(outgoing.isClosed || incoming.isClosed, false)
  })
})

async function exchange (outgoing: OutgoingChannel, incoming: Channel): Promise<void> {
  for (const [from, to] of [[outgoing, incoming], [incoming, outgoing]] as Array<[Channel, Channel]>) {
    const arrived = pEvent<'message', CustomEvent<Uint8Array>>(to, 'message', { timeout: 10_000 })
    assert.equal(from.send(Uint8Array.of(7)), true)
    assert.deepEqual((await arrived).detail, Uint8Array.of(7))
  }
}
