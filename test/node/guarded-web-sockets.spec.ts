import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { getNetConfig } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { Admission } from '../../src/defence/admission.ts'
import { composeGaters } from '../../src/defence/compose-gaters.ts'
import { guardedWebSockets } from '../../src/node/guarded-web-sockets.ts'
import { TrustedProxies } from '../../src/node/trusted-proxies.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { until } from '../helpers/testnet.ts'
import { longNamed, LS, repeated } from '../defence/attacker.ts'
import type { AddressInfo, Socket } from 'node:net'
import type { IncomingMessage } from 'node:http'
import type { Libp2p, MultiaddrConnection, Stream } from '@libp2p/interface'

const PROTOCOL = '/test/guarded-web-sockets'
const LISTEN = { addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] } }
/** RFC 6455, section 5.2: final, with reserved bits that nobody has agreed on. */
const WRONG_FRAME = Uint8Array.of(0xff, 0x80, 0, 0, 0, 0)
/** Final, binary, masked, and of so many bytes, of which none follow. */
const frameHeader = (bytes: number): Uint8Array => Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => bytes >>> shift & 0xff), 0, 0, 0, 0)

const portOf = (node: Libp2p): number => getNetConfig(node.getMultiaddrs()[0]).port as number

/** What a server answers that speaks WebSocket. */
function accepted ({ headers }: IncomingMessage): string {
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

describe('guarded WebSockets', () => {
  const ends: Array<() => void> = []

  afterEach(async () => {
    ends.splice(0).forEach((end) => { end() })
    await stopNodes()
  })

  it('look the names up that they dial, as they are told to', async () => {
    const asked: string[] = []
    const [a, b] = await Promise.all([createNode({
      transports: [guardedWebSockets((name, { all }, done) => {
        asked.push(name)
        done(null, all === true ? [{ address: '127.0.0.1', family: 4 }] : '127.0.0.1', 4)
      })],
      addresses: { listen: [] }
    }), createNode({ transports: [guardedWebSockets()], ...LISTEN })])
    let received = 0
    await b.handle(PROTOCOL, (stream: Stream) => { stream.addEventListener('message', ({ data }) => { received += data.byteLength }) })
    const port = portOf(b)
    const connection = await a.dial(multiaddr(`/dns4/node.example/tcp/${port}/ws/p2p/${b.peerId.toString()}`))
    assert.ok(connection.remotePeer.equals(b.peerId))
    assert.deepEqual(asked, ['node.example'])
    const stream = await connection.newStream(PROTOCOL)
    stream.send(new Uint8Array(300_000))
    await until(() => received === 300_000, 'all of it comes')
  })

  it('regression: one wrong frame ends the connection that it came by, and not the process', async () => {
    const socket = await upgraded(portOf(await createNode({ transports: [guardedWebSockets()], ...LISTEN })))
    socket.write(WRONG_FRAME)
    await until(() => socket.closed, 'the connection ends')
  })

  it('regression: a wrong frame from a peer that was dialled ends the connection, and not the process', async () => {
    const server = createServer().on('upgrade', (request, socket: Socket) => {
      socket.write(accepted(request))
      socket.write(WRONG_FRAME)
      ends.push(() => { socket.destroy() })
    }).listen(0, '127.0.0.1')
    ends.push(() => { server.close() })
    await until(() => server.listening, 'it listens')
    const node = await createNode({ transports: [guardedWebSockets((_name, _options, done) => { done(null, [{ address: '127.0.0.1', family: 4 }]) })], addresses: { listen: [] } })
    await assert.rejects(node.dial(multiaddr(`/dns4/node.example/tcp/${(server.address() as AddressInfo).port}/ws`)))
  })

  for (const side of ['who dialled', 'who was dialled']) {
    it(`regression: a connection is over for both when it is aborted by the one ${side}`, async () => {
      const [a, b] = await Promise.all([createNode({ transports: [guardedWebSockets()], addresses: { listen: [] } }), createNode({ transports: [guardedWebSockets()], ...LISTEN })])
      await a.dial(b.getMultiaddrs())
      await until(() => b.getConnections().length === 1, 'they are connected')
      const [one, other] = side === 'who dialled' ? [a, b] : [b, a]
      one.getConnections()[0].abort(new Error('enough'))
      await until(() => other.getConnections().length === 0, 'the other one notices')
    })
  }

  it('regression: take no message of more bytes than a connection may have waiting', async () => {
    const port = portOf(await createNode({ transports: [guardedWebSockets()], ...LISTEN }))
    const [modest, greedy] = [await upgraded(port), await upgraded(port)]
    modest.write(frameHeader(4 * 1024 * 1024))
    greedy.write(frameHeader(4 * 1024 * 1024 + 1))
    await until(() => greedy.closed, 'the connection ends')
    assert.equal(modest.closed, false)
  })

  for (const { then, end } of [
    { then: 'waits', end: () => {} },
    { then: 'resets its socket', end: (socket: Socket) => { socket.resetAndDestroy() } }
  ]) {
    it(`regression: a handshake whose answers nobody reads ends, and gives its slot back, when its peer then ${then}`, async () => {
      const admission = new Admission()
      let raw: MultiaddrConnection | undefined
      const node = await createNode({
        transports: [guardedWebSockets()],
        ...LISTEN,
        connectionEncrypters: longNamed(),
        connectionGater: composeGaters(admission.gater, {
          denyInboundConnection: (connection) => {
            raw = connection
            return false
          }
        }),
        connectionManager: { inboundUpgradeTimeout: 2_000 }
      })
      const socket = await upgraded(portOf(node))
      socket.pause()
      socket.write(frameHeader(4_096 * LS.byteLength))
      socket.write(repeated(LS, 4_096))
      await until(() => raw?.writableNeedsDrain === true, 'answers wait for it')
      await until(() => raw?.status !== 'open', 'its time is over')
      end(socket)
      await until(() => admission.openConnections === 0, 'the slot is free')
    })
  }

  it('regression: a handshake that fails with a peer that was dialled ends the connection', async () => {
    const silent = createServer().on('upgrade', (request, socket: Socket) => {
      ends.push(() => { socket.destroy() })
      socket.on('error', () => {}).on('end', () => { socket.end() }).on('close', () => { isClosed = true }).resume()
      socket.write(accepted(request))
    }).listen(0, '127.0.0.1')
    let isClosed = false
    ends.push(() => { silent.close() })
    await until(() => silent.listening, 'it listens')
    const node = await createNode({ transports: [guardedWebSockets()], addresses: { listen: [] } })
    await assert.rejects(node.dial(multiaddr(`/ip4/127.0.0.1/tcp/${(silent.address() as AddressInfo).port}/ws`), { signal: AbortSignal.timeout(1_000) }))
    await until(() => isClosed, 'the connection ends')
  })

  for (const { how, said } of [{ how: 'say nothing', said: [] }, { how: 'go on asking for pages', said: ['GET / HTTP/1.1\r\nHost: node.example\r\n\r\n'] }]) {
    it(`regression: sockets that ${how} end, and those that speak WebSocket stay`, async () => {
      const node = await createNode({ transports: [guardedWebSockets(undefined, { maxSockets: 8, maxMs: 1_000 })], ...LISTEN, connectionManager: { inboundUpgradeTimeout: 60_000 } })
      const port = portOf(node)
      const speaks = await upgraded(port)
      const socket = knock(port)
      const talk = setInterval(() => { said.forEach((text) => { socket.write(text) }) }, 100)
      ends.push(() => { clearInterval(talk) })
      await until(() => socket.closed, 'its time is over')
      assert.equal(speaks.closed, false)
    })
  }

  it('regression: sockets that say nothing do not keep a node from stopping', async () => {
    const port = portOf(await createNode({ transports: [guardedWebSockets()], ...LISTEN }))
    const socket = knock(port)
    await once(socket, 'connect')
    await upgraded(port)
    await stopNodes()
    await until(() => socket.closed, 'it is over')
  })

  it('regression: sockets that say nothing keep nobody out, however many', async () => {
    const node = await createNode({ transports: [guardedWebSockets(undefined, { maxSockets: 4, maxMs: 600_000 })], ...LISTEN })
    const port = portOf(node)
    const silent = Array.from({ length: 8 }, () => knock(port))
    await until(() => silent.filter((socket) => socket.closed).length === 4, 'there is no place for some')
    const dialler = await createNode({ transports: [guardedWebSockets()], addresses: { listen: [] } })
    await until(async () => dialler.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}/ws`)).then(() => true, () => false), 'a newcomer gets in')
  })

  for (const { title, proxies, from } of [
    { title: 'whom a trusted proxy names', proxies: ['127.0.0.0/8'], from: '/ip4/198.51.100.7/tcp/0/ws' },
    { title: 'the proxy where it is none that is believed', proxies: ['192.0.2.1'], from: /^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d*\/ws$/ }
  ]) {
    it(`take for the address of who connects that of ${title}`, async () => {
      const seen: string[] = []
      const node = await createNode({
        transports: [guardedWebSockets(undefined, undefined, new TrustedProxies(proxies))],
        ...LISTEN,
        connectionGater: {
          denyInboundConnection: ({ remoteAddr }) => {
            seen.push(remoteAddr.toString())
            return false
          }
        }
      })
      await upgraded(portOf(node), 'X-Forwarded-For: 203.0.113.5, 198.51.100.7\r\n')
      await until(() => seen.length === 1, 'it is looked at')
      if (typeof from === 'string') {
        assert.equal(seen[0], from)
      } else {
        assert.match(seen[0], from)
      }
    })
  }

  /** A socket that has said nothing yet. */
  function knock (port: number): Socket {
    const socket = connect(port, '127.0.0.1')
    ends.push(() => { socket.destroy() })
    return socket.on('error', () => {}).resume()
  }

  /** A socket on which WebSocket frames are spoken. */
  async function upgraded (port: number, headers = ''): Promise<Socket> {
    const socket = connect(port, '127.0.0.1')
    ends.push(() => { socket.destroy() })
    socket.on('error', () => {})
    let answer = ''
    socket.on('data', (bytes) => { answer += bytes.toString() })
    socket.write('GET / HTTP/1.1\r\nHost: node.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' + headers + '\r\n')
    await until(() => answer.includes('101 Switching Protocols'), 'they speak WebSocket')
    return socket
  }
})
