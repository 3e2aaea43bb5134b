import assert from 'node:assert/strict'
import fc from 'fast-check'
import { graphOf, randomCase } from '../compliance/random-query.ts'
import type { Ask } from '../../src/query/ask.ts'
import type { Constraint, NodeSelector, Objective, Preference, RouteAst } from '../../src/query/ast.ts'
import { compileQuery } from '../../src/query/compile-query.ts'
import { QueryEvaluator } from '../../src/query/evaluate-query.ts'
import type { NodeFacts } from '../../src/query/node-facts.ts'
import { parseQuery } from '../../src/query/parse-query.ts'
import { printQuery } from '../../src/query/print-query.ts'
import { answerOf, everyAnswer, ranksOf } from './exhaustive-query.ts'

const NOW_MS = 60_000

const facts: fc.Arbitrary<NodeFacts> = fc.record({
  operator: fc.constantFrom('acme', 'bolt', undefined),
  country: fc.constantFrom('de', 'xx', undefined),
  asn: fc.constantFrom(64_500, undefined),
  tags: fc.constantFrom({}, { region: 'eu' }, { eu: 'yes', green: '1' })
}).map((each) => JSON.parse(JSON.stringify(each)) as NodeFacts)

const leaf: fc.Arbitrary<NodeSelector> = fc.oneof(
  fc.constantFrom<NodeSelector>({ kind: 'operator', value: 'acme' }, { kind: 'country', value: 'xx' }, { kind: 'asn', value: 64_500 }, { kind: 'tag', name: 'eu' }, { kind: 'tag', name: 'region', value: 'eu' }),
  fc.integer({ min: 0, max: 6 }).map((node): NodeSelector => ({ kind: 'forwarder', value: `node-${node}` }))
)
const selector: fc.Arbitrary<NodeSelector> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  leaf.map((of): NodeSelector => ({ kind: 'not', of })),
  fc.tuple(fc.constantFrom('and' as const, 'or' as const), leaf, leaf).map(([kind, ...of]): NodeSelector => ({ kind, of }))
)

const limit: fc.Arbitrary<Constraint> = fc.oneof(
  fc.constantFrom(...['delay <= 60 ms', 'delay <= 150 ms', 'loss <= 0.5 %', 'loss <= 2 %', 'jitter <= 3 ms', 'jitter <= 5 ms', 'price <= 2', 'price <= 4',
    'rate >= 1000 B/s', 'rate >= 1 MB/s', 'load <= 20 %', 'hops <= 1', 'hops <= 3', 'age <= 20 s', 'age <= 50 s']).map((text) => parseQuery(`where ${text}`).constraints[0])
)
const nodes: fc.Arbitrary<Constraint> = fc.record({ kind: fc.constantFrom('avoid' as const, 'only' as const), nodes: selector })
const via: fc.Arbitrary<Constraint> = fc.record({ kind: fc.constant('via' as const), nodes: selector })
const constraint = fc.oneof({ weight: 3, arbitrary: limit }, { weight: 2, arbitrary: nodes }, { weight: 1, arbitrary: via })

const objective: fc.Arbitrary<Objective> = fc.constantFrom(...['minimize delay', 'minimize delay + 20 * loss', 'minimize loss', 'minimize price + 2 * jitter', 'minimize hops', 'minimize delay + 5 * hops',
  'minimize load + transfer', 'maximize rate'].map((text) => parseQuery(text).objective))

function preferencesFor (objective: Objective): fc.Arbitrary<Preference[]> {
  const soft = fc.oneof({ weight: 3, arbitrary: limit }, { weight: 2, arbitrary: nodes }).map((constraint): Preference => ({ kind: 'constraint', constraint }))
  const penalty = fc.constantFrom(0, 5, 20, 60)
  const penalized = fc.tuple(constraint, penalty).map(([constraint, penalty]): Preference => ({ kind: 'constraint', constraint, penalty }))
  const metric = fc.record({ kind: fc.constant('metric' as const), metric: fc.constantFrom('price', 'loss', 'hops', 'rate', 'delay'), withinPpm: fc.constantFrom(0, 100_000, 500_000, 1_000_000) })
  return fc.tuple(fc.array(objective.kind === 'maximize' ? soft : fc.oneof(soft, penalized), { maxLength: 3 }), fc.array(metric, { maxLength: 1 }))
    .map((lists): Preference[] => lists.flat())
    .filter((list) => list.filter((each) => each.kind === 'constraint' && each.constraint.kind === 'via').length < 2)
}

interface World { ast: RouteAst, attributes: NodeFacts[], ask: Ask }

function worldWith (ast: fc.Arbitrary<RouteAst>): fc.Arbitrary<World> {
  return fc.tuple(randomCase(), ast, fc.array(facts, { minLength: 6, maxLength: 6 }), fc.integer({ min: 1, max: 4 })).map(([{ nodeCount, links, query }, ast, attributes, paths]) => ({
    ast,
    attributes: attributes.slice(0, nodeCount),
    ask: {
      graph: graphOf(nodeCount, links),
      source: query.source,
      destination: query.destination,
      relayCostUs: query.relayCostUs,
      paths,
      nowMs: NOW_MS,
      confidenceOf: ({ nodes }: { nodes: readonly number[] }) => nodes.length === 2 ? 0.5 : 0.9
    }
  }))
}

const emptyAst = parseQuery('')
const asts: fc.Arbitrary<RouteAst> = objective.chain((objective) => fc.record({
  objective: fc.constant(objective),
  constraints: fc.array(constraint, { maxLength: 2 }),
  preferences: preferencesFor(objective),
  alternatives: fc.record({ count: fc.integer({ min: 1, max: 3 }), isDisjoint: fc.boolean() }),
  confidencePpm: fc.constantFrom(undefined, undefined, 800_000)
})).map((ast) => JSON.parse(JSON.stringify(ast)) as RouteAst)

function evaluate ({ ast, attributes, ask }: World): ReturnType<QueryEvaluator['evaluate']> {
  const compiled = compileQuery(ast, { attributes, nodeCount: ask.graph.nodeCount, indexOf: (key) => Number(key.slice('node-'.length)) })
  return new QueryEvaluator().evaluate(compiled, ask)
}

function assertAgrees (world: World): void {
  const { ast, attributes, ask } = world
  const expected = answerOf(ast, attributes, ask)
  const answer = evaluate(world)
  const every = everyAnswer(ast, attributes, ask)
  const judgedOf = (nodes: readonly number[]): (typeof every)[number] => {
    const judged = every.find(({ path }) => path.nodes.join() === nodes.join())
    assert.ok(judged !== undefined, `${nodes.join()} is eligible`)
    return judged
  }
  assert.equal(answer.length, expected.length, printQuery(ast))
  answer.forEach(({ path, score }, rank) => {
    const judged = judgedOf(path.nodes)
    assert.ok(score === judged.score || Math.abs(score - judged.score) < 1e-6 * Math.max(1, score), `score ${score} is ${judged.score}`)
    const [ranks, best] = [judged, expected[rank]].map((each) => ranksOf(each, every[0], ast, ask))
    assert.ok(ranks.every((value, at) => value === best[at] || Math.abs(value - best[at]) < 1e-6), `${printQuery(ast)}: ${path.nodes.join()} [${ranks.join()}] where ${expected[rank].path.nodes.join()} [${best.join()}] is better`)
  })
}

describe('the evaluation of queries', () => {
  const clauses: Array<[title: string, asts: fc.Arbitrary<RouteAst>]> = [
    ['objectives', objective.map((objective) => ({ ...emptyAst, objective }))],
    ['limits', fc.array(limit, { minLength: 1, maxLength: 3 }).map((constraints) => ({ ...emptyAst, constraints }))],
    ['avoid and only', fc.array(nodes, { minLength: 1, maxLength: 3 }).map((constraints) => ({ ...emptyAst, constraints }))],
    ['via', fc.array(via, { minLength: 1, maxLength: 3 }).map((constraints) => ({ ...emptyAst, constraints }))],
    ['preferences', objective.chain((objective) => preferencesFor(objective).map((preferences) => ({ ...emptyAst, objective, preferences })))],
    ['alternatives', fc.record({ count: fc.integer({ min: 1, max: 7 }), isDisjoint: fc.boolean() }).map((alternatives) => ({ ...emptyAst, alternatives }))],
    ['confidence', fc.constantFrom(500_000, 800_000, 950_000).map((confidencePpm) => ({ ...emptyAst, confidencePpm, alternatives: { count: 2, isDisjoint: false } }))],
    ['all clauses together', asts]
  ]
  for (const [title, ast] of clauses) {
    it(`agrees with a walk over every path about ${title}`, () => {
      fc.assert(fc.property(worldWith(ast), (world) => {
        const { ask, ast } = world
        assertAgrees(ast.alternatives === undefined ? { ...world, ask: { ...ask, paths: 1 } } : world)
      }), { numRuns: title === 'all clauses together' ? 3_000 : 800, seed: 7 })
    })
  }
})
