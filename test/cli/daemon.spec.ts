import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cli } from './terminal.ts'
import type { CliResult } from './terminal.ts'

interface Started {
  event: string
  role: string
  id: string
  network: string
  addresses: string[]
}

const HERE = ['--listen', '/ip4/127.0.0.1/tcp/0', '--local']

/** Runs a daemon, and stops it as soon as it has said that it runs. */
async function runBriefly (args: string[], env?: Record<string, string>): Promise<CliResult> {
  const stop = new AbortController()
  return cli(args, { env, signal: stop.signal, onOut: () => { setTimeout(() => { stop.abort() }, 20) } })
}

describe('daemons', () => {
  let folder: string

  before(async () => { folder = await mkdtemp(join(tmpdir(), 'byway-daemon-')) })
  after(async () => { await rm(folder, { recursive: true }) })

  for (const role of ['bootstrap', 'forwarder', 'rsp', 'host']) {
    it(`${role} says in JSON that it has started, where, and that it has stopped`, async () => {
      const { code, out } = await runBriefly([role, ...HERE, '--ephemeral', '--network', 'test', '--json'])
      const [started, stopped, ...more] = out.split('\n').map((line) => JSON.parse(line) as Started)
      assert.equal(code, 0)
      assert.deepEqual(more, [])
      assert.equal(started.event, 'started')
      assert.equal(started.role, role)
      assert.equal(started.network, 'test')
      assert.match(started.addresses.join(), new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/\\d+/p2p/${started.id}$`))
      assert.deepEqual(stopped, { event: 'stopped', role, id: started.id })
    })
  }

  it('print the command by which another node joins, with what it has to share', async () => {
    const { out } = await runBriefly(['bootstrap', ...HERE, '--ephemeral', '--network', 'test'])
    assert.match(out, /^bootstrap 12D3KooW\w+$/m)
    assert.match(out, /^ {2}byway forwarder --network test --local --bootstrap \/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW\w+$/m)
    assert.match(out, /^stopped$/m)
  })

  it('warn of scores of RSPs that cannot be read, and run all the same', async () => {
    const data = await mkdtemp(join(folder, 'data-'))
    await writeFile(join(data, 'rsp-scores.json'), '{"version":1,')
    const { code, err } = await runBriefly(['host', ...HERE, '--ephemeral', '--network', 'test', '--data', data])
    assert.equal(code, 0)
    assert.match(err, /^the scores of RSPs in .*rsp-scores\.json cannot be read and begin anew: /m)
  })

  it('warn when they are alone', async () => {
    const { err } = await runBriefly(['forwarder', ...HERE, '--ephemeral', '--network', 'test'])
    assert.match(err, /^no bootstrap node is known: this node is alone/)
    assert.equal((await runBriefly(['bootstrap', ...HERE, '--ephemeral', '--network', 'test'])).err, '')
  })

  it('keep their key from run to run, one for each role, and a new one each time with --ephemeral', async () => {
    const ids: string[] = []
    for (const args of [['host'], ['host'], ['host', '--ephemeral'], ['forwarder']]) {
      const { out } = await runBriefly([...args, ...HERE, '--json'], { XDG_CONFIG_HOME: folder })
      ids.push((JSON.parse(out.split('\n')[0]) as Started).id)
    }
    assert.equal(ids[0], ids[1])
    assert.equal(new Set(ids).size, 3)
  })
})
