// What of a query can be judged of a path by who has no map: how many forwarders it has, and whether they are those that are meant. Of a
// forwarder that is not known nothing is held against a path: it may be what it is to be, and may not be what it must not.
import { says } from './node-facts.ts'
import type { Constraint, NodeSelector } from './ast.ts'
import type { NodeFacts } from './node-facts.ts'

/** A forwarder on a path. */
export interface KnownForwarder {
  /** Its peer id, as text. */
  id: string
  /** What it says of itself; undefined: that is not known. */
  facts?: NodeFacts
}

/**
 * Whether a path breaks a constraint for sure.
 *
 * @param before - what must have been visited before, where it is a `via`
 */
export function isBrokenBy (path: readonly KnownForwarder[], constraint: Constraint, before: readonly NodeSelector[] = []): boolean {
  switch (constraint.kind) {
    case 'limit':
      return constraint.metric === 'hops' && path.length > constraint.value
    case 'avoid':
      return path.some((forwarder) => isMeant(constraint.nodes, forwarder) === true)
    case 'only':
      return path.some((forwarder) => isMeant(constraint.nodes, forwarder) === false)
    case 'via':
      return !mayVisit(path, [...before, constraint.nodes])
    default:
      return false
  }
}

/** Undefined: that hangs on what is not known. */
function isMeant (selector: NodeSelector, forwarder: KnownForwarder): boolean | undefined {
  switch (selector.kind) {
    case 'not': {
      const isOther = isMeant(selector.of, forwarder)
      return isOther === undefined ? undefined : !isOther
    }
    case 'and':
      return allOf(selector.of.map((each) => isMeant(each, forwarder)))
    case 'or': {
      const areOthers = allOf(selector.of.map((each) => isMeant({ kind: 'not', of: each }, forwarder)))
      return areOthers === undefined ? undefined : !areOthers
    }
    case 'forwarder':
      return selector.value === forwarder.id
    default:
      return forwarder.facts === undefined ? undefined : says(forwarder.facts, selector)
  }
}

function allOf (each: ReadonlyArray<boolean | undefined>): boolean | undefined {
  return each.includes(false) ? false : each.includes(undefined) ? undefined : true
}

/** In this order, one forwarder for each. */
function mayVisit (path: readonly KnownForwarder[], vias: readonly NodeSelector[]): boolean {
  let from = 0
  for (const via of vias) {
    const at = path.findIndex((forwarder, hop) => hop >= from && isMeant(via, forwarder) !== false)
    if (at === -1) {
      return false
    }
    from = at + 1
  }
  return true
}
