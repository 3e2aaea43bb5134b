// A planner that thinks in a thread of its own (plan-thread-worker.ts): a step of the plan takes hundreds of milliseconds at 500
// nodes, and an RSP answers in less.
import { Worker } from 'node:worker_threads'
import { extname } from 'node:path'
import type { LinkPair, Measurement } from './link-memory.ts'
import type { Planner, RoundInit } from './planner.ts'

export interface PlanThreadInit {
  /** What each relay adds to a path, in ms. */
  relayCostMs: number
}

/** What the threads say to each other: one call at a time, answered in order. */
export type PlanCall = { begin: RoundInit } | { next: readonly Measurement[] }
export type PlanAnswer = { batch: readonly LinkPair[] } | { error: Error }

interface Waiting {
  resolve: (batch: readonly LinkPair[]) => void
  reject: (error: Error) => void
}

export class PlanThread implements Planner {
  readonly #init: PlanThreadInit
  #worker: Worker | undefined
  #waiting: Waiting[] = []

  constructor (init: PlanThreadInit) {
    this.#init = init
  }

  async begin (init: RoundInit): Promise<readonly LinkPair[]> {
    return this.#ask({ begin: init })
  }

  async next (measured: readonly Measurement[]): Promise<readonly LinkPair[]> {
    return this.#ask({ next: measured })
  }

  /** What is being waited for fails. */
  stop (): void {
    void this.#worker?.terminate()
  }

  async #ask (call: PlanCall): Promise<readonly LinkPair[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly LinkPair[]>()
    // who could not ask must not be given the answer to another
    this.#thread().postMessage(call)
    this.#waiting.push({ resolve, reject })
    return promise
  }

  /** A thread that has died is replaced by one that knows nothing. */
  #thread (): Worker {
    if (this.#worker === undefined) {
      const worker = this.#worker = new Worker(new URL(`./plan-thread-worker${extname(import.meta.url)}`, import.meta.url), { workerData: this.#init })
      worker.unref()
      worker.on('message', (answer: PlanAnswer) => {
        const waiting = this.#waiting.shift()
        if ('error' in answer) {
          waiting?.reject(answer.error)
        } else {
          waiting?.resolve(answer.batch)
        }
      })
      worker.on('error', (error) => { this.#fail(worker, error as Error) })
      worker.on('exit', () => { this.#fail(worker, new Error('the thread of the measurement plan has ended')) })
    }
    return this.#worker
  }

  #fail (worker: Worker, error: Error): void {
    if (this.#worker === worker) {
      this.#worker = undefined
      for (const { reject } of this.#waiting.splice(0)) {
        reject(error)
      }
    }
  }
}
