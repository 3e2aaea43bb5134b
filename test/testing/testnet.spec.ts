import assert from 'node:assert/strict'
import { createTestnet } from '../../src/testing.ts'
import { NamedPlaces } from '../../src/testing/latencies.ts'
import { until } from '../../src/testing/until.ts'
import type { TestnetInit } from '../../src/testing.ts'

describe('a testnet', () => {
  const wrong: Array<{ title: string, init: TestnetInit, message: RegExp }> = [
    { title: 'half a forwarder', init: { forwarders: 1.5 }, message: /^forwarders: 1\.5 is none: give a whole number from 0 to 32$/ },
    { title: 'more forwarders than a host measures', init: { forwarders: 33 }, message: /^forwarders: 33 / },
    { title: 'a negative number of hosts', init: { forwarders: 1, hosts: -1 }, message: /^hosts: -1 / },
    { title: 'more RSPs than start in time', init: { forwarders: 1, rsps: 65 }, message: /^rsps: 65 / },
    { title: 'a latency of less than nothing', init: { forwarders: 1, latencies: -5 }, message: /^latencies is -5: give a round trip from 0 to 10000 ms$/ },
    { title: 'latencies that do not know a pair', init: { forwarders: 1, latencies: () => NaN }, message: /^latencies\('forwarder0', 'bootstrap'\) is NaN: give a round trip/ }
  ]
  for (const { title, init, message } of wrong) {
    it(`refuses ${title}, and says what to give`, async () => {
      await assert.rejects(createTestnet(init), { name: 'InvalidTestnetError', code: 'INVALID_TESTNET', message })
    })
  }
})

describe('latencies of a testnet', () => {
  it('are asked by names, for the direction in which a connection is made', () => {
    const places = new NamedPlaces((from, to) => from === 'host0' && to === 'forwarder1' ? 30 : 10)
    const [host, forwarder] = [places.join('host0'), places.join('forwarder1')]
    assert.deepEqual([places.rttMs(host, forwarder), places.rttMs(forwarder, host)], [30, 10])
  })

  it('may be one for all', () => {
    const places = new NamedPlaces(25)
    assert.equal(places.rttMs(places.join('host0'), places.join('host1')), 25)
  })
})

describe('until', () => {
  it('looks at once, and again until it is true', async () => {
    let looks = 0
    await until(() => ++looks === 3, 'three looks', { pollMs: 1 })
    assert.equal(looks, 3)
  })

  it('says how far things were when time is up', async () => {
    let looks = 0
    const waiting = until(async () => ++looks < 0, () => `${looks > 0 ? 'some' : 'no'} looks`, { deadlineMs: 5, pollMs: 1 })
    await assert.rejects(waiting, { name: 'NotInTimeError', deadlineMs: 5, message: 'not within 5 ms: some looks' })
  })

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController()
    const waiting = until(() => false, 'never', { signal: stop.signal, pollMs: 1 })
    stop.abort(new Error('stopped'))
    await assert.rejects(waiting, { message: 'stopped' })
  })
})
