// The tables of the map store, and how a file of an earlier version becomes one of this.
import { widenViews } from './packed-views.ts'
import type { DatabaseSync } from 'node:sqlite'

/** "bywm" in ASCII: tells our files from other SQLite databases. */
export const APPLICATION_ID = 0x6279776d
/** Of the newest format. */
export const SCHEMA_VERSION = 2

/**
 * Names are written once (`peers`, `links`), and a number is never given again. `views` is the map of now, a row for each node that
 * reports (packed-views.ts), replaced as a whole; `samples` lie together by link, so that a history is one stretch of the file.
 */
const FIRST_VERSION = `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE peers (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE);
  CREATE TABLE nodes (
    peer INTEGER PRIMARY KEY, expires_at_ms INTEGER NOT NULL, descriptor BLOB NOT NULL,
    attributes TEXT NOT NULL, closed TEXT NOT NULL, policy TEXT
  );
  CREATE TABLE views (peer INTEGER PRIMARY KEY, latest_ms INTEGER NOT NULL, packed BLOB NOT NULL);
  CREATE TABLE links (id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL, UNIQUE (a, b));
  CREATE TABLE samples (
    link INTEGER NOT NULL, at_ms INTEGER NOT NULL, rtt_us INTEGER, jitter_us INTEGER NOT NULL, loss_ppm INTEGER NOT NULL, PRIMARY KEY (link, at_ms)
  ) WITHOUT ROWID;
`

/**
 * Prices of nodes, and traffic of links: from the end that comes first to the other (`forth`), and `back`. Of `floors` the first bit
 * is that of `forth`, the second that of `back`.
 */
const TRAFFIC = `
  ALTER TABLE nodes ADD COLUMN price_micro INTEGER;
  ALTER TABLE samples ADD COLUMN floors INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE samples ADD COLUMN forth_rate INTEGER;
  ALTER TABLE samples ADD COLUMN forth_load INTEGER;
  ALTER TABLE samples ADD COLUMN forth_price INTEGER;
  ALTER TABLE samples ADD COLUMN back_rate INTEGER;
  ALTER TABLE samples ADD COLUMN back_load INTEGER;
  ALTER TABLE samples ADD COLUMN back_price INTEGER;
`

/** @throws SyntaxError for views that nothing of ours has written */
function addTraffic (database: DatabaseSync): void {
  database.exec(TRAFFIC)
  const put = database.prepare('UPDATE views SET packed = ? WHERE peer = ?')
  for (const { peer, packed } of database.prepare('SELECT peer, packed FROM views').all()) {
    const wide = widenViews(packed as Uint8Array)
    if (wide === undefined) {
      throw new SyntaxError('the views of a node are cut off')
    }
    put.run(wide, peer as number)
  }
}

/** The step that makes version n + 1 of version n stands at place n; they are only ever added to. */
export const MIGRATIONS: ReadonlyArray<(database: DatabaseSync) => void> = [
  (database) => { database.exec(FIRST_VERSION) },
  addTraffic
]

/** Brings a file of ours, or an empty one, to the newest format: as a whole or, if a step throws, not at all. */
export function migrate (database: DatabaseSync, version: number, migrations: typeof MIGRATIONS = MIGRATIONS): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const step of migrations.slice(version)) {
      step(database)
    }
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`)
    database.exec('COMMIT')
  } catch (error) {
    // SQLite has undone it already after some errors, a full disk among them
    if (database.isTransaction) {
      database.exec('ROLLBACK')
    }
    throw error
  }
}
