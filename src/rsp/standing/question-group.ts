// Standing queries to which every link costs the same, in columns, so that all of them are asked in a few microseconds whether a link
// that has become cheaper can give them a better path.
import type { DistanceBounds } from './distance-bounds.ts'
import type { Graph } from '../../topology/graph.ts'
import type { AccessPoint } from '../../topology/path.ts'
import type { Question } from './question.ts'

/** A member as its group sees it. */
export interface Standing {
  readonly question: Question
  /** A better path costs less than this. */
  threshold: number
  /** The best path costs at least so much. */
  best: number
  /** Its place in the columns. */
  place: number
}

/** Links gain less than this all the time. What they gained so is added up, and counts when it is as much. */
const NOISE_SHARE = 0.04
/** Links that were dearer, and gained too little since to count; more than there are links. */
const MAX_REFERENCES = 2 ** 18
const NODES = 65_536
const NO_ANCHOR = -1

export class QuestionGroup {
  readonly #bounds: DistanceBounds
  readonly members: Standing[] = []
  #entry = new Int32Array(16)
  #exit = new Int32Array(16)
  #base = new Float64Array(16)
  #threshold = new Float64Array(16)
  #best = new Float64Array(16)
  /** By link: the most that it cost since what it gained last counted. */
  readonly #references = new Map<number, number>()

  constructor (bounds: DistanceBounds) {
    this.#bounds = bounds
  }

  add (standing: Standing): void {
    standing.place = this.members.push(standing) - 1
    if (this.members.length > this.#entry.length) {
      this.#widen()
    }
    this.anchor(standing)
    this.update(standing)
  }

  remove ({ place }: Standing): void {
    const last = this.members.pop() as Standing
    if (place < this.members.length) {
      this.members[place] = last
      last.place = place
      for (const column of [this.#entry, this.#exit, this.#base, this.#threshold, this.#best]) {
        column[place] = column[this.members.length]
      }
    }
  }

  /** Its threshold, or what is known of the best path, has changed. */
  update ({ place, threshold, best }: Standing): void {
    this.#threshold[place] = threshold
    this.#best[place] = best
  }

  /** Its anchors are to be found, or their numbers have changed. */
  anchor ({ place, question: { source, destination, costPerUs } }: Standing): void {
    const [entry, entryUs] = this.#leave(source)
    const [exit, exitUs] = this.#leave(destination)
    const isBounded = costPerUs > 0 && entry !== NO_ANCHOR && exit !== NO_ANCHOR
    this.#entry[place] = isBounded ? entry : NO_ANCHOR
    this.#exit[place] = exit
    this.#base[place] = isBounded ? costPerUs * (entryUs + exitUs) : 0
  }

  /** An anchor's numbers were computed anew. */
  reanchor (anchor: number): void {
    for (const member of this.members) {
      if (this.#entry[member.place] === anchor || this.#exit[member.place] === anchor) {
        this.anchor(member)
      }
    }
  }

  /**
   * Takes in that a link has changed: where it can be on a path that is better than the best that is known, that can cost as much less as the link does.
   *
   * @param tell - of those whose best path may cost less than their threshold now
   */
  changed (before: Graph, after: Graph, from: number, to: number, tell: (standing: Standing) => void): void {
    const [{ question }] = this.members
    const name = from * NODES + to
    const cost = costBetween(question, after, from, to)
    const reference = Math.max(this.#references.get(name) ?? 0, costBetween(question, before, from, to))
    const gain = reference - cost
    if (!(gain > NOISE_SHARE * cost)) {
      this.#remember(name, cost < reference && reference < Infinity ? reference : undefined)
      return
    }
    this.#references.delete(name)
    const { costPerUs } = question
    const [fromUs, toUs] = [this.#bounds.from(from), this.#bounds.from(to)]
    const [entries, exits, bases, bests, thresholds] = [this.#entry, this.#exit, this.#base, this.#best, this.#threshold]
    for (let place = 0; place < this.members.length; place++) {
      const entry = entries[place]
      const bound = entry === NO_ANCHOR ? cost : bases[place] + cost + costPerUs * (fromUs[entry] + toUs[exits[place]])
      if (bound < bests[place]) {
        // where there was no link, or no path, nothing but the bound is known
        bests[place] = this.members[place].best = gain === Infinity ? bound : Math.max(bests[place] - gain, bound)
        if (bests[place] < thresholds[place]) {
          tell(this.members[place])
        }
      }
    }
  }

  /** A link that costs less than once, by too little to ask anybody. */
  #remember (name: number, reference: number | undefined): void {
    if (reference === undefined) {
      this.#references.delete(name)
    } else if (this.#references.size < MAX_REFERENCES || this.#references.has(name)) {
      this.#references.set(name, reference)
    }
  }

  /**
   * The anchor of an end, and what is to be added to a node's distance from it to have the least that is between the end and that node: by the triangle
   * inequality, the least of what the way to each access forwarder is longer than from the anchor to it.
   */
  #leave (points: readonly AccessPoint[]): [anchor: number, addUs: number] {
    let nearest: AccessPoint | undefined
    for (const point of points) {
      if (nearest === undefined || point.rttUs < nearest.rttUs) {
        nearest = point
      }
    }
    const anchor = nearest === undefined ? NO_ANCHOR : this.#bounds.anchorAt(nearest.node)
    if (anchor === NO_ANCHOR) {
      return [NO_ANCHOR, 0]
    }
    let addUs = Number.POSITIVE_INFINITY
    for (const { node, rttUs } of points) {
      addUs = Math.min(addUs, rttUs - this.#bounds.from(node)[anchor])
    }
    return addUs === Number.NEGATIVE_INFINITY ? [NO_ANCHOR, 0] : [anchor, addUs]
  }

  #widen (): void {
    const length = 2 * this.#entry.length
    const wider = <Column extends Int32Array | Float64Array> (column: Column, empty: Column): Column => {
      empty.set(column)
      return empty
    }
    this.#entry = wider(this.#entry, new Int32Array(length))
    this.#exit = wider(this.#exit, new Int32Array(length))
    this.#base = wider(this.#base, new Float64Array(length))
    this.#threshold = wider(this.#threshold, new Float64Array(length))
    this.#best = wider(this.#best, new Float64Array(length))
  }
}

function costBetween (question: Question, graph: Graph, from: number, to: number): number {
  const link = graph.linkBetween(from, to)
  return link === -1 ? Infinity : question.linkCost(graph, link)
}
