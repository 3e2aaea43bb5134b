// What a relay counts.

export type DropReason =
  'malformed' | 'unknownKind' | 'badRoute' | 'expired' | 'ttlExceeded' | 'unknownLabel' | 'notAuthorized' | 'noSuchNeighbour' |
  /** From or to another forwarder, over a link that the operator's rules close. */
  'closedLink' |
  /** More than its path may, or an RSP on a link, or than notices are passed on here. */
  'overRate' |
  /** More than the forwarder carries as a whole. */
  'overCapacity'

export interface RelayCounters {
  forwardedPackets: number
  forwardedBytes: number
  deliveredPackets: number
  noticesSent: number
  /** Packets that got the congestion mark, since the capacity was short. */
  markedPackets: number
  /** Packets dropped, by reason; queues count theirs themselves (link/queue-counters.ts). */
  dropped: Record<DropReason, number>
}

export function zeroCounters (): RelayCounters {
  return {
    forwardedPackets: 0,
    forwardedBytes: 0,
    deliveredPackets: 0,
    noticesSent: 0,
    markedPackets: 0,
    dropped: {
      malformed: 0,
      unknownKind: 0,
      badRoute: 0,
      expired: 0,
      ttlExceeded: 0,
      unknownLabel: 0,
      notAuthorized: 0,
      noSuchNeighbour: 0,
      closedLink: 0,
      overRate: 0,
      overCapacity: 0
    }
  }
}
