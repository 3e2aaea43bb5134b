// In a process of its own, since the setting is for all of it. What it is worth shows in bench:relay.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const EXTENSION = extname(fileURLToPath(import.meta.url))
const MODULE = new URL(`../../src/node/external-memory${EXTENSION}`, import.meta.url)

describe('external memory', function () {
  this.timeout(20_000)

  it('is weighed by a V8 that can, without a word from one that cannot', async () => {
    const script = `import { weighExternalMemory } from ${JSON.stringify(MODULE.href)}; weighExternalMemory(); console.log('done')`
    const loader = EXTENSION === '.ts' ? ['--import=tsx'] : []
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...loader, '--input-type=module', '--eval', script])
    assert.deepEqual({ stdout, stderr }, { stdout: 'done\n', stderr: '' })
  })
})
