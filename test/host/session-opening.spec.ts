import assert from 'node:assert/strict'
import { SessionOpening } from '../../src/host/session-opening.ts'
import { NOW_MS, keyOf, peerOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import type { Route } from '../../src/host/route.ts'

/** Of the opening's clock: its ten seconds are two. */
const SPEED = 5
const REMOTE = await peerOf(2)

class Attempt {
  routes: Route[] = []
  asked: number[] = []
  sent: Route[] = []
  isClosed = false
  /** How the dial goes. */
  dial: Promise<void> = new Promise(() => {})
  readonly #startMs = performance.now()
  opening!: SessionOpening

  async prepare (): Promise<this> {
    this.opening = new SessionOpening({ remote: REMOTE, privateKey: await keyOf(1), nowUnixMs: () => NOW_MS, now: () => this.nowMs })
    await this.opening.prepare()
    return this
  }

  get nowMs (): number {
    return (performance.now() - this.#startMs) * SPEED
  }

  async run (signal?: AbortSignal): Promise<void> {
    await this.opening.run({
      routes: () => this.routes,
      openDefault: async () => this.dial,
      askForPaths: async () => { this.asked.push(this.nowMs) },
      send: (_init, route) => {
        this.sent.push(route)
        return true
      },
      isClosed: () => this.isClosed
    }, signal)
  }
}

const ROUTE = { id: 'default' } as unknown as Route
const PATH = { id: 'a' } as unknown as Route

describe('session opening', () => {
  it('sends the init over the default route at once, and asks nobody when the response comes soon', async () => {
    const attempt = await new Attempt().prepare()
    attempt.dial = Promise.resolve()
    attempt.routes = [ROUTE]
    const run = attempt.run()
    attempt.opening.established()
    await run
    assert.deepEqual([attempt.sent, attempt.asked], [[ROUTE], []])
  })

  it('asks for paths although the dial of a peer behind a NAT has not ended, and sends the init over them', async () => {
    const attempt = await new Attempt().prepare()
    const run = attempt.run()
    await until(() => attempt.asked.length > 0, 'it asks')
    assert.ok(attempt.asked[0] >= 700 && attempt.asked[0] < 10_000, `${attempt.asked[0]} ms`)
    attempt.routes = [PATH]
    await until(() => attempt.sent.includes(PATH), 'it sends')
    attempt.opening.established()
    await run
  })

  it('asks for paths at once when there is no default route', async () => {
    const attempt = await new Attempt().prepare()
    attempt.dial = Promise.resolve()
    const run = attempt.run()
    await until(() => attempt.asked.length > 0, 'it asks')
    attempt.opening.established()
    await run
  })

  it('gives up after ten seconds, and says what may be the matter', async () => {
    const attempt = await new Attempt().prepare()
    attempt.routes = [ROUTE]
    await assert.rejects(attempt.run(), { name: 'UnavailableError', message: /neither directly nor over any offered path/ })
    assert.ok(attempt.nowMs >= 10_000)
    assert.ok(attempt.asked.length >= 2 && attempt.sent.length >= 2, `asked ${attempt.asked.length} times, sent ${attempt.sent.length}`)
  })

  it('ends with the reason of a signal', async () => {
    const attempt = await new Attempt().prepare()
    const reason = new Error('changed my mind')
    await assert.rejects(attempt.run(AbortSignal.abort(reason)), reason)
  })
})
