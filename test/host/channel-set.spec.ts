import assert from 'node:assert/strict'
import { ChannelSet } from '../../src/host/channel-set.ts'
import { NoticeCode, PayloadType } from '../../protocols/forward/constants.ts'
import { OutgoingChannel } from '../../src/host/outgoing-channel.ts'
import { createInit } from '../../protocols/envelope/handshake.ts'
import { keyOf, peerOf } from '../helpers/descriptors.ts'
import { SILENT, settled } from '../helpers/virtual-overlay.ts'
import { until } from '../helpers/testnet.ts'
import type { Arrival } from '../../src/link/endpoint.ts'
import type { Channel, ChannelContext } from '../../src/host/channel.ts'
import type { Notice } from '../../protocols/forward/notice.ts'
import type { Way } from '../../src/link/way.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const [SELF, OTHER] = [1, 2]
const WAY = { header: new Uint8Array(), neighbour: new Uint8Array() } as unknown as Way
const SESSION_ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

/** A host of which packets are handed to the handlers, and that says what it sends. */
class World {
  nowMs = 0
  readonly opened: Channel[] = []
  readonly sent: Uint8Array[] = []
  readonly released: object[] = []
  /** Resolves when a peer is accepted. */
  accepts: (peer: PeerId) => Promise<boolean> = async () => true
  readonly set: ChannelSet
  readonly #handlers = new Map<number, (arrival: Arrival) => void>()
  #onNotice: (notice: Notice) => void = () => {}

  constructor (privateKey: PrivateKey, maxChannels = 256) {
    const handle = (type: number, handler: (arrival: Arrival) => void): void => { this.#handlers.set(type, handler) }
    this.set = new ChannelSet({
      context: {
        endpoint: {
          handle,
          handleAtOnce: handle,
          handleNotices: (handler: (notice: Notice) => void) => { this.#onNotice = handler },
          send: (_: Way, message: Uint8Array) => this.sent.push(message) > 0
        },
        access: { release: (channel: object) => { this.released.push(channel) } },
        waysBack: { open: async () => true },
        left: () => {},
        discovery: {},
        now: () => this.nowMs,
        idleMs: 60_000,
        log: SILENT
      } as unknown as ChannelContext,
      privateKey,
      maxChannels,
      accepts: async (peer) => this.accepts(peer),
      onChannel: (channel) => { this.opened.push(channel) }
    })
    this.set.start()
  }

  /** As it came over a link. */
  arrives (payload: Uint8Array): void {
    this.#handlers.get(payload[0])?.({ payload, from: { isUp: true, peer: undefined }, answerOn: () => WAY } as unknown as Arrival)
  }

  notice (quote: Uint8Array): void {
    this.#onNotice({ code: NoticeCode.noSuchNeighbour, walked: [], reporter: new Uint8Array(16), pathTag: new Uint8Array(8), quote })
  }

  async until (opened: number, sent: number, refused: number): Promise<void> {
    await until(() => this.opened.length >= opened && this.sent.length >= sent && this.set.refusedPayloads >= refused, `${opened} channels, ${sent} answers, ${refused} refusals`)
  }
}

/** An init; ids are drawn unless one is given. */
async function initOf (number: number, to: PeerId, sessionId?: Uint8Array): Promise<Uint8Array> {
  let draws = 0
  const { message } = await createInit({
    privateKey: await keyOf(number),
    remote: to,
    flowLabel: crypto.getRandomValues(new Uint8Array(16)),
    nowMs: Date.now(),
    // the session id is drawn after the ephemeral key
    randomBytes: (bytes) => draws++ > 0 && sessionId !== undefined ? sessionId.slice(0, bytes) : crypto.getRandomValues(new Uint8Array(bytes))
  })
  return message
}

/** A channel of ours of which only that is there what the set needs. */
function ours (sessionId: Uint8Array, parts: { prepare?: () => Promise<void>, remote?: PeerId } = {}): { channel: OutgoingChannel, notices: Notice[], closed: () => number } {
  const notices: Notice[] = []
  let [closed, onClose] = [0, (): void => {}]
  const own = {
    sessionId,
    remote: parts.remote,
    prepare: parts.prepare ?? (async () => {}),
    establish: async () => {},
    addEventListener: (_: string, listener: () => void) => { onClose = listener },
    onNotice: (notice: Notice) => { notices.push(notice) },
    close: () => {
      closed++
      onClose()
    }
  }
  const properties = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, { value }]))
  return { channel: Object.create(OutgoingChannel.prototype, properties) as OutgoingChannel, notices, closed: () => closed }
}

describe('channel set', () => {
  let self: PeerId
  let world: World

  before(async () => { self = await peerOf(SELF) })

  beforeEach(async () => { world = new World(await keyOf(SELF)) })

  it('regression: makes one channel of a burst of inits with one session id, and finds it after others of them have failed', async () => {
    const inits = await Promise.all(Array.from({ length: 10 }, async () => initOf(OTHER, self, SESSION_ID)))
    for (const init of inits) {
      world.arrives(init)
    }
    await world.until(1, 1, 9)
    assert.deepEqual([world.opened.length, world.set.all.length, world.sent.length], [1, 1, 1])
    assert.equal(world.set.all[0], world.opened[0])
  })

  it('regression: makes one channel of inits with one session id while it waits for consent', async () => {
    const consent = Promise.withResolvers<boolean>()
    let asked = 0
    world.accepts = async () => {
      asked++
      return consent.promise
    }
    for (let i = 0; i < 3; i++) {
      world.arrives(await initOf(OTHER, self, SESSION_ID))
    }
    await until(() => asked === 3, 'consent is asked for')
    consent.resolve(true)
    await world.until(1, 1, 2)
    assert.deepEqual([world.opened.length, world.set.all.length], [1, 1])
  })

  it('regression: answers copies of the init of its channel, and none of those that were too late with the same session id', async () => {
    const inits = await Promise.all([1, 2].map(async () => initOf(OTHER, self, SESSION_ID)))
    inits.forEach((init) => { world.arrives(init) })
    await world.until(1, 1, 1)
    const [answer] = world.sent
    inits.forEach((init) => { world.arrives(init) })
    await world.until(1, 2, 1)
    await settled()
    assert.deepEqual(world.sent, [answer, answer])
  })

  it('opens no more for one peer than its share, and goes on to open for others', async () => {
    world = new World(await keyOf(SELF), 32)
    for (let i = 0; i < 6; i++) {
      world.arrives(await initOf(OTHER, self))
    }
    await world.until(4, 4, 2)
    world.arrives(await initOf(3, self))
    await world.until(5, 5, 2)
    assert.equal(world.opened.length, 5)
    assert.deepEqual([world.set.has(await peerOf(3)), world.set.has(await peerOf(4))], [true, false])
  })

  it('regression: hands a notice to the channel whose session it quotes, and to no other', async () => {
    const [first, second] = [ours(SESSION_ID, { remote: self }), ours(SESSION_ID.map((byte) => byte + 1), { remote: self })]
    await world.set.open(first.channel)
    await world.set.open(second.channel)
    for (const type of [PayloadType.envelopeInit, PayloadType.envelopeSealed]) {
      world.notice(Uint8Array.of(type, 0, 0, 0, ...SESSION_ID, ...new Uint8Array(20)))
    }
    world.notice(Uint8Array.of(PayloadType.envelopeSealed, 0, 0, 0, ...new Uint8Array(28)))
    world.notice(Uint8Array.of(PayloadType.envelopeSealed, 0, 0, 0, 1, 2, 3))
    world.notice(new Uint8Array())
    assert.deepEqual([first.notices.length, second.notices.length], [2, 0])
  })

  it('regression: closes a channel that could not be opened, whatever was the matter', async () => {
    const unprepared = ours(SESSION_ID, { remote: self, prepare: async () => { throw new Error('an identity of another kind') } })
    await assert.rejects(world.set.open(unprepared.channel), /another kind/)
    assert.equal(unprepared.closed(), 1)
    world = new World(await keyOf(SELF), 1)
    await world.set.open(ours(SESSION_ID, { remote: self }).channel)
    const late = ours(SESSION_ID.map((byte) => byte + 1), { remote: self })
    await assert.rejects(world.set.open(late.channel), { name: 'OverQuotaError' })
    assert.equal(late.closed(), 1)
    assert.equal(world.set.all.length, 1)
  })
})
