import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { getNetConfig } from '@libp2p/utils'
import { webSockets } from '@libp2p/websockets'
import { pEvent } from 'p-event'
import { MAX_NEGOTIATION_ANSWERS } from '../../src/defence/negotiation-limit.ts'
import { bootstrap } from '../../src/discovery/bootstrap.ts'
import { createNode } from '../../src/node/libp2p.ts'
import { PING_PROTOCOL } from '../../src/defence/bounded-ping.ts'
import { createNode as createPlainNode, stopNodes } from '../helpers/nodes.ts'
import { keyOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import type { Bootstrap } from '../../src/discovery/bootstrap.ts'
import type { DefendedNode } from '../../src/node/libp2p.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

/** What an answer to an unknown name is, with its length. */
const REFUSAL = Buffer.from('\u0003na\n')
const names = Buffer.alloc(3_000_000, '\u0002a\n')

describe('limited handshakes', () => {
  let node: DefendedNode<Bootstrap>

  beforeEach(async () => {
    node = await createNode({
      role: bootstrap({ network: 'test' }), privateKey: await keyOf(72), listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'], network: 'test', servesDht: true, isLocal: true
    })
  })

  afterEach(async () => {
    await node.stop()
    await stopNodes()
  })

  function address (isWebSocket: boolean): Multiaddr {
    return node.getMultiaddrs().find((one) => one.toString().includes('/ws') === isWebSocket) ?? assert.fail('it listens on both')
  }

  it('end a TCP connection that asks for name after name, after some answers', async () => {
    const { host, port } = getNetConfig(address(false))
    const socket = connect(port ?? 0, host)
    let answered = 0
    socket.on('data', (data: Buffer) => { answered += data.byteLength })
    socket.on('error', () => {})
    socket.write(names)
    await pEvent(socket, 'close', { rejectionEvents: [] })
    assert.ok(answered <= MAX_NEGOTIATION_ANSWERS * REFUSAL.byteLength, `${answered} bytes were answered`)
    assert.deepEqual(node.services.defences.status.breaches, { NegotiationTooLongError: 1 })
  })

  it('end a WebSocket that asks for them in one message', async () => {
    const { host, port } = getNetConfig(address(true))
    const socket = new WebSocket(`ws://${host}:${port}`)
    let answered = 0
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => { answered += (data as ArrayBuffer).byteLength })
    await pEvent(socket, 'open')
    socket.send(names)
    await pEvent(socket, 'close', { rejectionEvents: [] })
    assert.ok(answered <= MAX_NEGOTIATION_ANSWERS * REFUSAL.byteLength, `${answered} bytes were answered`)
    assert.deepEqual(node.services.defences.status.breaches, { NegotiationTooLongError: 1 })
  })

  it('come with as much for each stream: one on which names are tried without end is ended', async () => {
    const connection = await (await createPlainNode()).dial(address(false))
    const unknown = Array.from({ length: 2 * MAX_NEGOTIATION_ANSWERS }, (_, index) => `/test/unknown/${index}`)
    await assert.rejects(connection.newStream([...unknown, PING_PROTOCOL]), { name: 'StreamResetError' })
    assert.equal(connection.status, 'open')
    assert.equal((await connection.newStream([...unknown.slice(0, 5), PING_PROTOCOL])).protocol, PING_PROTOCOL)
  })

  for (const isWebSocket of [false, true]) {
    it(`are over with the handshake, over ${isWebSocket ? 'WebSockets' : 'TCP'}: afterwards a connection takes as many answers as it likes`, async () => {
      const plain = await createPlainNode(isWebSocket ? { transports: [webSockets()], addresses: { listen: [] }, connectionGater: { denyDialMultiaddr: () => false } } : {})
      const connection = await plain.dial(address(isWebSocket))
      const stream = await connection.newStream(PING_PROTOCOL)
      let received = 0
      stream.addEventListener('message', ({ data }) => { received += data.byteLength })
      for (let sent = 1; sent <= 2 * MAX_NEGOTIATION_ANSWERS; sent++) {
        stream.send(new Uint8Array(32))
        await until(() => received === 32 * sent, 'it is answered')
      }
      assert.equal(connection.status, 'open')
      assert.deepEqual(node.services.defences.status.breaches, {})
    })
  }
})
