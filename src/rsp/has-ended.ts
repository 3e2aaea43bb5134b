// When a forwarder or a rival of which we know by its descriptor is forgotten.
import { heldUntilMs } from '../discovery/directory.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

export interface EndedBy {
  /** Unix time. */
  nowMs: number
  /** Does discovery have it? */
  isFound: (peer: VerifiedDescriptor['peer']) => boolean
  isConnected: (peer: VerifiedDescriptor['peer']) => boolean
}

/** Its time is over: by its own word, or because discovery does not have it any more, which strangers can bring about, and it is not connected. */
export function hasEnded (descriptor: VerifiedDescriptor, { nowMs, isFound, isConnected }: EndedBy): boolean {
  return heldUntilMs(descriptor) <= nowMs || (!isFound(descriptor.peer) && !isConnected(descriptor.peer))
}
