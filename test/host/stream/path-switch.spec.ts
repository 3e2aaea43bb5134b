// A connection whose path changes while it is busy.
import assert from 'node:assert/strict'
import { rateOver, startBulk } from './bulk.ts'
import { Connection } from '../../../src/host/stream/connection.ts'
import { MAX_STREAM_PACKET_BYTES } from '../../../protocols/stream/constants.ts'
import { packetWith } from '../../protocols/stream/recorded-frames.ts'
import { VirtualPair, simulatedPath } from './virtual-pair.ts'
import { VirtualWorld, seededRandom } from './virtual-world.ts'
import type { Bulk } from './bulk.ts'
import type { PathConditions, SimulatedPath } from './virtual-pair.ts'

const MBIT = 125_000
const RATE = 50 * MBIT

interface Scene {
  world: VirtualWorld
  pair: VirtualPair
  paths: SimulatedPath[]
  bulk: Bulk
}

function scene (...conditions: PathConditions[]): Scene {
  const world = new VirtualWorld()
  const random = seededRandom(7)
  const paths = conditions.map((each, i) => simulatedPath(world, random, `path ${i}`, { bytesPerSecond: RATE, queueBytes: 1_000_000, back: { delayMs: each.delayMs }, ...each }))
  const pair = new VirtualPair(world, paths[0], { random })
  return { world, pair, paths, bulk: startBulk(pair) }
}

describe('a connection whose path changes', () => {
  for (const [beforeMs, afterMs] of [[20, 100], [100, 20], [60, 60]]) {
    it(`goes on within one round trip of the new path after the old one swallowed all for 400 ms: ${beforeMs} ms, then ${afterMs} ms`, () => {
      const { world, pair, paths, bulk } = scene({ delayMs: beforeMs / 2 }, { delayMs: afterMs / 2 })
      world.runFor(5_000)
      paths[0].there.isDown = paths[0].back.isDown = true
      world.runFor(400)
      assert.ok(world.nowMs - bulk.lastMs > 300, 'nothing arrived meanwhile')
      const before = bulk.receivedBytes
      pair.a.use(paths[1], afterMs)
      const switchedMs = world.nowMs
      world.runFor(5_000, () => bulk.receivedBytes > before)
      const resumedMs = world.nowMs - switchedMs
      console.log(`      resumed after ${resumedMs.toFixed(1)} ms`)
      assert.ok(resumedMs <= afterMs + 10, `${resumedMs} ms`)
      assert.ok(rateOver(pair, bulk, 5) > 0.8 * RATE)
    })
  }

  for (const [beforeMs, afterMs] of [[100, 20], [20, 100], [60, 58]]) {
    it(`loses nothing and takes nothing for lost when both paths are good: ${beforeMs} ms, then ${afterMs} ms`, () => {
      const { world, pair, paths, bulk } = scene({ delayMs: beforeMs / 2 }, { delayMs: afterMs / 2 })
      world.runFor(3_000)
      pair.a.use(paths[1], afterMs)
      world.runFor(3_000)
      assert.deepEqual([pair.a.connection.lostPackets, pair.a.connection.spuriousLosses], [0, 0])
      assert.ok(rateOver(pair, bulk, 3) > 0.9 * RATE)
    })
  }

  it('does not slow down on the new path for what the old one lost', () => {
    const { world, pair, paths } = scene({ delayMs: 20 }, { delayMs: 20 })
    world.runFor(3_000)
    paths[0].there.isDown = paths[0].back.isDown = true
    world.runFor(50)
    const { controller } = pair.a.connection.path
    const beforeBytes = controller.windowBytes
    pair.a.use(paths[1], 40)
    const { controller: fresh } = pair.a.connection.path
    const windowBytes = fresh.windowBytes
    world.runFor(1_000)
    assert.ok(pair.a.connection.lostPackets > 10)
    assert.notEqual(fresh, controller)
    assert.equal(controller.windowBytes, beforeBytes)
    assert.ok(fresh.windowBytes >= windowBytes, 'the window has only grown')
  })

  it('finds a path that it left a moment ago as it was', () => {
    const { world, pair, paths } = scene({ delayMs: 20 }, { delayMs: 20 })
    world.runFor(3_000)
    const first = pair.a.connection.path
    pair.a.use(paths[1], 40)
    world.runFor(1_000)
    pair.a.use(paths[0], 40)
    assert.equal(pair.a.connection.path, first)
    pair.a.use(paths[1], 40)
    world.runFor(20_000)
    pair.a.use(paths[0], 40)
    assert.notEqual(pair.a.connection.path, first)
  })

  it('goes on when a path changes every 50 ms among three', () => {
    const { world, pair, paths, bulk } = scene({ delayMs: 5 }, { delayMs: 30 }, { delayMs: 60 })
    for (let i = 0; i < 600; i++) {
      world.runFor(50)
      pair.a.use(paths[i % 3])
    }
    assert.ok(bulk.receivedBytes > 10_000_000, `${bulk.receivedBytes} bytes in 30 s`)
    world.runFor(2_000)
    assert.ok(rateOver(pair, bulk, 5) > 0.9 * RATE, 'and is at rest afterwards')
  })

  it('regression: settles what is in flight with the path that it took, though the path has changed 256 times since', () => {
    const connection = new Connection({ role: 'initiator', path: { key: 'path 0', rttMs: 50 }, onStream: () => {} })
    const buffer = new Uint8Array(MAX_STREAM_PACKET_BYTES)
    const sendAll = (): number => {
      while (connection.poll(0, buffer) > 0) { /* all that may go at once */ }
      return connection.path.inFlightBytes
    }
    connection.open().write(new Uint8Array(5_000))
    assert.ok(sendAll() >= 5_000)
    for (let i = 1; i <= 256; i++) {
      connection.pathChanged(`path ${i % 3}`, 0, 50)
    }
    assert.ok(sendAll() >= 5_000, 'what was in flight under the epoch that came again goes again')
    const last = connection.sentPackets - 1
    connection.receive(packetWith([['ack', { epoch: 0, delayUs: 0, receivedAtUs: 0, marked: 0, ranges: [0, last] }]]), 10)
    for (const key of [1, 2, 0]) {
      connection.pathChanged(`path ${key}`, 10)
      assert.deepEqual([connection.path.inFlightBytes, connection.path.inFlightPackets], [0, 0], `path ${key}`)
    }
    assert.equal(connection.heldBytes, 0)
  })

  it('regression: settles all with the path that it took, where the path changes hundreds of times before anything is acknowledged', () => {
    const connection = new Connection({ role: 'initiator', path: { key: 'path 0', rttMs: 100 }, onStream: () => {} })
    const buffer = new Uint8Array(MAX_STREAM_PACKET_BYTES)
    const stream = connection.open()
    let nowMs = 0
    for (let i = 1; i <= 260; i++) {
      for (let packets = 0; packets < 3; packets++) {
        stream.write(new Uint8Array(100))
        assert.ok(connection.poll(nowMs, buffer) > 0, `packet ${packets} of path ${i}`)
      }
      connection.pathChanged(`path ${i % 3}`, ++nowMs, 100)
    }
    const last = connection.sentPackets - 1
    connection.receive(packetWith([['ack', { epoch: 0, delayUs: 0, receivedAtUs: 0, marked: 0, ranges: [0, last] }]]), nowMs)
    for (const key of [1, 2, 0]) {
      connection.pathChanged(`path ${key}`, nowMs)
      assert.deepEqual([connection.path.inFlightBytes, connection.path.inFlightPackets], [0, 0], `path ${key}`)
    }
  })

  it('comes back by itself, within the longest backoff, when the only path was away for a minute', () => {
    const { world, paths, bulk } = scene({ delayMs: 20 })
    world.runFor(2_000)
    paths[0].there.isDown = paths[0].back.isDown = true
    world.runFor(60_000)
    paths[0].there.isDown = paths[0].back.isDown = false
    const before = bulk.receivedBytes
    world.runFor(2_100, () => bulk.receivedBytes > before)
    assert.ok(bulk.receivedBytes > before)
  })
})
