import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { getNetConfig } from '@libp2p/utils'
import { createNode } from '../../src/node/libp2p.ts'
import { bootstrap } from '../../src/discovery/bootstrap.ts'
import { createNode as createPlainNode, stopNodes } from '../helpers/nodes.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import type { Libp2p, MultiaddrConnection } from '@libp2p/interface'
import type { Socket } from 'node:net'

/** Of libp2p's connection monitor. */
const PING = '/ipfs/ping/1.0.0'
/** What is done each few seconds is done each few milliseconds by nodes that are made meanwhile. */
const QUICK_MS = 20

describe('a node of byway', () => {
  const { setInterval } = globalThis
  let node: Libp2p | undefined

  afterEach(async () => {
    globalThis.setInterval = setInterval
    await node?.stop()
    await stopNodes()
  })

  it('keeps a connection on which pings are lost, which libp2p\'s monitor ends', async () => {
    globalThis.setInterval = ((run: () => void) => setInterval(run, QUICK_MS)) as typeof setInterval
    node = await createNode({
      role: bootstrap({ network: 'test' }), privateKey: await keyOf(70), listen: ['/ip4/127.0.0.1/tcp/0'], network: 'test', servesDht: true, isLocal: true
    })
    const monitored = await createPlainNode({ connectionMonitor: { enabled: true } })
    globalThis.setInterval = setInterval
    const deaf = await createPlainNode()
    await deaf.handle(PING, (stream) => { stream.abort(new Error('no answer')) })
    const kept = await deaf.dial(node.getMultiaddrs())
    const ended = await deaf.dial(monitored.getMultiaddrs())
    await until(() => ended.status !== 'open', 'the monitor ends its connection')
    assert.equal(kept.status, 'open')
    assert.equal(node.getConnections(deaf.peerId).length, 1)
  })

  it('ends a socket some seconds after its connection, whatever its peer does', async () => {
    const raw: Array<MultiaddrConnection & { socket?: Socket, onTransportClosed?: () => void }> = []
    node = await createNode({
      role: bootstrap({ network: 'test' }),
      privateKey: await keyOf(70),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      network: 'test',
      servesDht: true,
      isLocal: true,
      connectionGater: { denyInboundConnection: (connection) => raw.push(connection) === 0 }
    })
    await (await createPlainNode()).dial(node.getMultiaddrs())
    // as at a FIN of a peer that reads no more
    raw[0].onTransportClosed?.()
    assert.equal(raw[0].socket?.destroyed, false)
    await until(() => raw[0].socket?.destroyed === true, 'the socket ends')
  })

  it('regression: connections that say nothing keep nobody out, and are counted', async () => {
    const silent = 300
    const victim = node = await createNode({
      role: bootstrap({ network: 'test' }), privateKey: await keyOf(70), listen: ['/ip4/127.0.0.1/tcp/0'], network: 'test', servesDht: true, isLocal: true
    })
    const { port, host } = getNetConfig(victim.getMultiaddrs()[0])
    const attackers = Array.from({ length: silent }, () => connect(port ?? 0, host).on('error', () => {}))
    const judged = (): number => Object.values(victim.services.defences.status.connections).reduce((sum, connections) => sum + connections)
    await until(() => judged() >= silent, 'all are judged')
    const newcomer = await createPlainNode()
    await until(async () => newcomer.dial(victim.getMultiaddrs()).then(() => true, () => false), 'a newcomer gets in')
    attackers.forEach((attacker) => { attacker.destroy() })
  })
})
