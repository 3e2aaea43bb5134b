// What both ends of a channel have in common: a session, datagrams in and out, and an end. The initiator's end chooses the
// routes (outgoing-channel.ts); the other end answers on the route that the initiator uses (incoming-channel.ts).
import { TypedEventEmitter } from 'main-event'
import { ChannelClosedError } from '../errors.ts'
import { decodeFrame, encodeClose, encodeData, encodeEchoReply } from '../../protocols/envelope/codec.ts'
import { CloseReason, MAX_ENVELOPE_BYTES } from '../../protocols/envelope/constants.ts'
import { MalformedMessageError } from '../../protocols/errors.ts'
import { ChannelStreams } from './stream/channel-streams.ts'
import { EndOfTick } from '../link/end-of-tick.ts'
import { startTimer } from './start-timer.ts'
import type { AccessSet } from './access-set.ts'
import type { DecisionCause } from './path-selector.ts'
import type { ForwarderFailures } from './forwarder-failures.ts'
import type { ChannelStream } from './stream/channel-stream.ts'
import type { PathState } from './stream/path-state.ts'
import type { PathInstaller } from './path-installer.ts'
import type { ProviderSet } from './provider-set.ts'
import type { WaysBack } from './ways-back.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { Arrival, Endpoint, SendOptions } from '../link/endpoint.ts'
import type { Way } from '../link/way.ts'
import type { Frame } from '../../protocols/envelope/codec.ts'
import type { Session } from '../../protocols/envelope/session.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** What asks and tells how long a way takes. */
export const AS_ECHO: SendOptions = { isEcho: true }
const AS_STREAM: SendOptions = { isStream: true }
/** Every envelope is made here. */
const ENVELOPE_ROOM = new Uint8Array(MAX_ENVELOPE_BYTES)
/** Of all channels: their streams' packets leave together. */
const END_OF_TICK = new EndOfTick()

/** What a channel needs of its host. */
export interface ChannelContext {
  self: PeerId
  endpoint: Endpoint
  discovery: Discovery
  access: AccessSet
  providers: ProviderSet
  /** Sets up paths. */
  installer: PathInstaller
  /** Of forwarders, as any channel sees them. */
  failures: ForwarderFailures
  /** To neighbours that have come back over new connections. */
  waysBack: WaysBack
  /** The last channel with a peer has ended: unless it is of use otherwise, nothing is kept for it. */
  left: (peer: PeerId) => void
  /** Monotonic, ms. */
  now: () => number
  /** Unix time in seconds. */
  nowS: () => number
  /** See `HostInit`. */
  idleMs: number
  log: Logger
}

export interface RouteChange {
  /** How the channel goes now, see `ChannelStatus.text`. */
  text: string
  reason: string
  /** The same for programs. */
  cause: DecisionCause
}

export interface ChannelEvents {
  /** A datagram from the peer. */
  message: CustomEvent<Uint8Array>
  /** The peer has opened a reliable stream. Where nobody listens to this, such streams are reset. */
  stream: CustomEvent<ChannelStream>
  /** Another route is used from now on. */
  route: CustomEvent<RouteChange>
  close: CustomEvent<ChannelEnd>
}

/**
 * Why a channel has ended. `idle`: nothing has come for long. `forgotten`: the peer answers, but does not know this session any more, for it was restarted;
 * another channel can be opened at once.
 */
export type ChannelEnd = 'closed' | 'closed-by-peer' | 'idle' | 'forgotten' | 'protocol-error'

export abstract class Channel extends TypedEventEmitter<ChannelEvents> {
  readonly remote: PeerId
  protected readonly context: ChannelContext
  #session: Session | undefined
  #end: ChannelEnd | undefined
  #streams: ChannelStreams | undefined
  #lastArrivalMs: number

  constructor (context: ChannelContext, remote: PeerId, session?: Session) {
    super()
    this.context = context
    this.remote = remote
    this.#session = session
    this.#lastArrivalMs = context.now()
  }

  get isClosed (): boolean {
    return this.#end !== undefined
  }

  /** Why it has ended; undefined while it has not. */
  get end (): ChannelEnd | undefined {
    return this.#end
  }

  /** Between its handshake and its end. */
  get isOpen (): boolean {
    return this.#session !== undefined && !this.isClosed
  }

  /** Set once the handshake is done. */
  protected get session (): Session | undefined {
    return this.#session
  }

  protected set session (session: Session) {
    this.#session = session
    // the handshake may have taken long
    this.#lastArrivalMs = this.context.now()
  }

  /** Largest datagram in bytes that `send` takes. */
  get maxDatagramBytes (): number {
    return (this.#session?.maxFrameBytes ?? 1) - 1
  }

  /**
   * Sends a datagram, sealed, on the present route. Unreliable, like UDP.
   *
   * @returns false when it could not be sent now: no route works, or the queue before the first link is full
   * @throws ChannelClosedError; MalformedMessageError for an empty datagram or one over `maxDatagramBytes`
   */
  send (datagram: Uint8Array): boolean {
    if (this.isClosed) {
      throw new ChannelClosedError('the channel is closed: open another one')
    }
    if (datagram.length === 0) {
      throw new MalformedMessageError('an empty datagram carries nothing: send at least one byte')
    }
    return this.sendDatagram(encodeData(datagram))
  }

  /**
   * Opens a reliable stream to the peer, once the channel is established. It goes on whichever route the channel takes, and ends with the channel.
   *
   * @throws ChannelClosedError, TooManyStreamsError
   */
  openStream (): ChannelStream {
    if (this.isClosed || this.#session === undefined) {
      throw new ChannelClosedError('the channel is not open: open it, or another one')
    }
    return this.streams.open()
  }

  /** Reliable streams over this channel. Memory is taken only when there are any. */
  get streams (): ChannelStreams {
    return this.#streams ??= new ChannelStreams({
      role: this.#session?.role ?? 'initiator',
      path: this.activePath(),
      sendFrame: (frame) => {
        const way = this.activeWay()
        return way !== undefined && this.sendFrame(frame, way, AS_STREAM)
      },
      firstLink: () => {
        const way = this.activeWay()
        return way === undefined ? undefined : this.context.endpoint.links.getAt(way.neighbour, 0)
      },
      onStream: (stream) => {
        if (this.listenerCount('stream') === 0) {
          stream.abort()
        } else {
          this.safeDispatchEvent('stream', { detail: stream })
        }
      },
      now: this.context.now,
      startTimer,
      endOfTick: END_OF_TICK
    })
  }

  /** What its streams have not delivered yet is lost: close these first, and wait until they are closed. What has come, a peer that had ended its own direction can read all the same. */
  close (reason: number = CloseReason.normal, why: ChannelEnd = 'closed'): void {
    if (this.isClosed) {
      return
    }
    const way = this.activeWay()
    if (way !== undefined) {
      this.sendFrame(encodeClose(reason), way)
    }
    this.ended(why)
  }

  /** A sealed envelope of this channel's session has arrived. What cannot be opened is dropped and told by the error. */
  receive (arrival: Arrival): void {
    if (this.#session === undefined || this.isClosed) {
      return
    }
    const frame = decodeFrame(this.#session.open(arrival.payload))
    this.#lastArrivalMs = this.context.now()
    if (!arrival.from.isUp) {
      // the neighbour has come back over a new connection
      void this.context.waysBack.open(arrival.from)
    }
    switch (frame.type) {
      case 'echo-request':
        this.answer(encodeEchoReply(frame.id), arrival, AS_ECHO)
        this.context.access.used(arrival.from.peer)
        this.onEchoRequest(arrival)
        break
      case 'data':
        this.onData(arrival)
        if (frame.payload.length > 0) {
          this.safeDispatchEvent('message', { detail: frame.payload })
        }
        break
      case 'stream':
        this.onData(arrival)
        this.#onStreamPacket(frame.packet, arrival)
        break
      case 'close':
        this.ended('closed-by-peer')
        break
      default:
        this.onFrame(frame, arrival)
    }
  }

  /** Periodic work; the host calls it every few tens of ms. */
  abstract tick (nowMs: number): void

  /** How packets go on the route in use. */
  protected abstract activeWay (): Way | undefined

  /** Names the route in use, with its round trip if it is known. */
  protected abstract activePath (): { key: string, rttMs?: number }

  /** What streams know of the route in use; undefined while there are none. */
  protected get streamPath (): PathState | undefined {
    return this.#streams?.connection.path
  }

  /** To be called when the route in use has changed. */
  protected pathChanged (): void {
    if (this.#streams !== undefined) {
      const { key, rttMs } = this.activePath()
      this.#streams.pathChanged(key, rttMs)
    }
  }

  #onStreamPacket (packet: Uint8Array, { isMarked }: Arrival): void {
    try {
      this.streams.receive(packet, isMarked === true)
    } catch (error) {
      this.context.log('%p does not keep to the rules of streams - %e', this.remote, error)
      this.close(CloseReason.protocolError, 'protocol-error')
    }
  }

  /** Frames that only one of the two ends handles. */
  protected abstract onFrame (frame: Frame, arrival: Arrival): void

  protected onEchoRequest (_arrival: Arrival): void {}

  protected onData (_arrival: Arrival): void {}

  /** The initiator may send it over several routes. */
  protected sendDatagram (frame: Uint8Array): boolean {
    const way = this.activeWay()
    return way !== undefined && this.sendFrame(frame, way)
  }

  protected sendFrame (frame: Uint8Array, way: Way, options?: SendOptions): boolean {
    // the link copies it at once
    return this.#session !== undefined && this.context.endpoint.send(way, this.#session.seal(frame, ENVELOPE_ROOM), options)
  }

  /** Sends a frame back the way the arrival came. */
  protected answer (frame: Uint8Array, arrival: Arrival, options?: SendOptions): boolean {
    const way = arrival.answerOn()
    return way !== undefined && this.sendFrame(frame, way, options)
  }

  /** When an envelope of the session came last; monotonic, ms. */
  protected get lastArrivalMs (): number {
    return this.#lastArrivalMs
  }

  /** Echoes go to and fro all the time: who is silent for long has gone, or has forgotten the session. */
  protected closeIfIdle (nowMs: number): void {
    if (nowMs - this.#lastArrivalMs > this.context.idleMs) {
      this.close(CloseReason.idle, 'idle')
    }
  }

  protected ended (why: ChannelEnd): void {
    if (!this.isClosed) {
      this.#end = why
      this.#streams?.close(why !== 'closed' && why !== 'protocol-error')
      this.safeDispatchEvent('close', { detail: why })
    }
  }
}
