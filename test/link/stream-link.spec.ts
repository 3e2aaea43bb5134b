import assert from 'node:assert/strict'
import { setImmediate as nextTick } from 'node:timers/promises'
import { defaultLogger } from '@libp2p/logger'
import { Flag } from '../../protocols/forward/constants.ts'
import { encodeCredit, decodeCredit } from '../../protocols/forward/link-control.ts'
import { EndOfTick } from '../../src/link/end-of-tick.ts'
import { FIRST_WINDOW_BYTES } from '../../src/link/credit-window.ts'
import { OWN, OWN_STREAM } from '../../src/link/packet-queue.ts'
import { StreamLink } from '../../src/link/stream-link.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { FakeStream } from './fake-stream.ts'

const peer = await peerOf(1)
const PACKET_BYTES = 1_000
const QUEUE_BYTES = 100_000

interface Watched { link: StreamLink, events: string[], received: number[], times: number[] }

function makeLink (now: () => number = () => 0): Watched {
  const events: string[] = []
  const received: number[] = []
  const times: number[] = []
  const link = new StreamLink({
    peer,
    index: 0,
    endOfTick: new EndOfTick(),
    queueBytes: QUEUE_BYTES,
    now,
    log: defaultLogger().forComponent('test:link'),
    onPacket: (_buffer, _at, length, _from, nowMs) => {
      received.push(length)
      times.push(nowMs)
    },
    onDown: () => { events.push('down') },
    onIdle: () => { events.push('idle') }
  })
  return { link, events, received, times }
}

function put (link: StreamLink, count = 1, droppable = false, source = OWN): number {
  let taken = 0
  for (let i = 0; i < count; i++) {
    const at = link.reserve(PACKET_BYTES, droppable, OWN, source)
    if (at >= 0) {
      link.buffer.set(packet(droppable), at)
      taken++
    }
  }
  return taken
}

function packet (droppable = false): Uint8Array {
  const bytes = new Uint8Array(PACKET_BYTES)
  bytes.set([PACKET_BYTES >> 8, PACKET_BYTES & 0xff, 1, droppable ? Flag.droppable : 0])
  return bytes
}

function packets (count: number): Uint8Array {
  const bytes = new Uint8Array(count * PACKET_BYTES)
  for (let i = 0; i < count; i++) {
    bytes.set(packet(), i * PACKET_BYTES)
  }
  return bytes
}

describe('stream link', () => {
  it('sends the packets of one tick as one batch', async () => {
    const { link } = makeLink()
    const stream = new FakeStream()
    link.setOutgoing(stream.asStream)
    assert.equal(put(link, 20), 20)
    assert.equal(stream.sent.length, 0)
    await nextTick()
    assert.deepEqual(stream.sent.map(({ length }) => length), [20 * PACKET_BYTES])
    assert.deepEqual([link.counters.sentPackets, link.counters.sentBytes], [20, 20 * PACKET_BYTES])
  })

  it('takes nothing while there is no stream, and counts it', () => {
    const { link } = makeLink()
    assert.equal(put(link), 0)
    assert.equal(link.isUp, false)
    assert.equal(link.counters.droppedPackets, 1)
  })

  it('holds no more than its queue before a neighbour that does not credit, and goes on when it does', async () => {
    const { link } = makeLink()
    const stream = new FakeStream()
    link.setOutgoing(stream.asStream)
    for (let tick = 0; tick < 20; tick++) {
      put(link, 50)
      await nextTick()
    }
    assert.ok(stream.sentBytes <= FIRST_WINDOW_BYTES, `${stream.sentBytes} bytes in flight`)
    assert.ok(link.queuedBytes > 0 && link.queuedBytes <= QUEUE_BYTES)
    assert.equal(link.counters.sentPackets + link.counters.droppedPackets + link.queuedBytes / PACKET_BYTES, 1_000)
    const before = stream.sentBytes
    stream.receive(encodeCredit(before))
    assert.ok(stream.sentBytes > before)
    assert.ok(stream.sentBytes - before <= FIRST_WINDOW_BYTES)
  })

  it('ends with a neighbour that lets packets wait and credits nothing for ten seconds, and not with one that only has nothing to do', async () => {
    const { link, events } = makeLink()
    const stream = new FakeStream()
    link.setOutgoing(stream.asStream)
    const look = (times: number): void => {
      for (let time = 0; time < times; time++) {
        link.expire()
      }
    }
    look(60)
    put(link, 200)
    await nextTick()
    assert.ok(link.queuedBytes > 0)
    look(9)
    stream.receive(encodeCredit(10_000))
    put(link, 50)
    look(1)
    look(9)
    assert.deepEqual(events, [], 'something was credited')
    look(1)
    assert.deepEqual([events, link.queuedBytes, link.isUp], [['down', 'idle'], 0, false])
  })

  it('regression: ends with no neighbour over packets that only wait for the end of the tick, however rarely it has a turn', async () => {
    const { link, events } = makeLink()
    link.setOutgoing(new FakeStream().asStream)
    for (let wakes = 0; wakes < 20; wakes++) {
      put(link, 1)
      assert.ok(link.queuedBytes > 0)
      link.expire()
      await nextTick()
    }
    assert.deepEqual([events, link.isUp], [[], true])
  })

  it('calls back who waits for what the node sends to be taken, one after the other', async () => {
    const { link } = makeLink()
    const stream = new FakeStream()
    link.setOutgoing(stream.asStream)
    put(link, FIRST_WINDOW_BYTES / PACKET_BYTES + 10, false, OWN_STREAM)
    await nextTick()
    assert.ok(link.ownStreamBytes > 0)
    const called: string[] = []
    const fills = (name: string, count: number): void => {
      link.whenTaken(() => {
        called.push(name)
        put(link, count, false, OWN_STREAM)
      })
    }
    fills('first', 10)
    fills('second', 200)
    fills('third', 10)
    const gone = (): void => { called.push('gone') }
    link.whenTaken(gone)
    link.stopWaiting(gone)
    stream.receive(encodeCredit(50_000))
    assert.deepEqual(called, ['first', 'second'], 'the second leaves no room')
    await nextTick()
    stream.end('closed')
    assert.deepEqual(called, ['first', 'second', 'third'])
  })

  it('regression: has its streams wait neither for what waits there of others nor for datagrams', () => {
    const { link } = makeLink()
    const stream = new FakeStream()
    stream.writableNeedsDrain = true
    link.setOutgoing(stream.asStream)
    link.reserve(PACKET_BYTES, false, 3, 4)
    link.reserve(PACKET_BYTES, false)
    assert.deepEqual([link.ownStreamBytes, link.queuedBytes], [0, 2 * PACKET_BYTES])
    link.reserve(PACKET_BYTES, false, OWN, OWN_STREAM)
    assert.equal(link.ownStreamBytes, PACKET_BYTES)
  })

  it('waits while the stream is full, and goes on when it has drained', async () => {
    const { link } = makeLink()
    const stream = new FakeStream()
    stream.writableNeedsDrain = true
    link.setOutgoing(stream.asStream)
    put(link, 3)
    await nextTick()
    assert.equal(stream.sent.length, 0)
    stream.drain()
    assert.equal(stream.sentBytes, 3 * PACKET_BYTES)
  })

  for (const { title, queuedPackets, isFloor } of [
    { title: 'what the neighbour credits while packets wait', queuedPackets: 60, isFloor: false },
    { title: 'a floor while none do', queuedPackets: 20, isFloor: true }
  ]) {
    it(`has for its delivery rate ${title}`, async () => {
      let nowMs = 0
      const { link } = makeLink(() => nowMs)
      const stream = new FakeStream()
      link.setOutgoing(stream.asStream)
      let consumed = 0
      if (!isFloor) {
        put(link, 90)
        await nextTick()
      }
      for (; nowMs < 3_000; nowMs += 10) {
        put(link, queuedPackets)
        await nextTick()
        consumed = Math.min(consumed + 20 * PACKET_BYTES, stream.sentBytes)
        stream.receive(encodeCredit(consumed))
      }
      const bytesPerSecond = link.deliveryRate.bytesPerSecond(nowMs)
      assert.ok(Math.abs(bytesPerSecond / 2_000_000 - 1) < 0.05, `${bytesPerSecond}`)
      assert.equal(link.deliveryRate.isFloor(nowMs), isFloor)
    })
  }

  it('remembers the most that arrived in half a second', () => {
    let nowMs = 0
    const { link } = makeLink(() => nowMs)
    const stream = new FakeStream()
    link.setIncoming(stream.asStream)
    for (; nowMs < 5_000; nowMs += 10) {
      stream.receive(packet())
      if (nowMs >= 2_000 && nowMs < 3_000) {
        stream.receive(packet())
      }
    }
    assert.equal(link.arrivalRate.bytesPerSecond(nowMs), 200_000)
  })

  it('ignores a credit for more than was sent', async () => {
    const { link, events } = makeLink()
    const stream = new FakeStream()
    link.setOutgoing(stream.asStream)
    put(link, 200)
    await nextTick()
    const before = stream.sentBytes
    stream.receive(encodeCredit(10 * before))
    assert.equal(stream.sentBytes, before)
    assert.deepEqual(events, [])
  })

  const creditsOn = (stream: FakeStream): Array<number | undefined> => stream.sent.map((frame) => decodeCredit(frame, 0, frame.length))

  it('credits what it has read, a step at a time', async () => {
    const { link, received } = makeLink()
    const stream = new FakeStream()
    link.setIncoming(stream.asStream)
    for (let i = 0; i < 40; i++) {
      stream.receive(packet())
      await nextTick()
    }
    assert.equal(received.length, 40)
    assert.deepEqual(creditsOn(stream), [17_000, 34_000])
    assert.deepEqual([link.counters.receivedPackets, link.counters.receivedBytes], [40, 40_000])
  })

  it('credits the chunks of one tick at once', async () => {
    const { link } = makeLink()
    const stream = new FakeStream()
    link.setIncoming(stream.asStream)
    for (let i = 0; i < 60; i++) {
      stream.receive(packet())
    }
    assert.deepEqual(creditsOn(stream), [])
    await nextTick()
    assert.deepEqual(creditsOn(stream), [60_000])
  })

  it('hands out the time at which a chunk came with each of its packets', () => {
    let nowMs = 0
    const { link, times } = makeLink(() => nowMs++)
    const stream = new FakeStream()
    link.setIncoming(stream.asStream)
    nowMs = 5
    stream.receive(packets(3))
    nowMs = 9
    stream.receive(packets(2))
    assert.deepEqual(times, [5, 5, 5, 9, 9])
  })

  it('bounds the credits that wait for a neighbour', () => {
    const { link } = makeLink()
    const stream = new FakeStream()
    link.setIncoming(stream.asStream)
    assert.equal(stream.maxWriteBufferLength, 65_536)
  })

  it('resets a stream that brings a bad frame, in either direction, and lives on with the other', () => {
    const { link, events } = makeLink()
    const outgoing = new FakeStream()
    const incoming = new FakeStream()
    link.setOutgoing(outgoing.asStream)
    link.setIncoming(incoming.asStream)
    incoming.receive(Uint8Array.of(0, 0, 1, 0, 0, 0))
    assert.deepEqual([incoming.status, link.isUp, events], ['aborted', true, []])
    outgoing.receive(Uint8Array.of(255, 255))
    assert.deepEqual([outgoing.status, link.isUp, events], ['aborted', false, ['down', 'idle']])
  })

  it('is not down when its stream is replaced, and counts what was waiting for the old one', async () => {
    const { link, events } = makeLink()
    const [old, fresh] = [new FakeStream(), new FakeStream()]
    link.setOutgoing(old.asStream)
    put(link, 5)
    link.setOutgoing(fresh.asStream)
    assert.deepEqual([old.status, link.isUp, events], ['aborted', true, []])
    assert.equal(link.counters.droppedPackets, 5)
    put(link, 2)
    await nextTick()
    assert.deepEqual([old.sentBytes, fresh.sentBytes], [0, 2 * PACKET_BYTES])
  })

  it('regression: does not take the credit of a stream that was replaced for its own', async () => {
    const { link } = makeLink()
    const [old, fresh] = [new FakeStream(), new FakeStream()]
    link.setOutgoing(old.asStream)
    put(link, 100)
    await nextTick()
    link.setOutgoing(fresh.asStream)
    for (let tick = 0; tick < 3; tick++) {
      put(link, 80)
      await nextTick()
    }
    const before = fresh.sentBytes
    old.receive(encodeCredit(100 * PACKET_BYTES))
    assert.equal(fresh.sentBytes, before)
  })

  it('lets go of a stream that was gone before it came', () => {
    const { link, events } = makeLink()
    const gone = new FakeStream()
    gone.end('reset')
    link.setOutgoing(gone.asStream)
    assert.deepEqual([link.isUp, link.hasStreams, events], [false, false, ['down', 'idle']])
    link.setIncoming(gone.asStream)
    assert.deepEqual([link.hasStreams, events], [false, ['down', 'idle', 'idle']])
  })

  it('lets go of a stream that is gone when it replaces another', () => {
    const { link, events } = makeLink()
    const [old, gone] = [new FakeStream(), new FakeStream()]
    link.setOutgoing(old.asStream)
    gone.end('reset')
    link.setOutgoing(gone.asStream)
    assert.deepEqual([old.status, link.isUp, events], ['aborted', false, ['down', 'idle']])
  })

  it('regression: is down as soon as it is closed, though the neighbour keeps its side open', async () => {
    const { link, events } = makeLink()
    const [outgoing, incoming] = [new FakeStream(), new FakeStream()]
    link.setOutgoing(outgoing.asStream)
    link.setIncoming(incoming.asStream)
    put(link, 2)
    link.close()
    assert.deepEqual([link.isUp, link.hasStreams, events], [false, false, ['down', 'idle']])
    assert.equal(outgoing.sentBytes, 2 * PACKET_BYTES, 'what could be sent still went')
    assert.equal(put(link), 0)
    assert.equal(incoming.status, 'aborted')
    assert.equal(outgoing.writeStatus, 'closed')
    outgoing.end('closed')
    await nextTick()
    assert.deepEqual(events, ['down', 'idle'])
  })

  it('closes its side when the neighbour closes', () => {
    const { link } = makeLink()
    const stream = new FakeStream()
    link.setOutgoing(stream.asStream)
    stream.dispatchEvent(new Event('remoteCloseWrite'))
    assert.deepEqual([stream.writeStatus, link.isUp], ['closed', false])
    stream.end('closed')
    assert.equal(link.hasStreams, false)
  })
})
