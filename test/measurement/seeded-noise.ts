// Repeatable noise for the estimators' tests.

export { flowDraws as seededRandom } from '../../src/host/flow-draws.ts'

/** One-sided, as queues make it. */
export function exponentialUs (random: () => number, meanUs: number): number {
  return -meanUs * Math.log(1 - random())
}
