// What a query's objective comes to for a host, which measures delay and loss.
import type { RouteAst } from '../query/ast.ts'

/** Undefined where it weighs neither. */
export function weightsOf ({ objective }: RouteAst): { delay: number, loss: number } | undefined {
  const terms = objective.kind === 'minimize' ? objective.terms : []
  const of = (name: string): number => terms.reduce((sum, { metric, weight }) => metric === name ? sum + weight : sum, 0)
  const weights = { delay: of('delay'), loss: of('loss') }
  return weights.delay === 0 && weights.loss === 0 ? undefined : weights
}
