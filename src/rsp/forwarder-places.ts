// Which forwarders an RSP has: as many as it can plan for. Descriptors of nodes that do not exist cost nothing, so whoever cannot be reached gives way.
import type { PeerId } from '@libp2p/interface'

export const MAX_FORWARDERS = 1_024

/** @returns whose place a newcomer may have: the one known longest of those that nobody is connected to; undefined where all are */
export function whoGivesWay (forwarders: ReadonlyMap<string, { readonly peer: PeerId }>, isConnected: (peer: PeerId) => boolean): string | undefined {
  for (const [key, { peer }] of forwarders) {
    if (!isConnected(peer)) {
      return key
    }
  }
  return undefined
}
