import assert from 'node:assert/strict'
import { once } from 'node:events'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { MAX_FAILURE_BYTES, responseFrames } from '../../protocols/framing.ts'
import { request, serve } from '../../protocols/request-response.ts'
import { until } from '../helpers/testnet.ts'
import { impatient, pairOfNodes, text } from './request-response.samples.ts'
import type { Stream } from '@libp2p/interface'

describe('request/response engine, against', () => {
  const pair = pairOfNodes()

  async function openRaw (): Promise<Stream> {
    return await pair.connection.newStream(text.protocol)
  }

  /** All that the server says on a stream until it closes its side; the stream is reset then. */
  async function answerTo (bytes: Uint8Array, close: boolean): Promise<Uint8Array> {
    const stream = await openRaw()
    const chunks: Uint8Array[] = []
    const ended = once(stream, 'end')
    stream.addEventListener('message', event => { chunks.push(event.data.subarray()) })
    if (bytes.length > 0) {
      stream.send(bytes)
    }
    if (close) {
      await stream.close()
    }
    await ended
    stream.abort(new Error('enough'))
    return concat(chunks)
  }

  /** The service is too impatient for a machine that is busy; whoever asks again is served. */
  async function isServed (): Promise<void> {
    await until(async () => await request(pair.connection, text, 'hello').catch(() => '') === 'hello', 'the next one is served')
  }

  describe('a hostile client', () => {
    const cases = [
      { title: 'an oversized length', bytes: [0x81, 0x08, 1, 2, 3], close: false, status: 2 },
      { title: 'a length that never ends', bytes: new Array(20).fill(0xff), close: false, status: 2 },
      { title: 'a length in a longer form', bytes: [0x81, 0x00, 1], close: false, status: 1 },
      { title: 'a truncated request', bytes: [10, 1, 2, 3], close: true, status: 1 },
      { title: 'a length without a body', bytes: [10], close: true, status: 1 },
      { title: 'nothing, and closes', bytes: [], close: true, status: 1 },
      { title: 'a request that its codec cannot read', bytes: [1, 0xff], close: true, status: 1 },
      { title: 'nothing, and stays', bytes: [], close: false, status: 7 },
      { title: 'half a request, and stays', bytes: [10, 1], close: false, status: 7 }
    ]

    for (const { title, bytes, close, status } of cases) {
      it(`that sends ${title} gets status ${status}, and the next one is served`, async () => {
        await serve(pair.registrar, impatient, message => message)
        const answer = await answerTo(Uint8Array.from(bytes), close)
        assert.equal(answer[0], status)
        assert.equal(answer.length, answer[1] + 2)
        await isServed()
      })
    }

    it('that sends half a megabyte instead of a request is cut off, and the next one is served', async () => {
      await serve(pair.registrar, impatient, message => message)
      const stream = await openRaw()
      const closed = once(stream, 'close')
      stream.send(new Uint8Array(512 * 1024).fill(0xff))
      await closed
      await isServed()
    })

    it('that sends random bytes does not stop the service', async () => {
      await serve(pair.registrar, impatient, message => message)
      await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2000 }), fc.boolean(), async (bytes, reset) => {
        const stream = await openRaw()
        stream.addEventListener('message', () => {})
        const closed = once(stream, 'close')
        stream.send(bytes)
        if (reset) {
          stream.abort(new Error('reset'))
        } else {
          await stream.close()
        }
        await closed
      }), { numRuns: 40, seed: 1 })
      await isServed()
    })

    it('that does not read its answers is reset', async () => {
      let produced = 0
      await serve(pair.registrar, impatient, async function * () {
        while (true) {
          produced++
          yield 'x'.repeat(60_000)
        }
      })
      const stream = await openRaw()
      stream.maxReadBufferLength = 8 * 1024 * 1024
      stream.pause()
      const closed = once(stream, 'close')
      stream.send(Uint8Array.of(1, 65))
      await closed
      assert.ok(produced < 100, `${produced} answers were made for nobody`)
    })
  })

  describe('a hostile server', () => {
    const cases = [
      { title: 'an oversized length', bytes: [0, 0xff, 0xff, 0x7f], error: 'MessageTooLargeError' },
      { title: 'an oversized explanation', bytes: [5, 0x81, 0x02], error: 'MessageTooLargeError' },
      { title: 'a truncated answer', bytes: [0, 10, 1, 2], error: 'MalformedMessageError' },
      { title: 'a status alone', bytes: [0], error: 'MalformedMessageError' },
      { title: 'no answer', bytes: [], error: 'UnavailableError' },
      { title: 'an unknown status', bytes: [99, 0], error: 'RemoteInternalError' }
    ]

    for (const { title, bytes, error } of cases) {
      it(`that sends ${title} causes ${error}`, async () => {
        await pair.server.handle(text.protocol, async stream => {
          if (bytes.length > 0) {
            stream.send(Uint8Array.from(bytes))
          }
          await stream.close()
        })
        await assert.rejects(request(pair.connection, text, 'hello'), { name: error })
      })
    }

    it('that resets the stream causes UnavailableError', async () => {
      await pair.server.handle(text.protocol, stream => { stream.abort(new Error('no')) })
      await assert.rejects(request(pair.connection, text, 'hello'), { name: 'UnavailableError' })
    })

    it('that answers nothing causes DeadlineError', async () => {
      await pair.server.handle(text.protocol, () => {})
      await assert.rejects(request(pair.connection, text, 'hello', { deadlineMs: 100 }), { name: 'DeadlineError', remote: false })
      assert.equal(pair.connection.streams.filter(stream => stream.protocol === text.protocol).length, 0)
    })

    it('that sends random bytes causes typed errors only', async () => {
      await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), async chunks => {
        async function * source (): AsyncGenerator<Uint8Array> {
          yield * chunks
        }
        try {
          for await (const frame of responseFrames(200)(source())) {
            assert.ok(frame.body.length <= (frame.status === 0 ? 200 : MAX_FAILURE_BYTES))
          }
        } catch (error) {
          assert.match((error as Error).name, /^(MalformedMessageError|MessageTooLargeError)$/)
        }
      }), { numRuns: 500, seed: 2 })
    })
  })
})
