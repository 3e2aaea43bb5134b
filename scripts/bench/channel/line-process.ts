// Lines between network namespaces: each has a rate, a queue, a delay and a share of packets that it loses. The kernel at both ends puts IP packets into UDP datagrams
// (VXLAN, RFC 7348) and sends them here; so whole TCP connections run over a line as over a cable, on kernels that have no netem.
import { createSocket } from 'node:dgram'
import { constants, setPriority } from 'node:os'
import { answerParent } from '../child-process.ts'
import { completeTcpChecksum } from './tcp-checksum.ts'
import { randomFrom } from '../routes/random.ts'
import type { Socket } from 'node:dgram'

export interface LineInit {
  /** UDP port of the tunnel, at all three. */
  port: number
  /** Where the two ends are. */
  ends: readonly [string, string]
  bytesPerSecond: number
  /** One way. */
  delayMs: number
  /** Share of packets, 0–1, in each direction. */
  loss: number
}

/** Then comes the Ethernet frame. */
const VXLAN_HEADER_BYTES = 8
/** Not a part of the IP packet, which alone counts. */
const AROUND_BYTES = VXLAN_HEADER_BYTES + 14
/** Besides one bandwidth-delay product: what a burst takes. */
const MIN_QUEUE_BYTES = 64_000
/** Packets that wait in the socket until this process has its turn have been on the line meanwhile. */
const LATE_MS = 5
/** What the kernel holds while this process does something else. */
const SOCKET_BYTES = 4_194_304
const SEED = 20_260_101

/** One direction: a queue before a line of a fixed rate, and what is under way. */
class Direction {
  readonly #init: LineInit
  readonly #queueBytes: number
  readonly #send: (packet: Uint8Array) => void
  readonly #random: () => number
  readonly #underWay: Array<{ packet: Uint8Array, dueMs: number }> = []
  #freeMs = 0
  #isWaiting = false

  constructor (init: LineInit, seed: number, send: (packet: Uint8Array) => void) {
    this.#init = init
    this.#queueBytes = Math.max(MIN_QUEUE_BYTES, init.bytesPerSecond * 2 * init.delayMs / 1_000)
    this.#random = randomFrom(seed)
    this.#send = send
  }

  take (packet: Uint8Array): void {
    const { bytesPerSecond, delayMs, loss } = this.#init
    const nowMs = performance.now()
    const startMs = Math.max(nowMs - LATE_MS, this.#freeMs)
    if ((startMs - nowMs) * bytesPerSecond / 1_000 > this.#queueBytes || (loss > 0 && this.#random() < loss)) {
      return
    }
    completeTcpChecksum(packet, VXLAN_HEADER_BYTES)
    this.#freeMs = startMs + (packet.length - AROUND_BYTES) / bytesPerSecond * 1_000
    this.#underWay.push({ packet, dueMs: Math.max(nowMs, this.#freeMs) + delayMs })
    this.#wait()
  }

  #wait (): void {
    if (!this.#isWaiting && this.#underWay.length > 0) {
      this.#isWaiting = true
      setTimeout(() => { this.#deliver() }, Math.max(0, this.#underWay[0].dueMs - performance.now()))
    }
  }

  #deliver (): void {
    this.#isWaiting = false
    const nowMs = performance.now()
    const waiting = this.#underWay.findIndex(({ dueMs }) => dueMs > nowMs)
    for (const { packet } of this.#underWay.splice(0, waiting < 0 ? this.#underWay.length : waiting)) {
      this.#send(packet)
    }
    this.#wait()
  }
}

async function open (init: LineInit): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: SOCKET_BYTES, sendBufferSize: SOCKET_BYTES })
  await new Promise<void>((resolve) => { socket.bind(init.port, resolve) })
  const [first, second] = init.ends
  const towards = (end: string, seed: number): Direction => new Direction(init, seed, (packet) => { socket.send(packet, init.port, end) })
  const directions = new Map([[first, towards(second, SEED)], [second, towards(first, SEED + 1)]])
  socket.on('message', (packet, { address }) => { directions.get(address)?.take(packet) })
  socket.on('error', () => {})
  return socket
}

// who makes the namespaces may do this, too: what the lanes do to the processor must not look like what a line does
setPriority(constants.priority.PRIORITY_HIGHEST)

answerParent({
  start: async (lines) => { await Promise.all((lines as LineInit[]).map(open)) }
})
