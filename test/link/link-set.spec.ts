import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { FORWARD_PROTOCOL } from '../../protocols/forward/constants.ts'
import { encodeCredit } from '../../protocols/forward/link-control.ts'
import { FIRST_WINDOW_BYTES } from '../../src/link/credit-window.ts'
import { connected, createNode, stopNodes } from '../helpers/nodes.ts'
import { until } from '../helpers/testnet.ts'
import { linkNode, packet, put, rawStream } from './link-nodes.ts'
import type { AddressInfo } from 'node:net'
import type { Link } from '../../src/link/link.ts'
import type { LinkNode } from './link-nodes.ts'
import type { TestNode } from '../helpers/nodes.ts'
import type { Connection, Stream } from '@libp2p/interface'

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

describe('links over libp2p', () => {
  let a: LinkNode

  beforeEach(async () => {
    a = await linkNode()
  })

  afterEach(async () => {
    await stopNodes()
  })

  /** A peer that takes forward streams and does with them what a test says. */
  async function impostor (onStream: (stream: Stream) => void): Promise<TestNode> {
    const peer = await createNode()
    await peer.services.internals.registrar.handle(FORWARD_PROTOCOL, onStream)
    await connected(a.node, peer)
    return peer
  }

  /** A node connected to `a`, which both know. */
  async function neighbour (): Promise<LinkNode> {
    return neighbourOf(a)
  }

  async function neighbourOf ({ node }: LinkNode): Promise<LinkNode> {
    const b = await linkNode()
    await connected(node, b.node)
    await until(() => b.node.getConnections(node.peerId).length > 0, 'the connection at the other end')
    return b
  }

  it('bring packets in order, and those of one tick together', async () => {
    const b = await neighbour()
    const link = await a.links.open(b.node.peerId)
    range(500).forEach((number) => { assert.ok(put(link, number)) })
    await until(() => b.received.length === 500, '500 packets')
    assert.deepEqual(b.received, range(500))
    assert.ok(b.chunks.size <= 5, `${b.chunks.size} chunks`)
    assert.deepEqual([a.events, a.links.size, b.links.size], [['up'], 1, 1])
    assert.equal(b.links.get(a.node.peerId), undefined, 'the way back needs a stream of its own')
  })

  it('bring much more than a window, credited on the way', async () => {
    const b = await neighbour()
    const link = await a.links.open(b.node.peerId)
    const count = 2 * FIRST_WINDOW_BYTES / 1_000
    for (let number = 0; number < count; number++) {
      while (!put(link, number, 1_000)) {
        await until(() => link.queuedBytes < 200_000, 'room in the queue')
      }
    }
    await until(() => b.received.length >= count, 'all packets')
    assert.deepEqual(b.received, range(b.received.length))
  })

  it('know at both ends what was delivered while they were full', async function () {
    this.timeout(20_000)
    a = await linkNode({ queueBytes: 4_000_000 })
    const b = await neighbour()
    const link = await a.links.open(b.node.peerId)
    const now = (): number => performance.now()
    let sent = 0
    let isOver = false
    const keepFull = (): void => {
      while (put(link, sent, 10_000)) {
        sent++
      }
      if (!isOver) {
        setImmediate(keepFull)
      }
    }
    keepFull()
    try {
      await until(() => link.deliveryRate.bytesPerSecond(now()) > 0 && !link.deliveryRate.isFloor(now()), 'a second of full load', 10_000)
      await new Promise((resolve) => setTimeout(resolve, 1_200))
    } finally {
      isOver = true
    }
    const [delivered, arrived] = [link.deliveryRate.bytesPerSecond(now()), [...b.links][0].arrivalRate.bytesPerSecond(now())]
    assert.ok(delivered > 100_000 && arrived > 0.8 * delivered, `${delivered} delivered, ${arrived} arrived`)
    assert.equal([...b.links][0].deliveryRate.bytesPerSecond(now()), 0, 'nothing went the other way')
    await until(() => b.received.length === sent, 'the rest')
  })

  it('stand in both directions when two nodes open at once', async () => {
    const b = await neighbour()
    const [ab, ba] = await Promise.all([a.links.open(b.node.peerId), b.links.open(a.node.peerId)])
    put(ab, 1)
    put(ba, 2)
    await until(() => a.received.length + b.received.length === 2, 'a packet each way')
    assert.deepEqual([a.received, b.received], [[2], [1]])
    assert.deepEqual([a.links.size, b.links.size], [1, 1])
  })

  it('are opened once for all who ask at once', async () => {
    const b = await neighbour()
    const links = await Promise.all(range(5).map(async () => a.links.open(b.node.peerId)))
    assert.equal(new Set(links).size, 1)
    assert.deepEqual(a.events, ['up'])
  })

  it('hold no more than their queue for a neighbour that never credits', async () => {
    let readBytes = 0
    let credited: Stream | undefined
    const peer = await impostor((stream) => {
      credited = stream
      stream.addEventListener('message', ({ data }) => { readBytes += data.byteLength })
    })
    const link = await a.links.open(peer.peerId)
    for (let number = 0; number < 2_000; number++) {
      put(link, number, 1_000)
      if (number % 50 === 0) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    assert.ok(link.queuedBytes <= 300_000)
    await until(() => readBytes >= link.counters.sentBytes, 'what was sent')
    assert.ok(link.counters.sentBytes <= FIRST_WINDOW_BYTES, `${link.counters.sentBytes} bytes in flight`)
    assert.ok(link.counters.droppedPackets > 1_000)
    const before = readBytes
    credited?.send(encodeCredit(before))
    await until(() => readBytes > before, 'more after a credit')
  })

  it('reset a stream with a bad frame, and can be opened again', async () => {
    const stranger = await linkNode()
    const stream = await rawStream(stranger.node, a.node)
    stream.send(packet(1))
    stream.send(Uint8Array.of(0, 3, 1, 1))
    await until(() => stream.status !== 'open', 'the reset')
    assert.deepEqual([stream.status, a.received], ['reset', [1]])
    await until(() => a.links.size === 0, 'the link to be forgotten')
    put(await stranger.links.open(a.node.peerId), 2)
    await until(() => a.received.length === 2, 'a packet over the new link')
    assert.deepEqual(a.received, [1, 2])
  })

  it('end when the neighbour answers with a bad frame instead of a credit, and can be opened again', async () => {
    let streams = 0
    const peer = await impostor((stream) => {
      if (++streams === 1) {
        stream.addEventListener('message', () => { stream.send(Uint8Array.of(255, 255, 0)) })
      }
    })
    put(await a.links.open(peer.peerId), 1)
    await until(() => a.events.length === 2, 'the end of the link')
    assert.deepEqual([a.events, a.links.size, a.links.get(peer.peerId)], [['up', 'down'], 0, undefined])
    await a.links.open(peer.peerId)
    assert.deepEqual([a.events, streams], [['up', 'down', 'up'], 2])
  })

  it('regression: end where a neighbour credits nothing of what waits for it, in every role, and stay where it does', async () => {
    let skippedMs = 0
    const sender = await linkNode({ now: () => performance.now() + skippedMs })
    const honest = await neighbourOf(sender)
    const silent = await createNode()
    await silent.services.internals.registrar.handle(FORWARD_PROTOCOL, () => {})
    await connected(sender.node, silent)
    const [good, bad] = await Promise.all([sender.links.open(honest.node.peerId), sender.links.open(silent.peerId)])
    const count = Math.ceil(FIRST_WINDOW_BYTES / 1_000) + 100
    for (let number = 0; number < count; number++) {
      put(bad, number, 1_000)
      await until(() => put(good, number, 1_000), 'room for what is taken')
    }
    await until(() => honest.received.length === count, 'what the honest one takes')
    assert.ok(bad.queuedBytes > 0, 'something waits')
    skippedMs = 11_000
    await until(() => !bad.isUp, 'the end of the link that takes nothing', 30_000)
    assert.deepEqual([bad.queuedBytes, sender.links.get(silent.peerId), good.isUp, sender.events], [0, undefined, true, ['up', 'up', 'down']])
    await sender.links.open(silent.peerId)
  })

  it('forget half a packet when the stream ends in it', async () => {
    const stranger = await linkNode()
    const stream = await rawStream(stranger.node, a.node)
    stream.send(packet(1, 100))
    stream.send(packet(2, 100).subarray(0, 60))
    await stream.close()
    await until(() => a.links.size === 0, 'the link to be forgotten')
    put(await stranger.links.open(a.node.peerId), 3)
    await until(() => a.received.length === 2, 'a packet over the new link')
    assert.deepEqual(a.received, [1, 3])
  })

  it('take packets over the newer of two streams', async () => {
    const stranger = await linkNode()
    const connection = await connected(stranger.node, a.node)
    const open = async (): Promise<Stream> => connection.newStream(FORWARD_PROTOCOL, { maxOutboundStreams: 8 })
    const first = await open()
    first.send(packet(1))
    await until(() => a.received.length === 1, 'the first packet')
    const second = await open()
    second.send(packet(2))
    await until(() => a.received.length === 2 && first.status !== 'open', 'the second stream to replace the first')
    assert.deepEqual([first.status, second.status, a.links.size], ['reset', 'open', 1])
  })

  it('regression: go over the connection that they are to move to, the old one dead or not, and stay the same links', async () => {
    const b = await neighbour()
    const link = await a.links.open(b.node.peerId)
    const [old] = a.node.getConnections(b.node.peerId)
    const fresh = await a.node.dial(b.node.getMultiaddrs(), { force: true })
    const forwards = ({ streams }: Connection): number => streams.filter(({ protocol }) => protocol === FORWARD_PROTOCOL).length
    assert.equal(await a.links.open(b.node.peerId, { connection: fresh }), link)
    assert.deepEqual([forwards(old), forwards(fresh)], [1, 0], 'who does not ask for it moves nothing')
    assert.equal(await a.links.open(b.node.peerId, { connection: fresh, moves: true }), link)
    await until(() => forwards(old) === 0, 'the end of the old stream')
    assert.deepEqual([forwards(fresh), link.isUp, a.links.size], [1, true, 1])
    old.abort(new Error('cut'))
    put(link, 7)
    await until(() => b.received.length === 1, 'a packet over the new connection')
    await a.links.open(b.node.peerId, { connection: fresh, moves: true })
    assert.deepEqual([forwards(fresh), a.events.includes('down')], [1, false])
  })

  it('regression: move though another opening is under way, which may hang; if it ends after all, packets arrive nevertheless', async () => {
    const b = await neighbour()
    const [first] = a.node.getConnections(b.node.peerId)
    const second = await a.node.dial(b.node.getMultiaddrs(), { force: true })
    const forwards = ({ streams }: Connection): number => streams.filter(({ protocol }) => protocol === FORWARD_PROTOCOL).length
    const { promise, resolve: release } = Promise.withResolvers<void>()
    const newStream = first.newStream.bind(first)
    first.newStream = async (...asked) => {
      await promise
      return newStream(...asked)
    }
    const hanging = a.links.open(b.node.peerId, { connection: first })
    const moves = { connection: second, moves: true }
    const [link, other] = await Promise.all([a.links.open(b.node.peerId, moves), a.links.open(b.node.peerId, moves)])
    assert.deepEqual([link === other, link.isUp, forwards(second)], [true, true, 1], 'once for all who ask for the same')
    put(link, 1)
    await until(() => b.received.length === 1, 'a packet')
    release()
    assert.equal(await hanging, link)
    await until(() => forwards(first) + forwards(second) === 1, 'one stream')
    put(link, 2)
    await until(() => b.received.length === 2, 'another packet')
    assert.equal(a.events.includes('down'), false)
  })

  it('go down with the connection, and come up with a new one', async () => {
    const b = await neighbour()
    await a.links.open(b.node.peerId)
    a.node.getConnections(b.node.peerId)[0].abort(new Error('cut'))
    await until(() => a.events.includes('down'), 'the end of the link')
    assert.equal(a.links.get(b.node.peerId), undefined)
    await until(() => b.links.size === 0, 'the other side to notice')
    await connected(a.node, b.node)
    await a.links.open(b.node.peerId)
    assert.deepEqual(a.events, ['up', 'down', 'up'])
  })

  it('are gone at both ends when one closes, even if the other does not answer', async () => {
    const b = await neighbour()
    await Promise.all([a.links.open(b.node.peerId), b.links.open(a.node.peerId)])
    a.links.close(b.node.peerId)
    assert.deepEqual([a.events, a.links.size], [['up', 'down'], 0])
    await until(() => b.links.size === 0 && b.events.includes('down'), 'the other side to notice')

    let stream: Stream | undefined
    const peer = await impostor((opened) => { stream = opened })
    await a.links.open(peer.peerId)
    a.links.close(peer.peerId)
    assert.equal(a.links.size, 0)
    await until(() => stream !== undefined && stream.status !== 'open', 'the reset', 3_000)
  })

  it('are not more than the limit, whoever opens them, and make room when they close', async () => {
    const full = await linkNode({ maxLinks: 1 })
    await connected(full.node, a.node)
    await full.links.open(a.node.peerId)
    const other = await linkNode()
    await connected(full.node, other.node)
    await assert.rejects(full.links.open(other.node.peerId), { name: 'TooManyLinksError', code: 'OVER_QUOTA', maxLinks: 1 })
    const stream = await rawStream(other.node, full.node)
    await until(() => stream.status !== 'open', 'the refusal')
    assert.deepEqual([full.links.refusedStreams, full.links.size], [1, 1])
    full.links.close(a.node.peerId)
    assert.ok((await full.links.open(other.node.peerId)).isUp)
  })

  it('regression: of strangers give way to those of peers that are needed, whoever opens them, the oldest first', async () => {
    const needed = new Set<string>()
    const full = await linkNode({ maxLinks: 2, isUseful: (peer) => needed.has(peer.toString()) })
    const strangers = [await createNode(), await createNode(), await createNode()]
    const streams = [await rawStream(strangers[0], full.node), await rawStream(strangers[1], full.node)]
    await until(() => full.links.size === 2, 'two strangers')
    const third = await rawStream(strangers[2], full.node)
    await until(() => third.status !== 'open', 'the refusal of one more')

    needed.add(a.node.peerId.toString())
    await connected(full.node, a.node)
    assert.ok((await full.links.open(a.node.peerId)).isUp)
    await until(() => streams[0].status !== 'open', 'the end of the first')
    assert.deepEqual([streams[1].status, full.links.size], ['open', 2])

    const friend = await linkNode()
    needed.add(friend.node.peerId.toString())
    await rawStream(friend.node, full.node)
    await until(() => streams[1].status !== 'open', 'the end of the second')
    assert.equal(full.links.size, 2)
    const other = await neighbourOf(full)
    needed.add(other.node.peerId.toString())
    await assert.rejects(full.links.open(other.node.peerId), { name: 'TooManyLinksError' })
  })

  it('regression: do not wait for a dial that hangs when the peer has dialled meanwhile, and outlive its end', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const b = await linkNode()
    await a.node.peerStore.merge(b.node.peerId, { multiaddrs: [multiaddr(`/ip4/127.0.0.1/tcp/${(silent.address() as AddressInfo).port}`)] })
    const stop = new AbortController()
    const hanging = assert.rejects(a.links.open(b.node.peerId, { signal: stop.signal }), { name: 'UnavailableError' })
    await once(silent, 'connection')
    await connected(b.node, a.node)
    await until(() => a.links.isConnected(b.node.peerId), 'the connection of the peer')
    assert.ok((await a.links.open(b.node.peerId)).isUp)
    stop.abort()
    await hanging
    put(a.links.get(b.node.peerId) as Link, 1)
    await until(() => b.received.length === 1, 'a packet')
    silent.close()
  })

  it('have the smallest index that is free, until neither direction stands', async () => {
    const [b, c, d] = [await neighbour(), await neighbour(), await neighbour()]
    const gone: Array<{ index: number, size: number, isUp: boolean }> = []
    a.links.addEventListener('link:gone', ({ detail: { index, isUp } }) => { gone.push({ index, size: a.links.size, isUp }) })
    const links = [await a.links.open(b.node.peerId), await a.links.open(c.node.peerId)]
    assert.deepEqual(links.map(({ index }) => index), [0, 1])
    assert.deepEqual([0, 1, 2, -1].map((index) => a.links.byIndex(index)), [...links, undefined, undefined])
    await b.links.open(a.node.peerId)
    put(b.links.get(a.node.peerId) as Link, 1)
    await until(() => a.received.length === 1, 'the way back')

    b.links.close(a.node.peerId)
    await until(() => a.links.byIndex(0) === undefined && a.links.size === 1, 'the end of both directions')
    assert.deepEqual(gone, [{ index: 0, size: 1, isUp: false }])
    assert.equal((await a.links.open(d.node.peerId)).index, 0)
    assert.equal((await a.links.open(b.node.peerId)).index, 2)
  })

  it('keep their index while one direction stands', async () => {
    const b = await neighbour()
    let gone = 0
    b.links.addEventListener('link:gone', () => { gone++ })
    const stream = await rawStream(a.node, b.node)
    stream.send(packet(1))
    await until(() => b.received.length === 1, 'the first packet')
    const link = await b.links.open(a.node.peerId)
    assert.deepEqual([link.index, b.links.size], [0, 1])
    await stream.close()
    const standing = (): Stream[] => b.node.getConnections(a.node.peerId)[0].streams.filter(({ protocol }) => protocol === FORWARD_PROTOCOL)
    await until(() => standing().length === 1, 'the end of the way in')
    assert.deepEqual([gone, b.links.byIndex(0)], [0, link])
    b.links.close(a.node.peerId)
    await until(() => gone === 1, 'the end')
    assert.equal(b.links.byIndex(0), undefined)
  })

  it('regression: are not opened any more when the set has stopped, nor those that were under way', async () => {
    const [b, c] = [await neighbour(), await linkNode()]
    const hanging = Promise.withResolvers<Connection>()
    a.connectionManager.openConnection = async () => hanging.promise
    const opening = a.links.open(c.node.peerId)
    const connection = await c.node.dial(a.node.getMultiaddrs())
    await until(() => a.node.getConnections(c.node.peerId).length > 0, 'the connection at the other end', 30_000)
    await a.links.stop()
    hanging.resolve(a.node.getConnections(c.node.peerId)[0])
    await assert.rejects(opening, { code: 'UNAVAILABLE' })
    await assert.rejects(a.links.open(b.node.peerId), { code: 'UNAVAILABLE' })
    assert.equal(a.links.size, 0)
    await until(() => connection.streams.every(({ protocol }) => protocol !== FORWARD_PROTOCOL), 'the end of the stream', 30_000)
    await a.links.start()
    assert.equal((await a.links.open(b.node.peerId)).isUp, true)
  })

  it('are refused to peers that are not admitted', async () => {
    const closed = await linkNode({ admits: (peer) => !peer.equals(a.node.peerId) })
    const stream = await rawStream(a.node, closed.node)
    await until(() => stream.status !== 'open', 'the refusal')
    assert.deepEqual([closed.links.refusedStreams, closed.links.size], [1, 0])
  })

  it('say so when a peer cannot be reached or does not speak the protocol', async () => {
    const silent = await createNode()
    await connected(a.node, silent)
    await assert.rejects(a.links.open(silent.peerId), { name: 'UnavailableError' })
    assert.deepEqual([a.links.size, a.events], [0, []])
    await silent.stop()
    await assert.rejects(a.links.open(silent.peerId, { signal: AbortSignal.timeout(500) }), { name: 'UnavailableError' })
  })
})
