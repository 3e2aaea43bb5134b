// The initiator's handshake: one init, sent over whatever routes there are until a response comes over any of them. The default route and the RSPs are
// asked side by side, since a peer behind a NAT takes as long to not answer as a dial may take.
import { UnavailableError } from '../../protocols/errors.ts'
import { createInit } from '../../protocols/envelope/handshake.ts'
import type { PendingSession } from '../../protocols/envelope/handshake.ts'
import type { Session } from '../../protocols/envelope/session.ts'
import type { Route } from './route.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

const DEADLINE_MS = 10_000
const INIT_INTERVAL_MS = 700
/** So long the default route alone is tried: most peers can be dialled, and answer. */
const DEFAULT_ALONE_MS = 700
/** Between two rounds of questions, when the first brought nothing that works. */
const ASK_INTERVAL_MS = 1_000
const POLL_MS = 50

export interface SessionOpeningInit {
  remote: PeerId
  privateKey: PrivateKey
  /** Unix time in ms. */
  nowUnixMs: () => number
  /** Monotonic, ms. */
  now: () => number
}

export interface OpeningRoutes {
  routes: () => readonly Route[]
  openDefault: (signal?: AbortSignal) => Promise<void>
  /** Asks RSPs; ends when what they offer can be used. */
  askForPaths: () => Promise<void>
  /** @returns false when it could not be sent */
  send: (init: Uint8Array, route: Route) => boolean
  isClosed: () => boolean
}

export class SessionOpening {
  readonly #init: SessionOpeningInit
  #pending: PendingSession | undefined
  #message: Uint8Array | undefined
  readonly #done = Promise.withResolvers<void>()
  #isDone = false
  #triedRoutes = 0
  #nextInitMs = -Infinity
  #nextAskMs = -Infinity

  constructor (init: SessionOpeningInit) {
    this.#init = init
  }

  get sessionId (): Uint8Array | undefined {
    return this.#pending?.id
  }

  /** Makes the init; then the host can route the response here. */
  async prepare (): Promise<void> {
    const { privateKey, remote, nowUnixMs } = this.#init
    const { message, pending } = await createInit({ privateKey, remote, flowLabel: crypto.getRandomValues(new Uint8Array(16)), nowMs: nowUnixMs() })
    this.#pending = pending
    this.#message = message
  }

  /**
   * Ends when a response was taken.
   *
   * @throws UnavailableError when the peer answers neither directly nor over any offered path; the signal's reason
   */
  async run (over: OpeningRoutes, signal?: AbortSignal): Promise<void> {
    const { now, remote } = this.#init
    const startMs = now()
    let isDefaultTried = false
    void over.openDefault(signal).finally(() => { isDefaultTried = true })
    while (!this.#isDone && now() < startMs + DEADLINE_MS && !over.isClosed()) {
      signal?.throwIfAborted()
      this.#sendInits(over)
      const isAlone = !isDefaultTried && now() < startMs + DEFAULT_ALONE_MS
      if (!isAlone && (over.routes().length === 0 || now() >= startMs + DEFAULT_ALONE_MS)) {
        this.#ask(over)
      }
      await Promise.race([this.#done.promise, new Promise((resolve) => setTimeout(resolve, POLL_MS))])
    }
    signal?.throwIfAborted()
    if (!this.#isDone) {
      throw new UnavailableError(`${remote.toString()} answers neither directly nor over any offered path: is it running and attached?`)
    }
  }

  /** The response to our init. @returns undefined when there is a session already; throws what `PendingSession.complete` does */
  async complete (response: Uint8Array): Promise<Session | undefined> {
    return this.#isDone ? undefined : this.#pending?.complete(response, this.#init.nowUnixMs())
  }

  /** The session is in use. */
  established (): void {
    this.#isDone = true
    this.#done.resolve()
  }

  /** Over all routes, from time to time and when there is a new one. */
  #sendInits ({ routes, send }: OpeningRoutes): void {
    const nowMs = this.#init.now()
    const all = routes()
    if (all.length > this.#triedRoutes || nowMs >= this.#nextInitMs) {
      this.#triedRoutes = all.length
      this.#nextInitMs = nowMs + INIT_INTERVAL_MS
      for (const route of all) {
        send(this.#message as Uint8Array, route)
      }
    }
  }

  #ask ({ askForPaths }: OpeningRoutes): void {
    const { now } = this.#init
    if (now() >= this.#nextAskMs) {
      this.#nextAskMs = Infinity
      void askForPaths().finally(() => { this.#nextAskMs = now() + ASK_INTERVAL_MS })
    }
  }
}
