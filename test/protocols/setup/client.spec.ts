import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { SetupClient } from '../../../protocols/setup/client.ts'
import {
  decodeBind, decodeInstall, decodeRefresh, decodeRemove, encodeBound, encodeInstall, encodeInstalled, encodeRefreshed
} from '../../../protocols/setup/codec.ts'
import { MessageType, SETUP_PROTOCOL } from '../../../protocols/setup/constants.ts'
import { serveSetup } from '../../../protocols/setup/server.ts'
import { connected, createNode, stopNodes } from '../../helpers/nodes.ts'
import { until } from '../../helpers/testnet.ts'
import type { Connection, PeerId } from '@libp2p/interface'
import type { Install, Installed } from '../../../protocols/setup/codec.ts'
import type { SetupClientInit } from '../../../protocols/setup/client.ts'
import type { SetupAnswer, SetupRequest } from '../../../protocols/setup/server.ts'
import type { TestNode } from '../../helpers/nodes.ts'

const label = { slot: 7, check: 0xfedcba98 }
const install: Install = { authority: new Uint8Array(300).fill(1), order: new Uint8Array(200).fill(2), index: 1, bound: false, proofs: [] }
const installed: Installed = { label, leaseMs: 10_000, echo: undefined, authenticators: [] }

function answerTo ({ type, body }: SetupRequest): SetupAnswer {
  switch (type) {
    case MessageType.install: return { body: encodeInstalled({ ...installed, leaseMs: 1_000 * decodeInstall(body).index }) }
    case MessageType.bind: return { body: encodeBound({ label: { slot: decodeBind(body).orderId[0], check: 1 } }) }
    case MessageType.refresh: return { body: encodeRefreshed({ leaseMs: decodeRefresh(body).label.slot }) }
    case MessageType.remove: return { body: new Uint8Array(decodeRemove(body).label === undefined ? 1 : 0) }
  }
}

describe('set-up client', () => {
  let servers: TestNode[]
  let self: TestNode
  let client: SetupClient
  let dials: number

  before(async () => {
    self = await createNode()
    servers = [await createNode(), await createNode(), await createNode()]
  })

  beforeEach(() => { dials = 0 })

  afterEach(async () => {
    await client.stop()
    await Promise.all(servers.map(async server => { await server.unhandle(SETUP_PROTOCOL) }))
  })

  after(async () => {
    await stopNodes()
  })

  async function connect (peer: PeerId): Promise<Connection> {
    dials++
    return await connected(self, servers.find(({ peerId }) => peerId.equals(peer)) as TestNode)
  }

  function start (init: Partial<SetupClientInit> = {}): PeerId {
    client = new SetupClient({ connect, ...init })
    return servers[0].peerId
  }

  async function serve (handle: (request: SetupRequest) => Promise<SetupAnswer> | SetupAnswer = answerTo): Promise<void> {
    for (const server of servers) {
      await serveSetup(server.services.internals.registrar, { handle })
    }
  }

  function streamsTo (server: TestNode): number {
    return self.getConnections(server.peerId).flatMap(({ streams }) => streams).filter(({ protocol }) => protocol === SETUP_PROTOCOL).length
  }

  it('asks each of the four questions and understands the answers', async () => {
    await serve()
    const peer = start()
    assert.deepEqual(await client.install(peer, { ...install, index: 5 }), { ...installed, leaseMs: 5_000 })
    assert.deepEqual(await client.install(peer, encodeInstall({ ...install, index: 6 })), { ...installed, leaseMs: 6_000 })
    assert.deepEqual(await client.bind(peer, { orderId: new Uint8Array(16).fill(9), backLabel: label }), { label: { slot: 9, check: 1 } })
    assert.deepEqual(await client.refresh(peer, { label, chain: new Uint8Array(16) }), { leaseMs: 7 })
    assert.equal(await client.remove(peer, { label }), undefined)
    assert.equal(await client.remove(peer, { orderId: new Uint8Array(16) }), undefined)
  })

  it('opens one stream to a peer, however many ask at once', async () => {
    await serve()
    start()
    await Promise.all(servers.flatMap(({ peerId }) => Array.from({ length: 30 }, async () => await client.install(peerId, install))))
    await client.install(servers[0].peerId, install)
    assert.equal(dials, 3)
    assert.deepEqual(servers.map(streamsTo), [1, 1, 1])
  })

  it('opens a new stream when the one it had is gone', async () => {
    await serve()
    const peer = start()
    await client.install(peer, install)
    await self.hangUp(peer)
    assert.equal((await client.install(peer, install)).leaseMs, 1_000)
    assert.equal(dials, 2)
  })

  it('hands on a success that came too late, as the caller knows it', async () => {
    await serve(async request => await delay(60, answerTo(request)))
    const peer = start()
    const late = Promise.withResolvers<Installed>()
    await client.install(peer, install)
    await assert.rejects(client.install(peer, install, { deadlineMs: 20, onLate: late.resolve }), { name: 'DeadlineError' })
    assert.deepEqual(await late.promise, { ...installed, leaseMs: 1_000 })
  })

  it('says that an answer cannot be read', async () => {
    await serve(() => ({ body: Uint8Array.of(255, 255) }))
    const peer = start()
    await assert.rejects(client.install(peer, install), { name: 'MalformedMessageError' })
  })

  it('counts the time for a connection to the deadline of a call, and lets a call be cancelled in it', async () => {
    const peer = start({ connect: async () => await new Promise(() => {}) })
    await assert.rejects(client.install(peer, install, { deadlineMs: 30 }), { name: 'DeadlineError' })
    const controller = new AbortController()
    const cancelled = assert.rejects(client.install(peer, install, { signal: controller.signal }), { name: 'CancelledError' })
    controller.abort(new Error('enough'))
    await cancelled
  })

  it('gives every caller of a failed connection UnavailableError, and tries again for the next', async () => {
    await serve()
    let failures = 0
    const peer = start({
      connect: peer => {
        if (failures++ === 0) {
          throw new Error('no route')
        }
        return connect(peer)
      }
    })
    await Promise.all([1, 2].map(async () => { await assert.rejects(client.install(peer, install), { name: 'UnavailableError' }) }))
    assert.equal((await client.install(peer, install)).leaseMs, 1_000)
    assert.equal(failures, 2)
  })

  it('says that the peer does not speak the protocol', async () => {
    const peer = start()
    await assert.rejects(client.install(peer, install), { name: 'ProtocolNotSupportedError' })
  })

  it('closes the stream that was idle for longest when it has too many', async () => {
    await serve()
    start({ maxStreams: 2 })
    for (const i of [0, 1, 0, 2]) {
      await client.install(servers[i].peerId, install)
      await delay(2)
    }
    await until(() => servers.map(streamsTo).join() === '1,0,1', 'the one to the second is closed')
  })

  it('refuses one more peer when all its streams wait for something', async () => {
    await serve(async request => await delay(80, answerTo(request)))
    start({ maxStreams: 1 })
    const first = client.install(servers[0].peerId, install)
    await assert.rejects(client.install(servers[1].peerId, install), { name: 'OverQuotaError', remote: false })
    await delay(40)
    await assert.rejects(client.install(servers[1].peerId, install), { name: 'OverQuotaError', remote: false })
    await first
    await client.install(servers[1].peerId, install)
  })

  it('ends everything when it is stopped, also what is being opened', async () => {
    await serve(async () => await new Promise(() => {}))
    const peer = start({
      connect: async (to, signal) => to.equals(servers[1].peerId)
        ? await new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) })
        : await connect(to)
    })
    const waiting = [peer, servers[1].peerId].map(async to => { await assert.rejects(client.install(to, install), { name: 'UnavailableError' }) })
    while (streamsTo(servers[0]) === 0) {
      await delay(1)
    }
    await delay(10)
    await client.stop()
    await Promise.all(waiting)
    assert.equal(streamsTo(servers[0]), 0)
    await assert.rejects(client.install(peer, install), { name: 'UnavailableError' })
  })
})
