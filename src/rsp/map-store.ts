// Keeps the map of an RSP in a file (SQLite): for a warm start after a crash, and for its history. One process at a time has it.
//
// A batch is a transaction in the write-ahead log. What was committed survives the death of the process at any moment; after a
// loss of power the last seconds may be missing, but the file is whole, for the log is synced before it is copied into the file.
import { MapNames } from './map-names.ts'
import { openMapDatabase, toStoreError } from './map-store-file.ts'
import { fromSample, numberOf, prepareStatements, toNode, toSample, toSummary, toViews } from './map-store-rows.ts'
import { packViews } from './packed-views.ts'
import type { ArchivedMap, ArchivedView, ArchiveStatus, LinkSample, LinkSummary, MapArchive, MapBatch } from './map-archive.ts'
import type { LinkName } from './map-names.ts'
import type { Row, Statements } from './map-store-rows.ts'
import type { DatabaseSync } from 'node:sqlite'

export interface MapStoreInit {
  /** Made, with its folder, if it is missing. */
  file: string
  /** Name of the overlay: maps of two do not mix. */
  network: string
  /** How long history is kept; default 7 days. */
  retentionMs?: number
  /** Of the file; default 256 MB. History makes room, the map itself needs 2 MB for 10,000 links. */
  maxBytes?: number
  /** Gets a line for the operator. */
  warn?: (text: string) => void
}

const DEFAULT_RETENTION_MS = 7 * 86_400_000
const DEFAULT_MAX_BYTES = 256_000_000
/** History stops below the limit, so that the map of now always finds room. */
const HISTORY_SHARE = 0.9
/** However full the file is: from nothing at all the history would not come back for days. */
const MIN_HORIZON_MS = 60_000
/** Of links that are heard of there are lines more often. Where there is none the clock may be ahead: then everything looks old, and reports are refused. */
const MAX_SILENCE_MS = 3_600_000
/** Links whose history is cleared out in one go, and with it those of which none is left. */
const PRUNED_LINKS = 64
/** Pages of the log that are copied into the file at once: small, since the disk is waited for. */
const CHECKPOINT_PAGES = 250

export class MapStore implements MapArchive {
  readonly file: string
  readonly #retentionMs: number
  readonly #maxBytes: number
  readonly #warn: MapStoreInit['warn']
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #names: MapNames
  /** Shrinks while the file is full. */
  #horizonMs: number
  #prunedTo = 0
  /** Of the latest line about a link that was there; this process's. */
  #heardMs = Number.NEGATIVE_INFINITY
  #pages = 0
  readonly #pageBytes: number

  private constructor (init: MapStoreInit, database: DatabaseSync) {
    this.file = init.file
    this.#retentionMs = this.#horizonMs = init.retentionMs ?? DEFAULT_RETENTION_MS
    this.#maxBytes = init.maxBytes ?? DEFAULT_MAX_BYTES
    this.#warn = init.warn
    this.#database = database
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    this.#statements = prepareStatements(database)
    this.#pageBytes = numberOf(database, 'page_size')
    this.#countPages()
    this.#names = new MapNames(this.#statements)
  }

  /**
   * @throws MapStoreLockedError, MapStoreForeignError, MapStoreCorruptError, MapStoreVersionError, MapStoreUnavailableError
   */
  static open (init: MapStoreInit): MapStore {
    const database = openMapDatabase(init.file, init.network)
    try {
      return new MapStore(init, database)
    } catch (error) {
      database.close()
      throw toStoreError(init.file, error)
    }
  }

  load (nowMs: number, measuredSinceMs: number): ArchivedMap {
    return this.#try(() => {
      const nodes = this.#statements.nodes.all(nowMs).map(toNode)
      const alive = new Map(nodes.map(({ key }) => [this.#names.peerOf(key), key]))
      const views: ArchivedView[] = []
      for (const row of this.#statements.views.iterate(Math.floor(measuredSinceMs)) as Iterable<Row>) {
        const from = alive.get(row.peer as number)
        for (const { target, ...view } of from === undefined ? [] : toViews(row)) {
          const to = alive.get(target)
          if (to !== undefined && view.measuredAtMs >= measuredSinceMs) {
            views.push({ from: from as string, to, ...view })
          }
        }
      }
      return { nodes, views }
    })
  }

  /** All of it or, if it throws, nothing. */
  write ({ nodes, goneNodes, views, samples }: MapBatch): void {
    if (nodes.length + goneNodes.length + views.length + samples.length === 0) {
      return
    }
    this.#heardMs = samples.findLast(({ rttUs }) => rttUs !== null)?.atMs ?? this.#heardMs
    this.#transaction(() => {
      const { putNode, putViews, putSample } = this.#statements
      for (const { key, expiresAtMs, descriptor, attributes, closed, policy, priceMicroPerGb = null } of nodes) {
        const policyText = policy === undefined ? null : JSON.stringify(policy)
        putNode.run(this.#names.addPeer(key), expiresAtMs, descriptor, JSON.stringify(attributes), JSON.stringify(closed), policyText, priceMicroPerGb)
      }
      for (const peer of goneNodes.map((key) => this.#names.peerOf(key)).filter((id) => id !== undefined)) {
        this.#removeNode(peer)
      }
      for (const { from, views: said } of views) {
        const latestMs = said.reduce((latest, { measuredAtMs }) => Math.max(latest, measuredAtMs), 0)
        putViews.run(this.#names.addPeer(from), Math.floor(latestMs), packViews(said, (key) => this.#names.addPeer(key)))
      }
      for (const sample of this.#isFull ? [] : samples) {
        putSample.run(this.#names.addLink(sample.a, sample.b), ...fromSample(sample))
      }
    })
    this.#countPages()
  }

  prune (nowMs: number): void {
    if (nowMs - this.#heardMs > MAX_SILENCE_MS) {
      return
    }
    this.#transaction(() => {
      const links = this.#statements.someLinks.all(this.#prunedTo, PRUNED_LINKS) as unknown as LinkName[]
      for (const link of links) {
        this.#statements.prune.run(link.id, nowMs - this.#horizonMs)
        this.#names.tidyLink(link)
      }
      this.#prunedTo = links.length === PRUNED_LINKS ? links[links.length - 1].id : 0
      if (this.#prunedTo === 0) {
        for (const { peer } of this.#statements.ended.all(nowMs)) {
          this.#removeNode(peer as number)
        }
      }
    })
    this.#countPages()
    if (this.#prunedTo === 0) {
      this.#adjustHorizon()
    }
  }

  links (): Array<[string, string]> {
    return this.#names.links()
  }

  samples (ends: readonly [string, string], sinceMs: number, limit: number): LinkSample[] {
    const [a, b] = [...ends].sort()
    const link = this.#names.linkOf(a, b)
    return link === undefined
      ? []
      : this.#try(() => this.#statements.samples.all(link, sinceMs, limit).map((row) => toSample(a, b, row)))
  }

  summary (ends: readonly [string, string], sinceMs: number): LinkSummary | undefined {
    const [a, b] = [...ends].sort()
    const link = this.#names.linkOf(a, b)
    return link === undefined ? undefined : this.#try(() => toSummary(a, b, this.#statements.summary.get(link, sinceMs) as Row))
  }

  get status (): ArchiveStatus {
    return { bytes: this.#pages * this.#pageBytes, maxBytes: this.#maxBytes, retentionMs: this.#horizonMs }
  }

  complain (reason: string): void {
    this.#warn?.(`the map is not kept, and the next start knows nothing newer if that stays so: ${reason}`)
  }

  close (): void {
    this.#try(() => { this.#database.close() })
  }

  get #isFull (): boolean {
    return this.#pages * this.#pageBytes > HISTORY_SHARE * this.#maxBytes
  }

  /** After each round over all links: less and less is kept until it fits, and more again when there is room. */
  #adjustHorizon (): void {
    const share = this.#pages * this.#pageBytes / this.#maxBytes
    this.#horizonMs = share > 0.95 * HISTORY_SHARE
      ? Math.max(Math.min(MIN_HORIZON_MS, this.#retentionMs), 0.8 * this.#horizonMs)
      : share < 0.7 * HISTORY_SHARE ? Math.min(this.#retentionMs, 1.1 * this.#horizonMs) : this.#horizonMs
  }

  #removeNode (peer: number): void {
    this.#statements.removeNode.run(peer)
    this.#statements.removeViews.run(peer)
    this.#names.tidyPeer(peer)
  }

  #countPages (): void {
    this.#pages = numberOf(this.#database, 'page_count') - numberOf(this.#database, 'freelist_count')
  }

  #transaction (run: () => void): void {
    this.#try(() => {
      this.#database.exec('BEGIN')
      this.#names.begin()
      try {
        run()
        this.#database.exec('COMMIT')
      } catch (error) {
        this.#undo()
        throw error
      }
    })
  }

  /** Numbers that were given to names in it are void too. SQLite has undone it already after some errors, a full disk among them. */
  #undo (): void {
    if (this.#database.isTransaction) {
      this.#database.exec('ROLLBACK')
    }
    this.#names.undo()
  }

  #try<T> (run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw toStoreError(this.file, error)
    }
  }
}
