// Reads the past of the map for an operator, some lines at a time, so that answering goes on meanwhile.
import { BywayError } from '../../protocols/errors.ts'
import type { LinkSample, LinkSummary, MapArchive } from './map-archive.ts'

/** Read before others have their turn: some milliseconds. */
const LINES_AT_ONCE = 1_000
/** To look for the lines of a link takes as long as to read so many. */
const LOOK_LINES = 10

export interface HistoryQuery {
  /** Both ends, each a peer id or the end of one. */
  link: readonly [string, string]
  /** Unix time, ms. */
  sinceMs: number
  /** Lines in the answer at the most. */
  limit: number
}

export interface History {
  /** Oldest first. */
  samples: LinkSample[]
  /** There are more than `limit`. */
  isCut: boolean
}

/** Of all links; `limit` is of links. */
export type HistorySummaryQuery = Pick<HistoryQuery, 'sinceMs' | 'limit'>

export interface HistorySummary {
  /** Those of which there is a line since then. */
  links: LinkSummary[]
  /** There are more than `limit`. */
  isCut: boolean
}

/** This RSP keeps nothing. */
export class NoHistoryError extends BywayError {
  override readonly name = 'NoHistoryError'
  readonly code = 'NO_HISTORY'
}

/** An end of the link is unknown, or stands for several. */
export class UnknownLinkError extends BywayError {
  override readonly name = 'UnknownLinkError'
  readonly code = 'UNKNOWN_LINK'
}

export class MapHistory {
  readonly #archive: MapArchive | undefined

  constructor (archive: MapArchive | undefined) {
    this.#archive = archive
  }

  /**
   * What was believed of a link, line by line.
   *
   * @throws NoHistoryError, UnknownLinkError, and what the archive throws
   */
  async read ({ link, sinceMs, limit }: HistoryQuery, signal?: AbortSignal): Promise<History> {
    const archive = this.#known()
    const ends = linkBetween(archive.links(), link)
    const samples: LinkSample[] = []
    for (let nextMs = sinceMs; samples.length <= limit; nextMs = samples[samples.length - 1].atMs + 1) {
      const count = Math.min(LINES_AT_ONCE, limit + 1 - samples.length)
      const page = archive.samples(ends, nextMs, count)
      samples.push(...page)
      if (page.length < count) {
        return { samples, isCut: false }
      }
      await giveTurn(signal)
    }
    return { samples: samples.slice(0, limit), isCut: true }
  }

  /**
   * A row for each link.
   *
   * @throws NoHistoryError, and what the archive throws
   */
  async summary ({ sinceMs, limit }: HistorySummaryQuery, signal?: AbortSignal): Promise<HistorySummary> {
    const archive = this.#known()
    const links: LinkSummary[] = []
    let read = 0
    for (const ends of archive.links()) {
      const row = archive.summary(ends, sinceMs)
      if (row !== undefined && links.length === limit) {
        return { links, isCut: true }
      }
      links.push(...row === undefined ? [] : [row])
      read += LOOK_LINES + (row?.lines ?? 0)
      if (read >= LINES_AT_ONCE) {
        read = 0
        await giveTurn(signal)
      }
    }
    return { links, isCut: false }
  }

  #known (): MapArchive {
    if (this.#archive === undefined) {
      throw new NoHistoryError('this RSP keeps no history: start it with --data FOLDER')
    }
    return this.#archive
  }
}

async function giveTurn (signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0))
  signal?.throwIfAborted()
}

function linkBetween (links: Array<[string, string]>, [one, other]: readonly [string, string]): [string, string] {
  const ids = new Set(links.flat())
  const [a, b] = [endOf(ids, one), endOf(ids, other)]
  const found = links.find((ends) => ends.includes(a) && ends.includes(b) && a !== b)
  if (found === undefined) {
    throw new UnknownLinkError(`there is no history of a link between ${one} and ${other}`)
  }
  return found
}

function endOf (ids: ReadonlySet<string>, text: string): string {
  if (ids.has(text)) {
    return text
  }
  const [found, another] = [...ids].filter((id) => id.endsWith(text))
  if (found === undefined) {
    throw new UnknownLinkError(`there is no history of a forwarder ${text}: byway history without --link names those of which there is`)
  }
  if (another !== undefined) {
    throw new UnknownLinkError(`${text} may be ${found} or ${another}: give more of the id`)
  }
  return found
}
