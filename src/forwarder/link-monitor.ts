// Measures the links that somebody wants measured: each with a probe now and then, and by what its counters say of the traffic.
import { LinkEstimator } from '../measurement/link-estimator.ts'
import { LinkTraffic } from '../measurement/link-traffic.ts'
import { MAX_RATE, MAX_RTT_US } from '../../protocols/report/constants.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { LinkMeasurement } from '../../protocols/report/codec.ts'
import type { Link } from '../link/link.ts'
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
  /** Of the link that was up at the last look. */
  traffic?: { link: Link, seen: LinkTraffic }
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
        const monitored: MonitoredLink = { peer, estimator: new LinkEstimator(), quickLeft: QUICK_PROBES }
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
   * down, though its stream may stand: until its connection ends, if nothing else comes over it either.
   */
  * measurements (): Generator<LinkMeasurement> {
    const nowMs = this.#init.now()
    for (const monitored of this.#links.values()) {
      const { peer, estimator } = monitored
      const link = this.#init.links.get(peer)
      const traffic = this.#readTraffic(monitored, link, nowMs)
      if (link === undefined || traffic === undefined || estimator.state === 'down') {
        yield { peer, up: false, rttUs: 0, jitterUs: 0, lossPpm: estimator.lossPpm, samples: estimator.samples, ageMs: 0 }
      } else if (estimator.samples > 0) {
        const bytesPerSecond = wholeRate(link.deliveryRate.bytesPerSecond(nowMs))
        yield {
          peer,
          up: true,
          rttUs: Math.min(MAX_RTT_US, Math.round(estimator.quietRttUs ?? 0)),
          jitterUs: Math.min(MAX_RTT_US, Math.round(estimator.jitterUs)),
          // a probe that the queue has dropped is in both, so they do not add up
          lossPpm: Math.max(estimator.lossPpm, traffic.droppedPpm),
          samples: estimator.samples,
          ageMs: Math.round(estimator.ageMs(nowMs)),
          bytesPerSecond,
          rateIsFloor: bytesPerSecond > 0 && link.deliveryRate.isFloor(nowMs),
          loadBytesPerSecond: wholeRate(traffic.loadBytesPerSecond),
          receivedBytesPerSecond: wholeRate(traffic.receivedBytesPerSecond),
          mostReceivedBytesPerSecond: wholeRate(link.arrivalRate.bytesPerSecond(nowMs))
        }
      }
    }
  }

  /** A link that has come back counts from nothing again. */
  #readTraffic (monitored: MonitoredLink, link: Link | undefined, nowMs: number): LinkTraffic | undefined {
    if (link === undefined) {
      monitored.traffic = undefined
    } else if (monitored.traffic?.link === link) {
      monitored.traffic.seen.read(link.counters, nowMs)
    } else {
      monitored.traffic = { link, seen: new LinkTraffic(link.counters, nowMs) }
    }
    return monitored.traffic?.seen
  }

  #probe (monitored: MonitoredLink): void {
    clearTimeout(monitored.timer)
    const { estimator } = monitored
    const { random = Math.random } = this.#init
    this.#init.prober.probe([nodeIdOf(monitored.peer)], ({ rttMs }) => {
      if (rttMs === undefined) {
        estimator.lost()
        if (estimator.state === 'down') {
          this.#init.links.endIfSilent(monitored.peer)
        }
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

/** As a report can say it. */
function wholeRate (bytesPerSecond: number): number {
  return Math.min(MAX_RATE, Math.round(bytesPerSecond))
}
