// The private key of a daemon, which is its identity: kept in a file that only its owner can read.
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, unlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { KeyFileError } from './errors.ts'
import type { PrivateKey } from '@libp2p/interface'

const OWNER_ONLY = 0o600
const OTHERS = 0o077
/** An Ed25519 key has 68 bytes; longer ones of other kinds are read to say so. */
const MAX_KEY_BYTES = 8_192
/** What a file system without hard links (exFAT, SMB, some of FUSE) says to one. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** `$XDG_CONFIG_HOME/byway/<role>.key`, or below `~/.config`. */
export function defaultKeyFile (role: string, env: Readonly<Record<string, string | undefined>>): string {
  const home = env.XDG_CONFIG_HOME ?? ''
  return join(home === '' ? join(homedir(), '.config') : home, 'byway', `${role}.key`)
}

/**
 * The key in the file; a new one, written there, if there is no such file.
 *
 * @param hardLink - for tests
 * @throws KeyFileError
 */
export async function loadOrCreateKey (file: string, hardLink: typeof link = link): Promise<PrivateKey> {
  try {
    return await readKey(file) ?? await createKey(file, hardLink)
  } catch (error) {
    throw error instanceof KeyFileError ? error : new KeyFileError(file, (error as Error).message, { cause: error })
  }
}

/** Undefined when there is no such file. */
async function readKey (file: string): Promise<PrivateKey | undefined> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') {
      throw error
    }
  })
  if (handle === undefined) {
    return undefined
  }
  try {
    // of the open file, so that nobody can exchange it between check and use
    const { mode, size } = await handle.stat()
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new KeyFileError(file, `others can read or write it (mode ${(mode & 0o777).toString(8)}): run chmod 600 ${file}, and use a new key if somebody may have copied it`)
    }
    if (size > MAX_KEY_BYTES) {
      throw new KeyFileError(file, `${size} bytes are no private key: is it the right file?`)
    }
    return decodeKey(file, await handle.readFile())
  } finally {
    await handle.close()
  }
}

function decodeKey (file: string, bytes: Uint8Array): PrivateKey {
  let key: PrivateKey
  try {
    key = privateKeyFromProtobuf(bytes)
  } catch (error) {
    throw new KeyFileError(file, 'it holds no libp2p private key (protobuf): move it away, and a new one is made', { cause: error })
  }
  if (key.type !== 'Ed25519') {
    throw new KeyFileError(file, `it holds a key of type ${key.type}, and byway needs Ed25519: name another file`)
  }
  return key
}

/** Written beside the file and then linked to its name, so that nobody sees half of it, and it never replaces another. */
async function createKey (file: string, hardLink: typeof link): Promise<PrivateKey> {
  const key = await generateKeyPair('Ed25519')
  const bytes = privateKeyToProtobuf(key)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  await writeNew(draft, bytes)
  try {
    await hardLink(draft, file).catch(async (error: NodeJS.ErrnoException) => {
      if (!NO_LINKS.has(error.code)) {
        throw error
      }
      // whoever starts at this very moment may find half a key, and is told so
      await writeNew(file, bytes)
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error
    }
    // another process was faster
  } finally {
    await unlink(draft)
  }
  // some file systems let everybody read what is theirs: better told now than at the next start
  return await readKey(file) ?? key
}

/** The file must not be there; it is there as a whole afterwards, or not at all. */
async function writeNew (file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } catch (error) {
    await unlink(file).catch(() => {})
    throw error
  } finally {
    await handle.close()
  }
}
