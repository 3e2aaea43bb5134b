import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { projectRoot } from '../helpers/source-tree.ts'
import { until } from '../helpers/testnet.ts'

/** A number that no process has. */
const DEAD = 2 ** 30

/** Between the look at the lock's holder, who is dead, and what follows, another process takes the lock. */
const OTHER_TAKES_LOCK = `
import { writeFileSync } from 'node:fs'
let looks = 0
process.kill = () => {
  if (looks++ > 0) return true
  writeFileSync('.setup.lock', '${process.pid}')
  throw Object.assign(new Error('no such process'), { code: 'ESRCH' })
}`

describe('set-up', function () {
  this.timeout(30_000)
  let folder: string

  const read = async (name: string): Promise<string> => readFile(join(folder, name), 'utf8').catch(() => '')

  /** What it calls, as far as it matters here: each says that it was called. */
  async function program (name: string, body: string): Promise<void> {
    await writeFile(join(folder, name), `#!/bin/sh\necho ${name} >> called\n${body}\n`)
    await chmod(join(folder, name), 0o755)
  }

  async function setUp (preload?: string): Promise<number | null> {
    const hook = join(folder, 'hook.mjs')
    await writeFile(hook, preload ?? '')
    const child = spawn(process.execPath, ['--import', hook, 'scripts/setup.mjs'], {
      cwd: folder, stdio: 'ignore', env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` }
    })
    return (await once(child, 'close'))[0] as number | null
  }

  beforeEach(async function () {
    if (process.platform === 'win32') {
      this.skip()
    }
    folder = await mkdtemp(join(tmpdir(), 'byway-setup-'))
    for (const name of ['src', 'protocols', 'bootstrap', 'scripts', 'test', 'node_modules/.bin', 'node_modules/node/bin']) {
      await mkdir(join(folder, name), { recursive: true })
    }
    for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'node_modules/.bin/tsc', 'node_modules/node/bin/node']) {
      await writeFile(join(folder, name), '{}')
    }
    await cp(join(projectRoot, 'scripts/setup.mjs'), join(folder, 'scripts/setup.mjs'))
    await program('npm', '')
    await program('node_modules/.bin/node', 'mkdir -p dist/src/cli && : > dist/src/cli/main.js')
  })

  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('installs and compiles once, takes the lock of a dead process, and leaves none', async () => {
    await writeFile(join(folder, '.setup.lock'), String(DEAD))
    assert.deepEqual([await setUp(), await setUp()], [0, 0])
    assert.equal(await read('called'), 'npm\nnode_modules/.bin/node\n')
    assert.equal(await read('.setup.lock'), '')
  })

  it('regression: takes no lock from who has taken it in place of a dead process, and waits for him', async () => {
    await writeFile(join(folder, '.setup.lock'), String(DEAD))
    const ended = setUp(OTHER_TAKES_LOCK)
    await until(async () => await read('.setup.lock') === String(process.pid), 'the other one has the lock')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    assert.deepEqual([await read('.setup.lock'), await read('called')], [String(process.pid), ''])
    await rm(join(folder, '.setup.lock'))
    assert.equal(await ended, 0)
    assert.equal(await read('called'), 'npm\nnode_modules/.bin/node\n')
  })

  it('regression: leaves a lock at its end that is not its own any more', async () => {
    await program('npm', `printf ${process.pid} > .setup.lock`)
    assert.equal(await setUp(), 0)
    assert.equal(await read('.setup.lock'), String(process.pid))
  })
})
