// Links to forwarders that installs ask for and nobody watches: dialled at the addresses of their verified descriptors, so many per
// second, and kept for as long as a path over them can live.
import { attach } from '../../protocols/attach/client.ts'
import { DialPutOffError, connectTo } from '../discovery/connect.ts'
import { NotFoundError, OverQuotaError, UnavailableError } from '../../protocols/errors.ts'
import { RecentlyUsed } from '../../protocols/recently-used.ts'
import { SharedBucket } from '../defence/shared-bucket.ts'
import { MAX_OFFER_LIFE_MS } from '../../protocols/route/constants.ts'
import type { Dial } from '../defence/dial-budget.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { KeptLinks } from '../link/kept-links.ts'
import type { Link } from '../link/link.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Handshakes are dear, and an install must not make a node scan others. */
const DIALS_PER_SECOND = 2
const DIAL_BURST = 16
/** Of one address prefix, its forwarders included: half, so that others reach theirs meanwhile. */
const DIALS_PER_SECOND_OF_ONE = 1
const DIAL_BURST_OF_ONE = 8
const MAX_NAMES = 1_024
export const MAX_KEPT = 256
const MAX_KEPT_OF_ONE = 64
/** To look for who does not exist takes a walk through the DHT: not again so soon. */
const NOT_FOUND_MS = 10_000
const MAX_NOT_FOUND = 1_024
/** Those in front wait for as long. */
const DEADLINE_MS = 4_000

export interface NextHopsInit {
  links: LinkSet
  neighbours: KeptLinks
  discovery: Discovery
  connectionManager: ConnectionManager
  /** Which addresses of a peer, of those that can be dialled from here, may be dialled for whom; default: all that it has. */
  chooseAddresses?: (asker: string, descriptor: VerifiedDescriptor, dialable: Multiaddr[]) => Dial
  /** Is the link wanted for another reason, though nothing keeps it from here? */
  isAttached?: (peer: PeerId) => boolean
  /** Does an installed path take it? */
  isOnPath?: (link: Link) => boolean
  /** Monotonic, ms. */
  now: () => number
}

export class NextHops {
  readonly #init: NextHopsInit
  readonly #dials: SharedBucket
  /** Peer ids, as text → until when their links are kept, and who asked first. */
  readonly #kept = new Map<string, { untilMs: number, asker: string }>()
  #someHaveGone = false
  /** Peer ids, as text → when they were looked for last. */
  readonly #notFoundAtMs = new RecentlyUsed<number>(MAX_NOT_FOUND)
  readonly #reaching = new Map<string, Promise<Link>>()

  constructor (init: NextHopsInit) {
    this.#init = init
    this.#dials = new SharedBucket({
      ratePerSecond: DIALS_PER_SECOND, burst: DIAL_BURST, ownPerSecond: DIALS_PER_SECOND_OF_ONE, ownBurst: DIAL_BURST_OF_ONE, maxNames: MAX_NAMES, nowMs: init.now()
    })
  }

  /** Must the link to this peer (its id as text) stay? */
  has (key: string): boolean {
    return (this.#kept.get(key)?.untilMs ?? 0) > this.#init.now()
  }

  /** Another path was installed over a link that stands: one that is kept from here is kept for as long as that can live. */
  renew (forwarder: PeerId): void {
    const kept = this.#kept.get(forwarder.toString())
    if (kept !== undefined) {
      kept.untilMs = this.#init.now() + MAX_OFFER_LIFE_MS
    }
  }

  /** Lets go of those that are not kept any more. Have any gone since it was asked last? */
  expire (): boolean {
    this.#dropExpired()
    const haveGone = this.#someHaveGone
    this.#someHaveGone = false
    return haveGone
  }

  #dropExpired (): void {
    const nowMs = this.#init.now()
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs <= nowMs) {
        this.#kept.delete(key)
        this.#someHaveGone = true
      }
    }
  }

  /** On whose account the link to this peer (its id as text) is kept. */
  askerOf (key: string): string | undefined {
    return this.has(key) ? this.#kept.get(key)?.asker : undefined
  }

  /**
   * The link to a forwarder, both ways.
   *
   * @param asker - address prefix of who brings the pass, a host or a forwarder, by which dials and links are counted: forwarders can be made up, too
   * @throws NotFoundError for who is no forwarder, OverQuotaError, UnavailableError
   */
  async reach (forwarder: PeerId, asker: string): Promise<Link> {
    const key = forwarder.toString()
    const reaching = this.#reaching.get(key) ?? this.#reach(forwarder, key, asker).finally(() => this.#reaching.delete(key))
    this.#reaching.set(key, reaching)
    return reaching
  }

  /** The link to this peer that is being made: it stands before the peer has one back, and may not stay. */
  reaching (forwarder: PeerId): Promise<Link> | undefined {
    return this.#reaching.get(forwarder.toString())
  }

  async #reach (forwarder: PeerId, key: string, asker: string): Promise<Link> {
    this.#charge(key, asker)
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const standing = this.#init.links.get(forwarder)
    const isKnown = this.#init.discovery.directory.get(forwarder) !== undefined
    let link: Link | undefined
    try {
      const descriptor = await this.#describe(forwarder, key, signal)
      const choose = this.#init.chooseAddresses
      const connection = await connectTo(this.#init.connectionManager, descriptor, signal, choose && ((_, dialable) => choose(asker, descriptor, dialable)))
      link = await this.#init.links.open(forwarder, { connection, signal })
      await attach(connection, { descriptor: await this.#init.discovery.self.get() }, { signal })
      if (this.#init.links.get(forwarder) !== link) {
        throw new UnavailableError(`the link to ${key} went away while it was made`)
      }
      this.#kept.set(key, { untilMs: this.#init.now() + MAX_OFFER_LIFE_MS, asker })
      this.#init.neighbours.keep(descriptor)
      return link
    } catch (cause) {
      this.#closeUnwanted(forwarder, link === standing ? undefined : link)
      const isPutOff = cause instanceof DialPutOffError
      if (isPutOff && isKnown) {
        // nobody was looked for, nor dialled
        this.#dials.give(asker, 1, this.#init.now())
      }
      throw isPutOff || cause instanceof NotFoundError ? cause : new UnavailableError(`there is no link to ${key}`, { cause })
    }
  }

  /** @throws NotFoundError, OverQuotaError */
  #charge (key: string, asker: string): void {
    const nowMs = this.#init.now()
    if (nowMs - (this.#notFoundAtMs.get(key) ?? -Infinity) < NOT_FOUND_MS) {
      throw new NotFoundError(`${key} was not found a moment ago`)
    }
    this.#dropExpired()
    if (!this.#hasRoom(key, asker) || !this.#dials.take(asker, 1, nowMs)) {
      throw new OverQuotaError('too many new links are asked for here: try again in some seconds, or another path')
    }
  }

  #hasRoom (key: string, asker: string): boolean {
    return this.#kept.has(key) || (this.#kept.size < MAX_KEPT && [...this.#kept.values()].filter((kept) => kept.asker === asker).length < MAX_KEPT_OF_ONE)
  }

  /** @throws NotFoundError for who is no forwarder, or nobody knows */
  async #describe (forwarder: PeerId, key: string, signal: AbortSignal): Promise<VerifiedDescriptor> {
    try {
      const descriptor = await this.#init.discovery.describe(forwarder, { signal })
      if (!descriptor.roles.has('forwarder')) {
        throw new NotFoundError(`${key} is no forwarder`)
      }
      return descriptor
    } catch (error) {
      const notFound = signal.aborted ? new NotFoundError(`${key} was not found within ${DEADLINE_MS} ms`, { cause: error }) : error
      if (notFound instanceof NotFoundError) {
        this.#notFoundAtMs.set(key, this.#init.now())
      }
      throw notFound
    }
  }

  /** A link that was opened here; not one that has taken its place, nor one that others want by now. */
  #closeUnwanted (forwarder: PeerId, opened: Link | undefined): void {
    const { links, neighbours, isAttached, isOnPath } = this.#init
    const isWanted = (link: Link): boolean => neighbours.has(forwarder) || isAttached?.(forwarder) === true || isOnPath?.(link) === true
    if (opened !== undefined && links.get(forwarder) === opened && !isWanted(opened)) {
      links.close(forwarder)
    }
  }
}
