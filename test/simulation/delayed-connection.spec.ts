import assert from 'node:assert/strict'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { pEvent } from 'p-event'
import { Uint8ArrayList } from 'uint8arraylist'
import { DelayLine } from '../../src/simulation/delay-line.ts'
import { DelayedConnection } from '../../src/simulation/delayed-connection.ts'
import type { MultiaddrConnection, StreamCloseEvent } from '@libp2p/interface'

const RTT_MS = 20

function collect (connection: MultiaddrConnection): Uint8ArrayList {
  const received = new Uint8ArrayList()
  connection.addEventListener('message', ({ data }) => { received.append(data) })
  return received
}

describe('delayed connection', () => {
  let near: DelayedConnection
  let far: MultiaddrConnection

  function connect (maxInFlightBytes?: number): void {
    const [inner, remote] = multiaddrConnectionPair()
    near = new DelayedConnection({ inner, rttMs: RTT_MS, line: new DelayLine(), maxInFlightBytes })
    far = remote
  }

  beforeEach(() => { connect() })

  it('delivers pieces of all sizes in order, in both directions', async () => {
    const pieces = Array.from({ length: 200 }, (_, at) => new Uint8Array(at % 7 === 0 ? 3000 : 1).fill(at))
    const expected = new Uint8ArrayList(...pieces).subarray()
    const [atFar, atNear] = [collect(far), collect(near)]
    for (const piece of pieces) {
      near.send(piece)
      far.send(piece)
    }
    await Promise.all([near.close(), pEvent(far, 'close')])
    assert.deepEqual(atFar.subarray(), expected)
    assert.deepEqual(atNear.subarray(), expected)
  })

  it('takes as long as a line of its rate does, in both directions', async () => {
    const [inner, remote] = multiaddrConnectionPair()
    const limited = new DelayedConnection({ inner, rttMs: RTT_MS, line: new DelayLine(), bytesPerSecond: 1e6 })
    for (const [from, to] of [[limited, remote], [remote, limited]] as const) {
      const received = collect(to)
      const startMs = performance.now()
      for (let i = 0; i < 10; i++) {
        from.send(new Uint8Array(10_000))
      }
      while (received.byteLength < 100_000) {
        await pEvent(to, 'message')
      }
      assert.ok(performance.now() - startMs > 100 + RTT_MS / 2 - 5, `${performance.now() - startMs} ms`)
    }
    await Promise.all([limited.close(), pEvent(remote, 'close')])
  })

  it('makes who sends faster than its rate wait, with a tenth of a second under way', () => {
    const [inner] = multiaddrConnectionPair()
    const limited = new DelayedConnection({ inner, rttMs: RTT_MS, line: new DelayLine(), bytesPerSecond: 1e6 })
    let sent = 0
    while (limited.send(new Uint8Array(10_000))) {
      sent += 10_000
      assert.ok(sent < 1e6)
    }
    assert.ok(sent >= 90_000 && sent <= 130_000, `${sent}`)
    limited.abort(new Error('done'))
  })

  it('lets the far end close only after what was sent before has come', async () => {
    const received = collect(near)
    far.send(new Uint8Array(50_000))
    const startMs = performance.now()
    await Promise.all([far.close(), pEvent(near, 'close')])
    assert.equal(received.byteLength, 50_000)
    assert.ok(performance.now() - startMs > RTT_MS / 2 - 1)
    assert.equal(near.status, 'closed')
  })

  it('aborts at once on this side, and half a round trip later on the other, after the data', async () => {
    const received = collect(far)
    const farClosed = pEvent(far, 'close')
    near.send(new Uint8Array(1000))
    const startMs = performance.now()
    near.abort(new Error('enough'))
    assert.equal(near.status, 'aborted')
    await farClosed
    assert.ok(performance.now() - startMs > RTT_MS / 2 - 1)
    assert.equal(received.byteLength, 1000)
  })

  it('ends aborted when the inner connection fails', async () => {
    const [inner] = multiaddrConnectionPair()
    const delayed = new DelayedConnection({ inner, rttMs: RTT_MS, line: new DelayLine() })
    const closed = pEvent<'close', StreamCloseEvent>(delayed, 'close')
    inner.abort(new Error('cable cut'))
    assert.match((await closed).error?.message ?? '', /cable cut/)
  })

  it('asks the sender to wait at its bound and lets it go on when half is free', async () => {
    connect(10_000)
    const received = collect(far)
    assert.equal(near.send(new Uint8Array(9_000)), true)
    assert.equal(near.send(new Uint8Array(1_000)), false)
    await pEvent(near, 'drain', { timeout: 1000 })
    assert.equal(received.byteLength, 10_000)
    assert.equal(near.send(new Uint8Array(1)), true)
  })

  it('pauses the inner connection at its bound, and delivers all of it in the end', async () => {
    const [inner, remote] = multiaddrConnectionPair()
    let pauses = 0
    const pause = inner.pause.bind(inner)
    inner.pause = () => { pauses++; pause() }
    const delayed = new DelayedConnection({ inner, rttMs: RTT_MS, line: new DelayLine(), maxInFlightBytes: 10_000 })
    const received = collect(delayed)
    for (let piece = 0; piece < 100; piece++) {
      if (!remote.send(new Uint8Array(1_000))) await pEvent(remote, 'drain', { timeout: 1000 })
    }
    await Promise.all([remote.close(), pEvent(delayed, 'close')])
    assert.ok(pauses > 0)
    assert.equal(received.byteLength, 100_000)
  })

  it('holds back what a paused reader has not asked for', async () => {
    const received = collect(near)
    near.pause()
    far.send(new Uint8Array(1_000))
    await new Promise(resolve => setTimeout(resolve, 2 * RTT_MS))
    assert.equal(received.byteLength, 0)
    near.resume()
    await pEvent(near, 'message', { timeout: 1000 }).catch(() => {})
    assert.equal(received.byteLength, 1_000)
  })

  it('gives up waiting for its close when told to', async () => {
    await assert.rejects(near.close({ signal: AbortSignal.timeout(1) }), { name: 'TimeoutError' })
  })
})
