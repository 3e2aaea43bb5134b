// What makes a path eligible, in the form in which the path finder takes it. Several of them join to one that keeps to all.
import { MAX_FORWARDERS } from '../path-finding/path-finder.ts'
import type { PathLimits, PathQuery, Waypoint } from '../path-finding/path-finder.ts'
import type { NodeSet } from '../topology/node-set.ts'
import type { Constraint, LimitConstraint } from './ast.ts'
import { complementOf, joined } from './node-facts.ts'
import { nodesMeant } from './nodes-meant.ts'
import type { Population } from './node-facts.ts'

export interface Eligibility {
  limits: Omit<PathLimits, 'measuredSinceMs'>
  /** Of the oldest measurement. */
  maxAgeMs?: number
  maxForwarders: number
  avoidSet?: NodeSet
  waypoints: Waypoint[]
}

export const EVERY_PATH: Readonly<Eligibility> = { limits: {}, maxForwarders: MAX_FORWARDERS, waypoints: [] }

/** Not of extensions: nobody here knows what they ask for. */
export function eligibilityOf (constraint: Constraint, population: Population): Eligibility {
  switch (constraint.kind) {
    case 'limit':
      return { ...EVERY_PATH, ...limitOf(constraint) }
    case 'avoid':
      return { ...EVERY_PATH, avoidSet: nodesMeant(constraint.nodes, population) }
    case 'only':
      return { ...EVERY_PATH, avoidSet: complementOf(nodesMeant(constraint.nodes, population), population.nodeCount) }
    case 'via':
      return { ...EVERY_PATH, waypoints: [nodesMeant(constraint.nodes, population)] }
    default:
      throw new Error(`\`with ${constraint.name}\` was to be refused before`)
  }
}

function limitOf ({ metric, value }: LimitConstraint): Partial<Eligibility> {
  switch (metric) {
    case 'delay':
      return { limits: { rttUs: value } }
    case 'loss':
      return { limits: { lossPpm: value } }
    case 'jitter':
      return { limits: { jitterUs: value } }
    case 'price':
      return { limits: { price: value } }
    case 'rate':
      return { limits: { leastBytesPerSecond: value } }
    case 'load':
      return { limits: { loadPpm: value } }
    case 'hops':
      return { maxForwarders: Math.min(value, MAX_FORWARDERS) }
    case 'age':
      return { maxAgeMs: value / 1_000 }
    default:
      throw new Error(`A limit of ${metric} was to be refused before`)
  }
}

/** Keeps to all of them; waypoints in the given order. */
export function join (all: readonly Eligibility[], nodeCount: number): Eligibility {
  const sets = all.map(({ avoidSet }) => avoidSet).filter((set) => set !== undefined)
  const ages = all.map(({ maxAgeMs }) => maxAgeMs).filter((age) => age !== undefined)
  return {
    limits: joinLimits(all.map(({ limits }) => limits)),
    maxForwarders: Math.min(MAX_FORWARDERS, ...all.map(({ maxForwarders }) => maxForwarders)),
    waypoints: all.flatMap(({ waypoints }) => waypoints),
    ...(ages.length === 0 ? {} : { maxAgeMs: Math.min(...ages) }),
    ...(sets.length === 0 ? {} : { avoidSet: joined(sets, nodeCount) })
  }
}

/** What the path finder is asked. */
export function asPathQuery ({ limits, maxAgeMs, maxForwarders, avoidSet, waypoints }: Eligibility, nowMs: number): Pick<PathQuery, 'limits' | 'maxForwarders' | 'avoidSet' | 'waypoints'> {
  return {
    limits: maxAgeMs === undefined ? limits : { ...limits, measuredSinceMs: Math.max(0, nowMs - maxAgeMs) },
    maxForwarders,
    avoidSet,
    waypoints
  }
}

function joinLimits (all: ReadonlyArray<Eligibility['limits']>): Eligibility['limits'] {
  const joint: Eligibility['limits'] = {}
  for (const limits of all) {
    for (const name of ['rttUs', 'lossPpm', 'jitterUs', 'price', 'loadPpm'] as const) {
      const limit = limits[name]
      if (limit !== undefined) {
        joint[name] = Math.min(limit, joint[name] ?? Number.POSITIVE_INFINITY)
      }
    }
    if (limits.leastBytesPerSecond !== undefined) {
      joint.leastBytesPerSecond = Math.max(limits.leastBytesPerSecond, joint.leastBytesPerSecond ?? 0)
    }
  }
  return joint
}
