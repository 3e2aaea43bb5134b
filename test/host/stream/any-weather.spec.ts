// Properties of a connection that hold whatever the paths do.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Receiver, send } from './transfers.ts'
import { VirtualPair, simulatedPath } from './virtual-pair.ts'
import { VirtualWorld, seededRandom } from './virtual-world.ts'
import type { End, PathConditions } from './virtual-pair.ts'
import type { Transfer } from './transfers.ts'

const GOOD_PATH: PathConditions = { delayMs: 15, bytesPerSecond: 2_500_000, queueBytes: 500_000 }
/** After the last change: the largest backoff, and time for all the bytes. */
const DEADLINE_MS = 60_000

interface Weather {
  seed: number
  paths: PathConditions[]
  /** To which path, after how long; and whether the one before dies some time earlier. */
  switches: Array<{ path: number, afterMs: number, deadForMs: number }>
  fromA: Transfer[]
  fromB: Transfer[]
  timerLateMs: number
}

describe('a connection of reliable streams', () => {
  it('delivers all, in order and once, ends what was ended, and is done, whatever paths do and however often they change', () => {
    fc.assert(fc.property(anyWeather, (weather) => {
      const { pair, receivers } = play(weather)
      for (const { receiver, transfer, number } of receivers) {
        assert.equal(receiver.isClosed, true, `transfer ${number} is not over`)
        if (transfer.ending === 'end') {
          assert.equal(receiver.outcome, 'end')
          assert.equal(receiver.received, transfer.bytes)
        } else if (transfer.ending === 'reset') {
          assert.equal(receiver.outcome, `reset ${number}`)
        } else {
          assert.match(receiver.outcome ?? '', /stopped|end/)
        }
      }
      assert.deepEqual([pair.a.connection.streams.length, pair.b.connection.streams.length], [0, 0])
    }), { numRuns: 150 })
  })

  it('holds no more than flow control and back-pressure allow, and sends a bounded multiple of what there is', () => {
    fc.assert(fc.property(anyWeather, (weather) => {
      const { pair, receivers } = play(weather)
      const bytes = receivers.reduce((sum, { transfer }) => sum + transfer.bytes, 0)
      for (const end of [pair.a, pair.b]) {
        assert.ok(end.largestHeldBytes <= 2 * bytes + 65_536, `${end.largestHeldBytes} bytes held of ${bytes}`)
      }
      // a packet may be lost in a tenth of cases and be sent anew for each switch; nothing explains more than that
      const packets = 2_000 + 50 * weather.switches.length
      assert.ok(pair.carriedBytes <= 4 * bytes + 1_200 * packets, `${pair.carriedBytes} bytes carried for ${bytes}`)
    }), { numRuns: 50 })
  })
})

function play ({ seed, paths, switches, fromA, fromB, timerLateMs }: Weather): { pair: VirtualPair, receivers: Array<{ receiver: Receiver, transfer: Transfer, number: number }> } {
  const world = new VirtualWorld()
  const random = seededRandom(seed)
  const all = [...paths, GOOD_PATH].map((conditions, i) => simulatedPath(world, random, `path ${i}`, conditions))
  const pair = new VirtualPair(world, all[0], { random, timerLateMs, clockOffsetMs: 1e9 * random() })
  const receivers: Array<{ receiver: Receiver, transfer: Transfer, number: number }> = []
  const exchange = (from: End, to: End, transfers: Transfer[], base: number): void => {
    to.onStream = (stream) => {
      const index = stream.id >>> 1
      receivers.push({ receiver: new Receiver(stream, base + index, transfers[index]), transfer: transfers[index], number: base + index })
      stream.end()
    }
    transfers.forEach((transfer, index) => {
      const stream = from.connection.open()
      stream.events.onEnd = () => {}
      send(stream, base + index, transfer)
    })
    from.pump()
  }
  exchange(pair.a, pair.b, fromA, 0)
  exchange(pair.b, pair.a, fromB, 100)
  for (const { path, afterMs, deadForMs } of [...switches, { path: all.length - 1, afterMs: 500, deadForMs: 400 }]) {
    world.runFor(Math.max(0, afterMs - deadForMs))
    const before = pair.a.path
    before.there.isDown = before.back.isDown = deadForMs > 0
    world.runFor(Math.min(afterMs, deadForMs))
    const next = all[path % all.length]
    next.there.isDown = next.back.isDown = false
    pair.a.use(next)
  }
  world.runFor(DEADLINE_MS)
  assert.equal(receivers.length, fromA.length + fromB.length)
  return { pair, receivers }
}

const anyTransfer: fc.Arbitrary<Transfer> = fc.record({
  bytes: fc.oneof(fc.integer({ min: 2, max: 3_000 }), fc.integer({ min: 2, max: 150_000 })),
  ending: fc.oneof({ arbitrary: fc.constant('end' as const), weight: 3 }, fc.constant('reset' as const), fc.constant('stop' as const)),
  writeBytes: fc.integer({ min: 100, max: 20_000 })
})

const anyConditions: fc.Arbitrary<PathConditions> = fc.record({
  delayMs: fc.integer({ min: 0, max: 120 }),
  bytesPerSecond: fc.constantFrom(undefined, 60_000, 500_000, 10_000_000),
  queueBytes: fc.constantFrom(20_000, 100_000, 1_000_000),
  markBytes: fc.constantFrom(10_000, 50_000, Infinity),
  loss: fc.constantFrom(0, 0.01, 0.1),
  duplicate: fc.constantFrom(0, 0.05),
  late: fc.constantFrom(0, 0, 0.05, 0.3),
  lateMs: fc.integer({ min: 1, max: 200 })
})

const anyWeather: fc.Arbitrary<Weather> = fc.record({
  seed: fc.nat(),
  paths: fc.array(anyConditions, { minLength: 1, maxLength: 3 }),
  switches: fc.array(fc.record({ path: fc.nat(3), afterMs: fc.integer({ min: 0, max: 2_000 }), deadForMs: fc.constantFrom(0, 0, 300, 3_000) }), { maxLength: 6 }),
  fromA: fc.array(anyTransfer, { minLength: 1, maxLength: 5 }),
  fromB: fc.array(anyTransfer, { maxLength: 3 }),
  timerLateMs: fc.constantFrom(0, 5)
})
