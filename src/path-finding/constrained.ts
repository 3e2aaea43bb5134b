// The cheapest path that keeps to limits and visits waypoints: label setting with dominance (Martins 1984), led by lower
// bounds of the cost and of each limited sum, all computed from the destination first (constrained-problem.ts).
//
//   bounds of each sum ──▶ a path that is sure to keep ──▶ bounds of the cost ──▶ labels, best completion first
//                          to one limit: an upper bound
//
// A partial path is given up where one with the same end is no worse in anything, where it cannot keep to a limit any more, or
// where its best completion costs more than a path already known. The first complete path to leave the queue is the best.
//
// Numbers of forwarders are counted only where the best path without a limit has too many. A path with waypoints may come back to
// a node; those nodes then become ones that must not come twice, and the search runs again with these remembered in labels
// (decremental state space relaxation: Righini and Salani, Networks 51, 2008).
import type { BidirectionalSearch } from './bidirectional.ts'
import { ConstrainedProblem } from './constrained-problem.ts'
import type { ConstrainedPath } from './constrained-problem.ts'
import { LabelPool } from './label-pool.ts'
import type { PartialPath } from './label-pool.ts'
import type { PathQuery } from './path-finder.ts'
import { isBetter } from './query-costs.ts'
import type { Label, QueryCosts } from './query-costs.ts'
import { isAt } from './waypoint.ts'

/** Labels of one search: a tenth of a second, about. Few queries on backbones need a hundredth of it. */
const MAX_LABELS = 200_000

/** With so many labels, the bounds that were left out would have paid. */
const LABELS_BEFORE_SHARPENING = 5_000

export interface ConstrainedSearchInit {
  maxLabels?: number
  labelsBeforeSharpening?: number
}

/** A label's links are looked at in some µs. */
const LABELS_BETWEEN_LOOKS = 1_024

/** Nodes that must not come twice are bits of a 32-bit number. */
const MAX_REMEMBERED = 32

/** The state of complete paths. */
const COMPLETE = -1
const NONE = -1

export class ConstrainedSearch {
  readonly #maxLabels: number
  readonly #labelsBeforeSharpening: number
  readonly #pool = new LabelPool()
  readonly #problem = new ConstrainedProblem()
  /** Nodes that must not come twice; a node's bit is its place. */
  #remembered: number[] = []
  #mostForwarders = Number.POSITIVE_INFINITY
  #bound: Readonly<Label> = { cost: 0, tieUs: 0 }
  #gaveUp = false
  /** What is offered to the pool: one object for all. */
  readonly #offered: PartialPath = { state: 0, node: 0, cost: 0, tieUs: 0, forwarders: 0, visited: 0, previous: NONE }

  constructor (init: ConstrainedSearchInit = {}) {
    this.#maxLabels = init.maxLabels ?? MAX_LABELS
    this.#labelsBeforeSharpening = init.labelsBeforeSharpening ?? LABELS_BEFORE_SHARPENING
  }

  /** Computes the bounds, which all runs for the query share; see ConstrainedProblem. */
  begin (costs: QueryCosts, query: PathQuery, search?: BidirectionalSearch): void {
    this.#problem.begin(costs, query, search)
  }

  /** The best path that is better than the bound, follows the prefix, and then goes on, to none of those taken. */
  run (prefix: readonly number[], taken: readonly number[], bound: Readonly<Label>): ConstrainedPath | undefined {
    const { isPossible, query, mostCost } = this.#problem
    if (!isPossible) {
      return undefined
    }
    // a path that is as good as the known one is wanted, for that is only known, not found
    this.#bound = mostCost < bound.cost ? { cost: mostCost, tieUs: Number.POSITIVE_INFINITY } : bound
    this.#mostForwarders = Number.POSITIVE_INFINITY
    this.#gaveUp = false
    if (query.patience?.mustStop() === true) {
      return this.#giveUp(prefix, taken, 0)
    }
    const found = this.#loopless(prefix, taken)
    // among fewer forwarders there may be a path where the search among all of them has found none
    if (found === undefined ? !this.#gaveUp : found.nodes.length <= query.maxForwarders) {
      return found
    }
    this.#mostForwarders = query.maxForwarders
    return this.#loopless(prefix, taken)
  }

  /** Searches until no node comes twice. */
  #loopless (prefix: readonly number[], taken: readonly number[]): ConstrainedPath | undefined {
    this.#remembered = []
    while (true) {
      const found = this.#search(prefix, taken)
      const repeated = found?.nodes.filter((node, place, nodes) => nodes.indexOf(node) < place) ?? []
      if (found === undefined || repeated.length === 0) {
        return found
      }
      this.#remembered = [...new Set([...this.#remembered, ...repeated])]
      if (this.#remembered.length > MAX_REMEMBERED) {
        return this.#giveUp(prefix, taken, found.cost)
      }
    }
  }

  #search (prefix: readonly number[], taken: readonly number[]): ConstrainedPath | undefined {
    const { costs: { graph }, query, waypoints, resources } = this.#problem
    const pool = this.#pool
    let popped = 0
    pool.begin(graph.nodeCount * (waypoints.length + 1), resources.length, this.#mostForwarders < Number.POSITIVE_INFINITY)
    this.#start(prefix, taken)
    for (let label = pool.pop(); label !== NONE; label = pool.pop()) {
      if (pool.state[label] === COMPLETE) {
        return { cost: pool.cost[label], tieUs: pool.tieUs[label], nodes: pool.trace(pool.previous[label]), gap: 0 }
      }
      if (pool.size > this.#labelsBeforeSharpening && !this.#problem.isSharp) {
        return this.#problem.sharpen() ? this.#search(prefix, taken) : undefined
      }
      const isOver = ++popped % LABELS_BETWEEN_LOOKS === 0 && query.patience?.mustStop() === true
      if (isOver || pool.size > this.#maxLabels) {
        return this.#giveUp(prefix, taken, pool.leastCost(label))
      }
      this.#completeAt(label)
      if (pool.forwarders[label] < this.#mostForwarders) {
        this.#goOn(label, [])
      }
    }
    return undefined
  }

  /** The known path where it is one of those asked for, and how far it may be from the best. */
  #giveUp (prefix: readonly number[], taken: readonly number[], leastCost: number): ConstrainedPath | undefined {
    const { known, costs, query: { patience } } = this.#problem
    this.#gaveUp = true
    if (patience !== undefined) {
      patience.isCutShort = true
    }
    const isAskedFor = known !== undefined && prefix.length === 0 && !taken.includes(known.nodes[0]) && known.cost <= this.#bound.cost &&
      known.nodes.every(node => costs.blocked[node] === 0)
    return isAskedFor ? { ...known, gap: Math.max(0, known.cost - leastCost) } : undefined
  }

  /** From the entries that are not taken, or from the last node of the prefix. */
  #start (prefix: readonly number[], taken: readonly number[]): void {
    const { costs } = this.#problem
    if (prefix.length === 0) {
      for (const node of costs.entries) {
        if (costs.blocked[node] === 0 && !taken.includes(node) && this.#enter(node) && this.#isWorthwhile()) {
          this.#pool.offer(this.#offered, this.#leastCost())
        }
      }
      return
    }
    this.#enter(prefix[0])
    let label = this.#pool.add(this.#offered)
    for (let hop = 1; hop < prefix.length; hop++) {
      this.#step(label, costs.graph.linkBetween(prefix[hop - 1], prefix[hop]), prefix[hop])
      label = this.#pool.add(this.#offered)
    }
    this.#goOn(label, taken)
  }

  #goOn (label: number, taken: readonly number[]): void {
    const { costs: { graph, blocked }, openLinks } = this.#problem
    const node = this.#pool.node[label]
    const end = graph.offsets[node + 1]
    for (let link = graph.offsets[node]; link < end; link++) {
      const target = graph.targets[link]
      const isOpen = blocked[target] === 0 && (openLinks === undefined || openLinks[link] === 1)
      if (isOpen && !taken.includes(target) && this.#step(label, link, target) && this.#isWorthwhile()) {
        this.#pool.offer(this.#offered, this.#leastCost())
      }
    }
  }

  /** Makes the offered path the one that begins at the node; false where it may not. */
  #enter (node: number): boolean {
    const { costs, resources } = this.#problem
    const rttUs = costs.entryRttUs[node]
    const { cost, tieUs } = costs.entryLabel(node)
    Object.assign(this.#offered, { node, cost, tieUs, forwarders: 1, previous: NONE })
    for (let resource = 0; resource < resources.length; resource++) {
      this.#pool.candidate[resource] = rttUs * resources[resource].perAccessUs
    }
    return this.#arrive(0, node, 0)
  }

  /** Makes the offered path the label's and one more link; false where that may not be. */
  #step (label: number, link: number, target: number): boolean {
    const { costs, resources, linkUnits } = this.#problem
    const { cost, tieUs, forwarders, visited, used, state } = this.#pool
    const offered = this.#offered
    offered.cost = cost[label] + linkUnits[link]
    if (offered.cost > this.#bound.cost) {
      return false
    }
    offered.node = target
    offered.tieUs = tieUs[label] + costs.graph.delayUs[link] + costs.weighting.relayCostUs
    offered.forwarders = forwarders[label] + 1
    offered.previous = label
    for (let resource = 0; resource < resources.length; resource++) {
      this.#pool.candidate[resource] = used[label * resources.length + resource] + resources[resource].values[link]
    }
    return this.#arrive(Math.floor(state[label] / costs.graph.nodeCount), target, visited[label])
  }

  /** Notes the waypoint that the node may be, and that it has been visited; false where it must not come now. */
  #arrive (stage: number, node: number, visited: number): boolean {
    const { waypoints, costs: { graph } } = this.#problem
    const waypoint = waypoints.indexOf(node)
    if (waypoint !== -1 && waypoint !== stage) {
      return false
    }
    this.#offered.state = (isAt(waypoints[stage], node) ? stage + 1 : stage) * graph.nodeCount + node
    const place = this.#remembered.indexOf(node)
    const bit = place === -1 ? 0 : 1 << place
    this.#offered.visited = visited | bit
    return (visited & bit) === 0
  }

  /** True where the offered path may still be completed within the limits and the bound. */
  #isWorthwhile (): boolean {
    const { resources, bounds } = this.#problem
    const { state } = this.#offered
    for (let resource = 0; resource < resources.length; resource++) {
      if (this.#pool.candidate[resource] + bounds[resource].values[state] > resources[resource].limit) {
        return false
      }
    }
    return this.#leastCost() <= this.#bound.cost && this.#leastCost() < Number.POSITIVE_INFINITY
  }

  #leastCost (): number {
    return this.#offered.cost + this.#problem.costBounds.values[this.#offered.state]
  }

  #completeAt (label: number): void {
    const { costs, resources, waypoints } = this.#problem
    const pool = this.#pool
    const node = pool.node[label]
    if (!costs.canExitAt(node) || pool.state[label] < waypoints.length * costs.graph.nodeCount) {
      return
    }
    for (let resource = 0; resource < resources.length; resource++) {
      const used = pool.used[label * resources.length + resource] + costs.exitRttUs[node] * resources[resource].perAccessUs
      if (used > resources[resource].limit) {
        return
      }
    }
    const whole = costs.exitLabel({ cost: pool.cost[label], tieUs: pool.tieUs[label] }, node)
    if (isBetter(whole, this.#bound)) {
      pool.complete({ ...whole, node, state: COMPLETE, forwarders: pool.forwarders[label], visited: 0, previous: label })
    }
  }
}
