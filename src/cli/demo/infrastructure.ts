// Handle of the thread that runs the demo's forwarding infrastructure and RSPs: a machine with two cores then has one for
// them and one for the hosts, and neither's work shows as delay in the other's measurements.
import { Worker } from 'node:worker_threads'
import { extname } from 'node:path'
import type { DrawnRows } from '../../simulation/draw.ts'
import type { LinkEstimate } from '../../simulation/oracle.ts'
import type { NodeAddress } from './place-node.ts'

export interface InfrastructureInit {
  sliceFile: string
  rows: Pick<DrawnRows, 'bootstrap' | 'forwarders' | 'rsps'>
}

export interface InfrastructureNodes {
  bootstrap: NodeAddress
  forwarders: NodeAddress[]
}

export interface RspState extends NodeAddress {
  kind: 'reports' | 'surveys'
  /** What its map says now, by rows of the matrix. */
  estimates: LinkEstimate[]
}

export type Command =
  { name: 'start' } |
  /** Where a host is. */
  { name: 'place', node: NodeAddress } |
  { name: 'rsps' } |
  /** Answers when it gets round to that. */
  { name: 'nothing' } |
  /** Ends a forwarder as when its process dies; the answer says when. */
  { name: 'kill', id: string } |
  /** Starts one that was killed again, with the same identity; the answer says where it is now. */
  { name: 'restart', id: string } |
  /** Lets a forwarder stand still with all its connections, the answer says when; and go on. */
  { name: 'silence', id: string } |
  { name: 'wake', id: string } |
  { name: 'stop' }

/** What the threads say to each other. */
export interface Call { call: number, command: Command }
export type Answer = { call: number, value?: unknown, error?: string }

/** Much of what some thirty nodes make is short-lived: with room for it, collections are fewer and find less alive. */
const YOUNG_MB = 64

export class Infrastructure {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>()
  #calls = 0
  /** Why there will be no more answers. */
  #ended: Error | undefined

  constructor (init: InfrastructureInit) {
    this.#worker = new Worker(new URL(`./infrastructure-worker${extname(import.meta.url)}`, import.meta.url), { workerData: init, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    this.#worker.on('message', ({ call, value, error }: Answer) => {
      const waiting = this.#waiting.get(call)
      this.#waiting.delete(call)
      if (error !== undefined) {
        waiting?.reject(new Error(error))
      } else {
        waiting?.resolve(value)
      }
    })
    this.#worker.on('error', (error) => { this.#fail(error as Error) })
    this.#worker.on('exit', (code) => { this.#fail(new Error(`the thread of the forwarders ended with code ${code}`)) })
  }

  async start (): Promise<InfrastructureNodes> {
    return await this.#ask({ name: 'start' }) as InfrastructureNodes
  }

  async place (node: NodeAddress): Promise<void> {
    await this.#ask({ name: 'place', node })
  }

  async rsps (): Promise<RspState[]> {
    return await this.#ask({ name: 'rsps' }) as RspState[]
  }

  /** When it was dead, by `performance.now` of this thread. */
  async kill (id: string): Promise<number> {
    return hereMs(await this.#ask({ name: 'kill', id }) as number)
  }

  async restart (id: string): Promise<NodeAddress> {
    return await this.#ask({ name: 'restart', id }) as NodeAddress
  }

  /** When it was silent, by `performance.now` of this thread. */
  async silence (id: string): Promise<number> {
    return hereMs(await this.#ask({ name: 'silence', id }) as number)
  }

  async wake (id: string): Promise<void> {
    await this.#ask({ name: 'wake', id })
  }

  /** Waits until the thread has got round to this. */
  async reached (): Promise<void> {
    await this.#ask({ name: 'nothing' })
  }

  async stop (): Promise<void> {
    await this.#ask({ name: 'stop' }).catch(() => {})
    await this.#worker.terminate()
  }

  async #ask (command: Command): Promise<unknown> {
    if (this.#ended !== undefined) {
      throw this.#ended
    }
    const call = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#waiting.set(call, { resolve, reject })
      this.#worker.postMessage({ call, command } satisfies Call)
    })
  }

  #fail (error: Error): void {
    // the first one says why
    this.#ended ??= error
    for (const { reject } of this.#waiting.values()) {
      reject(error)
    }
    this.#waiting.clear()
  }
}

/** Each thread counts from its own beginning, by one clock. */
function hereMs (absoluteMs: number): number {
  return absoluteMs - performance.timeOrigin
}
