// Whether a tree means something, wherever it comes from: within bounds, and nothing asked of a metric that it cannot give.
// Metrics that nobody here knows pass: whether an RSP does is a matter between it and who asks.
import type { Constraint, LimitConstraint, NodeSelector, Objective, Preference, RouteAst } from './ast.ts'
import { BARE_WORD, METRIC_NAME, isReserved } from './keywords.ts'
import { metricNamed } from './metrics.ts'
import {
  MAX_ALTERNATIVES, MAX_CONSTRAINTS, MAX_DEPTH, MAX_NUMBER, MAX_SELECTORS, MAX_SOFT_CONSTRAINTS, MAX_TERMS, MAX_VIA, MAX_WORD, MIN_WEIGHT
} from './query-limits.ts'

/** Throws: what is wrong with the part of the tree. */
export type Refuse = (part: object, problem: string) => never

const MAX_ASN = 2 ** 32 - 1

/** Throws what refuse throws, or nothing. */
export function checkQuery (ast: RouteAst, refuse: Refuse): void {
  checkObjective(ast.objective, refuse)
  if (ast.constraints.length > MAX_CONSTRAINTS) {
    refuse(ast.constraints[MAX_CONSTRAINTS], `A query has at most ${MAX_CONSTRAINTS} constraints`)
  }
  ast.constraints.forEach((constraint) => { checkConstraint(constraint, refuse) })
  checkPreferences(ast, refuse)
  const vias = ast.constraints.filter(({ kind }) => kind === 'via')
  if (vias.length > MAX_VIA) {
    refuse(vias[MAX_VIA], `A query has at most ${MAX_VIA} \`via\``)
  }
  if (ast.alternatives !== undefined && !isCount(ast.alternatives.count, MAX_ALTERNATIVES)) {
    refuse(ast.alternatives, `A query asks for 1 to ${MAX_ALTERNATIVES} alternatives`)
  }
  if (ast.confidencePpm !== undefined && !isCount(ast.confidencePpm, 1e6)) {
    refuse(ast, 'Confidence is more than 0, and at most 1 or 100 %')
  }
}

function checkObjective (objective: Objective, refuse: Refuse): void {
  if (objective.kind === 'maximize') {
    checkMetricName(objective, objective.metric, refuse)
    if (metricNamed(objective.metric)?.isWeighable === true || objective.metric === 'age') {
      refuse(objective, `Of \`${objective.metric}\` less is better: minimize it`)
    }
    return
  }
  if (objective.terms.length > MAX_TERMS || objective.terms.length === 0) {
    refuse(objective.terms[MAX_TERMS] ?? objective, `A query minimizes 1 to ${MAX_TERMS} metrics`)
  }
  objective.terms.forEach((term, rank) => {
    checkMetricName(term, term.metric, refuse)
    if (!isQuantity(term.weight)) {
      refuse(term, 'A weight is at most 10^15')
    }
    if (term.weight > 0 && term.weight < MIN_WEIGHT) {
      refuse(term, 'A weight is 0, or at least 10^-9')
    }
    checkWeighable(term, term.metric, refuse)
    if (objective.terms.findIndex(({ metric }) => metric === term.metric) < rank) {
      refuse(term, `\`${term.metric}\` is weighed already`)
    }
  })
}

function checkWeighable (part: object, metric: string, refuse: Refuse): void {
  if (metricNamed(metric)?.isWeighable === false) {
    const instead = metric === 'rate' ? 'maximize it, or minimize `transfer`, the time that 1,000 bytes take' : `limit it: \`where ${metric} <= …\``
    refuse(part, `\`${metric}\` does not add up along a path: ${instead}`)
  }
}

function checkConstraint (constraint: Constraint, refuse: Refuse): void {
  if (constraint.kind === 'limit') {
    checkLimit(constraint, refuse)
  } else if (constraint.kind === 'with') {
    checkWord(constraint, constraint.name, refuse)
    checkWord(constraint, constraint.argument ?? ' ', refuse)
    if (!BARE_WORD.test(constraint.name)) {
      refuse(constraint, 'What follows `with` is a name of letters, digits and any of _.:-')
    }
  } else if (checkSelector(constraint.nodes, 'or', 0, refuse) > MAX_SELECTORS) {
    refuse(constraint.nodes, `A selector names at most ${MAX_SELECTORS} things`)
  }
}

function checkLimit (limit: LimitConstraint, refuse: Refuse): void {
  const { metric: name, value, unit, op } = limit
  const metric = metricNamed(name)
  checkMetricName(limit, name, refuse)
  if (!isQuantity(value)) {
    refuse(limit, 'A limit is at most 10^15')
  }
  if (metric === undefined) {
    return
  }
  if (metric.limit === undefined) {
    refuse(limit, `\`${name}\` cannot be limited: limit \`rate\` instead`)
  }
  if (metric.limit !== op) {
    refuse(limit, `Of \`${name}\` ${op === '<=' ? 'more' : 'less'} is better: limit it with \`${metric.limit}\``)
  }
  if (metric.unit !== unit) {
    refuse(limit, `\`${name}\` is measured in ${metric.defaultUnit === '' ? 'plain numbers' : metric.defaultUnit}`)
  }
  if (name === 'loss' && value >= 1e6) {
    refuse(limit, 'A limit of loss is less than 100 %')
  }
  if (name === 'hops' && !(Number.isInteger(value) && value >= 1)) {
    refuse(limit, 'A path has a whole number of forwarders, at least 1')
  }
}

/**
 * Gives how many things are named.
 *
 * @param depth - of parentheses and `not` around it, where it is printed
 */
function checkSelector (selector: NodeSelector, around: 'or' | 'and' | 'not', depth: number, refuse: Refuse): number {
  if (depth > MAX_DEPTH) {
    refuse(selector, `Parentheses and \`not\` are nested at most ${MAX_DEPTH} deep`)
  }
  switch (selector.kind) {
    case 'not':
      return checkSelector(selector.of, 'not', depth + 1, refuse)
    case 'and':
    case 'or': {
      const { kind, of } = selector
      const isBare = kind === 'or' ? around === 'or' : around !== 'not'
      if (of.length === 0) {
        refuse(selector, `\`${kind}\` joins at least one selector`)
      }
      return of.reduce((sum, each) => sum + checkSelector(each, kind, depth + (isBare ? 0 : 1), refuse), 0)
    }
    case 'asn':
      if (!(Number.isInteger(selector.value) && selector.value >= 0 && selector.value <= MAX_ASN)) {
        refuse(selector, 'Numbers of autonomous systems have 32 bits')
      }
      return 1
    case 'tag':
      checkWord(selector, selector.name, refuse)
      checkWord(selector, selector.value ?? ' ', refuse)
      return 1
    default:
      checkWord(selector, selector.value, refuse)
      return 1
  }
}

function checkPreferences ({ preferences, objective }: RouteAst, refuse: Refuse): void {
  const soft = preferences.filter((preference) => preference.kind === 'constraint')
  const metrics = preferences.filter((preference) => preference.kind === 'metric')
  const vias = soft.filter(({ constraint }) => constraint.kind === 'via')
  if (soft.length > MAX_SOFT_CONSTRAINTS) {
    refuse(soft[MAX_SOFT_CONSTRAINTS], `A query prefers at most ${MAX_SOFT_CONSTRAINTS} constraints`)
  }
  if (metrics.length > 1) {
    refuse(metrics[1], 'A query prefers one metric')
  }
  if (vias.length > 1) {
    refuse(vias[1], 'A query prefers one `via`')
  }
  preferences.forEach((preference) => { checkPreference(preference, objective, refuse) })
}

function checkPreference (preference: Preference, objective: Objective, refuse: Refuse): void {
  if (preference.kind === 'metric') {
    checkMetricName(preference, preference.metric, refuse)
    if (preference.metric !== 'rate') {
      checkWeighable(preference, preference.metric, refuse)
    }
    if (!(Number.isInteger(preference.withinPpm) && preference.withinPpm >= 0 && preference.withinPpm <= 1e6)) {
      refuse(preference, 'Nearly equal is within 0 to 100 %')
    }
    return
  }
  checkConstraint(preference.constraint, refuse)
  if (preference.penalty !== undefined && objective.kind === 'maximize') {
    refuse(preference, 'A penalty adds to what is minimized, and this query maximizes')
  }
  if (preference.penalty !== undefined && !isQuantity(preference.penalty)) {
    refuse(preference, 'A penalty is at most 10^15')
  }
}

/** Printable and not endless, so that it can stand in errors and answers. */
function checkWord (part: object, word: string, refuse: Refuse): void {
  if (word === '' || word.length > MAX_WORD || /\p{C}/u.test(word)) {
    refuse(part, `Names and values have 1 to ${MAX_WORD} printable characters`)
  }
}

/** One that the text form can write. */
function checkMetricName (part: object, name: string, refuse: Refuse): void {
  checkWord(part, name, refuse)
  if (!METRIC_NAME.test(name) || isReserved(name)) {
    refuse(part, 'A metric is a name of letters, digits and _, and no keyword')
  }
}

function isCount (value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max
}

function isQuantity (value: number): boolean {
  return value >= 0 && value <= MAX_NUMBER
}
