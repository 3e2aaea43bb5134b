// Round trips measured by a short-lived host with probes: over nothing but the default route, or along given forwarders.
import type { Host } from '../host/host.ts'
import type { PeerId } from '@libp2p/interface'

/** The least of so many: what queues and a busy machine add is not the route's. */
const PROBES = 4
const LINK_DEADLINE_MS = 5_000

export interface Rtt {
  rttMs: number | null
  /** Why there is none. */
  error?: string
}

/**
 * The round trip to each forwarder of a path and to what is behind it, as seen from here.
 *
 * @param path - the host must be attached to its first
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
  return least.map((rttMs) => rttMs === null ? null : Math.round(1_000 * rttMs) / 1_000)
}

/** The round trip to a peer over its default route (`path` empty) or along a path. */
export async function measureRtt (host: Host, path: readonly PeerId[], peer: PeerId, signal: AbortSignal): Promise<Rtt> {
  try {
    if (path.length === 0) {
      await host.links.open(peer, { signal: AbortSignal.any([signal, AbortSignal.timeout(LINK_DEADLINE_MS)]) })
    }
    const rttMs = (await measureHops(host, [...path, peer])).at(-1) ?? null
    return rttMs === null ? { rttMs, error: 'it does not answer' } : { rttMs }
  } catch (error) {
    return { rttMs: null, error: (error as Error).message }
  }
}
