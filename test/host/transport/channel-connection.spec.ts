import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { Uint8ArrayList } from 'uint8arraylist'
import { defaultLogger } from '@libp2p/logger'
import { ChannelConnection } from '../../../src/host/transport/channel-connection.ts'
import { bywayAddressOf } from '../../../src/host/transport/byway-address.ts'
import { joinedStreams } from './joined-streams.ts'
import { peerOf } from '../../helpers/descriptors.ts'
import { until } from '../../helpers/testnet.ts'
import type { ChannelStream } from '../../../src/host/stream/channel-stream.ts'
import type { JoinedStreams } from './joined-streams.ts'
import type { StreamCloseEvent } from '@libp2p/interface'

/** As much as one that does not read may be sent: the window of a stream, and what waits to be sent. */
const MAX_HELD_BYTES = 4_000_000

describe('a connection over a channel', () => {
  let ends: JoinedStreams
  let a: ChannelConnection
  let b: ChannelConnection
  /** Of `a`. */
  let stream: ChannelStream

  beforeEach(async () => {
    ends = joinedStreams()
    const [here, there] = await ends.open()
    stream = here
    const log = defaultLogger().forComponent('test')
    a = new ChannelConnection({ stream: here, remoteAddr: bywayAddressOf(await peerOf(2)), direction: 'outbound', received: new Uint8Array(), log })
    b = new ChannelConnection({ stream: there, remoteAddr: bywayAddressOf(await peerOf(1)), direction: 'inbound', received: Uint8Array.of(9), log })
  })

  afterEach(() => { ends.close() })

  function collect (connection: ChannelConnection): { bytes: Uint8ArrayList } {
    const seen = { bytes: new Uint8ArrayList() }
    connection.addEventListener('message', ({ data }) => { seen.bytes.append(data) })
    return seen
  }

  function closeOf (connection: ChannelConnection): Promise<StreamCloseEvent> {
    return new Promise((resolve) => { connection.addEventListener('close', resolve, { once: true }) })
  }

  it('hands out first what was received before', async () => {
    const seen = collect(b)
    a.send(Uint8Array.of(1, 2))
    await until(() => seen.bytes.byteLength === 3, 'all is there')
    assert.deepEqual([...seen.bytes.subarray()], [9, 1, 2])
  })

  it('carries lists of any size in order', async () => {
    const seen = collect(b)
    const data = new Uint8Array(1_500_000).map((_, i) => (i * 7 + (i >>> 8) * 13) % 251)
    a.send(new Uint8ArrayList(data.subarray(0, 10), data.subarray(10, 700_000), data.subarray(700_000)))
    await until(() => seen.bytes.byteLength === 1 + data.byteLength, 'all is there')
    assert.deepEqual(Buffer.from(seen.bytes.subarray(1)), Buffer.from(data))
  })

  it('holds the sender back while the other end is paused, and goes on when it reads again', async () => {
    const seen = collect(b)
    await until(() => seen.bytes.byteLength === 1, 'it reads')
    b.pause()
    let sentBytes = 0
    const chunk = new Uint8Array(65_536)
    while (a.send(chunk)) {
      sentBytes += chunk.byteLength
      await new Promise((resolve) => setImmediate(resolve))
      assert.ok(sentBytes < MAX_HELD_BYTES, `${sentBytes} bytes were taken for one that does not read`)
    }
    sentBytes += chunk.byteLength
    assert.ok(b.readBufferLength < MAX_HELD_BYTES)
    const drained = new Promise((resolve) => { a.addEventListener('drain', resolve, { once: true }) })
    b.resume()
    await drained
    await until(() => seen.bytes.byteLength === 1 + sentBytes, 'all is there')
  })

  it('closes when the other end has all that was sent, and at both ends', async () => {
    const seen = collect(b)
    const closed = Promise.all([a, b].map(closeOf))
    a.send(new Uint8Array(800_000))
    await a.close()
    assert.equal(seen.bytes.byteLength, 800_001)
    assert.deepEqual((await closed).map(({ error }) => error), [undefined, undefined])
    assert.deepEqual([a.status, b.status], ['closed', 'closed'])
  })

  it('closes although the other end has paused', async () => {
    b.pause()
    await a.close()
    assert.equal(a.status, 'closed')
  })

  it('gives up closing when the signal fires, and can be aborted then', async () => {
    ends.b.close()
    await assert.rejects(a.close({ signal: AbortSignal.timeout(20) }))
    a.abort(new Error('enough'))
    assert.equal(a.status, 'aborted')
  })

  it('regression: does not wait for the other end when the signal has fired before', async () => {
    ends.b.close()
    await assert.rejects(a.close({ signal: AbortSignal.abort(new Error('too late')) }), { message: 'too late' })
    a.abort(new Error('enough'))
    assert.equal(a.status, 'aborted')
  })

  it('regression: leaves no listener behind, neither at the signal nor at the stream, when it gives up closing', async () => {
    const leaving = new AbortController()
    const listeners = stream.listenerCount('close')
    ends.b.close()
    const closing = a.close({ signal: leaving.signal })
    leaving.abort(new Error('enough'))
    await assert.rejects(closing, { message: 'enough' })
    assert.deepEqual([getEventListeners(leaving.signal, 'abort').length, stream.listenerCount('close')], [0, listeners])
  })

  it('is reset at the other end when it is aborted, with what was not delivered', async () => {
    const closed = closeOf(b)
    a.abort(new Error('enough'))
    const { error } = await closed
    assert.equal(error?.name, 'StreamResetError')
    assert.deepEqual([a.status, b.status], ['aborted', 'reset'])
    assert.throws(() => b.send(Uint8Array.of(1)), { name: 'StreamStateError' })
  })

  it('fails when the channel goes away', async () => {
    const closed = closeOf(a)
    ends.a.close()
    assert.equal((await closed).error?.name, 'StreamClosedError')
    assert.equal(a.status, 'aborted')
  })
})
