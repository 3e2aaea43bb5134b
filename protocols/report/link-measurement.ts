/** What a report says of one link, with the bounds of each value. */
import { MalformedMessageError } from '../errors.ts'
import { checkInteger, MAX_UINT32 } from '../field-checks.ts'
import { decodeDistinctPeerIds, encodePeerId } from '../peer-ids.ts'
import { MAX_RATE, MAX_RTT_US, PPM } from './constants.ts'
import { LinkState } from './report.pb.ts'
import type { LinkReport } from './report.pb.ts'
import type { PeerId } from '@libp2p/interface'

/** One directed link, from the forwarder that reports to `peer`. */
export interface LinkMeasurement {
  peer: PeerId
  /** false: no connection; the other values are then the last ones known, or 0 */
  up: boolean
  /** all integers; at most 60 s */
  rttUs: number
  jitterUs: number
  /** lost or late probes, or packets dropped by the queue before the link */
  lossPpm: number
  /** probes behind the estimate */
  samples: number
  /** of the newest sample, when the report was issued */
  ageMs: number
  /** the operator's rules close the link to the paths of others; absent: they do not */
  closed?: boolean
  /** the most that was delivered to the peer lately; at most 2^31 − 1, as are all rates; absent or 0: not known */
  bytesPerSecond?: number
  /** the link was never full meanwhile, so it may deliver more */
  rateIsFloor?: boolean
  /** sent to the peer now; absent: nothing */
  loadBytesPerSecond?: number
  /** received from the peer now; absent: nothing */
  receivedBytesPerSecond?: number
  /** the most that was received from the peer lately; absent or 0: not known */
  mostReceivedBytesPerSecond?: number
}

export function encodeLink (link: LinkMeasurement): LinkReport {
  return checkLink({
    peer: encodePeerId(link.peer),
    state: link.up ? LinkState.UP : LinkState.DOWN,
    rttUs: link.rttUs,
    jitterUs: link.jitterUs,
    lossPpm: link.lossPpm,
    samples: link.samples,
    ageMs: link.ageMs,
    closed: link.closed ?? false,
    bytesPerSecond: link.bytesPerSecond ?? 0,
    rateIsFloor: link.rateIsFloor ?? false,
    loadBytesPerSecond: link.loadBytesPerSecond ?? 0,
    receivedBytesPerSecond: link.receivedBytesPerSecond ?? 0,
    mostReceivedBytesPerSecond: link.mostReceivedBytesPerSecond ?? 0
  })
}

export function decodeLinks (wire: LinkReport[]): LinkMeasurement[] {
  const peers = decodeDistinctPeerIds(wire.map(({ peer }) => peer), 'links')

  return wire.map(checkLink).map(({ state, peer: _peer, ...values }, i) => {
    if (state === LinkState.LINK_UNKNOWN) {
      throw new MalformedMessageError(`links[${i}] is neither up nor down`)
    }
    return { peer: peers[i], up: state === LinkState.UP, ...values }
  })
}

function checkLink (link: LinkReport): LinkReport {
  checkInteger(link.rttUs, MAX_RTT_US, 'rtt_us')
  checkInteger(link.jitterUs, MAX_RTT_US, 'jitter_us')
  checkInteger(link.lossPpm, PPM, 'loss_ppm')
  checkInteger(link.samples, MAX_UINT32, 'samples')
  checkInteger(link.ageMs, MAX_UINT32, 'age_ms')
  checkInteger(link.bytesPerSecond, MAX_RATE, 'bytes_per_second')
  checkInteger(link.loadBytesPerSecond, MAX_RATE, 'load_bytes_per_second')
  checkInteger(link.receivedBytesPerSecond, MAX_RATE, 'received_bytes_per_second')
  checkInteger(link.mostReceivedBytesPerSecond, MAX_RATE, 'most_received_bytes_per_second')
  if (link.rateIsFloor && link.bytesPerSecond === 0) {
    throw new MalformedMessageError('rate_is_floor says something of a rate that is not there')
  }

  return link
}
