// Runs `byway` in processes of its own, as a user does: from the sources while the tests run from them, else as it was built.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { projectRoot } from './source-tree.ts'
import type { ChildProcess } from 'node:child_process'

const fromSource = import.meta.url.endsWith('.ts')
const COMMAND = fromSource
  ? ['--import=tsx', join(projectRoot, 'src/cli/main.ts')]
  : [join(projectRoot, 'dist/src/cli/main.js')]

/** Kept for messages of failing tests. */
const MAX_STDERR_CHARACTERS = 20_000
const END_DEADLINE_MS = 6_000

const running = new Set<CliProcess>()

export interface Ended {
  /** Null when a signal ended it. */
  code: number | null
  stdout: string
  stderr: string
}

export class CliProcess {
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #onLine = new Set<() => void>()
  readonly #ended: Promise<number | null>
  #stderr = ''
  #read = 0

  constructor (args: readonly string[], env: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, [...COMMAND, ...args], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...withoutSettings(process.env), ...env }
    })
    running.add(this)
    const { stdout, stderr } = this.#child
    createInterface({ input: stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.#lines.push(line)
      this.#wake()
    })
    stderr?.setEncoding('utf8').on('data', (text: string) => { this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_CHARACTERS) })
    this.#ended = once(this.#child, 'close').then(([code]) => {
      running.delete(this)
      this.#wake()
      return code as number | null
    })
  }

  get stderr (): string {
    return this.#stderr
  }

  /** The next line on stdout for which `matches` holds, those before it are skipped; as JSON. */
  async next<T> (matches: (line: T) => boolean, timeoutMs: number): Promise<T> {
    const untilMs = performance.now() + timeoutMs
    for (;;) {
      while (this.#read < this.#lines.length) {
        const line = JSON.parse(this.#lines[this.#read++]) as T
        if (matches(line)) {
          return line
        }
      }
      const leftMs = untilMs - performance.now()
      if (leftMs <= 0 || !running.has(this)) {
        throw new Error(`no such line within ${timeoutMs} ms; the last one: ${this.#lines.at(-1) ?? 'none'}; stderr: ${this.#stderr}`)
      }
      await this.#change(leftMs)
    }
  }

  kill (signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  closeStdout (): void {
    this.#child.stdout?.destroy()
  }

  async ended (): Promise<Ended> {
    const code = await this.#ended
    return { code, stdout: this.#lines.join('\n'), stderr: this.#stderr }
  }

  async #change (timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#onLine.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#onLine.add(done)
    })
  }

  #wake (): void {
    for (const done of this.#onLine) {
      done()
    }
  }
}

/** Runs a command to its end. */
export async function runByway (args: readonly string[], env?: Record<string, string>): Promise<Ended> {
  return new CliProcess(args, env).ended()
}

/** Ends every process that was started here, the hard way if it does not go by itself. */
export async function endProcesses (): Promise<void> {
  await Promise.all([...running].map(async (child) => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => { child.kill('SIGKILL') }, END_DEADLINE_MS)
    await child.ended()
    clearTimeout(timer)
  }))
}

/** What is set on a developer's machine must not change what tests see. */
function withoutSettings (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('BYWAY_') && name !== 'DEBUG'))
}
