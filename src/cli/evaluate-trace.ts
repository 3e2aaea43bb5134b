// Writes what the engine measured and chose, so that anyone can judge it with the matrix at hand: two lines of JSON per slice,
// {"slice":i,"measured":[[a,b],…]} and {"slice":i,"paths":[[source,destination,[relay,…]],…]}, in rows of the matrix from 0. Of several
// RSPs each has its two lines, with "rsp":n after the slice.
import { once } from 'node:events'
import type { FileHandle } from 'node:fs/promises'
import type { SliceTrace } from './evaluate-run.ts'

/** Paths are written in parts of so many: a line for 490 nodes has several megabytes. */
const PATHS_PER_WRITE = 10_000

export class TraceFile {
  readonly #stream

  /** @param file - is closed with it */
  constructor (file: FileHandle) {
    this.#stream = file.createWriteStream()
    // shown by close(); without a listener it would end the process before
    this.#stream.on('error', () => {})
  }

  write ({ slice, rsp, rows, measured, paths }: SliceTrace): void {
    const head = { slice, ...(rsp === undefined ? {} : { rsp }) }
    this.#stream.write(`${JSON.stringify({ ...head, measured: measured.map(({ a, b }) => [rows[a], rows[b]]) })}\n`)
    this.#stream.write(`${JSON.stringify(head).slice(0, -1)},"paths":[`)
    let part: string[] = []
    let separator = ''
    const flush = (): void => {
      this.#stream.write(separator + part.join(','))
      separator = part.length > 0 ? ',' : separator
      part = []
    }
    for (let source = 0; source < rows.length; source++) {
      for (let destination = 0; destination < rows.length; destination++) {
        const relays = paths.relays(source, destination)
        if (relays.length > 0) {
          part.push(JSON.stringify([rows[source], rows[destination], Array.from(relays, (relay) => rows[relay])]))
        }
        if (part.length === PATHS_PER_WRITE) {
          flush()
        }
      }
    }
    if (part.length > 0) {
      flush()
    }
    this.#stream.write(']}\n')
  }

  /** Throws what went wrong with the file. */
  async close (): Promise<void> {
    if (this.#stream.errored !== null) {
      throw this.#stream.errored
    }
    this.#stream.end()
    await once(this.#stream, 'close')
  }
}
