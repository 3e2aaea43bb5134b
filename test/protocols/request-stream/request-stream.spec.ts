import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { NotFoundError, STATUS_TABLE, statusOf } from '../../../protocols/errors.ts'
import { encodeFailure } from '../../../protocols/setup/codec.ts'
import { MAX_FRAME_BYTES, MAX_WAITING, SETUP_PROTOCOL } from '../../../protocols/setup/constants.ts'
import { failureAt, SetupFailedError } from '../../../protocols/setup/errors.ts'
import { RequestStream } from '../../../protocols/request-stream/request-stream.ts'
import { ANSWER_BIT, encodeFrame as encodeBounded, FrameReader } from '../../../protocols/request-stream/frames.ts'
import { pairOfNodes } from '../request-response.samples.ts'
import { sendAndEnd } from './stream-samples.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { RequestStreamOptions } from '../../../protocols/request-stream/request-stream.ts'
import type { Frame } from '../../../protocols/request-stream/frames.ts'
import { SETUP_EXCHANGES } from '../../../protocols/setup/setup-protocol.ts'

const encodeFrame = (frame: Frame): Uint8Array => encodeBounded(frame, MAX_FRAME_BYTES)

/** A peer that answers when the test says so. */
interface Peer {
  stream: Stream
  frames: Frame[]
  messages: number
  /** Settles when so many requests have come. */
  received: (count: number) => Promise<Frame[]>
  answer: (request: Frame, answer?: Partial<Frame>) => void
}

describe('exchange stream', () => {
  const pair = pairOfNodes()
  const open: RequestStream[] = []

  afterEach(async () => {
    await Promise.all(open.splice(0).map(async stream => { await stream.close() }))
    await pair.server.unhandle(SETUP_PROTOCOL)
  })

  async function dial (options: RequestStreamOptions = {}): Promise<RequestStream> {
    const stream = await RequestStream.open(pair.connection, SETUP_EXCHANGES, options)
    open.push(stream)
    return stream
  }

  async function serveRaw (onFrame?: (frame: Frame, peer: Peer) => void): Promise<() => Peer> {
    let peer: Peer | undefined
    await pair.server.handle(SETUP_PROTOCOL, stream => {
      let wake = (): void => {}
      const it: Peer = {
        stream,
        frames: [],
        messages: 0,
        received: async count => {
          while (it.frames.length < count) {
            await new Promise<void>(resolve => { wake = resolve })
          }
          return it.frames
        },
        answer: ({ type, exchange, body }, answer) => { stream.send(encodeFrame({ type: type | ANSWER_BIT, status: 0, exchange, body, ...answer })) }
      }
      const reader = new FrameReader(MAX_FRAME_BYTES, frame => {
        it.frames.push(frame)
        onFrame?.(frame, it)
        return true
      })
      stream.addEventListener('message', event => {
        it.messages++
        reader.push(event.data)
        wake()
      })
      stream.addEventListener('remoteCloseWrite', () => { void stream.close() })
      peer = it
    }, { force: true })
    return () => peer as Peer
  }

  /** The stream to a peer whose end is in the hands of the test. */
  async function toPeer (options?: RequestStreamOptions): Promise<{ exchanges: RequestStream, peer: Peer }> {
    const peer = await serveRaw()
    const exchanges = await dial(options)
    while (peer() === undefined) {
      await delay(1)
    }
    return { exchanges, peer: peer() }
  }

  const body = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)

  it('brings a request to the peer and the body of the answer back', async () => {
    const { exchanges, peer } = await toPeer()
    const answer = exchanges.request(3, body(1, 2, 3))
    const [request] = await peer.received(1)
    assert.deepEqual({ type: request.type, status: request.status, body: request.body }, { type: 3, status: 0, body: body(1, 2, 3) })
    assert.equal(exchanges.outstanding, 1)
    peer.answer(request, { body: body(4) })
    assert.deepEqual(await answer, body(4))
    assert.equal(exchanges.outstanding, 0)
  })

  it('sends the requests of one turn together, and takes their answers in any order', async () => {
    const { exchanges, peer } = await toPeer()
    const answers = Array.from({ length: 100 }, async (_, i) => await exchanges.request(1 + i % 4, body(i)))
    const requests = await peer.received(100)
    assert.equal(peer.messages, 1)
    assert.equal(new Set(requests.map(({ exchange }) => exchange)).size, 100)
    for (const request of [...requests].reverse()) {
      peer.answer(request, { body: body(request.body[0], request.type) })
    }
    assert.deepEqual(await Promise.all(answers), Array.from({ length: 100 }, (_, i) => body(i, 1 + i % 4)))
  })

  describe('an answer with a status', () => {
    for (const { status, code } of STATUS_TABLE) {
      it(`${status} rejects with SetupFailedError, whose status is the same again`, async () => {
        const { exchanges, peer } = await toPeer()
        const answer = exchanges.request(1, body(1))
        const [request] = await peer.received(1)
        peer.answer(request, { status, body: encodeFailure({ index: 3, message: 'it\u0007 says no' }, 100) })
        await assert.rejects(answer, (error: unknown) => {
          assert.ok(error instanceof SetupFailedError)
          assert.deepEqual([error.name, error.code, error.index, error.message, error.remote], ['SetupFailedError', code, 3, 'it? says no', true])
          assert.equal(statusOf(error), status)
          return true
        })
      })
    }

    it('and a challenge hands it on', async () => {
      const { exchanges, peer } = await toPeer()
      const answer = exchanges.request(1, body(1))
      const [request] = await peer.received(1)
      const challenge = { cookie: new Uint8Array(20).fill(7), bits: 12 }
      peer.answer(request, { status: 4, body: encodeFailure({ index: 1, message: '', challenge }, 100) })
      await assert.rejects(answer, { code: 'OVER_QUOTA', index: 1, challenge })
    })

    for (const { title, failure, code, status } of [
      { title: 'no body', failure: body(), status: 5, code: 'NOT_FOUND' },
      { title: 'a body that is no failure', failure: body(255, 255, 1), status: 5, code: 'NOT_FOUND' },
      { title: 'a number of a later version', failure: body(), status: 99, code: 'INTERNAL' }
    ]) {
      it(`and ${title} is still a failure`, async () => {
        const { exchanges, peer } = await toPeer()
        const answer = exchanges.request(1, body(1))
        const [request] = await peer.received(1)
        peer.answer(request, { status, body: failure })
        await assert.rejects(answer, { name: 'SetupFailedError', code, index: 0, challenge: undefined })
      })
    }

    it('keeps its index when a node passes it back, and gets that of the node where it has none', () => {
      const own = failureAt(2, new NotFoundError('no such label'))
      assert.deepEqual([own.code, own.index, own.message, own.remote], ['NOT_FOUND', 2, 'no such label', false])
      assert.equal(failureAt(1, own), own)
    })
  })

  describe('an exchange that is given up', () => {
    it('rejects with DeadlineError after its own deadline, the others go on', async () => {
      const { exchanges, peer } = await toPeer()
      const slow = exchanges.request(1, body(1), { deadlineMs: 20_000 })
      const startedMs = performance.now()
      await assert.rejects(exchanges.request(1, body(2), { deadlineMs: 60 }), { name: 'DeadlineError', remote: false })
      const tookMs = performance.now() - startedMs
      assert.ok(tookMs >= 58 && tookMs < 10_000, `${tookMs} ms`)
      const [request] = await peer.received(2)
      peer.answer(request)
      assert.deepEqual(await slow, body(1))
    })

    it('tells of a late success, once, and not of a late failure', async () => {
      const { exchanges, peer } = await toPeer()
      const late: unknown[] = []
      const onLate = (type: number, late1: Uint8Array): void => { late.push([type, late1]) }
      const given = [1, 2].map(async type => { await assert.rejects(exchanges.request(type, body(type), { deadlineMs: 20, onLate }), { name: 'DeadlineError' }) })
      await Promise.all(given)
      const [first, second] = await peer.received(2)
      peer.answer(first, { status: 5, body: body() })
      peer.answer(second, { body: body(9) })
      const next = exchanges.request(3, body(3))
      peer.answer((await peer.received(3))[2])
      assert.deepEqual(await next, body(3))
      assert.deepEqual(late, [[2, body(9)]])
    })

    it('survives an undoing that throws', async () => {
      const { exchanges, peer } = await toPeer()
      await assert.rejects(exchanges.request(1, body(1), { deadlineMs: 10, onLate: () => { throw new Error('undo failed') } }))
      const [first] = await peer.received(1)
      peer.answer(first)
      const next = exchanges.request(3, body(3))
      peer.answer((await peer.received(2))[1])
      assert.deepEqual(await next, body(3))
    })

    it('by its signal rejects with CancelledError, leaves no listener, and its late success is told too', async () => {
      const { exchanges, peer } = await toPeer()
      const controller = new AbortController()
      const late = Promise.withResolvers<Uint8Array>()
      const answer = exchanges.request(1, body(1), { signal: controller.signal, onLate: (_, result) => { late.resolve(result) } })
      const [request] = await peer.received(1)
      controller.abort(new Error('enough'))
      await assert.rejects(answer, { name: 'CancelledError' })
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
      peer.answer(request)
      assert.deepEqual(await late.promise, body(1))
      await assert.rejects(exchanges.request(1, body(1), { signal: controller.signal }), { name: 'CancelledError' })
    })

    it('leaves no listener on the signal of one that was answered', async () => {
      await serveRaw((frame, peer) => { peer.answer(frame) })
      const exchanges = await dial()
      const { signal } = new AbortController()
      await exchanges.request(1, body(1), { signal })
      assert.equal(getEventListeners(signal, 'abort').length, 0)
    })

    it('keeps its number as long as it has no answer', async () => {
      const { exchanges, peer } = await toPeer()
      const answers = Array.from({ length: 20 }, async () => { await assert.rejects(exchanges.request(1, body(1), { deadlineMs: 10 })) })
      await Promise.all(answers)
      const more = Array.from({ length: 20 }, async () => { await assert.rejects(exchanges.request(1, body(1), { deadlineMs: 10 })) })
      await Promise.all(more)
      const requests = await peer.received(40)
      assert.equal(new Set(requests.map(({ exchange }) => exchange)).size, 40)
    })

    it('ends the stream when more of them than may wait have no answer, so that a new one is tried', async () => {
      const { exchanges } = await toPeer()
      const many = async (count: number): Promise<void> => {
        await Promise.all(Array.from({ length: count }, async () => { await assert.rejects(exchanges.request(1, body(1), { deadlineMs: 10 }), { name: 'DeadlineError' }) }))
      }
      await many(MAX_WAITING)
      assert.equal(exchanges.isOpen, true)
      await many(1)
      assert.equal(exchanges.isOpen, false)
    })
  })

  describe('limits', () => {
    it('257 cannot wait: the last is refused here, and has its turn when one has ended', async () => {
      const { exchanges, peer } = await toPeer()
      const answers = Array.from({ length: MAX_WAITING }, async (_, i) => await exchanges.request(1, body(i)))
      await assert.rejects(exchanges.request(1, body(1)), { name: 'OverQuotaError', remote: false })
      const requests = await peer.received(MAX_WAITING)
      peer.answer(requests[0])
      await answers[0]
      const next = exchanges.request(1, body(77))
      for (const request of requests.slice(1)) {
        peer.answer(request)
      }
      peer.answer((await peer.received(MAX_WAITING + 1))[MAX_WAITING])
      assert.deepEqual(await next, body(77))
      await Promise.all(answers)
    })

    it('a request has at most 6,144 bytes with its header', async () => {
      await serveRaw((frame, peer) => { peer.answer(frame) })
      const exchanges = await dial()
      const largest = new Uint8Array(MAX_FRAME_BYTES - 8).fill(1)
      assert.deepEqual(await exchanges.request(1, largest), largest)
      await assert.rejects(exchanges.request(1, new Uint8Array(MAX_FRAME_BYTES - 7)), { name: 'MessageTooLargeError' })
    })

    it('a peer that does not read slows the stream down and loses nothing', async () => {
      const { exchanges, peer } = await toPeer()
      peer.stream.pause()
      const large = new Uint8Array(MAX_FRAME_BYTES - 8)
      const answers = Array.from({ length: MAX_WAITING }, async (_, i) => await exchanges.request(1, large.slice().fill(i)))
      await delay(100)
      peer.stream.resume()
      for (const request of await peer.received(MAX_WAITING)) {
        peer.answer(request, { body: request.body.subarray(0, 1) })
      }
      assert.deepEqual((await Promise.all(answers)).map(([first]) => first), Array.from({ length: MAX_WAITING }, (_, i) => i))
    })
  })

  describe('the end', () => {
    it('of the stream by a reset rejects what waits with UnavailableError, and what is asked afterwards', async () => {
      let closed = 0
      const { exchanges, peer } = await toPeer({ onClose: () => { closed++ } })
      const answers = [1, 2].map(async i => { await assert.rejects(exchanges.request(1, body(i)), { name: 'UnavailableError' }) })
      await peer.received(2)
      peer.stream.abort(new Error('no more'))
      await Promise.all(answers)
      assert.equal(exchanges.isOpen, false)
      assert.equal(closed, 1)
      await assert.rejects(exchanges.request(1, body(3)), { name: 'UnavailableError' })
    })

    it('of the peer\'s side comes after the answers that came before it', async () => {
      const { exchanges, peer } = await toPeer()
      const first = exchanges.request(1, body(1))
      const second = exchanges.request(1, body(2))
      const rejected = assert.rejects(second, { name: 'UnavailableError' })
      const [request] = await peer.received(2)
      peer.answer(request)
      await peer.stream.close()
      assert.deepEqual(await first, body(1))
      await rejected
      assert.equal(exchanges.isOpen, false)
    })

    it('of the peer\'s side may come with its last answer', async () => {
      const { exchanges, peer } = await toPeer()
      const answer = exchanges.request(1, body(1))
      const [request] = await peer.received(1)
      sendAndEnd(peer.stream, encodeFrame({ ...request, type: 0x81 }))
      assert.deepEqual(await answer, body(1))
      peer.stream.abort(new Error('it does not know that it ended its side'))
    })

    it('here, while something waits, resets the stream, so that the peer undoes it', async () => {
      const { exchanges, peer } = await toPeer()
      const answer = assert.rejects(exchanges.request(1, body(1)), { name: 'UnavailableError' })
      await peer.received(1)
      const closed = once(peer.stream, 'close')
      await exchanges.close()
      await answer
      await closed
      assert.equal(peer.stream.status, 'reset')
    })

    it('of the connection ends the stream', async () => {
      const { exchanges, peer } = await toPeer()
      const answer = assert.rejects(exchanges.request(1, body(1)), { name: 'UnavailableError' })
      await peer.received(1)
      await pair.connection.close()
      await answer
      assert.equal(exchanges.isOpen, false)
      await assert.rejects(dial(), { name: 'UnavailableError' })
    })

    it('comes by itself when nothing was asked for a while, and not while something waits', async () => {
      let closed = 0
      const { exchanges, peer } = await toPeer({ idleMs: 60, onClose: () => { closed++ } })
      const answer = exchanges.request(1, body(1))
      const [request] = await peer.received(1)
      await delay(150)
      assert.equal(exchanges.isOpen, true)
      peer.answer(request)
      await answer
      assert.equal(exchanges.isOpen, true)
      await once(peer.stream, 'close')
      assert.equal(peer.stream.status, 'closed')
      assert.equal(exchanges.isOpen, false)
      assert.equal(closed, 1)
    })
  })

  describe('opening', () => {
    it('says that the peer does not speak the protocol', async () => {
      await assert.rejects(dial(), { name: 'ProtocolNotSupportedError' })
    })

    it('can be cancelled, and has a deadline', async () => {
      const never = {
        remotePeer: pair.server.peerId,
        newStream: async (_: string, { signal }: { signal: AbortSignal }) => await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => { reject(signal.reason as Error) })
        })
      } as unknown as Connection
      const controller = new AbortController()
      const cancelled = assert.rejects(RequestStream.open(never, SETUP_EXCHANGES, { signal: controller.signal }), { name: 'CancelledError' })
      controller.abort(new Error('enough'))
      await cancelled
      await assert.rejects(RequestStream.open(never, SETUP_EXCHANGES, { signal: controller.signal }), { name: 'CancelledError' })
      await assert.rejects(RequestStream.open(never, SETUP_EXCHANGES, { deadlineMs: 20 }), { name: 'DeadlineError', remote: false })
    })
  })

  describe('a hostile peer', () => {
    for (const { title, answer } of [
      { title: 'an exchange that was never asked', answer: (request: Frame) => encodeFrame({ ...request, type: 0x81, exchange: request.exchange + 1000 }) },
      { title: 'another type than was asked', answer: (request: Frame) => encodeFrame({ ...request, type: 0x82 }) },
      { title: 'a request', answer: (request: Frame) => encodeFrame(request) },
      { title: 'a length of 6,145', answer: () => body(0x18, 0x01) },
      { title: 'a length of 7', answer: () => body(0, 7) }
    ]) {
      it(`that sends ${title} loses the stream`, async () => {
        const { exchanges, peer } = await toPeer()
        const rejected = assert.rejects(exchanges.request(1, body(1)), { name: 'UnavailableError' })
        const [request] = await peer.received(1)
        const closed = once(peer.stream, 'close')
        peer.stream.send(answer(request))
        await rejected
        await closed
        assert.equal(peer.stream.status, 'reset')
      })
    }

    it('that sends random bytes causes typed errors only', async () => {
      await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 2, maxLength: 300 }), async bytes => {
        await serveRaw((_, peer) => {
          peer.stream.send(bytes)
          void peer.stream.close()
        })
        const exchanges = await dial()
        await assert.rejects(exchanges.request(1, body(1)), (error: Error) => ['UnavailableError', 'SetupFailedError'].includes(error.name))
      }), { numRuns: 40, seed: 1 })
    })
  })
})
