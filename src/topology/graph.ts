// A snapshot of the map, laid out for path finding: all links in typed arrays, grouped by the node they leave
// (compressed sparse rows). Built by LinkTable; never changed after, so a query that runs on one sees one state.

import type { LinkChanges } from './link-changes.ts'
import type { MetricColumns } from './link-columns.ts'

/** The columns of a graph. All link columns have the same length; rows are sorted by target. */
export interface GraphColumns extends MetricColumns {
  /** nodeCount + 1 entries: the links of node i are offsets[i] … offsets[i + 1] - 1. */
  offsets: Uint32Array
  targets: Uint32Array
}

/**
 * Directed links between the forwarders 0…nodeCount - 1, at most one from one node to another.
 *
 * The links of a node are walked without allocation:
 * `for (let link = graph.offsets[node]; link < graph.offsets[node + 1]; link++) graph.targets[link]`
 */
export class Graph implements Readonly<GraphColumns> {
  /** The version of the table it was built from; a higher one is newer. */
  readonly version: number
  readonly nodeCount: number
  readonly linkCount: number
  readonly offsets: Uint32Array
  readonly targets: Uint32Array
  /** Round-trip time over the link, there and back. */
  readonly delayUs: Int32Array
  /** Share of packets lost or late, in millionths. */
  readonly lossPpm: Int32Array
  readonly jitterUs: Int32Array
  /** When the link was last measured, in the clock of whoever filled the table. */
  readonly updatedAtMs: Float64Array
  /** These are missing where no link ever had such a value, and hold UNKNOWN where this one has none. */
  readonly bytesPerSecond: Int32Array | undefined
  readonly loadPpm: Int32Array | undefined
  readonly price: Int32Array | undefined
  readonly delayVariance: Float32Array | undefined
  readonly lossVariance: Float32Array | undefined
  /** What its table changed, for those who follow it from snapshot to snapshot; one object for all snapshots of a table. */
  readonly changes: LinkChanges | undefined

  constructor (version: number, columns: GraphColumns, changes?: LinkChanges) {
    this.version = version
    this.nodeCount = columns.offsets.length - 1
    this.linkCount = columns.targets.length
    this.offsets = columns.offsets
    this.targets = columns.targets
    this.delayUs = columns.delayUs
    this.lossPpm = columns.lossPpm
    this.jitterUs = columns.jitterUs
    this.updatedAtMs = columns.updatedAtMs
    this.bytesPerSecond = columns.bytesPerSecond
    this.loadPpm = columns.loadPpm
    this.price = columns.price
    this.delayVariance = columns.delayVariance
    this.lossVariance = columns.lossVariance
    this.changes = changes
  }

  /** The position of a link in the columns, or -1 where there is none. */
  linkBetween (from: number, to: number): number {
    if (!(from >= 0 && from < this.nodeCount)) {
      return -1
    }
    let low = this.offsets[from]
    let high = this.offsets[from + 1] - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const target = this.targets[middle]
      if (target === to) {
        return middle
      }
      if (target < to) {
        low = middle + 1
      } else {
        high = middle - 1
      }
    }
    return -1
  }
}
