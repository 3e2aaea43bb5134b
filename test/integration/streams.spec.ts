// Reliable streams between real nodes, while the path that they take goes away.
import assert from 'node:assert/strict'
import { pEvent } from 'p-event'
import { createTestnet, kill, until } from '../helpers/testnet.ts'
import type { Channel } from '../../src/host/channel.ts'
import type { ChannelStream } from '../../src/host/stream/channel-stream.ts'
import type { OutgoingChannel } from '../../src/host/outgoing-channel.ts'
import type { Testnet } from '../helpers/testnet.ts'

const BYTES = 10_000_000
const CHUNK_BYTES = 50_000
/** Of a busy machine that runs all nodes, and seals and opens everything three times. */
const TRANSFER_DEADLINE_MS = 60_000

describe('reliable streams between hosts', () => {
  let net: Testnet

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 2 })
    await net.ready()
  })

  afterEach(() => {
    for (const { services } of net.hosts) {
      for (const channel of services.byway.channels) {
        channel.close()
      }
    }
  })

  after(async () => {
    await net.stop()
  })

  it('carry requests and answers on the default route, and end with the channel', async () => {
    const { outgoing, incoming } = await connect(net)
    incoming.addEventListener('stream', ({ detail }) => { echo(detail) })
    const stream = outgoing.openStream()
    const back = collect(stream)
    stream.send(pattern(0, 1_000))
    stream.close()
    await until(() => stream.isClosed, 'both directions are over')
    assert.equal(back.checkedBytes, 1_000)
    const other = outgoing.openStream()
    const closed = pEvent<'close', CustomEvent<Error | null>>(other, 'close')
    outgoing.close()
    assert.equal((await closed).detail?.name, 'StreamClosedError')
  })

  it('are reset where nobody takes them', async () => {
    const { outgoing } = await connect(net)
    const stream = outgoing.openStream()
    stream.send(pattern(0, 10))
    const { detail } = await pEvent<'close', CustomEvent<Error | null>>(stream, 'close')
    assert.equal(detail?.name, 'StreamResetError')
  })

  it('arrive whole and in order although the forwarder that they go through is killed, in both directions', async function () {
    this.timeout(2 * TRANSFER_DEADLINE_MS)
    const { outgoing, incoming } = await connect(net, true)
    await outgoing.settled()
    await until(() => outgoing.status.active?.isDefault === false, 'a path is used')
    incoming.addEventListener('stream', ({ detail }) => { echo(detail) })
    const stream = outgoing.openStream()
    const back = collect(stream)
    void write(stream)
    await until(() => back.checkedBytes > BYTES / 5, 'a fifth is there and back', TRANSFER_DEADLINE_MS)
    const used = outgoing.status.active?.path[0] as string
    await kill(net.forwarders.find(({ peerId }) => peerId.toString() === used) as Testnet['forwarders'][0])
    const atMs = performance.now()
    const before = back.checkedBytes
    await until(() => back.checkedBytes > before + CHUNK_BYTES && outgoing.status.active?.path.includes(used) === false, 'it goes on', TRANSFER_DEADLINE_MS)
    console.log(`      goes on ${(performance.now() - atMs).toFixed(0)} ms after the forwarder died`)
    await until(() => stream.isClosed, 'all is there and back', TRANSFER_DEADLINE_MS)
    assert.equal(back.checkedBytes, BYTES)
    assert.equal(outgoing.isClosed, false)
  })
})

async function connect ({ hosts: [a, b] }: Testnet, preferPath = false): Promise<{ outgoing: OutgoingChannel, incoming: Channel }> {
  const accepted = pEvent<'channel', CustomEvent<Channel>>(b.services.byway, 'channel')
  const outgoing = await a.services.byway.open(b.peerId, { selector: { preferPath } })
  return { outgoing, incoming: (await accepted).detail }
}

function byteAt (offset: number): number {
  return (offset * 7 + (offset >>> 8) * 13) % 251
}

function pattern (offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    bytes[i] = byteAt(offset + i)
  }
  return bytes
}

async function write (stream: ChannelStream): Promise<void> {
  for (let offset = 0; offset < BYTES; offset += CHUNK_BYTES) {
    if (!stream.send(pattern(offset, CHUNK_BYTES))) {
      await pEvent(stream, 'drain')
    }
  }
  stream.close()
}

/** Sends back what comes, and holds the peer back while that does not leave. */
function echo (stream: ChannelStream): void {
  stream.addEventListener('message', ({ detail }) => {
    if (!stream.send(detail)) {
      stream.pause()
    }
  })
  stream.addEventListener('drain', () => { stream.resume() })
  stream.addEventListener('remoteCloseWrite', () => { stream.close() })
}

function collect (stream: ChannelStream): { checkedBytes: number } {
  const seen = { checkedBytes: 0 }
  stream.addEventListener('message', ({ detail }) => {
    for (let i = 0; i < detail.length; i++) {
      if (detail[i] !== byteAt(seen.checkedBytes + i)) {
        assert.fail(`byte ${seen.checkedBytes + i} is wrong`)
      }
    }
    seen.checkedBytes += detail.length
  })
  return seen
}
