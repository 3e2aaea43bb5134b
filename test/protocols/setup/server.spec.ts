import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import { NotAuthorizedError, STATUS_TABLE } from '../../../protocols/errors.ts'
import { decodeFailure } from '../../../protocols/setup/codec.ts'
import { MAX_FRAME_BYTES, MAX_WAITING, SETUP_PROTOCOL } from '../../../protocols/setup/constants.ts'
import { SetupFailedError } from '../../../protocols/setup/errors.ts'
import { RequestStream } from '../../../protocols/request-stream/request-stream.ts'
import { encodeFrame as encodeBounded, FrameReader } from '../../../protocols/request-stream/frames.ts'
import { serveSetup } from '../../../protocols/setup/server.ts'
import { until } from '../../helpers/testnet.ts'
import { pairOfNodes } from '../request-response.samples.ts'
import { sendAndEnd } from '../request-stream/stream-samples.ts'
import type { Logger, Stream } from '@libp2p/interface'
import type { Frame } from '../../../protocols/request-stream/frames.ts'
import type { SetupAnswer, SetupCaller, SetupHandlers, SetupRequest } from '../../../protocols/setup/server.ts'
import { SETUP_EXCHANGES } from '../../../protocols/setup/setup-protocol.ts'

const encodeFrame = (frame: Frame): Uint8Array => encodeBounded(frame, MAX_FRAME_BYTES)

const body = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)
const echo = ({ body }: SetupRequest): SetupAnswer => ({ body })
const never = async (): Promise<SetupAnswer> => await new Promise(() => {})

/** A dialler in the hands of the test. */
interface Dialler {
  stream: Stream
  answers: Frame[]
  messages: number
  send: (...frames: Array<Partial<Frame>>) => void
  /** Settles when so many answers have come. */
  received: (count: number) => Promise<Frame[]>
}

describe('set-up server', () => {
  const pair = pairOfNodes()
  const stops: Array<() => Promise<void>> = []

  afterEach(async () => {
    await Promise.all(stops.splice(0).map(async stop => { await stop() }))
  })

  async function serve (handlers: Partial<SetupHandlers>, log?: Logger): Promise<() => Promise<void>> {
    const stop = await serveSetup(pair.registrar, { handle: echo, ...handlers }, { log })
    stops.push(stop)
    return stop
  }

  async function dial (): Promise<RequestStream> {
    const exchanges = await RequestStream.open(pair.connection, SETUP_EXCHANGES)
    stops.push(async () => { await exchanges.close() })
    return exchanges
  }

  async function dialRaw (): Promise<Dialler> {
    const stream = await pair.connection.newStream(SETUP_PROTOCOL)
    const answers: Frame[] = []
    let wake = (): void => {}
    const reader = new FrameReader(MAX_FRAME_BYTES, frame => answers.push(frame) > 0)
    const dialler: Dialler = {
      stream,
      answers,
      messages: 0,
      send: (...frames) => { stream.send(concat(frames.map(frame => encodeFrame({ type: 1, status: 0, exchange: 1, body: body(1), ...frame })))) },
      received: async count => {
        while (answers.length < count) {
          await new Promise<void>(resolve => { wake = resolve })
        }
        return answers
      }
    }
    stream.addEventListener('message', event => {
      dialler.messages++
      reader.push(event.data)
      wake()
    })
    stops.push(async () => { stream.abort(new Error('enough')) })
    return dialler
  }

  describe('answers', () => {
    it('at once or later, in the order in which its handler does', async () => {
      const callers = new Set<SetupCaller>()
      await serve({
        handle: (request, caller) => {
          callers.add(caller)
          const [ms] = request.body
          const answer = { body: body(ms, request.type, request.frameBytes) }
          return ms === 0 ? answer : delay(ms, answer)
        }
      })
      const exchanges = await dial()
      const order: number[] = []
      const answers = [60, 0, 30, 0, 1].map(async (ms, i) => {
        const answer = await exchanges.request(1 + i % 4, body(ms, 0, 0))
        order.push(i)
        return answer
      })
      assert.deepEqual(await Promise.all(answers), [body(60, 1, 11), body(0, 2, 11), body(30, 3, 11), body(0, 4, 11), body(1, 1, 11)])
      assert.deepEqual(order, [1, 3, 4, 2, 0])
      assert.deepEqual([...callers].map(({ peer }) => peer.toString()), [pair.client.peerId.toString()])
    })

    it('requests that came together together', async () => {
      await serve({ handle: request => request.body[0] % 2 === 0 ? echo(request) : Promise.resolve(echo(request)) })
      const dialler = await dialRaw()
      dialler.send(...Array.from({ length: 100 }, (_, exchange) => ({ exchange, body: body(exchange) })))
      const answers = await dialler.received(100)
      assert.equal(dialler.messages, 1)
      assert.deepEqual(answers.map(({ type, status, exchange, body: [first] }) => [type, status, exchange, first]).sort(([, , a], [, , b]) => a - b),
        Array.from({ length: 100 }, (_, i) => [0x81, 0, i, i]))
    })

    it('what came with the end of the caller\'s side', async () => {
      await serve({})
      const dialler = await dialRaw()
      sendAndEnd(dialler.stream, encodeFrame({ type: 1, status: 0, exchange: 1, body: body(1) }))
      await dialler.received(1)
    })

    it('what was asked before the caller ended its side, and ends its own then', async () => {
      await serve({ handle: async request => await delay(30, echo(request)) })
      const dialler = await dialRaw()
      dialler.send({ exchange: 1 }, { exchange: 2 })
      const closed = once(dialler.stream, 'close')
      await dialler.stream.close()
      await closed
      assert.equal(dialler.stream.status, 'closed')
      assert.equal(dialler.answers.length, 2)
    })
  })

  describe('a failure', () => {
    for (const { status, code, error } of STATUS_TABLE.filter(({ code }) => code !== 'INTERNAL')) {
      it(`${error.name} is told with status ${status} and its message`, async () => {
        await serve({ handle: () => { throw new error('because') } })
        await assert.rejects((await dial()).request(1, new Uint8Array(100)), { name: 'SetupFailedError', code, message: 'because', index: 0, remote: true })
      })
    }

    it('of a node behind is passed back with its index and challenge', async () => {
      const challenge = { cookie: new Uint8Array(20).fill(5), bits: 9 }
      await serve({ handle: async () => { throw new SetupFailedError('work first', { code: 'OVER_QUOTA', index: 4, challenge, remote: true }) } })
      await assert.rejects((await dial()).request(1, new Uint8Array(100)), { code: 'OVER_QUOTA', index: 4, challenge, message: 'work first' })
    })

    it('that is none of the caller\'s business is logged, and told as INTERNAL without its message', async () => {
      const logged: unknown[] = []
      const log = Object.assign(() => {}, { error: (...args: unknown[]) => { logged.push(args.at(-1)) } }) as unknown as Logger
      await serve({
        handle: ({ type }) => {
          const error = new TypeError('a secret')
          if (type === 1) {
            throw error
          }
          return Promise.reject(error)
        }
      }, log)
      const exchanges = await dial()
      for (const type of [1, 2]) {
        await assert.rejects(exchanges.request(type, new Uint8Array(100)), { code: 'INTERNAL', message: 'internal error' })
      }
      assert.deepEqual(logged.map(error => (error as Error).message), ['a secret', 'a secret'])
    })

    it('is cut so that its frame is not larger than the request', async () => {
      const challenge = { cookie: new Uint8Array(20), bits: 9 }
      await serve({ handle: () => { throw new SetupFailedError('ä'.repeat(200), { code: 'NOT_FOUND', index: 4, challenge }) } })
      const dialler = await dialRaw()
      const lengths = [0, 1, 2, 3, 4, 5, 25, 26, 27, 28, 30, 60, 127, 128, 129, 130, 131, 160, 300, 600]
      dialler.send(...lengths.map((length, exchange) => ({ exchange, body: new Uint8Array(length) })))
      for (const { exchange, status, body } of await dialler.received(lengths.length)) {
        assert.equal(status, 5)
        assert.ok(body.length <= lengths[exchange], `${body.length} bytes for ${lengths[exchange]}`)
        assert.doesNotThrow(() => decodeFailure(body))
      }
    })

    it('that cannot be written keeps its status', async () => {
      await serve({ handle: () => { throw new SetupFailedError('odd', { code: 'NOT_FOUND', index: 99 }) } })
      await assert.rejects((await dial()).request(1, new Uint8Array(100)), { code: 'NOT_FOUND' })
    })

    it('is what a handler gets whose answer is larger than the request, and it is told so', async () => {
      let undone = 0
      await serve({ handle: ({ body }) => ({ body: new Uint8Array(body.length + 1), undelivered: () => { undone++ } }) })
      await assert.rejects((await dial()).request(1, body(1)), { code: 'INTERNAL' })
      assert.equal(undone, 1)
    })
  })

  describe('refuses', () => {
    for (const { title, frame } of [
      { title: 'an unknown type', frame: { type: 5 } },
      { title: 'type 0', frame: { type: 0 } },
      { title: 'an answer', frame: { type: 0x81 } },
      { title: 'a request with a status', frame: { status: 1 } }
    ]) {
      it(`${title} as MALFORMED, and goes on`, async () => {
        await serve({})
        const dialler = await dialRaw()
        dialler.send({ ...frame, exchange: 7 }, { exchange: 8 })
        const [refusal, answer] = await dialler.received(2)
        assert.deepEqual([refusal.type, refusal.status, refusal.exchange], [(frame.type ?? 1) | 0x80, 1, 7])
        assert.deepEqual([answer.type, answer.status, answer.exchange], [0x81, 0, 8])
      })
    }

    it('an exchange that still waits as MALFORMED', async () => {
      await serve({ handle: never })
      const dialler = await dialRaw()
      dialler.send({ exchange: 7 }, { exchange: 7 })
      assert.equal((await dialler.received(1))[0].status, 1)
    })

    it('the 257th request that waits with OVER_QUOTA', async () => {
      let handled = 0
      const first = Promise.withResolvers<SetupAnswer>()
      await serve({ handle: async () => await (handled++ === 0 ? first.promise : never()) })
      const dialler = await dialRaw()
      dialler.send(...Array.from({ length: MAX_WAITING + 1 }, (_, exchange) => ({ exchange, body: new Uint8Array(100) })))
      const [refusal] = await dialler.received(1)
      assert.deepEqual([refusal.exchange, refusal.status], [MAX_WAITING, 4])
      assert.equal(handled, MAX_WAITING)
      first.resolve({ body: body() })
      await dialler.received(2)
      dialler.send({ exchange: 1_000 })
      await until(() => handled === MAX_WAITING + 1, 'there is a place again')
    })

    it('what is not admitted with OVER_QUOTA, before it is handled', async () => {
      const sizes: number[] = []
      const handled: number[] = []
      await serve({
        admit: (caller, frameBytes) => {
          assert.ok(caller.peer.equals(pair.client.peerId))
          sizes.push(frameBytes)
          return frameBytes > 20 ? -1 : 0
        },
        handle: request => {
          handled.push(request.frameBytes)
          return echo(request)
        }
      })
      const exchanges = await dial()
      await assert.rejects(exchanges.request(1, new Uint8Array(100)), { code: 'OVER_QUOTA' })
      await assert.rejects(exchanges.request(9, new Uint8Array(13)), { code: 'OVER_QUOTA' })
      await exchanges.request(1, body(1))
      assert.deepEqual(sizes, [108, 21, 9])
      assert.deepEqual(handled, [9])
    })
  })

  describe('a caller that goes on', () => {
    it('is not read for a while: order is kept and nothing is lost', async () => {
      const total = 4_000
      const seen: number[] = []
      let asked = 0
      await serve({
        admit: () => asked++ % 37 === 3 ? 1 + asked % 3 : 0,
        handle: request => {
          const [high, low] = request.body
          seen.push(high << 8 | low)
          const answer = { body: body(high, low) }
          return low % 2 === 0 ? answer : delay(1, answer)
        }
      })
      const dialler = await dialRaw()
      const sent = Array.from({ length: total }, (_, i) => i)
      for (const i of sent) {
        dialler.send({ exchange: i, type: 1 + i % 4, body: concat([body(i >> 8, i), new Uint8Array(i % 1_000)]) })
      }
      const answers = await dialler.received(total)
      assert.deepEqual(seen, sent)
      assert.deepEqual(answers.map(({ body: [high, low] }) => high << 8 | low).sort((a, b) => a - b), sent)
      assert.ok(answers.every(({ exchange, status, body: [high, low] }) => status === 0 && exchange === (high << 8 | low)))
      assert.ok(asked > total)
    })

    it('is asked about again with the same frame, until it is admitted', async () => {
      let refusals = 3
      let handled = 0
      await serve({ admit: () => refusals-- > 0 ? 10 : 0, handle: request => { handled++; return echo(request) } })
      const exchanges = await dial()
      const startedMs = performance.now()
      await exchanges.request(1, body(1))
      assert.ok(performance.now() - startedMs >= 27)
      assert.equal(handled, 1)
    })

    it('holds what it sends on its own side: what lies here is bounded, and all of it comes through', async () => {
      const total = 1_200
      let admitted = 0
      let isOpen = false
      let caller: SetupCaller | undefined
      await serve({
        // one frame at a time, with a pause behind each: every chunk ends in another pause
        admit: from => {
          caller = from
          if (isOpen) {
            return 0
          }
          return admitted++ % 2 === 0 ? 2 : 0
        },
        handle: () => ({ body: body() })
      })
      const dialler = await dialRaw()
      const frame = encodeFrame({ type: 1, status: 0, exchange: 1, body: new Uint8Array(MAX_FRAME_BYTES - 8) })
      for (let i = 0; i < total; i++) {
        dialler.stream.send(frame)
      }
      await dialler.received(20)
      const stream = caller?.connection.streams.find(({ protocol }) => protocol === SETUP_PROTOCOL)
      assert.ok(stream != null)
      let most = 0
      for (let i = 0; i < 50; i++) {
        await delay(5)
        most = Math.max(most, stream.readBufferLength)
      }
      assert.equal(dialler.stream.writableNeedsDrain, true)
      assert.ok(most <= 1024 * 1024, `${most} bytes`)
      isOpen = true
      await dialler.received(total)
      assert.equal(dialler.stream.status, 'open')
    })

    it('that leaves meanwhile is forgotten', async () => {
      let handled = 0
      const asked = Promise.withResolvers<void>()
      await serve({ admit: () => { asked.resolve(); return 30 }, handle: request => { handled++; return echo(request) } })
      const dialler = await dialRaw()
      dialler.send({}, {})
      await asked.promise
      dialler.stream.abort(new Error('gone'))
      await delay(80)
      assert.equal(handled, 0)
    })
  })

  describe('an answer that cannot be delivered', () => {
    it('is undone, when the stream went away before it was ready', async () => {
      const answer = Promise.withResolvers<SetupAnswer>()
      const asked = Promise.withResolvers<SetupCaller>()
      await serve({ handle: async (_, caller) => { asked.resolve(caller); return await answer.promise } })
      const dialler = await dialRaw()
      dialler.send({})
      const caller = await asked.promise
      const stream = caller.connection.streams.find(({ protocol }) => protocol === SETUP_PROTOCOL) as Stream
      const closed = once(stream, 'close')
      dialler.stream.abort(new Error('gone'))
      await closed
      const undone = Promise.withResolvers<void>()
      answer.resolve({ body: body(), undelivered: () => { undone.resolve() } })
      await undone.promise
    })

    it('is undone, when the caller is reset because it does not read', async () => {
      let given = 0
      let undone = 0
      await serve({
        handle: ({ body }) => {
          given++
          return { body, undelivered: () => { undone++ } }
        }
      })
      const dialler = await dialRaw()
      dialler.stream.pause()
      dialler.stream.maxReadBufferLength = 64 * 1024 * 1024
      const closed = once(dialler.stream, 'close')
      const frame = encodeFrame({ type: 1, status: 0, exchange: 1, body: new Uint8Array(6_000) })
      const timer = setInterval(() => {
        if (dialler.stream.status === 'open') {
          dialler.stream.send(concat(Array.from({ length: 20 }, () => frame)))
        }
      }, 1)
      await closed
      clearInterval(timer)
      assert.ok(undone > 0, `${undone} of ${given} were undone`)
      assert.ok(given * 6_008 < 16 * 1024 * 1024, `${given} answers were made for nobody`)
    })

    it('is not undone when it was delivered', async () => {
      let undone = 0
      const stop = await serve({ handle: ({ body }) => ({ body, undelivered: () => { undone++ } }) })
      const exchanges = await dial()
      await Promise.all(Array.from({ length: 50 }, async () => await exchanges.request(1, body(1))))
      await exchanges.close()
      await stop()
      assert.equal(undone, 0)
    })
  })

  describe('a second stream of the same peer', () => {
    it('takes the place of the first, whose exchanges end with UNAVAILABLE and are undone', async () => {
      const answers: Array<PromiseWithResolvers<SetupAnswer>> = []
      await serve({
        handle: async () => {
          const answer = Promise.withResolvers<SetupAnswer>()
          answers.push(answer)
          return await answer.promise
        }
      })
      const first = await dial()
      const lost = assert.rejects(first.request(1, new Uint8Array(100)), { code: 'UNAVAILABLE' })
      while (answers.length < 1) {
        await delay(1)
      }
      const second = await dial()
      const won = second.request(1, body(1))
      await lost
      while (answers.length < 2) {
        await delay(1)
      }
      let undone = 0
      answers[0].resolve({ body: body(), undelivered: () => { undone++ } })
      answers[1].resolve({ body: body(5), undelivered: () => { undone++ } })
      assert.deepEqual(await won, body(5))
      assert.equal(undone, 1)
      assert.equal(first.isOpen, false)
    })
  })

  describe('when it is stopped', () => {
    it('ends what waits with UNAVAILABLE, and does not answer any more', async () => {
      const asked = Promise.withResolvers<void>()
      const answer = Promise.withResolvers<SetupAnswer>()
      const stop = await serve({ handle: async () => { asked.resolve(); return await answer.promise } })
      const exchanges = await dial()
      const waiting = assert.rejects(exchanges.request(1, new Uint8Array(100)), { name: 'SetupFailedError', code: 'UNAVAILABLE', message: 'the service is stopping' })
      await asked.promise
      await stop()
      await waiting
      const undone = Promise.withResolvers<void>()
      answer.resolve({ body: body(), undelivered: () => { undone.resolve() } })
      await undone.promise
      await assert.rejects(dial(), { name: 'ProtocolNotSupportedError' })
    })
  })

  describe('against a hostile caller', () => {
    for (const [title, bytes] of [['6,145', [0x18, 0x01]], ['65,535', [0xff, 0xff]], ['7', [0, 7]], ['0', [0, 0]]] as const) {
      it(`resets a stream with a length of ${title}, and serves the next`, async () => {
        await serve({})
        const dialler = await dialRaw()
        const closed = once(dialler.stream, 'close')
        dialler.stream.send(Uint8Array.from(bytes))
        await closed
        assert.equal(dialler.stream.status, 'reset')
        assert.deepEqual(await (await dial()).request(1, body(1)), body(1))
      })
    }

    it('survives random bytes, and handlers that fail', async () => {
      await serve({
        admit: (_, frameBytes) => [0, 0, 0, 1, -1][frameBytes % 5],
        handle: request => {
          switch (request.body[0] % 3) {
            case 0: throw new NotAuthorizedError('no')
            case 1: return Promise.reject(new TypeError('broken'))
            default: return echo(request)
          }
        }
      })
      const frames = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.uint8Array({ maxLength: 50 })), { maxLength: 20 })
      await fc.assert(fc.asyncProperty(frames, fc.uint8Array({ maxLength: 500 }), fc.boolean(), async (good, garbage, reset) => {
        const dialler = await dialRaw()
        const closed = once(dialler.stream, 'close')
        dialler.stream.send(concat([...good.map(([type, body], exchange) => encodeFrame({ type, status: 0, exchange, body })), garbage, body(0, 0)]))
        if (reset) {
          dialler.stream.abort(new Error('reset'))
        }
        await Promise.race([closed, delay(30)])
        dialler.stream.abort(new Error('enough'))
      }), { numRuns: 50, seed: 1 })
      assert.deepEqual(await (await dial()).request(1, body(2, 2)), body(2, 2))
    })
  })
})
