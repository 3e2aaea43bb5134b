import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { NotFoundError } from '../../protocols/errors.ts'
import { request, serve, subscribe } from '../../protocols/request-response.ts'
import { impatient, pairOfNodes, text } from './request-response.samples.ts'

async function all<T> (source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) {
    values.push(value)
  }
  return values
}

describe('a subscription of the request/response engine', () => {
  const pair = pairOfNodes()

  it('gives answer after answer until the server closes', async () => {
    await serve(pair.registrar, text, async function * (message) {
      yield `${message} 1`
      yield `${message} 2`
      yield `${message} 3`
    })
    assert.deepEqual(await all(subscribe(pair.connection, text, 'n')), ['n 1', 'n 2', 'n 3'])
  })

  it('may last longer than the deadline', async () => {
    await serve(pair.registrar, impatient, async function * () {
      yield 'early'
      await delay(250)
      yield 'late'
    })
    assert.deepEqual(await all(subscribe(pair.connection, impatient, '')), ['early', 'late'])
  })

  it('throws the typed error with which the server ends it', async () => {
    await serve(pair.registrar, text, async function * () {
      yield 'first'
      throw new NotFoundError('gone')
    })
    const answers = subscribe(pair.connection, text, '')
    assert.equal((await answers.next()).value, 'first')
    await assert.rejects(answers.next(), { name: 'NotFoundError', message: 'gone' })
  })

  it('ends with DeadlineError when the server is silent for longer than idleMs', async () => {
    await serve(pair.registrar, text, async function * (message, { signal }) {
      yield 'first'
      await once(signal, 'abort')
    })
    const answers = subscribe(pair.connection, text, '', { idleMs: 1_000 })
    assert.equal((await answers.next()).value, 'first')
    await assert.rejects(answers.next(), { name: 'DeadlineError', remote: false })
  })

  it('does not count the time that its consumer takes as silence', async () => {
    await serve(pair.registrar, text, async function * () {
      yield 'first'
      yield 'second'
    })
    const answers = subscribe(pair.connection, text, '', { idleMs: 1_000 })
    await answers.next()
    await delay(1_500)
    assert.equal((await answers.next()).value, 'second')
  })

  it('is reset when its consumer leaves, which aborts the signal of the handler', async () => {
    const left = Promise.withResolvers<string>()
    await serve(pair.registrar, text, async function * (message, { signal }) {
      signal.addEventListener('abort', () => { left.resolve(signal.reason.name) })
      while (!signal.aborted) {
        yield 'tick'
        await delay(5)
      }
    })
    for await (const answer of subscribe(pair.connection, text, '')) {
      assert.equal(answer, 'tick')
      break
    }
    assert.equal(await left.promise, 'UnavailableError')
  })

  it('ends at once when return() is called while a next() is pending', async () => {
    await serve(pair.registrar, text, async function * (message, { signal }) {
      yield 'first'
      await once(signal, 'abort')
    })
    const answers = subscribe(pair.connection, text, '')
    await answers.next()
    const pending = answers.next()
    await answers.return(undefined)
    assert.equal((await pending).done, true)
  })

  it('holds back a server that is faster than its consumer', async () => {
    const ANSWERS = 150
    let produced = 0
    await serve(pair.registrar, text, async function * () {
      for (; produced < ANSWERS; produced++) {
        yield 'x'.repeat(60_000)
      }
    })
    const answers = subscribe(pair.connection, text, '')
    await answers.next()
    await delay(1_500)
    assert.ok(produced < 60, `${produced} answers of 60 kB were sent ahead`)
    let received = 1
    for await (const answer of answers) {
      received += answer.length / 60_000
    }
    assert.equal(received, ANSWERS)
  })

  it('ends with UnavailableError when the service is unregistered', async () => {
    const unregister = await serve(pair.registrar, text, async function * (message, { signal }) {
      yield 'first'
      await once(signal, 'abort')
    })
    const answers = subscribe(pair.connection, text, '')
    await answers.next()
    await unregister()
    await assert.rejects(answers.next(), { name: 'UnavailableError', remote: true })
    await assert.rejects(request(pair.connection, text, 'x'), { name: 'ProtocolNotSupportedError' })
  })
})
