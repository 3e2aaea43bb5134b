// The application's connections over byway: each has a channel of its own, which ends with it. Says how each goes.
import { IncomingChannel } from '../incoming-channel.ts'
import { OutgoingChannel } from '../outgoing-channel.ts'
import type { ChannelConnection } from './channel-connection.ts'
import type { Channel } from '../channel.ts'
import type { ChannelStream } from '../stream/channel-stream.ts'
import type { PeerId } from '@libp2p/interface'

export interface ConnectionStatus {
  /** The application at the other end. */
  remote: string
  direction: 'inbound' | 'outbound'
  /** `via A→B (RSP x, −38 ms)`, `default (reason)`, or `no route (reason)`; of inbound ones, whose route the other side chooses, what is seen of it. */
  route: string
  /** Forwarders of the route in use, the entry first; none on the default route, or where the other side chooses. */
  path: readonly string[]
}

/** The last acknowledgements leave before the channel says that it ends. */
const LINGER_MS = 250
/** A peer that does not even acknowledge a reset has gone. */
const ABANDON_MS = 5_000

interface Entry {
  application: PeerId
  connection: ChannelConnection
  channel: Channel
}

export class ApplicationConnections {
  readonly #open = new Set<Entry>()

  /** From now on the channel ends some time after the connection. */
  add (application: PeerId, connection: ChannelConnection, channel: Channel, stream: ChannelStream): void {
    const entry = { application, connection, channel }
    this.#open.add(entry)
    connection.addEventListener('close', () => {
      this.#open.delete(entry)
      closeLater(channel, ABANDON_MS)
    }, { once: true })
    stream.addEventListener('close', () => { closeLater(channel, LINGER_MS) }, { once: true })
  }

  get list (): ConnectionStatus[] {
    return [...this.#open].map(({ application, connection: { direction }, channel }) => {
      const { route, path } = routeOf(channel)
      return { remote: application.toString(), direction, route, path }
    })
  }

  /** How many go how. */
  get routes (): Record<string, number> {
    const counts = { direct: 0, path: 0, none: 0 }
    for (const { channel } of this.#open) {
      counts[routeOf(channel).kind]++
    }
    return counts
  }
}

export function closeLater (channel: Channel, delayMs: number): void {
  if (!channel.isClosed) {
    const timer = setTimeout(() => { channel.close() }, delayMs)
    channel.addEventListener('close', () => { clearTimeout(timer) }, { once: true })
  }
}

interface SeenRoute {
  kind: 'direct' | 'path' | 'none'
  route: string
  path: readonly string[]
}

const NO_ROUTE = { kind: 'none', text: 'no route' } as const

function routeOf (channel: Channel): SeenRoute {
  if (channel instanceof OutgoingChannel) {
    const { active, text } = channel.status
    return { kind: active === undefined ? 'none' : active.isDefault ? 'direct' : 'path', route: text, path: active?.path ?? [] }
  }
  const { kind, text } = channel instanceof IncomingChannel ? channel.theirRoute : NO_ROUTE
  return { kind, route: text, path: [] }
}
