// A message through a node whose writes leave at once, beside one as libp2p makes it.
import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { oneWrite } from '../../src/node/one-write.ts'
import { connected, createNode, stopNodes } from '../helpers/nodes.ts'
import type { Stream } from '@libp2p/interface'

const PROTOCOL = '/test/one-write'
const MESSAGE_BYTES = 65_000

/** What reaches the system, by the number of pieces in each call. */
function watchWrites (): { calls: number[], stop: () => void } {
  const calls: number[] = []
  const { _write, _writev } = Socket.prototype
  Socket.prototype._write = function (...args) {
    calls.push(1)
    _write.apply(this, args)
  }
  Socket.prototype._writev = function (chunks, callback) {
    calls.push(chunks.length)
    _writev?.call(this, chunks, callback)
  }
  return { calls, stop: () => { Object.assign(Socket.prototype, { _write, _writev }) } }
}

/** Sends messages over a plain node's connection to another and gives what came, and how often something was written for it. */
async function exchange (gaters: { connectionGater?: ReturnType<typeof oneWrite> }, messages: number): Promise<{ received: Uint8Array, writes: number[] }> {
  const [a, b] = [await createNode(gaters), await createNode(gaters)]
  const parts: Uint8Array[] = []
  let bytes = 0
  const arrived = new Promise<void>((resolve) => {
    void b.handle(PROTOCOL, (stream: Stream) => {
      stream.addEventListener('message', ({ data }) => {
        parts.push(data.subarray())
        bytes += data.byteLength
        if (bytes >= messages * MESSAGE_BYTES) {
          resolve()
        }
      })
    })
  })
  const stream = await (await connected(a, b)).newStream(PROTOCOL)
  const { calls, stop } = watchWrites()
  for (let message = 0; message < messages; message++) {
    if (!stream.send(new Uint8Array(MESSAGE_BYTES).fill(message + 1))) {
      await new Promise((resolve) => { stream.addEventListener('drain', resolve, { once: true }) })
    }
  }
  const writes = [...calls]
  await arrived
  stop()
  return { received: Buffer.concat(parts), writes }
}

describe('one write', () => {
  afterEach(stopNodes)

  it('hands a message to the system in one call, where libp2p makes one for each piece', async () => {
    const plain = await exchange({}, 1)
    assert.ok(plain.writes.length > 1, `${plain.writes.length} calls`)
    const { writes } = await exchange({ connectionGater: oneWrite() }, 1)
    assert.equal(writes.length, 1)
    assert.equal(writes[0], plain.writes.length, 'the same pieces')
  })

  it('loses nothing and changes no order when the socket is full', async () => {
    const messages = 200
    const { received } = await exchange({ connectionGater: oneWrite() }, messages)
    assert.equal(received.length, messages * MESSAGE_BYTES)
    for (let message = 0; message < messages; message++) {
      const part = received.subarray(message * MESSAGE_BYTES, (message + 1) * MESSAGE_BYTES)
      assert.ok(part.every((byte) => byte === message + 1), `message ${message}`)
    }
  })

  it('leaves alone what is no TCP connection', async () => {
    const connection = { sendData: () => ({ sentBytes: 1, canSendMore: true }) }
    const { sendData } = connection
    assert.equal(await oneWrite().denyInboundConnection?.(connection as never), false)
    assert.equal(connection.sendData, sendData)
  })
})
