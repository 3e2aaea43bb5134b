// Talks to a running daemon over its control socket (control-server.ts), and finds the one that a command means.
import { once } from 'node:events'
import { connect } from 'node:net'
import { resolve as resolvePath } from 'node:path'
import { z } from 'zod'
import { BywayError, CancelledError, DeadlineError } from '../../protocols/errors.ts'
import { findControlPaths } from './control-address.ts'
import { LineBuffer, MAX_ANSWER_BYTES } from './control-server.ts'
import { addSettings, readSettings } from './config.ts'
import { InvalidSettingError } from './errors.ts'
import type { Command } from 'commander'
import type { Socket } from 'node:net'
import type { Terminal } from './output.ts'
import type { SettingName } from './settings.ts'

/** Answers of local daemons come at once, unless these have to ask others. */
const DEFAULT_DEADLINE_MS = 5_000
const SETTINGS = ['control', 'json'] as const satisfies SettingName[]

const answerSchema = z.looseObject({
  id: z.number().nullable(),
  error: z.looseObject({ code: z.string(), message: z.string() }).optional()
})

/** No daemon that the command could mean runs. */
export class NoDaemonError extends BywayError {
  override readonly name = 'NoDaemonError'
  readonly code = 'NO_DAEMON'
}

/** Several daemons run, and the command is for one. */
export class SeveralDaemonsError extends BywayError {
  override readonly name = 'SeveralDaemonsError'
  readonly code = 'SEVERAL_DAEMONS'
  readonly paths: readonly string[]

  constructor (role: string, paths: readonly string[]) {
    super(`${paths.length} daemons of the role ${role} run: name one with --control\n${paths.map((path) => `  --control ${path}`).join('\n')}`)
    this.paths = paths
  }
}

/** The daemon did not do what it was asked; the code is that of its own error. */
export class ControlError extends BywayError {
  override readonly name = 'ControlError'
  readonly code: string

  constructor (code: string, message: string) {
    super(message, { remote: true })
    this.code = code
  }
}

/** The daemon ended, or does not speak as it should. */
export class ControlLostError extends BywayError {
  override readonly name = 'ControlLostError'
  readonly code = 'CONTROL_LOST'
}

export interface ControlRequestOptions {
  signal?: AbortSignal
  deadlineMs?: number
  onEvent?: (event: unknown) => void
}

interface Waiting {
  resolve: (result: unknown) => void
  reject: (error: BywayError) => void
  onEvent?: (event: unknown) => void
}

export class ControlClient {
  readonly path: string
  readonly #socket: Socket
  readonly #lines = new LineBuffer(MAX_ANSWER_BYTES)
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0

  private constructor (path: string, socket: Socket) {
    this.path = path
    this.#socket = socket
    socket.on('data', (chunk: Uint8Array) => { this.#receive(chunk) })
    socket.on('error', () => {})
    socket.on('close', () => { this.#fail(new ControlLostError(`the daemon at ${path} has closed the connection: does it still run?`)) })
  }

  /** @throws NoDaemonError */
  static async connect (path: string): Promise<ControlClient> {
    const socket = connect(path)
    try {
      await once(socket, 'connect')
      return new ControlClient(path, socket)
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      const reason = code === 'ENOENT' ? 'there is no such socket' : code === 'ECONNREFUSED' ? 'the daemon that was there has ended' : message
      throw new NoDaemonError(`no daemon takes commands at ${path}: ${reason}`, { cause })
    }
  }

  /**
   * Has the daemon run a command.
   *
   * @throws ControlError when it fails there, DeadlineError, CancelledError, ControlLostError
   */
  async request (command: string, args: Readonly<Record<string, unknown>> = {}, options: ControlRequestOptions = {}): Promise<unknown> {
    const { signal, deadlineMs = DEFAULT_DEADLINE_MS, onEvent } = options
    if (signal?.aborted === true) {
      throw new CancelledError('interrupted', { cause: signal.reason })
    }
    const id = ++this.#lastId
    const answer = new Promise((resolve, reject) => { this.#waiting.set(id, { resolve, reject, onEvent }) })
    const timer = setTimeout(() => { this.#reject(id, new DeadlineError(`the daemon at ${this.path} did not answer within ${deadlineMs} ms`)) }, deadlineMs)
    const cancel = (): void => { this.#reject(id, new CancelledError('interrupted', { cause: signal?.reason })) }
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      if (this.#socket.destroyed) {
        this.#reject(id, new ControlLostError(`the connection to ${this.path} is closed`))
      } else {
        this.#socket.write(`${JSON.stringify({ id, command, arguments: args })}\n`)
      }
      return await answer
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** The daemon gives up what it still does for this connection. */
  close (): void {
    this.#socket.destroy()
  }

  #receive (chunk: Uint8Array): void {
    try {
      for (const line of this.#lines.push(chunk)) {
        const answer = answerSchema.parse(JSON.parse(line))
        if (answer.id === null) {
          // it speaks of the connection as a whole, and ends it
          this.#fail(new ControlError(answer.error?.code ?? 'INTERNAL', answer.error?.message ?? 'refused'))
        } else {
          this.#settle(answer.id, answer)
        }
      }
    } catch (cause) {
      this.#fail(new ControlLostError(`what listens at ${this.path} does not answer as a daemon of byway`, { cause }))
      this.close()
    }
  }

  #settle (id: number, answer: z.output<typeof answerSchema>): void {
    const waiting = this.#waiting.get(id)
    if ('event' in answer) {
      waiting?.onEvent?.(answer.event)
    } else if (answer.error !== undefined) {
      this.#reject(id, new ControlError(answer.error.code, answer.error.message))
    } else {
      this.#waiting.delete(id)
      waiting?.resolve(answer.result)
    }
  }

  #reject (id: number, error: BywayError): void {
    this.#waiting.get(id)?.reject(error)
    this.#waiting.delete(id)
  }

  #fail (error: BywayError): void {
    for (const id of this.#waiting.keys()) {
      this.#reject(id, error)
    }
  }
}

/**
 * What a daemon has answered, if it is what this version expects.
 *
 * @throws ControlError
 */
export function checkAnswer<T> (schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer)
  if (!parsed.success) {
    throw new ControlError('MALFORMED', `the daemon's answer is not understood: is it of another version? (${parsed.error.issues[0].path.join('.')}: ${parsed.error.issues[0].message})`)
  }
  return parsed.data
}

export interface ControlSettings {
  /** Undefined: whatever runs. */
  control?: string
  json: boolean
}

/** Gives a command `--control`, `--json` and `--config`. */
export function addControlSettings (command: Command): Command {
  return addSettings(command, SETTINGS)
}

/** @throws InvalidSettingError, ConfigFileError */
export async function readControlSettings (flags: Readonly<Record<string, unknown>>, terminal: Terminal): Promise<ControlSettings> {
  const { control, json } = await readSettings(SETTINGS, { flags, env: terminal.env })
  if (control === false) {
    throw new InvalidSettingError('--control', 'this command needs a daemon that takes commands: name its socket')
  }
  return { control: control === undefined ? undefined : resolvePath(control), json: json === true }
}

/**
 * Connections to all daemons of this user that live, or to the one that listens at `control`.
 *
 * @throws NoDaemonError
 */
export async function connectAll (control: string | undefined, terminal: Terminal, role?: string): Promise<ControlClient[]> {
  if (control !== undefined) {
    return [await ControlClient.connect(control)]
  }
  const { paths, complaints } = await findControlPaths(terminal.env, role)
  for (const complaint of complaints) {
    terminal.err(complaint)
  }
  const clients = await Promise.all(paths.map(async (path) => ControlClient.connect(path).catch(() => undefined)))
  const living = clients.filter((client) => client !== undefined)
  if (living.length === 0) {
    const what = role ?? 'daemon'
    throw new NoDaemonError(`no ${what} of this user runs here: start one (byway ${role ?? 'forwarder'} --help); one that was started with --control PATH is named in the same way`)
  }
  return living
}

/**
 * Runs something with the one daemon of a role, or the one that listens at `control`.
 *
 * @throws NoDaemonError, SeveralDaemonsError
 */
export async function withDaemon<T> (role: string, control: string | undefined, terminal: Terminal, run: (client: ControlClient) => Promise<T>): Promise<T> {
  const clients = await connectAll(control, terminal, role)
  try {
    if (clients.length > 1) {
      throw new SeveralDaemonsError(role, clients.map(({ path }) => path))
    }
    return await run(clients[0])
  } finally {
    for (const client of clients) {
      client.close()
    }
  }
}
