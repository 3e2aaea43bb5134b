// Random trees for fast-check: all that the language can say, within its bounds.
import fc from 'fast-check'
import type { Constraint, LimitConstraint, NodeSelector, Objective, Preference, RouteAst } from '../../src/query/ast.ts'
import { METRICS } from '../../src/query/metrics.ts'

const UNKNOWN_METRICS = ['carbon', 'energy_2', '_x']

const word = fc.oneof(fc.constantFrom('eu', 'XX', 'acme', 'and', '5g', 'a.b-c:d', 'where'), fc.constantFrom('two words', 'say "hi"', 'back\\slash', 'Zürich', "'", '=', '-x'))
const value = fc.oneof(
  fc.integer({ min: 0, max: 1_000_000 }), fc.constantFrom(0, 1, 5_000, 625_000, 50_000, 1e15, 0.5, 0.125, 1e-7),
  fc.double({ min: 0, max: 1e12, noNaN: true }).map((number) => number + 0)
)

const leaf: fc.Arbitrary<NodeSelector> = fc.oneof(
  fc.record({ kind: fc.constantFrom('country' as const, 'region' as const), value: word.map((text) => text.toLowerCase()) }),
  fc.record({ kind: fc.constantFrom('operator' as const, 'forwarder' as const), value: word }),
  fc.record({ kind: fc.constant('asn' as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
  fc.record({ kind: fc.constant('tag' as const), name: word.map((text) => text.toLowerCase()) }),
  fc.record({ kind: fc.constant('tag' as const), name: word.map((text) => text.toLowerCase()), value: word.map((text) => text.toLowerCase()) })
)

/** At most seven deep, and no `or` directly in an `or`. */
export const randomSelector: fc.Arbitrary<NodeSelector> = selectorWithin(3, 'none')

function selectorWithin (depth: number, around: 'and' | 'or' | 'none'): fc.Arbitrary<NodeSelector> {
  if (depth === 0) {
    return leaf
  }
  const joins = (['and', 'or'] as const).filter((kind) => kind !== around).map((kind) =>
    fc.array(selectorWithin(depth - 1, kind), { minLength: 2, maxLength: 3 }).map((of): NodeSelector => ({ kind, of })))
  const not = selectorWithin(depth - 1, 'none').map((of): NodeSelector => ({ kind: 'not', of }))
  return fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: not }, ...joins.map((arbitrary) => ({ weight: 1, arbitrary })))
}

const limit: fc.Arbitrary<LimitConstraint> = fc.oneof(
  ...METRICS.flatMap(({ name, limit: op, unit }) => op === undefined
    ? []
    : [value.map((number): LimitConstraint => ({ kind: 'limit', metric: name, op, value: within(name, number), unit }))]),
  fc.record({ kind: fc.constant('limit' as const), metric: fc.constantFrom(...UNKNOWN_METRICS), op: fc.constantFrom('<=' as const, '>=' as const), value, unit: fc.constantFrom('us' as const, 'ppm' as const, 'B/s' as const, '' as const) })
)

function within (metric: string, number: number): number {
  return metric === 'loss' ? number % 1e6 : metric === 'hops' ? 1 + Math.floor(number % 16) : number
}

const extension = fc.oneof(
  fc.record({ kind: fc.constant('with' as const), name: fc.constantFrom('multipath', 'x-y') }),
  fc.record({ kind: fc.constant('with' as const), name: fc.constantFrom('multipath', 'x-y'), argument: word })
)
const nodes = fc.record({ kind: fc.constantFrom('avoid' as const, 'only' as const), nodes: randomSelector })
const via = fc.record({ kind: fc.constant('via' as const), nodes: randomSelector })

const constraints: fc.Arbitrary<Constraint[]> = fc.array(fc.oneof({ weight: 4, arbitrary: limit }, { weight: 3, arbitrary: nodes }, via, extension), { maxLength: 8 })

const weighable = fc.constantFrom(...METRICS.filter(({ isWeighable }) => isWeighable).map(({ name }) => name), ...UNKNOWN_METRICS)
const minimize: fc.Arbitrary<Objective> = fc.uniqueArray(fc.record({ weight: value.map((weight) => weight < 1e-9 ? 0 : weight), metric: weighable }), { minLength: 1, maxLength: 4, selector: ({ metric }) => metric })
  .map((terms) => ({ kind: 'minimize', terms }))
const maximize: fc.Arbitrary<Objective> = fc.constantFrom('rate', 'carbon').map((metric) => ({ kind: 'maximize', metric }))

function preferencesFor (objective: Objective): fc.Arbitrary<Preference[]> {
  const soft = fc.oneof(limit, nodes, extension).map((constraint): Preference => ({ kind: 'constraint', constraint }))
  const penalized = fc.tuple(fc.oneof(limit, nodes, via, extension), value).map(([constraint, penalty]): Preference => ({ kind: 'constraint', constraint, penalty }))
  const metric = fc.record({ kind: fc.constant('metric' as const), metric: fc.oneof(weighable, fc.constant('rate')), withinPpm: fc.constantFrom(0, 50_000, 12_345, 1_000_000) })
  const isOnce = (preferences: Preference[], matches: (preference: Preference) => boolean): boolean => preferences.filter(matches).length < 2
  return fc.array(fc.oneof(soft, objective.kind === 'minimize' ? penalized : soft, metric), { maxLength: 4 })
    .filter((list) => isOnce(list, ({ kind }) => kind === 'metric') && isOnce(list, (each) => each.kind === 'constraint' && each.constraint.kind === 'via'))
}

export const randomAst: fc.Arbitrary<RouteAst> = fc.oneof({ weight: 3, arbitrary: minimize }, { weight: 1, arbitrary: maximize }).chain((objective) => fc.record({
  objective: fc.constant(objective),
  constraints,
  preferences: preferencesFor(objective),
  alternatives: fc.option(fc.record({ count: fc.integer({ min: 1, max: 7 }), isDisjoint: fc.boolean() }), { nil: undefined }),
  confidencePpm: fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined })
})).map((ast) => JSON.parse(JSON.stringify(ast)) as RouteAst) // without keys that say nothing, and without fast-check's objects that have no prototype
