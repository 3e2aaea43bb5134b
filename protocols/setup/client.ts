/** The client of `/byway/setup/1.0.0`: typed exchanges with any number of peers, over one long-lived stream to each. */
import { OverQuotaError, UnavailableError } from '../errors.ts'
import { Lifetime } from '../lifetime.ts'
import { typed } from '../method.ts'
import { decodeBound, decodeInstalled, decodeRefreshed, encodeBind, encodeInstall, encodeRefresh, encodeRemove } from './codec.ts'
import { DEADLINE_MS, MessageType } from './constants.ts'
import { RequestStream } from '../request-stream/request-stream.ts'
import { SETUP_EXCHANGES } from './setup-protocol.ts'
import type { Bind, Bound, Install, Installed, Refresh, Refreshed, Remove } from './codec.ts'
import type { Connection, Logger, PeerId } from '@libp2p/interface'

/** As many connections as a node lets in by default: a forwarder that serves all of them may be asked to pass on to as many. */
const DEFAULT_MAX_STREAMS = 1_024

export interface SetupClientInit {
  /** A connection to the peer, dialled if there is none. The signal aborts when nobody can wait for it any longer */
  connect: (peer: PeerId, signal: AbortSignal) => Promise<Connection>
  /** Above it the longest idle one is closed */
  maxStreams?: number
  /** For how long a stream stays open with nothing to wait for */
  idleMs?: number
  log?: Logger
}

export interface SetupOptions<R> {
  /** From the call to the answer, the opening of a stream included */
  deadlineMs?: number
  /** Cancels with CancelledError */
  signal?: AbortSignal
  /** A success that came after the call had failed: it may have to be undone */
  onLate?: (result: R) => void
}

/**
 * All calls reject with SetupFailedError (the peer's answer), DeadlineError, CancelledError, UnavailableError (no connection, or the
 * stream is gone: whether the peer did what was asked is not known), ProtocolNotSupportedError, OverQuotaError (too much waits
 * already) or MalformedMessageError. Nothing is asked twice.
 */
export class SetupClient {
  readonly #init: SetupClientInit
  readonly #maxStreams: number
  readonly #streams = new Map<string, RequestStream>()
  readonly #opening = new Map<string, { life: Lifetime, stream: Promise<RequestStream> }>()
  #isStopped = false

  constructor (init: SetupClientInit) {
    this.#init = init
    this.#maxStreams = init.maxStreams ?? DEFAULT_MAX_STREAMS
  }

  /** @param install - one that is passed on for somebody else may be given as it was encoded */
  async install (peer: PeerId, install: Install | Uint8Array, options: SetupOptions<Installed> = {}): Promise<Installed> {
    const body = install instanceof Uint8Array ? install : encodeInstall(install)
    return await this.#exchange(peer, MessageType.install, body, decodeInstalled, options)
  }

  async bind (peer: PeerId, bind: Bind, options: SetupOptions<Bound> = {}): Promise<Bound> {
    return await this.#exchange(peer, MessageType.bind, encodeBind(bind), decodeBound, options)
  }

  async refresh (peer: PeerId, refresh: Refresh, options: SetupOptions<Refreshed> = {}): Promise<Refreshed> {
    return await this.#exchange(peer, MessageType.refresh, encodeRefresh(refresh), decodeRefreshed, options)
  }

  async remove (peer: PeerId, remove: Remove, options: SetupOptions<void> = {}): Promise<void> {
    await this.#exchange(peer, MessageType.remove, encodeRemove(remove), () => {}, options)
  }

  /** Closes all streams; what waits ends with UnavailableError. */
  async stop (): Promise<void> {
    this.#isStopped = true
    for (const { life } of this.#opening.values()) {
      life.end(new UnavailableError('the set-up client was stopped'))
    }
    await Promise.allSettled([...this.#opening.values()].map(async ({ stream }) => await stream))
    await Promise.all([...this.#streams.values()].map(async stream => { await stream.close() }))
  }

  async #exchange<R> (peer: PeerId, type: MessageType, body: Uint8Array, decode: (body: Uint8Array) => R, options: SetupOptions<R>): Promise<R> {
    const { signal, onLate, deadlineMs = DEADLINE_MS } = options
    const startedMs = performance.now()
    const key = peer.toString()
    const known = this.#streams.get(key)
    const stream = known?.isOpen === true ? known : await this.#opened(peer, key, deadlineMs, signal)
    const answer = await stream.request(type, body, {
      signal,
      deadlineMs: Math.max(0, deadlineMs - (performance.now() - startedMs)),
      onLate: onLate === undefined ? undefined : (_, late) => { onLate(decode(late)) }
    })
    return decode(answer)
  }

  /** Callers that come while a stream is being opened share it; each waits no longer than it may. */
  async #opened (peer: PeerId, key: string, deadlineMs: number, signal?: AbortSignal): Promise<RequestStream> {
    const life = new Lifetime(signal)
    life.arm(deadlineMs, `stream to ${peer}`)
    try {
      life.signal.throwIfAborted()
      return await life.race((this.#opening.get(key) ?? this.#startOpening(peer, key)).stream)
    } finally {
      life.clear()
    }
  }

  #startOpening (peer: PeerId, key: string): { stream: Promise<RequestStream> } {
    if (this.#isStopped) {
      throw new UnavailableError('the set-up client was stopped')
    }
    this.#makeRoom()
    const life = new Lifetime()
    life.arm(DEADLINE_MS, `stream to ${peer}`)
    const opening = { life, stream: this.#open(peer, key, life) }
    this.#opening.set(key, opening)
    const done = (): void => {
      life.clear()
      this.#opening.delete(key)
    }
    opening.stream.then(done, done)
    return opening
  }

  async #open (peer: PeerId, key: string, life: Lifetime): Promise<RequestStream> {
    let stream: RequestStream | undefined
    const onClose = (): void => {
      if (stream !== undefined && this.#streams.get(key) === stream) {
        this.#streams.delete(key)
      }
    }
    try {
      const { connect, idleMs, log } = this.#init
      const connection = await life.race(connect(peer, life.signal))
      stream = await RequestStream.open(connection, SETUP_EXCHANGES, { signal: life.signal, idleMs, onClose, log })
      if (this.#isStopped) {
        await stream.close()
      }
      if (!stream.isOpen) {
        throw new UnavailableError(`${peer} ended the stream`)
      }
      this.#streams.set(key, stream)
      return stream
    } catch (cause) {
      throw typed(cause, life.signal)
    }
  }

  #makeRoom (): void {
    if (this.#streams.size + this.#opening.size < this.#maxStreams) {
      return
    }
    let longestIdle: RequestStream | undefined
    for (const stream of this.#streams.values()) {
      if (stream.outstanding === 0 && stream.lastUsedMs < (longestIdle?.lastUsedMs ?? Infinity)) {
        longestIdle = stream
      }
    }
    if (longestIdle === undefined) {
      throw new OverQuotaError(`set-ups with ${this.#maxStreams} peers are on their way: wait for one to end`)
    }
    void longestIdle.close()
  }
}
