// The initiating end of a channel: gets offers, measures the routes that they promise beside the default one, uses the best,
// and leaves it when it fails.
import { AttachStatus } from '../../protocols/envelope/constants.ts'
import { createInit } from '../../protocols/envelope/handshake.ts'
import { encodeEchoRequest } from '../../protocols/envelope/codec.ts'
import { NoticeCode } from '../../protocols/forward/constants.ts'
import { noticeName } from '../../protocols/forward/notice.ts'
import { UnavailableError } from '../../protocols/errors.ts'
import { Channel } from './channel.ts'
import { ChannelStatus } from './channel-status.ts'
import { ExitRequests } from './exit-requests.ts'
import { holdPath } from './path-hold.ts'
import { PathSelector } from './path-selector.ts'
import { PromiseWatch } from './promise-watch.ts'
import type { Route } from './route.ts'
import { RouteBook } from './route-book.ts'
import { SwitchHistory } from './switch-history.ts'
import { USE_THIS_ROUTE } from './incoming-channel.ts'
import type { Arrival } from '../link/endpoint.ts'
import type { Way } from '../link/way.ts'
import type { ChannelContext } from './channel.ts'
import type { Decision } from './path-selector.ts'
import type { Primitive } from './path-hold.ts'
import type { PathSelectorInit } from './path-selector.ts'
import type { ProviderAnswer } from './provider-set.ts'
import type { Frame } from '../../protocols/envelope/codec.ts'
import type { PendingSession } from '../../protocols/envelope/handshake.ts'
import type { Notice } from '../../protocols/forward/notice.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const HANDSHAKE_DEADLINE_MS = 10_000
const INIT_INTERVAL_MS = 700
/** Offers are asked for anew so often: an offer lives longer, better paths appear sooner. */
const QUERY_INTERVAL_MS = 30_000
/** After a failure sooner, but not in a loop. */
const URGENT_QUERY_INTERVAL_MS = 1_500
const ACTIVE_ECHO_MS = 250
/** What all others are compared with. */
const DEFAULT_ECHO_MS = 500
const IDLE_ECHO_MS = 1_000
/** A new route is measured quickly, so many times. */
const QUICK_ECHO_MS = 150
const QUICK_ECHOES = 6
const USE_INTERVAL_MS = 1_000
/** A forwarder that a notice named is left out of queries for so long. */
const AVOID_MS = 20_000
const SETTLE_DEADLINE_MS = 15_000
const MAX_ECHOES = 1_024
/** Who weighs loss alone still prefers the faster of two routes without loss. */
const MIN_DELAY_WEIGHT = 0.001
/** After a pause of the whole process answers wait in the sockets: echoes are judged a tick later. */
const STALLED_MS = 150

export interface OutgoingChannelInit {
  context: ChannelContext
  descriptor: VerifiedDescriptor
  privateKey: PrivateKey
  weights?: { delay: number, loss: number }
  selector?: PathSelectorInit
  primitive?: Primitive
}

export class OutgoingChannel extends Channel {
  readonly switches = new SwitchHistory(this)
  readonly #init: OutgoingChannelInit
  readonly #book: RouteBook
  readonly #selector: PathSelector
  readonly #avoid = new Map<string, { peer: PeerId, untilMs: number }>()
  readonly #exits: ExitRequests
  readonly #promises: PromiseWatch
  readonly #flow: number
  #pending: PendingSession | undefined
  #initMessage: Uint8Array | undefined
  #onEstablished: (() => void) | undefined
  #decision: Decision = { route: undefined, reason: 'the channel has just been opened' }
  #answers: ProviderAnswer[] = []
  #echoNumber = 0
  /** Echo number → its route; bounded by MAX_ECHOES. */
  readonly #echoes = new Map<number, Route>()
  #nextQueryMs = 0
  #nextUseMs = 0
  #lastTickMs = 0
  #querying = false
  #queried = false

  constructor (init: OutgoingChannelInit) {
    super(init.context, init.descriptor.peer)
    this.#init = init
    const { context, descriptor: { peer: remote }, primitive } = init
    this.#book = new RouteBook({
      context,
      remote,
      channel: this,
      primitive,
      onLost: (route, reason) => {
        this.#failed(route, reason)
        this.#decide(context.now())
      },
      onRefused: (path) => { this.#promises.refused(path) },
      hold: async (path, how) => holdPath(path, how, { self: context.endpoint.self, remote, installer: context.installer })
    })
    this.#flow = context.providers.newFlow()
    this.#promises = new PromiseWatch({
      scores: context.providers.scores,
      access: () => context.access.points,
      peerAccess: () => (context.discovery.directory.get(remote) ?? init.descriptor).host?.access ?? []
    })
    this.#exits = new ExitRequests((request) => {
      const way = this.activeWay()
      return way !== undefined && this.sendFrame(request, way)
    })
    this.#selector = new PathSelector({ msPerLossPercent: lossWorthMs(init.weights), ...init.selector })
  }

  get sessionId (): Uint8Array | undefined {
    return this.#pending?.id ?? this.session?.id
  }

  /**
   * Prepares the first init; then the host can route the response here.
   */
  async prepare (): Promise<void> {
    const { message, pending } = await createInit({
      privateKey: this.#init.privateKey,
      remote: this.remote,
      flowLabel: crypto.getRandomValues(new Uint8Array(16)),
      nowMs: this.context.nowS() * 1_000
    })
    this.#pending = pending
    this.#initMessage = message
  }

  /**
   * Makes the session over whatever route works first.
   *
   * @throws UnavailableError when the peer answers neither directly nor over any offered path; the signal's reason
   */
  async establish (signal?: AbortSignal): Promise<void> {
    const established = new Promise<void>((resolve) => { this.#onEstablished = resolve })
    await this.#book.openDefault(signal)
    const untilMs = this.context.now() + HANDSHAKE_DEADLINE_MS
    while (this.session === undefined && this.context.now() < untilMs && !this.isClosed) {
      signal?.throwIfAborted()
      if (this.#book.routes.length === 0 || this.context.now() > untilMs - HANDSHAKE_DEADLINE_MS / 2) {
        await this.#query()
      }
      for (const route of this.#book.routes) {
        this.context.endpoint.send(route.way, this.#initMessage as Uint8Array)
      }
      await Promise.race([established, new Promise((resolve) => setTimeout(resolve, INIT_INTERVAL_MS))])
    }
    if (this.session === undefined) {
      throw new UnavailableError(`${this.remote.toString()} answers neither directly nor over any offered path: is it running and attached?`)
    }
  }

  /** The response to our init. */
  async complete (arrival: Arrival): Promise<void> {
    if (this.#pending !== undefined && this.session === undefined) {
      this.session = await this.#pending.complete(arrival.payload, this.context.nowS() * 1_000)
      // what was offered before may need the peer to attach, for which it can be asked now
      this.#nextQueryMs = 0
      this.#onEstablished?.()
    }
  }

  /** Waits until the offered paths have been measured and a route was chosen by that. */
  async settled (): Promise<void> {
    const untilMs = this.context.now() + SETTLE_DEADLINE_MS
    while (!this.#isSettled() && this.context.now() < untilMs && !this.isClosed) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  get status (): ChannelStatus {
    return new ChannelStatus({ remote: this.remote, routes: this.#book.routes, decision: this.#decision, answers: this.#answers })
  }

  /** Offered paths that could not be used (their forwarders, joined), and why. */
  get refusals (): ReadonlyMap<string, string> {
    return new Map([...this.context.providers.leftOut(this.#answers), ...this.#book.refusals])
  }

  /** Asks all RSPs now. */
  async refresh (): Promise<void> {
    await this.#query()
  }

  override tick (nowMs: number): void {
    if (this.session === undefined || this.isClosed) {
      return
    }
    this.closeIfIdle(nowMs)
    const stalled = nowMs - this.#lastTickMs > STALLED_MS
    this.#lastTickMs = nowMs
    for (const route of this.#book.routes) {
      if (!stalled && route.check(nowMs)) {
        this.#failed(route, 'it stopped answering')
      }
      this.#echo(route, nowMs)
    }
    this.#promises.check(this.#book.routes, nowMs)
    if (nowMs >= this.#nextQueryMs) {
      void this.#query()
    }
    this.#decide(nowMs)
    if (nowMs >= this.#nextUseMs) {
      this.#announce(nowMs)
    }
  }

  /** A notice about a packet of ours. A hint: the route is left, and comes back when it answers. */
  onNotice (notice: Notice): void {
    const route = this.#book.byTag(notice.pathTag)
    if (route === undefined || notice.code === NoticeCode.overQuota) {
      return
    }
    if (notice.code === NoticeCode.notAuthorized) {
      void this.#book.authorize(route)
    }
    const broken = this.#book.nodeAfter(route, notice.reporter)
    if (notice.code === NoticeCode.noSuchNeighbour && broken !== undefined) {
      this.#avoid.set(broken.toString(), { peer: broken, untilMs: this.context.now() + AVOID_MS })
    }
    if (route.died(this.context.now())) {
      this.#failed(route, `a forwarder says ${noticeName(notice.code)}`)
      this.#decide(this.context.now())
    }
  }

  protected override activeWay (): Way | undefined {
    return this.#activeRoute?.way
  }

  protected override activePath (): { key: string, rttMs?: number } {
    const route = this.#activeRoute
    return route === undefined ? { key: 'none' } : { key: route.id, rttMs: route.samples > 0 ? route.rttMs : undefined }
  }

  get #activeRoute (): Route | undefined {
    return this.#decision.route as Route | undefined ?? this.#book.routes.find(({ alive }) => alive)
  }

  protected override onFrame (frame: Frame, arrival: Arrival): void {
    if (frame.type === 'echo-reply') {
      this.context.access.used(arrival.from.peer)
      const number = Number(new DataView(frame.id.buffer, frame.id.byteOffset, 8).getBigUint64(0))
      const route = this.#echoes.get(number)
      this.#echoes.delete(number)
      route?.echoReceived(number, this.context.now())
    } else if (frame.type === 'attach-result') {
      this.#exits.answered(frame.forwarder, frame.status === AttachStatus.attached)
    }
  }

  #echo (route: Route, nowMs: number): void {
    if (!route.isEchoDue(nowMs, this.#echoIntervalMs(route))) {
      return
    }
    const id = new Uint8Array(8)
    const number = ++this.#echoNumber
    new DataView(id.buffer).setBigUint64(0, BigInt(number))
    this.sendFrame(encodeEchoRequest(id), route.way)
    route.echoSent(number, nowMs)
    this.#echoes.set(number, route)
    this.#echoes.delete(number - MAX_ECHOES)
  }

  #echoIntervalMs (route: Route): number {
    if (!route.alive) {
      return IDLE_ECHO_MS
    }
    if (route.samples < QUICK_ECHOES) {
      return QUICK_ECHO_MS
    }
    if (route.id === this.#decision.route?.id) {
      return ACTIVE_ECHO_MS
    }
    return route.isDefault ? DEFAULT_ECHO_MS : IDLE_ECHO_MS
  }

  #failed (route: Route, why: string): void {
    this.context.log('%s of the channel to %p is broken: %s', route.label, this.remote, why)
    if (route.id === this.#decision.route?.id) {
      this.#nextQueryMs = Math.min(this.#nextQueryMs, this.context.now() + URGENT_QUERY_INTERVAL_MS)
    }
    if (route.isDefault) {
      this.#reopenDefault()
    }
  }

  /** Beside all else: a peer that cannot be dialled must not delay the search for paths. */
  #reopenDefault (): void {
    if (!this.#book.hasDefaultLink) {
      void this.#book.openDefault()
    }
  }

  #decide (nowMs: number): void {
    const before = this.#decision.route?.id
    this.#decision = this.#selector.decide(this.#book.routes, nowMs)
    if (this.#decision.route?.id !== before) {
      this.#announce(nowMs)
      this.pathChanged()
      this.safeDispatchEvent('route', { detail: { text: this.status.text, reason: this.#decision.reason } })
    }
  }

  /** Tells the peer on which route to answer. */
  #announce (nowMs: number): void {
    const way = this.activeWay()
    if (way !== undefined) {
      this.sendFrame(USE_THIS_ROUTE, way)
    }
    this.#nextUseMs = nowMs + USE_INTERVAL_MS
  }

  #isSettled (): boolean {
    return this.#queried && !this.#querying && this.#book.routes.every(({ samples, alive }) => samples >= QUICK_ECHOES || !alive)
  }

  async #query (): Promise<void> {
    if (this.#querying || this.isClosed) {
      return
    }
    this.#querying = true
    this.#nextQueryMs = this.context.now() + QUERY_INTERVAL_MS
    try {
      this.#reopenDefault()
      const { providers, access, self } = this.context
      this.#answers = await providers.ask({
        source: self,
        destination: this.remote,
        sourceAccess: access.points,
        destinationAccess: await this.#destinationAccess(),
        weights: this.#init.weights,
        avoid: this.#avoided()
      }, this.#flow)
      const chosen = providers.rank(this.#answers, this.#flow, lossWorthMs(this.#init.weights))
      this.#promises.note(this.#answers, chosen, this.#book.routes, this.context.now())
      await this.#book.update(chosen, async (exit) => this.#attachPeer(exit), () => this.#decision.route?.id)
      if (this.#book.hasLost || this.#answers.every(({ paths }) => paths.length === 0)) {
        this.#nextQueryMs = this.context.now() + 2 * URGENT_QUERY_INTERVAL_MS
      }
    } catch (error) {
      this.context.log('asking for routes to %p failed - %e', this.remote, error)
      this.#nextQueryMs = this.context.now() + 2 * URGENT_QUERY_INTERVAL_MS
    } finally {
      this.#querying = false
      this.#queried = true
    }
  }

  /** From the peer's descriptor, a fresh one if it can be had. */
  async #destinationAccess (): Promise<Array<{ forwarder: PeerId, rttUs: number, attached: boolean }>> {
    const known = this.#init.descriptor
    const { discovery } = this.context
    const descriptor = await discovery.describe(this.remote, { fresh: true }).catch(() => known)
    return descriptor.host?.access ?? []
  }

  #avoided (): PeerId[] {
    const nowMs = this.context.now()
    for (const [key, { untilMs }] of this.#avoid) {
      if (untilMs <= nowMs) {
        this.#avoid.delete(key)
      }
    }
    return [...this.#avoid.values()].map(({ peer }) => peer)
  }

  /** Needs the session: before it only exits at which the peer is attached already are of use. */
  async #attachPeer (exit: PeerId): Promise<boolean> {
    const descriptor = this.context.discovery.directory.get(exit)
    return descriptor !== undefined && this.#exits.attach(descriptor)
  }

  protected override ended (): void {
    super.ended()
    this.#book.close()
    this.#exits.stop()
  }
}

/** What one percent of loss is worth in ms to whoever gave these weights; without weights the selector's own default. */
function lossWorthMs (weights: { delay: number, loss: number } | undefined): number | undefined {
  return weights === undefined ? undefined : weights.loss / Math.max(weights.delay, MIN_DELAY_WEIGHT)
}
