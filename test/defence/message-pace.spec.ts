import assert from 'node:assert/strict'
import { MessagePace } from '../../src/defence/message-pace.ts'
import type { PaceLimits } from '../../src/defence/message-pace.ts'

const LIMITS: PaceLimits = { peerPerSecond: 10, peerBurst: 5, prefixPerSecond: 20, prefixBurst: 12, maxPeers: 64, maxPrefixes: 64, maxWaitMs: 1_000 }

describe('pace of messages', () => {
  let nowMs: number
  let pace: MessagePace

  beforeEach(() => {
    nowMs = 0
    pace = new MessagePace(LIMITS, () => nowMs)
  })

  it('lets a peer have its burst at once, and tells it then when its turns are', () => {
    const waits = Array.from({ length: 8 }, () => pace.take({ peer: 'a' }))
    assert.deepEqual(waits, [0, 0, 0, 0, 0, 100, 200, 300])
    assert.deepEqual(pace.counters, { admitted: 5, delayed: 3, refused: 0 })
  })

  it('refuses what would wait too long, and charges nothing for it', () => {
    const waits = Array.from({ length: 40 }, () => pace.take({ peer: 'a' }))
    assert.deepEqual(waits.slice(14), [1_000, ...Array.from({ length: 25 }, () => undefined)])
    nowMs = 1_500
    assert.equal(pace.take({ peer: 'a' }), 0)
    assert.equal(pace.counters.refused, 25)
  })

  it('holds all peers of a prefix to its share, however many ids they have', () => {
    const flood = Array.from({ length: 100 }, (_, number) => pace.take({ peer: `id ${number}`, prefix: '192.0.2.0/24' }))
    assert.equal(flood.filter((waitMs) => waitMs === 0).length, LIMITS.prefixBurst)
    assert.ok(flood.filter((waitMs) => waitMs !== undefined).length <= LIMITS.prefixBurst + LIMITS.prefixPerSecond)
    assert.equal(pace.take({ peer: 'honest', prefix: '198.51.100.0/24' }), 0)
  })

  it('takes nothing from a prefix for a peer that is over its own share', () => {
    for (let number = 0; number < 200; number++) {
      pace.take({ peer: 'loud', prefix: '192.0.2.0/24' })
    }
    nowMs = 1_000
    assert.equal(pace.take({ peer: 'honest', prefix: '192.0.2.0/24' }), 0)
  })

  it('remembers so many peers and prefixes, whoever comes', () => {
    for (let number = 0; number < 1_000; number++) {
      nowMs += 100
      pace.take({ peer: `id ${number}`, prefix: `prefix ${number}` })
    }
    assert.ok(pace.size <= LIMITS.maxPeers + LIMITS.maxPrefixes)
  })
})
