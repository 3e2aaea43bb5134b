// What is believed of the traffic in one direction of a link, from the end that sends and the end that receives. The sender
// knows how full the link was, the receiver what came out of it; neither is believed further than the other goes along.

/** What a view has in a field of which its speaker says nothing. */
export const NOT_SAID = -1

/** What one end says of the traffic on a link; see LinkView. */
export interface TrafficView {
  /** 0: not known. */
  bytesPerSecond: number
  rateIsFloor: boolean
  /** These may be NOT_SAID. */
  loadBytesPerSecond: number
  receivedBytesPerSecond: number
  mostReceivedBytesPerSecond: number
  mostReceivedIsFloor: boolean
}

export interface DirectionEstimate {
  /** The most that the link was seen to deliver lately; undefined: not known. */
  bytesPerSecond: number | undefined
  /** It may deliver more: it was never full meanwhile. */
  rateIsFloor: boolean
  /** What it carries now; undefined: not known. */
  loadBytesPerSecond: number | undefined
  /** What the sender asks per GB, in millionths of its operator's unit; undefined: it has not said. */
  priceMicroPerGb?: number
}

/** A link that has carried no more has shown nothing: probes and control messages are all that was on it. */
const LEAST_BYTES_PER_SECOND = 10_000

/** From the end of which `sender` is the view to the end of which `receiver` is; undefined: that end says nothing. */
export function directionOf (sender: TrafficView | undefined, receiver: TrafficView | undefined): DirectionEstimate {
  const sentRate = sender === undefined || sender.bytesPerSecond === 0 ? undefined : sender.bytesPerSecond
  const seenRate = said(receiver?.mostReceivedBytesPerSecond)
  const rate = Math.min(sentRate ?? seenRate ?? 0, seenRate ?? sentRate ?? 0)
  const load = Math.max(sender?.loadBytesPerSecond ?? NOT_SAID, receiver?.receivedBytesPerSecond ?? NOT_SAID)
  const isKnown = rate >= LEAST_BYTES_PER_SECOND
  return {
    bytesPerSecond: isKnown ? rate : undefined,
    rateIsFloor: isKnown && (sentRate === undefined ? receiver?.mostReceivedIsFloor !== false : sender?.rateIsFloor === true),
    loadBytesPerSecond: said(load)
  }
}

function said (value: number | undefined): number | undefined {
  return value === undefined || value === NOT_SAID ? undefined : value
}
