// Keeps a host's scores of RSPs in its data folder: a small JSON file, written beside the old one and then put in its place, so that
// a crash leaves one of the two.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { ScoreStore } from '../host/score-board.ts'
import type { KeptScores } from '../host/score-record.ts'

const FILE = 'rsp-scores.json'
const OWNER_ONLY = 0o600
/** Hundreds of RSPs take less than half of it. */
const MAX_BYTES = 2_000_000

export class ScoreFile implements ScoreStore {
  readonly file: string
  readonly #folder: string
  readonly #warn: (text: string) => void

  /** @param warn - gets a line for the operator */
  constructor (folder: string, warn: (text: string) => void) {
    this.#folder = folder
    this.#warn = warn
    this.file = join(folder, FILE)
  }

  /** @throws whatever is wrong with the file; one that is not there is none */
  async load (): Promise<unknown> {
    try {
      const { size } = await stat(this.file)
      if (size > MAX_BYTES) {
        throw new Error(`${size} bytes are too many for scores`)
      }
      return JSON.parse(await readFile(this.file, 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return undefined
      }
      throw error
    }
  }

  async save (scores: KeptScores): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const draft = `${this.file}.${randomBytes(6).toString('hex')}`
    const handle = await open(draft, 'wx', OWNER_ONLY)
    try {
      await handle.writeFile(JSON.stringify(scores))
      await handle.sync()
      await handle.close()
      await rename(draft, this.file)
    } catch (error) {
      await handle.close().catch(() => {})
      await unlink(draft).catch(() => {})
      throw error
    }
  }

  complain (reason: string, what: 'load' | 'save'): void {
    this.#warn(what === 'load'
      ? `the scores of RSPs in ${this.file} cannot be read and begin anew: ${reason}`
      : `the scores of RSPs cannot be written to ${this.file}, and end with this daemon if that stays so: ${reason}`)
  }
}
