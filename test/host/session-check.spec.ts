import assert from 'node:assert/strict'
import { SessionCheck } from '../../src/host/session-check.ts'
import { acceptInit } from '../../protocols/envelope/handshake.ts'
import { decodeFrame, sessionIdOf } from '../../protocols/envelope/codec.ts'
import { NOW_MS, keyOf, peerOf } from '../helpers/descriptors.ts'
import { SILENT } from '../helpers/virtual-overlay.ts'
import { until } from '../helpers/testnet.ts'
import type { Arrival } from '../../src/link/endpoint.ts'
import type { Route } from '../../src/host/route.ts'
import type { Session } from '../../protocols/envelope/session.ts'
import type { Way } from '../../src/link/way.ts'

const [SELF, OTHER, STRANGER] = [1, 2, 3]
const INIT = 1
const WAY = {} as unknown as Way
const ROUTE = { id: 'default', way: WAY, samples: 0 } as unknown as Route

/** A channel of which the clock stands still unless a test moves it, and the host at the other end. */
class World {
  nowMs = 10_000
  lastArrivalMs = 0
  isClosed = false
  forgotten = 0
  dials = 0
  echoes = 0
  inits = 0
  refusals = 0
  #asked: Uint8Array = new Uint8Array(8)
  /** Who answers inits; nobody: 0. */
  answers = OTHER
  whenEchoed = (): void => {}
  answersWhen = Promise.resolve()
  /** Frames that came in the sessions that the other end has made. */
  readonly frames: string[] = []
  readonly #sessions: Session[] = []
  check!: SessionCheck

  async prepare (): Promise<this> {
    this.check = new SessionCheck({
      remote: await peerOf(OTHER),
      privateKey: await keyOf(SELF),
      routes: () => [ROUTE],
      reopenDefault: async () => { this.dials++ },
      send: (envelope) => {
        void this.#takes(envelope.slice())
        return true
      },
      sendEcho: () => {
        this.echoes++
        this.whenEchoed()
      },
      lastArrivalMs: () => this.lastArrivalMs,
      isClosed: () => this.isClosed,
      onForgotten: () => {
        this.forgotten++
        this.isClosed = true
      },
      now: () => this.nowMs,
      nowUnixMs: () => NOW_MS,
      log: SILENT
    })
    return this
  }

  async #takes (envelope: Uint8Array): Promise<void> {
    if (envelope[0] !== INIT) {
      this.frames.push(...this.#sessions.map((session) => decodeFrame(session.open(envelope)).type))
      return
    }
    this.inits++
    this.#asked = sessionIdOf(envelope)
    assert.ok(this.check.asksFor(this.#asked))
    if (this.answers === OTHER) {
      await this.answersWhen
      const { message, session } = await acceptInit(envelope, { privateKey: await keyOf(OTHER), nowMs: NOW_MS })
      this.#sessions.push(session)
      await this.check.complete({ payload: message, answerOn: () => WAY } as unknown as Arrival)
    } else if (this.answers === STRANGER) {
      const payload = new Uint8Array(148)
      payload.set(Uint8Array.of(2, 1))
      payload.set(sessionIdOf(envelope), 4)
      await assert.rejects(this.check.complete({ payload, answerOn: () => WAY } as unknown as Arrival))
      this.refusals++
    }
  }

  get isAsking (): boolean {
    return this.check.isAsking
  }

  async hasAsked (): Promise<void> {
    await until(() => this.inits > 0, 'it asks')
  }

  async hasEnded (): Promise<void> {
    await until(() => !this.isAsking, 'the question ends')
  }
}

describe('session check', () => {
  let world: World

  beforeEach(async () => { world = await new World().prepare() })

  afterEach(() => { world.isClosed = true })

  it('asks nothing while envelopes of the session come', () => {
    world.lastArrivalMs = world.nowMs - 2_999
    world.check.tick(world.nowMs)
    assert.equal(world.dials, 0)
  })

  it('regression: says that the peer has forgotten the session when it answers for another and then still not for this one, and leaves none open there', async () => {
    world.check.tick(world.nowMs)
    await until(() => world.forgotten > 0, 'it says so', 25_000)
    assert.deepEqual([world.inits, world.echoes, world.dials, world.frames, world.forgotten], [1, 4, 1, ['close'], 1])
  })

  it('says nothing when the route has come back while it asked: the session is answered for, too', async () => {
    world.whenEchoed = () => { world.lastArrivalMs = world.nowMs }
    world.check.tick(world.nowMs)
    await until(() => world.echoes > 0, 'an echo in the session')
    await world.hasEnded()
    assert.deepEqual([world.echoes, world.forgotten, world.frames], [1, 0, ['close']])
  })

  it('regression: closes the session that was only asked for also when the answer comes after an echo of the channel', async () => {
    const late = Promise.withResolvers<void>()
    world.answersWhen = late.promise
    world.check.tick(world.nowMs)
    await world.hasAsked()
    world.lastArrivalMs = world.nowMs
    await world.hasEnded()
    late.resolve()
    await until(() => world.frames.length > 0, 'it is closed')
    assert.deepEqual([world.frames, world.forgotten], [['close'], 0])
  })

  it('takes the answer of nobody but the peer', async () => {
    world.answers = STRANGER
    world.check.tick(world.nowMs)
    await until(() => world.refusals > 0, 'an answer is refused')
    world.nowMs += 10_000
    await world.hasEnded()
    assert.deepEqual([world.echoes, world.forgotten], [0, 0])
  })

  it('asks one question at a time, and the next one five seconds after one that nobody has answered', async () => {
    world.answers = 0
    world.check.tick(world.nowMs)
    await world.hasAsked()
    world.check.tick(world.nowMs)
    world.nowMs += 10_000
    await world.hasEnded()
    const before = world.dials
    world.check.tick(world.nowMs + 4_999)
    assert.equal(world.dials, before)
    world.nowMs += 5_000
    world.check.tick(world.nowMs)
    await until(() => world.dials > before, 'it asks again')
    assert.equal(world.forgotten, 0)
  })

  it('ends its question with the channel', async () => {
    world.answers = 0
    world.check.tick(world.nowMs)
    await world.hasAsked()
    world.isClosed = true
    await world.hasEnded()
    assert.equal(world.forgotten, 0)
  })
})
