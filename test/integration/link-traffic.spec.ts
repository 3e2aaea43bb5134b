// What passes over a link is measured by the forwarders at its ends, reported, and on an RSP's map as path finding reads it.
import assert from 'node:assert/strict'
import { createTestnet, until } from '../helpers/testnet.ts'
import { measurePath } from '../../src/topology/path.ts'
import { packet } from '../link/link-nodes.ts'
import type { Testnet } from '../helpers/testnet.ts'

const PACKET_BYTES = 1_000
const PACKETS_PER_TICK = 10
const TICK_MS = 5
/** What the ticks send; a busy machine is late with some. */
const OFFERED_BYTES_PER_SECOND = PACKET_BYTES * PACKETS_PER_TICK * 1_000 / TICK_MS

describe('traffic over a link', function () {
  this.timeout(60_000)

  let net: Testnet
  let traffic: ReturnType<typeof setInterval> | undefined

  before(async () => {
    net = await createTestnet({ forwarders: 2, rsps: ['reports'], forwarderInit: { priceMicroPerGb: 50_000, capacityBytesPerSecond: 20_000_000 } })
    await net.ready()
  })

  after(async () => {
    clearInterval(traffic)
    await net.stop()
  })

  it('is on the map of an RSP by direction, with what the forwarder that sends it asks', async () => {
    const [sender, receiver] = net.forwarders
    const { map } = net.rsps[0].services.byway
    const [from, to] = [sender, receiver].map(({ peerId }) => peerId.toString())
    const metrics = (a: string, b: string): ReturnType<typeof measurePath> => measurePath(map.snapshot(Date.now()), [a, b].map((key) => map.indexOf(key) as number), 0, 0)
    await until(() => metrics(from, to)?.price === 50_000 && metrics(to, from)?.price === 50_000, 'both have said their price', 20_000)
    assert.equal(metrics(from, to)?.bytesPerSecond, undefined)

    // the other end has no use for these packets, but it reads and credits them
    const link = sender.services.byway.links.get(receiver.peerId)
    const bytes = packet(0, PACKET_BYTES)
    traffic = setInterval(() => {
      for (let i = 0; i < PACKETS_PER_TICK; i++) {
        const at = link?.reserve(PACKET_BYTES, false) ?? -1
        if (at >= 0) {
          link?.buffer.set(bytes, at)
        }
      }
    }, TICK_MS)
    await until(() => (map.estimate(from, to)?.forth.loadBytesPerSecond ?? 0) > OFFERED_BYTES_PER_SECOND / 4, 'the load is on the map', 20_000)
    await until(() => (metrics(from, to)?.bytesPerSecond ?? 0) > OFFERED_BYTES_PER_SECOND / 4, 'the rate is on the map', 20_000)
    const [there, back] = [map.estimate(from, to)?.forth, map.estimate(to, from)?.forth]
    assert.equal(there?.rateIsFloor, true, 'the link was never full')
    assert.ok((there?.bytesPerSecond ?? 0) <= 1.5 * OFFERED_BYTES_PER_SECOND)
    assert.ok((metrics(from, to)?.loadPpm ?? 0) > 10_000)
    assert.equal(back?.bytesPerSecond, undefined, 'only probes went the other way')
    assert.ok((metrics(to, from)?.loadPpm ?? 1e6) < 10_000)
    assert.ok((metrics(from, to)?.delayVarianceUs2 ?? 0) > 0)

    clearInterval(traffic)
    await until(() => (map.estimate(from, to)?.forth.loadBytesPerSecond ?? 0) < OFFERED_BYTES_PER_SECOND / 4, 'the load is off the map', 30_000)
    assert.ok((metrics(from, to)?.bytesPerSecond ?? 0) > 0, 'the rate is remembered')
  })
})
