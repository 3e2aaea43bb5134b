// Reaching a destination within a time; one that takes longer counts as unreachable, as it does where the overlay itself gives up.
import { UnavailableError } from '../../protocols/errors.ts'
import type { PeerId } from '@libp2p/interface'

/**
 * For opening a channel. Look-up and handshake may take 6 and 10 s, after 5 in which an address that was given is dialled, and then say better what is
 * wrong (`discovery/discovery.ts`, `host/session-opening.ts`, `destination.ts`); this is for what hangs between them.
 */
export const OPEN_DEADLINE_MS = 25_000

/** @throws UnavailableError when time is up; else what `act` throws */
export async function reach<T> (peer: PeerId, deadlineMs: number, stop: AbortSignal, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = AbortSignal.timeout(deadlineMs)
  try {
    return await act(AbortSignal.any([stop, late]))
  } catch (error) {
    if (late.aborted && !stop.aborted) {
      throw new UnavailableError(`${peer.toString()} could not be reached within ${deadlineMs / 1_000} s`, { cause: error })
    }
    throw error
  }
}
