// A network of emulated lines in virtual time, packet by packet: what probes and other traffic meet there is the same each time.
import { EmulatedLine } from './emulated-line.ts'
import type { LineInit } from './emulated-line.ts'
import type { VirtualTime } from './virtual-time.ts'

export class VirtualLines {
  readonly #time: VirtualTime
  readonly #lines = new Map<string, EmulatedLine>()

  constructor (time: VirtualTime) {
    this.#time = time
  }

  /** The line from one node to another, in this direction. */
  set (from: string, to: string, init: LineInit): void {
    this.#lines.set(nameOf(from, to), new EmulatedLine(init))
  }

  /** Undefined: there is none, and what is sent there is lost. */
  get (from: string, to: string): EmulatedLine | undefined {
    return this.#lines.get(nameOf(from, to))
  }

  /** Sends a packet along nodes, each of which sends it on at once. `onArrival` is called when it has come to the last, if it does. */
  send (nodes: readonly string[], bytes: number, onArrival: () => void): void {
    const outMs = nodes.length < 2 ? undefined : this.get(nodes[0], nodes[1])?.put(bytes, this.#time.nowMs)
    if (outMs !== undefined) {
      this.#time.at(outMs, nodes.length === 2 ? onArrival : () => { this.send(nodes.slice(1), bytes, onArrival) })
    }
  }
}

function nameOf (from: string, to: string): string {
  return `${from} ${to}`
}
