// What an RSP can do of the query language depends on its map: what nobody reports cannot be weighed.
import { ALL_ABILITIES } from '../../query/abilities.ts'
import type { Abilities } from '../../query/abilities.ts'

/** Forwarders tell of these themselves; probes from outside do not show them. */
const REPORTED = ['load', 'price']
/** Probes show these by bursts only. */
const BY_BURSTS = ['rate', 'transfer']

/** `sendsBursts`: of surveys, whether they measure what links can carry. */
export function abilitiesOn (mapKind: 'reports' | 'surveys', { sendsBursts }: { sendsBursts: boolean }, { metrics, clauses }: Abilities = ALL_ABILITIES): Abilities {
  const unknown = mapKind === 'reports' ? [] : [...REPORTED, ...sendsBursts ? [] : BY_BURSTS]
  return { clauses, metrics: metrics.filter((metric) => !unknown.includes(metric)) }
}
