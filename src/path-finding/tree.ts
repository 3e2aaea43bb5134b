// A shortest path tree from one source.

/** Node numbers in trees have 16 bits, and this one is none. */
export const NO_NODE = 0xffff

/**
 * Every link costs one unit more in a tree than under the weighting (a billionth of 1 of cost), so that of paths of equal
 * cost the one of fewer links is taken, and no link is free. Of predecessors as good, the one of the lowest number is
 * taken. So a tree depends on the links alone, and a mended one equals one that is grown anew.
 */
export const UNITS_PER_LINK = 1

export interface Tree {
  source: number
  /** By node, in units: Infinity where no path leads. */
  costs: Float64Array
  /** By node: the one before it, NO_NODE at the source and where no path leads. */
  previous: Uint16Array
}
