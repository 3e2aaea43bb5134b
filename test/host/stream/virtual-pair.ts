// Two connections, the paths between them, and a driver that does for them in virtual time what a channel does.
import { Connection } from '../../../src/host/stream/connection.ts'
import { MAX_STREAM_PACKET_BYTES } from '../../../protocols/stream/constants.ts'
import { SimulatedLink } from './simulated-link.ts'
import type { CongestionController } from '../../../src/host/stream/congestion-controller.ts'
import type { LinkConditions } from './simulated-link.ts'
import type { StreamState } from '../../../src/host/stream/stream-state.ts'
import type { VirtualWorld } from './virtual-world.ts'

export interface SimulatedPath {
  name: string
  there: SimulatedLink
  back: SimulatedLink
}

export interface PathConditions extends LinkConditions {
  /** Of the way back, where it differs. */
  back?: LinkConditions
}

export function simulatedPath (world: VirtualWorld, random: () => number, name: string, { back, ...there }: PathConditions): SimulatedPath {
  return { name, there: new SimulatedLink(world, random, there), back: new SimulatedLink(world, random, back ?? there) }
}

export interface PairInit {
  controller?: () => CongestionController
  maxPacketBytes?: number
  /** The answering end's clock is ahead by so much. */
  clockOffsetMs?: number
  /** Wake-ups are late by up to this much, as in a busy process. */
  timerLateMs?: number
  /** What has come at once is answered at once, when the process has its turn. */
  gathers?: boolean
  random?: () => number
}

/** Polls in a row without time passing that no honest state needs. */
const MAX_IDLE_POLLS = 1_000

class End {
  readonly connection: Connection
  readonly accepted: StreamState[] = []
  onStream: (stream: StreamState) => void = () => {}
  path: SimulatedPath
  readonly #pair: VirtualPair
  readonly #isInitiator: boolean
  #wakeMs = Infinity
  #idlePolls = 0
  #lastPollMs = -1
  #isPumping = false
  #chosenBy = -1
  largestHeldBytes = 0

  constructor (pair: VirtualPair, isInitiator: boolean, path: SimulatedPath) {
    this.#pair = pair
    this.#isInitiator = isInitiator
    this.path = path
    const { controller, maxPacketBytes } = pair.init
    this.connection = new Connection({
      role: isInitiator ? 'initiator' : 'responder',
      path: { key: path.name },
      controller,
      maxPacketBytes,
      onStream: (stream) => {
        this.accepted.push(stream)
        this.onStream(stream)
      }
    })
    this.connection.onWork = () => { this.#schedule(this.#pair.world.nowMs) }
  }

  get nowMs (): number {
    return this.#pair.world.nowMs + (this.#isInitiator ? 0 : this.#pair.init.clockOffsetMs ?? 0)
  }

  use (path: SimulatedPath, rttMs?: number): void {
    this.path = path
    this.connection.pathChanged(path.name, this.nowMs, rttMs)
    this.pump()
  }

  receive (packet: Uint8Array, isMarked: boolean, path: SimulatedPath, number: number): void {
    // answers go the way that the initiator uses; what arrives late by the path before does not change that
    if (!this.#isInitiator && number > this.#chosenBy) {
      this.#chosenBy = number
      if (path !== this.path) {
        this.path = path
        this.connection.pathChanged(path.name, this.nowMs)
      }
    }
    this.connection.receive(packet, this.nowMs, isMarked)
    if (this.#pair.init.gathers === true) {
      this.#schedule(this.#pair.world.nowMs)
    } else {
      this.pump()
    }
  }

  pump (): void {
    if (this.#isPumping) {
      return
    }
    this.#isPumping = true
    const buffer = new Uint8Array(MAX_STREAM_PACKET_BYTES)
    for (;;) {
      const length = this.connection.poll(this.nowMs, buffer)
      if (length === 0) {
        break
      }
      this.#pair.carry(this, buffer.slice(0, length))
    }
    this.#isPumping = false
    this.largestHeldBytes = Math.max(this.largestHeldBytes, this.connection.heldBytes)
    this.#watchForLivelock()
    const offsetMs = this.nowMs - this.#pair.world.nowMs
    this.#schedule(this.connection.nextTimeoutMs(this.nowMs) - offsetMs)
  }

  #schedule (atMs: number): void {
    if (this.#isPumping || atMs === Infinity) {
      return
    }
    const { world, init: { timerLateMs = 0, random = Math.random } } = this.#pair
    const dueMs = Math.max(atMs, world.nowMs) + (timerLateMs > 0 ? timerLateMs * random() : 0)
    if (this.#wakeMs <= dueMs && this.#wakeMs >= world.nowMs) {
      return
    }
    this.#wakeMs = dueMs
    world.at(dueMs, () => {
      if (this.#wakeMs === dueMs) {
        this.#wakeMs = Infinity
        this.pump()
      }
    })
  }

  #watchForLivelock (): void {
    this.#idlePolls = this.#lastPollMs === this.nowMs ? this.#idlePolls + 1 : 0
    this.#lastPollMs = this.nowMs
    if (this.#idlePolls > MAX_IDLE_POLLS) {
      throw new Error('time does not pass: the connection asks to be polled again and again')
    }
  }
}

export class VirtualPair {
  readonly world: VirtualWorld
  readonly init: PairInit
  readonly a: End
  readonly b: End
  #number = 0
  carriedBytes = 0

  constructor (world: VirtualWorld, path: SimulatedPath, init: PairInit = {}) {
    this.world = world
    this.init = init
    this.a = new End(this, true, path)
    this.b = new End(this, false, path)
  }

  carry (from: End, packet: Uint8Array): void {
    const { path } = from
    const number = this.#number++
    this.carriedBytes += packet.length
    const [link, to] = from === this.a ? [path.there, this.b] : [path.back, this.a]
    link.send(packet, (arrived, isMarked) => { to.receive(arrived, isMarked, path, number) })
  }
}

export type { End }
