// Fills the map without the forwarders' help (paper section 3.2): a probe R→Ni→R and a probe R→Ni→Nj→Ni→R differ by the
// round trip over the link Ni–Nj. The surveyor is attached to the forwarders, has them keep the links (`connectOnly`), and
// spends a budget of probes on all of them in turn.
import { KeptLinks } from '../link/kept-links.ts'
import { RttDifference } from '../measurement/rtt-difference.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { Prober } from '../measurement/prober.ts'
import type { PerformanceMap } from './performance-map.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** While links are being seen for the first time, and afterwards. */
const FIRST_PROBES_PER_SECOND = 300
const DEFAULT_PROBES_PER_SECOND = 60
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
  /** Unix time, ms. */
  nowMs: () => number
  log: Logger
}

interface Surveyed {
  key: string
  node: NodeId
}

interface SurveyedLink {
  a: Surveyed
  b: Surveyed
  misses: number
}

export class Surveyor {
  readonly #init: SurveyorInit
  readonly #kept: KeptLinks
  readonly #forwarders = new Map<string, Surveyed>()
  readonly #links = new Map<string, SurveyedLink>()
  /** Links that have been measured, or found down, since they came. */
  readonly #measured = new Set<SurveyedLink>()
  readonly #differences = new RttDifference()
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
    const added = { key, node: nodeIdOf(descriptor.peer) }
    for (const other of this.#forwarders.values()) {
      this.#links.set(nameOf(key, other.key), { a: added, b: other, misses: 0 })
    }
    this.#forwarders.set(key, added)
    this.#round = []
  }

  remove (key: string): void {
    this.#forwarders.delete(key)
    this.#differences.removeForwarder(key)
    this.#kept.retain(this.#forwarders)
    for (const [name, link] of this.#links) {
      const { a, b } = link
      if (a.key === key || b.key === key) {
        this.#differences.removeLink(a.key, b.key)
        this.#measured.delete(link)
        this.#links.delete(name)
      }
    }
    this.#round = []
  }

  #tick (): void {
    const perSecond = this.#init.probesPerSecond ?? (this.#measured.size < this.#links.size ? FIRST_PROBES_PER_SECOND : DEFAULT_PROBES_PER_SECOND)
    const budget = perSecond * TICK_MS / 1_000
    for (let spent = 0; spent < budget; spent++) {
      if (this.#round.length === 0) {
        this.#round = this.#plan()
      }
      const next = this.#round.pop()
      if (next === undefined) {
        return
      }
      if ('node' in next) {
        this.#probeForwarder(next)
      } else {
        this.#probeLink(next)
      }
    }
  }

  /**
   * A round is taken from its end. The forwarders come first, so that a link finds its near probes, and twice more in
   * between: each near probe serves all links measured through its forwarder.
   */
  #plan (): Array<Surveyed | SurveyedLink> {
    const forwarders = [...this.#forwarders.values()]
    const links = [...this.#links.values()]
    const third = Math.ceil(links.length / 3)
    return [0, 1, 2].flatMap((part) => [...links.slice(part * third, (part + 1) * third), ...forwarders])
  }

  #probeForwarder ({ key, node }: Surveyed): void {
    const sent = this.#init.prober.probe([node], ({ rttMs }) => {
      if (rttMs !== undefined) {
        this.#differences.sampleNear(key, rttMs * 1_000)
      }
    })
    if (!sent) {
      // its links are measured through their other ends from now on, which say so when it is gone
      this.#differences.removeForwarder(key)
    }
  }

  #probeLink (link: SurveyedLink): void {
    const end = this.#differences.betterEnd(link.a.key, link.b.key)
    if (end === undefined) {
      if (this.#measured.has(link)) {
        this.#missed(link)
      }
      return
    }
    const [near, far] = end === link.a.key ? [link.a, link.b] : [link.b, link.a]
    this.#init.prober.probe([near.node, far.node], ({ rttMs }) => {
      if (rttMs === undefined) {
        this.#missed(link)
      } else {
        link.misses = 0
        this.#differences.sampleFar(near.key, far.key, rttMs * 1_000)
        this.#enter(link)
      }
    })
  }

  #missed (link: SurveyedLink): void {
    if (++link.misses === MAX_MISSES) {
      this.#measured.add(link)
      this.#init.map.remove(link.a.key, link.b.key)
      this.#differences.removeLink(link.a.key, link.b.key)
    }
  }

  #enter (link: SurveyedLink): void {
    const { a, b } = link
    const estimate = this.#differences.estimate(a.key, b.key)
    if (estimate !== undefined) {
      this.#measured.add(link)
      this.#init.map.set(a.key, b.key, { rttUs: estimate.rttUs, jitterUs: estimate.spreadUs, lossPpm: 0, measuredAtMs: this.#init.nowMs() })
    }
  }
}

function nameOf (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
