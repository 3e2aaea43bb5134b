import assert from 'node:assert/strict'
import { byteStream, lpStream, streamPair } from '@libp2p/utils'
import { concat } from 'uint8arrays/concat'
import * as varint from 'uint8-varint'
import { pacedStream } from '../../src/defence/paced-stream.ts'
import { VirtualTimers } from '../helpers/virtual-timers.ts'
import { until } from '../helpers/testnet.ts'
import type { Stream } from '@libp2p/interface'

const MAX_MESSAGE_BYTES = 64

describe('stream of paced messages', () => {
  let timers: VirtualTimers
  let waits: Array<number | undefined>
  let asked: number
  let tooLong: number
  let sender: Stream
  let inner: Stream
  let paced: Stream

  beforeEach(async () => {
    timers = new VirtualTimers()
    waits = []
    asked = 0
    tooLong = 0
    const pair = await streamPair({ delay: 0 })
    sender = pair[0]
    inner = pair[1]
    paced = pacedStream(inner, {
      maxMessageBytes: MAX_MESSAGE_BYTES,
      take: () => {
        asked++
        return waits.length === 0 ? 0 : waits.shift()
      },
      onTooLong: () => { tooLong++ },
      startTimer: timers.startTimer
    })
  })

  afterEach(() => {
    sender.abort(new Error('the test is over'))
    inner.abort(new Error('the test is over'))
  })

  /** Each message that the reader gets, as one event or in several. */
  function readAll (): Uint8Array[] {
    const messages: Uint8Array[] = []
    paced.addEventListener('message', ({ data }) => { messages.push(data.subarray()) })
    return messages
  }

  /** What has come lies with us when the first message has asked for its turn. */
  async function arrived (count = 1): Promise<void> {
    await until(() => asked >= count, 'what was sent has come')
  }

  it('gives its reader one message at a time, each in a turn of its own', async () => {
    const turns: number[] = []
    let turn = 0
    paced.addEventListener('message', () => { turns.push(turn) })
    sender.send(concat([framed(1, 10), framed(2, 20), framed(3, 30)]))
    waits = [1, 1, 1]
    await arrived()
    while (timers.running > 0) {
      turn++
      timers.advance(1)
    }
    assert.deepEqual(turns, [1, 2, 3])
  })

  it('gives a message when its turn is, not before', async () => {
    waits = [0, 500]
    const messages = readAll()
    sender.send(concat([framed(1, 10), framed(2, 20)]))
    await arrived()
    timers.advance(499)
    assert.equal(messages.length, 1)
    timers.advance(1)
    assert.equal(messages.length, 2)
  })

  it('puts together what comes in pieces', async () => {
    const messages = readAll()
    const whole = framed(7, 40)
    for (const byte of whole) {
      sender.send(Uint8Array.of(byte))
    }
    await arrived()
    timers.advance(0)
    assert.deepEqual(messages, [whole])
  })

  it('does not read on while as much waits as it holds', async () => {
    waits = [1_000]
    const messages = readAll()
    const flood = concat(Array.from({ length: 200 }, (_, number) => framed(number, 40)))
    sender.send(flood)
    await arrived()
    await until(() => inner.readStatus === 'paused', 'it is paused')
    assert.ok(paced.readBufferLength - inner.readBufferLength <= 4 * MAX_MESSAGE_BYTES)
    assert.equal(paced.readStatus, 'readable', 'its reader sees nothing of that')
    waits = []
    timers.advance(1_000)
    await until(() => { timers.advance(0); return messages.length === 200 }, 'all of them come')
    assert.deepEqual(concat(messages), flood)
  })

  it('ends for a message that is too long, before any of it is held', async () => {
    const messages = readAll()
    sender.send(concat([varint.encode(1 << 30), new Uint8Array(100)]))
    await until(() => inner.status === 'aborted', 'it is ended')
    assert.deepEqual([messages.length, tooLong, asked, paced.readBufferLength], [0, 1, 0, 0])
  })

  it('ends for a message that is refused', async () => {
    waits = [undefined]
    const messages = readAll()
    sender.send(framed(1, 10))
    await until(() => inner.status === 'aborted', 'it is ended')
    assert.deepEqual([messages.length, timers.running], [0, 0])
  })

  it('keeps no timer once it is gone', async () => {
    waits = [1_000]
    readAll()
    sender.send(framed(1, 10))
    await arrived()
    assert.equal(timers.running, 1)
    inner.abort(new Error('gone'))
    assert.deepEqual([timers.running, paced.readBufferLength], [0, 0])
  })

  it('gives all that came before its sender closed, to readers that look for the end', async () => {
    waits = [0, 0, 200]
    const reader = lpStream(paced)
    sender.send(concat([framed(1, 10), framed(2, 10), framed(3, 10)]))
    void sender.close()
    await until(() => inner.remoteWriteStatus === 'closed', 'the sender has closed')
    for (const byte of [1, 2, 3]) {
      const message = reader.read()
      timers.advance(200)
      assert.equal((await message).get(0), byte)
    }
    assert.equal(paced.readBufferLength, 0)
  })

  it('tells its reader that the last message is not whole', async () => {
    const reader = byteStream(paced)
    sender.send(framed(1, 10).subarray(0, 5))
    void sender.close()
    await arrived()
    timers.advance(0)
    await assert.rejects(async () => reader.read({ bytes: 11 }), { name: 'UnexpectedEOFError' })
  })

  it('gives what is left of a message that is cut, with its new length', async () => {
    const cut = pacedStream(inner, { maxMessageBytes: MAX_MESSAGE_BYTES, take: () => 0, onTooLong: () => {}, cut: (message) => message.subarray(0, 3) })
    const reader = lpStream(cut)
    sender.send(concat([framed(1, 10), framed(2, 2)]))
    assert.deepEqual((await reader.read()).subarray(), new Uint8Array(3).fill(1))
    assert.deepEqual((await reader.read()).subarray(), new Uint8Array(2).fill(2))
  })

  it('ends for a message that cannot be cut', async () => {
    const cut = pacedStream(inner, { maxMessageBytes: MAX_MESSAGE_BYTES, take: () => 0, onTooLong: () => {}, cut: () => { throw new Error('unreadable') } })
    const reader = lpStream(cut)
    sender.send(framed(1, 10))
    await assert.rejects(async () => reader.read(), { message: 'unreadable' })
    assert.equal(inner.status, 'aborted')
  })

  it('holds nothing for a reader that has closed it, and ends when more comes', async () => {
    waits = [0, 1_000]
    const messages = readAll()
    sender.send(concat([framed(1, 10), framed(2, 10)]))
    await arrived()
    timers.advance(0)
    assert.deepEqual([messages.length, timers.running, paced.readBufferLength], [1, 1, 11])
    await paced.close()
    assert.deepEqual([timers.running, paced.readBufferLength], [0, 0])
    sender.send(framed(3, 10))
    await until(() => inner.status === 'aborted', 'it is ended')
    assert.equal(messages.length, 1)
  })

  it('sends and closes as the stream does', async () => {
    const told: Uint8Array[] = []
    sender.addEventListener('message', ({ data }) => { told.push(data.subarray()) })
    paced.send(Uint8Array.of(1, 2, 3))
    await until(() => told.length > 0, 'it is sent')
    assert.deepEqual(told, [Uint8Array.of(1, 2, 3)])
    void paced.close()
    await until(() => sender.remoteWriteStatus === 'closed', 'it is closed')
  })
})

/** So many bytes, all of them this number. */
function framed (number: number, bytes: number): Uint8Array {
  return concat([varint.encode(bytes), new Uint8Array(bytes).fill(number)])
}
