// Opens the file of a map store and makes sure that it is what it should be, and ours alone. SQLite is loaded here and only when a
// store is wanted: commands that need none run on every Node that byway runs on.
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { APPLICATION_ID, migrate, SCHEMA_VERSION } from './map-store-schema.ts'
import {
  MapStoreCorruptError, MapStoreError, MapStoreForeignError, MapStoreLockedError, MapStoreUnavailableError, MapStoreVersionError
} from './map-store-errors.ts'
import type { DatabaseSync } from 'node:sqlite'

const OWNER_ONLY_FOLDER = 0o700
const OWNER_ONLY_FILE = 0o600

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html. */
const BUSY = 5
const LOCKED = 6
const CORRUPT = 11
const NOT_A_DATABASE = 26

/**
 * @param network - of the map that is, or will be, in the file
 * @throws MapStoreError
 */
export function openMapDatabase (file: string, network: string): DatabaseSync {
  const database = openFile(file)
  try {
    const version = checkOwner(file, database)
    // before anything is read that may change: what another process holds is not ours to look at
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    if (version > 0) {
      checkNetwork(file, database, network)
    }
    migrate(database, version)
    checkNetwork(file, database, network)
    checkMap(file, database)
    tidy(database)
    return database
  } catch (error) {
    database.close()
    throw toStoreError(file, error)
  }
}

/** What SQLite throws, in terms of what the operator can do. */
export function toStoreError (file: string, error: unknown): Error {
  if (error instanceof MapStoreError) {
    return error
  }
  if (error instanceof SyntaxError) {
    return new MapStoreCorruptError(file, { cause: error })
  }
  const { errcode, message } = error as { errcode?: number, message: string }
  switch (errcode === undefined ? undefined : errcode & 0xff) {
    case BUSY:
    case LOCKED: return new MapStoreLockedError(file, { cause: error })
    case CORRUPT: return new MapStoreCorruptError(file, { cause: error })
    case NOT_A_DATABASE: return foreign(file, error)
    default: return new MapStoreUnavailableError(file, `${message}: see that the disk has room and that this user may write there, or name another folder (--data FOLDER)`, { cause: error })
  }
}

function openFile (file: string): DatabaseSync {
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof import('node:sqlite') | undefined
  if (sqlite === undefined) {
    throw new MapStoreUnavailableError(file, `this Node.js (${process.version}) has no SQLite: install 22.13 or later, or keep nothing (--no-data)`)
  }
  try {
    mkdirSync(dirname(file), { recursive: true, mode: OWNER_ONLY_FOLDER })
    closeSync(openSync(file, 'a', OWNER_ONLY_FILE))
    return new sqlite.DatabaseSync(file)
  } catch (error) {
    throw toStoreError(file, error)
  }
}

/** @returns the version of its format; 0 for an empty file */
function checkOwner (file: string, database: DatabaseSync): number {
  const owner = database.prepare('PRAGMA application_id').get()?.application_id
  const version = database.prepare('PRAGMA user_version').get()?.user_version as number
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count
  if (owner !== APPLICATION_ID && (tables !== 0 || owner !== 0)) {
    throw foreign(file)
  }
  if (version > SCHEMA_VERSION) {
    throw new MapStoreVersionError(file, version, SCHEMA_VERSION)
  }
  return owner === APPLICATION_ID ? version : 0
}

function checkNetwork (file: string, database: DatabaseSync, network: string): void {
  database.prepare('INSERT OR IGNORE INTO facts (name, value) VALUES (?, ?)').run('network', network)
  const known = database.prepare('SELECT value FROM facts WHERE name = ?').get('network')?.value
  if (known !== network) {
    throw new MapStoreForeignError(file, `it holds the map of the overlay "${String(known)}", and this one is "${network}": name another folder (--data FOLDER)`)
  }
}

/** Only what a start needs: the history may be large, and is checked as it is read. */
function checkMap (file: string, database: DatabaseSync): void {
  for (const table of ['peers', 'nodes', 'views', 'links']) {
    const found = database.prepare(`PRAGMA quick_check('${table}')`).get()
    if (found?.quick_check !== 'ok') {
      throw new MapStoreCorruptError(file, { cause: found })
    }
  }
}

/** Names that nothing refers to any more. */
function tidy (database: DatabaseSync): void {
  database.exec(`
    BEGIN;
    DELETE FROM links WHERE NOT EXISTS (SELECT 1 FROM samples WHERE samples.link = links.id);
    DELETE FROM peers WHERE id NOT IN (SELECT peer FROM nodes UNION SELECT peer FROM views UNION SELECT a FROM links UNION SELECT b FROM links);
    COMMIT`)
}

function foreign (file: string, cause?: unknown): MapStoreForeignError {
  return new MapStoreForeignError(file, 'this is no map of byway, and it was left as it is: move it away, or name another folder (--data FOLDER)', { cause })
}
