// Keeps the map for the next start, and its past for the operator: takes what has changed in small batches, so that answering
// waits for milliseconds at the most, and decides which values are worth a line of history.
import { LinkHistory } from './link-history.ts'
import { MapChanges } from './map-changes.ts'
import { MAX_REMEMBERED_AGE_MS } from './link-age.ts'
import { fromArchive, toArchive } from './archived-policy.ts'
import type { ArchivedNode, ArchiveStatus, LinkSample, MapArchive, MapBatch } from './map-archive.ts'
import type { PerformanceMap } from './performance-map.ts'
import type { Logger } from '@libp2p/interface'

/** What a killed process may have lost. */
const ROUND_MS = 1_000
/** A full disk stays full for a while. */
const RETRY_MS = 30_000
/** Between the batches of a round others have their turn: a batch of 3 ms every 19 ms is at most a sixth of a core. */
const PAUSE_MS = 16
const AIMED_MS = 3
const FIRST_BATCH = 128
const MIN_BATCH = 16
const MAX_BATCH = 2_048
/** At some 15 µs each; most views are looked at and leave no line. */
const SAMPLES_PER_BATCH = 128
/** A node has a descriptor and a policy of some KB. */
const NODES_PER_BATCH = 16

export interface MapRecorderInit {
  map: PerformanceMap
  /** How the map is filled. Default: reports. */
  mapKind?: 'reports' | 'surveys'
  archive: MapArchive
  /** Unix time, ms. */
  now: () => number
  /** For durations, ms. */
  clock: () => number
  log: Logger
}

export interface RecorderStatus extends ArchiveStatus {
  rememberedNodes: number
  rememberedLinks: number
  /** What reading them took. */
  loadMs: number
  /** As many would come back if the process ended now: what one end says of a link counts as one. */
  keptLinks: number
  samples: number
  /** Changes that wait. */
  waiting: number
  dropped: number
  /** The longest time that a batch kept everything else waiting. */
  longestBatchMs: number
  /** Why not all could be written, until all is again; the map goes on without. */
  failure?: string
}

export class MapRecorder {
  readonly #init: MapRecorderInit
  readonly #changes = new MapChanges()
  readonly #history = new LinkHistory()
  /** In views. */
  #batchSize = FIRST_BATCH
  /** Of the changes that were there when the round began. */
  #unread = 0
  /** Nodes whose views are to be written. */
  readonly #speakers = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #failure: string | undefined
  #isClosed = false
  #remembered = { rememberedNodes: 0, rememberedLinks: 0, loadMs: 0 }
  /** How many links each node speaks of in the archive. */
  readonly #kept = new Map<string, number>()
  #longestBatchMs = 0

  constructor (init: MapRecorderInit) {
    this.#init = init
  }

  /**
   * Fills the map with what was known when the last process ended, and lists its changes from now on.
   *
   * @returns the signed descriptors of its nodes
   * @throws what the archive throws, which is closed then
   */
  restore (): Array<{ key: string, bytes: Uint8Array }> {
    try {
      return this.#restore()
    } catch (error) {
      this.#close()
      throw error
    }
  }

  start (): void {
    if (!this.#isClosed) {
      this.#schedule(ROUND_MS)
    }
  }

  /** Writes what is left, and closes the archive. */
  stop (): void {
    clearTimeout(this.#timer)
    if (this.#isClosed) {
      return
    }
    this.#isClosed = true
    let isWritten: boolean
    do {
      this.#unread = this.#changes.views
      isWritten = this.#writeBatch()
    } while (this.#changes.views + this.#changes.nodes + this.#speakers.size > 0 && isWritten)
    if (this.#close() && isWritten) {
      this.#failure = undefined
    }
  }

  get status (): RecorderStatus {
    return {
      ...this.#init.archive.status,
      ...this.#remembered,
      keptLinks: [...this.#kept.values()].reduce((sum, links) => sum + links, 0),
      samples: this.#history.samples,
      waiting: this.#changes.views + this.#changes.nodes,
      dropped: this.#changes.dropped,
      longestBatchMs: Math.round(10 * this.#longestBatchMs) / 10,
      ...(this.#failure === undefined ? {} : { failure: this.#failure })
    }
  }

  #restore (): Array<{ key: string, bytes: Uint8Array }> {
    const { map, mapKind = 'reports', archive, now, clock } = this.#init
    const startedMs = clock()
    const nowMs = now()
    const { nodes, views } = archive.load(nowMs, nowMs - MAX_REMEMBERED_AGE_MS)
    for (const { key, attributes, descriptor, expiresAtMs, closed, policy, priceMicroPerGb } of nodes) {
      map.rememberNode(key, attributes, { bytes: descriptor, expiresAtMs })
      // what only a report says only a report takes back: where none are read it would hold for ever
      if (mapKind === 'reports') {
        map.setPolicy(key, fromArchive(policy))
        if (priceMicroPerGb !== undefined) {
          map.setPrice(key, priceMicroPerGb)
        }
        for (const to of closed) {
          map.setClosed(key, to, true)
        }
      }
    }
    map.remember(views, nowMs)
    for (const { from } of views) {
      this.#kept.set(from, (this.#kept.get(from) ?? 0) + 1)
    }
    map.listChanges(this.#changes)
    this.#remembered = { rememberedNodes: nodes.length, rememberedLinks: views.length, loadMs: Math.round(clock() - startedMs) }
    return nodes.map(({ key, descriptor }) => ({ key, bytes: descriptor }))
  }

  #close (): boolean {
    this.#isClosed = true
    return this.#try(() => { this.#init.archive.close() })
  }

  #schedule (waitMs: number): void {
    this.#timer = setTimeout(() => { this.#run() }, waitMs)
  }

  /** A batch, and the next one soon or with the next round. */
  #run (): void {
    if (this.#unread === 0 && this.#speakers.size === 0) {
      this.#unread = this.#changes.views
    }
    const isWritten = this.#writeBatch()
    if (isWritten && (this.#unread > 0 || this.#speakers.size > 0 || this.#changes.nodes > 0)) {
      this.#schedule(PAUSE_MS)
      return
    }
    // where the disk is full this may make room
    if (this.#try(() => { this.#init.archive.prune(this.#init.now()) }) && isWritten) {
      this.#failure = undefined
    }
    this.#schedule(this.#failure === undefined ? ROUND_MS : RETRY_MS)
  }

  #writeBatch (): boolean {
    const startedMs = this.#init.clock()
    const batch: MapBatch = { nodes: [], goneNodes: [], views: [], samples: this.#readViews() }
    this.#addNodes(batch)
    if (this.#unread === 0) {
      this.#addViews(batch)
    }
    if (!this.#try(() => { this.#init.archive.write(batch) })) {
      this.#takeBack(batch)
      return false
    }
    for (const key of batch.goneNodes) {
      this.#kept.delete(key)
    }
    for (const { from, views } of batch.views) {
      this.#kept.set(from, views.length)
    }
    this.#longestBatchMs = Math.max(this.#longestBatchMs, this.#adjust(this.#init.clock() - startedMs))
    return true
  }

  /** For the next try; lines of the history are not worth it. */
  #takeBack ({ nodes, goneNodes, views }: MapBatch): void {
    for (const key of [...nodes.map((node) => node.key), ...goneNodes]) {
      this.#changes.addNode(key)
    }
    for (const { from } of views) {
      this.#speakers.add(from)
    }
  }

  /** Every view is looked at for the history; what its speaker says is written once in a round. */
  #readViews (): LinkSample[] {
    const nowMs = this.#init.now()
    const samples: LinkSample[] = []
    for (let read = 0; this.#unread > 0 && read < this.#batchSize && samples.length < SAMPLES_PER_BATCH; read++) {
      const view = this.#changes.takeView()
      if (view === undefined) {
        this.#unread = 0
        break
      }
      this.#unread--
      this.#speakers.add(view.from)
      const sample = this.#history.take(view.from, view.to, this.#init.map.estimate(view.from, view.to), nowMs)
      if (sample !== undefined) {
        samples.push(sample)
      }
    }
    return samples
  }

  #addNodes (batch: MapBatch): void {
    for (const key of this.#changes.takeNodes(NODES_PER_BATCH)) {
      const node = this.#nodeOf(key)
      if (node !== undefined) {
        batch.nodes.push(node)
      } else if (this.#init.map.indexOf(key) === undefined) {
        batch.goneNodes.push(key)
      }
    }
  }

  #addViews (batch: MapBatch): void {
    const { map } = this.#init
    let count = 0
    for (const from of this.#speakers) {
      if (count >= this.#batchSize) {
        return
      }
      this.#speakers.delete(from)
      if (map.indexOf(from) !== undefined) {
        const views = map.viewsOf(from).filter(({ to }) => map.indexOf(to) !== undefined)
        batch.views.push({ from, views })
        count += views.length + 1
      }
    }
  }

  /** Towards batches that take the time aimed at. */
  #adjust (tookMs: number): number {
    const factor = Math.max(0.5, Math.min(1.5, AIMED_MS / Math.max(tookMs, 0.1)))
    this.#batchSize = Math.round(Math.max(MIN_BATCH, Math.min(MAX_BATCH, this.#batchSize * factor)))
    return tookMs
  }

  /** Undefined for a node that is gone, or that nobody has described: without a descriptor it would be of no use. */
  #nodeOf (key: string): ArchivedNode | undefined {
    const { map } = this.#init
    const attributes = map.statements.attributesOf(key)
    const source = map.statements.sourceOf(key)
    if (attributes === undefined || source === undefined) {
      return undefined
    }
    return {
      key,
      attributes,
      descriptor: source.bytes,
      expiresAtMs: source.expiresAtMs,
      closed: [...map.statements.closedBy(key)],
      policy: toArchive(map.statements.policyOf(key)),
      priceMicroPerGb: map.statements.priceOf(key)
    }
  }

  /** Answering matters more than keeping, so that goes on; the operator is told once, until all is well again. */
  #try (run: () => void): boolean {
    try {
      run()
      return true
    } catch (error) {
      const isKnown = this.#failure !== undefined
      this.#failure = error instanceof Error ? error.message : String(error)
      this.#init.log.error('the map is not kept for now - %e', error)
      if (!isKnown) {
        this.#init.archive.complain?.(this.#failure)
      }
      return false
    }
  }
}
