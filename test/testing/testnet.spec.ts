import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { createTestnet } from '../../src/testing.ts'
import { NamedPlaces } from '../../src/testing/latencies.ts'
import { Testnet } from '../../src/testing/testnet.ts'
import { until } from '../../src/testing/until.ts'
import type { PeerId } from '@libp2p/interface'
import type { Host } from '../../src/host/host.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'
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

describe('a testnet that is stopped before it is up', () => {
  it('regression: leaves no node: what was starting has started, and has been stopped', async () => {
    const listening = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
    const before = listening()
    let opened = 0
    const hook = createHook({ init: (_, type) => { opened += Number(type === 'TCPSERVERWRAP') } }).enable()
    try {
      const net = new Testnet({ forwarders: 2 })
      const failed = assert.rejects(net.start(), { name: 'InvalidTestnetError' })
      await net.stop()
      assert.equal(opened, 1, 'the bootstrap node')
      await until(() => listening() === before, 'it has been stopped')
      await failed
      assert.equal(opened, 1)
    } finally {
      hook.disable()
    }
  })
})

describe('the wait for an offer', () => {
  it('regression: keeps its deadline while a question is under way, and says what was answered before', async () => {
    const { resolve, promise: ended } = Promise.withResolvers<void>()
    const answers = [[], new Promise<never>(() => {})]
    const source = {
      services: {
        byway: {
          offers: async (_: PeerId, { signal }: { signal: AbortSignal }) => {
            signal.addEventListener('abort', () => { resolve() })
            return answers.shift()
          }
        }
      }
    } as unknown as BywayNode<Host>
    const net = new Testnet({ forwarders: 1 })
    await assert.rejects(net.offered(source, source, { deadlineMs: 300 }), { name: 'NotInTimeError', message: 'not within 300 ms: a path is offered: no RSP is known' })
    await ended
  })
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

  it('regression: does not wait for a look that takes longer, and ends it', async () => {
    let over: AbortSignal | undefined
    const waiting = until(async (signal) => {
      over = signal
      return new Promise<boolean>(() => {})
    }, 'never', { deadlineMs: 5 })
    await assert.rejects(waiting, { name: 'NotInTimeError', message: 'not within 5 ms: never' })
    assert.equal(over?.aborted, true)
  })

  it('regression: looks once more, and waits for that, where its process stood still until time was up', async () => {
    let looks = 0
    await until(async () => {
      if (++looks === 1) {
        for (const untilMs = performance.now() + 300; performance.now() < untilMs;);
        return false
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
      return true
    }, 'the second look', { deadlineMs: 50, pollMs: 1 })
    assert.equal(looks, 2)
  })

  it('takes what is true at once even where no time is left', async () => {
    await until(async () => true, 'true', { deadlineMs: 0 })
  })

  it('may wait without an end', async () => {
    let looks = 0
    await until(() => ++looks === 3, 'three looks', { deadlineMs: Infinity, pollMs: 1 })
  })

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController()
    const waiting = until(() => false, 'never', { signal: stop.signal, pollMs: 1 })
    stop.abort(new Error('stopped'))
    await assert.rejects(waiting, { message: 'stopped' })
  })
})
