import assert from 'node:assert/strict'
import { peerIdFromString } from '@libp2p/peer-id'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import { createTestnet, until } from '../helpers/testnet.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'
import type { Host } from '../../src/host/host.ts'
import type { Testnet } from '../helpers/testnet.ts'

describe('a host that is attached to the nearest forwarder only', () => {
  let net: Testnet
  let host: BywayNode<Host>

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 1 })
    host = await net.addHost({ maxAccess: 1 })
    await net.ready()
    await until(() => attachedPoints(host) === 1, 'it is attached to one')
    await until(async () => await offeredExits(host) === 2, 'it says that it would attach to the others')
  })

  after(async () => { await net.stop() })

  it('does not attach by a descriptor that a peer has altered', async () => {
    const { directory } = net.hosts[0].services.byway.discovery
    const genuine = directory.get.bind(directory)
    let forged = 0
    directory.get = (peer) => {
      const found = genuine(peer)
      return found?.roles.has('forwarder') === true ? { ...found, bytes: found.bytes.map((byte, i) => i === found.bytes.length - 1 ? byte ^ ++forged : byte) } : found
    }
    try {
      const channel = await net.hosts[0].services.byway.open(host.peerId)
      await until(() => forged > 0, 'the peer is asked')
      await new Promise((resolve) => setTimeout(resolve, 500))
      assert.equal(channel.isClosed, false)
      assert.equal(attachedPoints(host), 1)
      assert.ok(channel.status.routes.every(({ path }) => path.length === 0 || host.services.byway.access.isAttached(peerIdFromString(path[path.length - 1]))))
      channel.close()
    } finally {
      directory.get = genuine
    }
  })

  it('attaches to others when a peer asks for them as exits, and leaves them after the channel', async () => {
    const channel = await net.hosts[0].services.byway.open(host.peerId, { selector: { preferPath: true } })
    await channel.settled()
    const answering = (): Set<string> => new Set(channel.status.routes.filter(({ isDefault, alive, measuredRttMs }) => !isDefault && alive && measuredRttMs !== null).map(({ path }) => path[path.length - 1]))
    await until(() => attachedPoints(host) > 1 && answering().size > 1, 'it is attached to what was offered as an exit, and paths over several exits answer')
    channel.close()
    await until(() => attachedPoints(host) === 1, 'it has left them', 20_000)
  })
})

function attachedPoints ({ services }: BywayNode<Host>): number {
  return services.byway.access.points.filter(({ attached }) => attached).length
}

async function offeredExits ({ services }: BywayNode<Host>): Promise<number> {
  const { self, verification } = services.byway.discovery
  return (await openDescriptor(await self.get(), verification)).host?.access.filter(({ attached }) => !attached).length ?? 0
}
