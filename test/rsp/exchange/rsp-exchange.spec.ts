import assert from 'node:assert/strict'
import { EVERYTHING } from '../../../protocols/exchange/codec.ts'
import { PerformanceMap } from '../../../src/rsp/performance-map.ts'
import { peersFrom, RSP, RSP_KEY } from '../../protocols/exchange/samples.ts'
import { RspExchange } from '../../../src/rsp/exchange/rsp-exchange.ts'
import { silentLog } from '../fake-forwarder.ts'
import type { RspExchangeInit } from '../../../src/rsp/exchange/rsp-exchange.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'

const START_MS = 1_000_000
const RIVALS = (await peersFrom(600, 17)).map((peer) => ({ peer, issuedAtMs: START_MS, expiresAtMs: START_MS + 900_000, endpoints: [] }) as unknown as VerifiedDescriptor)

describe('places for rivals', () => {
  let nowMs: number
  let found: PeerId[]
  let connected: PeerId[]
  let exchange: RspExchange

  beforeEach(() => {
    nowMs = START_MS
    found = RIVALS.map(({ peer }) => peer)
    connected = []
    exchange = newExchange()
  })

  afterEach(async () => { await exchange.stop() })

  it('are not held for good by those that say nothing, whoever came first', () => {
    for (const rival of RIVALS) {
      exchange.add(rival)
    }
    assert.equal(rivals().length, 16)
    const last = RIVALS[16]
    assert.equal(exchange.isUseful(last.peer), false)
    nowMs += 600_000
    exchange.add(last)
    assert.equal(rivals().length, 16)
    assert.equal(exchange.isUseful(last.peer), true)
  })

  it('regression: stay with those that are connected until their own word ends, whatever strangers push out of what discovery knows', () => {
    const [both, first, second, neither] = RIVALS.map(({ peer }) => peer)
    RIVALS.slice(0, 4).forEach((rival) => { exchange.add(rival) })
    connected = [both, first]
    found = [both, second]
    exchange.keepHouse()
    assert.deepEqual([rivals(), exchange.isUseful(neither)], [[both, first, second].map(String), false])
    nowMs += 900_000
    exchange.keepHouse()
    assert.deepEqual(rivals(), [])
  })

  const rivals = (): string[] => exchange.status.rivals.map(({ rsp }) => rsp)

  function newExchange (): RspExchange {
    return new RspExchange({
      partners: 'all',
      scope: EVERYTHING,
      map: new PerformanceMap({ mapKind: 'surveys', self: String(RSP) }),
      mapKind: 'surveys',
      discovery: { directory: { get: (peer: PeerId) => RIVALS.find((rival) => rival.peer.equals(peer) && found.some((each) => each.equals(peer))) } },
      self: RSP,
      privateKey: RSP_KEY,
      connectionManager: {
        getConnections: (peer: PeerId) => connected.some((each) => each.equals(peer)) ? [{}] : []
      },
      plan: () => ({ isWatched: () => false, links: () => [] }),
      now: () => nowMs,
      clock: () => nowMs,
      random: () => 0,
      log: silentLog()
    } as unknown as RspExchangeInit)
  }
})
