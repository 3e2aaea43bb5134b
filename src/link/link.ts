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
  /** Packets that the queue before this link dropped. */
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
  /** Of the packets of the node's own streams, those that wait for the neighbour to take more: who can be slowed sends nothing before there are none. */
  readonly ownStreamBytes: number
  /** Memory into which the last `reserve` allotted room. Valid until the next call. */
  readonly buffer: Uint8Array
  /**
   * Room for a packet: its offset in `buffer`, or −1 when it has to go or the link is down (then it is counted as dropped). The caller
   * writes the packet at once; it leaves at the end of the tick, or when its turn comes.
   *
   * @param droppable must be what the flags of the packet say
   * @param account who pays for it, where others share the link: shares are equal between accounts. Default: the node itself
   * @param source index of the link that brought it: within an account, shares are equal between these. Default: the node itself
   */
  reserve (length: number, droppable: boolean, account?: number, source?: number): number
  /** Calls back once, when none of the node's own packets wait any more, or the link is down. Who is called back at once takes turns with others. */
  whenTaken (run: () => void): void
  /** Who was to be called back need not be any more. */
  stopWaiting (run: () => void): void
  /** Of the packets that came just now, so many bytes are credited only after so long: the neighbour is slowed. */
  keepBack (bytes: number, delayMs: number, nowMs: number): void
}
