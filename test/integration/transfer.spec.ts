// A libp2p connection over byway, between applications that cannot reach each other, while the forwarder that it goes through is killed.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { multiaddr } from '@multiformats/multiaddr'
import { CliProcess, endProcesses } from '../helpers/processes.ts'
import { UNREACHABLE, addressOf, createApplication } from '../helpers/applications.ts'
import { TESTNET, until } from '../helpers/testnet.ts'
import type { Application } from '../helpers/applications.ts'
import type { Stream } from '@libp2p/interface'

interface Started {
  event: string
  id: string
  addresses: string[]
}

const PROTOCOL = '/transfer/1.0.0'
const BYTES = 50_000_000
const CHUNK_BYTES = 65_536
const START_DEADLINE_MS = 60_000
const TRANSFER_DEADLINE_MS = 90_000

describe('a transfer over /byway', function () {
  this.timeout(2 * TRANSFER_DEADLINE_MS)

  const forwarders = new Map<string, CliProcess>()
  let sender: Application
  let receiver: Application

  async function start (role: string, ...args: string[]): Promise<[Started, CliProcess]> {
    const child = new CliProcess([role, '--ephemeral', '--no-control', '--listen', '/ip4/127.0.0.1/tcp/0', '--network', TESTNET, '--local', '--json', ...args])
    return [await child.next<Started>(({ event }) => event === 'started', START_DEADLINE_MS), child]
  }

  before(async () => {
    const [first] = await start('bootstrap')
    const join = ['--bootstrap', first.addresses[0]]
    const started = await Promise.all([1, 2, 3].map(async () => start('forwarder', ...join)))
    for (const [{ id }, child] of started) {
      forwarders.set(id, child)
    }
    await start('rsp', '--map', 'reports', ...join)
    const seeds = first.addresses.map((address) => multiaddr(address))
    ;[sender, receiver] = await Promise.all([1, 2].map(async () => createApplication(seeds, { byway: UNREACHABLE })))
  })

  after(async () => {
    await Promise.all([sender, receiver].map(async (node) => { await node.stop() }))
    await endProcesses()
  })

  it('of 50 MB is whole, on the same connection, although the forwarder in use is killed', async () => {
    const hash = createHash('sha256')
    let received = 0
    const over = new Promise<void>((resolve) => {
      void receiver.handle(PROTOCOL, (stream) => {
        stream.addEventListener('message', ({ data }) => {
          received += data.byteLength
          hash.update(data.subarray())
        })
        stream.addEventListener('remoteCloseWrite', () => {
          void stream.close()
          resolve()
        })
      })
    })
    const connection = await persistently(async () => sender.dial(addressOf(receiver)))
    await until(() => sender.byway.connections[0].path.length > 0, 'a path is used', START_DEADLINE_MS)
    const stream = await connection.newStream(PROTOCOL)
    const sent = send(stream)
    await until(() => received > BYTES / 5, 'a fifth is there', TRANSFER_DEADLINE_MS)
    const [used] = sender.byway.connections[0].path
    forwarders.get(used)?.kill('SIGKILL')
    const [killedMs, before] = [performance.now(), received]
    await until(() => received > before + 2 * 1_048_576 && !sender.byway.connections[0].path.includes(used), 'it goes on', TRANSFER_DEADLINE_MS)
    console.log(`      goes on ${(performance.now() - killedMs).toFixed(0)} ms after the forwarder was killed`)
    const digest = await sent
    await over
    assert.equal(received, BYTES)
    assert.equal(hash.digest('hex'), digest)
    assert.equal(connection.status, 'open')
    assert.deepEqual(sender.getConnections().map(({ id }) => id), [connection.id])
    assert.equal(sender.byway.connections.length, 1)
  })
})

/** Random bytes: what comes twice, or in another place, would be seen. */
async function send (stream: Stream): Promise<string> {
  const hash = createHash('sha256')
  for (let left = BYTES; left > 0;) {
    const chunk = randomBytes(Math.min(left, CHUNK_BYTES))
    hash.update(chunk)
    left -= chunk.byteLength
    if (!stream.send(chunk)) {
      await new Promise((resolve) => { stream.addEventListener('drain', resolve, { once: true }) })
    }
  }
  await stream.close()
  return hash.digest('hex')
}

/** The overlay has just been started: the RSP has to map it first. */
async function persistently<T> (run: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + START_DEADLINE_MS
  for (;;) {
    try {
      return await run()
    } catch (error) {
      if (performance.now() > untilMs) {
        throw error
      }
    }
  }
}
