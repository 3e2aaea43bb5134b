// The sizes of tables that roles tell of themselves, by role.
import type { Forwarder } from '../../../src/forwarder/forwarder.ts'
import type { Host } from '../../../src/host/host.ts'
import type { RouteProvider } from '../../../src/rsp/route-provider.ts'

export function forwarderGauges ({ status }: Forwarder): Record<string, number> {
  const { links, neighbours, attachments, watchingRsps, measuredLinks, subscribers, table, setUps } = status
  return {
    links, neighbours, attachments, watchingRsps, measuredLinks, subscribers,
    paths: table.paths, labels: table.labels, pendingPaths: table.pendingPaths, queuedSetUps: setUps.queued, pathStateBytes: table.heldBytes
  }
}

export function rspGauges ({ status, discovery }: RouteProvider): Record<string, number> {
  return { forwarders: status.forwarders, mapLinks: status.links, watchedLinks: status.plan.watchedLinks, directory: discovery.directory.size }
}

export function hostGauges ({ channels, paths, links, access, discovery }: Host): Record<string, number> {
  return { channels: channels.length, installedPaths: paths.list().length, links: links.size, accessPoints: access.points.length, directory: discovery.directory.size }
}
