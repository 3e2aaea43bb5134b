// All links of a node: takes incoming forward streams, opens outgoing ones, finds a link by the bytes of a node id.
import { TooManyLinksError } from '../errors.ts'
import { TypedEventEmitter } from 'main-event'
import { FORWARD_PROTOCOL } from '../../protocols/forward/constants.ts'
import { BywayError, UnavailableError } from '../../protocols/errors.ts'
import { NodeTable, nodeIdOf } from '../../protocols/forward/node-id.ts'
import { decodePeerId } from '../../protocols/peer-ids.ts'
import { EndOfTick } from './end-of-tick.ts'
import { QueueCounters } from './queue-counters.ts'
import { SilentConnections } from './silent-connections.ts'
import { StreamLink } from './stream-link.ts'
import type { Link } from './link.ts'
import type { PacketSink } from './stream-link.ts'
import type { ComponentLogger, Connection, Logger, PeerId, Stream } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

/** Out and in, and one of each while a new stream replaces an old one. */
const STREAMS_PER_PEER = 2

/** How often we look whether a neighbour takes what waits for it. */
const EXPIRE_MS = 1_000

export interface LinkSetComponents {
  peerId: PeerId
  registrar: Registrar
  connectionManager: ConnectionManager
  logger: ComponentLogger
}

export interface LinkSetInit {
  onPacket: PacketSink
  /** Most links at once, whoever opened them. */
  maxLinks: number
  /** Bound of the queue before each link. */
  queueBytes: number
  /** What has waited there for longer is dropped; default: nothing is, as is right for a node's own packets. */
  lateAfterMs?: number
  /** Monotonic, ms. */
  now: () => number
  /** May this peer send packets to us? Default: anyone. */
  admits?: (peer: PeerId) => boolean
  /** Have we a use for a link to this peer? When the table is full it takes the place of one for which we have none. Default: nobody gives way. */
  isUseful?: (peer: PeerId) => boolean
}

export interface LinkSetEvents {
  'link:up': CustomEvent<Link>
  'link:down': CustomEvent<Link>
  /** Neither direction stands any more; from now on another link may get the index. */
  'link:gone': CustomEvent<Link>
}

interface Opening {
  link: Promise<Link>
  /** Was there no connection when it began? */
  isDial: boolean
  /** The connection that it was given. */
  over?: Connection
}

export class LinkSet extends TypedEventEmitter<LinkSetEvents> {
  readonly #components: LinkSetComponents
  readonly #init: LinkSetInit
  readonly #links = new NodeTable<StreamLink>()
  readonly #all = new Set<StreamLink>()
  /** Places without a link are undefined, never holes. */
  readonly #byIndex: Array<StreamLink | undefined> = []
  /** The latest attempt for each peer. */
  readonly #opening = new Map<string, Opening>()
  readonly #endOfTick = new EndOfTick()
  readonly #spares: Uint8Array[] = []
  readonly #silent = new SilentConnections()
  readonly #log: Logger
  /** Of links that have gone. */
  readonly #past = new QueueCounters()
  #isStopped = false
  #expiry: ReturnType<typeof setInterval> | undefined
  /** Incoming streams refused because the table was full or the peer not admitted. */
  refusedStreams = 0

  constructor (components: LinkSetComponents, init: LinkSetInit) {
    super()
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('byway:link')
  }

  async start (): Promise<void> {
    this.#isStopped = false
    await this.#components.registrar.handle(FORWARD_PROTOCOL, (stream, connection) => { this.#incoming(stream, connection) }, {
      maxInboundStreams: STREAMS_PER_PEER,
      maxOutboundStreams: STREAMS_PER_PEER,
      runOnLimitedConnection: true
    })
    this.#expiry = setInterval(() => { this.#expire() }, EXPIRE_MS)
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#expiry)
    this.#silent.stop()
    await this.#components.registrar.unhandle(FORWARD_PROTOCOL)
    for (const link of this.#all) {
      link.close()
    }
  }

  /** Then no more are opened: what is under way when a node stops comes to its end, and is not begun anew. */
  get isStopped (): boolean {
    return this.#isStopped
  }

  [Symbol.iterator] (): IterableIterator<Link> {
    return this.#all.values()
  }

  get size (): number {
    return this.#all.size
  }

  /** Of the queues before all links, those that have gone included. */
  get queueCounters (): QueueCounters {
    const sum = new QueueCounters()
    sum.add(this.#past)
    for (const { queueCounters } of this.#all) {
      sum.add(queueCounters)
    }
    return sum
  }

  /** The link to the node whose id stands in `buffer` at `at`, if packets can be sent to it. */
  getAt (buffer: Uint8Array, at: number): Link | undefined {
    const link = this.#links.getAt(buffer, at)
    return link?.isUp === true ? link : undefined
  }

  /** The link with this index, if packets can be sent to it. */
  byIndex (index: number): Link | undefined {
    const link = this.#byIndex[index]
    return link?.isUp === true ? link : undefined
  }

  /** Who is at the other end of the link with this index, up or not. */
  peerAt (index: number): PeerId | undefined {
    return this.#byIndex[index]?.peer
  }

  get (peer: PeerId): Link | undefined {
    return this.getAt(nodeIdOf(peer), 0)
  }

  /**
   * A link over which packets can be sent to the peer; opened over the given connection, or one that exists, or dialled
   * if the connection manager knows how.
   *
   * @param options.moves - a link that stands over another connection goes over the given one from now on
   * @throws TooManyLinksError, UnavailableError
   */
  async open (peer: PeerId, options: { connection?: Connection, signal?: AbortSignal, moves?: boolean } = {}): Promise<Link> {
    if (this.#isStopped) {
      throw stopped()
    }
    const over = options.connection?.status === 'open' ? options.connection : undefined
    const movesTo = options.moves === true ? over : undefined
    const existing = this.#links.get(nodeIdOf(peer))
    if (existing?.isUp === true && (movesTo === undefined || existing.goesOver(movesTo))) {
      return existing
    }
    const key = peer.toString()
    const pending = this.#opening.get(key)
    const isDial = over === undefined && !this.isConnected(peer)
    // a dial may hang for long, and the peer dial us meanwhile; so may a stream over a connection that is dead, which is why the link is to move. If that one
    // comes yet, its connection lives, and the link goes there: the peer takes packets over the stream that came last
    if (pending !== undefined && (movesTo === undefined || pending.over === movesTo) && (isDial || !pending.isDial)) {
      return pending.link
    }
    const opening: Opening = { isDial, over, link: this.#open(peer, options).finally(() => { this.#opened(key, opening) }) }
    this.#opening.set(key, opening)
    return opening.link
  }

  /** Has this peer a connection with us now, not one that is limited as those of circuit relays are? */
  isConnected (peer: PeerId): boolean {
    return this.#components.connectionManager.getConnections(peer).some(({ status, limits }) => status === 'open' && limits === undefined)
  }

  /** Answers of this peer stay away: its connections end unless they show life within ten seconds (silent-connections.ts), and a link over them goes down. */
  endIfSilent (peer: PeerId): void {
    const connections = this.#isStopped ? [] : this.#components.connectionManager.getConnections(peer)
    for (const connection of connections) {
      this.#silent.check(connection, () => this.#links.get(nodeIdOf(peer))?.heardOver(connection) ?? 0)
    }
  }

  close (peer: PeerId): void {
    this.#links.get(nodeIdOf(peer))?.close()
  }

  async #open (peer: PeerId, { connection, signal }: { connection?: Connection, signal?: AbortSignal }): Promise<Link> {
    let stream: Stream
    try {
      const over = connection?.status === 'open' ? connection : await this.#components.connectionManager.openConnection(peer, { signal })
      const standing = over === connection ? undefined : this.get(peer)
      if (standing !== undefined) {
        // over a connection that came while the peer was dialled
        return standing
      }
      stream = await over.newStream(FORWARD_PROTOCOL, { signal, runOnLimitedConnection: true, maxOutboundStreams: STREAMS_PER_PEER })
    } catch (cause) {
      throw cause instanceof BywayError ? cause : new UnavailableError(`no link to ${peer.toString()} could be opened`, { cause })
    }
    const link = this.#isStopped ? undefined : this.#linkTo(peer)
    if (link === undefined) {
      const error = this.#isStopped ? stopped() : new TooManyLinksError(this.#init.maxLinks)
      stream.abort(error)
      throw error
    }
    link.setOutgoing(stream)
    if (!link.isUp) {
      throw new UnavailableError(`${peer.toString()} closed the link at once`)
    }
    this.safeDispatchEvent('link:up', { detail: link })
    return link
  }

  #opened (key: string, opening: Opening): void {
    if (this.#opening.get(key) === opening) {
      this.#opening.delete(key)
    }
  }

  #incoming (stream: Stream, connection: Connection): void {
    const link = this.#init.admits?.(connection.remotePeer) === false ? undefined : this.#linkTo(connection.remotePeer)
    if (link === undefined) {
      this.refusedStreams++
      stream.abort(new TooManyLinksError(this.#init.maxLinks))
      return
    }
    link.setIncoming(stream)
  }

  #linkTo (peer: PeerId): StreamLink | undefined {
    const id = nodeIdOf(peer)
    const existing = this.#links.get(id)
    if (existing !== undefined) {
      return existing
    }
    if (this.#all.size >= this.#init.maxLinks && !this.#makesRoom(peer)) {
      return undefined
    }
    const link = new StreamLink({
      // libp2p's own lies in a block of 64 KB that came with the handshake
      peer: decodePeerId(peer.toMultihash().bytes, 'peer'),
      index: this.#freeIndex(),
      endOfTick: this.#endOfTick,
      queueBytes: this.#init.queueBytes,
      lateAfterMs: this.#init.lateAfterMs,
      spares: this.#spares,
      now: this.#init.now,
      log: this.#log,
      onPacket: this.#init.onPacket,
      onDown: () => { this.safeDispatchEvent('link:down', { detail: link }) },
      onIdle: () => { this.#forget(link) }
    })
    this.#links.set(id, link)
    this.#all.add(link)
    this.#byIndex[link.index] = link
    return link
  }

  /** Strangers must not keep us from those whom we need: of their links the oldest goes. Who is about to become useful has come just now. */
  #makesRoom (peer: PeerId): boolean {
    const { isUseful, maxLinks } = this.#init
    if (isUseful?.(peer) === true) {
      [...this.#all].find(({ peer: other }) => !isUseful(other))?.close()
    }
    return this.#all.size < maxLinks
  }

  /** Ends what neighbours let wait that take nothing. */
  #expire (): void {
    for (const link of this.#all) {
      link.expire()
    }
  }

  /** The smallest, so that indices stay below the most links that there were at once. */
  #freeIndex (): number {
    const free = this.#byIndex.indexOf(undefined)
    return free < 0 ? this.#byIndex.length : free
  }

  #forget (link: StreamLink): void {
    if (!link.hasStreams && this.#links.get(link.node) === link) {
      this.#links.delete(link.node)
      this.#all.delete(link)
      this.#past.add(link.queueCounters)
      // the index is free only after those who know the link by it have heard
      this.safeDispatchEvent('link:gone', { detail: link })
      this.#byIndex[link.index] = undefined
    }
  }
}

function stopped (): UnavailableError {
  return new UnavailableError('this node stops')
}
