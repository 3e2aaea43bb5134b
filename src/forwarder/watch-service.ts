// Answers watch requests: checks that the caller is an RSP and the targets are forwarders, and lets the neighbours and the
// monitor follow what is watched.
import { NotAuthorizedError, OverQuotaError } from '../../protocols/errors.ts'
import { SharedBucket } from '../defence/shared-bucket.ts'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { LinkMonitor } from './link-monitor.ts'
import type { KeptLinks } from '../link/kept-links.ts'
import type { WatchList } from './watch-list.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { WatchRequest, WatchResult } from '../../protocols/report/codec.ts'
import type { Caller } from '../../protocols/request-response.ts'
import type { PeerId } from '@libp2p/interface'

const MAX_LEASE_MS = 300_000
const MIN_LEASE_MS = 5_000
/** Each target costs a signature check (about 250 µs): so many of them per second for all RSPs together. */
const CHECKS_PER_SECOND = 400
const CHECK_BURST = 2_000
/** Of one RSP, or of all of one prefix that watch nothing here: the longest list there is, twice at once and then each two seconds. */
const CHECKS_PER_SECOND_OF_ONE = 130
const CHECK_BURST_OF_ONE = 600
const MAX_NAMES = 1_024

export interface WatchServiceInit {
  self: PeerId
  watches: WatchList
  neighbours: KeptLinks
  monitor: LinkMonitor
  discovery: Discovery
  /** Links that are wanted for another reason (peer ids as text); `expire` lets go of some, and says whether it did. */
  alsoKept: { has: (key: string) => boolean, expire: () => boolean, askerOf: (key: string) => string | undefined }
  /** RSPs that may ask; undefined: any. */
  allowed?: readonly PeerId[]
  /** Throws for an RSP whose paths are not taken here: it has no use for what it would learn. */
  checkRsp?: (rsp: PeerId) => void
  /** Of the address of who asks; undefined where it is not counted by it. */
  prefixOf?: (caller: Caller) => string | undefined
  /** Monotonic, ms: leases and rates are no matter of what time it is. */
  now: () => number
}

export class WatchService {
  readonly #init: WatchServiceInit
  readonly #checks: SharedBucket
  readonly #targets = new Map<string, VerifiedDescriptor>()

  constructor (init: WatchServiceInit) {
    this.#init = init
    this.#checks = new SharedBucket({
      ratePerSecond: CHECKS_PER_SECOND, burst: CHECK_BURST, ownPerSecond: CHECKS_PER_SECOND_OF_ONE, ownBurst: CHECK_BURST_OF_ONE, maxNames: MAX_NAMES, nowMs: init.now()
    })
  }

  /** @throws NotAuthorizedError unless the caller shows its own RSP descriptor and is taken here; OverQuotaError */
  async authorize (descriptor: Uint8Array, caller: Caller): Promise<void> {
    this.#charge(caller, 1)
    const { roles } = await openDescriptor(descriptor, { ...this.#init.discovery.verification, expectedPeer: caller.peer })
    if (!roles.has('rsp')) {
      throw new NotAuthorizedError('only an RSP may ask for links: the descriptor does not have that role')
    }
    this.#init.checkRsp?.(caller.peer)
    if (this.#init.allowed?.some((peer) => peer.equals(caller.peer)) === false) {
      throw new NotAuthorizedError('this forwarder takes watch requests of listed RSPs only')
    }
  }

  async watch (request: WatchRequest, caller: Caller): Promise<WatchResult> {
    await this.authorize(request.descriptor, caller)
    this.#charge(caller, request.targets.length)
    const refused: WatchResult['refused'] = []
    const found: Array<{ index: number, descriptor: VerifiedDescriptor }> = []
    for (let index = 0; index < request.targets.length; index++) {
      const target = await this.#open(request.targets[index])
      if (typeof target === 'string') {
        refused.push({ index, reason: target })
      } else {
        found.push({ index, descriptor: target })
      }
    }
    // the operator may have decided otherwise meanwhile
    this.#init.checkRsp?.(caller.peer)
    const leaseMs = Math.max(MIN_LEASE_MS, Math.min(MAX_LEASE_MS, request.leaseMs))
    const keys = found.map(({ descriptor }) => descriptor.peer.toString())
    const accepted = this.#init.watches.set(caller.peer.toString(), keys, request.connectOnly, this.#init.now() + leaseMs, this.#init.prefixOf?.(caller))
    if (accepted === undefined) {
      throw new OverQuotaError('as many RSPs as this forwarder serves, or serves of your address prefix, are watching already: try again later')
    }
    for (const { index, descriptor } of found) {
      const key = descriptor.peer.toString()
      if (accepted.has(key)) {
        this.#keepNewer(key, descriptor)
        this.#init.discovery.learn(descriptor)
      } else {
        refused.push({ index, reason: 'OVER_QUOTA' })
      }
    }
    this.#apply()
    return { leaseMs, accepted: accepted.size, refused }
  }

  /** Ends watches whose lease is over, and lets go of links that nobody wants any more. */
  expire (): void {
    const isLetGo = this.#init.alsoKept.expire()
    if (this.#init.watches.expire(this.#init.now()) || isLetGo) {
      this.#apply()
    }
  }

  /** Ends the watch of an RSP that is not served any more. */
  end (rsp: PeerId): void {
    const key = rsp.toString()
    if (this.#init.watches.has(key)) {
      this.#init.watches.remove(key)
      this.#apply()
    }
  }

  /** Address prefixes of those who want the link to this peer (its id as text); undefined for one that is not counted by it. */
  askersOf (key: string): Array<string | undefined> {
    const asker = this.#init.alsoKept.askerOf(key)
    return [...this.#init.watches.prefixesOf(key), ...asker === undefined ? [] : [asker]]
  }

  /** Targets cost only those who have shown that they are RSPs; a stranger's request costs one check. */
  #charge (caller: Caller, checks: number): void {
    const peer = caller.peer.toString()
    const name = this.#init.watches.has(peer) ? peer : this.#init.prefixOf?.(caller) ?? peer
    if (!this.#checks.take(name, checks, this.#init.now())) {
      throw new OverQuotaError('too many watch requests: try again in some seconds')
    }
  }

  /** An RSP must not bring back an address that the target has left. */
  #keepNewer (key: string, descriptor: VerifiedDescriptor): void {
    const known = this.#targets.get(key)
    if (known === undefined || known.sequence < descriptor.sequence) {
      this.#targets.set(key, descriptor)
    }
  }

  async #open (bytes: Uint8Array): Promise<VerifiedDescriptor | WatchResult['refused'][number]['reason']> {
    try {
      const descriptor = await openDescriptor(bytes, this.#init.discovery.verification)
      if (!descriptor.roles.has('forwarder')) {
        return 'NOT_A_FORWARDER'
      }
      return descriptor.peer.equals(this.#init.self) ? 'SELF' : descriptor
    } catch {
      return 'INVALID_DESCRIPTOR'
    }
  }

  #apply (): void {
    const wanted = this.#init.watches.wanted()
    for (const key of this.#targets.keys()) {
      if (!wanted.has(key)) {
        this.#targets.delete(key)
      }
    }
    this.#init.neighbours.retain({ has: (key) => wanted.has(key) || this.#init.alsoKept.has(key) })
    const measured = new Map<string, PeerId>()
    for (const [key, descriptor] of this.#targets) {
      this.#init.neighbours.keep(descriptor)
      if (wanted.get(key) === true) {
        measured.set(key, descriptor.peer)
      }
    }
    this.#init.monitor.set(measured)
  }
}
