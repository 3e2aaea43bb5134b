// The routes of one channel: the default one and the paths that RSPs have offered, each once however many offer it.
import { At } from '../../protocols/forward/source-route.ts'
import { PATH_TAG_BYTES } from '../../protocols/forward/constants.ts'
import { equals } from 'uint8arrays/equals'
import { defaultWay, openDefaultLink } from './default-route.ts'
import { isNodeAt, nodeIdOf } from '../../protocols/forward/node-id.ts'
import { isNoticeAbout } from '../../protocols/forward/notice.ts'
import { isAnswer, isRefusal } from './offer-answers.ts'
import { Route } from './route.ts'
import { RouteHolds } from './route-holds.ts'
import { routeIdOf } from './provider-set.ts'
import { startTimer } from './start-timer.ts'
import type { Arrival } from '../link/endpoint.ts'
import type { ChannelContext } from './channel.ts'
import type { OfferedPath, ProviderAnswer } from './provider-set.ts'
import type { PathHold, Primitive } from './path-hold.ts'
import type { RouteHoldsInit } from './route-holds.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { Notice } from '../../protocols/forward/notice.ts'
import type { PeerId } from '@libp2p/interface'

const DEFAULT_ID = 'default'
const ATTACH_DEADLINE_MS = 5_000
/** Routes that are measured at once; the ones offered first by each RSP come first. */
const MAX_PATHS = 6
/** The default route, those offered last, and a few that were offered before and still serve. */
const MAX_ROUTES = MAX_PATHS + 3
/** A path that nobody offers any more is kept while it is in use, and a dead one is forgotten after so long. */
const DEAD_MS = 30_000

export interface RouteBookInit {
  context: ChannelContext
  remote: PeerId
  channel: object
  /** How paths are used; default: as bare source routes, and with authenticators where forwarders want them. */
  primitive?: Primitive
  /** Makes a path usable; see path-hold.ts. */
  hold: RouteHoldsInit['hold']
  /** Default: the platform's timers. */
  startTimer?: RouteHoldsInit['startTimer']
  /** Packets leave on this route in another way than before, and are to be answered in that. */
  onRenewed?: (route: Route) => void
  /** Routes are not there any more; what makes them usable is taken back when this returns. */
  onForgotten?: () => void
  /** The forwarders have lost a path. */
  onLost?: (route: Route, reason: string) => void
  /** A forwarder takes no such path of this RSP. */
  onRefused?: (path: OfferedPath) => void
  /** We cannot attach to this forwarder, at which an offered path begins. */
  onUnreachable?: (entry: PeerId) => void
  /** Whether a path is known to break what is demanded. Default: nothing is. */
  isBroken?: (path: OfferedPath) => boolean
}

interface AnswerRound {
  answers: readonly ProviderAnswer[]
  askedMs: number
}

export class RouteBook {
  readonly #context: ChannelContext
  readonly #remote: PeerId
  readonly #askedBy: object
  readonly #onRenewed: RouteBookInit['onRenewed']
  readonly #onForgotten: RouteBookInit['onForgotten']
  readonly #onLost: RouteBookInit['onLost']
  readonly #onRefused: RouteBookInit['onRefused']
  readonly #onUnreachable: RouteBookInit['onUnreachable']
  readonly #isBroken: (path: OfferedPath) => boolean
  readonly #routes = new Map<string, Route>()
  readonly #holds: RouteHolds
  readonly #refusals = new Map<string, string>()
  /** Routes of which their RSPs have said that they are no answer any more. */
  readonly #disowned = new Map<string, number>()
  /** Paths of the last update. */
  #offered = 0

  constructor (init: RouteBookInit) {
    this.#context = init.context
    this.#remote = init.remote
    this.#askedBy = init.channel
    this.#holds = new RouteHolds({
      primitive: init.primitive ?? 'source-route',
      hold: init.hold,
      onLost: (id, hold, reason) => { this.#lost(id, hold, reason) },
      now: init.context.now,
      nowUnixMs: () => this.#context.nowS() * 1_000,
      startTimer: init.startTimer ?? startTimer
    })
    this.#onRenewed = init.onRenewed
    this.#onForgotten = init.onForgotten
    this.#onLost = init.onLost
    this.#onRefused = init.onRefused
    this.#onUnreachable = init.onUnreachable
    this.#isBroken = init.isBroken ?? (() => false)
  }

  get routes (): Route[] {
    return [...this.#routes.values()]
  }

  /** Of the paths offered last: which could not be used, and why. */
  get refusals (): ReadonlyMap<string, string> {
    return this.#refusals
  }

  get default (): Route | undefined {
    return this.#routes.get(DEFAULT_ID)
  }

  byTag (tag: Uint8Array): Route | undefined {
    return this.routes.find(({ path }) => path !== undefined && equals(path.tag, tag))
  }

  /** The route that a notice is about, if it may come from a forwarder of that: tags can be guessed, lists cannot be gone by strangers. Labelled ones have notices of their own. */
  byNotice (notice: Notice): Route | undefined {
    return this.routes.find(({ path, way }) => path !== undefined && isNoticeAbout(notice, way.header))
  }

  /** The route on which a packet came back, as far as it says so: by the label under which it came, or by the tag of the path on which it is answered. */
  byArrival ({ end, answerOn }: Arrival): Route | undefined {
    const way = answerOn()
    if (way === undefined || end !== undefined) {
      return this.routes.find((route) => route.way === way)
    }
    const tag = way.header.subarray(At.pathTag, At.pathTag + PATH_TAG_BYTES)
    return tag.some((byte) => byte !== 0) ? this.byTag(tag) : this.default
  }

  /** The node behind `reporter` on the route, if that is one of its forwarders: the next of them, or the destination. */
  nodeAfter (route: Route, reporter: NodeId): PeerId | undefined {
    const forwarders = route.path?.forwarders ?? []
    const index = forwarders.findIndex((peer) => isNodeAt(reporter, 0, nodeIdOf(peer)))
    return index < 0 ? undefined : [...forwarders, this.#remote][index + 1]
  }

  /** Can packets leave on the default route? Its connection may have ended since it was opened. */
  get hasDefaultLink (): boolean {
    return this.#context.endpoint.links.get(this.#remote) !== undefined
  }

  /**
   * The default route: what plain libp2p would do. Without one (the peer cannot be dialled) paths are all there is. Where its
   * connection has ended it is dialled anew.
   */
  async openDefault (signal?: AbortSignal): Promise<void> {
    const { endpoint: { links }, log } = this.#context
    const isOpen = await openDefaultLink({ links, remote: this.#remote, signal, log })
    if (this.#holds.isClosed) {
      // it came after the peer was left, and nobody waits for it
      this.#context.left(this.#remote)
    } else if (isOpen) {
      this.#renewDefault()
    } else {
      this.#routes.delete(DEFAULT_ID)
    }
  }

  /**
   * Takes the offered paths in: new ones are added, known ones renewed, forgotten ones removed unless they still serve: `isInUse` tells
   * of a route's id whether the channel uses it now.
   *
   * @param round - all answers, also those of which nothing is taken, and when the oldest of them was asked for; monotonic
   */
  async update (answers: readonly ProviderAnswer[], attachPeer: (exit: PeerId) => Promise<boolean>, isInUse: (id: string) => boolean, round: AnswerRound = { answers, askedMs: this.#context.now() }): Promise<void> {
    this.#renewDefault()
    const offered = interleave(answers.map(({ paths }) => paths))
    const paths = new Map<string, OfferedPath>()
    for (const path of offered) {
      const id = routeIdOf(path)
      if (!paths.has(id) && paths.size < MAX_PATHS) {
        paths.set(id, path)
      }
    }
    this.#refusals.clear()
    this.#offered = paths.size
    // side by side: an end that does not answer costs only its own paths
    await Promise.all([...paths].map(async ([id, path]) => this.#take(id, path, attachPeer)))
    this.#forget(paths, isInUse)
    this.#forgetDisowned(paths, round)
    this.#releaseForgotten()
  }

  /** Whoever uses one of them goes elsewhere before that is taken back which makes it usable. */
  #releaseForgotten (): void {
    const forgotten = this.#holds.ids.filter((id) => !this.#routes.has(id))
    if (forgotten.length > 0) {
      this.#onForgotten?.()
    }
    for (const id of forgotten) {
      this.#holds.release(id)
    }
  }

  /** What was asked before says nothing of it, and who did not answer has not said again that it is no answer. */
  #forgetDisowned (offered: ReadonlyMap<string, OfferedPath>, { answers, askedMs }: AnswerRound): void {
    for (const [id, sinceMs] of this.#disowned) {
      const rsp = this.#routes.get(id)?.path?.rsp
      const hasAnswered = rsp === undefined || answers.some((answer) => answer.rsp.equals(rsp) && isAnswer(answer))
      if (askedMs >= sinceMs && (hasAnswered || offered.has(id))) {
        this.#disowned.delete(id)
        if (!offered.has(id) && rsp !== undefined) {
          this.#routes.delete(id)
        }
      }
    }
  }

  #forget (offered: ReadonlyMap<string, OfferedPath>, isInUse: (id: string) => boolean): void {
    for (const [id, route] of this.#routes) {
      if (route.isDefault) {
        continue
      }
      const expired = route.path !== undefined && route.path.expiresAtMs < this.#context.nowS() * 1_000
      const tooMany = this.#routes.size > MAX_ROUTES && !isInUse(id)
      const forgotten = offered.size > 0 && !offered.has(id) && (!route.alive || tooMany)
      const dead = !route.alive && this.#context.now() - route.deadSinceMs > DEAD_MS
      const isNoAnswer = route.path !== undefined && this.#isBroken(route.path)
      if (expired || forgotten || dead || isNoAnswer) {
        this.#routes.delete(id)
      }
    }
  }

  /** Its own RSP says that a route is no answer to the text any more: unless it is offered with the next answers that are asked for, it is forgotten however well it does. */
  disown (id: string): void {
    if (this.#routes.has(id)) {
      this.#disowned.set(id, this.#context.now())
    }
  }

  /** Has a path been lost, and not been set up anew? */
  get hasLost (): boolean {
    return this.#holds.hasLost
  }

  /** Were paths offered, none of which can be used now? */
  get hasRefusedAll (): boolean {
    return this.#offered > 0 && this.#refusals.size === this.#offered
  }

  /** The channel has ended: nothing is left installed. */
  close (): void {
    this.#holds.close()
  }

  /** A forwarder of this route takes nothing without authority, or has forgotten what it gave: it is shown the path. */
  async authorize (route: Route): Promise<void> {
    const { path } = route
    if (path !== undefined && this.#holds.wantsAuthority(route.id)) {
      await this.#retake(route.id, path)
    }
  }

  async #take (id: string, path: OfferedPath, attachPeer: (exit: PeerId) => Promise<boolean>): Promise<void> {
    try {
      await this.#takeOrThrow(id, path, attachPeer)
    } catch (error) {
      this.#refusals.set(id, (error as Error).message)
      this.#context.log('a path offered by %p cannot be used - %e', path.rsp, error)
      if (isRefusal(error, path)) {
        this.#onRefused?.(path)
      }
    }
  }

  async #takeOrThrow (id: string, path: OfferedPath, attachPeer: (exit: PeerId) => Promise<boolean>): Promise<void> {
    if (this.#holds.isClosed) {
      // offers may come after the end of the channel, and nobody would take back what is asked of forwarders then
      return
    }
    const known = this.#routes.get(id)
    if (known !== undefined ? this.#holds.wantsRenewal(id) : await this.#reachable(path, attachPeer)) {
      await this.#install(id, path)
    } else if (known === undefined) {
      this.#refusals.set(id, 'one of the two hosts cannot attach to its end of the path')
    }
  }

  /** @throws what `RouteHolds.install` does */
  async #install (id: string, path: OfferedPath): Promise<void> {
    const before = this.#routes.get(id)
    await this.#holds.install(id, path, ({ way }) => {
      const known = this.#routes.get(id)
      if (before !== undefined && known !== before) {
        // forgotten meanwhile
        return false
      }
      if (known === undefined) {
        this.#routes.set(id, new Route({ id, way, path, label: path.forwarders.map(shortName).join('→') }))
      } else {
        known.renew(way, path)
        this.#onRenewed?.(known)
      }
      return true
    })
  }

  /** The route is left at once, and comes back when it has been set up anew and answers. */
  #lost (id: string, { path }: PathHold, reason: string): void {
    const route = this.#routes.get(id)
    if (route !== undefined && !this.#holds.isClosed) {
      route.died(this.#context.now())
      this.#onLost?.(route, reason)
      if (path.expiresAtMs > this.#context.nowS() * 1_000 && this.#holds.mayRetake(id)) {
        void this.#retake(id, path)
      }
    }
  }

  async #retake (id: string, path: OfferedPath): Promise<void> {
    try {
      await this.#install(id, path)
    } catch (error) {
      this.#context.log('the path over %s cannot be set up now - %e', path.forwarders.map(shortName).join('→'), error)
    }
  }

  /** Are both ends attached to the path's ends, or do they attach now? */
  async #reachable (path: OfferedPath, attachPeer: (exit: PeerId) => Promise<boolean>): Promise<boolean> {
    const { access, discovery } = this.#context
    const entry = path.forwarders[0]
    const exit = path.forwarders[path.forwarders.length - 1]
    const descriptor = discovery.directory.get(entry)
    if (!access.isAttached(entry)) {
      if (descriptor === undefined) {
        return false
      }
      if (!access.mayAskFor(entry)) {
        return false
      }
      if (!await access.attachTo(descriptor, ATTACH_DEADLINE_MS, this.#askedBy)) {
        this.#onUnreachable?.(entry)
        return false
      }
    }
    const known = discovery.directory.get(this.#remote)?.host?.access.find(({ forwarder }) => forwarder.equals(exit))
    return known?.attached === true || await attachPeer(exit)
  }

  #renewDefault (): void {
    if (!this.hasDefaultLink) {
      return
    }
    const way = defaultWay(this.#context.endpoint.self, this.#remote, this.#context.nowS())
    const known = this.default
    if (known === undefined) {
      this.#routes.set(DEFAULT_ID, new Route({ id: DEFAULT_ID, way, label: 'default' }))
    } else {
      known.renew(way)
    }
  }
}

/** The end of a peer id is what tells it from others. */
export function shortName (peer: PeerId): string {
  return peer.toString().slice(-6)
}

/** First of each, second of each, … */
function interleave<T> (lists: ReadonlyArray<readonly T[]>): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => i < list.length ? [list[i]] : [])).flat()
}
