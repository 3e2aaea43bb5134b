// The JSON form: the tree as it is, with some of it left to defaults. Nothing in it is passed over: a key that is not known is an error.
import { z } from 'zod'
import type { NodeSelector, RouteAst } from './ast.ts'
import { quantityIn } from './build-ast.ts'
import { checkQuery } from './check-query.ts'
import { QueryMeaningError } from './errors.ts'
import { metricNamed } from './metrics.ts'
import { printQuery } from './print-query.ts'
import { DEFAULT_WITHIN_PPM, MAX_QUERY_BYTES } from './query-limits.ts'
import { unitNamed } from './units.ts'

/** Of UTF-8: the JSON form of a long query takes some times its text. */
export const MAX_JSON_BYTES = 16_384

/** Levels of objects and arrays: what is nested deeper is not looked at. */
const MAX_LEVELS = 64

const metric = z.string().transform((name) => metricNamed(name.toLowerCase())?.name ?? name.toLowerCase())
// -0 is 0
const number = z.number().transform((value) => value + 0)
const count = z.int()
const lowerCase = z.string().toLowerCase()

const selector: z.ZodType<NodeSelector> = z.lazy(() => z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['country', 'region']), value: lowerCase }),
  z.strictObject({ kind: z.enum(['operator', 'forwarder']), value: z.string() }),
  z.strictObject({ kind: z.literal('asn'), value: number }),
  z.strictObject({ kind: z.literal('tag'), name: lowerCase, value: lowerCase.optional() }),
  z.strictObject({ kind: z.literal('not'), of: selector }),
  z.strictObject({ kind: z.enum(['and', 'or']), of: z.array(selector) })
]).transform(flattened))

const limit = z.strictObject({ kind: z.literal('limit'), metric, op: z.enum(['<=', '>=']), value: number, unit: z.string().optional() })
  .transform(({ value, unit: given, ...rest }, context) => {
    const unit = given ?? metricNamed(rest.metric)?.defaultUnit ?? ''
    const known = unitNamed(unit)
    if (known === undefined && unit !== '') {
      context.issues.push({ code: 'custom', path: ['unit'], input: unit, message: `${JSON.stringify(unit)} is no unit` })
    }
    return { ...rest, ...(known === undefined ? { value, unit: '' as const } : quantityIn(value, known)) }
  })

const constraint = z.union([
  limit,
  z.strictObject({ kind: z.enum(['avoid', 'only', 'via']), nodes: selector }),
  z.strictObject({ kind: z.literal('with'), name: lowerCase, argument: z.string().optional() })
])

const preference = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constraint'), constraint, penalty: number.optional() }),
  z.strictObject({ kind: z.literal('metric'), metric, withinPpm: number.default(DEFAULT_WITHIN_PPM) })
])

const objective = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('minimize'), terms: z.array(z.strictObject({ weight: number.default(1), metric })) }),
  z.strictObject({ kind: z.literal('maximize'), metric })
])

const query = z.strictObject({
  objective: objective.default({ kind: 'minimize', terms: [{ weight: 1, metric: 'delay' }] }),
  constraints: z.array(constraint).default([]),
  preferences: z.array(preference).default([]),
  alternatives: z.strictObject({ count: count.default(1), isDisjoint: z.boolean().default(false) }).optional(),
  confidencePpm: count.optional()
})

/** @throws QueryMeaningError */
export function queryFromJson (value: unknown): RouteAst {
  if (isDeeper(value, MAX_LEVELS)) {
    throw new QueryMeaningError('The JSON form is nested too deep', { path: '' })
  }
  const result = query.safeParse(value)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new QueryMeaningError(`The JSON form is not one of a query: ${issue.message}`, { path: issue.path.join('.') })
  }
  const ast = withoutUndefined(result.data) as RouteAst
  checkQuery(ast, (part, problem) => {
    throw new QueryMeaningError(problem, { path: pathTo(ast, part) ?? '' })
  })
  // it is sent as its text, and whoever reads that takes no longer one
  const textBytes = new TextEncoder().encode(printQuery(ast)).length
  if (textBytes > MAX_QUERY_BYTES) {
    throw new QueryMeaningError(`As a text the query has ${textBytes} bytes; it may have ${MAX_QUERY_BYTES} at most`, { path: '' })
  }
  return ast
}

/** @throws QueryMeaningError */
export function parseQueryJson (text: string): RouteAst {
  if (text.length > MAX_JSON_BYTES || new TextEncoder().encode(text).length > MAX_JSON_BYTES) {
    throw new QueryMeaningError(`The JSON form of a query has at most ${MAX_JSON_BYTES} bytes`, { path: '' })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new QueryMeaningError('The text is no JSON', { path: '' })
  }
  return queryFromJson(value)
}

/** The canonical JSON form; `queryFromJson` gives the same tree, or refuses it where its canonical text is longer than texts may be. */
export function queryToJson (ast: RouteAst): string {
  return JSON.stringify(ast)
}

/** `or` in `or` is one `or`, and what joins a single selector is that selector: the text form knows no difference. */
function flattened (selector: NodeSelector): NodeSelector {
  if (selector.kind !== 'and' && selector.kind !== 'or') {
    return selector
  }
  const of = selector.of.flatMap((each) => each.kind === selector.kind ? each.of : [each])
  return of.length === 1 ? of[0] : { ...selector, of }
}

/** Keys in the order of the text form's trees, and none that says nothing. */
function withoutUndefined (value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function isDeeper (value: unknown, levels: number): boolean {
  return typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1)))
}

/** Where in the tree the part is: `constraints.0`. */
function pathTo (tree: unknown, part: object): string | undefined {
  if (tree === part) {
    return ''
  }
  if (typeof tree !== 'object' || tree === null) {
    return undefined
  }
  for (const [key, value] of Object.entries(tree)) {
    const rest = pathTo(value, part)
    if (rest !== undefined) {
      return rest === '' ? key : `${key}.${rest}`
    }
  }
  return undefined
}
