import assert from 'node:assert/strict'
import { defaultLogger } from '@libp2p/logger'
import { DhtRecords } from '../../src/discovery/dht-records.ts'
import { hostKey } from '../../src/discovery/role-key.ts'
import { NETWORK, peerOf } from '../helpers/descriptors.ts'
import { until } from '../helpers/testnet.ts'
import type { ContentRouting } from '@libp2p/interface'

describe('records in the DHT', () => {
  /** `isSlow`: its server stays silent. */
  function recordsOf (isSlow: (key: string) => boolean): { records: DhtRecords, provided: string[], now: { ms: number } } {
    const provided: string[] = []
    const now = { ms: 0 }
    const contentRouting = {
      provide: async (key: unknown) => {
        if (isSlow(String(key))) {
          await new Promise(() => {})
        }
        provided.push(String(key))
      }
    } as unknown as ContentRouting
    return { records: new DhtRecords({ contentRouting, network: NETWORK, clock: () => now.ms, log: defaultLogger().forComponent('test') }), provided, now }
  }

  it('regression: of many hosts go out though those of one wait for servers that stay silent', async () => {
    const hosts = await Promise.all(Array.from({ length: 20 }, async (_, i) => peerOf(i + 1)))
    const keys = hosts.map((host) => hostKey(NETWORK, host).toString())
    const { records, provided } = recordsOf((key) => key === keys[0])
    hosts.forEach((host) => { void records.provideHost(host) })
    await until(() => provided.length === 19, 'all others are advertised')
    assert.deepEqual([...provided].sort(), keys.slice(1).sort())
  })

  it('of a host go out once in a while, however often it asks', async () => {
    const host = await peerOf(1)
    const { records, provided, now } = recordsOf(() => false)
    for (const ms of [0, 1_000, 239_000, 240_000]) {
      now.ms = ms
      await records.provideHost(host)
    }
    assert.equal(provided.length, 2)
  })
})
