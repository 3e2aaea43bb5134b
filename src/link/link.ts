// A link end: what a node sends packets to one neighbour with. Streams carry it today; a datagram driver fits behind the
// same interface.
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { DeliveryRate } from './delivery-rate.ts'
import type { PeerId } from '@libp2p/interface'

export interface LinkCounters {
  sentPackets: number
  sentBytes: number
  receivedPackets: number
  receivedBytes: number
  /** Packets that the full queue before this link dropped. */
  readonly droppedPackets: number
}

export interface Link {
  readonly peer: PeerId
  readonly node: NodeId
  /** A small number that no other living link of the same set has: what tables of forwarding state know the link by. */
  readonly index: number
  readonly counters: LinkCounters
  /** What it was seen to deliver to the neighbour. */
  readonly deliveryRate: Pick<DeliveryRate, 'bytesPerSecond' | 'isFloor'>
  /** The most that arrived from it. */
  readonly arrivalRate: Pick<DeliveryRate, 'bytesPerSecond'>
  /** Can packets be sent now? */
  readonly isUp: boolean
  readonly queuedBytes: number
  /** Memory into which the last `reserve` allotted room. Valid until the next call. */
  readonly buffer: Uint8Array
  /**
   * Room for a packet in the batch of this tick: offset in `buffer`, or −1 when the queue is full or the link is down
   * (then the packet is counted as dropped). The caller writes the packet at once; the batch leaves at the end of the tick.
   */
  reserve (length: number, droppable: boolean): number
}
