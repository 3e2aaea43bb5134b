// Round trips that a short-lived host measures: over the default route, and to each forwarder of a path.
import { OPEN_DEADLINE_MS, reach } from './reach.ts'
import type { Host } from '../host/host.ts'
import type { PeerId } from '@libp2p/interface'

/** The least of so many: what queues and a busy machine add is not the route's. */
const PROBES = 4
/** Echoes on a fresh route come quickly; one that has not answered by then does not work. */
const ECHO_DEADLINE_MS = 4_000
const POLL_MS = 50

export interface Rtt {
  rttMs: number | null
  /** Why there is none. */
  error?: string
}

/**
 * The round trip to each node of a path, as seen from here.
 *
 * @param path - the host must be attached to its first, and only the last may be a host
 */
export async function measureHops (host: Host, path: readonly PeerId[]): Promise<Array<number | null>> {
  const least: Array<number | null> = path.map(() => null)
  for (let round = 0; round < PROBES; round++) {
    const rtts = await host.trace(path)
    rtts.forEach((rttMs, i) => {
      if (rttMs !== undefined) {
        least[i] = Math.min(rttMs, least[i] ?? Infinity)
      }
    })
  }
  return least
}

/** The round trip over the default route, by the echoes of a channel that is opened for it. */
export async function measureDefault (host: Host, peer: PeerId, stop: AbortSignal): Promise<Rtt> {
  try {
    const channel = await reach(peer, OPEN_DEADLINE_MS, stop, async (signal) => host.open(peer, { signal }))
    const untilMs = performance.now() + ECHO_DEADLINE_MS
    while ((channel.status.default?.answered ?? 0) < PROBES && performance.now() < untilMs && !stop.aborted && !channel.isClosed) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    const fallback = channel.status.default
    channel.close()
    const rttMs = fallback?.alive === true ? fallback.measuredRttMs : null
    return rttMs === null ? { rttMs, error: 'it cannot be reached directly' } : { rttMs }
  } catch (error) {
    return { rttMs: null, error: (error as Error).message }
  }
}
