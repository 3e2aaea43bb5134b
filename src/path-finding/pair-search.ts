// Suurballe's algorithm for two vertex-disjoint paths of least total cost (Networks 4, 1974), on split nodes.
//
// The first search gives every node its distance from the source, and the best path. Under costs reduced by the distances no
// link is negative and the links of the best path are free both ways. The second search may walk the best path backwards,
// which takes a link of it out of use: who enters a node of it must go back along it, and may leave it at any node that it
// came back to. What is left of both walks are the two paths. Distances count up to the best path's length only, and no search goes farther.
import { LabelHeap } from './label-heap.ts'
import type { QueryCosts } from './query-costs.ts'

const NONE = -1

/** Places on the best path are bytes; no path of so many forwarders can be set up. */
const MAX_LENGTH = 254

/** Keeps its arrays from run to run. */
export class PairSearch {
  /** Distances from the source. */
  #distances = new LabelHeap(0)
  /** Of the second search. A node that is on the best path is two: entered, and (nodeCount higher) come back to. */
  #labels = new LabelHeap(0)
  /** By node: 1 + its place on the best path, else 0; wiped after each run. */
  #places = new Uint8Array(0)
  #best: number[] = []
  #horizon = 0
  #query!: QueryCosts
  #nodeCount = 0
  #isEntryShared = false
  #isExitShared = false
  /** Of the best way that the second search has found. */
  #found = Number.POSITIVE_INFINITY
  #last = NONE

  /** The two paths in no order; undefined where there are none. */
  run (query: QueryCosts): [number[], number[]] | undefined {
    this.#begin(query)
    this.#best = this.#findBest()
    const isOnlyPath = this.#best.length === 1 && this.#isEntryShared && this.#isExitShared
    if (this.#best.length === 0 || this.#best.length > MAX_LENGTH || isOnlyPath) {
      return undefined
    }
    this.#best.forEach((node, place) => { this.#places[node] = place + 1 })
    this.#findSecond()
    const pair = this.#last === NONE ? undefined : this.#untangle()
    this.#best.forEach(node => { this.#places[node] = 0 })
    return pair
  }

  #begin (query: QueryCosts): void {
    this.#query = query
    this.#nodeCount = query.graph.nodeCount
    if (this.#distances.capacity < this.#nodeCount) {
      this.#distances = new LabelHeap(this.#nodeCount)
      this.#labels = new LabelHeap(2 * this.#nodeCount)
      this.#places = new Uint8Array(this.#nodeCount)
    }
    this.#distances.clear()
    this.#labels.clear()
    this.#isEntryShared = query.entries.length === 1
    this.#isExitShared = query.exits.length === 1
    this.#found = Number.POSITIVE_INFINITY
    this.#last = NONE
  }

  #findBest (): number[] {
    const query = this.#query
    const { starts, ends, targets, costs } = query.rows.forward
    const labels = this.#distances
    for (const node of query.entries) {
      labels.improve(node, query.entryLabel(node).cost, 0, NONE)
    }
    let total = Number.POSITIVE_INFINITY
    let exit = NONE
    this.#horizon = Number.POSITIVE_INFINITY
    while (labels.size > 0 && labels.costs[labels.top] < this.#horizon) {
      const node = labels.pop()
      const from = labels.costs[node]
      if (query.canExitAt(node) && from + query.exitUnits(node) < total) {
        total = from + query.exitUnits(node)
        exit = node
        this.#horizon = total - query.leastExit.cost
      }
      for (let place = starts[node]; place < ends[node] && from + costs[place] < this.#horizon; place++) {
        if (query.blocked[targets[place]] === 0) {
          labels.improve(targets[place], from + costs[place], 0, node)
        }
      }
    }
    return exit === NONE ? [] : traced(exit, labels)
  }

  #findSecond (): void {
    const query = this.#query
    if (this.#isEntryShared) {
      const [entry] = this.#best
      this.#labels.improve(this.#nodeCount + entry, 0, 0, NONE)
    } else {
      for (const node of query.entries) {
        if (node !== this.#best[0]) {
          this.#labels.improve(node, query.entryLabel(node).cost - this.#potential(node), 0, NONE)
        }
      }
    }
    while (this.#labels.size > 0 && this.#labels.costs[this.#labels.top] < this.#found) {
      const state = this.#labels.pop()
      if (state < this.#nodeCount && this.#places[state] > 0) {
        this.#goBack(state, state)
      } else {
        this.#goOn(state)
      }
    }
  }

  /** From a node of the best path, entered or come back to, to the one before it. */
  #goBack (state: number, node: number): void {
    const place = this.#places[node] - 1
    if (this.#isExitShared && place === this.#best.length - 1) {
      this.#arrive(state, node)
    } else if (place > 0) {
      this.#labels.improve(this.#nodeCount + this.#best[place - 1], this.#labels.costs[state], 0, state)
    }
  }

  /** Out of a node that the best path has not, or that was come back to. */
  #goOn (state: number): void {
    const { blocked, rows: { forward: { starts, ends, targets, costs } } } = this.#query
    const labels = this.#labels
    const node = state % this.#nodeCount
    const place = this.#places[node]
    const isComeBackTo = place > 0
    const used = isComeBackTo ? this.#best[place] : NONE
    const reduced = labels.costs[state] + this.#potential(node)
    for (let link = starts[node]; link < ends[node]; link++) {
      const cost = reduced + costs[link]
      if (cost - this.#horizon >= this.#found) {
        break
      }
      const target = targets[link]
      if (blocked[target] === 0 && target !== used) {
        labels.improve(target, cost - this.#potential(target), 0, state)
      }
    }
    this.#arrive(state, node)
    if (isComeBackTo) {
      this.#goBack(state, node)
    }
  }

  #arrive (state: number, node: number): void {
    const query = this.#query
    const isTaken = !this.#isExitShared && node === this.#best[this.#best.length - 1]
    if (isTaken || !query.canExitAt(node)) {
      return
    }
    const cost = this.#labels.costs[state] + this.#potential(node) + query.exitUnits(node) - this.#horizon - query.leastExit.cost
    if (cost < this.#found) {
      this.#found = cost
      this.#last = state
    }
  }

  /** The distance from the source, up to the horizon. */
  #potential (node: number): number {
    return this.#distances.has(node) ? Math.min(this.#distances.costs[node], this.#horizon) : this.#horizon
  }

  /** The links of both walks without those that they walked in opposite directions, as two paths. */
  #untangle (): [number[], number[]] {
    const nodeCount = this.#nodeCount
    const walk = traced(this.#last, this.#labels)
    const links = new Set(this.#best.slice(1).map((node, place) => this.#best[place] * nodeCount + node))
    for (let step = 1; step < walk.length; step++) {
      const [from, to] = [walk[step - 1] % nodeCount, walk[step] % nodeCount]
      const isBack = walk[step] >= nodeCount
      if (isBack) {
        links.delete(to * nodeCount + from)
      } else {
        links.add(from * nodeCount + to)
      }
    }
    return [follow(this.#best[0], links, nodeCount), follow(walk[0] % nodeCount, links, nodeCount)]
  }
}

/** Takes the links that lead on from the start out of the set, one after the other. */
function follow (start: number, links: Set<number>, nodeCount: number): number[] {
  const nodes: number[] = []
  for (let node: number | undefined = start; node !== undefined;) {
    nodes.push(node)
    const from: number = node
    const next: number | undefined = [...links].find(link => Math.floor(link / nodeCount) === from)
    links.delete(next ?? NONE)
    node = next === undefined ? undefined : next % nodeCount
  }
  return nodes
}

/** The states that led to this one, first to last. */
function traced (last: number, labels: LabelHeap): number[] {
  const states: number[] = []
  for (let state = last; state !== NONE; state = labels.previous[state]) {
    states.push(state)
  }
  return states.reverse()
}
