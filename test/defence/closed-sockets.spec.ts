import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { getNetConfig } from '@libp2p/utils'
import { WebSocket } from 'ws'
import { composeGaters } from '../../src/defence/compose-gaters.ts'
import { endClosedSockets } from '../../src/defence/closed-sockets.ts'
import { guardedWebSockets } from '../../src/node/guarded-web-sockets.ts'
import { longNamed, LS, repeated } from './attacker.ts'
import { connected, createNode, stopNodes } from '../helpers/nodes.ts'
import { until } from '../helpers/testnet.ts'
import type { Libp2p, MultiaddrConnection, Stream } from '@libp2p/interface'
import type { Socket } from 'node:net'
import type { Libp2pOptions } from 'libp2p'

const PROTOCOL = '/test/closed-sockets'
const PART_BYTES = 65_536

type RawConnection = MultiaddrConnection & { socket: Socket, websocket: WebSocket & { readyState: number, bufferedAmount: number } }

const portOf = (node: Libp2p): number => getNetConfig(node.getMultiaddrs()[0]).port as number

describe('closed sockets', () => {
  const attackers: Array<{ destroy: () => void }> = []

  afterEach(async () => {
    await stopNodes()
    attackers.splice(0).forEach((attacker) => { attacker.destroy() })
  })

  /** @returns the node, and the raw connections that come to it */
  async function victim (lingerMs: number, options: Libp2pOptions = {}): Promise<{ node: Libp2p, raw: RawConnection[] }> {
    const raw: RawConnection[] = []
    const remember = (connection: MultiaddrConnection): boolean => raw.push(connection as RawConnection) === 0
    return { node: await createNode({ connectionGater: composeGaters(endClosedSockets(lingerMs), { denyInboundConnection: remember }), ...options }), raw }
  }

  /** Asks for more than a socket takes, reads nothing of it, and says that it sends no more. */
  async function leaveUnread (port: number, raw: RawConnection[]): Promise<void> {
    const attacker = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    attackers.push(attacker)
    attacker.on('error', () => {}).pause()
    attacker.write(repeated(LS, 8_192))
    await until(() => raw.at(0)?.writableNeedsDrain === true, 'answers wait for it')
    attacker.end()
    await until(() => raw[0].status === 'closed', 'its connection is over')
  }

  it('regression: end although their peer has half-closed them and reads nothing, and do not keep the node from stopping', async () => {
    const { node, raw } = await victim(500, { connectionEncrypters: longNamed() })
    await leaveUnread(portOf(node), raw)
    await node.stop()
    assert.equal(raw[0].socket.destroyed, true)
  })

  it('regression: of WebSockets end although their peer has half-closed them and reads nothing', async () => {
    const { node, raw } = await victim(500, { transports: [guardedWebSockets()], addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] } })
    const attacker = new WebSocket(`ws://127.0.0.1:${portOf(node)}`) as WebSocket & { _socket: Socket, terminate: () => void }
    attackers.push({ destroy: () => { attacker.terminate() } })
    attacker.on('error', () => {})
    await once(attacker, 'open')
    await until(() => raw.length === 1, 'it is connected')
    attacker._socket.pause()
    const [{ websocket }] = raw
    while (websocket.bufferedAmount < PART_BYTES) {
      raw[0].send(new Uint8Array(PART_BYTES))
      await new Promise(setImmediate)
    }
    attacker._socket.end()
    await until(() => websocket.readyState === 2, 'the node has seen it')
    await raw[0].close()
    assert.equal(raw[0].status, 'closed')
    await until(() => websocket.readyState === 3, 'the socket ends')
  })

  it('have their time: what was written before the end arrives', async () => {
    const { node } = await victim(60_000)
    const reader = await createNode()
    let received = 0
    await reader.handle(PROTOCOL, (stream: Stream) => { stream.addEventListener('message', ({ data }) => { received += data.byteLength }) })
    await connected(reader, node)
    await until(() => node.getConnections().length === 1, 'they are connected')
    const [connection] = node.getConnections()
    const stream = await connection.newStream(PROTOCOL)
    stream.send(new Uint8Array(PART_BYTES))
    await stream.close()
    await connection.close()
    await until(() => received === PART_BYTES, 'all of it arrives')
  })
})
