// A forwarder's part in setting up paths: takes installs, passes them on or binds with the next hop, keeps state alive as long as
// the source refreshes it, and sees to it that what fails leaves nothing behind.
import { MAX_LEASE_MS, MessageType, PROVISIONAL_LEASE_MS } from '../../protocols/setup/constants.ts'
import { decodeBind, decodeRefresh, decodeRemove, encodeBound, encodeInstalled, encodeRefreshed } from '../../protocols/setup/codec.ts'
import { followsInChain } from '../../protocols/setup/refresh-chain.ts'
import { BywayError, MalformedMessageError, NotAuthorizedError, NotFoundError, OverQuotaError, UnavailableError } from '../../protocols/errors.ts'
import { speakAs } from '../defence/install-checker.ts'
import { spokenFrom } from '../../protocols/setup/errors.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { rateClassOf } from '../../protocols/forward/rate-class.ts'
import { UnboundPaths } from './unbound-paths.ts'
import { MAX_WAITING_FOR_FORWARDER, WaitingPasses } from './waiting-passes.ts'
import type { CheckedInstall, InstallCaller, InstallChecker } from '../defence/install-checker.ts'
import type { ForwardingTable } from './forwarding-table.ts'
import type { HopAuthority } from './hop-authority.ts'
import type { PathBudget } from './path-budget.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { Installed } from '../../protocols/setup/codec.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Link } from '../link/link.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { SetupAnswer, SetupRequest } from '../../protocols/setup/server.ts'
import type { SetupClient } from '../../protocols/setup/client.ts'
import type { OpenedInstall } from '../../protocols/setup/install.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** Those behind must have given up before those in front do: they have so much less time for each hop. */
const HOP_DEADLINE_MS = 500
const FIRST_DEADLINE_MS = 9_500

export interface SetUpServiceInit {
  checker: InstallChecker
  table: ForwardingTable
  links: LinkSet
  /** What the path may use here: policy, quotas, caps. Throws where it may not. */
  budget: PathBudget
  authority: HopAuthority
  /** Asks the next hop. */
  client: SetupClient
  /** The link to a forwarder that is not connected yet, counted to who asks. Rejects when it cannot be had. */
  reach: (forwarder: PeerId, asker: string) => Promise<Link>
  /** The link to a forwarder that is being made, if it is. */
  reaching?: (forwarder: PeerId) => Promise<Link> | undefined
  /** A path goes on over the link to this peer. */
  renew?: (next: PeerId) => void
  /** Monotonic, ms. */
  now: () => number
  /** Unix time, ms. */
  nowUnixMs: () => number
  log: Logger
}

/** How long a destination may take to answer; a forwarder too, where half of the places for it are taken: it must not let many wait for long. */
const SHORT_DEADLINE_MS = 2_500

/** Set-up messages since the start, by what became of them. */
export interface SetUpCounters {
  installed: number
  authenticated: number
  refreshed: number
  removed: number
  /** By code of the error that was answered. */
  refused: Record<string, number>
}

export class SetUpService {
  readonly counters: SetUpCounters = { installed: 0, authenticated: 0, refreshed: 0, removed: 0, refused: {} }
  readonly #init: SetUpServiceInit
  readonly #unbound = new UnboundPaths()
  readonly #waiting = new WaitingPasses()

  constructor (init: SetUpServiceInit) {
    this.#init = init
  }

  /** Entries that nobody has bound yet. */
  get unbound (): number {
    return this.#unbound.size
  }

  handle (request: SetupRequest, caller: InstallCaller): SetupAnswer | Promise<SetupAnswer> {
    try {
      const answer = this.#dispatch(request, caller)
      return answer instanceof Promise ? answer.catch((error: unknown) => { throw this.#refused(error) }) : answer
    } catch (error) {
      throw this.#refused(error)
    }
  }

  expire (): void {
    this.#unbound.expire(this.#init.now())
  }

  #refused (error: unknown): unknown {
    const code = error instanceof BywayError ? error.code : 'INTERNAL'
    this.counters.refused[code] = (this.counters.refused[code] ?? 0) + 1
    return error
  }

  #dispatch (request: SetupRequest, caller: InstallCaller): SetupAnswer | Promise<SetupAnswer> {
    switch (request.type) {
      case MessageType.install: return this.#install(request.body, caller)
      case MessageType.bind: return this.#bind(request.body, caller.peer)
      case MessageType.refresh: return this.#refresh(request.body, caller.peer)
      case MessageType.remove: return this.#remove(request.body, caller.peer)
      default: throw new MalformedMessageError(`a set-up message of type ${String(request.type)} is not known here`)
    }
  }

  #install (body: Uint8Array, caller: InstallCaller): SetupAnswer | Promise<SetupAnswer> {
    const checked = this.#init.checker.check(body, caller)
    return checked instanceof Promise ? checked.then(async (result) => this.#take(result, caller)) : this.#take(checked, caller)
  }

  #take (checked: CheckedInstall, caller: InstallCaller): SetupAnswer | Promise<SetupAnswer> {
    if (checked.opened.isDestination) {
      throw new NotAuthorizedError('a forwarder is not the destination of paths')
    }
    const { index, isExit, next, order } = checked.opened
    return speakAs(index, async () => this.#waiting.during(caller.gate, (next as PeerId).toString(), isExit,
      async () => order.want === 'authenticators' ? this.#authenticate(checked, caller) : this.#installLabels(checked, caller)))
  }

  async #installLabels (checked: CheckedInstall, caller: InstallCaller): Promise<SetupAnswer> {
    const { opened, install, isHopBefore } = checked
    const { links, table, budget } = this.#init
    if (this.#unbound.has(opened.orderId)) {
      throw new NotAuthorizedError('this order has an entry here already')
    }
    budget.check(opened)
    const next = await this.#linkOn(opened.next as PeerId, opened.isExit, caller.gate)
    // after the wait: places of links that have gone are given to others
    const previous = isHopBefore ? linkTo(links, caller.peer) : undefined
    const nowMs = this.#init.now()
    const labels = budget.reserve({ opened, previous, next, caller: caller.gate, leaseMs: PROVISIONAL_LEASE_MS, nowMs })
    let isWaiting = false
    try {
      if (previous !== undefined) {
        table.bindPrevious(labels.forward, previous.index, install.backLabel as Label)
      } else {
        isWaiting = this.#unbound.add(opened.orderId, { forward: labels.forward, source: nodeIdOf(caller.peer), previous: opened.previousNode, expiresAtMs: nowMs + PROVISIONAL_LEASE_MS })
        if (!isWaiting) {
          throw new OverQuotaError('too many paths wait to be bound: try again in some seconds')
        }
      }
      const { label, echo } = install.bound ? await this.#bindWith(checked, next.peer, labels.back) : await this.#passOn(checked, next.peer, labels.back)
      if (label === undefined || !table.bindNext(labels.forward, label)) {
        void this.#removeAt(next.peer, label)
        throw new UnavailableError('the path ended while it was set up')
      }
      this.counters.installed++
      return {
        body: encodeInstalled({ label: isHopBefore ? labels.forward : undefined, leaseMs: PROVISIONAL_LEASE_MS, echo, authenticators: [] }),
        undelivered: () => { this.#undo(labels.forward) }
      }
    } catch (error) {
      if (isWaiting) {
        this.#unbound.withdraw(opened.orderId, nodeIdOf(caller.peer))
      }
      table.release(labels.forward)
      throw error
    }
  }

  /** A link to the next node; a forwarder that is not connected yet is dialled, since an authorized install asks for it. */
  async #linkOn (next: PeerId, isDestination: boolean, { prefix }: InstallCaller['gate']): Promise<Link> {
    const { links, reaching, reach, renew } = this.#init
    try {
      await (isDestination ? undefined : reaching?.(next))
    } catch (error) {
      // the next hop may have made one meanwhile
      if (links.get(next) === undefined) {
        throw error
      }
    }
    const link = links.get(next)
    if (link !== undefined) {
      renew?.(next)
      return link
    }
    if (isDestination) {
      throw new NotFoundError(`${next.toString()} is not attached here`)
    }
    return reach(next, prefix)
  }

  async #passOn ({ install, opened }: CheckedInstall, next: PeerId, backLabel: Label | undefined): Promise<Installed> {
    const index = opened.index + 1
    return spokenFrom(index, this.#init.client.install(next, { ...install, index, backLabel }, {
      deadlineMs: this.#deadlineMs(next, opened),
      onLate: ({ label }) => { void this.#removeAt(next, label) }
    }))
  }

  async #bindWith ({ opened }: CheckedInstall, next: PeerId, backLabel: Label): Promise<{ label: Label, echo: undefined }> {
    const { label } = await spokenFrom(opened.index + 1, this.#init.client.bind(next, { orderId: opened.orderId, backLabel }, {
      deadlineMs: this.#deadlineMs(next, opened),
      onLate: (late) => { void this.#removeAt(next, late.label) }
    }))
    return { label, echo: undefined }
  }

  #deadlineMs (next: PeerId, { index, isExit }: OpenedInstall): number {
    const isShort = isExit || this.#waiting.for(next.toString()) > MAX_WAITING_FOR_FORWARDER / 2
    return isShort ? SHORT_DEADLINE_MS : FIRST_DEADLINE_MS - HOP_DEADLINE_MS * index
  }

  async #authenticate (checked: CheckedInstall, { gate }: InstallCaller): Promise<SetupAnswer> {
    const { opened, install } = checked
    const { path } = opened
    this.#init.budget.check(opened)
    let rest: Installed | undefined
    if (!install.bound) {
      const next = await this.#linkOn(opened.next as PeerId, opened.isExit, gate)
      this.#init.budget.check(opened, { next })
      rest = await this.#passOn(checked, next.peer, undefined)
    }
    const own = this.#init.authority.mint({
      tag: path.tag,
      rsp: path.rsp,
      expiryS: Math.floor(path.expiresAtMs / 1_000),
      rateClass: rateClassOf(path.maxBytesPerSecond),
      previous: opened.previousNode,
      next: opened.nextNode as NodeId,
      opener: gate
    })
    this.counters.authenticated++
    const leaseMs = Math.min(MAX_LEASE_MS, Math.max(0, path.expiresAtMs - this.#init.nowUnixMs()))
    return { body: encodeInstalled({ label: undefined, leaseMs, echo: rest?.echo, authenticators: [own, ...rest?.authenticators ?? []] }) }
  }

  #bind (body: Uint8Array, caller: PeerId): SetupAnswer {
    const { orderId, backLabel } = decodeBind(body)
    const previous = linkTo(this.#init.links, caller)
    const path = this.#unbound.bind(orderId, previous.node)
    if (path === undefined || !this.#init.budget.bindPrevious(path.forward, previous, backLabel, this.#init.now())) {
      throw new NotFoundError('no path of this order waits for you here')
    }
    return { body: encodeBound({ label: path.forward }), undelivered: () => { this.#undo(path.forward) } }
  }

  #refresh (body: Uint8Array, caller: PeerId): SetupAnswer {
    const { label, chain } = decodeRefresh(body)
    const { table, links } = this.#init
    const on = table.refresh(label, linkTo(links, caller).index, chain, MAX_LEASE_MS, followsInChain, this.#init.now())
    if (on === 'unknown') {
      throw new NotFoundError('no path is installed under this label')
    }
    if (on === 'notNext') {
      throw new NotAuthorizedError('this is not the next value of the refresh chain')
    }
    this.counters.refreshed++
    this.#init.budget.count(label)
    const next = links.byIndex(on.next)
    if (next !== undefined) {
      this.#init.client.refresh(next.peer, { label: on.out, chain }).catch((error: unknown) => {
        this.#init.log('a refresh was not taken by %p - %e', next.peer, error)
        if (error instanceof BywayError && error.code === 'NOT_FOUND') {
          table.release(label)
        }
      })
    }
    return { body: encodeRefreshed({ leaseMs: Math.floor(on.leaseMs) }) }
  }

  #remove (body: Uint8Array, caller: PeerId): SetupAnswer {
    const { label, orderId } = decodeRemove(body)
    const { links, table } = this.#init
    const waiting = orderId === undefined ? undefined : this.#unbound.withdraw(orderId, nodeIdOf(caller))
    const on = label === undefined ? waiting && table.release(waiting.forward) : table.remove(label, linkTo(links, caller).index)
    if (on !== undefined) {
      this.counters.removed++
      this.#tellRemoved(on)
    }
    return { body: new Uint8Array() }
  }

  /** The hop before never heard of it: nobody will use or refresh it. */
  #undo (forward: Label): void {
    this.#tellRemoved(this.#init.table.release(forward))
  }

  #tellRemoved (on: { link: number, out: Label | undefined } | undefined): void {
    const link = on === undefined ? undefined : this.#init.links.byIndex(on.link)
    if (link !== undefined) {
      void this.#removeAt(link.peer, on?.out)
    }
  }

  async #removeAt (peer: PeerId, label: Label | undefined): Promise<void> {
    if (label !== undefined) {
      await this.#init.client.remove(peer, { label }).catch((error: unknown) => {
        this.#init.log('a removal was not taken by %p, the path will expire there - %e', peer, error)
      })
    }
  }
}

/** @throws NotFoundError for who has no link here */
function linkTo (links: LinkSet, peer: PeerId): Link {
  const link = links.get(peer)
  if (link === undefined) {
    throw new NotFoundError('there is no link to you: attach first, or take the pass over a forwarder')
  }
  return link
}
