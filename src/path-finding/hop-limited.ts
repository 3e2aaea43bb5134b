// The cheapest path of at most so many forwarders, one forwarder at a time: layer h holds the best labels of walks of
// exactly h forwarders, and only those that beat every label of the same node with fewer. A walk that came back to a node
// could not beat its earlier label there, for no cost is negative, so what is found is loopless.
import type { Label, QueryCosts } from './query-costs.ts'
import type { Seeds } from './seeds.ts'

/** The nodes that a layer reached and their labels. */
class Layer {
  readonly nodes: Uint32Array
  readonly costs: Float64Array
  readonly tiesUs: Float64Array
  size = 0

  constructor (nodeCount: number) {
    this.nodes = new Uint32Array(nodeCount)
    this.costs = new Float64Array(nodeCount)
    this.tiesUs = new Float64Array(nodeCount)
  }
}

export class HopLimitedSearch {
  /** By node: the best label of any layer so far, and the layer that reached it last. */
  #costs = new Float64Array(0)
  #tiesUs = new Float64Array(0)
  #reachedAt = new Uint8Array(0)
  #current = new Layer(0)
  #next = new Layer(0)
  /** By layer and node: the node before it. Layers are kept apart, since a later one may improve a node on the way. */
  #previous: Int32Array[] = []
  #exit = -1
  #exitLayer = 0
  /** The label of the path that the last run found. */
  readonly found: Label = { cost: 0, tieUs: 0 }

  /** True when there is a path of at most maxForwarders that is better than the bound. */
  run (query: QueryCosts, seeds: Seeds, maxForwarders: number, bound: Readonly<Label>): boolean {
    this.#reset(query)
    this.found.cost = bound.cost
    this.found.tieUs = bound.tieUs
    this.#exit = -1
    for (let seed = 0; seed < seeds.nodes.length; seed++) {
      this.#reach(1, seeds.nodes[seed], -1, seeds.costs[seed], seeds.tiesUs[seed])
    }
    for (let layer = 1; this.#next.size > 0; layer++) {
      const done = this.#current
      this.#current = this.#next
      this.#next = done
      this.#next.size = 0
      this.#checkExits(query, layer)
      if (layer === maxForwarders) {
        break
      }
      this.#extend(query, layer + 1)
    }
    return this.#exit !== -1
  }

  /** The path that the last run found, from its seed to the exit. */
  trace (): number[] {
    const nodes: number[] = []
    let node = this.#exit
    for (let layer = this.#exitLayer; node !== -1; layer--) {
      nodes.push(node)
      node = this.#previous[layer][node]
    }
    return nodes.reverse()
  }

  #checkExits (query: QueryCosts, layer: number): void {
    for (let position = 0; position < this.#current.size; position++) {
      const node = this.#current.nodes[position]
      if (!query.canExitAt(node)) {
        continue
      }
      const cost = this.#current.costs[node] + query.exitUnits(node)
      const tieUs = this.#current.tiesUs[node] + query.exitRttUs[node]
      if (cost < this.found.cost || (cost === this.found.cost && tieUs < this.found.tieUs)) {
        this.found.cost = cost
        this.found.tieUs = tieUs
        this.#exit = node
        this.#exitLayer = layer
      }
    }
  }

  #extend (query: QueryCosts, layer: number): void {
    const { starts, ends, targets, costs, delayUs } = query.rows.forward
    const { relayCostUs } = query.weighting
    for (let position = 0; position < this.#current.size; position++) {
      const node = this.#current.nodes[position]
      const from = this.#current.costs[node]
      const fromTieUs = this.#current.tiesUs[node] + relayCostUs
      for (let place = starts[node]; place < ends[node]; place++) {
        const target = targets[place]
        const cost = from + costs[place]
        if (cost + query.leastExit.cost > this.found.cost) {
          break
        }
        const tieUs = fromTieUs + delayUs[place]
        const isBetter = cost < this.#costs[target] || (cost === this.#costs[target] && tieUs < this.#tiesUs[target])
        if (isBetter && query.blocked[target] === 0) {
          this.#reach(layer, target, node, cost, tieUs)
        }
      }
    }
  }

  #reach (layer: number, node: number, previous: number, cost: number, tieUs: number): void {
    this.#costs[node] = cost
    this.#tiesUs[node] = tieUs
    this.#next.costs[node] = cost
    this.#next.tiesUs[node] = tieUs
    this.#previousAt(layer)[node] = previous
    if (this.#reachedAt[node] !== layer) {
      this.#reachedAt[node] = layer
      this.#next.nodes[this.#next.size++] = node
    }
  }

  #previousAt (layer: number): Int32Array {
    this.#previous[layer] ??= new Int32Array(this.#costs.length)
    return this.#previous[layer]
  }

  #reset (query: QueryCosts): void {
    const nodeCount = query.blocked.length
    if (this.#costs.length < nodeCount) {
      this.#costs = new Float64Array(nodeCount)
      this.#tiesUs = new Float64Array(nodeCount)
      this.#reachedAt = new Uint8Array(nodeCount)
      this.#current = new Layer(nodeCount)
      this.#next = new Layer(nodeCount)
      this.#previous = []
    }
    this.#costs.fill(Number.POSITIVE_INFINITY)
    this.#reachedAt.fill(0)
    this.#next.size = 0
  }
}
