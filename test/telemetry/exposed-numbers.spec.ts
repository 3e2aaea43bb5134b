import assert from 'node:assert/strict'
import { Registry } from 'prom-client'
import { defaultLogger } from '@libp2p/logger'
import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { ExposedNumbers } from '../../src/telemetry/exposed-numbers.ts'
import { recent } from '../../src/telemetry/recent.ts'

describe('exposed numbers', () => {
  let registry: Registry
  let expose: ExposedNumbers

  beforeEach(() => {
    registry = new Registry()
    expose = new ExposedNumbers(prometheusMetrics({ registry, collectDefaultMetrics: false })({ logger: defaultLogger() }), 'test')
  })

  async function valueOf (line: string): Promise<number> {
    const found = (await registry.metrics()).split('\n').find((one) => one.startsWith(`byway_test_${line} `))
    assert.ok(found !== undefined, line)
    return Number(found.split(' ').at(-1))
  }

  it('give a sum as it stands, however often it is read', async () => {
    let packets = 5
    expose.counter('packets_total', 'Packets', () => packets)
    assert.deepEqual([await valueOf('packets_total'), await valueOf('packets_total')], [5, 5])
    packets = 12
    assert.equal(await valueOf('packets_total'), 12)
  })

  it('give sums by label, also of labels that come later', async () => {
    const dropped: Record<string, number> = { expired: 2 }
    expose.counters('dropped_total', 'Dropped', 'reason', () => dropped)
    assert.equal(await valueOf('dropped_total{reason="expired"}'), 2)
    dropped.expired = 3
    dropped.queueFull = 7
    assert.deepEqual([await valueOf('dropped_total{reason="expired"}'), await valueOf('dropped_total{reason="queueFull"}')], [3, 7])
  })

  it('give what goes up and down as it is now', async () => {
    let links = 4
    expose.gauge('links', 'Links', () => links)
    expose.gauges('paths', 'Paths', 'state', () => ({ installed: links }))
    assert.deepEqual([await valueOf('links'), await valueOf('paths{state="installed"}')], [4, 4])
    links = 1
    assert.deepEqual([await valueOf('links'), await valueOf('paths{state="installed"}')], [1, 1])
  })

  it('are shown to nobody where a node has no metrics', () => {
    const nobody = new ExposedNumbers(undefined, 'test')
    nobody.counter('a_total', 'A', () => assert.fail('nobody asks'))
    nobody.gauges('b', 'B', 'c', () => assert.fail('nobody asks'))
  })
})

describe('recent value', () => {
  it('is made once for all who ask within half a second', () => {
    let [made, nowMs] = [0, 0]
    const read = recent(() => ++made, () => nowMs)
    assert.deepEqual([read(), read()], [1, 1])
    nowMs = 499
    assert.equal(read(), 1)
    nowMs = 500
    assert.equal(read(), 2)
  })
})
