// A text in the query language as the host that asks it understands it itself: how many paths it wants, what its objective weighs, of which
// clauses an answer must speak, and which of them a path breaks by what the host knows of its forwarders. The rest is the RSPs' to say.
import { clauseName } from '../../protocols/route/verdict.ts'
import { delayAndLossOf } from '../query/objective-weights.ts'
import { isBrokenBy } from '../query/known-path.ts'
import { parseQuery } from '../query/parse-query.ts'
import { printAlternatives, printConfidence, printConstraint, printObjective, printPreference, printQuery } from '../query/print-query.ts'
import { MIN_DELAY_WEIGHT } from './route-cost.ts'
import type { Constraint, NodeSelector, Preference, RouteAst } from '../query/ast.ts'
import type { NodeFacts } from '../query/node-facts.ts'
import type { Prediction } from '../../protocols/route/path.ts'
import type { PeerId } from '@libp2p/interface'

export interface AskedClause {
  /** As verdicts call it. */
  name: string
  isMandatory: boolean
  /** What breaking it adds to the cost of a path, ms; undefined: it comes before the cost. */
  penaltyMs?: number
  /** What a path keeps by itself; undefined where it says something of the answer as a whole, or of the choice among equals. */
  constraint?: Constraint
  /** What is to be visited before, where it is a `via`. */
  before?: readonly NodeSelector[]
}

type OfferedPath = { forwarders: readonly PeerId[], prediction: Prediction }

/** Of what is not said, in units of its metric: absent is not known, and who leaves out what is asked for is not the best. Finite, for two such paths to be equal. */
const UNKNOWN = 1e9

type Promises = Readonly<Record<string, (path: OfferedPath) => number>>

/** What a path costs as long as it is one, in the objective's units. */
const LASTING: Promises = {
  hops: ({ forwarders }) => forwarders.length,
  price: (path) => path.prediction.price ?? unknownOf(path)
}
/** All that RSPs promise and the host does not measure. Near enough to tell promises apart: some are sums over the links. */
const PROMISED: Promises = {
  ...LASTING,
  jitter: (path) => path.prediction.jitterUs === undefined ? unknownOf(path) : path.prediction.jitterUs / 1_000,
  load: (path) => path.prediction.loadPpm === undefined ? unknownOf(path) : path.prediction.loadPpm / 10_000,
  transfer: transferMs
}

export class AskedText {
  /** As it is sent. */
  readonly text: string
  readonly ast: RouteAst
  /** Of delay per ms and loss per percent; undefined where it weighs neither. */
  readonly weights: { delay: number, loss: number } | undefined
  /** The best path and the alternatives that are wanted. */
  readonly leastPaths: number
  /** In the order of a verdict. */
  readonly clauses: readonly AskedClause[]
  readonly #factsOf: (forwarder: PeerId) => NodeFacts | undefined
  readonly #msPerUnit: number

  /**
   * @param factsOf - what a forwarder says of itself, signed; undefined where that is not known
   * @throws QuerySyntaxError, QueryMeaningError
   */
  constructor (text: string, factsOf: (forwarder: PeerId) => NodeFacts | undefined) {
    const ast = parseQuery(text)
    // on the wire, no text is no query in the language
    this.text = text === '' ? printQuery(ast) : text
    this.ast = ast
    const { delay, loss } = delayAndLossOf(ast.objective)
    this.weights = delay === 0 && loss === 0 ? undefined : { delay, loss }
    this.leastPaths = (ast.alternatives?.count ?? 0) + 1
    this.#factsOf = factsOf
    this.#msPerUnit = 1 / Math.max(this.weights?.delay ?? 0, MIN_DELAY_WEIGHT)
    this.clauses = clausesOf(ast, this.#msPerUnit)
  }

  /** Whether a path breaks a clause for sure, whatever its RSP says. */
  isBroken ({ constraint, before }: AskedClause, forwarders: readonly PeerId[]): boolean {
    return constraint !== undefined && isBrokenBy(forwarders.map((peer) => ({ id: peer.toString(), facts: this.#factsOf(peer) })), constraint, before)
  }

  /** The mandatory clause that a path breaks for sure, whatever its RSP says. */
  brokenBy (forwarders: readonly PeerId[]): AskedClause | undefined {
    return this.clauses.find((clause) => clause.isMandatory && this.isBroken(clause, forwarders))
  }

  /** What the objective weighs besides delay and loss, in ms of delay, as it is promised. */
  otherCostMs (path: OfferedPath): number {
    return this.#costMs(path, PROMISED)
  }

  /** Of that what stays the same: a flow does not move because a promise does. */
  lastingCostMs (path: OfferedPath): number {
    return this.#costMs(path, LASTING)
  }

  #costMs (path: OfferedPath, promised: Promises): number {
    const { objective } = this.ast
    const terms = objective.kind === 'minimize' ? objective.terms : [{ weight: 1, metric: 'transfer' }]
    return this.#msPerUnit * terms.reduce((sum, { weight, metric }) => sum + weight * (promised[metric]?.(path) ?? 0), 0)
  }
}

function clausesOf ({ objective, constraints, preferences, alternatives, confidencePpm }: RouteAst, msPerUnit: number): AskedClause[] {
  const vias: NodeSelector[] = []
  const demanded = constraints.map((constraint): AskedClause => {
    const before = constraint.kind === 'via' ? [...vias] : []
    if (constraint.kind === 'via') {
      vias.push(constraint.nodes)
    }
    return { name: clauseName(printConstraint(constraint)), isMandatory: true, constraint, before }
  })
  return [
    { name: clauseName(printObjective(objective)), isMandatory: true },
    ...demanded,
    ...preferences.map((preference): AskedClause => ({ name: clauseName(printPreference(preference)), isMandatory: false, ...softOf(preference, vias, msPerUnit) })),
    ...(alternatives === undefined ? [] : [{ name: clauseName(printAlternatives(alternatives)), isMandatory: false }]),
    ...(confidencePpm === undefined ? [] : [{ name: clauseName(printConfidence(confidencePpm)), isMandatory: true }])
  ]
}

function softOf (preference: Preference, before: readonly NodeSelector[], msPerUnit: number): Pick<AskedClause, 'constraint' | 'before' | 'penaltyMs'> {
  if (preference.kind === 'metric') {
    return {}
  }
  const { constraint, penalty } = preference
  return { constraint, before, ...(penalty === undefined ? {} : { penaltyMs: penalty * msPerUnit }) }
}

/** Of 1,000 bytes. */
function transferMs (path: OfferedPath): number {
  const { bytesPerSecond } = path.prediction
  return bytesPerSecond === undefined || bytesPerSecond === 0 ? unknownOf(path) : 1e6 / bytesPerSecond
}

/** A path of one forwarder has no link, of which there would be something to say. */
function unknownOf ({ forwarders }: OfferedPath): number {
  return forwarders.length === 1 ? 0 : UNKNOWN
}
