// What the transport shows to those who watch the application.
import { ExposedNumbers } from '../../telemetry/exposed-numbers.ts'
import type { MetricsRegistry } from '../../telemetry/exposed-numbers.ts'

export interface TransportNumbers {
  /** Connections by how they go: `direct`, `path` or `none`. */
  routes: Record<string, number>
  /** Inbound ones that are not ready yet. */
  pending: number
  dials: Record<string, number>
  refused: Record<string, number>
}

export function exposeTransport (metrics: MetricsRegistry | undefined, read: () => TransportNumbers): void {
  const expose = new ExposedNumbers(metrics, 'transport')
  expose.gauges('connections', 'Connections of the application, by how they go', 'route', () => read().routes)
  expose.gauge('pending_connections', 'Inbound connections that are not ready yet', () => read().pending)
  expose.counters('dials_total', 'Connections dialled, by the name of the error or ok', 'outcome', () => read().dials)
  expose.counters('refused_connections_total', 'Inbound connections refused, by the name of the error', 'error', () => read().refused)
}
