// The channels of a host: envelopes that arrive find their session here, handshakes of others become channels, and a link to a peer
// ends some time after the last channel with it.
import { IncomingChannel } from './incoming-channel.ts'
import { InitGuard } from '../../protocols/envelope/init-guard.ts'
import { OutgoingChannel } from './outgoing-channel.ts'
import { OverQuotaError } from '../../protocols/errors.ts'
import { PayloadType } from '../../protocols/forward/constants.ts'
import { sessionIdOf } from '../../protocols/envelope/codec.ts'
import type { ChannelContext } from './channel.ts'
import type { Arrival } from '../link/endpoint.ts'
import type { Session } from '../../protocols/envelope/session.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export interface ChannelSetInit {
  context: ChannelContext
  privateKey: PrivateKey
  maxChannels: number
  accepts: (peer: PeerId) => boolean | Promise<boolean>
  /** A peer has opened a channel to us. */
  onChannel: (channel: IncomingChannel) => void
  /** The last channel with a peer ended a while ago. */
  onLeft: (peer: PeerId) => void
}

/** How long the link to a peer outlives the last channel with it: another one may follow. */
const LINGER_MS = 2_000
const WAY_BACK_DEADLINE_MS = 5_000

export class ChannelSet {
  readonly #init: ChannelSetInit
  readonly #guard = new InitGuard({ nowMs: Date.now })
  readonly #channels = new Map<bigint, IncomingChannel | OutgoingChannel>()
  /** Peers whose last channel may have ended: they are left when the last frames have gone. */
  readonly #leaving = new Map<string, { peer: PeerId, atMs: number }>()
  /** Payloads that no session took: replayed, altered, unknown. */
  refusedPayloads = 0

  constructor (init: ChannelSetInit) {
    this.#init = init
  }

  start (): void {
    const { endpoint } = this.#init.context
    endpoint.handle(PayloadType.envelopeInit, (arrival) => { void this.#onInit(arrival) })
    endpoint.handle(PayloadType.envelopeResponse, (arrival) => { void this.#onResponse(arrival) })
    endpoint.handleAtOnce(PayloadType.envelopeSealed, (arrival) => { this.#onSealed(arrival) })
    endpoint.handleNotices((notice) => {
      for (const channel of this.#channels.values()) {
        if (channel instanceof OutgoingChannel) {
          channel.onNotice(notice)
        }
      }
    })
  }

  /** A link of the host has ended. */
  onLinkDown (neighbour: PeerId): void {
    for (const channel of this.#channels.values()) {
      if (channel instanceof OutgoingChannel) {
        channel.onLinkDown(neighbour)
      }
    }
  }

  get all (): Array<IncomingChannel | OutgoingChannel> {
    return [...this.#channels.values()]
  }

  /** @throws OverQuotaError */
  makeRoom (): void {
    const { maxChannels } = this.#init
    if (this.#channels.size >= maxChannels) {
      throw new OverQuotaError(`${maxChannels} channels are open: close some, or raise maxChannels`)
    }
  }

  /** Envelopes of its session go to this channel from now on, until it closes. */
  add (sessionId: Uint8Array, channel: IncomingChannel | OutgoingChannel): void {
    const key = keyOf(sessionId)
    const { access, now } = this.#init.context
    this.#channels.set(key, channel)
    channel.addEventListener('close', () => {
      this.#channels.delete(key)
      access.release(channel)
      this.#leaving.set(channel.remote.toString(), { peer: channel.remote, atMs: now() + LINGER_MS })
    }, { once: true })
  }

  tick (nowMs: number): void {
    for (const channel of this.#channels.values()) {
      channel.tick(nowMs)
    }
    for (const [key, { peer, atMs }] of this.#leaving) {
      if (atMs <= nowMs) {
        this.#leaving.delete(key)
        this.#init.onLeft(peer)
      }
    }
  }

  async #onInit (arrival: Arrival): Promise<void> {
    const { context, privateKey, accepts } = this.#init
    try {
      if (!this.#channels.has(keyOf(sessionIdOf(arrival.payload)))) {
        this.makeRoom()
      }
      const { message, session } = await this.#guard.accept(arrival.payload, {
        privateKey,
        isSessionIdTaken: (id) => this.#channels.has(keyOf(id))
      })
      if (session !== undefined && !await accepts(session.remote)) {
        return
      }
      if (session !== undefined) {
        this.makeRoom()
        this.#takeIn(session)
      }
      if (!arrival.from.isUp) {
        await context.endpoint.links.open(arrival.from.peer, { signal: AbortSignal.timeout(WAY_BACK_DEADLINE_MS) })
      }
      // a copy of an init is answered as long as its channel is open; there is none for a peer that was refused
      const way = this.#channels.has(keyOf(sessionIdOf(message))) ? arrival.answerOn() : undefined
      if (way !== undefined) {
        context.endpoint.send(way, message)
      }
    } catch (error) {
      this.refusedPayloads++
      context.log('refused a channel from %p - %e', arrival.from.peer, error)
    }
  }

  #takeIn (session: Session): void {
    const channel = new IncomingChannel(this.#init.context, session)
    this.add(session.id, channel)
    this.#init.onChannel(channel)
  }

  async #onResponse (arrival: Arrival): Promise<void> {
    try {
      const channel = this.#channels.get(keyOf(sessionIdOf(arrival.payload)))
      if (channel instanceof OutgoingChannel) {
        await channel.complete(arrival)
      }
    } catch (error) {
      this.refusedPayloads++
      this.#init.context.log('refused the answer to a handshake - %e', error)
    }
  }

  #onSealed (arrival: Arrival): void {
    try {
      this.#channels.get(keyOf(sessionIdOf(arrival.payload)))?.receive(arrival)
    } catch (error) {
      this.refusedPayloads++
      this.#init.context.log.trace('refused an envelope - %e', error)
    }
  }
}

function keyOf (sessionId: Uint8Array): bigint {
  return new DataView(sessionId.buffer, sessionId.byteOffset, 8).getBigUint64(0)
}
