// What an RSP knows of the forwarders and their links. Values come from reports or from surveys; path finding reads
// snapshots. Nothing here does I/O, so that replay can drive it too.
import { LinkTable } from '../topology/link-table.ts'
import { NodeIndex } from '../topology/node-index.ts'
import type { Graph } from '../topology/graph.ts'
import type { PolicyStatement } from '../../protocols/report/codec.ts'
import type { PeerId } from '@libp2p/interface'

/** One side's view of a link. */
export interface LinkView {
  /** Round trip over the link. */
  rttUs: number
  jitterUs: number
  lossPpm: number
  /** When it was measured, Unix time in ms. */
  measuredAtMs: number
}

/** A link that nobody has measured for so long is not used. */
const MAX_AGE_MS = 180_000

/** As many links as a report can name: what one forwarder says must not fill the memory. */
const MAX_VIEWS_PER_NODE = 512

export class PerformanceMap {
  readonly #nodes = new NodeIndex()
  readonly #links = new LinkTable()
  /** from → to → what `from` says of the link. */
  readonly #views = new Map<string, Map<string, LinkView>>()
  /** from → to: links that `from` does not carry paths of others over. */
  readonly #closed = new Map<string, Set<string>>()
  /** Of forwarders that take paths of some RSPs only. */
  readonly #policies = new Map<string, PolicyStatement>()

  /** Makes a forwarder usable as a path of its own, links or not. */
  addNode (key: string): number {
    const known = this.#nodes.indexOf(key)
    if (known !== undefined) {
      return known
    }
    const node = this.#nodes.add(key)
    this.#links.coverNodes(this.#nodes.nodeCount)
    for (const [from, views] of this.#views) {
      if (views.has(key)) {
        this.#combine(from, key)
      }
    }
    return node
  }

  /** Forgets a forwarder that is gone, and all its links. */
  removeNode (key: string): void {
    const node = this.#nodes.indexOf(key)
    if (node === undefined) {
      return
    }
    this.#links.removeNode(node)
    this.#nodes.delete(key)
    this.#views.delete(key)
    this.#closed.delete(key)
    this.#policies.delete(key)
    for (const others of [...this.#views.values(), ...this.#closed.values()]) {
      others.delete(key)
    }
  }

  /** Takes what `from`, a node of the map, says of its link to `to`, which may become one later. */
  set (from: string, to: string, view: LinkView): void {
    let views = this.#views.get(from)
    const isFull = views !== undefined && views.size >= MAX_VIEWS_PER_NODE && !views.has(to)
    if (from === to || this.#nodes.indexOf(from) === undefined || isFull) {
      return
    }
    if (views === undefined) {
      views = new Map()
      this.#views.set(from, views)
    }
    views.set(to, view)
    this.#combine(from, to)
  }

  /** `from` says that it has no such link any more. */
  remove (from: string, to: string): void {
    this.#views.get(from)?.delete(to)
    this.#combine(from, to)
  }

  /** Removes the links of which `from` says nothing any more. */
  retain (from: string, tos: ReadonlySet<string>): void {
    for (const to of this.#views.get(from)?.keys() ?? []) {
      if (!tos.has(to)) {
        this.remove(from, to)
      }
    }
  }

  /**
   * Takes from `from`, a node of the map, whether it carries paths of others over its link to `to`. Unlike what it says of a link's
   * values that is no measurement: it does not get old, and holds until it is taken back.
   */
  setClosed (from: string, to: string, closed: boolean): void {
    const known = this.#closed.get(from) ?? new Set()
    if (closed === known.has(to) || this.#nodes.indexOf(from) === undefined || (closed && known.size >= MAX_VIEWS_PER_NODE)) {
      return
    }
    if (closed) {
      this.#closed.set(from, known.add(to))
    } else {
      known.delete(to)
    }
    this.#combine(from, to)
  }

  /** `from` has closed no other links than these. */
  retainClosed (from: string, tos: ReadonlySet<string>): void {
    for (const to of this.#closed.get(from) ?? []) {
      if (!tos.has(to)) {
        this.setClosed(from, to, false)
      }
    }
  }

  /** Takes whose paths a forwarder, a node of the map, carries; undefined: anyone's. */
  setPolicy (key: string, policy: PolicyStatement | undefined): void {
    if (policy !== undefined && this.#nodes.indexOf(key) !== undefined && (policy.listedOnly || policy.revoked.length > 0)) {
      this.#policies.set(key, policy)
    } else {
      this.#policies.delete(key)
    }
  }

  /** Forwarders that do not take paths of this RSP. */
  unwilling (rsp: PeerId): number[] {
    return [...this.#policies]
      .filter(([, { listedOnly, rsps, revoked }]) => (listedOnly && !rsps.some((other) => other.equals(rsp))) || revoked.some((other) => other.equals(rsp)))
      .map(([key]) => this.#nodes.indexOf(key) as number)
  }

  indexOf (key: string): number | undefined {
    return this.#nodes.indexOf(key)
  }

  keyOf (node: number): string {
    return this.#nodes.keyOf(node) as string
  }

  get nodeCount (): number {
    return this.#nodes.size
  }

  snapshot (nowMs: number): Graph {
    this.#links.removeOlderThan(nowMs - MAX_AGE_MS)
    return this.#links.snapshot()
  }

  /** Every directed link with its combined value. */
  * links (): Generator<{ from: string, to: string, rttUs: number }> {
    const graph = this.#links.snapshot()
    for (let node = 0; node < graph.nodeCount; node++) {
      for (let link = graph.offsets[node]; link < graph.offsets[node + 1]; link++) {
        yield { from: this.keyOf(node), to: this.keyOf(graph.targets[link]), rttUs: graph.delayUs[link] }
      }
    }
  }

  /**
   * A round trip is the same from both ends, so both are believed only as far as they agree: the worse value counts. Who
   * wants to draw traffic by a lie needs the other end to lie too. A link that either end has closed is none.
   */
  #combine (a: string, b: string): void {
    const views = [this.#views.get(a)?.get(b), this.#views.get(b)?.get(a)].filter((view) => view !== undefined)
    const from = this.#nodes.indexOf(a)
    const to = this.#nodes.indexOf(b)
    if (from === undefined || to === undefined) {
      return
    }
    if (views.length === 0 || this.#closed.get(a)?.has(b) === true || this.#closed.get(b)?.has(a) === true) {
      this.#links.remove(from, to)
      this.#links.remove(to, from)
      return
    }
    const metrics = {
      delayUs: Math.max(...views.map(({ rttUs }) => rttUs)),
      lossPpm: Math.max(...views.map(({ lossPpm }) => lossPpm)),
      jitterUs: Math.max(...views.map(({ jitterUs }) => jitterUs)),
      updatedAtMs: Math.min(...views.map(({ measuredAtMs }) => measuredAtMs))
    }
    this.#links.upsert(from, to, metrics)
    this.#links.upsert(to, from, metrics)
  }
}
