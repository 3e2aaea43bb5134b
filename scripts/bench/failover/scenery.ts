// The world of the failover benchmark, each node a process of its own: two hosts 100 ms apart by the default route, three forwarders near each of
// them, and 50 ms over any two of these. The delays are added by who dials.
import { Child } from '../child-process.ts'
import { freePorts, until } from '../nodes.ts'
import type { Arrivals, HostStart } from './destination-process.ts'
import type { ForwarderStart } from './forwarder-process.ts'
import type { Places } from '../nodes.ts'
import type { SourceOpening, SourceState, Switch } from './source-process.ts'
import type { PathSelectorInit } from '../../../src/host/path-selector.ts'

const NEAR_EACH = 3
/** One way, ms. */
const HOST_TO_HOST = 50
const HOST_TO_NEAR = 5
const HOST_TO_FAR = 30
const NEAR_TO_FAR = 15
const NEAR_TO_NEAR = 5
const READY_DEADLINE_MS = 60_000

type Side = 'source' | 'destination'

interface Running {
  child: Child
  port: number
  side: Side
}

export class Scenery {
  readonly #provider = new Child('failover/provider-process')
  readonly #source = new Child('failover/source-process')
  readonly #destination = new Child('failover/destination-process')
  /** By peer id. */
  readonly #forwarders = new Map<string, Running>()
  /** Every one that was begun, or it would keep the benchmark running. */
  readonly #children = [this.#provider, this.#source, this.#destination]
  #isStopped = false
  #bootstrap: string[] = []
  #ports: Record<Side, { host: number, forwarders: number[] }> = { source: { host: 0, forwarders: [] }, destination: { host: 0, forwarders: [] } }

  async start (selector: PathSelectorInit): Promise<void> {
    const [sourcePort, destinationPort, ...ports] = await freePorts(2 + 2 * NEAR_EACH)
    this.#ports = {
      source: { host: sourcePort, forwarders: ports.slice(0, NEAR_EACH) },
      destination: { host: destinationPort, forwarders: ports.slice(NEAR_EACH) }
    }
    this.#bootstrap = await this.#provider.ask<string[]>('start')
    for (const side of ['source', 'destination'] as const) {
      await Promise.all(this.#ports[side].forwarders.map(async (port) => this.#startForwarder(side, port)))
    }
    const all = 2 * NEAR_EACH
    await until(async () => await this.#provider.ask<number>('links') === all * (all - 1), 'the RSP knows all links', READY_DEADLINE_MS)
    await this.#source.ask('start', this.#hostStart('source'))
    const destination = await this.#destination.ask<string>('start', this.#hostStart('destination'))
    for (const host of [this.#source, this.#destination]) {
      await until(async () => await host.ask<number>('access') === all, 'the hosts have measured all forwarders', READY_DEADLINE_MS)
    }
    await this.#source.ask('open', { destination, selector } satisfies SourceOpening)
  }

  async state (): Promise<SourceState> {
    return this.#source.ask<SourceState>('state')
  }

  /** Nothing more is sent. */
  async rest (): Promise<void> {
    await this.#source.ask('rest')
  }

  async switches (): Promise<Switch[]> {
    return this.#source.ask<Switch[]>('switches')
  }

  async arrivals (): Promise<Arrivals> {
    return this.#destination.ask<Arrivals>('arrivals')
  }

  /** Are these all running? */
  isUp (forwarders: readonly string[]): boolean {
    return forwarders.every((id) => this.#forwarders.has(id))
  }

  /** SIGKILL, or SIGSTOP: then its connections stay, and it says nothing. */
  strike (forwarder: string, signal: 'SIGKILL' | 'SIGSTOP'): void {
    this.#forwarders.get(forwarder)?.child.signal(signal)
  }

  /** A new forwarder, with an identity of its own, where the old one was. */
  async replace (forwarder: string): Promise<void> {
    const old = this.#forwarders.get(forwarder)
    if (old !== undefined) {
      this.#forwarders.delete(forwarder)
      old.child.signal('SIGKILL')
      await old.child.stop()
      if (!this.#isStopped) {
        await this.#startForwarder(old.side, old.port).catch((error: unknown) => {
          if (!this.#isStopped) {
            throw error
          }
        })
      }
    }
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    await Promise.allSettled(this.#children.map(async (child) => child.stop()))
  }

  async #startForwarder (side: Side, port: number): Promise<void> {
    const child = new Child('failover/forwarder-process')
    this.#children.push(child)
    const id = await child.ask<string>('start', { bootstrap: this.#bootstrap, port, places: this.#places(side, NEAR_TO_NEAR, NEAR_TO_FAR) } satisfies ForwarderStart)
    this.#forwarders.set(id, { child, port, side })
  }

  #hostStart (side: Side): HostStart {
    return { bootstrap: this.#bootstrap, port: this.#ports[side].host, places: this.#places(side, HOST_TO_NEAR, HOST_TO_FAR, HOST_TO_HOST) }
  }

  /** As seen from a node of this side. A forwarder dials no host. */
  #places (side: Side, nearMs: number, farMs: number, otherHostMs = 0): Places {
    const other = side === 'source' ? 'destination' : 'source'
    return {
      self: 0,
      byPort: Object.fromEntries([
        ...this.#ports[side].forwarders.map((port) => [port, nearMs] as const),
        ...this.#ports[other].forwarders.map((port) => [port, farMs] as const),
        [this.#ports[other].host, otherHostMs] as const
      ])
    }
  }
}
