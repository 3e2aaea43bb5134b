// An RSP's explanation as it came: of the right form, or nothing. It is another's text, so nothing in it may steer a terminal, and ids are cut
// to what tells them apart, as everywhere.
import { z } from 'zod'
import { printable, short } from './output.ts'
import type { Explanation } from '../query/explain-query.ts'

const ID = /12D3KooW[1-9A-HJ-NP-Za-km-z]{44}/g
const optional = z.number().optional()
const names = z.array(z.string()).max(16)
const link = z.object({
  from: z.string(),
  to: z.string(),
  rttUs: z.number(),
  lossPpm: z.number(),
  jitterUs: z.number(),
  bytesPerSecond: optional,
  loadPpm: optional,
  price: optional,
  ageMs: z.number(),
  sources: z.array(z.object({ by: z.string(), how: z.string() })).max(16)
})
const path = z.object({
  forwarders: names,
  score: optional,
  parts: z.array(z.object({ what: z.string(), weight: z.number(), value: z.number(), score: z.number() })).max(64),
  rttUs: z.number(),
  accessRttUs: z.number(),
  lossPpm: z.number(),
  jitterUs: z.number(),
  bytesPerSecond: optional,
  loadPpm: optional,
  price: optional,
  ageMs: optional,
  links: z.array(link).max(16),
  broken: names
})
const explanation = z.object({
  query: z.string(),
  paths: z.array(path).max(8),
  clauses: z.array(z.object({
    clause: z.string(),
    isHard: z.boolean(),
    concerns: z.object({ what: z.enum(['forwarders kept out', 'forwarders to visit', 'links kept out']), count: z.number(), of: z.number() }).optional(),
    betterWithout: z.number(),
    isSkipped: z.boolean().optional(),
    noneWithout: z.boolean().optional(),
    without: path.optional(),
    gain: optional,
    relaxed: z.string().optional()
  })).max(48),
  unsupported: z.array(z.object({ clause: z.string(), isMandatory: z.boolean() })).max(48),
  isConnected: z.boolean(),
  isCutShort: z.boolean().optional()
})

/** What was asked, and what was offered for it: the forwarders of each path. */
export interface Explained {
  query: string
  paths: ReadonlyArray<readonly string[]>
}

/** Undefined for what is no explanation, or one of another query. Paths that were not offered are left out. */
export function readExplanation (json: string, { query, paths }: Explained): Explanation | undefined {
  try {
    const read: Explanation = explanation.parse(JSON.parse(json, (_, value: unknown) => typeof value === 'string' ? printable(value) : value))
    return read.query === printable(query) ? { ...read, paths: read.paths.filter(({ forwarders }) => paths.some((path) => isShortFor(forwarders, path))) } : undefined
  } catch {
    return undefined
  }
}

/** Where there is no room, an RSP names forwarders by the ends of their ids. */
function isShortFor (names: readonly string[], path: readonly string[]): boolean {
  return names.length === path.length && names.every((name, at) => name !== '' && path[at].endsWith(name))
}

/** For people. */
export function withShortIds (whole: Explanation): Explanation {
  return JSON.parse(JSON.stringify(whole).replace(ID, (id) => short(id))) as Explanation
}
