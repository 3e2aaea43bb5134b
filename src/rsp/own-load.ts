// What this RSP itself has lately sent over each link: every flow that it answers with a path adds to the links of that path, and
// no report shows that before the flow runs.
import { RecentlyUsed } from '../../protocols/recently-used.ts'

/** A flow counts less and less; after so long a third of it is left. By then reports show what it carries. */
const FADE_MS = 60_000
/** Beyond it the links used longest ago are forgotten: their load has faded. */
const MAX_LINKS = 65_536
/** Nodes are numbered below this. */
const NODES = 65_536

interface Load {
  flows: number
  atMs: number
}

export class OwnLoad {
  readonly #loads: RecentlyUsed<Load, number>

  constructor (maxLinks: number = MAX_LINKS) {
    this.#loads = new RecentlyUsed(maxLinks)
  }

  get size (): number {
    return this.#loads.size
  }

  /** Another flow takes this path. */
  add (nodes: readonly number[], nowMs: number): void {
    for (let hop = 1; hop < nodes.length; hop++) {
      const name = nodes[hop - 1] * NODES + nodes[hop]
      const load = this.#loads.get(name)
      if (load === undefined) {
        this.#loads.set(name, { flows: 1, atMs: nowMs })
      } else {
        load.flows = 1 + faded(load, nowMs)
        load.atMs = nowMs
      }
    }
  }

  /** Of the link of a path that carries most; 0 for a path without links. */
  flowsOn (nodes: readonly number[], nowMs: number): number {
    let most = 0
    for (let hop = 1; hop < nodes.length; hop++) {
      most = Math.max(most, faded(this.#loads.get(nodes[hop - 1] * NODES + nodes[hop]), nowMs))
    }
    return most
  }
}

function faded (load: Load | undefined, nowMs: number): number {
  return load === undefined ? 0 : load.flows * Math.exp(-Math.max(0, nowMs - load.atMs) / FADE_MS)
}
