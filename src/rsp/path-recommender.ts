// Which of the paths found is recommended first. The cheapest one for everybody would have all flows move at once whenever a link's
// value does, onto the same links; so
//
// - paths that cost nearly the same, and take no longer, count as equal, and among them it is drawn, those less likely whose links this RSP has just
//   given to others. What is asked for may leave out the delay: all paths without loss cost the same, and still nobody wants the long way;
// - who asks again hears the same as before while it is nearly as good as the best, at first even where it is somewhat worse.
import { OwnLoad } from './own-load.ts'
import { RecentlyUsed } from '../../protocols/recently-used.ts'
import { compareNodes } from '../topology/path.ts'
import type { FoundPath } from '../topology/path.ts'

/** Below this difference two costs, or two round trips, are the same to whoever uses the path: about what a link's value moves between two looks. */
const EQUAL_SHARE = 0.03
/** For so long after a path was first recommended only one that is better by twice as much takes its place. */
const HOLD_MS = 60_000
const HELD_SHARE = 2 * EQUAL_SHARE
/** A recommendation that nobody has asked for again is forgotten; a host asks anew within the life of an offer. */
const REMEMBERED_MS = 300_000
const MAX_HOSTS = 4_096
/** Of one host: as many as it may have standing queries, and as many again. Whoever varies his questions pushes out his own. */
const MAX_HELD = 64

interface Held {
  nodes: readonly number[]
  sinceMs: number
  usedMs: number
}

export interface PathRecommenderInit {
  /** From 0 to 1. */
  random?: () => number
  load?: OwnLoad
  /** What a forwarder counts as, besides its links, where round trips are compared: of the shortest ones nothing but noise differs. Default 0. */
  relayCostUs?: number
}

export class PathRecommender {
  readonly #random: () => number
  readonly #load: OwnLoad
  readonly #relayCostUs: number
  /** By host, then by what it asks. */
  readonly #held = new RecentlyUsed<RecentlyUsed<Held>>(MAX_HOSTS)

  constructor (init: PathRecommenderInit = {}) {
    this.#random = init.random ?? Math.random
    this.#load = init.load ?? new OwnLoad()
    this.#relayCostUs = init.relayCostUs ?? 0
  }

  /** Hosts that something was recommended to. */
  get size (): number {
    return this.#held.size
  }

  /**
   * @param asked - short, and the same for the same question and the same two ends
   * @param paths - best first, not empty
   * @returns the same paths, the recommended one first, the others as they were
   */
  order (host: string, asked: string, paths: readonly FoundPath[], nowMs: number): FoundPath[] {
    const ofHost = this.#held.get(host) ?? new RecentlyUsed<Held>(MAX_HELD)
    const known = ofHost.get(asked)
    const held = known !== undefined && nowMs - known.usedMs < REMEMBERED_MS ? known : undefined
    const chosen = this.#kept(held, paths, nowMs) ?? this.#drawn(paths, nowMs)
    const isSame = held !== undefined && compareNodes(held.nodes, chosen.nodes) === 0
    if (!isSame) {
      this.#load.add(chosen.nodes, nowMs)
    }
    this.#held.set(host, ofHost)
    ofHost.set(asked, { nodes: chosen.nodes, sinceMs: isSame ? held.sinceMs : nowMs, usedMs: nowMs })
    return [chosen, ...paths.filter((path) => path !== chosen)]
  }

  /** What was recommended before, if it is still good enough. */
  #kept (held: Held | undefined, paths: readonly FoundPath[], nowMs: number): FoundPath | undefined {
    if (held === undefined) {
      return undefined
    }
    const share = nowMs - held.sinceMs < HOLD_MS ? HELD_SHARE : EQUAL_SHARE
    return paths.find((path) => compareNodes(path.nodes, held.nodes) === 0 && this.#isNear(path, paths[0], share))
  }

  #drawn (paths: readonly FoundPath[], nowMs: number): FoundPath {
    const equals = paths.filter((path) => this.#isNear(path, paths[0], EQUAL_SHARE))
    if (equals.length === 1) {
      return paths[0]
    }
    const weights = equals.map(({ nodes }) => 1 / (1 + this.#load.flowsOn(nodes, nowMs)))
    let left = this.#random() * weights.reduce((sum, weight) => sum + weight, 0)
    return equals.find((_, at) => (left -= weights[at]) < 0) ?? paths[0]
  }

  /** Neither dearer nor longer than the best one by more than the share. */
  #isNear (path: FoundPath, best: FoundPath, share: number): boolean {
    return path.cost <= best.cost * (1 + share) && this.#tieUs(path) <= this.#tieUs(best) * (1 + share)
  }

  /** By which paths of the same cost are told apart. */
  #tieUs ({ rttUs, nodes }: FoundPath): number {
    return rttUs + this.#relayCostUs * nodes.length
  }
}
