// How far an overlay in a test knows itself.
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Forwarder } from '../forwarder/forwarder.ts'
import type { Host } from '../host/host.ts'
import type { BywayNode } from '../node/libp2p.ts'
import type { RouteProvider } from '../rsp/route-provider.ts'

export interface Known {
  forwarders: ReadonlyArray<BywayNode<Forwarder>>
  rsps: ReadonlyArray<BywayNode<RouteProvider>>
  hosts: ReadonlyArray<BywayNode<Host>>
}

/** Does each RSP know all links, and does each host know all RSPs and say how near it is to all forwarders? */
export async function isMapComplete ({ forwarders, rsps, hosts }: Known): Promise<boolean> {
  const links = forwarders.length * (forwarders.length - 1)
  const isKnown = rsps.every(({ services: { byway } }) => byway.status.forwarders === forwarders.length && byway.status.links === links) &&
    hosts.every(({ services: { byway } }) => byway.discovery.directory.ofRole('rsp').length === rsps.length)
  return isKnown && (await Promise.all(hosts.map(async (host) => accessPointsOf(host)))).every((count) => count === forwarders.length)
}

/** The same for people: what is known of how much. */
export function mapProgress ({ forwarders, rsps, hosts }: Known): string {
  const links = forwarders.length * (forwarders.length - 1)
  return [
    ...rsps.map(({ services: { byway: { status } } }, i) => `rsp${i} knows ${status.forwarders} of ${forwarders.length} forwarders and ${status.links} of ${links} links`),
    ...hosts.map(({ services: { byway: { access, discovery } } }, i) =>
      `host${i} knows ${discovery.directory.ofRole('rsp').length} of ${rsps.length} RSPs and has measured ${access.points.length} of ${forwarders.length} forwarders`)
  ].join('; ')
}

/** How many forwarders the host names in its descriptor. */
async function accessPointsOf ({ services }: BywayNode<Host>): Promise<number> {
  const { self, verification } = services.byway.discovery
  return (await openDescriptor(await self.get(), verification)).host?.access.length ?? 0
}
