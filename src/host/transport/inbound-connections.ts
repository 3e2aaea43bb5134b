// Channels that other underlays open to ours, until each is a connection of the application: one stream, a welcome, libp2p's upgrade. Bounded, for each
// underlay and in all, and each step has a deadline.
import { INTRODUCTION_DEADLINE_MS } from '../../../protocols/identity/constants.ts'
import { NotFoundError, OverQuotaError, UnavailableError } from '../../../protocols/errors.ts'
import { closeLater } from './application-connections.ts'
import { UpgradeTurns } from './upgrade-turns.ts'
import { WaitingRoom } from '../../defence/waiting-room.ts'
import { within } from '../../discovery/within.ts'
import { welcome } from './introduction.ts'
import type { Channel } from '../channel.ts'
import type { ChannelConnection } from './channel-connection.ts'
import type { ChannelStream } from '../stream/channel-stream.ts'
import type { Underlay } from './underlay.ts'
import type { Logger, PeerId, Upgrader } from '@libp2p/interface'

export interface InboundConnectionsInit {
  underlay: Underlay
  /** For which the underlay speaks. */
  application: PeerId
  /** Of a listener, if there is one. */
  upgrader: () => Upgrader | undefined
  connect: (application: PeerId, channel: Channel, stream: ChannelStream, received: Uint8Array) => ChannelConnection
  /** In all; one underlay has an eighth of them. */
  maxPending: number
  /** Ends all that is not ready. */
  signal: AbortSignal
  onRefused: (error: unknown) => void
  log: Logger
}

/** Time for the reason of a refusal to arrive. */
const REFUSED_MS = 1_000
/** Of the places, for one underlay. */
const SHARE = 1 / 8
/** What libp2p's handshake takes with an honest peer far away. */
const UPGRADE_DEADLINE_MS = 5_000
/** From an introduction until a connection is ready, some turns of others included. */
const GRACE_MS = 5_000

/** A connection that is not ready yet. */
interface Pending {
  channel: Channel
  /** Has it said who it is? */
  isIntroduced: boolean
}

export class InboundConnections {
  readonly #init: InboundConnectionsInit
  /** The oldest first. */
  readonly #pending = new Set<Pending>()
  /** Those of them that have said who they are. */
  readonly #introduced = new WaitingRoom<Pending>(GRACE_MS)
  readonly #turns = new UpgradeTurns()

  constructor (init: InboundConnectionsInit) {
    this.#init = init
    init.underlay.host.addEventListener('channel', ({ detail }) => { this.#take(detail) })
  }

  /** Not ready yet. */
  get pending (): number {
    return this.#pending.size
  }

  #take (channel: Channel): void {
    const timer = setTimeout(() => { channel.close() }, INTRODUCTION_DEADLINE_MS)
    channel.addEventListener('close', () => { clearTimeout(timer) }, { once: true })
    // one channel, one connection: further streams find no listener and are reset
    channel.addEventListener('stream', ({ detail: stream }) => {
      clearTimeout(timer)
      void this.#accept(channel, stream)
    }, { once: true })
  }

  async #accept (channel: Channel, stream: ChannelStream): Promise<void> {
    const { underlay: { host, binding }, connect, log, onRefused } = this.#init
    const name = channel.remote.toString()
    let connection: ChannelConnection | undefined
    const gone = new AbortController()
    const signal = AbortSignal.any([this.#init.signal, gone.signal])
    channel.addEventListener('close', () => { gone.abort(new UnavailableError('the channel has ended')) }, { once: true })
    const pending = { channel, isIntroduced: false }
    this.#pending.add(pending)
    try {
      const { application, rest } = await welcome(stream, {
        binding: () => binding.bytes,
        admit: () => { this.#makeRoom(pending) },
        expects: (asked) => {
          pending.isIntroduced = true
          this.#introduced.add(name, pending, performance.now())
          this.#upgraderFor(asked)
        },
        verification: { ...host.discovery.verification, underlay: channel.remote },
        signal
      })
      const ready = connection = connect(application, channel, stream, rest)
      await this.#turns.take(name, signal, async () => this.#upgraderFor(this.#init.application).upgradeInbound(ready, { signal: within(UPGRADE_DEADLINE_MS, signal) }))
    } catch (error) {
      log('an inbound connection from %p came to nothing - %e', channel.remote, error)
      onRefused(error)
      connection?.abort(error as Error)
      closeLater(channel, REFUSED_MS)
    } finally {
      this.#forget(pending)
    }
  }

  /**
   * Who has said nothing yet, though its place is needed, gives way to a newcomer: an honest one speaks first. Then who has said who it is and does not
   * get ready: keys cost nothing.
   *
   * @throws OverQuotaError
   */
  #makeRoom (pending: Pending): void {
    const { maxPending } = this.#init
    const all = [...this.#pending]
    const ofPeer = all.filter(({ channel: { remote } }) => remote.equals(pending.channel.remote)).length
    if (ofPeer > Math.max(1, maxPending * SHARE)) {
      throw new OverQuotaError(`${ofPeer - 1} inbound connections of ${pending.channel.remote} are not ready yet: try again later`)
    }
    if (all.length <= maxPending) {
      return
    }
    const leaver = all.find((other) => other !== pending && !other.isIntroduced) ?? this.#introduced.givesWay(pending.channel.remote.toString(), performance.now())
    if (leaver === undefined) {
      throw new OverQuotaError(`${maxPending} inbound connections are not ready yet: try again later`)
    }
    this.#forget(leaver)
    leaver.channel.close()
  }

  #forget (pending: Pending): void {
    this.#pending.delete(pending)
    this.#introduced.delete(pending.channel.remote.toString(), pending)
  }

  /** @throws NotFoundError */
  #upgraderFor (asked: PeerId): Upgrader {
    const upgrader = this.#init.upgrader()
    if (upgrader === undefined || !asked.equals(this.#init.application)) {
      throw new NotFoundError(`${asked} does not listen here`)
    }
    return upgrader
  }
}
