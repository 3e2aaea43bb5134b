// What an objective comes to for who measures delay and loss alone.
import type { Objective } from './ast.ts'

/** Per ms of delay and per percent of loss; both 0 where it weighs neither. */
export function delayAndLossOf (objective: Objective): { delay: number, loss: number } {
  const of = (name: string): number => objective.kind === 'minimize' ? objective.terms.find(({ metric }) => metric === name)?.weight ?? 0 : 0
  return { delay: of('delay'), loss: of('loss') }
}
