// How fast a burst of packets went out, and how fast it came back: the rates that a search for the available bandwidth compares. Pure.

export interface BurstPacket {
  sentMs: number
  /** Undefined: lost. */
  backMs?: number
}

export interface BurstTiming {
  /** At which it was sent. */
  sentBytesPerSecond: number
  /** At which it came back, had none been lost. Lower than it was sent: it waited on its way. */
  backBytesPerSecond: number
  /** Of what came back. */
  deliveredBytesPerSecond: number
  /** A forwarder on the way has a queue. */
  isMarked: boolean
}

/** Less is at the mercy of a clock and an event loop that see milliseconds: what came back in less is taken to have taken as long. */
const MIN_SPAN_MS = 2
const MIN_PACKETS = 6
/** Where more is lost, no rate can be read. */
const MIN_BACK_SHARE = 0.5

/**
 * Packets of one moment (a chunk that was read) are one: their last byte had come by then, and when the first one had, nobody knows. So a rate is what came
 * after the first moment, over the time from that to the last.
 *
 * @returns undefined when too few have come back
 */
export function timeBurst (packets: readonly BurstPacket[], packetBytes: number, isMarked = false): BurstTiming | undefined {
  const back = packets.flatMap(({ backMs }, at) => backMs === undefined ? [] : [{ backMs, at }])
  if (back.length < MIN_PACKETS || back.length < MIN_BACK_SHARE * packets.length) {
    return undefined
  }
  const [first, last] = [back[0], back[back.length - 1]]
  const afterFirst = back.filter(({ backMs }) => backMs > first.backMs)
  const firstLater = afterFirst[0]?.at ?? last.at
  const spanMs = Math.max(MIN_SPAN_MS, last.backMs - first.backMs)
  const sentFirstMs = packets[0].sentMs
  const sentLater = packets.filter(({ sentMs }) => sentMs > sentFirstMs).length
  const sentSpanMs = packets[packets.length - 1].sentMs - sentFirstMs
  return {
    // all in one moment is as fast as can be
    sentBytesPerSecond: sentSpanMs > 0 ? 1_000 * sentLater * packetBytes / sentSpanMs : Number.POSITIVE_INFINITY,
    backBytesPerSecond: 1_000 * (last.at - firstLater + 1) * packetBytes / spanMs,
    deliveredBytesPerSecond: 1_000 * Math.max(1, afterFirst.length) * packetBytes / spanMs,
    isMarked
  }
}
