import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { TypedEventEmitter } from 'main-event'
import { defaultLogger } from '@libp2p/logger'
import { sealBinding } from '../../../protocols/identity/codec.ts'
import { InboundConnections } from '../../../src/host/transport/inbound-connections.ts'
import { introduce } from '../../../src/host/transport/introduction.ts'
import { joinedStreams } from './joined-streams.ts'
import { keyOf, NETWORK, NOW_MS, peerOf } from '../../helpers/descriptors.ts'
import type { Channel, ChannelEvents } from '../../../src/host/channel.ts'
import type { ChannelConnection } from '../../../src/host/transport/channel-connection.ts'
import type { ChannelStream } from '../../../src/host/stream/channel-stream.ts'
import type { JoinedStreams } from './joined-streams.ts'
import type { PeerId, Upgrader } from '@libp2p/interface'
import type { Underlay } from '../../../src/host/transport/underlay.ts'

const [APPLICATION, UNDERLAY] = [1, 2]
const MAX_PENDING = 16

class FakeChannel extends TypedEventEmitter<ChannelEvents> {
  readonly remote: PeerId
  readonly ends: JoinedStreams = joinedStreams()
  isClosed = false

  constructor (remote: PeerId) {
    super()
    this.remote = remote
  }

  close (): void {
    if (!this.isClosed) {
      this.isClosed = true
      this.ends.close()
      this.safeDispatchEvent('close', { detail: 'closed' })
    }
  }
}

describe('inbound connections', () => {
  let channels: FakeChannel[] = []
  let refused: unknown[] = []
  let stopping: AbortController

  afterEach(() => {
    stopping.abort(new Error('over'))
    channels.forEach((channel) => { channel.close() })
    channels = []
    refused = []
  })

  /** `take` has an underlay open a channel with one stream, and gives the other end of that. */
  async function listener (maxPending = MAX_PENDING): Promise<{ inbound: InboundConnections, take: (underlay: number) => Promise<ChannelStream> }> {
    stopping = new AbortController()
    const host = new TypedEventEmitter<{ channel: CustomEvent<Channel> }>()
    const bytes = await bindingOf(APPLICATION, UNDERLAY)
    const inbound = new InboundConnections({
      underlay: { host: Object.assign(host, { discovery: { verification: { nowMs: NOW_MS, network: NETWORK } } }), binding: { bytes } } as unknown as Underlay,
      application: await peerOf(APPLICATION),
      upgrader: () => ({ upgradeInbound: async () => new Promise(() => {}) }) as unknown as Upgrader,
      connect: () => ({ abort: () => {} }) as unknown as ChannelConnection,
      maxPending,
      signal: stopping.signal,
      onRefused: (error) => { refused.push((error as Error).name) },
      log: defaultLogger().forComponent('test')
    })
    const take = async (underlay: number): Promise<ChannelStream> => {
      const channel = new FakeChannel(await peerOf(underlay))
      channels.push(channel)
      host.safeDispatchEvent('channel', { detail: channel as unknown as Channel })
      const [here, there] = await channel.ends.open()
      channel.safeDispatchEvent('stream', { detail: there })
      return here
    }
    return { inbound, take }
  }

  async function welcomed (stream: ChannelStream, underlay: number): Promise<string> {
    const verification = { nowMs: NOW_MS, network: NETWORK, underlay: await peerOf(UNDERLAY) }
    const binding = await bindingOf(underlay + 100, underlay)
    return introduce(stream, { binding, to: await peerOf(APPLICATION), verification }).then(() => 'welcome', ({ name }: Error) => name)
  }

  it('regression: silent streams of one underlay leave room for others', async () => {
    const { inbound, take } = await listener()
    for (let i = 0; i < MAX_PENDING + 4; i++) {
      await take(3)
    }
    assert.equal(inbound.pending, MAX_PENDING / 8)
    assert.deepEqual(new Set(refused), new Set(['OverQuotaError']))
    assert.equal(await welcomed(await take(4), 4), 'welcome')
  })

  it('regression: the oldest that says nothing gives way when all places are taken', async () => {
    const { inbound, take } = await listener()
    for (let i = 0; i < MAX_PENDING; i++) {
      await take(10 + Math.floor(i / 2))
    }
    assert.equal(await welcomed(await take(4), 4), 'welcome')
    assert.equal(inbound.pending, MAX_PENDING)
    assert.deepEqual(channels.map(({ isClosed }) => isClosed), [true, ...Array<boolean>(MAX_PENDING).fill(false)])
  })

  it('who has said who it is keeps its place, and a newcomer hears that there is none', async () => {
    const { take } = await listener(2)
    assert.deepEqual([await welcomed(await take(3), 3), await welcomed(await take(4), 4)], ['welcome', 'welcome'])
    assert.equal(await welcomed(await take(5), 5), 'OverQuotaError')
  })

  it('regression: who has said who it is, and does not get ready in time, gives way', async () => {
    const { inbound, take } = await listener(2)
    assert.deepEqual([await welcomed(await take(3), 3), await welcomed(await take(4), 4)], ['welcome', 'welcome'])
    const laterMs = performance.now() + 5_001
    const clock = mock.method(performance, 'now', () => laterMs)
    try {
      assert.equal(await welcomed(await take(5), 5), 'welcome')
    } finally {
      clock.mock.restore()
    }
    assert.equal(inbound.pending, 2)
    assert.deepEqual(channels.map(({ isClosed }) => isClosed), [true, false, false])
  })

  it('are all refused where none may be pending', async () => {
    const { take } = await listener(0)
    assert.equal(await welcomed(await take(3), 3), 'OverQuotaError')
  })
})

async function bindingOf (application: number, underlay: number): Promise<Uint8Array> {
  return sealBinding({ underlay: await peerOf(underlay), network: NETWORK, issuedAtMs: NOW_MS, expiresAtMs: NOW_MS + 600_000 }, await keyOf(application))
}
