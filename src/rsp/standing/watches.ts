// The standing queries of hosts: whose they are, how many each may have, and which takes the place of which.
import { OverQuotaError } from '../../../protocols/errors.ts'
import { MAX_WATCHES } from '../../../protocols/route/constants.ts'
import { StandingQueries } from './standing-queries.ts'
import type { RouteQuery } from '../../../protocols/route/codec.ts'
import type { ReceivedWatch, WatchAnswer } from '../../../protocols/route/watch.ts'
import type { Graph } from '../../topology/graph.ts'
import type { Question } from './question.ts'
import type { StandingQueriesInit } from './standing-queries.ts'
import type { Asker } from '../work-budget.ts'
import type { Logger, PeerId } from '@libp2p/interface'

/** What changed is looked at so often; with the time that a report takes, a host hears of it within a second. */
const LOOK_MS = 250

export interface WatchesInit {
  snapshot: () => Graph
  /** Throws what the host is to be told of its query. */
  questionOf: (asked: RouteQuery) => Question
  /** Of a forwarder; undefined where it is not known. */
  nodeOf: (forwarder: PeerId) => number | undefined
  relayCostUs: number
  /** Ms of any monotonic origin: lives must end though somebody sets the wall clock back. */
  clock: () => number
  maxQueries?: number
  /** On whose account work is. */
  budget?: StandingQueriesInit['budget']
  log?: Logger
}

export interface WatchCaller {
  readonly peer: PeerId
  /** Of its address; undefined: it is not counted by it. */
  readonly prefix?: string
  readonly ended?: AbortSignal
}

export class Watches {
  readonly #init: WatchesInit
  readonly #standing: StandingQueries
  /** By host, then by its own number: how each is ended. */
  readonly #open = new Map<string, Map<number, () => void>>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (init: WatchesInit) {
    this.#init = init
    this.#standing = new StandingQueries(init)
  }

  get status (): { watches: number, hosts: number } & StandingQueries['counters'] {
    return { watches: this.#standing.size, hosts: this.#open.size, ...this.#standing.counters }
  }

  isOpen (host: PeerId): boolean {
    return this.#open.has(host.toString())
  }

  start (): void {
    this.#timer = setInterval(() => { this.look() }, LOOK_MS)
  }

  stop (): void {
    clearInterval(this.#timer)
    for (const watches of this.#open.values()) {
      for (const end of [...watches.values()]) {
        end()
      }
    }
  }

  /** Tells whom what has changed concerns. */
  look (): void {
    if (this.#standing.size > 0) {
      this.#standing.look(this.#init.snapshot())
    }
  }

  /**
   * Waits until there is something to tell.
   *
   * @throws OverQuotaError; what is wrong with the query
   */
  async watch ({ watch, asked, present, margin, lifetimeMs }: ReceivedWatch, { peer, prefix, ended }: WatchCaller): Promise<WatchAnswer> {
    const host = peer.toString()
    this.#endOld(host, watch)
    if (lifetimeMs === 0) {
      return { event: 'ended', change: 0 }
    }
    const own = this.#open.get(host)?.size ?? 0
    if (own >= MAX_WATCHES || (this.#standing.isFull && this.#hostOfMore(own) === undefined)) {
      throw new OverQuotaError('no more standing queries are kept: ask in a while whether something is better')
    }
    const graph = this.#init.snapshot()
    // what has changed since the last look is on nobody's account
    this.#standing.follow(graph)
    const nodes = present.map((forwarder) => this.#init.nodeOf(forwarder)).filter((node) => node !== undefined)
    const { end, answer } = this.#onAccountOf({ host, prefix }, () => this.#standing.add({
      question: this.#init.questionOf(asked),
      host,
      prefix,
      // what another RSP knows and this one does not, it cannot judge
      present: nodes.length === present.length && nodes.length > 0 ? nodes : undefined,
      margin,
      lifetimeMs,
      ended,
      makeRoom: () => { this.#makeRoom(own) }
    }, graph))
    this.#keep(host, watch, end)
    try {
      return await answer
    } finally {
      this.#forget(host, watch, end)
    }
  }

  /** The number goes to another node, or to none: nobody waits for word of it any more. */
  removeNode (node: number): void {
    this.#standing.removeNode(node)
  }

  #onAccountOf<Result> (asker: Asker, work: () => Result): Result {
    return this.#init.budget === undefined ? work() : this.#init.budget.spend(asker, work)
  }

  /** Ends the oldest of the host that has most, where it would still have more than the newcomer: a table full of the watches of a few is not theirs. */
  #makeRoom (ofNewcomer: number): void {
    const host = this.#hostOfMore(ofNewcomer)
    const oldest = host === undefined ? undefined : this.#open.get(host)?.keys().next().value
    if (host !== undefined && oldest !== undefined) {
      this.#endOld(host, oldest)
    }
  }

  /** The one that has most, if that is at least two more than so many. */
  #hostOfMore (count: number): string | undefined {
    let [most, least]: [string | undefined, number] = [undefined, count + 1]
    for (const [host, watches] of this.#open) {
      if (watches.size > least) {
        [most, least] = [host, watches.size]
      }
    }
    return most
  }

  #endOld (host: string, watch: number): void {
    const end = this.#open.get(host)?.get(watch)
    if (end !== undefined) {
      end()
      this.#forget(host, watch, end)
    }
  }

  #keep (host: string, watch: number, end: () => void): void {
    const watches = this.#open.get(host) ?? new Map<number, () => void>()
    this.#open.set(host, watches)
    watches.set(watch, end)
  }

  /** Unless another has taken its place. */
  #forget (host: string, watch: number, end: () => void): void {
    const watches = this.#open.get(host)
    if (watches?.get(watch) === end) {
      watches.delete(watch)
      if (watches.size === 0) {
        this.#open.delete(host)
      }
    }
  }
}
