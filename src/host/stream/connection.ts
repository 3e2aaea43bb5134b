// Reliable streams over datagrams that may be lost, late, out of order and twice, on a path that may change: the two ends of
// protocols/stream. Pure: the caller brings every datagram and the time, and asks what to send and when to ask again.
//
//     driver ── receive(datagram, now, marked) ──▶ ReceivedPackets (acks), LossDetection (what arrived), StreamSet (frames)
//     driver ◀── poll(now, into) ────────────────  StreamWriter fills a packet, if PathState has room in its window and pacing allows
//     driver ── pathChanged(key, now) ───────────▶ PathSet: another window, another round trip; what is in flight is judged by its own path
//
// After each call the caller polls until there is nothing more to send, and calls again at `nextTimeoutMs` at the latest.
import { Ack, packetEpoch, packetNumber, readFrames, writeAck, writePacketHeader, writePing } from '../../../protocols/stream/codec.ts'
import { MAX_STREAM_PACKET_BYTES } from '../../../protocols/stream/constants.ts'
import { SentPackets } from './sent-packets.ts'
import { LossDetection } from './loss-detection.ts'
import { PacketBuilder } from './packet-builder.ts'
import { PathSet } from './path-set.ts'
import { ReceivedPackets } from './received-packets.ts'
import { StreamSet } from './stream-set.ts'
import { StreamWriter } from './stream-writer.ts'
import type { CongestionController } from './congestion-controller.ts'
import type { FrameVisitor } from '../../../protocols/stream/codec.ts'
import type { PathState } from './path-state.ts'
import type { StreamState } from './stream-state.ts'

/** A datagram that could not leave is tried again after this time, since the queue before the first link was full; and then after twice as long, for the link may be down. */
const RETRY_MS = 5
const MAX_RETRY_MS = 100

export interface ConnectionInit {
  /** Of the channel. */
  role: 'initiator' | 'responder'
  /** Names the path in use; and its round trip, if it was measured. */
  path: { key: string, rttMs?: number }
  /** The peer has opened a stream: set its events before you return. */
  onStream: (stream: StreamState) => void
  /** Largest datagram. Default: what an envelope holds. */
  maxPacketBytes?: number
  /** Default: reacts to delay and marks, falls back to CUBIC. */
  controller?: () => CongestionController
}

export class Connection {
  readonly #paths: PathSet
  readonly #sent = new SentPackets()
  readonly #received = new ReceivedPackets()
  readonly #loss: LossDetection
  readonly #builder = new PacketBuilder(this.#sent)
  readonly #streams: StreamSet
  readonly #writer: StreamWriter
  readonly #visitor: FrameVisitor
  readonly #ack = new Ack()
  /** Packets that go whatever the window. */
  #probes = 0
  #blockedUntilMs = -Infinity
  #retryMs = RETRY_MS
  /** The datagram that was given last has not left. */
  #wasRefused = false
  #nowMs = 0
  // of the packet that is being read
  #asksForAck = false
  #isTaken = true
  /** Called when there is something to send that there was not: who has called nothing polls then. */
  onWork: () => void = () => {}
  /** Nothing may go but acks and probes: what was sent before still waits before the first link. */
  isHeld = false

  constructor (init: ConnectionInit) {
    this.#paths = new PathSet({ maxPacketBytes: init.maxPacketBytes ?? MAX_STREAM_PACKET_BYTES, controller: init.controller }, init.path.key, init.path.rttMs)
    this.#streams = new StreamSet({
      role: init.role,
      onStream: init.onStream,
      onWork: () => { this.onWork() },
      rttMs: () => this.#paths.active.rtt.smoothedMs
    })
    this.#writer = new StreamWriter(this.#streams, this.#sent)
    this.#loss = new LossDetection(this.#sent, this.#paths, this.#writer)
    this.#visitor = this.#makeVisitor()
  }

  /** The path in use. */
  get path (): PathState {
    return this.#paths.active
  }

  /** Streams that are not over. */
  get streams (): StreamState[] {
    return [...this.#streams.all]
  }

  get lostPackets (): number {
    return this.#loss.lostPackets
  }

  get spuriousLosses (): number {
    return this.#loss.spuriousLosses
  }

  get sentPackets (): number {
    return this.#sent.nextNumber
  }

  /** Bytes of streams that are held: given to send and not acknowledged, or received and not taken. */
  get heldBytes (): number {
    let bytes = 0
    for (const { outgoing, incoming } of this.#streams.all) {
      bytes += outgoing.bufferedBytes + incoming.heldBytes
    }
    return bytes
  }

  /** @throws TooManyStreamsError */
  open (): StreamState {
    return this.#streams.open()
  }

  /**
   * A datagram has come; `isMarked`: with the congestion mark.
   *
   * @returns false when it was seen before
   * @throws MalformedMessageError, StreamViolationError: the peer does not keep to the protocol, and the connection cannot go on
   */
  receive (packet: Uint8Array, nowMs: number, isMarked = false): boolean {
    this.#nowMs = nowMs
    if (this.#wasRefused) {
      this.#retryMs = RETRY_MS
      this.#blockedUntilMs = Math.min(this.#blockedUntilMs, nowMs + RETRY_MS)
    }
    const number = packetNumber(packet)
    if (!this.#received.isNew(number)) {
      return false
    }
    this.#asksForAck = false
    this.#isTaken = true
    readFrames(packet, this.#visitor)
    if (this.#isTaken) {
      this.#received.add(number, packetEpoch(packet), isMarked, this.#asksForAck, nowMs)
    }
    return true
  }

  /**
   * The next datagram to send now: written to `into` from `at` on, for which there must be room for the largest.
   *
   * @returns its length; 0 when there is none
   */
  poll (nowMs: number, into: Uint8Array, at = 0): number {
    this.#nowMs = nowMs
    if (!this.#wasRefused) {
      this.unblock()
    }
    if (nowMs >= this.#loss.dueMs) {
      this.#probes = Math.max(this.#probes, this.#loss.expire(nowMs))
    }
    const isAckDue = nowMs >= this.#received.dueMs
    const maySend = this.#sendableMs(nowMs) <= nowMs
    if (!isAckDue && !maySend) {
      return 0
    }
    if (maySend && this.#sent.isExhausted) {
      this.#loss.makeRoom()
    }
    return this.#write(nowMs, into, at, maySend) - at
  }

  /** The datagram that `poll` gave last has not left. Its contents go again, later. */
  refused (nowMs: number): void {
    this.#loss.notSent()
    this.#received.repeat(nowMs + this.#retryMs)
    this.#blockedUntilMs = nowMs + this.#retryMs
    this.#retryMs = Math.min(MAX_RETRY_MS, 2 * this.#retryMs)
    this.#wasRefused = true
  }

  /** The first link takes packets again: what was refused need not wait for its time. */
  unblock (): void {
    this.#wasRefused = false
    this.#retryMs = RETRY_MS
    this.#blockedUntilMs = -Infinity
  }

  /** When `poll` must be called at the latest, if nothing else happens. Infinity: not at all. */
  nextTimeoutMs (nowMs: number): number {
    return Math.min(this.#received.dueMs, this.#loss.dueMs, this.#sendableMs(nowMs))
  }

  /** From now on datagrams take another path. `rttMs`: if it was measured. */
  pathChanged (key: string, nowMs: number, rttMs?: number): void {
    if (key !== this.#paths.active.key) {
      // whatever there is to send, the peer should hear of the new path, and we of its round trip
      this.#probes = 1
      this.unblock()
      this.#loss.changePath(key, nowMs, rttMs)
    }
  }

  /** When a packet that asks for an ack may go; Infinity when there is none, or no room. */
  #sendableMs (nowMs: number): number {
    const path = this.#paths.active
    if (this.#probes > 0) {
      return Math.max(nowMs, this.#blockedUntilMs)
    }
    if (this.isHeld || this.#sent.isFull || !this.#writer.hasWork || !path.hasRoom()) {
      return Infinity
    }
    return Math.max(path.paceMs(nowMs), this.#blockedUntilMs)
  }

  #write (nowMs: number, into: Uint8Array, at: number, maySend: boolean): number {
    this.#wasRefused = false
    const path = this.#paths.active
    const begin = writePacketHeader(into, at, path.epoch, this.#sent.nextNumber)
    let end = begin
    if (this.#received.isWaiting) {
      this.#received.describe(this.#ack, nowMs)
      end = writeAck(into, begin, this.#ack)
      this.#received.acknowledged()
    }
    if (!maySend) {
      this.#sent.skip()
      return end
    }
    const index = this.#sent.append(nowMs)
    this.#builder.begin(into, end, at + path.packetBytes, index)
    this.#writer.fill(this.#builder)
    if (this.#builder.at === end) {
      this.#builder.at = writePing(into, end)
    }
    this.#record(index, this.#builder.at - at, path, nowMs)
    return this.#builder.at
  }

  #record (index: number, bytes: number, path: PathState, nowMs: number): void {
    path.sent(bytes, nowMs)
    const sent = this.#sent
    sent.bytes[index] = bytes
    sent.batchBytes[index] = path.batchBytes
    sent.epoch[index] = path.epoch
    sent.deliveredBytes[index] = path.delivery.deliveredBytes
    sent.deliveredMs[index] = path.delivery.deliveredMs
    sent.burstStartMs[index] = path.delivery.burstStartMs
    this.#probes = Math.max(0, this.#probes - 1)
  }

  #makeVisitor (): FrameVisitor {
    const streams = this.#streams
    return {
      onAck: (ack) => { this.#loss.acknowledge(ack, this.#nowMs) },
      onData: (id, offset, data, isLast) => {
        this.#asksForAck = true
        this.#isTaken = streams.receive(id, offset, data, isLast, this.#nowMs) && this.#isTaken
      },
      onMaxData: (limit) => {
        this.#asksForAck = true
        streams.receiveMaxData(limit)
      },
      onMaxStreamData: (id, limit) => {
        this.#asksForAck = true
        streams.receiveMaxStreamData(id, limit)
      },
      onMaxStreams: (limit) => {
        this.#asksForAck = true
        streams.receiveMaxStreams(limit)
      },
      onReset: (id, code, finalBytes) => {
        this.#asksForAck = true
        streams.receiveReset(id, code, finalBytes, this.#nowMs)
      },
      onStopSending: (id, code) => {
        this.#asksForAck = true
        streams.receiveStop(id, code)
      },
      onPing: () => { this.#asksForAck = true }
    }
  }
}
