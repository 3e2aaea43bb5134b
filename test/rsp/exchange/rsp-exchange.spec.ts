import assert from 'node:assert/strict'
import { EVERYTHING } from '../../../protocols/exchange/codec.ts'
import { PerformanceMap } from '../../../src/rsp/performance-map.ts'
import { peersFrom, RSP, RSP_KEY } from '../../protocols/exchange/samples.ts'
import { RspExchange } from '../../../src/rsp/exchange/rsp-exchange.ts'
import type { RspExchangeInit } from '../../../src/rsp/exchange/rsp-exchange.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'

const RIVALS = (await peersFrom(600, 17)).map((peer) => ({ peer }) as VerifiedDescriptor)

describe('places for rivals', () => {
  it('are not held for good by those that say nothing, whoever came first', () => {
    let clockMs = 1_000_000
    const exchange = new RspExchange({
      partners: 'all',
      scope: EVERYTHING,
      map: new PerformanceMap({ mapKind: 'surveys', self: String(RSP) }),
      mapKind: 'surveys',
      discovery: {},
      self: RSP,
      privateKey: RSP_KEY,
      plan: () => ({ isWatched: () => false, links: () => [] }),
      now: Date.now,
      clock: () => clockMs,
      random: () => 0
    } as unknown as RspExchangeInit)
    const rivals = (): string[] => exchange.status.rivals.map(({ rsp }) => rsp)
    for (const rival of RIVALS) {
      exchange.add(rival)
    }
    assert.equal(rivals().length, 16)
    const last = RIVALS[16]
    assert.equal(exchange.isUseful(last.peer), false)
    clockMs += 600_000
    exchange.add(last)
    assert.equal(rivals().length, 16)
    assert.equal(exchange.isUseful(last.peer), true)
  })
})
