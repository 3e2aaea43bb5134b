// Sends a bounded burst of probes at a steady rate, there and back over nodes that need not help, and says how it came back. It ends early when a forwarder
// marks it: whoever shares that queue comes first.
import { timeBurst } from '../../measurement/burst-timing.ts'
import { packetBytes } from './survey-cost.ts'
import type { BurstPacket, BurstTiming } from '../../measurement/burst-timing.ts'
import type { BurstPlan } from '../../measurement/rate-search.ts'
import type { NodeId } from '../../../protocols/forward/node-id.ts'
import type { SurveyCost } from './survey-cost.ts'
import type { SurveyTimers } from './survey-timers.ts'

/** Of a packet of an ordinary flow. */
export const BURST_PAYLOAD_BYTES = 1_200
/** Timers are no finer. What is due since the last step goes in one. */
const STEP_MS = 1
/** When a step comes so much too late, this process had no time, and what it sent and saw meanwhile is not what happened. */
const STALL_MS = 5
/** Since the last one came back: the rest is lost. Longer than a retransmission below takes. */
const QUIET_MS = 500

export interface BurstInit extends BurstPlan {
  nodes: readonly NodeId[]
  cost: SurveyCost
  timers: SurveyTimers
  /** Of the burst's time: a step may be late by so much before that shows nothing. */
  stallShare: number
  /** Undefined: too few have come back, or could be sent. */
  onEnd: (timing: BurstTiming | undefined) => void
  /** It shows nothing: this process was too busy with other things. */
  onStalled: () => void
}

/** Returns what gives it up; then `onEnd` is not called any more. */
export function sendBurst (init: BurstInit): () => void {
  const burst = new Burst(init)
  return () => { burst.giveUp() }
}

class Burst {
  readonly #init: BurstInit
  readonly #bytes: number
  readonly #planned: number
  readonly #packets: BurstPacket[] = []
  readonly #startMs: number
  #open = 0
  #isSending = true
  #steppedAtMs: number
  /** The longest time between two steps. */
  #stallMs = 0
  #isMarked = false
  #isOver = false
  #stopSteps = (): void => {}
  #stopQuiet = (): void => {}

  constructor (init: BurstInit) {
    this.#init = init
    this.#bytes = packetBytes(init.nodes.length, BURST_PAYLOAD_BYTES)
    this.#planned = Math.ceil(init.bytes / this.#bytes)
    this.#startMs = this.#steppedAtMs = init.timers.now()
    init.cost.bursts++
    this.#stopSteps = init.timers.every(STEP_MS, () => { this.#step() })
    this.#step()
  }

  giveUp (): void {
    this.#isOver = true
    this.#isSending = false
    this.#stopSteps()
    this.#stopQuiet()
  }

  #step (): void {
    const { timers, bytesPerSecond } = this.#init
    const nowMs = timers.now()
    this.#stallMs = Math.max(this.#stallMs, nowMs - this.#steppedAtMs - STEP_MS)
    this.#steppedAtMs = nowMs
    const perMs = bytesPerSecond / 1_000 / this.#bytes
    // the first goes at once, each other one when its time has come: with the first ahead of its time, what takes few packets would pass for slower
    const due = 1 + Math.floor((nowMs - this.#startMs) * perMs)
    // the last step is a whole one: half of one would pass for a slower rate
    while (this.#isSending && this.#packets.length < Math.min(due, this.#planned + Math.ceil(STEP_MS * perMs))) {
      this.#send(nowMs)
    }
    if (this.#packets.length >= this.#planned) {
      this.#stopSending()
    }
  }

  #send (nowMs: number): void {
    const packet: BurstPacket = { sentMs: nowMs }
    this.#open++
    const isSent = this.#init.cost.probe(this.#init.nodes, ({ rttMs, isMarked }) => {
      this.#open--
      packet.backMs = rttMs === undefined ? undefined : packet.sentMs + rttMs
      if (isMarked === true) {
        this.#isMarked = true
        this.#stopSending()
      }
      this.#wait()
    }, { payloadBytes: BURST_PAYLOAD_BYTES, droppable: true })
    if (isSent) {
      this.#packets.push(packet)
    } else {
      this.#open--
      this.#stopSending()
    }
  }

  #stopSending (): void {
    if (this.#isSending) {
      this.#isSending = false
      this.#wait()
    }
  }

  #wait (): void {
    this.#stopQuiet()
    if (this.#isSending || this.#isOver) {
      return
    }
    const hasBack = this.#packets.some(({ backMs }) => backMs !== undefined)
    if (this.#open === 0) {
      this.#end()
    } else if (hasBack) {
      this.#stopQuiet = this.#init.timers.after(QUIET_MS, () => { this.#end() })
    }
  }

  /** That it took to go, or to come back. */
  get #spanMs (): number {
    const back = this.#packets.flatMap(({ backMs }) => backMs ?? [])
    const [first, last] = [this.#packets[0], this.#packets[this.#packets.length - 1]]
    return Math.max(last === undefined ? 0 : last.sentMs - first.sentMs, back.length === 0 ? 0 : back[back.length - 1] - back[0])
  }

  #end (): void {
    if (!this.#isOver) {
      this.giveUp()
      const { stallShare, onEnd, onStalled } = this.#init
      if (this.#stallMs > Math.max(STALL_MS, stallShare * this.#spanMs)) {
        onStalled()
      } else {
        onEnd(timeBurst(this.#packets, this.#bytes, this.#isMarked))
      }
    }
  }
}
