// Standing queries to which every link costs the same, in columns: all of them are asked in a moment whether a link that has become
// cheaper can give them a better path.
import type { DistanceBounds } from './distance-bounds.ts'
import type { Graph } from '../../topology/graph.ts'
import type { AccessPoint } from '../../topology/path.ts'
import type { Question } from './question.ts'

/** A member as its group sees it. */
export interface Standing {
  readonly question: Question
  /** A better path costs less than this. */
  threshold: number
  /** The best path costs at least so much, and so would it if links cost no more than their floors. */
  best: number
  /** Its place in the columns. */
  place: number
}

export interface ChangedLink {
  from: number
  to: number
  /** In the columns of the graphs before and after; -1: it is not there. */
  places: readonly [before: number, after: number]
}

/**
 * What a link costs moves by so much all the time. So each link has a floor, at most so far below its cost: what it gains above that is counted once, when a
 * query's best path is looked for, and nobody is asked because of it.
 */
const NOISE_SHARE = 0.06
/** Floors of links that have changed; more than there are links. */
const MAX_FLOORS = 2 ** 18
const NODES = 65_536

/** Access forwarders of an end whose distances are looked up; of the others only the round trip of the nearest counts. */
const POINTS = 16
const ENTRY = 0
const EXIT = 1
const ENDS = 2

/** What is known of the best path when it was just found. */
export function bestAtFloors (question: Question, cost: number, margin: number): number {
  // who wants to hear of less than what is noise hears of it when his turn comes
  return scaled(question, cost, 1 - Math.min(NOISE_SHARE, margin / 2))
}

/** The cost that is so many times as high within its class. */
export function scaled ({ classCost }: Question, cost: number, factor: number): number {
  if (cost === Infinity) {
    return Infinity
  }
  if (classCost === undefined) {
    return cost * factor
  }
  const least = Math.floor(cost / classCost) * classCost
  return least + factor * (cost - least)
}

/** By what share of it a cost is more than another; 1 where it is of a worse class, or there is no path. */
export function excessOf ({ classCost = Infinity }: Question, cost: number, other: number): number {
  const [rank, otherRank] = [Math.floor(cost / classCost), Math.floor(other / classCost)]
  if (cost === Infinity || rank !== otherRank) {
    return 1
  }
  const least = classCost === Infinity ? 0 : rank * classCost
  return (cost - other) / (cost - least)
}

export class QuestionGroup {
  readonly #bounds: DistanceBounds
  readonly #members: Standing[] = []
  #threshold = new Float64Array(8)
  #best = new Float64Array(8)
  /** By member and end: how many points are looked up, and the nearest of the others. */
  #points = new Uint8Array(8 * ENDS)
  #restUs = new Float32Array(8 * ENDS)
  /** By member, end and point. */
  #anchors = new Int32Array(8 * ENDS * POINTS)
  #rttsUs = new Float32Array(8 * ENDS * POINTS)
  /** By link: what every member's best path has been counted to cost by. */
  readonly #floors = new Map<number, number>()

  constructor (bounds: DistanceBounds) {
    this.#bounds = bounds
  }

  get size (): number {
    return this.#members.length
  }

  add (standing: Standing): void {
    standing.place = this.#members.push(standing) - 1
    if (this.#members.length > this.#best.length) {
      this.#widen()
    }
    this.#anchor(standing)
    this.update(standing)
  }

  remove ({ place }: Standing): void {
    const last = this.#members.pop() as Standing
    if (place < this.#members.length) {
      const from = this.#members.length
      this.#members[place] = last
      last.place = place
      for (const [column, width] of this.#columns) {
        column.copyWithin(place * width, from * width, (from + 1) * width)
      }
    }
  }

  /** Its threshold, or what is known of its best path, has changed. */
  update ({ place, threshold, best }: Standing): void {
    this.#threshold[place] = threshold
    this.#best[place] = best
  }

  /** All anchors have been lost, and maybe it is not known which links have changed: all members are to be looked at. */
  beginAnew (): void {
    this.#floors.clear()
    for (const standing of this.#members) {
      this.#anchor(standing)
    }
  }

  #anchor ({ place, question: { source, destination } }: Standing): void {
    this.#anchorEnd(ENDS * place + ENTRY, source)
    this.#anchorEnd(ENDS * place + EXIT, destination)
  }

  /**
   * Takes in that a link has changed: where it can be on a path that is better than the best that is known, that can cost as much less as the link does.
   *
   * @param tell - of those whose best path may cost less than their threshold now
   */
  changed (before: Graph, after: Graph, { from, to, places }: ChangedLink, tell: (standing: Standing) => void): void {
    const question = this.#members.at(0)?.question
    if (question === undefined) {
      return
    }
    const name = from * NODES + to
    const cost = costOf(question, after, places[1])
    const floor = this.#floors.get(name) ?? (1 - NOISE_SHARE) * costOf(question, before, places[0])
    const isCheaper = cost < floor
    const opens = places[0] !== -1 && places[1] !== -1 && question.opens?.(before, places[0], after, places[1]) === true
    // the next that it gains may be noise again
    const newFloor = isCheaper ? (1 - NOISE_SHARE / 2) * cost : Math.max(floor, (1 - NOISE_SHARE) * cost)
    this.#keep(name, newFloor)
    if (!isCheaper && !opens) {
      return
    }
    const gain = opens ? Infinity : floor - newFloor
    const { costPerUs } = question
    const [fromUs, toUs] = [this.#bounds.from(from), this.#bounds.from(to)]
    const [bests, thresholds] = [this.#best, this.#threshold]
    for (let place = 0; place < this.#members.length; place++) {
      const bound = newFloor + (costPerUs > 0 ? costPerUs * (this.#leastUs(ENDS * place + ENTRY, fromUs) + this.#leastUs(ENDS * place + EXIT, toUs)) : 0)
      if (bound < bests[place]) {
        // where there was no link, no path, or none that was an answer, nothing but the bound is known
        bests[place] = this.#members[place].best = gain === Infinity ? bound : Math.max(bests[place] - gain, bound)
        if (bests[place] < thresholds[place]) {
          tell(this.#members[place])
        }
      }
    }
  }

  #keep (name: number, floor: number): void {
    if (floor === Infinity) {
      this.#floors.delete(name)
    } else if (this.#floors.size < MAX_FLOORS || this.#floors.has(name)) {
      this.#floors.set(name, floor)
    }
  }

  #anchorEnd (end: number, points: readonly AccessPoint[]): void {
    const nearestFirst = [...points].sort((a, b) => a.rttUs - b.rttUs)
    let [count, restUs] = [0, Number.POSITIVE_INFINITY]
    for (const { node, rttUs } of nearestFirst) {
      const anchor = count < POINTS ? this.#bounds.anchorAt(node) : -1
      if (anchor === -1) {
        restUs = Math.min(restUs, rttUs)
      } else {
        this.#anchors[end * POINTS + count] = anchor
        this.#rttsUs[end * POINTS + count] = rttUs
        count++
      }
    }
    this.#points[end] = count
    this.#restUs[end] = restUs
  }

  /** The round trip between an end and a node is at least so long. */
  #leastUs (end: number, distancesUs: Float32Array): number {
    const last = end * POINTS + this.#points[end]
    let least = this.#restUs[end]
    for (let at = end * POINTS; at < last; at++) {
      const us = this.#rttsUs[at] + distancesUs[this.#anchors[at]]
      if (us < least) {
        least = us
      }
    }
    return least
  }

  get #columns (): Array<readonly [column: Float64Array | Float32Array | Int32Array | Uint8Array, width: number]> {
    return [[this.#threshold, 1], [this.#best, 1], [this.#points, ENDS], [this.#restUs, ENDS], [this.#anchors, ENDS * POINTS], [this.#rttsUs, ENDS * POINTS]]
  }

  #widen (): void {
    const wider = <Column extends Float64Array | Float32Array | Int32Array | Uint8Array> (column: Column, empty: Column): Column => {
      empty.set(column)
      return empty
    }
    const capacity = 2 * this.#best.length
    this.#threshold = wider(this.#threshold, new Float64Array(capacity))
    this.#best = wider(this.#best, new Float64Array(capacity))
    this.#points = wider(this.#points, new Uint8Array(capacity * ENDS))
    this.#restUs = wider(this.#restUs, new Float32Array(capacity * ENDS))
    this.#anchors = wider(this.#anchors, new Int32Array(capacity * ENDS * POINTS))
    this.#rttsUs = wider(this.#rttsUs, new Float32Array(capacity * ENDS * POINTS))
  }
}

function costOf (question: Question, graph: Graph, link: number): number {
  return link === -1 ? Infinity : question.linkCost(graph, link)
}
