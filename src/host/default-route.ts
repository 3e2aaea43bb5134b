// The default route of a channel: the link that plain libp2p would use, and how packets go over it.
import { encodeSourceRoute } from '../../protocols/forward/source-route.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { wayAlong } from '../link/way.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Way } from '../link/way.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** Its header is made anew with every query, much more often than this. */
const LIFE_S = 600
const DEADLINE_MS = 5_000

export interface DefaultLinkInit {
  links: Pick<LinkSet, 'get' | 'isConnected' | 'open'>
  remote: PeerId
  signal?: AbortSignal
  log: Logger
}

/** Dials the peer, or takes the connection of its own that came while we could not reach it. @returns whether there is a link */
export async function openDefaultLink ({ links, remote, signal, log }: DefaultLinkInit): Promise<boolean> {
  const open = async (end: AbortSignal): Promise<unknown> => links.open(remote, { signal: end }).catch((error: unknown) => {
    log('the default route to %p cannot be opened - %e', remote, error)
  })
  const deadline = AbortSignal.timeout(DEADLINE_MS)
  await open(signal === undefined ? deadline : AbortSignal.any([signal, deadline]))
  if (links.get(remote) === undefined && links.isConnected(remote) && signal?.aborted !== true) {
    await open(AbortSignal.timeout(DEADLINE_MS))
  }
  return links.get(remote) !== undefined
}

export function defaultWay (self: NodeId, remote: PeerId, nowS: number): Way {
  return wayAlong(encodeSourceRoute({ nodes: [self, nodeIdOf(remote)], expiryS: Math.floor(nowS) + LIFE_S }))
}
