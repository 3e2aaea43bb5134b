// Where a search starts: nodes and what it cost to come there. At the source these are the access points; at a spur of a
// path, the neighbours of the node at which an alternative leaves it.

/** At most one seed for a node; the arrays are kept from search to search. */
export class Seeds {
  readonly nodes: number[] = []
  readonly costs: number[] = []
  readonly tiesUs: number[] = []

  clear (): void {
    this.nodes.length = 0
    this.costs.length = 0
    this.tiesUs.length = 0
  }

  add (node: number, cost: number, tieUs: number): void {
    this.nodes.push(node)
    this.costs.push(cost)
    this.tiesUs.push(tieUs)
  }
}
