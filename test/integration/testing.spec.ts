// `byway/testing` as an application uses it, and what it promises.
import assert from 'node:assert/strict'
import { pEvent } from 'p-event'
import { createTestnet } from '../../src/testing.ts'
import { whyReport } from '../../src/cli/why-report.ts'
import type { Channel } from '../../src/host/channel.ts'
import type { NodeName } from '../../src/testing.ts'

const areHosts = (a: NodeName, b: NodeName): boolean => a.startsWith('host') && b.startsWith('host')
const DEFAULT_MS = 200
const NEAR_MS = 20
/** How exact the delays are, on each of the connections that a route goes over. */
const TOLERANCE_MS = 3

describe('byway/testing', function () {
  this.timeout(60_000)

  it('runs the example of the README: a channel leaves its slow default route for a path, and says so', async () => {
    await using net = await createTestnet({
      forwarders: 3, rsps: 2, hosts: 2, latencies: (a, b) => areHosts(a, b) ? DEFAULT_MS : NEAR_MS
    })
    await net.ready()
    const [alice, bob] = net.hosts
    const arrived = new Promise<string>((resolve) => {
      bob.services.byway.addEventListener('channel', ({ detail: channel }) => {
        channel.addEventListener('message', ({ detail }) => { resolve(new TextDecoder().decode(detail)) })
      })
    })
    const channel = await alice.services.byway.open(bob.peerId)
    await net.onPath(channel)
    channel.send(new TextEncoder().encode('hello'))
    assert.equal(await arrived, 'hello')

    assert.match(channel.status.text, /^via \S+ \(RSP \w{6}, −\d+\.\d ms\)$/)
    const { default: fallback, active } = channel.status
    assert.ok((fallback?.measuredRttMs ?? 0) >= DEFAULT_MS - TOLERANCE_MS, `default ${fallback?.measuredRttMs}`)
    assert.ok((active?.measuredRttMs ?? 0) >= 2 * (NEAR_MS - TOLERANCE_MS) && (active?.measuredRttMs ?? Infinity) < DEFAULT_MS, `path ${active?.measuredRttMs}`)

    const report = await whyReport(alice.services.byway, bob.peerId, new AbortController().signal)
    assert.deepEqual([report.kind, report.channel, report.verdict.slice(0, 4)], ['path', 'kept', 'via '])
    const [used, ...others] = report.routes
    assert.equal(used.use, 'in use')
    assert.deepEqual(used.path, active?.path)
    assert.ok(used.promised !== null && used.measured !== null)
    assert.ok(others.some(({ isDefault, why }) => isDefault && /ms slower than the route in use/.test(why)), JSON.stringify(others))
    assert.deepEqual(report.switches.slice(0, 2).map(({ route }) => route.split(' ')[0]), ['default', 'via'])
  })

  it('keeps hosts from each other that shall meet through forwarders only, and goes on when one of these is killed', async () => {
    await using net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 2, directHosts: false })
    await net.ready()
    const [alice, bob] = net.hosts
    await assert.rejects(alice.dial(bob.getMultiaddrs()))
    const answers = await net.offered(alice, bob)
    assert.ok(answers.some(({ paths }) => paths.length > 0))
    const accepted = pEvent<'channel', CustomEvent<Channel>>(bob.services.byway, 'channel')
    const channel = await alice.services.byway.open(bob.peerId)
    const incoming = (await accepted).detail
    await net.onPath(channel)
    assert.equal(channel.status.default, undefined)
    const used = channel.status.active?.path ?? []
    const victim = net.forwarders.find(({ peerId }) => peerId.toString() === used[0])
    assert.ok(victim !== undefined)
    await net.kill(victim)
    assert.equal(net.forwarders.length, 2)
    const message = pEvent<'message', CustomEvent<Uint8Array>>(incoming, 'message')
    const timer = setInterval(() => { channel.send(Uint8Array.of(7)) }, 50)
    try {
      await net.onPath(channel)
      await message
    } finally {
      clearInterval(timer)
    }
    assert.equal(alice.getConnections(bob.peerId).length, 0)
  })

  it('gives the same peer ids for the same seed, and others for another one', async () => {
    const idsOf = async (seed?: number): Promise<string[]> => {
      await using net = await createTestnet({ forwarders: 1, hosts: 1, seed })
      return [net.bootstrap, ...net.forwarders, ...net.hosts].map(({ peerId }) => peerId.toString())
    }
    const first = await idsOf(7)
    assert.equal(new Set(first).size, 3)
    assert.deepEqual(await idsOf(7), first)
    for (const ids of [await idsOf(8), await idsOf()]) {
      assert.ok(ids.every((id) => !first.includes(id)))
    }
  })

  it('has stopped all that it started when it cannot start in time', async () => {
    await assert.rejects(createTestnet({ forwarders: 2, startDeadlineMs: 1 }), { name: 'NotInTimeError', message: /^not within 1 ms: the testnet is up; \d+ nodes run$/ })
  })

  it('says how far things are when what is waited for does not come', async () => {
    await using net = await createTestnet({ forwarders: 1, rsps: 1, hosts: 2 })
    await net.ready()
    await net.kill(net.rsps[0])
    const [alice, bob] = net.hosts
    await assert.rejects(net.offered(alice, bob, { deadlineMs: 3_000 }), { name: 'NotInTimeError', message: /^not within 3000 ms: a path is offered: (the RSP that maps by reports says |no RSP is known)/ })
    const channel = await alice.services.byway.open(bob.peerId)
    await assert.rejects(net.onPath(channel, { deadlineMs: 3_000 }), { message: /it goes direct$/ })
    await assert.rejects(net.ready({ signal: AbortSignal.abort(new Error('enough')) }), { message: 'enough' })
  })
})
