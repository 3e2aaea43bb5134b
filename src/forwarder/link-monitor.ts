// Measures the links that somebody wants measured, each with a probe now and then and an estimator of its own.
import { LinkEstimator } from '../measurement/link-estimator.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { LinkMeasurement } from '../../protocols/report/codec.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { Prober } from '../measurement/prober.ts'
import type { PeerId } from '@libp2p/interface'

/** A link that has just come up is probed quickly so often, until its estimate stands. */
const QUICK_PROBES = 4
const QUICK_INTERVAL_MS = 250
/** Afterwards: 30 probes a minute see a level shift within about ten seconds. */
const DEFAULT_INTERVAL_MS = 2_000
/** Probes of all links are spread over the interval by this much. */
const JITTER = 0.25

/** What a report can say. */
const MAX_RTT_US = 60_000_000

export interface LinkMonitorInit {
  links: LinkSet
  prober: Prober
  /** Monotonic, ms. */
  now: () => number
  intervalMs?: number
  /** From 0 to 1. */
  random?: () => number
}

interface MonitoredLink {
  peer: PeerId
  estimator: LinkEstimator
  quickLeft: number
  timer?: ReturnType<typeof setTimeout>
}

export class LinkMonitor {
  readonly #init: LinkMonitorInit
  readonly #links = new Map<string, MonitoredLink>()

  constructor (init: LinkMonitorInit) {
    this.#init = init
    init.links.addEventListener('link:up', ({ detail: link }) => {
      const monitored = this.#links.get(link.peer.toString())
      if (monitored !== undefined) {
        monitored.quickLeft = QUICK_PROBES
        this.#probe(monitored)
      }
    })
  }

  get size (): number {
    return this.#links.size
  }

  /** Measures exactly these links from now on. */
  set (peers: ReadonlyMap<string, PeerId>): void {
    for (const [key, monitored] of this.#links) {
      if (!peers.has(key)) {
        clearTimeout(monitored.timer)
        this.#links.delete(key)
      }
    }
    for (const [key, peer] of peers) {
      if (!this.#links.has(key)) {
        const monitored = { peer, estimator: new LinkEstimator(), quickLeft: QUICK_PROBES }
        this.#links.set(key, monitored)
        this.#probe(monitored)
      }
    }
  }

  stop (): void {
    this.set(new Map())
  }

  /**
   * What is known of each link now; a link with no sample yet is left out while it is up. A link on which probes stay away is
   * down, though its stream may stand.
   */
  * measurements (): Generator<LinkMeasurement> {
    for (const { peer, estimator } of this.#links.values()) {
      const up = this.#init.links.get(peer) !== undefined && estimator.state !== 'down'
      if (!up || estimator.samples > 0) {
        yield {
          peer,
          up,
          rttUs: up ? Math.min(MAX_RTT_US, Math.round(estimator.quietRttUs ?? 0)) : 0,
          jitterUs: up ? Math.min(MAX_RTT_US, Math.round(estimator.jitterUs)) : 0,
          lossPpm: Math.round(estimator.lossPpm),
          samples: estimator.samples,
          ageMs: up ? Math.round(estimator.ageMs(this.#init.now())) : 0
        }
      }
    }
  }

  #probe (monitored: MonitoredLink): void {
    clearTimeout(monitored.timer)
    const { estimator } = monitored
    const { random = Math.random } = this.#init
    this.#init.prober.probe([nodeIdOf(monitored.peer)], ({ rttMs }) => {
      if (rttMs === undefined) {
        estimator.lost()
      } else {
        estimator.sample(rttMs * 1_000, this.#init.now())
      }
    })
    const quick = monitored.quickLeft > 0
    monitored.quickLeft -= quick ? 1 : 0
    const intervalMs = quick ? QUICK_INTERVAL_MS : this.#init.intervalMs ?? DEFAULT_INTERVAL_MS
    monitored.timer = setTimeout(() => { this.#probe(monitored) }, intervalMs * (1 + JITTER * (2 * random() - 1)))
  }
}
