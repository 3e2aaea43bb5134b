import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { EVERYTHING } from '../../../protocols/exchange/codec.ts'
import { PerformanceMap } from '../../../src/rsp/performance-map.ts'
import { peersFrom, RSP, RSP_KEY } from '../../protocols/exchange/samples.ts'
import { RspExchange } from '../../../src/rsp/exchange/rsp-exchange.ts'
import { silentLog } from '../fake-forwarder.ts'
import { until } from '../../helpers/testnet.ts'
import type { RspExchangeInit } from '../../../src/rsp/exchange/rsp-exchange.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

const START_MS = 1_000_000
const RIVALS = (await peersFrom(600, 17)).map((peer) => ({ peer, issuedAtMs: START_MS, expiresAtMs: START_MS + 900_000, endpoints: [] }) as unknown as VerifiedDescriptor)

describe('places for rivals', () => {
  let nowMs: number
  let found: PeerId[]
  let connected: PeerId[]
  let dialled: string[][]
  let exchange: RspExchange

  beforeEach(() => {
    nowMs = START_MS
    found = RIVALS.map(({ peer }) => peer)
    connected = []
    dialled = []
    exchange = exchangeWith({})
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

  it('regression: bring dials to no more of the addresses that a rival names than are granted', async () => {
    const [{ peer }] = RIVALS
    const addresses = [1, 2, 3, 4].map((host) => multiaddr(`/ip4/192.0.2.${host}/tcp/4001`))
    const ended: Array<Multiaddr | undefined> = []
    exchange = exchangeWith({ grant: (_, dialable) => ({ addresses: dialable.slice(1, 3), end: (reached) => { ended.push(reached) } }) })
    await exchange.start()
    exchange.add({ ...RIVALS[0], endpoints: [{ peer, addresses }] })
    await until(() => ended.length > 0, 'it has been dialled')
    assert.deepEqual([dialled, ended], [[['/ip4/192.0.2.2/tcp/4001', '/ip4/192.0.2.3/tcp/4001'].map((address) => `${address}/p2p/${String(peer)}`)], [undefined]])
  })

  const rivals = (): string[] => exchange.status.rivals.map(({ rsp }) => rsp)

  function exchangeWith (init: Partial<RspExchangeInit>): RspExchange {
    return new RspExchange({
      partners: 'all',
      scope: EVERYTHING,
      map: new PerformanceMap({ mapKind: 'surveys', self: String(RSP) }),
      mapKind: 'surveys',
      discovery: { directory: { get: (peer: PeerId) => RIVALS.find((rival) => rival.peer.equals(peer) && found.some((each) => each.equals(peer))) } },
      self: RSP,
      privateKey: RSP_KEY,
      connectionManager: {
        getConnections: (peer: PeerId) => connected.some((each) => each.equals(peer)) ? [{}] : [],
        isDialable: async () => true,
        openConnection: async (addresses: Multiaddr[]) => {
          dialled.push(addresses.map(String))
          throw new Error('nobody is there')
        }
      },
      registrar: { handle: async () => {}, unhandle: async () => {} },
      plan: () => ({ isWatched: () => false, links: () => [] }),
      now: () => nowMs,
      clock: () => nowMs,
      random: () => 0,
      log: silentLog(),
      ...init
    } as unknown as RspExchangeInit)
  }
})
