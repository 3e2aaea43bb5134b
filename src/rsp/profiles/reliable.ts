// As RON chose its paths (Andersen et al., SOSP 2001): loss and outages first, delay last, and always a way out.
import type { RspProfile } from './rsp-profile.ts'

export const RELIABLE: RspProfile = {
  name: 'reliable',
  about: 'the fewest losses and outages, with a disjoint backup (as RON did)',
  query: 'minimize 100 * loss + jitter + 0.2 * delay prefer loss <= 1%, age <= 2 min disjoint alternatives',
  abilities: {
    metrics: ['delay', 'loss', 'jitter', 'hops', 'age'],
    clauses: ['limit', 'avoid', 'via', 'prefer', 'alternatives', 'disjoint', 'confidence']
  },
  measures: { linksPerForwarder: 12 }
}
