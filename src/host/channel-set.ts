// The channels of a host: envelopes that arrive find their session here, handshakes of others become channels, and a link to a peer
// ends some time after the last channel with it.
import { ChannelPlaces } from './channel-places.ts'
import { HandshakeError } from '../../protocols/envelope/errors.ts'
import { IncomingChannel } from './incoming-channel.ts'
import { InitGuard } from '../../protocols/envelope/init-guard.ts'
import { OutgoingChannel } from './outgoing-channel.ts'
import { PayloadType } from '../../protocols/forward/constants.ts'
import { quotedSessionIdOf, sessionIdOf } from '../../protocols/envelope/codec.ts'
import type { ChannelContext } from './channel.ts'
import type { Arrival } from '../link/endpoint.ts'
import type { Notice } from '../../protocols/forward/notice.ts'
import type { Session } from '../../protocols/envelope/session.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

export interface ChannelSetInit {
  context: ChannelContext
  privateKey: PrivateKey
  maxChannels: number
  accepts: (peer: PeerId) => boolean | Promise<boolean>
  /** A peer has opened a channel to us. */
  onChannel: (channel: IncomingChannel) => void
}

/** How long the link to a peer outlives the last channel with it: another one may follow. */
const LINGER_MS = 2_000

export class ChannelSet {
  readonly #init: ChannelSetInit
  readonly #guard = new InitGuard({ nowMs: Date.now })
  readonly #channels = new Map<bigint, IncomingChannel | OutgoingChannel>()
  readonly #places: ChannelPlaces
  /** To the inits of which they were made. */
  readonly #responses = new WeakMap<IncomingChannel | OutgoingChannel, Uint8Array>()
  /** Peers whose last channel may have ended: they are left when the last frames have gone. */
  readonly #leaving = new Map<string, { peer: PeerId, atMs: number }>()
  /** Payloads that no session took: replayed, altered, unknown. */
  refusedPayloads = 0

  constructor (init: ChannelSetInit) {
    this.#init = init
    this.#places = new ChannelPlaces(init.maxChannels)
  }

  start (): void {
    const { endpoint } = this.#init.context
    endpoint.handle(PayloadType.envelopeInit, (arrival) => { void this.#onInit(arrival) })
    endpoint.handle(PayloadType.envelopeResponse, (arrival) => { void this.#onResponse(arrival) })
    endpoint.handleAtOnce(PayloadType.envelopeSealed, (arrival) => { this.#onSealed(arrival) })
    endpoint.handleNotices((notice) => { this.#onNotice(notice) })
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

  /** Is there a channel with this peer? */
  has (peer: PeerId): boolean {
    return this.#places.has(peer)
  }

  /** @throws OverQuotaError when we may open no more channels now */
  checkRoom (): void {
    this.#places.checkOutgoing()
  }

  /**
   * Opens a channel that was made just now, or closes it.
   *
   * @throws OverQuotaError; what `prepare` and `establish` do
   */
  async open (channel: OutgoingChannel, signal?: AbortSignal): Promise<void> {
    try {
      await channel.prepare()
      this.checkRoom()
      this.#add(channel.sessionId as Uint8Array, channel)
      await channel.establish(signal)
    } catch (error) {
      channel.close()
      throw error
    }
  }

  /** Envelopes of its session go to this channel from now on, until it closes. */
  #add (sessionId: Uint8Array, channel: IncomingChannel | OutgoingChannel): void {
    const key = keyOf(sessionId)
    const { access, now } = this.#init.context
    const direction = channel instanceof OutgoingChannel ? 'outgoing' : 'incoming'
    this.#channels.set(key, channel)
    this.#places.take(channel.remote, direction)
    channel.addEventListener('close', () => {
      if (this.#channels.get(key) === channel) {
        this.#channels.delete(key)
      }
      this.#places.free(channel.remote, direction)
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
        this.#init.context.left(peer)
      }
    }
  }

  async #onInit (arrival: Arrival): Promise<void> {
    const { context, privateKey, accepts } = this.#init
    try {
      const key = keyOf(sessionIdOf(arrival.payload))
      if (!this.#channels.has(key)) {
        this.#places.checkIncoming()
      }
      const { message, session } = await this.#guard.accept(arrival.payload, {
        privateKey,
        isSessionIdTaken: (id) => this.#channels.has(keyOf(id))
      })
      if (session !== undefined && !await accepts(session.remote)) {
        return
      }
      if (session !== undefined) {
        this.#takeIn(session, message)
      }
      if (!await context.waysBack.open(arrival.from)) {
        return
      }
      // a copy of an init is answered as long as its own channel is open; there is none for a peer that was refused
      const channel = this.#channels.get(key)
      const way = channel !== undefined && this.#responses.get(channel) === message ? arrival.answerOn() : undefined
      if (way !== undefined) {
        context.endpoint.send(way, message)
      }
    } catch (error) {
      this.refusedPayloads++
      context.log('refused a channel from %p - %e', arrival.from.peer, error)
    }
  }

  /** @throws HandshakeError when another init with its id was faster, for all that was asked before its signature was checked; OverQuotaError */
  #takeIn (session: Session, response: Uint8Array): void {
    if (this.#channels.has(keyOf(session.id))) {
      throw new HandshakeError('session-id-taken', 'another channel has this session id by now; the initiator has to choose another')
    }
    this.#places.checkIncoming(session.remote)
    const channel = new IncomingChannel(this.#init.context, session)
    this.#responses.set(channel, response)
    this.#add(session.id, channel)
    this.#init.onChannel(channel)
  }

  /** Only who has seen packets of a session can quote it. */
  #onNotice (notice: Notice): void {
    const sessionId = quotedSessionIdOf(notice.quote)
    const channel = sessionId === undefined ? undefined : this.#channels.get(keyOf(sessionId))
    if (channel instanceof OutgoingChannel) {
      channel.onNotice(notice)
    }
  }

  async #onResponse (arrival: Arrival): Promise<void> {
    try {
      const sessionId = sessionIdOf(arrival.payload)
      const channel = this.#channels.get(keyOf(sessionId)) ?? this.all.find((other) => other instanceof OutgoingChannel && other.asksFor(sessionId))
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
