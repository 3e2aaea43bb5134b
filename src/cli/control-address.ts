// Where a running daemon takes commands of its own user: a Unix domain socket, or a named pipe on Windows. Whoever can open it
// may tell the daemon anything, so folder and socket belong to one user alone. On Windows the default rights of a pipe do that.
import { randomBytes } from 'node:crypto'
import { lstatSync, renameSync } from 'node:fs'
import { link, lstat, mkdir, readdir, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { BywayError } from '../../protocols/errors.ts'
import type { Stats } from 'node:fs'

type Environment = Readonly<Record<string, string | undefined>>

const isWindows = process.platform === 'win32'
const PIPES = '\\\\.\\pipe\\'
/** Of sockets that take commands, and of those that only say who runs. */
const SUFFIXES = { commands: '.sock', lock: '.lock' }
const ID_LETTERS = 8
const OWNER_ONLY = 0o700
const OTHERS = 0o077
/** `sun_path` has 104 bytes on BSD and macOS and 108 on Linux, the last one is zero; Node would cut longer ones off. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/** A place where no socket can be, or where one would not be safe. */
export class ControlAddressError extends BywayError {
  override readonly name = 'ControlAddressError'
  readonly code = 'CONTROL_ADDRESS'
  readonly path: string

  constructor (path: string, problem: string, options?: ErrorOptions) {
    super(`control socket ${path}: ${problem}`, options)
    this.path = path
  }
}

/** A living process listens there. */
export class ControlInUseError extends BywayError {
  override readonly name = 'ControlInUseError'
  readonly code = 'CONTROL_IN_USE'
  readonly path: string

  constructor (path: string, options?: ErrorOptions) {
    super(`control socket ${path}: something that runs listens here already: stop it first, or give this node a key of its own with --key FILE or --ephemeral, and another --control PATH where you named one`, options)
    this.path = path
  }
}

/**
 * The socket of a daemon that was told nothing else: `<folder>/<role>-<end of the peer id>.sock` in the first folder of
 * `controlFolders`, which is made if it is missing. Sockets that killed daemons left there are removed.
 *
 * @param purpose - `lock`: the one beside it that says who runs (identity-lock.ts)
 * @throws ControlAddressError
 */
export async function prepareControlPath (role: string, id: string, env: Environment, purpose: keyof typeof SUFFIXES = 'commands'): Promise<string> {
  const name = `${role}-${id.slice(-ID_LETTERS)}`
  if (isWindows) {
    return `${pipePrefix(purpose)}${name}`
  }
  const [folder] = await controlFolders(env)
  try {
    await mkdir(folder, { mode: OWNER_ONLY })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new ControlAddressError(folder, (error as Error).message, { cause: error })
    }
  }
  const problem = await problemOf(folder)
  if (problem !== undefined) {
    throw new ControlAddressError(folder, problem)
  }
  await Promise.all((await socketsIn(folder, Object.values(SUFFIXES))).map(removeStale))
  return join(folder, `${name}${SUFFIXES[purpose]}`)
}

/**
 * Where sockets of this user may be, as far as the folders can be trusted.
 *
 * @param role - of this role only; default: of all
 * @returns `complaints`: folders that are there, and cannot be trusted
 */
export async function findControlPaths (env: Environment, role?: string): Promise<{ paths: string[], complaints: string[] }> {
  const begin = role === undefined ? '' : `${role}-`
  if (isWindows) {
    const names = await readdir(PIPES)
    return { paths: names.map((name) => `${PIPES}${name}`).filter((path) => path.startsWith(`${pipePrefix()}${begin}`)), complaints: [] }
  }
  const paths: string[] = []
  const complaints: string[] = []
  for (const folder of await controlFolders(env)) {
    const problem = await problemOf(folder)
    if (problem === undefined) {
      paths.push(...(await socketsIn(folder)).filter((path) => path.startsWith(join(folder, begin))))
    } else if (await statOf(folder) !== undefined) {
      complaints.push(`control folder ${folder}: ${problem}`)
    }
  }
  return { paths: paths.sort(), complaints }
}

/**
 * The folders for sockets, the one for new ones first: `$XDG_RUNTIME_DIR/byway` if that is set and really this user's, and
 * `byway-<user id>` below the temporary folder, where daemons are that were started without that variable.
 */
export async function controlFolders (env: Environment): Promise<string[]> {
  const runtime = env.XDG_RUNTIME_DIR ?? ''
  const isOurs = runtime !== '' && (await statOf(runtime))?.uid === process.getuid?.()
  const temporary = (env.TMPDIR ?? '') === '' ? tmpdir() : env.TMPDIR as string
  return [...(isOurs ? [join(runtime, 'byway')] : []), join(temporary, `byway-${process.getuid?.() ?? userInfo().username}`)]
}

/** @throws ControlAddressError for a path of which the system would take only the beginning */
export function checkLength (path: string): void {
  const bytes = Buffer.byteLength(path)
  if (!isWindows && bytes > MAX_PATH_BYTES) {
    throw new ControlAddressError(path, `the path has ${bytes} bytes where ${MAX_PATH_BYTES} are allowed: name a shorter one`)
  }
}

/**
 * Removes the socket of a process that is dead. What lives, or is no socket, stays.
 *
 * @returns whether the path is free now
 */
export async function removeStale (path: string): Promise<boolean> {
  const before = await statOf(path)
  if (before === undefined) {
    return true
  }
  if (isWindows || !before.isSocket() || await isLiving(path)) {
    return false
  }
  const aside = join(dirname(path), randomBytes(ID_LETTERS / 2).toString('hex'))
  try {
    // another process may have put its own there meanwhile; between these two calls it hardly can, yet what was taken away is looked at once more
    const { ino, ctimeMs } = lstatSync(path)
    if (ino !== before.ino || ctimeMs !== before.ctimeMs) {
      return false
    }
    renameSync(path, aside)
    if (await isLiving(aside)) {
      await link(aside, path)
    }
    await unlink(aside)
  } catch {
    // the other process was faster; whoever binds next will see
  }
  return await statOf(path) === undefined
}

/** Only a refusal says that nobody listens: a full queue of callers, or a socket of another user, does not. */
async function isLiving (path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      resolve(true)
      socket.destroy()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => { resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT') })
  })
}

/** Why sockets in this folder are not safe. Names of a folder that others can write to may be theirs. */
async function problemOf (folder: string): Promise<string | undefined> {
  const stat = await statOf(folder)
  if (stat === undefined || !stat.isDirectory()) {
    return 'this is not a folder'
  }
  if (stat.uid !== process.getuid?.()) {
    return 'it belongs to another user: remove it, or set XDG_RUNTIME_DIR to a folder of your own'
  }
  return (stat.mode & OTHERS) === 0 ? undefined : `others can enter it (mode ${(stat.mode & 0o777).toString(8)}): run chmod 700 ${folder}`
}

async function socketsIn (folder: string, suffixes: readonly string[] = [SUFFIXES.commands]): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => suffixes.some((suffix) => name.endsWith(suffix))).map((name) => join(folder, name))
}

/** Of the entry itself: a symbolic link is none of ours. */
async function statOf (path: string): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined)
}

function pipePrefix (purpose: keyof typeof SUFFIXES = 'commands'): string {
  return `${PIPES}byway${purpose === 'lock' ? 'lock' : ''}-${userInfo().username.replace(/[^\w.-]/g, '_')}-`
}
