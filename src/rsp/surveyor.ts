// Fills the map without the forwarders' help (paper section 3.2): a probe R→Ni→R and a probe R→Ni→Nj→Ni→R differ by the
// round trip over the link Ni–Nj. The surveyor is attached to the forwarders, has them keep the links (`connectOnly`), and
// spends a budget of probes on all of them in turn.
import { KeptLinks } from '../link/kept-links.ts'
import { LinkEstimator } from '../measurement/link-estimator.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { Prober } from '../measurement/prober.ts'
import type { PerformanceMap } from './performance-map.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const DEFAULT_PROBES_PER_SECOND = 200
const TICK_MS = 50
/** A link that did not answer so often in a row is down. */
const MAX_MISSES = 3

export interface SurveyorInit {
  map: PerformanceMap
  links: LinkSet
  prober: Prober
  self: PeerId
  connectionManager: ConnectionManager
  descriptor: () => Promise<Uint8Array>
  probesPerSecond?: number
  /** Monotonic, ms. */
  now: () => number
  /** Unix time, ms. */
  nowMs: () => number
  log: Logger
}

/** A forwarder, and the direct probes to it. */
interface Surveyed {
  key: string
  node: NodeId
  direct: LinkEstimator
}

/** A link, probed through the one of its ends that is nearer to us. */
interface SurveyedLink {
  a: Surveyed
  b: Surveyed
  via: LinkEstimator
  misses: number
}

export class Surveyor {
  readonly #init: SurveyorInit
  readonly #kept: KeptLinks
  readonly #forwarders = new Map<string, Surveyed>()
  readonly #links = new Map<string, SurveyedLink>()
  /** What is probed next: all forwarders, then all links, again and again. */
  #round: Array<Surveyed | SurveyedLink> = []
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (init: SurveyorInit) {
    this.#init = init
    this.#kept = new KeptLinks({
      self: init.self,
      links: init.links,
      connectionManager: init.connectionManager,
      descriptor: init.descriptor,
      mutual: false,
      log: init.log
    })
  }

  start (): void {
    this.#timer = setInterval(() => { this.#tick() }, TICK_MS)
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#kept.stop()
  }

  add (descriptor: VerifiedDescriptor): void {
    const key = descriptor.peer.toString()
    this.#kept.keep(descriptor)
    if (this.#forwarders.has(key)) {
      return
    }
    const added = { key, node: nodeIdOf(descriptor.peer), direct: new LinkEstimator() }
    for (const other of this.#forwarders.values()) {
      this.#links.set(nameOf(key, other.key), { a: added, b: other, via: new LinkEstimator(), misses: 0 })
    }
    this.#forwarders.set(key, added)
    this.#round = []
  }

  remove (key: string): void {
    this.#forwarders.delete(key)
    this.#kept.retain(this.#forwarders)
    for (const [name, { a, b }] of this.#links) {
      if (a.key === key || b.key === key) {
        this.#links.delete(name)
      }
    }
    this.#round = []
  }

  #tick (): void {
    const budget = (this.#init.probesPerSecond ?? DEFAULT_PROBES_PER_SECOND) * TICK_MS / 1_000
    for (let i = 0; i < budget; i++) {
      if (this.#round.length === 0) {
        this.#round = [...this.#links.values(), ...this.#forwarders.values()]
      }
      const next = this.#round.pop()
      if (next === undefined) {
        return
      }
      if ('direct' in next) {
        this.#probeForwarder(next)
      } else {
        this.#probeLink(next)
      }
    }
  }

  #probeForwarder (forwarder: Surveyed): void {
    this.#init.prober.probe([forwarder.node], ({ rttMs }) => {
      if (rttMs === undefined) {
        forwarder.direct.lost()
      } else {
        forwarder.direct.sample(rttMs * 1_000, this.#init.now())
      }
    })
  }

  #probeLink (link: SurveyedLink): void {
    const near = nearer(link.a, link.b)
    if (near.direct.rttUs === undefined) {
      return
    }
    const far = near === link.a ? link.b : link.a
    this.#init.prober.probe([near.node, far.node], ({ rttMs }) => {
      if (rttMs === undefined) {
        this.#missed(link)
      } else {
        link.misses = 0
        link.via.sample(rttMs * 1_000, this.#init.now())
        this.#enter(link, near)
      }
    })
  }

  #missed (link: SurveyedLink): void {
    link.via.lost()
    if (++link.misses >= MAX_MISSES) {
      this.#init.map.remove(link.a.key, link.b.key)
      link.via = new LinkEstimator()
    }
  }

  #enter ({ a, b, via }: SurveyedLink, near: Surveyed): void {
    const { map, nowMs } = this.#init
    const [through, direct] = [via.rttUs, near.direct.rttUs]
    if (through === undefined || direct === undefined || map.indexOf(a.key) === undefined || map.indexOf(b.key) === undefined) {
      return
    }
    map.set(a.key, b.key, {
      rttUs: Math.max(0, through - direct),
      jitterUs: via.jitterUs,
      lossPpm: Math.max(0, via.lossPpm - near.direct.lossPpm),
      measuredAtMs: nowMs()
    })
  }
}

/** Undefined RTTs are far: both unknown, the first is taken. */
function nearer (a: Surveyed, b: Surveyed): Surveyed {
  return (b.direct.rttUs ?? Infinity) < (a.direct.rttUs ?? Infinity) ? b : a
}

function nameOf (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
