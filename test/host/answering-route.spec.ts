import assert from 'node:assert/strict'
import { encodeData, encodeEchoRequest, writeUint64 } from '../../protocols/envelope/codec.ts'
import { EnvelopeType, SEALED_HEADER_BYTES, SEALED_OVERHEAD_BYTES } from '../../protocols/envelope/constants.ts'
import { IncomingChannel, USE_THIS_ROUTE } from '../../src/host/incoming-channel.ts'
import type { Arrival } from '../../src/link/endpoint.ts'
import type { ChannelContext } from '../../src/host/channel.ts'
import type { Session } from '../../protocols/envelope/session.ts'
import type { Way } from '../../src/link/way.ts'

const SEQUENCE_AT = 12

/** The answering end, with envelopes that are not encrypted. */
class World {
  readonly channel: IncomingChannel
  /** Names of the ways that packets left on. */
  readonly sentOn: string[] = []
  readonly #ways = new Map<string, Way>()
  #sequence = 0

  constructor () {
    const context = {
      now: () => 0,
      endpoint: {
        send: (way: Way) => {
          this.sentOn.push([...this.#ways].find(([, known]) => known === way)?.[0] ?? 'unknown')
          return true
        }
      },
      access: { used: () => {} }
    } as unknown as ChannelContext
    const session = { open: (envelope: Uint8Array) => envelope.slice(SEALED_HEADER_BYTES, SEALED_HEADER_BYTES + envelope.length - SEALED_OVERHEAD_BYTES), seal: (frame: Uint8Array) => frame }
    this.channel = new IncomingChannel(context, session as unknown as Session)
  }

  /** A frame of the initiator, over a route with this name. */
  arrives (frame: Uint8Array, route: string, sequence = this.#sequence++): void {
    const payload = new Uint8Array(SEALED_OVERHEAD_BYTES + frame.length)
    payload[0] = EnvelopeType.sealed
    writeUint64(payload, SEQUENCE_AT, sequence)
    payload.set(frame, SEALED_HEADER_BYTES)
    const way = this.#ways.get(route) ?? { header: new Uint8Array(), neighbour: new Uint8Array() }
    this.#ways.set(route, way)
    this.channel.receive({ payload, from: { peer: undefined, isUp: true }, answerOn: () => way } as unknown as Arrival)
  }

  /** The route on which the channel's own packets leave. */
  get uses (): string | undefined {
    this.channel.send(Uint8Array.of(1))
    return this.sentOn.at(-1)
  }
}

const DATA = encodeData(Uint8Array.of(1, 2))

describe('the route on which an incoming channel answers', () => {
  it('is any one until it is told which one is in use', () => {
    const world = new World()
    assert.equal(world.channel.send(Uint8Array.of(1)), false)
    world.arrives(encodeEchoRequest(new Uint8Array(8)), 'default')
    assert.equal(world.uses, 'default')
    world.arrives(DATA, 'a')
    assert.equal(world.uses, 'a')
  })

  it('is each one that the initiator says it uses', () => {
    const world = new World()
    for (const route of ['default', 'a', 'default', 'b']) {
      world.arrives(USE_THIS_ROUTE, route)
      assert.equal(world.uses, route)
    }
  })

  it('is not changed by echoes on other routes, nor by datagrams, which may be spread over several', () => {
    const world = new World()
    world.arrives(USE_THIS_ROUTE, 'a')
    world.arrives(encodeEchoRequest(new Uint8Array(8)), 'b')
    assert.equal(world.sentOn.at(-1), 'b')
    world.arrives(DATA, 'b')
    assert.equal(world.uses, 'a')
  })

  it('is not changed back by a packet that was overtaken', () => {
    const world = new World()
    world.arrives(USE_THIS_ROUTE, 'a', 10)
    world.arrives(USE_THIS_ROUTE, 'b', 9)
    assert.equal(world.uses, 'a')
  })
})
