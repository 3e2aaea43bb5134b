// The stream driver of a link: one outgoing libp2p stream for packets to the neighbour, one incoming for packets from it.
// Credit travels on the unused direction of each.
import { CREDIT_STEP_BYTES } from '../../protocols/forward/constants.ts'
import { FrameReader } from '../../protocols/forward/frame-reader.ts'
import { decodeCredit } from '../../protocols/forward/link-control.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { release } from '../../protocols/stream-io.ts'
import { CreditSender } from './credit-sender.ts'
import { CreditWindow } from './credit-window.ts'
import { ARRIVAL_INTERVAL_MS, DeliveryRate } from './delivery-rate.ts'
import { OWN, PacketQueue } from './packet-queue.ts'
import { QueueCounters } from './queue-counters.ts'
import type { EndOfTick, Flushable } from './end-of-tick.ts'
import type { Link, LinkCounters } from './link.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Connection, Logger, PeerId, Stream, StreamMessageEvent } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

/** Takes one packet where it lies; must copy what it keeps. `nowMs` is when its chunk came: nobody asks the clock for each packet. */
export type PacketSink = (buffer: Uint8Array, at: number, length: number, from: Link, nowMs: number) => void

/** A neighbour that does not read its credit stream must not make us hold more than this. */
const CREDIT_BUFFER_BYTES = 65_536

/** Looks, a second apart: many times what credit may be kept back for. Who has not credited anything for so long, with packets waiting for it, does not read. Not a time: a process that stood still has read nothing either. */
const CREDIT_LOOKS = 10

export interface StreamLinkInit {
  peer: PeerId
  index: number
  endOfTick: EndOfTick
  queueBytes: number
  /** See `PacketQueueInit`. */
  lateAfterMs?: number
  /** See `PacketQueueInit`. */
  spares?: Uint8Array[]
  now: () => number
  log: Logger
  onPacket: PacketSink
  /** The outgoing stream is gone. */
  onDown: (link: StreamLink) => void
  /** Neither direction has a stream any more. */
  onIdle: (link: StreamLink) => void
}

export class StreamLink implements Link, Flushable {
  readonly peer: PeerId
  readonly node: NodeId
  readonly index: number
  readonly counters: LinkCounters
  readonly queueCounters = new QueueCounters()
  readonly deliveryRate = new DeliveryRate()
  readonly arrivalRate = new DeliveryRate({ intervalMs: ARRIVAL_INTERVAL_MS })
  readonly #init: StreamLinkInit
  readonly #queue: PacketQueue
  #outgoing: Stream | undefined
  #incoming: Stream | undefined
  #credit = new CreditWindow()
  #creditSender: CreditSender | undefined
  #waitsForFlush = false
  /** What the neighbour had credited when `expire` looked last and saw more, or nothing that waits for it; and how often it has looked since. */
  #seenCredit = { bytes: 0, looks: 0 }
  /** Who waits until its packets are taken; who has waited longest first. */
  readonly #waiting = new Set<() => void>()

  constructor (init: StreamLinkInit) {
    this.peer = init.peer
    this.node = nodeIdOf(init.peer)
    this.index = init.index
    this.#init = init
    const { queueCounters } = this
    this.#queue = new PacketQueue({ maxBytes: init.queueBytes, lateAfterMs: init.lateAfterMs, counters: queueCounters, spares: init.spares, now: init.now })
    this.counters = {
      sentPackets: 0,
      sentBytes: 0,
      receivedPackets: 0,
      receivedBytes: 0,
      get droppedPackets () { return queueCounters.dropped }
    }
  }

  get isUp (): boolean {
    return this.#outgoing?.status === 'open' && this.#outgoing.writeStatus === 'writable'
  }

  /** Do packets to the neighbour go over this connection? */
  goesOver (connection: Connection): boolean {
    return this.#outgoing !== undefined && connection.streams.includes(this.#outgoing)
  }

  /** Bytes of what came from the neighbour over this connection, or was credited there: while it grows, that lives. */
  heardOver ({ streams }: Connection): number {
    const received = this.#incoming !== undefined && streams.includes(this.#incoming) ? this.counters.receivedBytes : 0
    const credited = this.#outgoing !== undefined && streams.includes(this.#outgoing) ? this.#credit.sentBytes - this.#credit.inFlightBytes : 0
    return received + credited
  }

  get hasStreams (): boolean {
    return this.#outgoing !== undefined || this.#incoming !== undefined
  }

  get queuedBytes (): number {
    return this.#queue.queuedBytes
  }

  get ownStreamBytes (): number {
    return this.#queue.ownStreamBytes
  }

  get buffer (): Uint8Array {
    return this.#queue.buffer
  }

  reserve (length: number, droppable: boolean, account = OWN, source = OWN): number {
    const stream = this.#outgoing
    if (stream === undefined) {
      this.queueCounters.down++
      return -1
    }
    const at = this.#queue.reserve(length, droppable, stream.writableNeedsDrain ? 0 : this.#credit.roomBytes, account, source)
    if (at >= 0 && !this.#waitsForFlush) {
      this.#waitsForFlush = true
      this.#init.endOfTick.add(this)
    }
    return at
  }

  whenTaken (run: () => void): void {
    this.#waiting.add(run)
  }

  stopWaiting (run: () => void): void {
    this.#waiting.delete(run)
  }

  keepBack (bytes: number, delayMs: number, nowMs: number): void {
    this.#creditSender?.keepBack(bytes, delayMs, nowMs)
  }

  /** The end of the tick. */
  flush (): void {
    this.#waitsForFlush = false
    this.#sendQueued(true)
  }

  /** Sends what credit and the stream allow: batches that are ready, then what waits, in batches that are worth a message. */
  #sendQueued (isEndOfTick = false): void {
    const stream = this.#outgoing
    const queue = this.#queue
    while (stream !== undefined && !stream.writableNeedsDrain && (queue.headBytes > 0 || this.#fill())) {
      this.counters.sentPackets += queue.headPackets
      const batch = queue.shift()
      this.#credit.sent(batch.length, this.#init.now())
      this.counters.sentBytes += batch.length
      if (!send(stream, batch)) {
        break
      }
      // all of it has gone down, and nobody was sending there already: it was encrypted into memory of its own
      if (isEndOfTick && stream.writeBufferLength === 0) {
        queue.giveBack()
      }
    }
    queue.keep()
    this.#callWaiting()
    const isBusy = queue.queuedBytes > 0 || this.#credit.roomBytes < CREDIT_STEP_BYTES
    if (isBusy !== this.deliveryRate.isBusy) {
      this.deliveryRate.setBusy(isBusy, this.#init.now())
    }
  }

  /** One after the other, as long as what they send at once is taken. */
  #callWaiting (): void {
    for (const run of this.#waiting) {
      if (this.#outgoing !== undefined && (this.#outgoing.writableNeedsDrain || this.ownStreamBytes > 0)) {
        return
      }
      this.#waiting.delete(run)
      run()
    }
  }

  #fill (): boolean {
    const roomBytes = this.#credit.roomBytes
    return roomBytes >= Math.min(this.#queue.waitingBytes, CREDIT_STEP_BYTES) && this.#queue.fill(roomBytes)
  }

  /** Every second: a neighbour that lets packets wait, and credits nothing, must not keep the queue for ever. */
  expire (): void {
    const window = this.#credit
    const bytes = window.sentBytes - window.inFlightBytes
    // what has room only waits for the end of the tick
    const isStuck = this.#outgoing?.writableNeedsDrain === true || this.#queue.queuedBytes > window.roomBytes
    if (!isStuck || this.#queue.queuedBytes === 0 || bytes !== this.#seenCredit.bytes) {
      this.#seenCredit = { bytes, looks: 0 }
    } else if (++this.#seenCredit.looks >= CREDIT_LOOKS) {
      this.#outgoing?.abort(new Error('no credit'))
    }
  }

  /** Packets to the neighbour go over this stream from now on. */
  setOutgoing (stream: Stream): void {
    const previous = this.#outgoing
    this.#outgoing = stream
    // its own, since a stream that has been replaced may still bring a credit
    const window = this.#credit = new CreditWindow()
    this.#seenCredit = { bytes: 0, looks: 0 }
    this.#queue.clear()
    previous?.abort(new Error('replaced by a newer stream'))
    const reader = new FrameReader((buffer, at, length) => {
      const consumed = decodeCredit(buffer, at, length)
      const inFlightBytes = window.inFlightBytes
      const nowMs = this.#init.now()
      if (consumed !== undefined && window.credited(consumed, nowMs) && this.#credit === window) {
        this.deliveryRate.delivered(inFlightBytes - window.inFlightBytes, nowMs)
        this.#sendQueued()
      }
    })
    stream.addEventListener('drain', () => { this.#sendQueued() })
    this.#read(stream, (data) => { pushAll(reader, data) }, () => { this.#outgoingGone(stream) })
    this.#callWaiting()
  }

  /** Packets from the neighbour come over this stream from now on. */
  setIncoming (stream: Stream): void {
    const previous = this.#incoming
    this.#incoming = stream
    previous?.abort(new Error('replaced by a newer stream'))
    stream.maxWriteBufferLength = CREDIT_BUFFER_BYTES
    const credit = this.#creditSender = new CreditSender({ endOfTick: this.#init.endOfTick, send: (bytes) => { send(stream, bytes) }, now: this.#init.now })
    const { counters } = this
    let chunkBytes = 0
    let nowMs = 0
    const reader = new FrameReader((buffer, at, length) => {
      chunkBytes += length
      counters.receivedPackets++
      this.#init.onPacket(buffer, at, length, this, nowMs)
    })
    const readChunk = (data: Uint8Array | Uint8ArrayList): void => {
      nowMs = this.#init.now()
      chunkBytes = 0
      pushAll(reader, data)
      counters.receivedBytes += chunkBytes
      this.arrivalRate.delivered(chunkBytes, nowMs)
      credit.consumed(chunkBytes)
    }
    this.#read(stream, readChunk, () => {
      credit.stop()
      if (this.#incoming === stream) {
        this.#incoming = undefined
        this.#closed()
      }
    })
  }

  /** Down at once; what can be sent still goes, and the neighbour has a second to close its side. */
  close (): void {
    const outgoing = this.#outgoing
    if (outgoing !== undefined) {
      this.#sendQueued()
      this.#outgoingGone(outgoing)
      void release(outgoing)
    }
    this.#incoming?.abort(new Error('link closed'))
  }

  #outgoingGone (stream: Stream): void {
    if (this.#outgoing === stream) {
      this.#outgoing = undefined
      this.#queue.clear()
      this.#init.onDown(this)
      this.#callWaiting()
      this.#closed()
    }
  }

  #read (stream: Stream, onChunk: (data: Uint8Array | Uint8ArrayList) => void, onClose: () => void): void {
    stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
      try {
        onChunk(data)
      } catch (error) {
        this.#init.log.error('reading packets from %p failed - %e', this.peer, error)
        stream.abort(error as Error)
      }
    })
    stream.addEventListener('close', onClose, { once: true })
    stream.addEventListener('remoteCloseWrite', () => { void stream.close().catch(() => {}) }, { once: true })
    if (stream.status !== 'open') {
      onClose()
    }
  }

  #closed (): void {
    if (!this.hasStreams) {
      this.#init.onIdle(this)
    }
  }
}

function pushAll (reader: FrameReader, data: Uint8Array | Uint8ArrayList): void {
  if (data instanceof Uint8Array) {
    reader.push(data)
    return
  }
  for (const segment of data) {
    reader.push(segment)
  }
}

/** Sends unless the stream has gone meanwhile; its 'close' event tells the rest. */
function send (stream: Stream, bytes: Uint8Array): boolean {
  try {
    return stream.status === 'open' ? stream.send(bytes) : false
  } catch {
    return false
  }
}
