import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { errorOfStatus, NotFoundError, STATUS_TABLE, statusOf } from '../../protocols/errors.ts'
import { MAX_CONCURRENT_PER_PEER, MAX_CONCURRENT_PER_PREFIX, request, serve } from '../../protocols/request-response.ts'
import { connected, createNode } from '../helpers/nodes.ts'
import { until } from '../helpers/testnet.ts'
import { impatient, pairOfNodes, text } from './request-response.samples.ts'
import type { Logger } from '@libp2p/interface'
import type { Caller } from '../../protocols/request-response.ts'

/** Gives an exchange far more time than a request may take to come. */
const patient = { ...text, deadlineMs: 20_000 }

describe('request/response engine', () => {
  const pair = pairOfNodes()

  describe('one answer', () => {
    it('carries the request to the handler and the answer back', async () => {
      let caller: Caller | undefined
      await serve(pair.registrar, text, (message, from) => {
        caller = from
        return message.toUpperCase()
      })
      assert.equal(await request(pair.connection, text, 'hello'), 'HELLO')
      assert.equal(caller?.peer.equals(pair.client.peerId), true)
    })

    it('carries an empty request and an empty answer', async () => {
      await serve(pair.registrar, text, message => message)
      assert.equal(await request(pair.connection, text, ''), '')
    })

    it('leaves no stream behind', async () => {
      await serve(pair.registrar, text, message => message)
      for (let i = 0; i < 10; i++) {
        await request(pair.connection, text, 'x')
      }
      await until(() => pair.connection.streams.every((stream) => stream.protocol !== text.protocol), 'all are closed', 900)
    })

    it('refuses to send a request over the limit', async () => {
      await assert.rejects(request(pair.connection, text, 'x'.repeat(1025)), { name: 'MessageTooLargeError', remote: false })
    })

    it('says that the peer does not speak the protocol', async () => {
      await assert.rejects(request(pair.connection, text, 'hello'), { name: 'ProtocolNotSupportedError' })
    })

    it('says that the connection is gone', async () => {
      await pair.connection.close()
      await assert.rejects(request(pair.connection, text, 'hello'), { name: 'UnavailableError' })
    })

    it('ends with CancelledError when the caller cancels, and leaves no listener on its signal', async () => {
      const started = Promise.withResolvers<Caller>()
      await serve(pair.registrar, text, async (message, caller) => {
        started.resolve(caller)
        return await new Promise<string>(() => {})
      })
      const controller = new AbortController()
      const pending = request(pair.connection, text, 'hello', { signal: controller.signal })
      const caller = await started.promise
      controller.abort(new Error('enough'))
      await assert.rejects(pending, { name: 'CancelledError' })
      if (!caller.signal.aborted) {
        await once(caller.signal, 'abort')
      }
      assert.equal(caller.signal.reason.name, 'UnavailableError')
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
      await assert.rejects(request(pair.connection, text, 'hello', { signal: controller.signal }), { name: 'CancelledError' })
    })

    it('leaves no listener on the signal of an exchange that went well', async () => {
      await serve(pair.registrar, text, message => message)
      const { signal } = new AbortController()
      await request(pair.connection, text, 'hello', { signal })
      assert.equal(getEventListeners(signal, 'abort').length, 0)
    })
  })

  describe('failures of a handler', () => {
    for (const { status, code, error } of STATUS_TABLE) {
      it(`tells the caller of ${code}`, async () => {
        await serve(pair.registrar, text, () => { throw new error('because\u001b[31m of that') })
        const message = code === 'INTERNAL' ? 'internal error' : 'because?[31m of that'
        await assert.rejects(request(pair.connection, text, 'hello'), { name: new error('').name, code, remote: true, message })
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
      await serve(pair.registrar, text, () => { throw secret }, { log })
      await assert.rejects(request(pair.connection, text, 'hello'), { name: 'RemoteInternalError', message: 'internal error' })
      assert.deepEqual(logged, [secret])
    })

    it('cuts a long explanation after a whole character', async () => {
      await serve(pair.registrar, text, () => { throw new NotFoundError('ä'.repeat(127) + '€€') })
      await assert.rejects(request(pair.connection, text, 'hello'), { message: 'ä'.repeat(127) })
    })

    it('tells of a handler that takes too long, and aborts its signal', async () => {
      let caller: Caller | undefined
      await serve(pair.registrar, impatient, async (message, from) => {
        caller = from
        return await new Promise<string>(() => {})
      })
      await assert.rejects(request(pair.connection, text, 'hello'), { name: 'DeadlineError', remote: true })
      assert.equal(caller?.signal.reason.name, 'DeadlineError')
    })
  })

  describe('places', () => {
    it('gives one peer four at once and tells the fifth request OVER_QUOTA', async () => {
      const go = Promise.withResolvers<string>()
      await serve(pair.registrar, text, async () => await go.promise)
      const pending = Array.from({ length: MAX_CONCURRENT_PER_PEER }, async () => await request(pair.connection, text, 'x'))
      await delay(50)
      await assert.rejects(request(pair.connection, text, 'x'), { name: 'OverQuotaError', remote: true })
      go.resolve('done')
      assert.deepEqual(await Promise.all(pending), new Array(MAX_CONCURRENT_PER_PEER).fill('done'))
      assert.equal(await request(pair.connection, text, 'x'), 'done')
    })

    it('is not taken by who opens streams and is silent: others are served meanwhile, and it is cut off in two seconds', async () => {
      await serve(pair.registrar, patient, message => message, { maxConcurrent: 1 })
      const silent = await Promise.all(Array.from({ length: MAX_CONCURRENT_PER_PEER }, async () => await pair.connection.newStream(text.protocol)))
      const cutOff = silent.map(async stream => {
        stream.addEventListener('message', () => {})
        await once(stream, 'end')
        stream.abort(new Error('enough'))
      })
      const other = await connected(await createNode(), pair.server)
      assert.equal(await request(other, patient, 'x'), 'x')
      await assert.rejects(request(pair.connection, patient, 'x'), { name: 'OverQuotaError', remote: true })
      await Promise.all(cutOff)
      assert.equal(await request(pair.connection, patient, 'x'), 'x')
    })

    it('is shared with the peers of one address prefix: those of others are served when they have taken all of theirs', async () => {
      const go = Promise.withResolvers<string>()
      const near = new Set<string>()
      await serve(pair.registrar, patient, async () => await go.promise, { prefixOf: ({ remotePeer }) => near.has(remotePeer.toString()) ? 'near' : 'far' })
      const pending: Array<Promise<string>> = []
      for (let peer = 0; peer < MAX_CONCURRENT_PER_PREFIX / MAX_CONCURRENT_PER_PEER; peer++) {
        const node = await createNode()
        near.add(node.peerId.toString())
        const connection = await connected(node, pair.server)
        pending.push(...Array.from({ length: MAX_CONCURRENT_PER_PEER }, async () => await request(connection, patient, 'x')))
      }
      await delay(50)
      const node = await createNode()
      near.add(node.peerId.toString())
      const neighbour = await connected(node, pair.server)
      await assert.rejects(request(neighbour, patient, 'x'), { name: 'OverQuotaError', message: /address prefix/ })
      const far = request(pair.connection, patient, 'x')
      await delay(50)
      go.resolve('done')
      assert.equal(await far, 'done')
      assert.deepEqual(await Promise.all(pending), new Array(MAX_CONCURRENT_PER_PREFIX).fill('done'))
      assert.equal(await request(neighbour, patient, 'x'), 'done')
    })

    it('refuses other peers too when all are taken', async () => {
      const go = Promise.withResolvers<string>()
      await serve(pair.registrar, text, async () => await go.promise, { maxConcurrent: 1 })
      const pending = request(pair.connection, text, 'x')
      await delay(50)
      const other = await connected(await createNode(), pair.server)
      await assert.rejects(request(other, text, 'x'), { name: 'OverQuotaError' })
      go.resolve('done')
      assert.equal(await pending, 'done')
      assert.equal(await request(other, text, 'x'), 'done')
    })
  })
})
