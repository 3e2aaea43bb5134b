// Takes commands for a running daemon from its own user over a local socket (control-address.ts says where), as lines of JSON:
//
//   → { "id": 1, "command": "status", "arguments": {} }
//   ← { "id": 1, "event": … }            any number of these, then one of
//   ← { "id": 1, "result": … }           { "id": 1, "error": { "code": "OVER_QUOTA", "message": "…" } }
//
// Several requests may wait on a connection; answers come in any order. A caller that goes away ends its requests. What cannot
// be read as a request is answered with an error whose id is null, and ends the connection.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { z } from 'zod'
import { BywayError, DeadlineError, MalformedMessageError, MessageTooLargeError, OverQuotaError } from '../../protocols/errors.ts'
import { ControlAddressError, ControlInUseError, checkLength, removeStale } from './control-address.ts'
import type { Server, Socket } from 'node:net'

export interface ControlContext {
  /** Fires when the caller has gone, or the daemon stops. */
  signal: AbortSignal
  /** Sends something before the result. */
  emit: (event: unknown) => void
}

/** @returns what becomes the `result`, as JSON; bigints become text */
export type ControlCommand = (args: Readonly<Record<string, unknown>>, context: ControlContext) => Promise<unknown>

export type ControlCommands = Map<string, ControlCommand>

export interface ControlLimits {
  maxConnections: number
  /** Requests of one connection that wait for their answers. */
  maxWaiting: number
  /** Of a request, its line feed not counted. */
  maxLineBytes: number
  /** A caller for whom nothing is under way has so long for its next line. */
  lineDeadlineMs: number
}

export const DEFAULT_CONTROL_LIMITS: ControlLimits = { maxConnections: 16, maxWaiting: 16, maxLineBytes: 65_536, lineDeadlineMs: 10_000 }

/** A table of forwarding state with thousands of RSPs fits in a line of this size; larger answers are a fault. */
export const MAX_ANSWER_BYTES = 16_777_216
/** Whoever reads so slowly is cut off. */
const MAX_UNREAD_BYTES = 2 * MAX_ANSWER_BYTES
/** Whoever is sent away has so long to read why. */
const FAREWELL_MS = 1_000
/** Created with all rights but these: to open a socket one needs to write to it. */
const UMASK = 0o177
const LINE_FEED = 0x0a

const requestSchema = z.strictObject({
  id: z.union([z.string().max(64), z.number()]),
  command: z.string().min(1).max(64),
  arguments: z.record(z.string(), z.unknown()).default({})
})

type Request = z.output<typeof requestSchema>
type RequestId = Request['id']

interface Failure {
  code: string
  message: string
}

type Answer = { id: RequestId | null } & ({ event: unknown } | { result: unknown } | { error: Failure })

/** The daemon has no such command: another role, or an older version. */
export class UnknownCommandError extends BywayError {
  override readonly name = 'UnknownCommandError'
  readonly code = 'UNKNOWN_COMMAND'
}

/** Cuts a stream of bytes into lines. */
export class LineBuffer {
  readonly #maxBytes: number
  #parts: Uint8Array[] = []
  #bytes = 0

  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Of the line that is not complete yet. */
  get bytes (): number {
    return this.#bytes
  }

  /** @throws MessageTooLargeError, also while the line is not complete */
  * push (chunk: Uint8Array): Generator<string> {
    for (let from = 0; from < chunk.length;) {
      const end = chunk.indexOf(LINE_FEED, from)
      const part = chunk.subarray(from, end < 0 ? chunk.length : end)
      this.#parts.push(part)
      this.#bytes += part.length
      if (this.#bytes > this.#maxBytes) {
        throw new MessageTooLargeError(`a line may have ${this.#maxBytes} bytes`)
      }
      if (end < 0) {
        return
      }
      const line = Buffer.concat(this.#parts).toString()
      this.#parts = []
      this.#bytes = 0
      from = end + 1
      yield line
    }
  }
}

export interface ControlServerInit {
  path: string
  /** May be filled later. */
  commands: ControlCommands
  limits?: Partial<ControlLimits>
}

export class ControlServer {
  readonly path: string
  readonly #init: ControlServerInit
  readonly #limits: ControlLimits
  readonly #server: Server
  readonly #connections = new Set<ControlConnection>()

  private constructor (init: ControlServerInit) {
    this.path = init.path
    this.#init = init
    this.#limits = { ...DEFAULT_CONTROL_LIMITS, ...init.limits }
    this.#server = createServer((socket) => { this.#accept(socket) })
    // a connection that could not be taken, for want of file handles, is no reason to end
    this.#server.on('error', () => {})
  }

  /**
   * Listens; takes the place of a dead process's socket.
   *
   * @throws ControlInUseError when a living process listens there, ControlAddressError
   */
  static async listen (init: ControlServerInit): Promise<ControlServer> {
    checkLength(init.path)
    const server = new ControlServer(init)
    try {
      await bind(server.#server, init.path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
        throw new ControlAddressError(init.path, (error as Error).message, { cause: error })
      }
      if (!await removeStale(init.path)) {
        throw new ControlInUseError(init.path)
      }
      await bind(server.#server, init.path).catch((cause: unknown) => { throw new ControlInUseError(init.path, { cause }) })
    }
    return server
  }

  /** Ends all requests and connections; the socket is gone afterwards. */
  async close (): Promise<void> {
    for (const connection of this.#connections) {
      connection.close()
    }
    await new Promise<void>((resolve) => { this.#server.close(() => { resolve() }) })
  }

  #accept (socket: Socket): void {
    const connection = new ControlConnection(socket, this.#init.commands, this.#limits)
    if (this.#connections.size >= this.#limits.maxConnections) {
      connection.refuse(new OverQuotaError(`${this.#limits.maxConnections} callers are connected: try again later`))
      return
    }
    this.#connections.add(connection)
    socket.on('close', () => { this.#connections.delete(connection) })
    connection.start()
  }
}

class ControlConnection {
  readonly #socket: Socket
  readonly #commands: ControlCommands
  readonly #limits: ControlLimits
  readonly #lines: LineBuffer
  readonly #gone = new AbortController()
  readonly #waiting = new Set<RequestId>()
  #deadline: ReturnType<typeof setTimeout> | undefined

  constructor (socket: Socket, commands: ControlCommands, limits: ControlLimits) {
    this.#socket = socket
    this.#commands = commands
    this.#limits = limits
    this.#lines = new LineBuffer(limits.maxLineBytes)
    // 'close' follows, and is all that matters
    socket.on('error', () => {})
    socket.on('close', () => { this.#end() })
  }

  start (): void {
    this.#socket.on('data', (chunk: Uint8Array) => { this.#receive(chunk) })
    this.#expectLine()
  }

  /** Says why, and ends the connection as soon as that has been sent. */
  refuse (error: BywayError): void {
    this.#send({ id: null, error: failureOf(error) })
    this.#end()
    this.#socket.destroySoon()
    setTimeout(() => { this.#socket.destroy() }, FAREWELL_MS).unref()
  }

  close (): void {
    this.#end()
    this.#socket.destroy()
  }

  #end (): void {
    clearTimeout(this.#deadline)
    this.#gone.abort()
  }

  #receive (chunk: Uint8Array): void {
    try {
      for (const line of this.#lines.push(chunk)) {
        clearTimeout(this.#deadline)
        this.#deadline = undefined
        this.#take(line)
      }
      this.#expectLine()
    } catch (error) {
      this.refuse(error as BywayError)
    }
  }

  /** The time runs from when it was our caller's turn, and not anew with each byte. */
  #expectLine (): void {
    if (this.#deadline === undefined && !this.#gone.signal.aborted && (this.#lines.bytes > 0 || this.#waiting.size === 0)) {
      const { lineDeadlineMs } = this.#limits
      this.#deadline = setTimeout(() => { this.refuse(new DeadlineError(`no complete line within ${lineDeadlineMs} ms`)) }, lineDeadlineMs)
    }
  }

  /** @throws MalformedMessageError */
  #take (line: string): void {
    if (this.#gone.signal.aborted) {
      return
    }
    const request = parseRequest(line)
    if (this.#waiting.has(request.id)) {
      throw new MalformedMessageError(`request ${request.id} still waits for its answer: choose another id`)
    }
    if (this.#waiting.size >= this.#limits.maxWaiting) {
      this.#send({ id: request.id, error: failureOf(new OverQuotaError(`${this.#waiting.size} requests wait for their answers`)) })
      return
    }
    this.#waiting.add(request.id)
    void this.#run(request)
  }

  /** Does not throw. */
  async #run ({ id, command, arguments: args }: Request): Promise<void> {
    const emit = (event: unknown): void => {
      if (this.#waiting.has(id)) {
        this.#send({ id, event })
      }
    }
    try {
      const run = this.#commands.get(command)
      if (run === undefined) {
        throw new UnknownCommandError(`no command "${command}" here: this daemon knows ${[...this.#commands.keys()].sort().join(', ')}`)
      }
      const result = await run(args, { signal: this.#gone.signal, emit })
      this.#send({ id, result: result ?? null })
    } catch (error) {
      this.#send({ id, error: failureOf(error) })
    }
    this.#waiting.delete(id)
    this.#expectLine()
  }

  /** @throws TypeError for what cannot be JSON */
  #send (answer: Answer): void {
    if (this.#gone.signal.aborted) {
      return
    }
    this.#socket.write(lineOf(answer))
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) {
      this.close()
    }
  }
}

/** @throws MalformedMessageError */
function parseRequest (line: string): Request {
  try {
    return requestSchema.parse(JSON.parse(line))
  } catch (cause) {
    throw new MalformedMessageError('expected lines such as {"id":1,"command":"status","arguments":{}}', { cause })
  }
}

function failureOf (error: unknown): Failure {
  const { message } = error instanceof Error ? error : new Error(String(error))
  return { code: error instanceof BywayError ? error.code : 'INTERNAL', message }
}

function lineOf (answer: Answer): string {
  const line = `${JSON.stringify(answer, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value)}\n`
  if (Buffer.byteLength(line) > MAX_ANSWER_BYTES) {
    return `${JSON.stringify({ id: answer.id, error: { code: 'TOO_LARGE', message: `the answer has more than ${MAX_ANSWER_BYTES} bytes` } })}\n`
  }
  return line
}

/** The system makes the socket during the call, so that its mode is right from the beginning. */
async function bind (server: Server, path: string): Promise<void> {
  const before = process.umask(UMASK)
  try {
    server.listen(path)
  } finally {
    process.umask(before)
  }
  await once(server, 'listening')
}
