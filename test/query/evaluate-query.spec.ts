import assert from 'node:assert/strict'
import fc from 'fast-check'
import { graphOf, randomCase } from '../compliance/random-query.ts'
import type { Ask, RankedPath } from '../../src/query/ask.ts'
import type { Constraint, NodeSelector, Objective, Preference, RouteAst } from '../../src/query/ast.ts'
import { compileQuery } from '../../src/query/compile-query.ts'
import { UnsupportedQueryError } from '../../src/query/errors.ts'
import { QueryEvaluator } from '../../src/query/evaluate-query.ts'
import type { NodeFacts } from '../../src/query/node-facts.ts'
import { Patience } from '../../src/path-finding/patience.ts'
import { parseQuery } from '../../src/query/parse-query.ts'
import { printQuery } from '../../src/query/print-query.ts'
import { everyAnswer, ranksOf, sureAnswers } from './exhaustive-query.ts'
import { NAMES, VIE, AMS, ask as fromAmsToVie, population } from './six-forwarders.ts'

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
  const { ast, ask } = world
  const { count = 0, isDisjoint = false } = ast.alternatives ?? {}
  const answer = evaluate(world)
  if (!isDisjoint) {
    assertInOrder(world, answer, count + 1)
    return
  }
  // each against all paths past those before it
  const avoid = new Set<number>()
  for (let rank = 0; rank <= count; rank++) {
    assertInOrder({ ...world, ask: { ...ask, avoid: new Set(avoid) } }, answer.slice(rank, rank + 1), 1)
    answer.at(rank)?.path.nodes.forEach((node) => avoid.add(node))
  }
}

/** The paths are the first of all answers, or as good as these. */
function assertInOrder ({ ast, attributes, ask }: World, answer: RankedPath[], count: number): void {
  const every = everyAnswer(ast, attributes, ask)
  const expected = sureAnswers(ast, attributes, ask).slice(0, count)
  assert.equal(answer.length, expected.length, printQuery(ast))
  answer.forEach(({ path, score }, rank) => {
    const judged = every.find((other) => other.path.nodes.join() === path.nodes.join())
    assert.ok(judged !== undefined, `${path.nodes.join()} is eligible`)
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

  /** What is visited between ams and vie, path by path. */
  const waysOf = (text: string, changes: Partial<Ask> = {}): string[] => {
    const paths = new QueryEvaluator().evaluate(compileQuery(parseQuery(text), population), { ...fromAmsToVie, ...changes })
    return paths.map(({ path }) => path.nodes.filter((node) => node !== AMS && node !== VIE).map((node) => NAMES[node]).join())
  }

  const ways: Array<[title: string, text: string, ways: string[]]> = [
    ['takes the quickest path where nothing else is said', '', ['kbp']],
    ['puts the next ones behind it', '2 alternatives', ['kbp', 'fra', 'lon']],
    ['gives fewer alternatives where there are no more', '7 alternatives', ['kbp', 'fra', 'lon']],
    ['gives the widest path', 'maximize rate avoid country xx 1 alternatives', ['fra', 'lon']],
    ['keeps to what is preferred, whatever it costs', 'prefer avoid country xx', ['fra']],
    ['keeps to the first of two preferences that exclude each other', 'prefer via country gb, avoid country gb', ['lon']],
    ['breaks what is preferred where nothing keeps to it', 'prefer only operator cord', ['kbp']],
    ['pays a penalty where that is cheaper', 'prefer avoid country xx penalty 6', ['kbp']],
    ['goes another way where a penalty is dearer', 'prefer avoid country xx penalty 8', ['fra']],
    ['takes the cheaper of two that are nearly equal', 'avoid country xx prefer price', ['lon']],
    ['takes the better one where the margin is narrower than their difference', 'avoid country xx prefer price within 2%', ['fra']],
    ['takes the wider of two that are nearly equal', 'avoid forwarder kbp prefer rate within 10%', ['fra']],
    ['leaves out links that were measured too long ago', 'where age <= 1 min avoid country xx 1 alternatives', ['fra']]
  ]
  for (const [title, text, expected] of ways) {
    it(`${title}: \`${text}\``, () => { assert.deepEqual(waysOf(text), expected) })
  }

  it('gives disjoint alternatives where both ends have several forwarders to enter at', () => {
    const [source, destination] = [[1, 2, 3], [1, 2, 3]].map((nodes) => nodes.map((node, rank) => ({ node, rttUs: 1_000 * (rank + 1) })))
    assert.deepEqual(waysOf('2 disjoint alternatives', { source, destination }), ['fra', 'kbp', 'lon'])
  })

  it('adds a path that shares no forwarder with the first where the query says nothing of alternatives', () => {
    const source = [{ node: AMS, rttUs: 0 }, { node: 3, rttUs: 60_000 }]
    const destination = [{ node: VIE, rttUs: 0 }, { node: 3, rttUs: 60_000 }]
    assert.deepEqual(waysOf('', { source, destination, paths: 2 }), ['kbp', 'lon'])
    assert.deepEqual(waysOf('', { paths: 2 }), ['kbp', 'fra'], 'where there is none, the next best')
  })

  it('keeps past forwarders that came after the query was compiled, where it tells forwarders apart', () => {
    const early = { ...population, nodeCount: 2, attributes: population.attributes.slice(0, 2) }
    const evaluator = new QueryEvaluator()
    assert.deepEqual(evaluator.evaluate(compileQuery(parseQuery('only region eu'), early), fromAmsToVie), [])
    assert.equal(evaluator.evaluate(compileQuery(parseQuery('where hops <= 3'), early), fromAmsToVie).length, 1)
  })

  it('does not answer a query for confidence where nobody says how sure the RSP is', () => {
    assert.throws(() => waysOf('confidence >= 0.5'), UnsupportedQueryError)
  })

  it('searches once for most queries, and for preferences no more often than they can matter', () => {
    const searches = (text: string): number => {
      const evaluator = new QueryEvaluator()
      evaluator.evaluate(compileQuery(parseQuery(text), population), fromAmsToVie)
      return evaluator.searches
    }
    assert.equal(searches('minimize delay + 20 * loss where rate >= 5 Mbps and hops <= 4 avoid country xx via tag eu'), 1)
    assert.equal(searches('prefer avoid operator cord penalty 5, hops <= 3 penalty 2, only region eu penalty 1, loss <= 1% penalty 3'), 1 + 1)
    assert.equal(searches('prefer avoid country xx, only region eu'), 1)
    assert.equal(searches('prefer price'), 2)
  })

  it('regression: search no longer than there is time, and keep that something was left out', () => {
    const text = 'minimize delay prefer avoid forwarder kbp prefer price <= 2 prefer loss <= 0.01 % prefer avoid forwarder fra penalty 5'
    for (const searches of [1, 2, 3]) {
      const evaluator = new QueryEvaluator()
      let clockMs = 0
      // each search asks once whether there is time
      const patience = new Patience(() => clockMs++, searches + 1)
      const paths = evaluator.evaluate(compileQuery(parseQuery(text), population), { ...fromAmsToVie, paths: 8, patience })
      assert.equal(evaluator.searches <= searches, true)
      assert.equal(patience.isCutShort, true)
      assert.ok(paths.length <= 3)
    }
    for (const objective of ['minimize delay', 'maximize rate']) {
      const patience = new Patience(() => 0, 1)
      assert.equal(new QueryEvaluator().evaluate(compileQuery(parseQuery(objective), population), { ...fromAmsToVie, patience }).length, 1)
      assert.equal(patience.isCutShort, false)
    }
  })
})
