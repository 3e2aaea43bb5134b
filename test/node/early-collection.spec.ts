// Blocks outside of the heap, as packets make them, in a process of its own: the setting is for all of it.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const EXTENSION = extname(fileURLToPath(import.meta.url))

/** @returns collections of the whole heap while 2.6 GB of blocks went by, with a young generation as large as a busy node has */
async function wholeCollections (isEarly: boolean): Promise<number> {
  const loader = EXTENSION === '.ts' ? ['--import=tsx'] : []
  const { stdout } = await promisify(execFile)(process.execPath, [...loader, '--min-semi-space-size=16', join(FOLDER, `block-maker${EXTENSION}`), String(isEarly)])
  return Number(stdout)
}

describe('early collection', function () {
  this.timeout(20_000)

  it('spares a process that makes and drops large blocks the collections of its whole heap', async () => {
    const [early, late] = [await wholeCollections(true), await wholeCollections(false)]
    assert.ok(late >= 6, `without it there were ${late}`)
    assert.ok(early <= late / 3, `${early} instead of ${late}`)
  })
})
