// Reads the past of the map for an operator, a few links at a time, so that answering goes on meanwhile.
import { BywayError } from '../../protocols/errors.ts'
import type { LinkSample, MapArchive } from './map-archive.ts'

/** Links read before others have their turn: a millisecond or two. */
const LINKS_AT_ONCE = 100

export interface HistoryQuery {
  /** Both ends, each a peer id or the end of one; default: all links. */
  link?: readonly [string, string]
  /** Unix time, ms. */
  sinceMs: number
  /** Lines in the answer at the most. */
  limit: number
}

export interface History {
  /** Link by link, each oldest first. */
  samples: LinkSample[]
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

/**
 * @throws NoHistoryError, UnknownLinkError, and what the archive throws
 */
export async function readHistory (archive: MapArchive | undefined, { link, sinceMs, limit }: HistoryQuery, signal?: AbortSignal): Promise<History> {
  if (archive === undefined) {
    throw new NoHistoryError('this RSP keeps no history: start it with --data FOLDER')
  }
  const links = link === undefined ? archive.links() : linksBetween(archive.links(), link)
  const samples: LinkSample[] = []
  for (let i = 0; i < links.length; i++) {
    if (i > 0 && i % LINKS_AT_ONCE === 0) {
      await new Promise((resolve) => setTimeout(resolve, 0))
      signal?.throwIfAborted()
    }
    samples.push(...archive.samples(links[i], sinceMs, limit + 1 - samples.length))
    if (samples.length > limit) {
      return { samples: samples.slice(0, limit), isCut: true }
    }
  }
  return { samples, isCut: false }
}

function linksBetween (links: Array<[string, string]>, [one, other]: readonly [string, string]): Array<[string, string]> {
  const ids = new Set(links.flat())
  const [a, b] = [endOf(ids, one), endOf(ids, other)]
  const found = links.filter((ends) => ends.includes(a) && ends.includes(b) && a !== b)
  if (found.length === 0) {
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
