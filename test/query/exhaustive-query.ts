// The reference that the evaluation is compared with: walks every loopless path and reads the tree word for word, as the
// language's description has it (protocols/route/query-language.md). For graphs of a handful of nodes.
import { everyPath, costOf } from '../compliance/exhaustive-path-finder.ts'
import type { FoundPath, Weights } from '../../src/path-finding/path-finder.ts'
import { areDisjoint } from '../../src/topology/path.ts'
import type { Ask } from '../../src/query/ask.ts'
import type { Constraint, MetricPreference, NodeSelector, RouteAst } from '../../src/query/ast.ts'
import type { NodeFacts } from '../../src/query/node-facts.ts'

export interface Judged {
  path: FoundPath
  score: number
  /** Of the constraints preferred without a penalty, by importance: true for each that is broken. */
  classes: boolean[]
}

const EPSILON = 1e-7

/** All eligible paths in the order of the answer; alternatives are not taken from them yet. */
export function everyAnswer (ast: RouteAst, attributes: readonly NodeFacts[], ask: Ask): Judged[] {
  const { graph, source, destination, relayCostUs, avoid = new Set<number>() } = ask
  const every = everyPath(graph, { source, destination, relayCostUs, avoid, weights: { delay: 0, loss: 0 }, paths: 1, maxForwarders: 16 })
  const vias = ast.constraints.filter(({ kind }) => kind === 'via')
  const judged = every
    .filter((path) => ast.constraints.every((constraint) => constraint.kind === 'via' || keeps(constraint, path, attributes, ask)) && visits(vias, path.nodes, attributes))
    .map((path): Judged => {
      const soft = ast.preferences.filter((preference) => preference.kind === 'constraint').map(({ constraint, penalty }) => ({
        penalty,
        isBroken: constraint.kind === 'via' ? !visits([...vias, constraint], path.nodes, attributes) : !keeps(constraint, path, attributes, ask)
      }))
      const penalties = soft.reduce((sum, { penalty = 0, isBroken }) => sum + (isBroken ? penalty : 0), 0)
      return {
        path,
        score: ast.objective.kind === 'maximize' ? rateOf(path) : costOf(graph, { weights: weightsOf(ast), relayCostUs }, path.nodes, path.rttUs) + penalties,
        classes: soft.filter(({ penalty }) => penalty === undefined).map(({ isBroken }) => isBroken)
      }
    })
    .filter(({ score }) => Number.isFinite(score) || (ast.objective.kind === 'maximize' && score === Infinity))
  return inOrder(judged, ast, ask)
}

/** The numbers by which paths are put in order: of those that are equal in all of them either may come first. */
export function ranksOf (judged: Judged, best: Judged, ast: RouteAst, ask: Ask): number[] {
  const metric = ast.preferences.find((preference) => preference.kind === 'metric')
  const isFirst = metric !== undefined && isNear(judged, best, metric, ast, ask)
  return [...judged.classes.map(Number), isFirst ? 0 : 1, isFirst ? valueOf(metric, judged.path, ask) : judged.score, tieUs(judged, ask)]
}

function inOrder (judged: Judged[], ast: RouteAst, ask: Ask): Judged[] {
  const isRate = ast.objective.kind === 'maximize'
  const byScore = [...judged].sort((a, b) => compareClasses(a, b) ||
    (Math.abs(a.score - b.score) < EPSILON || a.score === b.score ? tieUs(a, ask) - tieUs(b, ask) : isRate ? b.score - a.score : a.score - b.score))
  const metric = ast.preferences.find((preference) => preference.kind === 'metric')
  if (metric === undefined || byScore.length === 0) {
    return byScore
  }
  const near = byScore.filter((each) => isNear(each, byScore[0], metric, ast, ask)).sort((a, b) => {
    const [one, other] = [valueOf(metric, a.path, ask), valueOf(metric, b.path, ask)]
    return one === other || Math.abs(one - other) < EPSILON ? tieUs(a, ask) - tieUs(b, ask) : one - other
  })
  return [...near, ...byScore.filter((each) => !near.includes(each))]
}

function isNear (judged: Judged, best: Judged, metric: MetricPreference, { objective }: RouteAst, ask: Ask): boolean {
  if (compareClasses(judged, best) !== 0 || valueOf(metric, judged.path, ask) === Infinity) {
    return false
  }
  const share = metric.withinPpm / 1e6
  if (objective.kind === 'minimize') {
    return judged.score <= best.score * (1 + share) + EPSILON
  }
  return share === 1 || judged.score >= best.score * (1 - share)
}

function tieUs ({ path }: Judged, { relayCostUs }: Ask): number {
  return path.rttUs + relayCostUs * path.nodes.length
}

/** The paths of the answer, where the query says how many. */
export function answerOf (ast: RouteAst, attributes: readonly NodeFacts[], ask: Ask): Judged[] {
  const sure = (asked: Ask): Judged[] => {
    const every = everyAnswer(ast, attributes, asked)
    return ast.confidencePpm === undefined ? every : every.slice(0, 8).filter(({ path }) => (ask.confidenceOf?.(path) ?? 0) * 1e6 >= (ast.confidencePpm ?? 0))
  }
  const { count = 0, isDisjoint = false } = ast.alternatives ?? {}
  if (!isDisjoint) {
    return sure(ask).slice(0, count + 1)
  }
  const answer: Judged[] = []
  let left = ask
  for (let best = sure(left)[0]; best !== undefined && answer.length <= count; best = sure(left)[0]) {
    if (answer.some(({ path }) => !areDisjoint(path.nodes, best.path.nodes))) {
      throw new Error('not disjoint')
    }
    answer.push(best)
    left = { ...left, avoid: new Set([...left.avoid ?? [], ...best.path.nodes]) }
  }
  return answer
}

function keeps (constraint: Constraint, path: FoundPath, attributes: readonly NodeFacts[], { graph, nowMs }: Ask): boolean {
  const { nodes } = path
  const links = nodes.slice(1).map((node, hop) => graph.linkBetween(nodes[hop], node))
  const worst = (column: Int32Array | undefined): number => Math.max(0, ...links.map((link) => column === undefined || column[link] === -1 ? Infinity : column[link]))
  switch (constraint.kind) {
    case 'avoid':
      return !nodes.some((node) => isMeant(constraint.nodes, attributes[node], node))
    case 'only':
      return nodes.every((node) => isMeant(constraint.nodes, attributes[node], node))
    case 'limit': {
      const values: Record<string, number> = {
        delay: path.rttUs,
        loss: path.lossPpm,
        jitter: path.jitterUs,
        price: links.reduce((sum, link) => sum + (graph.price === undefined || graph.price[link] === -1 ? Infinity : graph.price[link]), 0),
        rate: rateOf(path),
        load: worst(graph.loadPpm),
        hops: nodes.length,
        age: Math.max(-Infinity, ...links.map((link) => (nowMs - graph.updatedAtMs[link]) * 1_000))
      }
      return constraint.op === '<=' ? values[constraint.metric] <= constraint.value : values[constraint.metric] >= constraint.value
    }
    default:
      throw new Error(constraint.kind)
  }
}

function visits (vias: readonly Constraint[], nodes: readonly number[], attributes: readonly NodeFacts[]): boolean {
  if (vias.length === 0) {
    return true
  }
  const [first, ...rest] = vias
  return nodes.some((node, place) => first.kind === 'via' && isMeant(first.nodes, attributes[node], node) && visits(rest, nodes.slice(place + 1), attributes))
}

function isMeant (selector: NodeSelector, facts: NodeFacts, node: number): boolean {
  switch (selector.kind) {
    case 'not':
      return !isMeant(selector.of, facts, node)
    case 'and':
      return selector.of.every((each) => isMeant(each, facts, node))
    case 'or':
      return selector.of.some((each) => isMeant(each, facts, node))
    case 'tag':
      return selector.value === undefined
        ? Object.keys(facts.tags).includes(selector.name) || Object.values(facts.tags).includes(selector.name)
        : facts.tags[selector.name] === selector.value
    case 'forwarder':
      return selector.value === `node-${node}`
    default:
      return facts[selector.kind] === selector.value
  }
}

/** Of the least link; 0 where one is not known, infinite where there is none. */
function rateOf ({ nodes, bytesPerSecond }: FoundPath): number {
  return nodes.length === 1 ? Infinity : bytesPerSecond ?? -Infinity
}

function weightsOf ({ objective }: RouteAst): Weights {
  const terms = objective.kind === 'minimize' ? objective.terms.map(({ metric, weight }) => [metric, weight]) : []
  return { delay: 0, loss: 0, ...Object.fromEntries(terms) as Partial<Weights> }
}

function valueOf ({ metric }: MetricPreference, path: FoundPath, { graph, relayCostUs }: Ask): number {
  if (metric === 'rate') {
    return rateOf(path) === -Infinity ? Infinity : -rateOf(path)
  }
  return costOf(graph, { weights: { delay: 0, loss: 0, [metric]: 1 }, relayCostUs }, path.nodes, path.rttUs)
}

function compareClasses (a: Judged, b: Judged): number {
  return a.classes.reduce((difference, isBroken, rank) => difference || Number(isBroken) - Number(b.classes[rank]), 0)
}
