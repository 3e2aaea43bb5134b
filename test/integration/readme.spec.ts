// What README.md shows of applications and their tests runs as it stands there, in processes of its own.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { CliProcess, endProcesses } from '../helpers/processes.ts'
import { projectRoot } from '../helpers/source-tree.ts'
import { until } from '../helpers/testnet.ts'
import type { ChildProcess } from 'node:child_process'

interface Started {
  event: string
  addresses: string[]
}

const DEADLINE_MS = 60_000

describe('the application of the README', function () {
  this.timeout(3 * DEADLINE_MS)

  const children: ChildProcess[] = []

  after(async () => {
    for (const child of children) {
      child.kill()
    }
    await endProcesses()
  })

  for (const name of ['chat.mjs', 'testnet.mjs']) {
    it(`stands in the README as it is run here: ${name}`, async () => {
      const [readme, text] = await Promise.all(['README.md', `test/fixtures/readme/${name}`].map(async (file) => readFile(join(projectRoot, file), 'utf8')))
      assert.ok(readme.includes(text.trim()))
    })
  }

  it('says hello to another one over /byway', async () => {
    const [bootstrap] = await start('bootstrap')
    await Promise.all([1, 2].map(async () => start('forwarder', '--bootstrap', bootstrap)))
    const listener = run('chat.mjs', bootstrap)
    await until(() => listener.length > 0, 'it says its id', DEADLINE_MS)
    const dialler = run('chat.mjs', bootstrap, listener[0])
    await until(() => listener.length > 1, 'the message is there', DEADLINE_MS)
    assert.deepEqual(listener.slice(1), ['hello over byway'])
    assert.equal(dialler.length, 1)
  })

  it('tests itself on an overlay of its own, over which a message comes', async () => {
    const lines = run('testnet.mjs')
    await until(() => lines.length > 1, 'the route and the message', DEADLINE_MS)
    const [first, second] = [...lines].sort()
    assert.equal(first, 'hello')
    assert.match(second, /^via .*\(RSP \w+, −[\d.]+ ms\)$/)
  })

  /** @returns its lines so far */
  function run (name: string, ...args: string[]): string[] {
    const lines: string[] = []
    const child = spawn(process.execPath, [join(projectRoot, 'test/fixtures/readme', name), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface({ input: child.stdout }).on('line', (line) => { lines.push(line) })
    children.push(child)
    return lines
  }
})

async function start (role: string, ...args: string[]): Promise<string[]> {
  const child = new CliProcess([role, '--ephemeral', '--no-control', '--listen', '/ip4/127.0.0.1/tcp/0', '--local', '--json', ...args])
  return (await child.next<Started>(({ event }) => event === 'started', DEADLINE_MS)).addresses
}
