// What an RSP can do of the query language depends on its map: what nobody reports cannot be weighed.
import { ALL_ABILITIES } from '../../query/abilities.ts'
import type { Abilities } from '../../query/abilities.ts'

/** Forwarders tell of these themselves; probes from outside do not show them. */
const REPORTED = ['load', 'price']

export function abilitiesOn (mapKind: 'reports' | 'surveys', { metrics, clauses }: Abilities = ALL_ABILITIES): Abilities {
  return { clauses, metrics: mapKind === 'reports' ? metrics : metrics.filter((metric) => !REPORTED.includes(metric)) }
}
