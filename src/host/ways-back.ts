// Links back to the neighbours through which something came: without one nothing can be answered on that route. One attempt at a time for each link, and
// after it none for a while, so that it costs the same however many packets come meanwhile.
import type { Link } from '../link/link.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { Logger } from '@libp2p/interface'

const DEADLINE_MS = 5_000
/** After an attempt that succeeded, too: the neighbour may close what was opened at once. */
const FIRST_BACKOFF_MS = 500
/** A neighbour that has come back over a new connection has a new link, which waits for nothing. */
const MAX_BACKOFF_MS = 8_000

export interface WaysBackInit {
  links: Pick<LinkSet, 'open'>
  /** Monotonic, ms. */
  now: () => number
  log: Logger
}

interface Attempts {
  running?: Promise<boolean>
  notBeforeMs: number
  backoffMs: number
}

export class WaysBack {
  readonly #init: WaysBackInit
  readonly #attempts = new WeakMap<Link, Attempts>()

  constructor (init: WaysBackInit) {
    this.#init = init
  }

  /** @returns whether packets can be sent to who is at the other end of this link; false also while none is tried */
  async open (from: Link): Promise<boolean> {
    if (from.isUp) {
      return true
    }
    const attempts: Attempts = this.#attempts.get(from) ?? { notBeforeMs: -Infinity, backoffMs: FIRST_BACKOFF_MS }
    this.#attempts.set(from, attempts)
    if (attempts.running === undefined && this.#init.now() >= attempts.notBeforeMs) {
      attempts.running = this.#try(from, attempts).finally(() => { attempts.running = undefined })
    }
    return attempts.running ?? false
  }

  async #try (from: Link, attempts: Attempts): Promise<boolean> {
    const isOpen = await this.#init.links.open(from.peer, { signal: AbortSignal.timeout(DEADLINE_MS) }).then(() => true, (error: unknown) => {
      this.#init.log('there is no link back to %p - %e', from.peer, error)
      return false
    })
    const waitMs = isOpen ? FIRST_BACKOFF_MS : attempts.backoffMs
    attempts.notBeforeMs = this.#init.now() + waitMs
    attempts.backoffMs = isOpen ? FIRST_BACKOFF_MS : Math.min(MAX_BACKOFF_MS, 2 * waitMs)
    return isOpen
  }
}
