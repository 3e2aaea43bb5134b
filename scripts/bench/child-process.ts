// Nodes of a benchmark in processes of their own, so that their CPU time can be told apart: a parent asks, a child answers over IPC.
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChildProcess } from 'node:child_process'

/** Of this run: sources by a loader, or what was compiled from them. */
const EXTENSION = extname(fileURLToPath(import.meta.url))
const ANSWER_DEADLINE_MS = 60_000
/** A child that was told to end has so long before it is killed. */
const STOP_DEADLINE_MS = 3_000

interface Question { call: number, command: string, argument?: unknown }
interface Answer { call: number, value?: unknown, error?: string }
type Commands = Record<string, (argument: unknown) => unknown>

export class Child {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>()
  #calls = 0

  /** @param module - name of a file from this folder on, without its extension; it calls `answerParent` */
  constructor (module: string, execArgv: readonly string[] = []) {
    this.#process = fork(new URL(`${module}${EXTENSION}`, import.meta.url), { execArgv: [...process.execArgv, ...execArgv], serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] })
    this.#process.on('message', (answer: Answer) => { this.#answered(answer) })
    this.#process.on('exit', (code) => { this.#failAll(new Error(`${module} ended with ${code}`)) })
    this.#process.on('error', (error) => { this.#failAll(error) })
  }

  /** Rejects with the child's error as text, when it ends, and when it has not answered in time. */
  async ask<T> (command: string, argument?: unknown, deadlineMs = ANSWER_DEADLINE_MS): Promise<T> {
    const call = ++this.#calls
    const answer = new Promise<unknown>((resolve, reject) => { this.#waiting.set(call, { resolve, reject }) })
    const timer = setTimeout(() => { this.#answered({ call, error: `no answer to '${command}' within ${deadlineMs} ms` }) }, deadlineMs)
    try {
      this.#process.send({ call, command, argument } satisfies Question)
      return await answer as T
    } finally {
      clearTimeout(timer)
    }
  }

  /** Stops the child for a while (SIGSTOP), or ends it as a crash would (SIGKILL). */
  signal (name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  /** The child ends when it is not connected any more; if it does not, it is killed. */
  async stop (): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
      return
    }
    const exited = new Promise<void>((resolve) => { this.#process.once('exit', () => { resolve() }) })
    const timer = setTimeout(() => { this.#process.kill('SIGKILL') }, STOP_DEADLINE_MS)
    if (this.#process.connected) {
      this.#process.disconnect()
    }
    await exited
    clearTimeout(timer)
  }

  #answered ({ call, value, error }: Answer): void {
    const waiting = this.#waiting.get(call)
    this.#waiting.delete(call)
    if (error === undefined) {
      waiting?.resolve(value)
    } else {
      waiting?.reject(new Error(error))
    }
  }

  #failAll (error: Error): void {
    for (const { reject } of this.#waiting.values()) {
      reject(error)
    }
    this.#waiting.clear()
  }
}

/** What the machine gave to a process so far. */
export interface Machine {
  /** CPU time of all threads, in µs. */
  cpuUs: number
  /** So long its main thread was ready to run and another had the core, in µs; 0 where the system does not say. */
  waitedUs: number
}

export function machine (): Machine {
  const { user, system } = process.cpuUsage()
  return { cpuUs: user + system, waitedUs: waitedUs() }
}

function waitedUs (): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1_000
  } catch {
    return 0
  }
}

/** The child's side: answers with what these give, until the parent goes away. */
export function answerParent (commands: Commands): void {
  process.on('message', ({ call, command, argument }: Question) => {
    Promise.resolve().then(async () => commands[command](argument)).then(
      (value) => { process.send?.({ call, value } satisfies Answer) },
      (error: unknown) => { process.send?.({ call, error: error instanceof Error ? error.stack ?? error.message : String(error) } satisfies Answer) }
    )
  })
  process.on('disconnect', () => { process.exit() })
}
