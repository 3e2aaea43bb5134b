import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { errorOfStatus, NotFoundError, STATUS_TABLE, statusOf } from '../../protocols/errors.ts'
import { MAX_FAILURE_BYTES, responseFrames } from '../../protocols/framing.ts'
import { MAX_CONCURRENT_PER_PEER, request, serve, subscribe } from '../../protocols/request-response.ts'
import { connected, createNode, stopNodes, watchUncaught } from '../helpers/nodes.ts'
import type { Connection, Logger, Stream } from '@libp2p/interface'
import type { Caller, Method } from '../../protocols/request-response.ts'
import type { TestNode } from '../helpers/nodes.ts'

const text: Method<string, string> = {
  protocol: '/byway/test/1.0.0',
  maxRequestBytes: 1024,
  maxResponseBytes: 64 * 1024,
  deadlineMs: 2000,
  encodeRequest: message => fromString(message),
  decodeRequest: bytes => {
    if (bytes[0] === 0xff) {
      throw new TypeError('a decoder that fails in its own way')
    }
    return toString(bytes)
  },
  encodeResponse: message => fromString(message),
  decodeResponse: bytes => toString(bytes)
}

const impatient = { ...text, deadlineMs: 150 }

async function all<T> (source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) {
    values.push(value)
  }
  return values
}

describe('request/response engine', () => {
  const uncaught = watchUncaught()
  let server: TestNode
  let client: TestNode
  let connection: Connection

  before(async () => {
    server = await createNode()
    client = await createNode()
  })

  beforeEach(async () => {
    connection = await connected(client, server)
  })

  afterEach(async () => {
    await server.unhandle(text.protocol)
  })

  after(async () => {
    await stopNodes()
    uncaught.stop()
    assert.equal(uncaught.count(), 0, 'uncaught exceptions')
  })

  const registrar = (): TestNode['services']['internals']['registrar'] => server.services.internals.registrar

  async function openRaw (): Promise<Stream> {
    return await connection.newStream(text.protocol)
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

  describe('one answer', () => {
    it('carries the request to the handler and the answer back', async () => {
      let caller: Caller | undefined
      await serve(registrar(), text, (message, from) => {
        caller = from
        return message.toUpperCase()
      })
      assert.equal(await request(connection, text, 'hello'), 'HELLO')
      assert.equal(caller?.peer.equals(client.peerId), true)
    })

    it('carries an empty request and an empty answer', async () => {
      await serve(registrar(), text, message => message)
      assert.equal(await request(connection, text, ''), '')
    })

    it('leaves no stream behind', async () => {
      await serve(registrar(), text, message => message)
      for (let i = 0; i < 10; i++) {
        await request(connection, text, 'x')
      }
      await delay(50)
      assert.equal(connection.streams.filter(stream => stream.protocol === text.protocol).length, 0)
    })

    it('refuses to send a request over the limit', async () => {
      await assert.rejects(request(connection, text, 'x'.repeat(1025)), { name: 'MessageTooLargeError', remote: false })
    })

    it('says that the peer does not speak the protocol', async () => {
      await assert.rejects(request(connection, text, 'hello'), { name: 'ProtocolNotSupportedError' })
    })

    it('says that the connection is gone', async () => {
      await connection.close()
      await assert.rejects(request(connection, text, 'hello'), { name: 'UnavailableError' })
    })

    it('ends with CancelledError when the caller cancels, and leaves no listener on its signal', async () => {
      const started = Promise.withResolvers<Caller>()
      await serve(registrar(), text, async (message, caller) => {
        started.resolve(caller)
        return await new Promise<string>(() => {})
      })
      const controller = new AbortController()
      const pending = request(connection, text, 'hello', { signal: controller.signal })
      const caller = await started.promise
      controller.abort(new Error('enough'))
      await assert.rejects(pending, { name: 'CancelledError' })
      if (!caller.signal.aborted) {
        await once(caller.signal, 'abort')
      }
      assert.equal(caller.signal.reason.name, 'UnavailableError')
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
      await assert.rejects(request(connection, text, 'hello', { signal: controller.signal }), { name: 'CancelledError' })
    })

    it('leaves no listener on the signal of an exchange that went well', async () => {
      await serve(registrar(), text, message => message)
      const { signal } = new AbortController()
      await request(connection, text, 'hello', { signal })
      assert.equal(getEventListeners(signal, 'abort').length, 0)
    })
  })

  describe('failures of a handler', () => {
    for (const { status, code, error } of STATUS_TABLE) {
      it(`tells the caller of ${code}`, async () => {
        await serve(registrar(), text, () => { throw new error('because\u001b[31m of that') })
        const message = code === 'INTERNAL' ? 'internal error' : 'because?[31m of that'
        await assert.rejects(request(connection, text, 'hello'), { name: new error('').name, code, remote: true, message })
        assert.equal(statusOf(new error('')), status)
      })
    }

    it('gives a class that extends one of the table the status of that class', () => {
      class NoPathError extends NotFoundError {
        override name = 'NoPathError'
      }
      assert.equal(statusOf(new NoPathError('no path')), 5)
    })

    it('takes a status from a later version for INTERNAL', () => {
      assert.equal(errorOfStatus(200, 'new').name, 'RemoteInternalError')
    })

    it('keeps to itself and logs what a handler did not mean to say', async () => {
      const logged: unknown[] = []
      const log = Object.assign(() => {}, { error: (...args: unknown[]) => { logged.push(args.at(-1)) } }) as unknown as Logger
      const secret = new Error('password is swordfish')
      await serve(registrar(), text, () => { throw secret }, { log })
      await assert.rejects(request(connection, text, 'hello'), { name: 'RemoteInternalError', message: 'internal error' })
      assert.deepEqual(logged, [secret])
    })

    it('cuts a long explanation after a whole character', async () => {
      await serve(registrar(), text, () => { throw new NotFoundError('ä'.repeat(127) + '€€') })
      await assert.rejects(request(connection, text, 'hello'), { message: 'ä'.repeat(127) })
    })

    it('tells of a handler that takes too long, and aborts its signal', async () => {
      let caller: Caller | undefined
      await serve(registrar(), impatient, async (message, from) => {
        caller = from
        return await new Promise<string>(() => {})
      })
      await assert.rejects(request(connection, text, 'hello'), { name: 'DeadlineError', remote: true })
      assert.equal(caller?.signal.reason.name, 'DeadlineError')
    })
  })

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
        await serve(registrar(), impatient, message => message)
        const answer = await answerTo(Uint8Array.from(bytes), close)
        assert.equal(answer[0], status)
        assert.equal(answer.length, answer[1] + 2)
        assert.equal(await request(connection, text, 'hello'), 'hello')
      })
    }

    it('that sends half a megabyte instead of a request is cut off, and the next one is served', async () => {
      await serve(registrar(), impatient, message => message)
      const stream = await openRaw()
      const closed = once(stream, 'close')
      stream.send(new Uint8Array(512 * 1024).fill(0xff))
      await closed
      assert.equal(await request(connection, text, 'hello'), 'hello')
    })

    it('that sends random bytes does not stop the service', async () => {
      await serve(registrar(), impatient, message => message)
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
      assert.equal(await request(connection, text, 'hello'), 'hello')
    })

    it('that does not read its answers is reset', async () => {
      let produced = 0
      await serve(registrar(), impatient, async function * () {
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
        await server.handle(text.protocol, async stream => {
          if (bytes.length > 0) {
            stream.send(Uint8Array.from(bytes))
          }
          await stream.close()
        })
        await assert.rejects(request(connection, text, 'hello'), { name: error })
      })
    }

    it('that resets the stream causes UnavailableError', async () => {
      await server.handle(text.protocol, stream => { stream.abort(new Error('no')) })
      await assert.rejects(request(connection, text, 'hello'), { name: 'UnavailableError' })
    })

    it('that answers nothing causes DeadlineError', async () => {
      await server.handle(text.protocol, () => {})
      await assert.rejects(request(connection, text, 'hello', { deadlineMs: 100 }), { name: 'DeadlineError', remote: false })
      assert.equal(connection.streams.filter(stream => stream.protocol === text.protocol).length, 0)
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

  describe('places', () => {
    it('gives one peer four at once and tells the fifth request OVER_QUOTA', async () => {
      const go = Promise.withResolvers<string>()
      await serve(registrar(), text, async () => await go.promise)
      const pending = Array.from({ length: MAX_CONCURRENT_PER_PEER }, async () => await request(connection, text, 'x'))
      await delay(50)
      await assert.rejects(request(connection, text, 'x'), { name: 'OverQuotaError', remote: true })
      go.resolve('done')
      assert.deepEqual(await Promise.all(pending), new Array(MAX_CONCURRENT_PER_PEER).fill('done'))
      assert.equal(await request(connection, text, 'x'), 'done')
    })

    it('refuses other peers too when all are taken', async () => {
      const go = Promise.withResolvers<string>()
      await serve(registrar(), text, async () => await go.promise, { maxConcurrent: 1 })
      const pending = request(connection, text, 'x')
      await delay(50)
      const other = await connected(await createNode(), server)
      await assert.rejects(request(other, text, 'x'), { name: 'OverQuotaError' })
      go.resolve('done')
      assert.equal(await pending, 'done')
      assert.equal(await request(other, text, 'x'), 'done')
    })
  })

  describe('a subscription', () => {
    it('gives answer after answer until the server closes', async () => {
      await serve(registrar(), text, async function * (message) {
        yield `${message} 1`
        yield `${message} 2`
        yield `${message} 3`
      })
      assert.deepEqual(await all(subscribe(connection, text, 'n')), ['n 1', 'n 2', 'n 3'])
    })

    it('may last longer than the deadline', async () => {
      await serve(registrar(), impatient, async function * () {
        yield 'early'
        await delay(250)
        yield 'late'
      })
      assert.deepEqual(await all(subscribe(connection, impatient, '')), ['early', 'late'])
    })

    it('throws the typed error with which the server ends it', async () => {
      await serve(registrar(), text, async function * () {
        yield 'first'
        throw new NotFoundError('gone')
      })
      const answers = subscribe(connection, text, '')
      assert.equal((await answers.next()).value, 'first')
      await assert.rejects(answers.next(), { name: 'NotFoundError', message: 'gone' })
    })

    it('ends with DeadlineError when the server is silent for longer than idleMs', async () => {
      await serve(registrar(), text, async function * (message, { signal }) {
        yield 'first'
        await once(signal, 'abort')
      })
      const answers = subscribe(connection, text, '', { idleMs: 100 })
      assert.equal((await answers.next()).value, 'first')
      await assert.rejects(answers.next(), { name: 'DeadlineError', remote: false })
    })

    it('does not count the time that its consumer takes as silence', async () => {
      await serve(registrar(), text, async function * () {
        yield 'first'
        yield 'second'
      })
      const answers = subscribe(connection, text, '', { idleMs: 100 })
      await answers.next()
      await delay(200)
      assert.equal((await answers.next()).value, 'second')
    })

    it('is reset when its consumer leaves, which aborts the signal of the handler', async () => {
      const left = Promise.withResolvers<string>()
      await serve(registrar(), text, async function * (message, { signal }) {
        signal.addEventListener('abort', () => { left.resolve(signal.reason.name) })
        while (!signal.aborted) {
          yield 'tick'
          await delay(5)
        }
      })
      for await (const answer of subscribe(connection, text, '')) {
        assert.equal(answer, 'tick')
        break
      }
      assert.equal(await left.promise, 'UnavailableError')
    })

    it('ends at once when return() is called while a next() is pending', async () => {
      await serve(registrar(), text, async function * (message, { signal }) {
        yield 'first'
        await once(signal, 'abort')
      })
      const answers = subscribe(connection, text, '')
      await answers.next()
      const pending = answers.next()
      await answers.return(undefined)
      assert.equal((await pending).done, true)
    })

    it('holds back a server that is faster than its consumer', async () => {
      let produced = 0
      await serve(registrar(), text, async function * () {
        for (; produced < 500; produced++) {
          yield 'x'.repeat(60_000)
        }
      })
      const answers = subscribe(connection, text, '')
      await answers.next()
      await delay(200)
      assert.ok(produced < 60, `${produced} answers of 60 kB were sent ahead`)
      let received = 1
      for await (const answer of answers) {
        received += answer.length / 60_000
      }
      assert.equal(received, 500)
    })

    it('ends with UnavailableError when the service is unregistered', async () => {
      const unregister = await serve(registrar(), text, async function * (message, { signal }) {
        yield 'first'
        await once(signal, 'abort')
      })
      const answers = subscribe(connection, text, '')
      await answers.next()
      await unregister()
      await assert.rejects(answers.next(), { name: 'UnavailableError', remote: true })
      await assert.rejects(request(connection, text, 'x'), { name: 'ProtocolNotSupportedError' })
    })
  })
})
