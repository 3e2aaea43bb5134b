// What `byway ping` watches: one channel, opened anew when the peer has closed it or was silent too long, and what it says.
import { rounded } from './output.ts'
import type { Channel, RouteChange } from '../host/channel.ts'
import type { ChannelStatus } from '../host/channel-status.ts'
import type { Host } from '../host/host.ts'
import type { OutgoingChannel } from '../host/outgoing-channel.ts'
import type { PeerId } from '@libp2p/interface'

export interface PingTick {
  tick: number
  destination: string
  /** Measured, smoothed over the last echoes; null while nothing is known or the default route does not answer. */
  defaultRttMs: number | null
  chosen: {
    /** Whose offer is used; `default`, or null when no route works. */
    rsp: string | null
    /** Peer ids of the forwarders, entry first; empty on the default route. */
    path: string[]
    measuredRttMs: number | null
    predictedRttMs: number | null
    /** `via A→B (RSP x, −38 ms)`, `direct`, `default (reason)` or `no route (reason)`. */
    route: string
  }
  /** Has an echo come back on the chosen route since the last tick? */
  answered: boolean
  /** Changes of the route since the last tick. */
  switches: Array<{ route: string, reason: string }>
}

/** A peer that was started anew does not know the old channel. */
const SILENT_TICKS = 10
/** Changes kept between two ticks: more than these are noise. */
const MAX_SWITCHES = 16

export class PingSession {
  readonly #host: Host
  readonly #peer: PeerId
  readonly #preferPath: boolean
  #channel: OutgoingChannel | undefined
  #opening = false
  #silentTicks = 0
  #switches: PingTick['switches'] = []
  #answered = new Map<string, number>()

  constructor (host: Host, peer: PeerId, { preferPath = false }: { preferPath?: boolean }) {
    this.#host = host
    this.#peer = peer
    this.#preferPath = preferPath
  }

  /** @throws NotFoundError, UnavailableError */
  async open (signal?: AbortSignal): Promise<void> {
    const channel = await this.#host.open(this.#peer, { signal, selector: { preferPath: this.#preferPath } })
    this.#answered.clear()
    this.#channel = channel
    channel.addEventListener('route', ({ detail }: CustomEvent<RouteChange>) => { this.#note(detail) })
    channel.addEventListener('close', () => {
      if (this.#channel === channel) {
        this.#note({ text: 'no route', reason: 'the channel was closed; trying to open another one' })
      }
    })
  }

  tick (tick: number): PingTick {
    const status = this.#channel?.isClosed === false ? this.#channel.status : undefined
    const answered = this.#hasAnswered(status)
    this.#silentTicks = answered ? 0 : this.#silentTicks + 1
    if (status === undefined || this.#silentTicks >= SILENT_TICKS) {
      this.#reopen()
    }
    const active = status?.active
    const fallback = status?.default
    const switches = this.#switches
    this.#switches = []
    return {
      tick,
      destination: this.#peer.toString(),
      defaultRttMs: fallback?.alive === true ? rounded(fallback.measuredRttMs) : null,
      chosen: {
        rsp: active === undefined ? null : active.rsp ?? 'default',
        path: active?.path ?? [],
        measuredRttMs: rounded(active?.measuredRttMs),
        predictedRttMs: rounded(active?.predictedRttMs),
        route: status?.text ?? 'no route (the channel is closed)'
      },
      answered,
      switches
    }
  }

  close (): void {
    const channel: Channel | undefined = this.#channel
    this.#channel = undefined
    channel?.close()
  }

  #note ({ text, reason }: Pick<RouteChange, 'text' | 'reason'>): void {
    if (this.#switches.length < MAX_SWITCHES) {
      this.#switches.push({ route: text, reason })
    }
  }

  #hasAnswered (status: ChannelStatus | undefined): boolean {
    const active = status?.active
    const isNew = active !== undefined && active.answered > (this.#answered.get(active.id) ?? 0)
    this.#answered = new Map(status?.routes.map(({ id, answered }) => [id, answered]))
    return isNew
  }

  #reopen (): void {
    if (this.#opening) {
      return
    }
    this.#opening = true
    this.#silentTicks = 0
    this.close()
    this.open().catch((error: Error) => {
      this.#note({ text: 'no route', reason: error.message })
    }).finally(() => { this.#opening = false })
  }
}
