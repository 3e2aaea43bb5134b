// The reliable streams of one channel: moves the packets of a Connection, which knows neither time nor network, through the channel, and gives it time.
//
// Work is gathered until the end of the tick: packets that came in one batch are acknowledged by one packet, and what several writes need leaves in one batch.
// What the first link does not take at once stays in the streams (as TCP's small queues keep it from the device): a queue of our own would delay
// what matters more, and look like one of the path.
import { Connection } from './connection.ts'
import { ChannelStream } from './channel-stream.ts'
import { FrameType, MAX_FRAME_BYTES } from '../../../protocols/envelope/constants.ts'
import { StreamClosedError } from '../../../protocols/stream/errors.ts'
import type { EndOfTick, Flushable } from '../../link/end-of-tick.ts'
import type { Link } from '../../link/link.ts'
import type { StreamState } from './stream-state.ts'

/** Packets per turn of the event loop: sealing them must not keep everything else waiting for more than some ms. */
const PACKETS_PER_TURN = 32
/** Timers of Node and browsers are no finer. */
const MIN_TIMER_MS = 1
const MAX_TIMER_MS = 1_024

/** For so long after the peer has closed the channel. */
const READ_MS = 30_000

type FirstLink = Pick<Link, 'ownStreamBytes' | 'whenTaken' | 'stopWaiting'>

export interface ChannelStreamsInit {
  role: 'initiator' | 'responder'
  path: { key: string, rttMs?: number }
  /**
   * Sends a frame of an envelope on the route in use. The memory is used again afterwards.
   *
   * @returns false when it could not be sent now
   */
  sendFrame: (frame: Uint8Array) => boolean
  /** Over which they leave; undefined: there is none. Default: one that takes all. */
  firstLink?: () => FirstLink | undefined
  /** The peer has opened a stream: listen to it before you return. */
  onStream: (stream: ChannelStream) => void
  /** Monotonic, ms. */
  now: () => number
  /** Runs something once, later; the result cancels it. */
  startTimer: (run: () => void, delayMs: number) => () => void
  endOfTick: EndOfTick
}

export class ChannelStreams implements Flushable {
  readonly #init: ChannelStreamsInit
  readonly #connection: Connection
  readonly #streams = new Map<StreamState, ChannelStream>()
  /** The type of the frame, and room for a packet. */
  readonly #frame = new Uint8Array(MAX_FRAME_BYTES)
  #isWaitingForFlush = false
  #cancelTimer: (() => void) | undefined
  #timerMs = Infinity
  #isClosed = false
  /** Where we asked to be called back. */
  #waitsFor: FirstLink | undefined
  readonly #goOn = (): void => {
    this.#connection.unblock()
    if (!this.#isWaitingForFlush) {
      this.flush()
    }
  }

  constructor (init: ChannelStreamsInit) {
    this.#init = init
    this.#frame[0] = FrameType.stream
    this.#connection = new Connection({
      role: init.role,
      path: init.path,
      onStream: (state) => { init.onStream(this.#wrap(state)) }
    })
    this.#connection.onWork = () => { this.#flushLater() }
  }

  /** What becomes of packets, for status and tests. */
  get connection (): Connection {
    return this.#connection
  }

  /** @throws TooManyStreamsError, StreamClosedError */
  open (): ChannelStream {
    if (this.#isClosed) {
      throw new StreamClosedError('the channel is closed: open another one')
    }
    return this.#wrap(this.#connection.open())
  }

  /** A packet has come. @throws MalformedMessageError, StreamViolationError: then the channel must be closed */
  receive (packet: Uint8Array, isMarked: boolean): void {
    if (!this.#isClosed) {
      this.#connection.receive(packet, this.#init.now(), isMarked)
      this.#flushLater()
    }
  }

  pathChanged (key: string, rttMs?: number): void {
    if (!this.#isClosed) {
      this.#connection.pathChanged(key, this.#init.now(), rttMs)
      this.#flushLater()
    }
  }

  /** The end of the tick. */
  flush (): void {
    this.#isWaitingForFlush = false
    if (this.#isClosed) {
      return
    }
    const { now, sendFrame, firstLink } = this.#init
    const link = firstLink?.()
    // without a link nothing need be sealed
    const isCutOff = firstLink !== undefined && link === undefined
    for (let packets = 0; packets < PACKETS_PER_TURN; packets++) {
      const isHeld = link !== undefined && link.ownStreamBytes > 0
      this.#connection.isHeld = isHeld
      const length = this.#connection.poll(now(), this.#frame, 1)
      // who was told meanwhile that there is room may have closed the channel
      if (this.#isClosed) {
        return
      }
      if (length === 0) {
        if (isHeld) {
          this.#waitFor(link)
        }
        this.#setTimer()
        return
      }
      if (isCutOff || !sendFrame(this.#frame.subarray(0, 1 + length))) {
        this.#connection.refused(now())
      }
    }
    this.#flushLater()
  }

  /** `isByPeer`: what has come whole can still be read, for a while. */
  close (isByPeer = false): void {
    this.#isClosed = true
    this.#cancelTimer?.()
    this.#waitsFor?.stopWaiting(this.#goOn)
    const error = new StreamClosedError('the channel is closed: open another one')
    for (const stream of this.#streams.values()) {
      stream.end(error, isByPeer)
    }
    // each that closes leaves this table
    if (this.#streams.size > 0) {
      this.#cancelTimer = this.#init.startTimer(() => { this.close() }, READ_MS)
    }
  }

  #waitFor (link: FirstLink): void {
    if (link !== this.#waitsFor) {
      this.#waitsFor?.stopWaiting(this.#goOn)
      this.#waitsFor = link
    }
    link.whenTaken(this.#goOn)
  }

  #wrap (state: StreamState): ChannelStream {
    const stream = new ChannelStream(state, this.#init.now)
    this.#streams.set(state, stream)
    stream.addEventListener('close', () => {
      this.#streams.delete(state)
      if (this.#isClosed && this.#streams.size === 0) {
        this.#cancelTimer?.()
      }
    }, { once: true })
    return stream
  }

  #flushLater (): void {
    if (!this.#isWaitingForFlush && !this.#isClosed) {
      this.#isWaitingForFlush = true
      this.#init.endOfTick.add(this)
    }
  }

  /** A timer that fires too early costs less than to set it anew for each packet. */
  #setTimer (): void {
    const nowMs = this.#init.now()
    const dueMs = this.#connection.nextTimeoutMs(nowMs)
    if (dueMs >= this.#timerMs || dueMs === Infinity) {
      return
    }
    this.#cancelTimer?.()
    this.#timerMs = nowMs + timerMs(dueMs - nowMs)
    this.#cancelTimer = this.#init.startTimer(() => {
      this.#timerMs = Infinity
      this.#cancelTimer = undefined
      this.flush()
    }, timerMs(dueMs - nowMs))
  }
}

/** The power of two below: what falls due later is looked at again then. Node keeps a list for each duration, so there should be few. */
function timerMs (inMs: number): number {
  return Math.min(MAX_TIMER_MS, Math.max(MIN_TIMER_MS, 2 ** Math.floor(Math.log2(Math.max(MIN_TIMER_MS, inMs)))))
}
