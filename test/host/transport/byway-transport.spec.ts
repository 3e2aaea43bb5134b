import assert from 'node:assert/strict'
import { UNREACHABLE, addressOf, createApplication } from '../../helpers/applications.ts'
import { createTestnet, until } from '../../helpers/testnet.ts'
import { watchUncaught } from '../../helpers/nodes.ts'
import type { Application } from '../../helpers/applications.ts'
import type { Testnet } from '../../helpers/testnet.ts'

describe('the transport /byway', () => {
  const uncaught = watchUncaught()
  let net: Testnet
  let applications: Application[] = []

  const create = async (...init: Parameters<typeof createApplication> extends [unknown, ...infer R] ? R : never): Promise<Application> => {
    const made = await createApplication(net.seeds, ...init)
    applications.push(made)
    return made
  }

  before(async () => {
    net = await createTestnet({ forwarders: 3, rsps: ['reports'] })
    await net.ready()
  })

  afterEach(async () => {
    await Promise.all(applications.map(async (node) => { await node.stop() }))
    applications = []
    assert.equal(uncaught.count(), 0)
  })

  after(async () => {
    await net.stop()
    uncaught.stop()
  })

  it('connects applications by their ids alone', async () => {
    const [a, b] = await Promise.all([create(), create()])
    const connection = await a.dial(addressOf(b))
    assert.equal(connection.remotePeer.toString(), b.peerId.toString())
    assert.equal(connection.remoteAddr.toString(), addressOf(b).toString())
    const answer = await a.services.echo.echo(b.peerId, Uint8Array.of(1, 2, 3))
    assert.deepEqual([...answer.subarray()], [1, 2, 3])
  })

  it('connects applications that cannot reach each other directly', async () => {
    const [a, b] = await Promise.all([create({ byway: UNREACHABLE }), create({ byway: UNREACHABLE })])
    await a.dial(addressOf(b))
    const answer = await a.services.echo.echo(b.peerId, Uint8Array.of(1, 2, 3))
    assert.deepEqual([...answer.subarray()], [1, 2, 3])
    await until(() => a.byway.connections[0].route.startsWith('via '), 'a path has been measured')
  })
})
