// Between the map in memory and where it is kept: what is written of it, what comes back after a restart, and what an operator
// can ask of the past. No I/O here; map-store.ts has it.
import type { LinkView } from './link-view.ts'
import type { NodeAttributes } from '../discovery/node-attributes.ts'

/** A forwarder as it is kept. */
export interface ArchivedNode {
  /** Peer id as text. */
  key: string
  attributes: NodeAttributes
  /** The signed descriptor that said so. */
  descriptor: Uint8Array
  /** What it asks per GB that it sends on, in millionths of its operator's unit; undefined: not said. */
  priceMicroPerGb?: number
  /** End of the descriptor's life, Unix time in ms. */
  expiresAtMs: number
  /** Other ends of the links that it has closed. */
  closed: string[]
  policy?: ArchivedPolicy
}

/** A forwarder's policy with its RSPs as text. */
export interface ArchivedPolicy {
  listedOnly: boolean
  rsps: string[]
  revoked: string[]
  authorizedOnly: boolean
}

/** What one end has said of a link. */
export interface ArchivedView extends LinkView {
  from: string
  to: string
  /** See KeptView.movementUs2. */
  movementUs2: number
  reports: number
}

/** What was believed of a link at a time; of its two ends the one that comes first in the alphabet is `a`. */
export interface LinkSample {
  a: string
  b: string
  /** Unix time, ms. */
  atMs: number
  /** Null from when nobody spoke of the link any more, or it was closed or down. */
  rttUs: number | null
  jitterUs: number
  lossPpm: number
  /** Traffic from `a` to `b`. */
  forth: DirectionSample
  /** And from `b` to `a`. */
  back: DirectionSample
}

/** The history of a link in short. Round trips are null where the link was gone all the time. */
export interface LinkSummary {
  a: string
  b: string
  /** Samples. */
  lines: number
  /** Of the newest sample: its time, and its round trip; null: the link is gone. */
  atMs: number
  rttUs: number | null
  leastRttUs: number | null
  mostRttUs: number | null
}

/** Null where it was not known. */
export interface DirectionSample {
  bytesPerSecond: number | null
  /** The link was never full: it may have delivered more. */
  rateIsFloor: boolean
  loadBytesPerSecond: number | null
  /** What the sending end asked per GB, in millionths of its operator's unit. */
  priceMicroPerGb: number | null
}

/** One transaction. */
export interface MapBatch {
  nodes: ArchivedNode[]
  goneNodes: string[]
  /** All that a node says of its links to other nodes, in place of what it said before. */
  views: Array<{ from: string, views: ArchivedView[] }>
  samples: LinkSample[]
}

export interface ArchivedMap {
  nodes: ArchivedNode[]
  views: ArchivedView[]
}

export interface ArchiveStatus {
  /** Of the file, what is free in it for reuse not counted. */
  bytes: number
  maxBytes: number
  /** How far back the history goes at the most; less than what was asked for while the file is full. */
  retentionMs: number
}

export interface MapArchive {
  /** Nodes whose descriptors are alive, and what they said of links to each other since the given time. Nothing is deleted: the clock may be wrong. */
  load: (nowMs: number, measuredSinceMs: number) => ArchivedMap
  write: (batch: MapBatch) => void
  /** Does a small piece of the clearing out of what is too old or too much; waits while no links are heard of, as where the clock is wrong. */
  prune: (nowMs: number) => void
  /** The ends of all links of which there is a history. */
  links: () => Array<[string, string]>
  /** Oldest first, the first `limit` at or after `sinceMs`. The order of the ends does not matter. */
  samples: (link: readonly [string, string], sinceMs: number, limit: number) => LinkSample[]
  /** Of the samples at or after `sinceMs`; undefined where there is none. */
  summary: (link: readonly [string, string], sinceMs: number) => LinkSummary | undefined
  readonly status: ArchiveStatus
  /** The operator should know that nothing can be written, and why. */
  complain?: (reason: string) => void
  close: () => void
}
