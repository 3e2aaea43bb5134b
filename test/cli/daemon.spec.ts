import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MapStore } from '../../src/rsp/map-store.ts'
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

  it('regression: say that nobody can connect to them in public where they have private addresses only, and how to mend that', async () => {
    const { code, out, err } = await runBriefly(['bootstrap', '--listen', '/ip4/127.0.0.1/tcp/0', '--ephemeral', '--network', 'test'])
    assert.equal(code, 0)
    assert.match(err, /nobody can connect to this node: it has no public address\..* --announce MULTIADDR .* --local/)
    assert.match(out, /listens on\n {2}\/ip4\/127\.0\.0\.1\/tcp\/0$/m)
    assert.doesNotMatch(out, /another node joins/)
    assert.doesNotMatch((await runBriefly(['host', '--listen', '/ip4/127.0.0.1/tcp/0', '--ephemeral', '--network', 'test'])).err, /nobody can connect/)
  })

  it('regression: tell which address others see of them, and how to join there', async () => {
    const { out, err } = await runBriefly(['bootstrap', '--listen', '/ip4/127.0.0.1/tcp/0', '--announce', '/ip4/5.9.10.11/tcp/4101', '--ephemeral', '--network', 'test'])
    assert.doesNotMatch(err, /nobody can connect/)
    assert.match(out, /^ {2}byway forwarder --network test --bootstrap \/ip4\/5\.9\.10\.11\/tcp\/4101\/p2p\/12D3KooW\w+$/m)
  })

  it('regression: refuse to join in public through a private address, which they would not dial', async () => {
    const { code, out, err } = await cli(['forwarder', '--bootstrap', '/ip4/192.168.1.2/tcp/4101', '--ephemeral', '--network', 'test'])
    assert.equal(code, 2)
    assert.equal(out, '')
    assert.match(err, /^byway: \/ip4\/192\.168\.1\.2\/tcp\/4101: a private address, .* --local/)
  })

  it('warn of scores of RSPs that cannot be read, and run all the same', async () => {
    const data = await mkdtemp(join(folder, 'data-'))
    await writeFile(join(data, 'rsp-scores.json'), '{"version":1,')
    const { code, err } = await runBriefly(['host', ...HERE, '--ephemeral', '--network', 'test', '--data', data])
    assert.equal(code, 0)
    assert.match(err, /^the scores of RSPs in .*rsp-scores\.json cannot be read and begin anew: /m)
  })

  it('regression: call a damaged map what it is, which is found while the node is made, and leave its file to who mends it', async () => {
    const data = await mkdtemp(join(folder, 'data-'))
    const file = join(data, 'map.sqlite')
    const attributes = { tags: {} }
    const node = { attributes, descriptor: new Uint8Array(1), expiresAtMs: Date.now() + 3_600_000, closed: [] }
    const view = { from: 'a', to: 'b', rttUs: 1, jitterUs: 1, lossPpm: 0, measuredAtMs: Date.now(), movementUs2: 0, reports: 1 }
    const store = MapStore.open({ file, network: 'test' })
    store.write({ nodes: [{ key: 'a', ...node }, { key: 'b', ...node }], goneNodes: [], views: [{ from: 'a', views: [view] }], samples: [] })
    store.close()
    const database = new DatabaseSync(file)
    database.exec("UPDATE views SET packed = x'00'")
    database.close()
    for (let i = 0; i < 2; i++) {
      const { code, err } = await cli(['rsp', ...HERE, '--ephemeral', '--network', 'test', '--no-control', '--data', data])
      assert.equal(code, 2)
      assert.match(err, /^byway: map store .*map\.sqlite: it is damaged: move it away/)
    }
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
