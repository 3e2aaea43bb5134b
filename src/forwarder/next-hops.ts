// Links to forwarders that installs ask for and nobody watches: dialled at the addresses of their verified descriptors, so many per
// second, and kept for as long as a path over them can live.
import { attach } from '../../protocols/attach/client.ts'
import { connectTo } from '../discovery/connect.ts'
import { NotFoundError, OverQuotaError, UnavailableError } from '../../protocols/errors.ts'
import { TokenBucket } from '../defence/token-bucket.ts'
import { MAX_OFFER_LIFE_MS } from '../../protocols/route/constants.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { KeptLinks } from '../link/kept-links.ts'
import type { Link } from '../link/link.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** Handshakes are dear, and an install must not make a node scan others. */
const DIALS_PER_SECOND = 2
const DIAL_BURST = 16
const MAX_KEPT = 256
/** Those in front wait for as long. */
const DEADLINE_MS = 4_000

export interface NextHopsInit {
  links: LinkSet
  neighbours: KeptLinks
  discovery: Discovery
  connectionManager: ConnectionManager
  /** Monotonic, ms. */
  now: () => number
}

export class NextHops {
  readonly #init: NextHopsInit
  readonly #dials: TokenBucket
  /** Peer ids, as text → until when their links are kept. */
  readonly #kept = new Map<string, number>()
  readonly #reaching = new Map<string, Promise<Link>>()

  constructor (init: NextHopsInit) {
    this.#init = init
    this.#dials = new TokenBucket({ ratePerSecond: DIALS_PER_SECOND, burst: DIAL_BURST, nowMs: init.now() })
  }

  /** Must the link to this peer (its id as text) stay? */
  has (key: string): boolean {
    return (this.#kept.get(key) ?? 0) > this.#init.now()
  }

  /**
   * The link to a forwarder, both ways.
   *
   * @throws NotFoundError for who is no forwarder, OverQuotaError, UnavailableError
   */
  async reach (forwarder: PeerId): Promise<Link> {
    const key = forwarder.toString()
    const reaching = this.#reaching.get(key) ?? this.#reach(forwarder, key).finally(() => this.#reaching.delete(key))
    this.#reaching.set(key, reaching)
    return reaching
  }

  async #reach (forwarder: PeerId, key: string): Promise<Link> {
    const { discovery, links, neighbours, connectionManager, now } = this.#init
    this.#forget()
    if (!this.#dials.take(1, now()) || (this.#kept.size >= MAX_KEPT && !this.#kept.has(key))) {
      throw new OverQuotaError('too many new links are asked for here: try again in some seconds, or another path')
    }
    const signal = AbortSignal.timeout(DEADLINE_MS)
    let opened: Link | undefined
    try {
      const descriptor = await discovery.describe(forwarder, { signal })
      if (!descriptor.roles.has('forwarder')) {
        throw new NotFoundError(`${key} is no forwarder`)
      }
      const connection = await connectTo(connectionManager, descriptor, signal)
      const link = opened = await links.open(forwarder, { connection, signal })
      await attach(connection, { descriptor: await discovery.self.get() }, { signal })
      this.#kept.set(key, now() + MAX_OFFER_LIFE_MS)
      neighbours.keep(descriptor)
      return link
    } catch (cause) {
      if (opened !== undefined) {
        links.close(forwarder)
      }
      throw cause instanceof NotFoundError ? cause : new UnavailableError(`there is no link to ${key}`, { cause })
    }
  }

  #forget (): void {
    const nowMs = this.#init.now()
    for (const [key, untilMs] of this.#kept) {
      if (untilMs <= nowMs) {
        this.#kept.delete(key)
      }
    }
  }
}
