// Fills the map without the forwarders' help (paper section 3.2): a probe R→Ni→R and a probe R→Ni→Nj→Ni→R differ by the
// round trip over the link Ni–Nj. The surveyor is attached to the forwarders, has them keep the links (`connectOnly`), and
// spends a budget of probes on those that the measurement plan wants: first on new ones, then on all in turn, more on those that move.
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

/** For each forwarder: while links are being seen for the first time, and afterwards. */
const FIRST_PROBES_PER_SECOND = 12
const DEFAULT_PROBES_PER_SECOND = 2.5
/** Few forwarders may be asked more often, and many cost the RSP at most some 15 % of a core, at 50 µs a probe. */
const MIN_PROBES_PER_SECOND = { first: 300, later: 60 }
const MAX_PROBES_PER_SECOND = 3_000
const TICK_MS = 50
/** A link that has not moved at its last looks is left out of as many rounds. */
const MAX_SKIPPED_ROUNDS = 2
/** A link has moved when its estimate differs by more than both of these from the one before. */
const MOVED_SHARE = 0.05
const MOVED_US = 1_000
/** Where links are new, one round in so many is for the others all the same. */
const ROUNDS_FOR_ALL = 3
/** A link that did not answer so often in a row is down. */
const MAX_MISSES = 3

export interface SurveyorInit {
  map: PerformanceMap
  links: LinkSet
  prober: Prober
  self: PeerId
  connectionManager: ConnectionManager
  descriptor: () => Promise<Uint8Array>
  /** For each forwarder. */
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
  /** Of the estimate before; undefined before the first. */
  rttUs?: number
  /** Looks in a row at which it has not moved. */
  steady: number
  /** Rounds that it is left out of yet. */
  skips: number
}

export class Surveyor {
  readonly #init: SurveyorInit
  readonly #kept: KeptLinks
  readonly #forwarders = new Map<string, Surveyed>()
  readonly #links = new Map<string, SurveyedLink>()
  /** Links that have been measured, or found down, since they came. */
  readonly #measured = new Set<SurveyedLink>()
  readonly #differences = new RttDifference()
  /** What is probed next. */
  #queue: Array<Surveyed | SurveyedLink> = []
  #rounds = 0
  /** Probes that may be sent now; a fraction is one now and then. */
  #credit = 0
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
    this.#forwarders.set(key, { key, node: nodeIdOf(descriptor.peer) })
    this.#queue = []
  }

  /** Measures exactly these links between the forwarders from now on. */
  setLinks (links: Iterable<readonly [a: string, b: string]>): void {
    const wanted = new Set<string>()
    for (const [keyA, keyB] of links) {
      const [a, b] = [this.#forwarders.get(keyA), this.#forwarders.get(keyB)]
      const name = nameOf(keyA, keyB)
      if (a !== undefined && b !== undefined) {
        wanted.add(name)
        if (!this.#links.has(name)) {
          this.#links.set(name, { a, b, misses: 0, steady: 0, skips: 0 })
        }
      }
    }
    for (const [name, link] of this.#links) {
      if (!wanted.has(name)) {
        this.#forget(name, link)
        // nobody keeps the link for us any more
        this.#init.map.release(link.a.key, link.b.key)
      }
    }
    this.#queue = []
  }

  remove (key: string): void {
    this.#forwarders.delete(key)
    this.#differences.removeForwarder(key)
    this.#kept.retain(this.#forwarders)
    for (const [name, link] of this.#links) {
      if (link.a.key === key || link.b.key === key) {
        this.#forget(name, link)
      }
    }
    this.#queue = []
  }

  #forget (name: string, link: SurveyedLink): void {
    this.#differences.removeLink(link.a.key, link.b.key)
    this.#measured.delete(link)
    this.#links.delete(name)
  }

  get #probesPerSecond (): number {
    const forwarders = this.#forwarders.size
    if (this.#init.probesPerSecond !== undefined) {
      return this.#init.probesPerSecond * forwarders
    }
    const isFirst = this.#measured.size < this.#links.size
    const perSecond = isFirst
      ? Math.max(MIN_PROBES_PER_SECOND.first, FIRST_PROBES_PER_SECOND * forwarders)
      : Math.max(MIN_PROBES_PER_SECOND.later, DEFAULT_PROBES_PER_SECOND * forwarders)
    return Math.min(MAX_PROBES_PER_SECOND, perSecond)
  }

  #tick (): void {
    this.#credit += this.#probesPerSecond * TICK_MS / 1_000
    for (; this.#credit >= 1; this.#credit--) {
      if (this.#queue.length === 0) {
        this.#queue = this.#nextRound()
      }
      const next = this.#queue.pop()
      if (next === undefined) {
        this.#credit = 0
      } else if ('node' in next) {
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
  #nextRound (): Array<Surveyed | SurveyedLink> {
    const forwarders = [...this.#forwarders.values()]
    const links = this.#dueLinks()
    const third = Math.ceil(links.length / 3)
    return [0, 1, 2].flatMap((part) => [...links.slice(part * third, (part + 1) * third), ...forwarders])
  }

  #dueLinks (): SurveyedLink[] {
    const isForAll = this.#rounds++ % ROUNDS_FOR_ALL === 0
    const links = [...this.#links.values()]
    const unseen = links.filter((link) => !this.#measured.has(link))
    return unseen.length > 0 && !isForAll ? unseen : links.filter((link) => link.skips-- <= 0)
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
    link.steady = link.skips = 0
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
      const hasMoved = link.rttUs === undefined || Math.abs(estimate.rttUs - link.rttUs) > Math.max(MOVED_US, MOVED_SHARE * link.rttUs)
      link.rttUs = estimate.rttUs
      link.steady = hasMoved ? 0 : Math.min(MAX_SKIPPED_ROUNDS, link.steady + 1)
      link.skips = link.steady
      this.#measured.add(link)
      this.#init.map.set(a.key, b.key, { rttUs: estimate.rttUs, jitterUs: estimate.spreadUs, lossPpm: 0, measuredAtMs: this.#init.nowMs() })
    }
  }
}

function nameOf (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
