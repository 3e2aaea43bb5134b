// The initiating end of a channel: gets offers, measures the routes that they promise beside the default one, uses the best,
// and leaves it when it fails. It puts together: the handshake (session-opening.ts), the routes (route-book.ts), what measures them
// and changes between them (route-steering.ts), and what asks RSPs (route-queries.ts).
import { afterInput } from '../link/end-of-tick.ts'
import { encodeEchoRequest, numbered, readUint64, sessionIdOf } from '../../protocols/envelope/codec.ts'
import { isNodeAt, nodeIdOf } from '../../protocols/forward/node-id.ts'
import { AS_ECHO, Channel } from './channel.ts'
import { ChannelStatus } from './channel-status.ts'
import { DatagramSpread } from './datagram-spread.ts'
import { ExitRequests } from './exit-requests.ts'
import { HeardRoutes } from './heard-routes.ts'
import { heedNotice } from './route-notices.ts'
import { holdPath } from './path-hold.ts'
import { PromiseWatch } from './promise-watch.ts'
import { RouteAnnouncer } from './route-announcer.ts'
import { RouteBook } from './route-book.ts'
import { QUICK_ECHOES } from './route-monitor.ts'
import { RouteQueries } from './route-queries.ts'
import { RouteWatches } from './route-watches.ts'
import { RouteSteering } from './route-steering.ts'
import { lossWorthMs } from './route-cost.ts'
import { selectorOf } from './spreading-selector.ts'
import { startTimer } from './start-timer.ts'
import { SwitchHistory } from './switch-history.ts'
import { SessionCheck } from './session-check.ts'
import { SessionOpening } from './session-opening.ts'
import { USE_THIS_ROUTE } from './incoming-channel.ts'
import type { Arrival, SendOptions } from '../link/endpoint.ts'
import type { Way } from '../link/way.ts'
import type { AskedText } from './asked-text.ts'
import type { ChannelContext, ChannelEnd } from './channel.ts'
import type { Decision, PathSelectorInit } from './path-selector.ts'
import type { Primitive } from './path-hold.ts'
import type { ProviderAnswer, RouteWish } from './provider-set.ts'
import type { Route } from './route.ts'
import type { Frame } from '../../protocols/envelope/codec.ts'
import type { Notice } from '../../protocols/forward/notice.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const SETTLE_DEADLINE_MS = 15_000
/** Of an echo whose answer shows only that the session is known; those of routes count from 1. */
const NO_NUMBER = 0

export interface OutgoingChannelInit {
  context: ChannelContext
  descriptor: VerifiedDescriptor
  privateKey: PrivateKey
  weights?: { delay: number, loss: number }
  selector?: PathSelectorInit
  primitive?: Primitive
  /** In the query language; how it weighs delay and loss counts where there are no weights. */
  asked?: AskedText
}

export class OutgoingChannel extends Channel {
  readonly switches = new SwitchHistory(this)
  readonly #opening: SessionOpening
  readonly #check: SessionCheck
  readonly #book: RouteBook
  readonly #steering: RouteSteering
  readonly #queries: RouteQueries
  readonly #announcer: RouteAnnouncer
  readonly #spread: DatagramSpread
  readonly #exits: ExitRequests
  readonly #heard: HeardRoutes
  readonly #promises: PromiseWatch
  readonly #watches: RouteWatches
  #watchedWish: RouteWish | undefined
  /** What is wanted of its routes, in the query language. */
  readonly query: string | undefined
  readonly #flow: number
  readonly #lossWorthMs: number | undefined
  /** Whose offers were taken last, best first. */
  #chosen: readonly ProviderAnswer[] = []

  constructor ({ context, descriptor, privateKey, weights, selector, primitive, asked }: OutgoingChannelInit) {
    super(context, descriptor.peer)
    const { peer: remote } = descriptor
    const { self, now, nowS, endpoint, installer, failures, providers, access, discovery, log } = context
    this.#spread = new DatagramSpread(selector?.spread ?? 'single', (way, envelope) => endpoint.send(way, envelope))
    this.#announcer = new RouteAnnouncer(() => { this.#announce() })
    const nowUnixMs = (): number => nowS() * 1_000
    this.#opening = new SessionOpening({ remote, privateKey, now, nowUnixMs })
    this.#check = new SessionCheck({
      remote,
      privateKey,
      routes: () => this.#book.routes,
      reopenDefault: async () => this.#reopenDefault(),
      send: (envelope, way) => endpoint.send(way, envelope),
      sendEcho: (way) => { super.sendFrame(encodeEchoRequest(numbered(NO_NUMBER)), way, AS_ECHO) },
      lastArrivalMs: () => this.lastArrivalMs,
      isClosed: () => this.isClosed,
      onForgotten: () => { this.ended('forgotten') },
      now,
      nowUnixMs,
      log
    })
    this.#book = new RouteBook({
      context,
      remote,
      channel: this,
      primitive,
      onLost: (route, reason) => { this.#steering.failed(route, reason) },
      onRefused: (path) => { this.#promises.refused(path) },
      onForgotten: () => { this.#steering.forgotten() },
      onRenewed: (route) => { if (route === this.#activeRoute) this.#announcer.changed(now()) },
      onUnreachable: (entry) => { this.#queries.avoid(entry) },
      isBroken: ({ forwarders }) => asked?.brokenBy(forwarders) !== undefined,
      hold: async (path, how, signal) => holdPath(path, how, { self: endpoint.self, remote, installer, signal })
    })
    this.#heard = new HeardRoutes(this.#book)
    this.#flow = providers.newFlow()
    this.#lossWorthMs = lossWorthMs(weights ?? asked?.weights)
    this.#promises = new PromiseWatch({
      scores: providers.scores,
      access: () => access.points,
      peerAccess: () => (discovery.directory.get(remote) ?? descriptor).host?.access ?? []
    })
    this.#steering = new RouteSteering({
      routes: () => this.#book.routes,
      selector: selectorOf({ msPerLossPercent: this.#lossWorthMs, ...selector }),
      failures,
      sendEcho: (number, { way }) => super.sendFrame(encodeEchoRequest(numbered(number)), way, AS_ECHO) || endpoint.links.getAt(way.neighbour, 0) === undefined,
      onSwitch: (decision) => { this.#switched(decision) },
      onFailed: (route, why) => { this.#failed(route, why) },
      afterInput,
      now,
      startTimer
    })
    this.#queries = new RouteQueries({
      self,
      descriptor,
      providers: { ask: async (wish) => providers.ask(wish, this.#flow) },
      access,
      discovery,
      failures,
      weights,
      asked,
      take: async (answers, askedMs) => this.#take(answers, askedMs),
      wantsBackupOf: () => this.#steering.alone?.path,
      now,
      log
    })
    this.query = asked?.text
    this.#watches = new RouteWatches({
      // drawn, so that no other channel has it
      number: providers.newFlow(),
      watch: async (rsp, watch, signal) => {
        const wish = this.#watchedWish = await this.#queries.wish()
        return providers.watch(rsp, wish, watch, signal)
      },
      release: (rsp, number) => { void providers.endWatch(rsp, this.#watchedWish, number) },
      onTold: ({ event }, rsp) => {
        log('%p says that the path to %p is not the best any more: %s', rsp, remote, event)
        const { active } = this.#steering
        if (event === 'failed' && asked !== undefined && active?.path?.rsp.equals(rsp) === true) {
          this.#book.disown(active.id)
        }
        this.#queries.hasten()
      },
      now,
      startTimer
    })
    this.#exits = new ExitRequests((request) => {
      const way = this.activeWay()
      return way !== undefined && this.sendFrame(request, way)
    })
  }

  get sessionId (): Uint8Array | undefined {
    return this.#opening.sessionId ?? this.session?.id
  }

  /** Prepares the first init; then the host can route the response here. */
  async prepare (): Promise<void> {
    await this.#opening.prepare()
  }

  /**
   * Makes the session over whatever route works first.
   *
   * @throws UnavailableError when the peer answers neither directly nor over any offered path; the signal's reason
   */
  async establish (signal?: AbortSignal): Promise<void> {
    await this.#opening.run({
      routes: () => this.#book.routes,
      openDefault: async (cancel) => this.#book.openDefault(cancel),
      askForPaths: async () => this.#queries.ask(),
      send: (init, route) => this.context.endpoint.send(route.way, init),
      isClosed: () => this.isClosed
    }, signal)
  }

  /** Does a response with this session id belong to this channel, though its session has another? */
  asksFor (sessionId: Uint8Array): boolean {
    return this.#check.asksFor(sessionId)
  }

  /** The response to our init, or to the question whether the peer still knows the session. */
  async complete (arrival: Arrival): Promise<void> {
    if (this.asksFor(sessionIdOf(arrival.payload))) {
      await this.#check.complete(arrival)
      return
    }
    const session = await this.#opening.complete(arrival.payload)
    if (session !== undefined && this.session === undefined) {
      this.session = session
      // what was offered before may need the peer to attach, for which it can be asked now
      this.#queries.askAtOnce()
      this.#opening.established()
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
    const { answers, hasAsked } = this.#queries
    return new ChannelStatus({ remote: this.remote, routes: this.#book.routes, decision: this.#steering.decision, answers, hasAsked })
  }

  /** Offered paths that could not be used (their forwarders, joined), and why. */
  get refusals (): ReadonlyMap<string, string> {
    return new Map([...this.context.providers.leftOut(this.#queries.answers), ...this.#book.refusals])
  }

  /** Asks all RSPs now. */
  async refresh (): Promise<void> {
    await this.#queries.ask()
  }

  override tick (nowMs: number): void {
    if (this.session === undefined || this.isClosed) {
      return
    }
    this.closeIfIdle(nowMs)
    if (this.isClosed) {
      return
    }
    this.#check.tick(nowMs)
    this.#steering.tick()
    this.#promises.check(this.#book.routes, nowMs)
    this.#queries.tick(nowMs)
    this.#announcer.tick(nowMs)
  }

  onNotice (notice: Notice): void {
    const { remote, context: { failures } } = this
    heedNotice(notice, { remote, book: this.#book, steering: this.#steering, queries: this.#queries, promises: this.#promises, failures })
  }

  /** The link to a neighbour has ended: nothing can leave on the routes over it. */
  onLinkDown (neighbour: PeerId): void {
    const { links } = this.context.endpoint
    const broken = links.get(neighbour) === undefined
      ? this.#book.routes.filter(({ way }) => isNodeAt(way.neighbour, 0, nodeIdOf(neighbour)))
      : []
    if (broken.some(({ isDefault }) => !isDefault)) {
      this.context.failures.gone(neighbour)
    }
    for (const route of broken) {
      this.#steering.broke(route, 'the link to its first node has ended')
    }
    if (broken.some(({ isDefault }) => isDefault)) {
      void this.#reopenDefault()
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
    return this.#steering.active ?? this.#book.routes.find(({ alive }) => alive)
  }

  protected override onData (arrival: Arrival): void {
    this.#heard.heard(arrival, this.streamPath, this.context.now())
  }

  protected override onFrame (frame: Frame, arrival: Arrival): void {
    if (frame.type === 'echo-reply') {
      this.context.access.used(arrival.from.peer)
      this.#steering.answered(readUint64(frame.id, 0), this.streamPath?.ownQueueMs(this.context.now()))
    } else if (frame.type === 'attach-result') {
      this.#exits.answered(frame.forwarder, frame.status)
    }
  }

  protected override sendFrame (frame: Uint8Array, way: Way, options?: SendOptions): boolean {
    this.#steering.dataSent()
    return super.sendFrame(frame, way, options)
  }

  /** On the route in use; as it was opened, also a copy on the backup, or in turns on several. */
  protected override sendDatagram (frame: Uint8Array): boolean {
    const { active, also } = this.#steering
    const ways = active === undefined || also.length === 0 ? [] : [active, ...also].map(({ way }) => way)
    if (ways.length === 0 || this.session === undefined) {
      return super.sendDatagram(frame)
    }
    this.#steering.dataSent()
    return this.#spread.send(this.session.seal(frame), ways)
  }

  #failed (route: Route, why: string): void {
    this.context.log('%s of the channel to %p is broken: %s', route.label, this.remote, why)
    if (route === this.#steering.active) {
      this.#queries.hasten(route.path?.forwarders)
    }
    if (route.isDefault) {
      void this.#reopenDefault()
    }
  }

  async #reopenDefault (): Promise<void> {
    if (!this.#book.hasDefaultLink) {
      await this.#book.openDefault()
    } else if (this.#book.default?.alive === false) {
      // another link would be made over the same connection
      this.context.endpoint.links.endIfSilent(this.remote)
    }
  }

  #switched ({ reason, cause }: Decision): void {
    this.#announcer.changed(this.context.now())
    this.#watch(this.#chosen)
    this.pathChanged()
    this.safeDispatchEvent('route', { detail: { text: this.status.text, reason, cause } })
  }

  #announce (): void {
    const way = this.activeWay()
    if (way !== undefined) {
      super.sendFrame(USE_THIS_ROUTE, way)
    }
  }

  #isSettled (): boolean {
    return this.#queries.isSettled && this.#book.routes.every(({ samples, alive }) => samples >= QUICK_ECHOES || !alive)
  }

  async #take (answers: readonly ProviderAnswer[], askedMs: number): Promise<boolean> {
    if (this.isClosed) {
      return true
    }
    // beside all else: a peer that cannot be dialled must not delay the search for paths
    void this.#reopenDefault()
    const { active, backup } = this.#steering
    const { providers, now } = this.context
    const chosen = this.#chosen = providers.rank(answers, this.#flow, this.#lossWorthMs)
    this.#promises.note(answers, chosen, this.#book.routes, now())
    await this.#book.update(chosen, async (exit) => this.#attachPeer(exit), (id) => id === active?.id || id === backup?.id, { answers, askedMs })
    this.#watch(chosen)
    return !this.#book.hasLost && !this.#book.hasRefusedAll
  }

  /** Those whose offers are taken, best first, tell of better ones. */
  #watch (chosen: readonly ProviderAnswer[]): void {
    const { providers } = this.context
    const watchful = new Set(providers.watchful.map(String))
    const rsps = new Map(chosen.filter(({ rsp }) => watchful.has(rsp.toString())).map(({ rsp }) => [rsp.toString(), rsp]))
    if (!this.isClosed) {
      this.#watches.set([...rsps.values()], this.#steering.active?.path?.forwarders ?? [])
    }
  }

  /** Needs the session: before it only exits at which the peer is attached already are of use. */
  async #attachPeer (exit: PeerId): Promise<boolean> {
    const descriptor = this.context.discovery.directory.get(exit)
    if (descriptor === undefined || this.session === undefined) {
      return false
    }
    const answer = await this.#exits.attach(descriptor)
    if (answer === 'declined') {
      this.#queries.avoid(exit)
    }
    return answer === 'attached'
  }

  protected override ended (why: ChannelEnd): void {
    super.ended(why)
    this.#steering.stop()
    this.#watches.close()
    this.#book.close()
    this.#exits.stop()
  }
}
