// What can go wrong with the file in which an RSP keeps its map. Each message says what the operator can do about it.
import { BywayError } from '../../protocols/errors.ts'

/** What all failures of the store extend. */
export abstract class MapStoreError extends BywayError {
  readonly file: string

  constructor (file: string, problem: string, options?: ErrorOptions) {
    super(`map store ${file}: ${problem}`, options)
    this.file = file
  }
}

/** The file or its folder cannot be made, read or written: rights, a full disk, a folder in its place. */
export class MapStoreUnavailableError extends MapStoreError {
  override readonly name = 'MapStoreUnavailableError'
  readonly code = 'MAP_STORE_UNAVAILABLE'
}

/** A living process has it open. */
export class MapStoreLockedError extends MapStoreError {
  override readonly name = 'MapStoreLockedError'
  readonly code = 'MAP_STORE_LOCKED'

  constructor (file: string, options?: ErrorOptions) {
    super(file, 'another process has it open: stop that RSP first, or give this one a folder of its own (--data FOLDER)', options)
  }
}

/** The file is none of ours, or holds the map of another overlay. It was not touched. */
export class MapStoreForeignError extends MapStoreError {
  override readonly name = 'MapStoreForeignError'
  readonly code = 'MAP_STORE_FOREIGN'
}

/** It was ours once, and is damaged. */
export class MapStoreCorruptError extends MapStoreError {
  override readonly name = 'MapStoreCorruptError'
  readonly code = 'MAP_STORE_CORRUPT'

  constructor (file: string, options?: ErrorOptions) {
    super(file, 'it is damaged: move it away together with the files beside it whose names begin alike, and a new one is made; the map is measured anew, only the history is lost', options)
  }
}

/** A later version of byway has written it. It was not touched. */
export class MapStoreVersionError extends MapStoreError {
  override readonly name = 'MapStoreVersionError'
  readonly code = 'MAP_STORE_VERSION'
  readonly version: number

  constructor (file: string, version: number, known: number) {
    super(file, `it has the format ${version}, and this byway knows up to ${known}: install the byway that wrote it, or name another folder (--data FOLDER)`)
    this.version = version
  }
}
