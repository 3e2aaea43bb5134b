// Keeps links to chosen forwarders: dials them at the addresses of their verified descriptors, attaches there (which is how
// one asks for the link back), refreshes the lease, and dials again with back-off when they go away. Forwarders keep their
// neighbours so, hosts their access forwarders, and surveying RSPs the forwarders that they probe through.
import { DialPutOffError, connectTo } from '../discovery/connect.ts'
import { attach } from '../../protocols/attach/client.ts'
import type { ClockDoubts } from '../discovery/clock-doubts.ts'
import type { DialGrant } from '../discovery/connect.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { LinkSet } from './link-set.ts'
import type { Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const FIRST_BACKOFF_MS = 500
const MAX_BACKOFF_MS = 60_000
/** Of who waits for others' dials, not for a peer that does not answer. */
const MAX_PUT_OFF_MS = 8_000
const CONNECT_DEADLINE_MS = 10_000
/** Of two nodes that may keep each other the one with the smaller id dials; the other waits so long for it. */
const YIELD_MS = 1_500
const LEASE_MS = 300_000
/** However short the lease that was granted: a forwarder must not make us busy. */
const MIN_REFRESH_MS = 1_000

export interface KeptLinksInit {
  self: PeerId
  links: LinkSet
  connectionManager: ConnectionManager
  /** Our own signed descriptor. */
  descriptor: () => Promise<Uint8Array>
  /** Do the others keep links to us too? Then one of each two waits for the other to dial. */
  mutual: boolean
  /** Is told who refuses our descriptor for its time. */
  clocks?: ClockDoubts
  /** Which addresses may be dialled now; default: all that the peer says it has. */
  grant?: DialGrant
  /** Ask this forwarder to tell the DHT that we can be reached there? */
  advertises?: (peer: PeerId) => boolean
  /** 0 ≤ … < 1; spreads what need not be told at once, and the calls of all who wait for one that has gone. */
  random?: () => number
  log: Logger
}

interface KeptLink {
  descriptor: VerifiedDescriptor
  backoffMs: number
  /** Under way. */
  attempt?: AbortController
  timer?: ReturnType<typeof setTimeout>
  /** When it fires; monotonic. */
  dueMs: number
}

export class KeptLinks {
  readonly #init: KeptLinksInit
  readonly #kept = new Map<string, KeptLink>()

  constructor (init: KeptLinksInit) {
    this.#init = init
    init.links.addEventListener('link:down', ({ detail: link }) => {
      const kept = this.#kept.get(link.peer.toString())
      if (kept !== undefined) {
        this.#schedule(kept, this.#backOff(kept))
      }
    })
  }

  get size (): number {
    return this.#kept.size
  }

  has (peer: PeerId): boolean {
    return this.#kept.has(peer.toString())
  }

  /** With which the link is kept. */
  descriptorOf (peer: PeerId): VerifiedDescriptor | undefined {
    return this.#kept.get(peer.toString())?.descriptor
  }

  /** Keeps a link to this forwarder from now on. */
  keep (descriptor: VerifiedDescriptor): void {
    const key = descriptor.peer.toString()
    const known = this.#kept.get(key)
    if (known !== undefined) {
      known.descriptor = descriptor.sequence < known.descriptor.sequence ? known.descriptor : descriptor
      return
    }
    const kept: KeptLink = { descriptor, backoffMs: FIRST_BACKOFF_MS, dueMs: Infinity }
    this.#kept.set(key, kept)
    this.#schedule(kept, this.#init.mutual && this.#init.self.toString() > key ? YIELD_MS : 0)
  }

  /** Lets go of all that are not in `keys` (peer id strings). A mutual link stays while the other side wants it: who made this says when it ends. */
  retain (keys: { has: (key: string) => boolean }): void {
    for (const [key, kept] of this.#kept) {
      if (!keys.has(key)) {
        clearTimeout(kept.timer)
        this.#kept.delete(key)
        kept.attempt?.abort()
        this.#letGo(kept)
      }
    }
  }

  /** Tells these (peer id strings) what has changed in our descriptor: at once, or each at some time within so long, with what has changed by then. */
  refresh (keys: Iterable<string>, withinMs = 0): void {
    for (const key of keys) {
      const kept = this.#kept.get(key)
      const waitMs = withinMs * this.#random()
      // one that is due within that time tells then
      if (kept !== undefined && this.#init.links.get(kept.descriptor.peer) !== undefined && kept.dueMs > performance.now() + withinMs) {
        this.#schedule(kept, waitMs)
      }
    }
  }

  stop (): void {
    this.retain(new Set())
  }

  #schedule (kept: KeptLink, waitMs: number): void {
    clearTimeout(kept.timer)
    if (this.#init.links.isStopped) {
      return
    }
    kept.dueMs = performance.now() + waitMs
    kept.timer = setTimeout(() => { void this.#connect(kept) }, waitMs)
  }

  async #connect (kept: KeptLink): Promise<void> {
    if (this.#init.links.isStopped) {
      return
    }
    const { peer } = kept.descriptor
    kept.dueMs = Infinity
    const attempt = kept.attempt = new AbortController()
    const { signal } = attempt
    const deadline = setTimeout(() => { attempt.abort() }, CONNECT_DEADLINE_MS)
    try {
      const connection = await connectTo(this.#init.connectionManager, kept.descriptor, signal, this.#init.grant)
      await this.#init.links.open(peer, { connection, signal })
      if (!this.#isKept(kept)) {
        this.#letGo(kept)
        return
      }
      const attached = attach(connection, {
        descriptor: await this.#init.descriptor(),
        leaseMs: LEASE_MS,
        advertise: this.#init.advertises?.(peer) ?? false
      }, { signal })
      const { leaseMs } = await (this.#init.clocks?.during(peer, attached) ?? attached)
      kept.backoffMs = FIRST_BACKOFF_MS
      this.#reschedule(kept, Math.max(MIN_REFRESH_MS, leaseMs / 3))
    } catch (error) {
      if (signal.aborted && this.#isKept(kept)) {
        // another try would be made over the same connection, if there is one
        this.#init.links.endIfSilent(peer)
      }
      const waitMs = this.#backOff(kept)
      this.#init.log('%p cannot be reached, next try in %d ms - %e', peer, waitMs, error)
      this.#reschedule(kept, waitMs)
      const longestMs = error instanceof DialPutOffError ? Math.max(kept.backoffMs, MAX_PUT_OFF_MS) : MAX_BACKOFF_MS
      kept.backoffMs = Math.min(longestMs, kept.backoffMs * 2)
    } finally {
      clearTimeout(deadline)
    }
  }

  #isKept (kept: KeptLink): boolean {
    return this.#kept.get(kept.descriptor.peer.toString()) === kept
  }

  /** Unless somebody wants it anew. */
  #letGo ({ descriptor: { peer } }: KeptLink): void {
    if (!this.#init.mutual && !this.has(peer)) {
      this.#init.links.close(peer)
    }
  }

  #backOff ({ backoffMs }: KeptLink): number {
    return backoffMs * (0.5 + this.#random())
  }

  #random (): number {
    return (this.#init.random ?? Math.random)()
  }

  /** Unless it was let go meanwhile, or has something to tell sooner. */
  #reschedule (kept: KeptLink, waitMs: number): void {
    if (this.#isKept(kept) && kept.dueMs > performance.now() + waitMs) {
      this.#schedule(kept, waitMs)
    }
  }
}
