// Which packets have arrived, which are lost, and when to ask: RFC 9002, with what it says of a connection said of each path.
//
// A path in use: a packet is lost when a later one of the same path was acknowledged, three numbers later or a round trip and an eighth later. When nothing
// is acknowledged for a probe timeout, the oldest contents are sent again, with backoff.
// A path that was left: nothing more is sent on it, so time alone tells. Its packets are lost a probe timeout (the longer one of both paths) after they were sent. If it had stopped answering before it was
// left, what was sent less than half a round trip before the last answer, or later, never arrived and goes again at once; what was sent earlier probably arrived, though
// nobody could say so, and is lost only if the first answer over the new path does not speak of it. Such losses are nobody's congestion.
import { Content, CONTENTS_PER_PACKET, PacketState } from './sent-packets.ts'
import { StreamViolationError } from '../../../protocols/stream/errors.ts'
import type { Ack } from '../../../protocols/stream/codec.ts'
import type { AckSample, LossSample } from './congestion-controller.ts'
import type { PathSet } from './path-set.ts'
import type { PathState } from './path-state.ts'
import type { SentPackets } from './sent-packets.ts'

/** Backoff of probes ends here: a path that comes back is noticed within this time. */
const MAX_PROBE_INTERVAL_MS = 2_000
/** Packets that go when the timeout fires: one may be lost too. */
const PROBES = 2
/** kPersistentCongestionThreshold. */
const PERSISTENT_TIMEOUTS = 3
/** Lost packets are remembered for so many probe timeouts. */
const REMEMBERED_TIMEOUTS = 3
/** The way there is taken for half of the round trip, the queue, and a little more: to send a few packets twice costs less than to leave a gap. */
const WAY_THERE_SHARE = 0.5
const WAY_THERE_MARGIN_MS = 3
const US_PER_MS = 1_000

/** Whoever sends things again. `index` is where the packet is in `SentPackets`. */
export interface ContentOwner {
  delivered (index: number, content: number): void
  lost (index: number, content: number): void
}

export class LossDetection {
  readonly #sent: SentPackets
  readonly #paths: PathSet
  readonly #owner: ContentOwner
  #lossMs = Infinity
  readonly #acked: AckSample = {
    nowMs: 0, bytes: 0, packets: 0, markedPackets: 0, isNewRound: false, isWindowLimited: false,
    smoothedRttMs: 0, baseRttMs: 0, queueMs: 0, lowQueueMs: 0, lowSeenMs: 0, deliveryRate: 0
  }
  readonly #lossSample: LossSample = { nowMs: 0, bytes: 0, packets: 0, lastSentMs: 0 }
  /** For tests and status. */
  lostPackets = 0
  spuriousLosses = 0

  constructor (sent: SentPackets, paths: PathSet, owner: ContentOwner) {
    this.#sent = sent
    this.#paths = paths
    this.#owner = owner
  }

  /** When `expire` must be called. */
  get dueMs (): number {
    return Math.min(this.#lossMs, this.#probeMs)
  }

  get #probeMs (): number {
    const { active } = this.#paths
    return active.inFlightPackets === 0 ? Infinity : active.lastSentMs + Math.min(MAX_PROBE_INTERVAL_MS, active.rtt.probeTimeoutMs * 2 ** active.timeouts)
  }

  /** @returns how many probes must be sent now, whatever the window; their contents were given back to the owner */
  expire (nowMs: number): number {
    if (nowMs >= this.#lossMs) {
      this.#detectAll(nowMs)
    }
    if (nowMs < this.#probeMs) {
      return 0
    }
    const { active } = this.#paths
    active.timeouts++
    let probes = 0
    for (let place = this.#sent.firstInFlight; place < this.#sent.next && probes < PROBES; place++) {
      const index = this.#sent.at(place)
      if (this.#sent.state[index] === PacketState.inFlight && this.#paths.of(this.#sent.epoch[index]) === active) {
        this.#giveBack(index)
        probes++
      }
    }
    active.lastSentMs = nowMs
    return PROBES
  }

  /** @throws StreamViolationError for a packet that was not sent */
  acknowledge (ack: Ack, nowMs: number): void {
    const sent = this.#sent
    if (ack.largest >= sent.nextNumber) {
      throw new StreamViolationError('unsent-packet', `packet ${ack.largest} is acknowledged, but ${sent.nextNumber} is not sent yet`)
    }
    const acked = this.#acked
    const { active } = this.#paths
    acked.nowMs = nowMs
    acked.bytes = 0
    acked.packets = 0
    let latest = -1
    let place = sent.first
    for (let i = ack.rangeCount - 1; i >= 0; i--) {
      const last = ack.ranges[2 * i + 1]
      for (place = sent.placeFrom(ack.ranges[2 * i], place); place < sent.next && sent.number[sent.at(place)] <= last; place++) {
        const index = sent.at(place)
        const state = sent.state[index]
        if (state === PacketState.inFlight || state === PacketState.lost) {
          this.#arrived(index, state === PacketState.lost, nowMs)
          latest = index
        }
      }
    }
    if (latest >= 0) {
      this.#sampled(ack, latest, nowMs)
      this.#detectAll(nowMs)
      if (acked.packets > 0) {
        acked.markedPackets = this.#newMarks(ack, active, acked.packets)
        active.describe(acked)
        active.controller.onAcked(acked)
        active.isWindowLimited &&= !acked.isNewRound
      }
      sent.forget(nowMs - REMEMBERED_TIMEOUTS * active.rtt.probeTimeoutMs)
    }
  }

  /** Another path is taken: what is in flight is judged anew. */
  changePath (key: string, nowMs: number, rttMs?: number): void {
    this.#freeEpoch(this.#paths.nextEpoch)
    for (const path of this.#paths.use(key, nowMs, rttMs)) {
      this.#loseAll(path)
    }
    for (const path of this.#paths.left) {
      if (path.timeouts > 0) {
        this.#loseAll(path, path.acknowledgedMs - WAY_THERE_SHARE * path.delay.baseRttMs - path.delay.queueMs - WAY_THERE_MARGIN_MS)
        path.heldUntilMs = nowMs + this.#paths.active.rtt.probeTimeoutMs
        path.timeouts = 0
      }
    }
    this.#detectAll(nowMs)
  }

  /** So many probes have gone since that packets which nobody acknowledges are in the way: what is in them goes again. */
  makeRoom (): void {
    const sent = this.#sent
    const end = (sent.first + sent.next) / 2
    for (let place = sent.firstInFlight; place < end; place++) {
      const index = sent.at(place)
      if (sent.state[index] === PacketState.inFlight) {
        this.#lose(index, this.#paths.of(sent.epoch[index]))
      }
    }
    sent.forget(Infinity)
  }

  /** The packet that was written last has not left. */
  notSent (): void {
    const sent = this.#sent
    if (sent.isLastTracked) {
      const index = sent.at(sent.next - 1)
      this.#paths.active.settled(sent.bytes[index])
      this.#giveBack(index)
      sent.takeBack()
    }
  }

  #arrived (index: number, wasLost: boolean, nowMs: number): void {
    const sent = this.#sent
    const number = sent.number[index]
    const path = this.#paths.of(sent.epoch[index])
    const bytes = sent.bytes[index]
    sent.state[index] = PacketState.acknowledged
    if (wasLost) {
      this.spuriousLosses++
      path.sawReordering(path.largestAcknowledged - number)
      path.controller.onSpuriousLoss(1, sent.sentMs[index])
    } else {
      path.settled(bytes)
    }
    path.delivery.delivered(bytes, sent.sentMs[index], nowMs)
    path.largestAcknowledged = Math.max(path.largestAcknowledged, number)
    path.timeouts = 0
    path.acknowledgedMs = nowMs
    path.deliveredSentMs = Math.max(path.deliveredSentMs, sent.sentMs[index])
    if (path === this.#paths.active) {
      this.#acked.bytes += bytes
      this.#acked.packets++
    }
    for (let content = index * CONTENTS_PER_PACKET; content < (index + 1) * CONTENTS_PER_PACKET; content++) {
      if (sent.contentType[content] !== Content.none) {
        this.#owner.delivered(index, content)
      }
    }
  }

  /** At `index` is the highest packet that is newly acknowledged. */
  #sampled (ack: Ack, index: number, nowMs: number): void {
    const sent = this.#sent
    const path = this.#paths.of(sent.epoch[index])
    const sentMs = sent.sentMs[index]
    const isNewRound = path.delivery.sample(sent.deliveredBytes[index], sent.deliveredMs[index], sent.burstStartMs[index], sentMs)
    this.#acked.isNewRound = isNewRound && path === this.#paths.active
    if (path === this.#paths.active) {
      for (const left of this.#paths.left) {
        left.heldUntilMs = -Infinity
      }
    }
    if (sent.number[index] === ack.largest) {
      const rttMs = Math.max(0.001, nowMs - sentMs)
      const ackDelayMs = ack.delayUs / US_PER_MS
      path.rtt.sample(rttMs, ackDelayMs)
      path.delay.sample(Math.max(0.001, rttMs - ackDelayMs), sentMs, ack.receivedAtUs, nowMs, path.batchTimeMs(sent.batchBytes[index]))
    }
  }

  /** A peer cannot have counted more marks than it has got packets; what it says beyond that is ignored. */
  #newMarks (ack: Ack, active: PathState, packets: number): number {
    if (ack.epoch !== active.epoch) {
      return 0
    }
    const marks = (ack.marked - active.marked) | 0
    if (marks <= 0) {
      return 0
    }
    active.marked = ack.marked
    return Math.min(marks, packets)
  }

  #detectAll (nowMs: number): void {
    this.#lossMs = Infinity
    this.#detect(this.#paths.active, nowMs, true)
    for (const path of this.#paths.left) {
      if (path.inFlightPackets > 0) {
        this.#detect(path, nowMs, false)
      }
    }
  }

  #detect (path: PathState, nowMs: number, isActive: boolean): void {
    const sent = this.#sent
    const end = isActive ? sent.placeFrom(path.largestAcknowledged, sent.first) : sent.next
    if (!isActive && nowMs < path.heldUntilMs) {
      this.#lossMs = Math.min(this.#lossMs, path.heldUntilMs)
      return
    }
    // acks of what took the path before come over the new one
    const delayMs = isActive ? path.lossDelayMs : Math.max(path.rtt.probeTimeoutMs, this.#paths.active.rtt.probeTimeoutMs)
    const loss = this.#lossSample
    loss.bytes = 0
    loss.packets = 0
    let firstSentMs = 0
    let runMs = 0
    for (let place = sent.firstInFlight; place < end; place++) {
      const index = sent.at(place)
      if (sent.state[index] === PacketState.acknowledged) {
        firstSentMs = 0
      }
      if (sent.state[index] !== PacketState.inFlight || this.#paths.of(sent.epoch[index]) !== path) {
        continue
      }
      const sentMs = sent.sentMs[index]
      if (sentMs + delayMs <= nowMs || (isActive && path.largestAcknowledged - sent.number[index] >= path.packetThreshold)) {
        this.#lose(index, path)
        firstSentMs ||= sentMs
        runMs = Math.max(runMs, sentMs - firstSentMs)
        loss.bytes += sent.bytes[index]
        loss.packets++
        loss.lastSentMs = sentMs
      } else {
        // nor are those that went later
        this.#lossMs = Math.min(this.#lossMs, sentMs + delayMs)
        break
      }
    }
    if (isActive && loss.packets > 0) {
      loss.nowMs = nowMs
      path.controller.onLost(loss)
      if (path.rtt.hasSample && runMs > PERSISTENT_TIMEOUTS * path.rtt.probeTimeoutMs) {
        path.controller.onPersistentCongestion(nowMs)
      }
    }
  }

  /** The epoch comes again, and will mean another path: what went under it, before all else that is still known, is not waited for any more. */
  #freeEpoch (epoch: number): void {
    const sent = this.#sent
    for (let place = sent.first; place < sent.next && sent.epoch[sent.at(place)] === epoch; place++) {
      const index = sent.at(place)
      if (sent.state[index] === PacketState.inFlight) {
        this.#lose(index, this.#paths.of(epoch))
      }
      sent.state[index] = PacketState.untracked
    }
    // those of the epoch that comes again next must be the first again
    sent.forget(-Infinity)
  }

  #loseAll (path: PathState, sinceMs = -Infinity): void {
    const sent = this.#sent
    for (let place = sent.firstInFlight; place < sent.next && path.inFlightPackets > 0; place++) {
      const index = sent.at(place)
      if (sent.state[index] === PacketState.inFlight && sent.sentMs[index] >= sinceMs && this.#paths.of(sent.epoch[index]) === path) {
        this.#lose(index, path)
      }
    }
  }

  #lose (index: number, path: PathState): void {
    this.#sent.state[index] = PacketState.lost
    path.settled(this.#sent.bytes[index])
    this.lostPackets++
    this.#giveBack(index)
  }

  #giveBack (index: number): void {
    for (let content = index * CONTENTS_PER_PACKET; content < (index + 1) * CONTENTS_PER_PACKET; content++) {
      if (this.#sent.contentType[content] !== Content.none) {
        this.#owner.lost(index, content)
      }
    }
  }
}
