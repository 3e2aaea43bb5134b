import assert from 'node:assert/strict'
import { Connection } from '../../../src/host/stream/connection.ts'
import { INITIAL_MAX_DATA_BYTES, INITIAL_MAX_STREAMS, INITIAL_MAX_STREAM_DATA_BYTES, MAX_STREAM_PACKET_BYTES } from '../../../protocols/stream/constants.ts'
import { MIN_WINDOW_BYTES } from '../../../src/host/stream/congestion-controller.ts'
import { callsOf, packetWith } from '../../protocols/stream/recorded-frames.ts'
import { VirtualPair, simulatedPath } from './virtual-pair.ts'
import { VirtualWorld, seededRandom } from './virtual-world.ts'
import type { AckValues, Call } from '../../protocols/stream/recorded-frames.ts'
import type { PathConditions } from './virtual-pair.ts'
import type { StreamState } from '../../../src/host/stream/stream-state.ts'

const BYTES = new Uint8Array(1_000).fill(7)

function pairOver (conditions: PathConditions = { delayMs: 10 }): VirtualPair {
  const world = new VirtualWorld()
  const random = seededRandom(1)
  return new VirtualPair(world, simulatedPath(world, random, 'path', conditions), { random })
}

/** One end alone, with what it sends as frames. */
function lone (role: 'initiator' | 'responder' = 'responder'): { connection: Connection, accepted: StreamState[], sent: (nowMs?: number) => Call[][], get: (calls: Call[], nowMs?: number) => void } {
  const accepted: StreamState[] = []
  const connection = new Connection({ role, path: { key: 'path', rttMs: 20 }, onStream: (stream) => { accepted.push(stream) } })
  let number = 0
  const buffer = new Uint8Array(MAX_STREAM_PACKET_BYTES)
  return {
    connection,
    accepted,
    sent: (nowMs = 0) => {
      const packets: Call[][] = []
      for (let length = connection.poll(nowMs, buffer); length > 0; length = connection.poll(nowMs, buffer)) {
        packets.push(callsOf(buffer.subarray(0, length)))
      }
      return packets
    },
    get: (calls, nowMs = 0) => { connection.receive(packetWith(calls, 0, number++), nowMs) }
  }
}

const ackOf = (...ranges: number[]): Call => ['ack', { epoch: 0, delayUs: 0, receivedAtUs: 0, marked: 0, ranges } satisfies AckValues]

describe('Connection', () => {
  it('carries streams of both ends, each with ids of its own', () => {
    const pair = pairOver()
    const got: Record<string, number> = {}
    for (const [name, from, to] of [['a', pair.a, pair.b], ['b', pair.b, pair.a]] as const) {
      to.onStream = (stream) => { stream.events.onData = (data) => { got[`${name}${stream.id}`] = (got[`${name}${stream.id}`] ?? 0) + data.length } }
      from.connection.open().write(BYTES)
      from.connection.open().write(BYTES)
      from.pump()
    }
    pair.world.runFor(1_000)
    assert.deepEqual(got, { a0: 1_000, a2: 1_000, b1: 1_000, b3: 1_000 })
  })

  it('lets one direction end and the other go on', () => {
    const pair = pairOver()
    const events: string[] = []
    pair.b.onStream = (stream) => {
      stream.events = {
        onEnd: () => {
          events.push('b: end')
          stream.write(BYTES)
          stream.end()
        },
        onClosed: () => { events.push('b: closed') }
      }
    }
    const stream = pair.a.connection.open()
    stream.events = { onData: () => { events.push('a: data') }, onEnd: () => { events.push('a: end') }, onClosed: () => { events.push('a: closed') } }
    stream.end()
    pair.a.pump()
    pair.world.runFor(1_000)
    assert.deepEqual(events, ['b: end', 'a: data', 'a: end', 'a: closed', 'b: closed'])
    assert.throws(() => stream.write(BYTES), { name: 'StreamClosedError' })
  })

  it('tells the writer when nobody reads, with the reader\'s code', () => {
    const pair = pairOver()
    const codes: number[] = []
    pair.b.onStream = (stream) => { stream.stopReading(42) }
    const stream = pair.a.connection.open()
    stream.events.onStopped = (code) => { codes.push(code) }
    stream.write(BYTES)
    pair.a.pump()
    pair.world.runFor(1_000)
    assert.deepEqual(codes, [42])
    assert.throws(() => stream.write(BYTES), { name: 'StreamResetError', resetCode: 42 })
  })

  it('holds a writer back while the reader has paused, in bounded memory, and goes on afterwards', () => {
    const pair = pairOver()
    let received = 0
    let reader: StreamState | undefined
    pair.b.onStream = (stream) => {
      reader = stream
      stream.pause()
      stream.events.onData = (data) => { received += data.length }
    }
    const stream = pair.a.connection.open()
    let written = 0
    const fill = (): void => {
      while (written < 4_000_000) {
        written += 50_000
        if (!stream.write(new Uint8Array(50_000))) {
          return
        }
      }
    }
    stream.events.onDrain = fill
    fill()
    pair.a.pump()
    pair.world.runFor(5_000)
    assert.ok(written < 2_500_000, `${written} written`)
    assert.equal(received, 0)
    assert.ok(pair.b.largestHeldBytes <= 1.1 * INITIAL_MAX_STREAM_DATA_BYTES, `${pair.b.largestHeldBytes} bytes`)
    reader?.resume(pair.b.nowMs)
    pair.b.pump()
    pair.world.runFor(5_000)
    assert.equal(received, 4_000_000)
  })

  it('says wait before its buffer is full, and then stops who does not', () => {
    const { connection } = lone('initiator')
    const stream = connection.open()
    let writes = 0
    while (stream.write(new Uint8Array(100_000))) {
      writes++
    }
    assert.ok(writes < 10)
    assert.throws(() => {
      for (let i = 0; i < 1_000; i++) {
        stream.write(new Uint8Array(100_000))
      }
    }, { name: 'SendBufferFullError' })
  })

  it('regression: says that there is room again though a small write meanwhile did not have to wait', () => {
    const { connection, sent, get } = lone('initiator')
    const stream = connection.open()
    let drains = 0
    stream.events.onDrain = () => { drains++ }
    assert.equal(stream.write(new Uint8Array(1_000_000)), false)
    let nowMs = 0
    const sendTo = (unsentBytes: number): void => {
      while (stream.outgoing.unsentBytes > unsentBytes) {
        sent(nowMs)
        nowMs += 20
        get([ackOf(0, connection.sentPackets - 1)], nowMs)
      }
    }
    sendTo(400_000)
    assert.ok(stream.outgoing.unsentBytes > 270_000 && drains === 0, `${stream.outgoing.unsentBytes} bytes wait`)
    assert.equal(stream.write(new Uint8Array(10)), true)
    sendTo(0)
    assert.equal(drains, 1)
  })

  it('opens as many streams as the peer allows, and more when some have ended', () => {
    const pair = pairOver()
    pair.b.onStream = (stream) => { stream.events.onEnd = () => { stream.end() } }
    const open = Array.from({ length: INITIAL_MAX_STREAMS }, () => pair.a.connection.open())
    assert.throws(() => pair.a.connection.open(), { name: 'TooManyStreamsError' })
    for (const stream of open) {
      stream.end()
    }
    pair.a.pump()
    pair.world.runFor(1_000)
    assert.doesNotThrow(() => pair.a.connection.open())
    assert.equal(pair.b.connection.streams.length, 0)
  })

  it('regression: opens new streams for ever beside many that stay', () => {
    const pair = pairOver()
    pair.b.onStream = (stream) => { stream.events.onEnd = () => { stream.end() } }
    for (let staying = 0; staying < INITIAL_MAX_STREAMS - 2; staying++) {
      pair.a.connection.open().write(Uint8Array.of(1))
    }
    for (let short = 0; short < 2 * INITIAL_MAX_STREAMS; short++) {
      pair.a.connection.open().end()
      pair.a.pump()
      pair.world.runFor(1_000)
    }
  })

  it('shares a slow path among streams by turns', () => {
    const pair = pairOver({ delayMs: 10, bytesPerSecond: 100_000, queueBytes: 100_000 })
    const got = [0, 0, 0]
    pair.b.onStream = (stream) => { stream.events.onData = (data) => { got[stream.id / 2] += data.length } }
    for (let i = 0; i < 3; i++) {
      pair.a.connection.open().write(new Uint8Array(500_000))
    }
    pair.a.pump()
    pair.world.runFor(6_000)
    assert.ok(Math.min(...got) > 0.8 * Math.max(...got), got.join())
  })

  it('ignores a packet that comes twice', () => {
    const { connection, accepted } = lone()
    const packet = packetWith([['data', 0, 0, 'aabb', false]], 0, 5)
    assert.equal(connection.receive(packet, 0), true)
    assert.equal(connection.receive(packet, 0), false)
    assert.equal(accepted.length, 1)
  })

  it('acknowledges no packet of which it could not keep all', () => {
    const { get, sent, accepted } = lone()
    get([['data', 0, 0, '00', false]])
    accepted[0].pause()
    for (let i = 0; i < 4_096; i++) {
      get([['data', 0, 2 * i + 2, '00', false]])
    }
    get([['data', 0, 100_000, '00', false]])
    const last = sent().at(-1) as Call[]
    assert.deepEqual((last[0][1] as AckValues).ranges, [0, 4_096])
  })

  it('bounds what waits in all streams together, and takes more of one when another is given up', () => {
    const { get, connection, accepted } = lone()
    const waiting = (): number[] => connection.streams.map(({ incoming }) => incoming.waitingPieces)
    for (const id of [0, 2, 4]) {
      for (let i = 0; i < 4_096; i++) {
        get([['data', id, 2 * i + 2, '00', false]])
      }
    }
    assert.deepEqual(waiting(), [4_096, 4_096, 0])
    accepted[0].stopReading()
    get([['data', 4, 2, '00', false]])
    assert.deepEqual(waiting(), [0, 4_096, 1])
  })

  it('sends what the queue before the first link refused again, without taking it for congestion', () => {
    const { connection, sent } = lone('initiator')
    connection.open().write(BYTES)
    const { windowBytes } = connection.path.controller
    const buffer = new Uint8Array(MAX_STREAM_PACKET_BYTES)
    assert.ok(connection.poll(0, buffer) > 0)
    connection.refused(0)
    assert.equal(connection.poll(0, buffer), 0, 'not at once')
    assert.ok(connection.nextTimeoutMs(0) > 0)
    assert.deepEqual(sent(10).map(([call]) => [call[0], call[1], call[2]]), [['data', 0, 0]])
    assert.deepEqual([connection.lostPackets, connection.path.controller.windowBytes], [0, windowBytes])
  })

  it('probes with what is oldest when nothing is answered, less and less often, and begins anew from the smallest window after that', () => {
    const { connection, sent, get } = lone('initiator')
    connection.open().write(new Uint8Array(40_000))
    sent()
    get([ackOf(0, 0)], 20)
    sent(20)
    const atMs: number[] = []
    for (let nowMs = 20; nowMs < 5_000;) {
      nowMs = connection.nextTimeoutMs(nowMs)
      const { timeouts } = connection.path
      const packets = sent(nowMs)
      if (connection.path.timeouts > timeouts) {
        assert.ok(packets.some(([call]) => call[0] === 'data' && (call[2]) < 10_000), 'the oldest')
        atMs.push(nowMs)
      }
    }
    const gaps = atMs.map((ms, i) => ms - (atMs[i - 1] ?? 20))
    assert.ok(gaps[3] > 1.8 * gaps[2] && gaps[2] > 1.8 * gaps[1], gaps.join(' '))
    assert.ok(Math.max(...gaps) <= 2_000)
    get([ackOf(connection.sentPackets - 1, connection.sentPackets - 1)], 5_000)
    assert.equal(connection.path.controller.windowBytes, MIN_WINDOW_BYTES)
  })

  it('goes on acknowledging, and recovers, when tens of thousands of packets came and nothing of its own was ever acknowledged', () => {
    const { connection, sent, get } = lone()
    connection.open().write(BYTES)
    sent()
    for (let number = 0; number < 80_000; number += 2) {
      get([['ping']], number / 10)
      get([['ping']], number / 10)
      assert.ok(sent(number / 10).some((packet) => packet[0][0] === 'ack'), `packet ${number}`)
    }
    const nowMs = connection.nextTimeoutMs(8_000)
    const last = sent(Math.max(nowMs, 8_000)).flat()
    assert.ok(last.some((call) => call[0] === 'data'), 'what was never acknowledged goes again')
    const number = connection.sentPackets - 1
    get([ackOf(number - 4, number)], 10_000)
    assert.equal(connection.heldBytes, 0)
  })

  it('goes on probing, with bounded knowledge of what it sent, when nobody answers for half a day, and recovers', () => {
    const { connection, sent, get } = lone('initiator')
    connection.open().write(BYTES)
    let nowMs = 0
    while (connection.sentPackets < 34_000) {
      sent(nowMs)
      nowMs = connection.nextTimeoutMs(nowMs)
    }
    assert.ok(nowMs > 30_000_000)
    assert.ok(connection.path.inFlightPackets <= 32_768, `${connection.path.inFlightPackets} packets in flight`)
    const packets = sent(nowMs)
    assert.ok(packets.flat().some((call) => call[0] === 'data'))
    get([ackOf(connection.sentPackets - packets.length, connection.sentPackets - 1)], nowMs + 20)
    assert.deepEqual([connection.heldBytes, connection.path.inFlightPackets], [0, 0])
  })

  it('regression: looks at no ack of its own when it is told what arrived, however many there are since its peer answered last', () => {
    const { connection, sent, get } = lone()
    connection.pathChanged('another', 0)
    sent()
    for (let i = 0; i < 60_000; i++) {
      get([['ping']])
      sent()
    }
    let number = 60_000
    const costMs = (first: number, last: number): number => Math.min(...Array.from({ length: 5 }, () => {
      const packets = Array.from({ length: 200 }, () => packetWith([ackOf(first, last)], 0, number++))
      const startedMs = performance.now()
      for (const packet of packets) {
        connection.receive(packet, 0)
      }
      return performance.now() - startedMs
    }))
    const last = connection.sentPackets - 1
    assert.ok(last >= 20_000)
    const [oneMs, allMs] = [costMs(last, last), costMs(1, last)]
    assert.ok(allMs < 10 * oneMs, `200 acks of one packet took ${oneMs} ms, of ${last} packets ${allMs} ms`)
  })

  it('waits longer for late packets where some have been late', () => {
    const { connection, sent, get } = lone('initiator')
    const stream = connection.open()
    for (let nowMs = 0; nowMs < 40; nowMs += 4) {
      stream.write(BYTES)
      sent(nowMs)
    }
    get([ackOf(6, 6, 0, 0)], 40)
    assert.ok(connection.lostPackets >= 3)
    get([ackOf(0, 6)], 41)
    assert.equal(connection.spuriousLosses, connection.lostPackets)
    assert.ok(connection.path.packetThreshold > 5)
  })

  const VIOLATIONS: Array<[string, string, Call[]]> = [
    ['a byte beyond the limit of a stream', 'flow-control', [['data', 0, INITIAL_MAX_STREAM_DATA_BYTES, '00', false]]],
    ['a reset beyond the limit of a stream', 'flow-control', [['reset', 0, 0, INITIAL_MAX_STREAM_DATA_BYTES + 1]]],
    ['bytes beyond the limit of all streams', 'flow-control', [0, 2, 4].map((id) => ['data', id, INITIAL_MAX_DATA_BYTES / 2 - 1, '00', false])],
    ['a stream too many', 'stream-limit', [['data', 2 * INITIAL_MAX_STREAMS, 0, '00', false]]],
    ['a stream of ours that was not opened', 'unknown-stream', [['data', 1, 0, '00', false]]],
    ['to stop a stream of ours that was not opened', 'unknown-stream', [['stopSending', 1, 0]]],
    ['two ends of a stream', 'final-size', [['data', 0, 5, '00', true], ['data', 0, 9, '00', true]]],
    ['a reset before what was sent', 'final-size', [['data', 0, 5, '00', false], ['reset', 0, 0, 5]]],
    ['an ack of what was not sent', 'unsent-packet', [ackOf(0, 0)]]
  ]
  for (const [what, violation, calls] of VIOLATIONS) {
    it(`refuses ${what}`, () => {
      const { get } = lone()
      assert.throws(() => { get(calls) }, { name: 'StreamViolationError', violation })
    })
  }

  it('regression: gives a paused reader all that came before the reset, if that was the whole stream', () => {
    const { get, accepted } = lone()
    get([['data', 0, 0, '00', false]])
    const events: string[] = []
    const [stream] = accepted
    stream.pause()
    stream.events = { onData: ({ length }) => { events.push(`${length} bytes`) }, onEnd: () => { events.push('end') }, onReset: () => { events.push('reset') } }
    get([['data', 0, 3, 'dddd', true], ['data', 0, 1, 'bbcc', false], ['reset', 0, 7, 5], ['reset', 0, 7, 5]])
    stream.resume(0)
    assert.deepEqual(events, ['2 bytes', '2 bytes', 'end'])
  })

  for (const { title, calls } of [
    { title: 'a byte is missing', calls: [['data', 0, 3, 'dddd', true], ['data', 0, 1, 'bb', false], ['reset', 0, 7, 5]] },
    { title: 'nothing said that it ends there', calls: [['data', 0, 1, 'bbcc', false], ['reset', 0, 7, 3]] }
  ] as Array<{ title: string, calls: Call[] }>) {
    it(`tells of a reset when ${title}`, () => {
      const { get, accepted } = lone()
      get([['data', 0, 0, '00', false]])
      const codes: number[] = []
      accepted[0].pause()
      accepted[0].events = { onData: () => { assert.fail('data') }, onReset: (code) => { codes.push(code) } }
      get(calls)
      accepted[0].resume(0)
      assert.deepEqual(codes, [7])
    })
  }

  it('regression: looks through its streams for one raise of the limit of all, not for each', () => {
    const { connection, get, sent } = lone('initiator')
    const [first, second, third] = [0, 0, 0].map(() => connection.open())
    first.write(new Uint8Array(1_000_000))
    second.write(new Uint8Array(1_000_000))
    third.write(new Uint8Array(1_000_000))
    let nowMs = 0
    const sendAll = (): void => {
      for (let i = 0; i < 200; i++) {
        sent(nowMs)
        get([ackOf(0, connection.sentPackets - 1)], nowMs += 20)
      }
    }
    sendAll()
    assert.equal(first.outgoing.unsentBytes + second.outgoing.unsentBytes + third.outgoing.unsentBytes, 3_000_000 - INITIAL_MAX_DATA_BYTES)
    let work = 0
    connection.onWork = () => { work++ }
    get(Array.from({ length: 1_000 }, (_, i) => ['maxData', INITIAL_MAX_DATA_BYTES + i + 1]), nowMs)
    assert.ok(work >= 1 && work <= 3, `${work} times`)
    get([['maxData', 3_000_000]], nowMs)
    sendAll()
    assert.equal(first.outgoing.unsentBytes + second.outgoing.unsentBytes + third.outgoing.unsentBytes, 0)
  })

  it('ignores frames for a stream that is over', () => {
    const { get, accepted, sent } = lone()
    get([['reset', 0, 0, 0]])
    accepted[0].reset()
    sent()
    get([ackOf(0, 0)])
    assert.equal(accepted[0].isOver, true)
    get([['data', 0, 5, '00', false], ['stopSending', 0, 0], ['maxStreamData', 0, 5]])
    assert.equal(accepted.length, 1)
  })
})
