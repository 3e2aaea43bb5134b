// Links that keep what is sent over them, and a set of them: what an endpoint or a relay needs of its node.
import { NodeTable } from '../../protocols/forward/node-id.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Link } from '../../src/link/link.ts'
import type { LinkSet } from '../../src/link/link-set.ts'
import type { PeerId } from '@libp2p/interface'

/** Where a packet begins in the batch: not at its beginning, as is usual. */
const OFFSET = 3

export class FakeLink implements Link {
  readonly peer: PeerId
  readonly node: NodeId
  readonly index: number
  readonly counters = { sentPackets: 0, sentBytes: 0, receivedPackets: 0, receivedBytes: 0, droppedPackets: 0 }
  readonly queuedBytes = 0
  ownStreamBytes = 0
  /** What it is taken to have delivered. */
  rate = { bytesPerSecond: 0, isFloor: false, arrived: 0 }
  readonly arrivalRate = { bytesPerSecond: () => this.rate.arrived }
  readonly deliveryRate = { bytesPerSecond: () => this.rate.bytesPerSecond, isFloor: () => this.rate.isFloor }
  isUp = true
  isFull = false
  readonly droppable: boolean[] = []
  /** Of each packet: who paid for it, and which link brought it. */
  readonly shares: Array<[account: number | undefined, source: number | undefined]> = []
  readonly #batches: Uint8Array[] = []

  constructor (node: NodeId, peer?: PeerId, index = 0) {
    this.node = node
    this.index = index
    this.peer = peer as PeerId
  }

  get buffer (): Uint8Array {
    return this.#batches[this.#batches.length - 1]
  }

  reserve (length: number, droppable: boolean, account?: number, source?: number): number {
    if (this.isFull) {
      this.counters.droppedPackets++
      return -1
    }
    this.#batches.push(new Uint8Array(OFFSET + length))
    this.droppable.push(droppable)
    this.shares.push([account, source])
    return OFFSET
  }

  /** What was asked to be kept back. */
  readonly kept: Array<[bytes: number, delayMs: number]> = []

  whenTaken (run: () => void): void {
    run()
  }

  stopWaiting (): void {}

  keepBack (bytes: number, delayMs: number): void {
    this.kept.push([bytes, delayMs])
  }

  /** The packets sent so far. */
  get sent (): Uint8Array[] {
    return this.#batches.map((batch) => batch.subarray(OFFSET))
  }

  /** The packets sent since the last call. */
  take (): Uint8Array[] {
    const { sent } = this
    this.#batches.length = 0
    this.droppable.length = 0
    this.shares.length = 0
    return sent
  }
}

export interface FakeLinks {
  links: LinkSet
  to: (node: NodeId) => FakeLink
}

/** Their indices are those of the list. */
export function fakeLinks (nodes: readonly NodeId[]): FakeLinks {
  const table = new NodeTable<FakeLink>()
  const all = nodes.map((node, index) => new FakeLink(node, undefined, index))
  for (const link of all) {
    table.set(link.node, link)
  }
  const getAt = (buffer: Uint8Array, at: number): Link | undefined => {
    const link = table.getAt(buffer, at)
    return link?.isUp === true ? link : undefined
  }
  const byIndex = (index: number): Link | undefined => {
    const link = all[index] as FakeLink | undefined
    return link?.isUp === true ? link : undefined
  }
  return { links: { getAt, byIndex } as unknown as LinkSet, to: (node) => table.get(node) as FakeLink }
}
