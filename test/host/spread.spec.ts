import assert from 'node:assert/strict'
import { pEvent } from 'p-event'
import { createTestnet, kill, until } from '../helpers/testnet.ts'
import type { Channel } from '../../src/host/channel.ts'
import type { OutgoingChannel } from '../../src/host/outgoing-channel.ts'
import type { Spread } from '../../src/host/path-selector.ts'
import type { Testnet } from '../helpers/testnet.ts'

const DATAGRAMS = 200
const INTERVAL_MS = 4

describe('datagrams that are spread over several routes', () => {
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 4, rsps: ['reports'], hosts: 2 })
    await net.ready()
  })

  after(async () => {
    await net.stop()
  })

  it('in turns arrive each once, over more than one route', async () => {
    const { outgoing, received } = await connect(net, 'stripes')
    await until(() => Math.max(...net.forwarders.map(load)) > 0 && outgoing.status.active?.isDefault === false, 'a path is used')
    const before = net.forwarders.map(load)
    // soon, so that probes of the paths are few beside them
    await send(outgoing, DATAGRAMS, 20)
    await until(() => received.length >= DATAGRAMS, 'all arrive')
    assert.deepEqual(received.toSorted((a, b) => a - b), numbers(DATAGRAMS))
    const most = Math.max(...net.forwarders.map((forwarder, i) => load(forwarder) - before[i]))
    assert.ok(most < DATAGRAMS, `one forwarder carried ${most} packets, so that nothing was spread`)
    outgoing.close()
  })

  it('as copies arrive each once, and none is lost when a forwarder of one of the two routes is killed', async () => {
    const { outgoing, received } = await connect(net, 'copies')
    await until(() => outgoing.status.active?.isDefault === false && outgoing.status.backup !== undefined, 'two routes are used')
    const used = outgoing.status.active?.path[0]
    const sending = send(outgoing, DATAGRAMS)
    await new Promise((resolve) => setTimeout(resolve, DATAGRAMS / 2 * INTERVAL_MS))
    await kill(net.forwarders.find(({ peerId }) => peerId.toString() === used) as Testnet['forwarders'][0])
    await sending
    await until(() => received.length >= DATAGRAMS, 'all arrive')
    assert.deepEqual(received.toSorted((a, b) => a - b), numbers(DATAGRAMS))
    outgoing.close()
  })
})

function load ({ services }: Testnet['forwarders'][0]): number {
  return services.byway.status.forwardedPackets
}

async function connect ({ hosts: [a, b] }: Testnet, spread: Spread): Promise<{ outgoing: OutgoingChannel, received: number[] }> {
  const accepted = pEvent<'channel', CustomEvent<Channel>>(b.services.byway, 'channel')
  const outgoing = await a.services.byway.open(b.peerId, { selector: { preferPath: true, spread } })
  const incoming = (await accepted).detail
  const received: number[] = []
  incoming.addEventListener('message', ({ detail }) => { received.push(detail[0]) })
  await outgoing.settled()
  return { outgoing, received }
}

async function send (outgoing: OutgoingChannel, count: number, atOnce = 1): Promise<void> {
  for (const number of numbers(count)) {
    outgoing.send(Uint8Array.of(number))
    if ((number + 1) % atOnce === 0) {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS))
    }
  }
}

function numbers (count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
