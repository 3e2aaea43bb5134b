// Texts of queries: read once, laid over the forwarders that there are, evaluated on a snapshot, and judged clause by clause.
import { AlternativesFinder } from '../path-finding/alternatives.ts'
import { MalformedMessageError } from '../../protocols/errors.ts'
import { RecentlyUsed } from '../../protocols/recently-used.ts'
import { QueryEvaluator } from '../query/evaluate-query.ts'
import { TokenBucket } from '../defence/token-bucket.ts'
import { UnsupportedQueryError } from '../query/errors.ts'
import { compileQuery } from '../query/compile-query.ts'
import { parseQuery } from '../query/parse-query.ts'
import { explanationOf, lookAtClauses } from '../query/explain-query.ts'
import { MAX_EXPLANATION_BYTES } from '../../protocols/route/constants.ts'
import { clauseVerdicts, weightsOf } from './query-verdict.ts'
import { unsupportedIn } from '../query/abilities.ts'
import type { Abilities } from '../query/abilities.ts'
import type { Ask, RankedPath } from '../query/ask.ts'
import type { CompiledQuery } from '../query/compile-query.ts'
import type { ExplainNames } from '../query/explain-path.ts'
import type { Population } from '../query/node-facts.ts'
import type { RouteAst } from '../query/ast.ts'
import type { Asker } from './work-budget.ts'
import type { Verdict } from '../../protocols/route/verdict.ts'

/** Hosts ask the same again and again; a text of the longest takes some KB read. */
const MAX_READ = 1_024
const MAX_COMPILED = 256
/** To explain is to answer once more for each clause: so many are explained, and to one host, or to all of one address prefix, so often. */
const MAX_EXPLAINED_CLAUSES = 16
const EXPLANATIONS_PER_SECOND = 10
const EXPLANATIONS_PER_SECOND_OF_PREFIX = 40
const MAX_HOSTS = 1_024

export interface Reading {
  /** Best first; none where there is none, or where the RSP cannot do what the query demands. */
  ranked: RankedPath[]
  /** None where the RSP cannot do what the query demands. */
  compiled?: CompiledQuery
  /** There was no time to look at all: there may be better paths, or some where there are none. */
  isCutShort: boolean
  verdict: (offers: readonly RankedPath[]) => Verdict
}

interface Compiled {
  query: CompiledQuery
  attributes: Population['attributes']
  nodeCount: number
}

export class QueryReader {
  readonly #abilities: Abilities
  readonly #read = new RecentlyUsed<RouteAst>(MAX_READ)
  readonly #compiled = new RecentlyUsed<Compiled>(MAX_COMPILED)
  readonly #explainedToHosts = new RecentlyUsed<TokenBucket>(MAX_HOSTS)
  readonly #explainedToPrefixes = new RecentlyUsed<TokenBucket>(MAX_HOSTS)
  readonly #clock: () => number
  readonly evaluator = new QueryEvaluator(new AlternativesFinder())

  /** @param clock - ms of any monotonic origin */
  constructor (abilities: Abilities, clock: () => number = () => performance.now()) {
    this.#abilities = abilities
    this.#clock = clock
  }

  /** @throws MalformedMessageError - it says where the text is wrong */
  read (text: string): RouteAst {
    const known = this.#read.get(text)
    if (known !== undefined) {
      return known
    }
    try {
      const ast = parseQuery(text)
      this.#read.set(text, ast)
      return ast
    } catch (error) {
      throw new MalformedMessageError(`the query cannot be read: ${(error as Error).message}`, { cause: error })
    }
  }

  /**
   * Forwarders may have come, or say other things of themselves, since it was compiled last.
   *
   * @throws MalformedMessageError, UnsupportedQueryError
   */
  compile (text: string, population: Population): CompiledQuery {
    const known = this.#compiled.get(text)
    if (known !== undefined && known.attributes === population.attributes && known.nodeCount === population.nodeCount) {
      return known.query
    }
    const query = compileQuery(this.read(text), population, this.#abilities)
    this.#compiled.set(text, { query, attributes: population.attributes, nodeCount: population.nodeCount })
    return query
  }

  /**
   * The same text for as long as somebody waits: it is compiled anew only when the forwarders are others, or say other things.
   *
   * @throws what `compile` does
   */
  follow (text: string, populationNow: () => Population): () => CompiledQuery {
    let population = populationNow()
    let query = this.compile(text, population)
    return () => {
      const { attributes, nodeCount } = population
      population = populationNow()
      if (population.attributes !== attributes || population.nodeCount !== nodeCount) {
        query = this.compile(text, population)
      }
      return query
    }
  }

  /** @throws MalformedMessageError */
  answer (text: string, population: Population, ask: Ask): Reading {
    const ast = this.read(text)
    const verdict = (offers: readonly RankedPath[]): Verdict => ({
      clauses: clauseVerdicts(ast, unsupportedIn(ast, this.#abilities), offers, ask.patience?.isCutShort === true),
      weights: weightsOf(ast)
    })
    try {
      const compiled = this.compile(text, population)
      const ranked = this.evaluator.evaluate(compiled, ask)
      return { ranked, compiled, isCutShort: ask.patience?.isCutShort === true, verdict }
    } catch (error) {
      if (error instanceof UnsupportedQueryError) {
        return { ranked: [], isCutShort: false, verdict }
      }
      throw error
    }
  }

  /**
   * Why these paths, as JSON; undefined where that would take too much room, or who asks has asked too often. Clauses for which `ask.patience` does
   * not last are not looked at, and none where it did not last for the answer: half of an answer would be compared with a whole one.
   *
   * @param answer - of `answer`
   * @param names - of the second choice are short ones, for where there is no room for the first
   */
  explain (text: string, answer: Pick<Reading, 'ranked' | 'isCutShort'>, population: Population, ask: Ask, names: readonly ExplainNames[], asker: Asker): string | undefined {
    const ast = this.read(text)
    if (ast.constraints.length + ast.preferences.length > MAX_EXPLAINED_CLAUSES || !this.#mayExplain(asker)) {
      return undefined
    }
    const { ranked, isCutShort } = answer
    const findings = lookAtClauses(ast, ask, { evaluator: this.evaluator, population, abilities: this.#abilities, paths: ranked, isCutShort })
    for (const choice of names) {
      const { paths, ...rest } = explanationOf(findings, choice)
      // the query may want more than who asks has room for
      const explanation = JSON.stringify({ ...rest, paths: paths.slice(0, ask.paths) })
      if (new TextEncoder().encode(explanation).length <= MAX_EXPLANATION_BYTES) {
        return explanation
      }
    }
    return undefined
  }

  #mayExplain ({ host, prefix }: Asker): boolean {
    const nowMs = this.#clock()
    return takeOne(this.#explainedToHosts, host, EXPLANATIONS_PER_SECOND, nowMs) &&
      (prefix === undefined || takeOne(this.#explainedToPrefixes, prefix, EXPLANATIONS_PER_SECOND_OF_PREFIX, nowMs))
  }
}

function takeOne (buckets: RecentlyUsed<TokenBucket>, name: string, ratePerSecond: number, nowMs: number): boolean {
  const bucket = buckets.get(name) ?? new TokenBucket({ ratePerSecond, burst: ratePerSecond, nowMs })
  buckets.set(name, bucket)
  return bucket.take(1, nowMs)
}
