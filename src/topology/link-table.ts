// The map as measurements fill it in: links are put in, replaced and removed one by one, and a snapshot for path finding
// is taken when one is needed.
//
//   upsert / remove ─▶ slots (columns in order of arrival, hash from ends to slot) ─▶ rows (order of the slots by from, to) ─▶ Graph
//
// While only metrics change, the row layout is shared by all snapshots, and so are the columns that did not change; see link-columns.ts.
import { TopologyFullError } from './errors.ts'
import { Graph } from './graph.ts'
import { LinkChanges } from './link-changes.ts'
import { LinkColumns } from './link-columns.ts'
import { DEFAULT_MAX_LINKS, DEFAULT_MAX_NODES } from './limits.ts'
import { checkLinkEnds, checkLinkMetrics } from './link-metrics.ts'
import type { LinkMetrics } from './link-metrics.ts'
import { layOutRows } from './link-rows.ts'
import type { LinkRows } from './link-rows.ts'

export interface LinkTableInit {
  maxNodes?: number
  maxLinks?: number
}

const FIRST_CAPACITY = 256

export class LinkTable {
  readonly maxNodes: number
  readonly maxLinks: number
  readonly #slots = new Map<number, number>()
  readonly #changes = new LinkChanges()
  readonly #columns: LinkColumns
  #from: Uint32Array
  #to: Uint32Array
  #nodeCount = 0
  #version = 0
  #rows: LinkRows | undefined
  /** By slot: the position in the rows. */
  #positions = new Uint32Array(0)
  #graph: Graph | undefined

  constructor (init: LinkTableInit = {}) {
    this.maxNodes = init.maxNodes ?? DEFAULT_MAX_NODES
    this.maxLinks = init.maxLinks ?? DEFAULT_MAX_LINKS
    const capacity = Math.min(FIRST_CAPACITY, this.maxLinks)
    this.#from = new Uint32Array(capacity)
    this.#to = new Uint32Array(capacity)
    this.#columns = new LinkColumns(capacity)
  }

  get linkCount (): number {
    return this.#slots.size
  }

  get nodeCount (): number {
    return this.#nodeCount
  }

  /** Rises with every change. */
  get version (): number {
    return this.#version
  }

  /** Makes the next snapshot know at least the nodes 0…nodeCount - 1, linked or not. Throws TopologyFullError. */
  coverNodes (nodeCount: number): void {
    if (nodeCount > this.maxNodes) {
      throw new TopologyFullError('nodes', this.maxNodes)
    }
    if (nodeCount > this.#nodeCount) {
      this.#nodeCount = nodeCount
      this.#structureChanged(0, 0)
    }
  }

  /** Puts a link in, or replaces what was known of it. Throws InvalidLinkError and TopologyFullError, and then changes nothing. */
  upsert (from: number, to: number, metrics: LinkMetrics): void {
    checkLinkEnds(from, to)
    checkLinkMetrics(metrics)
    const slot = this.#slotOf(from, to) ?? this.#add(from, to)
    this.#columns.set(slot, metrics)
    this.#changed(from, to)
  }

  get (from: number, to: number): LinkMetrics | undefined {
    const slot = this.#slotOf(from, to)
    return slot === undefined ? undefined : this.#columns.get(slot)
  }

  /** True when there was such a link. */
  remove (from: number, to: number): boolean {
    const slot = this.#slotOf(from, to)
    if (slot === undefined) {
      return false
    }
    this.#removeSlot(slot)
    return true
  }

  /** Removes every link that leaves or enters the node, in one pass over all links; returns how many. */
  removeNode (node: number): number {
    let removed = 0
    for (let slot = this.linkCount - 1; slot >= 0; slot--) {
      if (this.#from[slot] === node || this.#to[slot] === node) {
        this.#removeSlot(slot)
        removed++
      }
    }
    return removed
  }

  /** Removes every link last measured before the given time, in one pass over all links; returns how many. */
  removeOlderThan (updatedAtMs: number): number {
    let removed = 0
    for (let slot = this.linkCount - 1; slot >= 0; slot--) {
      if (this.#columns.updatedAtMs(slot) < updatedAtMs) {
        this.#removeSlot(slot)
        removed++
      }
    }
    return removed
  }

  /** The present state as a graph; the same object until something changes. */
  snapshot (): Graph {
    this.#graph ??= this.#build()
    return this.#graph
  }

  #build (): Graph {
    const links = this.linkCount
    this.#rows ??= this.#layOut(links)
    const { offsets, targets, slots } = this.#rows
    const columns = this.#columns.snapshot(slots, this.#positions)
    return new Graph(this.#version, { offsets, targets, ...columns }, this.#changes)
  }

  #layOut (links: number): LinkRows {
    const rows = layOutRows(this.#nodeCount, this.#from.subarray(0, links), this.#to.subarray(0, links))
    this.#positions = new Uint32Array(links)
    rows.slots.forEach((slot, position) => { this.#positions[slot] = position })
    this.#columns.forgetShared()
    return rows
  }

  #add (from: number, to: number): number {
    const slot = this.linkCount
    if (Math.max(from, to) >= this.maxNodes) {
      throw new TopologyFullError('nodes', this.maxNodes)
    }
    if (slot >= this.maxLinks) {
      throw new TopologyFullError('links', this.maxLinks)
    }
    if (slot === this.#from.length) {
      this.#grow(Math.min(slot * 2, this.maxLinks))
    }
    this.#from[slot] = from
    this.#to[slot] = to
    this.#slots.set(this.#keyOf(from, to), slot)
    this.#nodeCount = Math.max(this.#nodeCount, from + 1, to + 1)
    this.#rows = undefined
    return slot
  }

  /** The last link moves into the freed slot, so that the slots stay dense. */
  #removeSlot (slot: number): void {
    const last = this.linkCount - 1
    const [from, to] = [this.#from[slot], this.#to[slot]]
    this.#slots.delete(this.#keyOf(from, to))
    if (slot !== last) {
      this.#from[slot] = this.#from[last]
      this.#to[slot] = this.#to[last]
      this.#columns.move(last, slot)
      this.#slots.set(this.#keyOf(this.#from[slot], this.#to[slot]), slot)
    }
    this.#structureChanged(from, to)
  }

  #grow (capacity: number): void {
    this.#from = copyInto(new Uint32Array(capacity), this.#from)
    this.#to = copyInto(new Uint32Array(capacity), this.#to)
    this.#columns.grow(capacity)
  }

  #slotOf (from: number, to: number): number | undefined {
    const inRange = from >= 0 && from < this.maxNodes && to >= 0 && to < this.maxNodes
    return inRange ? this.#slots.get(this.#keyOf(from, to)) : undefined
  }

  /** Both ends must be below maxNodes, or two links have one key. */
  #keyOf (from: number, to: number): number {
    return from * this.maxNodes + to
  }

  #structureChanged (from: number, to: number): void {
    this.#rows = undefined
    this.#changed(from, to)
  }

  #changed (from: number, to: number): void {
    this.#graph = undefined
    this.#version++
    this.#changes.add(from, to, this.linkCount)
  }
}

function copyInto (target: Uint32Array, source: Uint32Array): Uint32Array {
  target.set(source)
  return target
}
