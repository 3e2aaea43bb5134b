// Finds out that the peer of a channel has forgotten its session: it was restarted, or has given the channel up and could not say so. Envelopes of an unknown
// session are dropped in silence, so all routes look dead, and stay so however well they work. While nothing comes the peer is asked for a new
// session; where it answers that, as only the holder of its key can, and then still nothing in the old one, the channel is of no use any more.
//
// Who can drop envelopes on all routes, and lets only this question pass, ends the channel sooner than by silence, and gains nothing else.
import { SessionOpening } from './session-opening.ts'
import { detectionMs } from './detection-time.ts'
import { encodeClose } from '../../protocols/envelope/codec.ts'
import { equals } from 'uint8arrays/equals'
import { CloseReason } from '../../protocols/envelope/constants.ts'
import type { Arrival } from '../link/endpoint.ts'
import type { Way } from '../link/way.ts'
import type { Route } from './route.ts'
import type { Logger, PeerId, PrivateKey } from '@libp2p/interface'

/** By then most changes to other routes are over, and detection on paths that are far. */
const SILENT_MS = 3_000
/** Between a question that nobody has answered within ten seconds (session-opening.ts) and the next: a peer may stay away for long. */
const PAUSE_MS = 5_000
/** A peer that starts again cannot be dialled before it listens. */
const REDIAL_MS = 2_000
/** A route may have come back just now: so many echoes in the old session follow the answer. They take as long as detection does, and as the answer took: a busy peer is late with both. */
const ECHOES = 4
const LEAST_WAIT_MS = 1_000
const MOST_WAIT_MS = 3_000

export interface SessionCheckInit {
  remote: PeerId
  privateKey: PrivateKey
  routes: () => readonly Route[]
  /** Dials the peer where there is no link to it. */
  reopenDefault: () => Promise<void>
  /** As it is, for it is an envelope. */
  send: (envelope: Uint8Array, way: Way) => boolean
  /** Asks for an answer in the session of the channel. */
  sendEcho: (way: Way) => void
  /** When something came last in that; monotonic, ms. */
  lastArrivalMs: () => number
  isClosed: () => boolean
  onForgotten: () => void
  /** Monotonic, ms. */
  now: () => number
  /** Unix time in ms. */
  nowUnixMs: () => number
  log: Logger
}

export class SessionCheck {
  readonly #init: SessionCheckInit
  /** The last one: an answer may come when it is no longer of use, and its session must be closed, too. */
  #question: SessionOpening | undefined
  #isAsking = false
  #nextMs = -Infinity

  constructor (init: SessionCheckInit) {
    this.#init = init
  }

  get isAsking (): boolean {
    return this.#isAsking
  }

  /** Is this the id of the session that was asked for last? */
  asksFor (sessionId: Uint8Array): boolean {
    const id = this.#question?.sessionId
    return id !== undefined && equals(id, sessionId)
  }

  /** Asks if it is time to. */
  tick (nowMs: number): void {
    if (!this.#isAsking && nowMs >= this.#nextMs && this.#isSilent()) {
      void this.#ask()
    }
  }

  /** The response to the question. @throws what `PendingSession.complete` does */
  async complete (arrival: Arrival): Promise<void> {
    const question = this.#question
    const session = await question?.complete(arrival.payload)
    if (session !== undefined) {
      const way = arrival.answerOn()
      if (way !== undefined) {
        // it was only asked for
        this.#init.send(session.seal(encodeClose(CloseReason.normal)), way)
      }
      question?.established()
    }
  }

  async #ask (): Promise<void> {
    const { remote, privateKey, now, nowUnixMs, routes, reopenDefault, send, onForgotten, log } = this.#init
    const askedMs = now()
    this.#isAsking = true
    const question = this.#question = new SessionOpening({ remote, privateKey, now, nowUnixMs })
    try {
      await question.prepare()
      await question.run({
        routes,
        openDefault: reopenDefault,
        askForPaths: async () => {
          await reopenDefault()
          await pause(REDIAL_MS)
        },
        send: (message, { way }) => send(message, way),
        isClosed: () => !this.#isSilent()
      })
      if (await this.#staysSilent(now() - askedMs)) {
        log('%p has forgotten the session of a channel', remote)
        onForgotten()
      }
    } catch (error) {
      log('it is not known whether %p knows the session of a channel - %e', remote, error)
    } finally {
      this.#isAsking = false
      this.#nextMs = now() + PAUSE_MS
    }
  }

  async #staysSilent (tookMs: number): Promise<boolean> {
    const { routes, sendEcho } = this.#init
    const rttMs = Math.max(0, ...routes().filter(({ samples }) => samples > 0).map((route) => route.rttMs))
    const intervalMs = Math.max(LEAST_WAIT_MS, detectionMs(rttMs), Math.min(MOST_WAIT_MS, tookMs)) / ECHOES
    for (let sent = 0; sent < ECHOES && this.#isSilent(); sent++) {
      for (const { way } of routes()) {
        sendEcho(way)
      }
      await pause(intervalMs)
    }
    return this.#isSilent()
  }

  #isSilent (): boolean {
    const { isClosed, lastArrivalMs, now } = this.#init
    return !isClosed() && now() - lastArrivalMs() >= SILENT_MS
  }
}

async function pause (forMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, forMs))
}
