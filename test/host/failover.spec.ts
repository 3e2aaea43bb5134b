import assert from 'node:assert/strict'
import { pEvent } from 'p-event'
import { createTestnet, kill, until } from '../helpers/testnet.ts'
import type { Channel, RouteChange } from '../../src/host/channel.ts'
import type { Flushable } from '../../src/link/end-of-tick.ts'
import type { Link } from '../../src/link/link.ts'
import type { OutgoingChannel } from '../../src/host/outgoing-channel.ts'
import type { Testnet } from '../helpers/testnet.ts'

/** What the whole change takes, detection and a tick or two, is well within that: what is lost meanwhile is counted. */
const RECOVERY_MS = 1_000
/** A busy machine may stand still beside. */
const PATIENCE_MS = 10_000

describe('a channel whose forwarder is stopped', () => {
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 2 })
    await net.ready()
  })

  after(async () => {
    await net.stop()
  })

  it('goes on over another path or the default route, again and again, and loses no more than what was under way', async () => {
    const [a, b] = net.hosts
    const accepted = pEvent<'channel', CustomEvent<Channel>>(b.services.byway, 'channel')
    const outgoing = await a.services.byway.open(b.peerId, { selector: { preferPath: true } })
    const incoming = (await accepted).detail
    await outgoing.settled()
    const traffic = startTraffic(outgoing, incoming)
    try {
      for (let left = 3; left > 0; left--) {
        await until(() => outgoing.status.active?.isDefault === false, 'a path is used')
        const used = outgoing.status.active?.path[0] as string
        const reasons: string[] = []
        outgoing.addEventListener('route', ({ detail }) => { reasons.push(detail.reason) })
        await kill(net.forwarders.find(({ peerId }) => peerId.toString() === used) as Testnet['forwarders'][0])
        const stoppedMs = performance.now()
        await until(() => outgoing.status.active !== undefined && !outgoing.status.active.path.includes(used), 'another route', PATIENCE_MS)
        assert.match(reasons.join(), /the path in use failed.* \((the link to its first node has ended|a forwarder says noSuchNeighbour|it stopped answering)\)/)
        await until(() => traffic.lastMs() > stoppedMs + 50, 'datagrams arrive again', PATIENCE_MS)
      }
      assert.equal(outgoing.status.active?.isDefault, true)
      assert.match(outgoing.status.text, /^default \(/)
      assert.ok(traffic.lost() < RECOVERY_MS / TRAFFIC_INTERVAL_MS * 3, `${traffic.lost()} lost`)
    } finally {
      traffic.stop()
    }
  })
})

describe('a channel whose forwarder drops everything and says nothing', () => {
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 2, rsps: ['reports'], hosts: 2 })
    await net.ready()
  })

  after(async () => { await net.stop() })

  it('finds out by itself, and says why it left the path', async () => {
    const [a, b] = net.hosts
    const accepted = pEvent<'channel', CustomEvent<Channel>>(b.services.byway, 'channel')
    const outgoing = await a.services.byway.open(b.peerId, { selector: { preferPath: true } })
    const traffic = startTraffic(outgoing, (await accepted).detail)
    try {
      await outgoing.settled()
      await until(() => outgoing.status.active?.isDefault === false, 'a path is used')
      const used = outgoing.status.active?.path[0] as string
      const left = pEvent<'route', CustomEvent<RouteChange>>(outgoing, 'route', { timeout: PATIENCE_MS, filter: ({ detail }) => detail.cause === 'failed' })
      const { services } = net.forwarders.find(({ peerId }) => peerId.toString() === used) as Testnet['forwarders'][0]
      for (const link of services.byway.links as Iterable<Link & Flushable>) {
        link.flush = () => {}
      }
      const silentMs = performance.now()
      const { detail } = await left
      assert.deepEqual([detail.cause, /\((.*)\)/.exec(detail.reason)?.[1]], ['failed', 'it stopped answering'])
      await until(() => traffic.lastMs() > silentMs + 50, 'datagrams arrive again', PATIENCE_MS)
    } finally {
      traffic.stop()
    }
  })
})

const TRAFFIC_INTERVAL_MS = 20

/** A datagram every 20 ms, and when the last one arrived. */
function startTraffic (outgoing: OutgoingChannel, incoming: Channel): { lastMs: () => number, lost: () => number, stop: () => void } {
  let [sent, received, lastMs] = [0, 0, 0]
  incoming.addEventListener('message', () => {
    received++
    lastMs = performance.now()
  })
  const timer = setInterval(() => {
    sent++
    outgoing.send(Uint8Array.of(1))
  }, TRAFFIC_INTERVAL_MS)
  return { lastMs: () => lastMs, lost: () => sent - received, stop: () => { clearInterval(timer) } }
}
