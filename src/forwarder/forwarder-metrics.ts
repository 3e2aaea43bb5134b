// What a forwarder shows to those who watch it; scripts/grafana/forwarder.json draws it.
import { ExposedNumbers } from '../telemetry/exposed-numbers.ts'
import { recent } from '../telemetry/recent.ts'
import type { ForwarderStatus } from './forwarder-status.ts'
import type { MetricsRegistry } from '../telemetry/exposed-numbers.ts'

export interface ForwarderMetricsInit {
  metrics: MetricsRegistry | undefined
  status: () => ForwarderStatus
  /** Bytes that wait before all links. */
  queuedBytes: () => number
  /** Monotonic, ms. */
  now: () => number
}

export function exposeForwarder ({ metrics, status: read, queuedBytes, now }: ForwarderMetricsInit): void {
  const status = recent(read, now)
  const expose = new ExposedNumbers(metrics, 'forwarder')
  expose.counter('forwarded_packets_total', 'Packets sent on', () => status().forwardedPackets)
  expose.counter('forwarded_bytes_total', 'Bytes sent on', () => status().forwardedBytes)
  expose.counter('delivered_packets_total', 'Packets that ended here: probes and their answers', () => status().deliveredPackets)
  expose.counter('notices_total', 'Notices sent about packets that were dropped', () => status().noticesSent)
  expose.counters('dropped_packets_total', 'Packets dropped, by reason', 'reason', () => status().dropped)
  expose.counter('marked_packets_total', 'Packets that got the congestion mark', () => status().markedPackets)
  // as the buckets of a histogram, so that histogram_quantile() takes them
  expose.counters('queue_wait_seconds_bucket', 'Packets that had to wait before a link, by how long they did', 'le', () => inSeconds(status().waits))
  expose.gauge('load_bytes_per_second', 'What is carried for others now', () => status().loadBytesPerSecond)
  expose.gauge('limit_bytes_per_second', 'What is carried at most: what was configured, or what the processor can do', () => status().limitBytesPerSecond)
  expose.gauge('queued_bytes', 'Bytes that wait before all links', queuedBytes)
  expose.gauge('links', 'Links that are up', () => status().links)
  expose.gauge('neighbours', 'Forwarders to which links are kept', () => status().neighbours)
  expose.gauge('attachments', 'Nodes attached here', () => status().attachments)
  expose.gauge('watching_rsps', 'RSPs for which links are watched', () => status().watchingRsps)
  expose.gauge('measured_links', 'Links that are measured', () => status().measuredLinks)
  expose.gauge('labels', 'Labels given out', () => status().table.labels)
  expose.gauges('paths', 'Paths held as state', 'state', () => ({ installed: status().table.paths, pending: status().table.pendingPaths }))
  expose.gauge('path_state_bytes', 'Memory of the tables of paths', () => status().table.heldBytes)
  expose.counters('set_ups_total', 'Set-ups that were carried out, by kind', 'kind', () => {
    const { installed, authenticated, refreshed, removed } = status().setUps
    return { installed, authenticated, refreshed, removed }
  })
  expose.counters('refused_set_ups_total', 'Set-ups that were refused, by reason', 'reason', () => ({ ...status().setUps.refused }))
  expose.gauge('queued_set_ups', 'Set-ups that wait for a signature check', () => status().setUps.queued)
  expose.gauge('puzzle_bits', 'Difficulty of the puzzles that set-up asks for; 0: none', () => status().setUps.bits)
}

function inSeconds (waits: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(waits).map(([boundMs, packets]) => [boundMs === 'Infinity' ? '+Inf' : String(Number(boundMs) / 1_000), packets]))
}
