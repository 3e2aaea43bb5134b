// The sending application of the relay benchmark. It writes messages of one packet, or of as many as 60 KB hold, and waits where
// the transport says that it is full, or as much is on its way as may be.
//
// full: as fast as it goes. paced: so many packets per second, in turns of a millisecond. idle: one message at a time, with a pause after
// it has arrived.
import { WINDOW_BYTES, messageOf, nowNs, stampMessage } from './packets.ts'
import type { FeedbackListener } from './feedback.ts'

/** What a lane sends with. */
export interface Outlet {
  /** The message is not changed before it has arrived. False: wait for `onDrain` before the next. */
  send: (message: Uint8Array) => boolean
  onDrain: () => void
}

export interface Load {
  mode: 'full' | 'paced' | 'idle'
  packetBytes: number
  /** In one message. */
  packets: number
  durationMs: number
  /** Where paced. */
  packetsPerSecond?: number
}

/** Then others get their turn. */
const TURN_BYTES = 262_144
const TURN_MS = 1
/** What has not arrived by then is lost. */
const LAST_WAIT_MS = 1_000
const POLL_MS = 5

export class Pump {
  readonly #outlet: Outlet
  readonly #load: Load
  readonly #messages: Uint8Array[]
  readonly #untilMs: number
  #sentMessages = 0
  #arrivedPackets = 0
  #isFull = false
  #wake: () => void = () => {}

  constructor (outlet: Outlet, feedback: FeedbackListener, load: Load) {
    this.#outlet = outlet
    this.#load = load
    const { packets, packetBytes, durationMs } = load
    // as many as may be on their way, and one that is being written
    this.#messages = Array.from({ length: Math.floor(WINDOW_BYTES / (packets * packetBytes)) + 1 }, () => messageOf(packets, packetBytes))
    this.#untilMs = performance.now() + durationMs
    feedback.onArrived = (arrived) => {
      this.#arrivedPackets = arrived
      this.#wake()
    }
    outlet.onDrain = () => {
      this.#isFull = false
      this.#wake()
    }
  }

  /** @returns the packets that were sent, when all have arrived or do not come any more */
  async run (): Promise<number> {
    await (this.#load.mode === 'full' ? this.#full() : this.#load.mode === 'paced' ? this.#paced() : this.#idle())
    const lostMs = performance.now() + LAST_WAIT_MS
    while (this.#arrivedPackets < this.#sentPackets && performance.now() < lostMs) {
      await pause(POLL_MS)
    }
    return this.#sentPackets
  }

  get #sentPackets (): number {
    return this.#sentMessages * this.#load.packets
  }

  get #maySend (): boolean {
    return !this.#isFull && this.#sentMessages - this.#arrivedPackets / this.#load.packets < this.#messages.length - 1
  }

  get #isOver (): boolean {
    return performance.now() >= this.#untilMs
  }

  #send (stampNs?: number): void {
    const message = this.#messages[this.#sentMessages++ % this.#messages.length]
    if (stampNs !== undefined) {
      stampMessage(message, this.#load.packetBytes, stampNs)
    }
    this.#isFull = !this.#outlet.send(message)
  }

  async #full (): Promise<void> {
    const turn = Math.ceil(TURN_BYTES / this.#messages[0].length)
    while (!this.#isOver) {
      for (let sent = 0; sent < turn && this.#maySend; sent++) {
        this.#send()
      }
      await (this.#maySend ? new Promise((resolve) => setImmediate(resolve)) : this.#woken())
    }
  }

  /** The age of a packet begins with the turn in which it was due, even if the transport took it later. */
  async #paced (): Promise<void> {
    const { packetsPerSecond = 0, packets } = this.#load
    const startedMs = performance.now()
    const due: Array<{ messages: number, dueNs: number }> = []
    let dueMessages = 0
    const sendDue = (): void => {
      while (due.length > 0 && this.#maySend) {
        this.#send(due[0].dueNs)
        if (--due[0].messages === 0) {
          due.shift()
        }
      }
    }
    while (!this.#isOver) {
      // the first one at once
      const messages = 1 + Math.floor((performance.now() - startedMs) / 1_000 * packetsPerSecond / packets) - dueMessages
      if (messages > 0) {
        dueMessages += messages
        due.push({ messages, dueNs: nowNs() })
      }
      this.#wake = sendDue
      sendDue()
      await pause(TURN_MS)
    }
    this.#wake = () => {}
  }

  async #idle (): Promise<void> {
    while (!this.#isOver) {
      this.#send(nowNs())
      while (this.#arrivedPackets < this.#sentPackets && !this.#isOver) {
        await this.#woken()
      }
      // not in step with any timer of the others
      await pause(TURN_MS + Math.random() * TURN_MS)
    }
  }

  async #woken (): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LAST_WAIT_MS)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = () => {}
  }
}

async function pause (ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
