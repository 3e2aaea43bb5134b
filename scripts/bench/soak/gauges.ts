// What roles tell of themselves, by role: the sizes of their tables, and what they have done so far.
import type { Forwarder } from '../../../src/forwarder/forwarder.ts'
import type { Host } from '../../../src/host/host.ts'
import type { Observed } from './observed-process.ts'
import type { RouteProvider } from '../../../src/rsp/route-provider.ts'

type Told = Pick<Observed, 'gauges' | 'work'>

export function ofForwarder (role: Forwarder): Told {
  return {
    gauges: () => {
      const { links, neighbours, attachments, watchingRsps, measuredLinks, subscribers, table, setUps } = role.status
      return {
        links, neighbours, attachments, watchingRsps, measuredLinks, subscribers,
        paths: table.paths, labels: table.labels, pendingPaths: table.pendingPaths, queuedSetUps: setUps.queued, pathStateBytes: table.heldBytes
      }
    },
    work: () => {
      const { forwardedPackets, deliveredPackets, noticesSent, setUps: { installed, authenticated, refreshed, removed } } = role.status
      return { forwardedPackets, deliveredPackets, noticesSent, installed, authenticated, refreshed, removed }
    }
  }
}

export function ofRsp (role: RouteProvider): Told {
  return {
    gauges: () => {
      const { forwarders, links, plan } = role.status
      return { forwarders, mapLinks: links, watchedLinks: plan.watchedLinks, directory: role.discovery.directory.size }
    },
    work: () => ({ answered: role.status.answered, unanswered: role.status.unanswered })
  }
}

/** @param work - what is counted by whoever uses the host */
export function ofHost (role: Host, work: () => Record<string, number>): Told {
  return {
    gauges: () => {
      const { channels, paths, links, access, discovery } = role
      return { channels: channels.length, installedPaths: paths.list().length, links: links.size, accessPoints: access.points.length, directory: discovery.directory.size }
    },
    work
  }
}
