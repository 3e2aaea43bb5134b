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
/** What came within so long came in one chunk: its packets are read, and their times taken, one after the other. */
const MOMENT_MS = 0.5
const MIN_PACKETS = 6
/** Where more is lost, no rate can be read. */
const MIN_BACK_SHARE = 0.5

/** What had gone or come by a moment: the packet with this number was the last. */
interface Moment {
  atMs: number
  lastAtMs: number
  packet: number
}

/**
 * @returns undefined when too few have come back
 */
export function timeBurst (packets: readonly BurstPacket[], packetBytes: number, isMarked = false): BurstTiming | undefined {
  const back = packets.flatMap(({ backMs }, packet) => backMs === undefined ? [] : [{ packet, atMs: backMs }])
  if (back.length < MIN_PACKETS || back.length < MIN_BACK_SHARE * packets.length) {
    return undefined
  }
  const sent = momentsOf(packets.map(({ sentMs }, packet) => ({ packet, atMs: sentMs })))
  const moments = momentsOf(back)
  const shortest = { packets: moments[moments.length - 1].packet - back[0].packet, spanMs: MIN_SPAN_MS }
  const backBytesPerSecond = 1_000 * packetBytes * Math.min(packetsPerMs(moments), shortest.packets / shortest.spanMs)
  return {
    // all in one moment is as fast as can be
    sentBytesPerSecond: 1_000 * packetBytes * packetsPerMs(sent),
    backBytesPerSecond,
    deliveredBytesPerSecond: backBytesPerSecond * back.length / packets.length,
    isMarked
  }
}

function momentsOf (times: ReadonlyArray<{ packet: number, atMs: number }>): Moment[] {
  const moments: Moment[] = []
  for (const { packet, atMs } of times) {
    const last = moments.at(-1)
    if (last !== undefined && atMs - last.atMs <= MOMENT_MS) {
      last.packet = packet
      last.lastAtMs = Math.max(last.lastAtMs, atMs)
    } else {
      moments.push({ atMs, lastAtMs: atMs, packet })
    }
  }
  return moments
}

/**
 * The median of the rates between any two moments (Theil and Sen): whoever pauses on the way, or has to wait for hop credit near the end, makes some of
 * them slower, and the first and the last packet are late as likely as any other. Packets of one moment (a chunk that was read) are one: their last byte
 * had come by then, and when the first one had, nobody knows.
 *
 * @returns Infinity where there is but one moment
 */
function packetsPerMs (moments: readonly Moment[]): number {
  const msPerPacket = moments.flatMap((from, i) => moments.slice(i + 1).map((to) => (to.lastAtMs - from.lastAtMs) / (to.packet - from.packet)))
  return msPerPacket.length === 0 ? Number.POSITIVE_INFINITY : 1 / median(msPerPacket)
}

function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}
