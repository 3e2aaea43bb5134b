// The statements of the map store, and what a row means.
import { MAX_COUNT } from '../topology/limits.ts'
import { unpackViews } from './packed-views.ts'
import type { ArchivedNode, ArchivedPolicy, DirectionSample, LinkSample, LinkSummary } from './map-archive.ts'
import type { NodeAttributes } from '../discovery/node-attributes.ts'
import type { PackedView } from './packed-views.ts'
import type { DatabaseSync, StatementSync } from 'node:sqlite'

export type Row = Record<string, unknown>

/** Bits of `floors`. */
const FORTH = 1
const BACK = 2

const SQL = {
  peers: 'SELECT id, key FROM peers',
  links: 'SELECT id, a, b FROM links',
  nodes: 'SELECT key, expires_at_ms, descriptor, attributes, closed, policy, price_micro FROM nodes JOIN peers ON peers.id = nodes.peer WHERE expires_at_ms > ?',
  views: 'SELECT peer, packed FROM views WHERE latest_ms >= ?',
  putNode: 'INSERT OR REPLACE INTO nodes (peer, expires_at_ms, descriptor, attributes, closed, policy, price_micro) VALUES (?, ?, ?, ?, ?, ?, ?)',
  removeNode: 'DELETE FROM nodes WHERE peer = ?',
  putViews: 'INSERT OR REPLACE INTO views (peer, latest_ms, packed) VALUES (?, ?, ?)',
  removeViews: 'DELETE FROM views WHERE peer = ?',
  putSample: 'INSERT OR REPLACE INTO samples (link, at_ms, rtt_us, jitter_us, loss_ppm, floors, forth_rate, forth_load, forth_price, back_rate, back_load, back_price) ' +
    'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  addPeer: 'INSERT INTO peers (key) VALUES (?)',
  addLink: 'INSERT INTO links (a, b) VALUES (?, ?)',
  samples: 'SELECT * FROM samples WHERE link = ? AND at_ms >= ? ORDER BY at_ms LIMIT ?',
  summary: 'SELECT count(*) AS lines, max(at_ms) AS at_ms, min(rtt_us) AS least, max(rtt_us) AS most, ' +
    '(SELECT rtt_us FROM samples WHERE link = ?1 ORDER BY at_ms DESC LIMIT 1) AS rtt_us FROM samples WHERE link = ?1 AND at_ms >= ?2',
  removePeer: 'DELETE FROM peers WHERE id = ? AND NOT EXISTS (SELECT 1 FROM nodes WHERE peer = peers.id) AND NOT EXISTS (SELECT 1 FROM views WHERE peer = peers.id)',
  removeLink: 'DELETE FROM links WHERE id = ? AND NOT EXISTS (SELECT 1 FROM samples WHERE link = links.id)',
  someLinks: 'SELECT id, a, b FROM links WHERE id > ? ORDER BY id LIMIT ?',
  prune: 'DELETE FROM samples WHERE link = ? AND at_ms < ?',
  ended: 'SELECT peer FROM nodes WHERE expires_at_ms <= ? UNION SELECT peer FROM views WHERE NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.peer = views.peer)'
}

export type Statements = Record<keyof typeof SQL, StatementSync>

export function prepareStatements (database: DatabaseSync): Statements {
  return Object.fromEntries(Object.entries(SQL).map(([name, text]) => [name, database.prepare(text)])) as Statements
}

/** @throws SyntaxError for a row that nothing of ours has written */
export function toNode (row: Row): ArchivedNode {
  const price = row.price_micro as number | null
  if (price !== null && !(price >= 0 && price <= MAX_COUNT)) {
    throw new SyntaxError(`the price of a node is ${price}`)
  }
  return {
    key: row.key as string,
    expiresAtMs: row.expires_at_ms as number,
    descriptor: new Uint8Array(row.descriptor as Uint8Array),
    attributes: JSON.parse(row.attributes as string) as NodeAttributes,
    closed: JSON.parse(row.closed as string) as string[],
    ...(row.policy === null ? {} : { policy: JSON.parse(row.policy as string) as ArchivedPolicy }),
    ...(price === null ? {} : { priceMicroPerGb: price })
  }
}

/** @throws SyntaxError for a row that nothing of ours has written */
export function toViews (row: Row): PackedView[] {
  const views = unpackViews(row.packed as Uint8Array)
  if (views === undefined) {
    throw new SyntaxError('the views of a node are cut off, or say what no link can be')
  }
  return views
}

export function toSample (a: string, b: string, row: Row): LinkSample {
  const direction = (name: 'forth' | 'back', floorBit: number): DirectionSample => ({
    bytesPerSecond: row[`${name}_rate`] as number | null,
    rateIsFloor: ((row.floors as number) & floorBit) !== 0,
    loadBytesPerSecond: row[`${name}_load`] as number | null,
    priceMicroPerGb: row[`${name}_price`] as number | null
  })
  return {
    a,
    b,
    atMs: row.at_ms as number,
    rttUs: row.rtt_us as number | null,
    jitterUs: row.jitter_us as number,
    lossPpm: row.loss_ppm as number,
    forth: direction('forth', FORTH),
    back: direction('back', BACK)
  }
}

/** Undefined where there are no lines. */
export function toSummary (a: string, b: string, row: Row): LinkSummary | undefined {
  const { lines, at_ms: atMs, rtt_us: rttUs, least: leastRttUs, most: mostRttUs } = row as Record<string, number>
  return lines === 0 ? undefined : { a, b, lines, atMs, rttUs, leastRttUs, mostRttUs }
}

/** The values of a sample in the order of the statement. */
export function fromSample ({ atMs, rttUs, jitterUs, lossPpm, forth, back }: LinkSample): Array<number | null> {
  const floors = (forth.rateIsFloor ? FORTH : 0) | (back.rateIsFloor ? BACK : 0)
  const traffic = [forth, back].flatMap(({ bytesPerSecond, loadBytesPerSecond, priceMicroPerGb }) => [bytesPerSecond, loadBytesPerSecond, priceMicroPerGb])
  return [Math.floor(atMs), ...[rttUs, jitterUs, lossPpm, floors, ...traffic].map((value) => value === null ? null : Math.round(value))]
}

export function numberOf (database: DatabaseSync, pragma: 'page_size' | 'page_count' | 'freelist_count'): number {
  return database.prepare(`PRAGMA ${pragma}`).get()?.[pragma] as number
}
