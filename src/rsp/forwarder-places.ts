// Which forwarders an RSP has: as many as it can plan for. Descriptors of nodes that do not exist cost nothing, so whoever cannot be reached gives way;
// nor do keys, so that one machine must not fill all places with nodes that it runs: those of an address prefix that has more than its part give way first.
import { countedPrefix } from '../defence/address-prefix.ts'
import { ownAddresses } from '../discovery/connect.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection } from '@libp2p/interface'

export const MAX_FORWARDERS = 1_024
/** Of one address prefix, once there is no room for all. */
const MAX_OF_PREFIX = MAX_FORWARDERS / 8

export type Forwarders = ReadonlyMap<string, Pick<VerifiedDescriptor, 'peer'>>

/**
 * @param connectionTo - undefined where there is none
 * @returns whose place a newcomer may have; undefined: nobody's. Of the prefix that has most, if that is more than its part, the one that came last, unless
 * the newcomer says that it is there, too: one more of these is worth no more. Else the one known longest of those that nobody is connected to
 */
export function whoGivesWay (forwarders: Forwarders, newcomer: VerifiedDescriptor, connectionTo: (peer: VerifiedDescriptor['peer']) => Connection | undefined): string | undefined {
  const byPrefix = new Map<string, { count: number, last: string }>()
  let unreached: string | undefined
  for (const [key, { peer }] of forwarders) {
    const connection = connectionTo(peer)
    const prefix = connection === undefined ? undefined : prefixOf(connection)
    if (prefix !== undefined) {
      byPrefix.set(prefix, { count: (byPrefix.get(prefix)?.count ?? 0) + 1, last: key })
    }
    unreached ??= connection === undefined ? key : undefined
  }
  const most = [...byPrefix].reduce<[string, { count: number, last: string }] | undefined>((best, each) => best === undefined || each[1].count > best[1].count ? each : best, undefined)
  if (most === undefined || most[1].count <= MAX_OF_PREFIX) {
    return unreached
  }
  const [prefix, { last }] = most
  return ownAddresses(newcomer).some((address) => countedPrefix(address) === prefix) ? unreached : last
}

/** Looked for at all of them for each newcomer. */
const prefixes = new WeakMap<Connection, string | undefined>()

function prefixOf (connection: Connection): string | undefined {
  if (!prefixes.has(connection)) {
    prefixes.set(connection, countedPrefix(connection.remoteAddr))
  }
  return prefixes.get(connection)
}
