// What a host shows to those who watch it.
import { ExposedNumbers } from '../telemetry/exposed-numbers.ts'
import type { MetricsRegistry } from '../telemetry/exposed-numbers.ts'

export interface HostNumbers {
  channels: number
  measuredForwarders: number
  knownForwarders: number
  knownRsps: number
  /** By standing. */
  ratedRsps: Record<string, number>
  installedPaths: number
  refusedPayloads: number
}

export function exposeHost (metrics: MetricsRegistry | undefined, read: () => HostNumbers): void {
  const expose = new ExposedNumbers(metrics, 'host')
  expose.gauge('channels', 'Channels that are open', () => read().channels)
  expose.gauges('forwarders', 'Forwarders, by what is known of them', 'state', () => ({ known: read().knownForwarders, measured: read().measuredForwarders }))
  expose.gauge('rsps', 'RSPs that are known', () => read().knownRsps)
  expose.gauges('rated_rsps', 'RSPs that were dealt with, by what is thought of them', 'standing', () => read().ratedRsps)
  expose.gauge('installed_paths', 'Paths held as state in forwarders', () => read().installedPaths)
  expose.counter('refused_payloads_total', 'Payloads that belonged to no session or could not be opened', () => read().refusedPayloads)
}
