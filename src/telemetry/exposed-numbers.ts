// Shows a role's own counters to whatever metrics implementation its libp2p node was given (Prometheus, for one), when that asks: nothing is
// counted twice, and nothing is done per packet. Names are Prometheus's: base units, and `_total` for what only grows.
import type { Metrics } from '@libp2p/interface'

export type MetricsRegistry = Pick<Metrics, 'registerCounter' | 'registerCounterGroup' | 'registerMetric' | 'registerMetricGroup'>

export class ExposedNumbers {
  readonly #registry: MetricsRegistry | undefined
  readonly #prefix: string

  /**
   * @param registry - of the node; undefined: nobody watches
   * @param role - stands in every name: `byway_forwarder_…`
   */
  constructor (registry: MetricsRegistry | undefined, role: string) {
    this.#registry = registry
    this.#prefix = `byway_${role}_`
  }

  /** Something that goes up and down. */
  gauge (name: string, help: string, read: () => number): void {
    this.#registry?.registerMetric(this.#prefix + name, { help, calculate: read })
  }

  /** By a label. */
  gauges (name: string, help: string, label: string, read: () => Record<string, number>): void {
    this.#registry?.registerMetricGroup(this.#prefix + name, { help, label, calculate: read })
  }

  /** Something that only grows, read as its sum so far. */
  counter (name: string, help: string, read: () => number): void {
    const growth = growthOf(() => ({ sum: read() }))
    this.#registry?.registerCounter(this.#prefix + name, { help, calculate: () => growth().sum })
  }

  counters (name: string, help: string, label: string, read: () => Record<string, number>): void {
    this.#registry?.registerCounterGroup(this.#prefix + name, { help, label, calculate: growthOf(read) })
  }
}

/** libp2p's calculated counters want what has come since they were asked last. */
function growthOf (read: () => Record<string, number>): () => Record<string, number> {
  let before: Record<string, number> = {}
  return () => {
    const now = { ...read() }
    const growth = Object.fromEntries(Object.entries(now).map(([name, sum]) => [name, Math.max(0, sum - (before[name] ?? 0))]))
    before = now
    return growth
  }
}
