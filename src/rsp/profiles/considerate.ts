// Cheap, green, and aware of whose ground a path is on: it knows every tag and every price, and goes a little slower for them.
import { ALL_ABILITIES } from '../../query/abilities.ts'
import type { RspProfile } from './rsp-profile.ts'

export const CONSIDERATE: RspProfile = {
  name: 'considerate',
  about: 'cheap and green paths, with an eye on jurisdictions: all tags and prices',
  query: 'minimize delay + 20 * loss prefer only tag energy=green penalty 15, price within 15%',
  abilities: ALL_ABILITIES,
  measures: { mapKind: 'reports', linksPerForwarder: 8 }
}
