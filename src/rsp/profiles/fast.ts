// The lowest delay, and nothing else: it looks at many links, knows few metrics, and keeps no tables of who stands where.
import type { RspProfile } from './rsp-profile.ts'

export const FAST: RspProfile = {
  name: 'fast',
  about: 'the lowest delay: many links measured, few kinds of wishes',
  query: 'minimize delay',
  abilities: { metrics: ['delay', 'jitter', 'hops', 'age'], clauses: ['limit', 'alternatives', 'disjoint'] },
  measures: { linksPerForwarder: 16 }
}
