// What an RSP shows to those who watch it.
import { ExposedNumbers } from '../telemetry/exposed-numbers.ts'
import { recent } from '../telemetry/recent.ts'
import type { MetricsRegistry } from '../telemetry/exposed-numbers.ts'
import type { RouteProviderStatus } from './rsp-status.ts'

export interface RspMetricsInit {
  metrics: MetricsRegistry | undefined
  status: () => RouteProviderStatus
  /** Monotonic, ms. */
  now: () => number
}

export function exposeRsp ({ metrics, status: read, now }: RspMetricsInit): void {
  const status = recent(read, now)
  const expose = new ExposedNumbers(metrics, 'rsp')
  expose.counters('queries_total', 'Route queries, by what came of them', 'answer', () => ({ paths: status().answered, none: status().unanswered }))
  expose.counter('signatures_total', 'Signatures made; answers of one turn share one', () => status().signing.signatures)
  expose.gauge('forwarders', 'Forwarders on the map', () => status().forwarders)
  expose.gauge('links', 'Directed links on the map', () => status().links)
  expose.gauges('plan_links', 'Links between the forwarders, by whether they are watched', 'state', () => {
    const { watchedLinks, possibleLinks } = status().plan
    return { watched: watchedLinks, unwatched: possibleLinks - watchedLinks }
  })
  expose.counter('plan_rounds_total', 'Rounds of the measurement plan that were finished', () => status().plan.rounds)
  expose.gauges('rivals', 'Other RSPs that measurements are exchanged with, by whether they are believed', 'believed', () => {
    const rivals = status().exchange?.rivals ?? []
    const believed = rivals.filter(({ isCredible }) => isCredible).length
    return { yes: believed, no: rivals.length - believed }
  })
  expose.gauges('shared_links', 'Links that other RSPs tell of, and links that they are told of', 'direction', () => {
    const rivals = status().exchange?.rivals ?? []
    return { heard: rivals.reduce((sum, { links }) => sum + links, 0), told: rivals.reduce((sum, { toldLinks }) => sum + toldLinks, 0) }
  })
  expose.gauge('map_store_failing', 'Whether the map cannot be written for the next start', () => status().archive?.failure === undefined ? 0 : 1)
  expose.counter('survey_packets_total', 'Probes that were sent to survey links', () => status().survey?.packets ?? 0)
  expose.counter('survey_bytes_total', 'Bytes that were sent to survey links', () => status().survey?.bytes ?? 0)
  expose.gauges('kept_promises_ratio', 'Share of the promised round trips that held, by number of links; aimed at 0.8', 'links', () =>
    Object.fromEntries(status().calibration.rtt.map(({ coverage }, at) => [String(at + 1), coverage])))
}
