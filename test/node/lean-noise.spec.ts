// Messages between two nodes whose Noise is lean, and whose muxer frees what one protocol was sent.
import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@libp2p/yamux'
import { leanNoise } from '../../src/node/lean-noise.ts'
import { quietYamux } from '../../src/node/quiet-yamux.ts'
import { connected, createNode, stopNodes } from '../helpers/nodes.ts'
import type { Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

const KEPT = '/test/lean-noise/kept'
const USED = '/test/lean-noise/used'
/** Of what is freed: most of a message that came in pieces. */
const LARGE_BYTES = 16_384
const LEAN = {
  connectionEncrypters: [leanNoise(noise())],
  streamMuxers: [quietYamux(yamux(), { keepsNothing: new Set([USED]) })]
}

interface Exchange {
  /** As the receiver was handed them. */
  parts: Uint8Array[]
  /** Copied at once. */
  received: Buffer
}

/** Bytes that tell where they belong. */
function messageOf (bytes: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) => (at * 31 + seed + (at >> 8)) & 0xff)
}

async function exchange (protocol: string, sizes: readonly number[]): Promise<Exchange> {
  const [a, b] = [await createNode(LEAN), await createNode(LEAN)]
  const parts: Uint8Array[] = []
  const copies: Buffer[] = []
  const totalBytes = sizes.reduce((sum, bytes) => sum + bytes, 0)
  let bytes = 0
  const arrived = new Promise<void>((resolve) => {
    void b.handle(protocol, (stream: Stream) => {
      stream.addEventListener('message', ({ data }) => {
        for (const part of data instanceof Uint8Array ? [data] : data) {
          parts.push(part)
          copies.push(Buffer.from(part))
          bytes += part.length
        }
        if (bytes >= totalBytes) {
          resolve()
        }
      })
    })
  })
  const stream = await (await connected(a, b)).newStream(protocol)
  for (const [index, size] of sizes.entries()) {
    if (!stream.send(messageOf(size, index))) {
      await new Promise((resolve) => { stream.addEventListener('drain', resolve, { once: true }) })
    }
  }
  await arrived
  // what the muxer does after the event
  await delay(1)
  return { parts, received: Buffer.concat(copies) }
}

function expected (sizes: readonly number[]): Buffer {
  return Buffer.concat(sizes.map(messageOf))
}

/** What the system read and wrote, in large pieces. */
function watchSockets (): { read: Uint8Array[], written: Uint8Array[], stop: () => void } {
  const read: Uint8Array[] = []
  const written: Uint8Array[] = []
  const { push } = Socket.prototype
  const write = Socket.prototype.write as (...all: unknown[]) => boolean
  Socket.prototype.push = function (this: Socket, chunk: Uint8Array | null, ...args: never[]) {
    read.push(...chunk !== null && chunk.length >= LARGE_BYTES ? [chunk] : [])
    return push.call(this, chunk, ...args)
  }
  Socket.prototype.write = function (this: Socket, chunk: Uint8Array, ...args: never[]) {
    written.push(...chunk.length >= LARGE_BYTES ? [chunk] : [])
    return write.call(this, chunk, ...args)
  }
  return { read, written, stop: () => { Object.assign(Socket.prototype, { push, write }) } }
}

function shareFreed (parts: readonly Uint8Array[]): number {
  return parts.filter(({ length }) => length === 0).length / parts.length
}

describe('lean noise', () => {
  afterEach(stopNodes)

  const SIZES = [1, 15, 16, 17, 1_171, 1_172, 1_188, 1_200, 16_384, 65_507, 65_508, 65_519, 65_520, 131_072, 200_000, 3]
  for (const protocol of [KEPT, USED]) {
    it(`carries messages of every size as they are, on ${protocol}`, async () => {
      const { received } = await exchange(protocol, SIZES)
      assert.deepEqual(received, expected(SIZES))
    })

    it(`loses nothing where the socket is full, on ${protocol}`, async () => {
      const sizes = Array.from({ length: 200 }, (_, index) => 50_000 + index * 97)
      const { received } = await exchange(protocol, sizes)
      assert.ok(received.equals(expected(sizes)))
    })
  }

  it('frees what was read and written, and what a receiver was handed only where it keeps nothing', async () => {
    const sizes = Array.from({ length: 100 }, () => 60_000)
    const sockets = watchSockets()
    const used = await exchange(USED, sizes)
    sockets.stop()
    assert.ok(sockets.read.length > 0 && sockets.written.length > 0)
    assert.ok(shareFreed(sockets.read) > 0.9, `${shareFreed(sockets.read)} of what was read`)
    assert.ok(shareFreed(sockets.written) > 0.5, `${shareFreed(sockets.written)} of what was written`)
    assert.ok(shareFreed(used.parts) > 0.5, `${shareFreed(used.parts)} of what was handed out`)
    const kept = await exchange(KEPT, sizes)
    assert.ok(Buffer.concat(kept.parts).equals(expected(sizes)))
  })

  const FORGERIES: Array<[string, number]> = [['a small message', 100], ['a large message', 30_000], ['a message that is shorter than its tag', 15], ['one of 16 bytes', 16]]
  for (const [title, bytes] of FORGERIES) {
    it(`ends the connection for ${title} that is forged`, async () => {
      const [a, b] = [await createNode(LEAN), await createNode(LEAN)]
      const connection = await connected(a, b)
      while (b.getConnections(a.peerId).length === 0) {
        await delay(1)
      }
      const [inbound] = b.getConnections(a.peerId)
      const closed = new Promise<void>((resolve) => { inbound.addEventListener('close', () => { resolve() }) })
      // libp2p's own fields: the muxer's connection is the encrypted one, and below that is the socket's
      const raw = (connection as unknown as { muxer: { maConn: { stream: { send: (data: Uint8Array) => boolean } } } }).muxer.maConn.stream
      raw.send(Uint8Array.from([bytes >> 8, bytes & 0xff, ...messageOf(bytes, 7)]))
      await closed
      assert.notEqual(inbound.status, 'open')
    })
  }

  it('leaves alone a connection that it does not know', async () => {
    const connection = { send: () => true, decrypt: (message: Uint8ArrayList) => message }
    const { decrypt } = connection
    const encrypter = { secureInbound: async () => ({ connection }), secureOutbound: async () => ({ connection }) }
    await leanNoise(() => encrypter as never)({}).secureInbound({} as never)
    assert.equal(connection.decrypt, decrypt)
  })
})
