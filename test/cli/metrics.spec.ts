import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { request } from 'node:http'
import { readFile } from 'node:fs/promises'
import { cli } from './terminal.ts'
import { defaultLogger } from '@libp2p/logger'
import { MetricsServer, parseMetricsAddress } from '../../src/cli/metrics-server.ts'
import { until } from '../helpers/testnet.ts'
import type { AddressInfo } from 'node:net'
import type { IncomingMessage } from 'node:http'

/** Of the project: tests run from their sources and from dist. */
function rootUrl (): URL {
  const here = new URL('../../', import.meta.url)
  return existsSync(new URL('package.json', here)) ? here : new URL('../', here)
}

interface Dashboard {
  panels: Array<{
    title: string
    fieldConfig?: { defaults: { unit?: string }, overrides: Array<{ matcher: { id: string, options: string }, properties: Array<{ id: string, value: string }> }> }
    targets?: Array<{ refId: string, expr: string, legendFormat: string }>
  }>
}

const HERE = ['--listen', '/ip4/127.0.0.1/tcp/0', '--local', '--ephemeral', '--network', 'test', '--no-control', '--json']

/** Runs a daemon that serves metrics, and gives what `read` made of their address. */
async function withMetrics<T> (args: string[], read: (url: string) => Promise<T>): Promise<{ code: number, value: T }> {
  const stop = new AbortController()
  let value: Promise<T> | undefined
  const { code } = await cli(args, {
    signal: stop.signal,
    onOut: (text) => {
      const { event, metrics } = JSON.parse(text) as { event: string, metrics?: string }
      if (event === 'started') {
        value = read(metrics ?? assert.fail('it does not say where its metrics are')).finally(() => { stop.abort() })
      }
    }
  })
  return { code, value: await (value ?? assert.fail('it has not started')) }
}

describe('metrics of daemons', () => {
  /** Of every daemon that listens. */
  const DEFENCES = ['byway_node_inbound_connections 0', 'byway_node_inbound_connections_total{verdict="deniedRate"} 0', 'byway_node_reaped_connections_total{reason="idle"} 0', 'byway_node_refused_records_total{what="refusedValues"} 0', 'byway_node_provider_records ', 'byway_node_dht_messages_total{verdict="delayed"} 0', 'byway_node_pings_total{verdict="delayed"} 0']

  for (const { role, has } of [
    { role: 'forwarder', has: ['byway_forwarder_forwarded_packets_total 0', 'byway_forwarder_dropped_packets_total{reason="queueFull"} 0', 'byway_forwarder_set_ups_total{kind="installed"} 0', 'byway_forwarder_paths{state="installed"} 0'] },
    { role: 'rsp', has: ['byway_rsp_queries_total{answer="paths"} 0', 'byway_rsp_plan_links{state="watched"} 0', 'byway_rsp_kept_promises_ratio{links="1"} 0.8', 'byway_rsp_map_store_failing 0'] },
    { role: 'host', has: ['byway_host_channels 0', 'byway_host_forwarders{state="known"} 0'] }
  ]) {
    it(`of a ${role} are its own numbers beside libp2p's and the process's, in Prometheus's format`, async () => {
      const { code, value: text } = await withMetrics([role, ...HERE, '--metrics', '0', ...(role === 'rsp' ? ['--no-data'] : [])], async (url) => {
        const response = await fetch(url)
        assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
        return response.text()
      })
      assert.equal(code, 0)
      for (const line of [...has, ...DEFENCES, 'process_cpu_seconds_total']) {
        assert.ok(text.includes(`\n${line}`), line)
      }
      assert.match(text, /^libp2p_/m)
    })
  }

  it('of a forwarder are those that its dashboard draws, and it draws all that are byway\'s', async () => {
    const dashboard = await readFile(new URL('scripts/grafana/forwarder.json', rootUrl()), 'utf8')
    const names = new Set(dashboard.match(/\b(?:byway|process|nodejs)_[a-z0-9_]+/g))
    const { value: text } = await withMetrics(['forwarder', ...HERE, '--metrics', '0'], async (url) => (await fetch(url)).text())
    assert.ok(names.size > 20, `${names.size} metrics are drawn`)
    assert.deepEqual([...names].filter((name) => !text.includes(`# TYPE ${name} `)), [])
    const served = [...text.matchAll(/^# TYPE (byway_[a-z0-9_]+) /gm)].map(([, name]) => name)
    assert.ok(served.some((name) => name.startsWith('byway_node_')) && served.some((name) => name.startsWith('byway_forwarder_')))
    assert.deepEqual(served.filter((name) => !names.has(name)), [])
  })

  it('regression: of bytes have a unit of bytes in the dashboard, and lines of several forwarders that are not summed up say whose they are', async () => {
    const { panels } = JSON.parse(await readFile(new URL('scripts/grafana/forwarder.json', rootUrl()), 'utf8')) as Dashboard
    const drawn = panels.flatMap(({ title, fieldConfig, targets = [] }) => targets.map(({ refId, expr, legendFormat }) => {
      const own = fieldConfig?.overrides.find(({ matcher }) => matcher.id === 'byFrameRefID' && matcher.options === refId)?.properties.find(({ id }) => id === 'unit')
      return { line: `${title}: ${legendFormat}`, unit: own?.value ?? fieldConfig?.defaults.unit, expr, legendFormat }
    }))
    assert.ok(drawn.length > 30)
    const isOfBytes = (expr: string): boolean => /_bytes(_total|_per_second)?\b/.test(expr)
    const isPerSecond = (expr: string): boolean => /rate\(|_per_second/.test(expr)
    assert.deepEqual(drawn.filter(({ expr, unit }) => isOfBytes(expr) && unit !== (isPerSecond(expr) ? 'Bps' : 'bytes')).map(({ line }) => line), [])
    assert.deepEqual(drawn.filter(({ expr, legendFormat }) => !expr.includes('sum by') && !legendFormat.includes('{{instance}}')).map(({ line }) => line), [])
  })

  it('are served at /metrics only, and only read', async () => {
    const { value } = await withMetrics(['bootstrap', ...HERE, '--metrics', '0'], async (url) => {
      const other = await fetch(new URL('/', url))
      const post = await fetch(url, { method: 'POST' })
      const head = await fetch(url, { method: 'HEAD' })
      return [other.status, await other.text(), post.status, head.status, await head.text()]
    })
    assert.deepEqual(value, [404, 'the numbers are at /metrics\n', 405, 200, ''])
  })

  it('regression: that are for this machine only are for no page in its browser, which asks under a name of its own that leads here', async () => {
    const statusOf = async (url: string, host: string): Promise<number | undefined> => {
      const asked = request(url, { headers: { host }, agent: false }).end()
      const [response] = await once(asked, 'response') as [IncomingMessage]
      response.resume()
      return response.statusCode
    }
    const here = await MetricsServer.listen({ host: '127.0.0.1', port: 0 })
    const everywhere = await MetricsServer.listen({ host: '0.0.0.0', port: 0 })
    try {
      const { port } = new URL(here.url)
      for (const host of ['localhost', `localhost:${port}`, `LOCALHOST:${port}`, '127.0.0.1', `127.1.2.3:${port}`, '[::1]', `[::1]:${port}`]) {
        assert.equal(await statusOf(here.url, host), 200, host)
      }
      for (const host of ['node.example', `node.example:${port}`, '127.0.0.1.node.example', 'localhost.node.example', '192.0.2.1', '[2001:db8::1]', '1270.0.0.1']) {
        assert.equal(await statusOf(here.url, host), 403, host)
      }
      assert.equal(await statusOf(everywhere.url.replace('0.0.0.0', '127.0.0.1'), 'node.example'), 200)
    } finally {
      await here.close()
      await everywhere.close()
    }
  })

  it('keep no daemon from ending while they are read', async () => {
    const { code } = await withMetrics(['bootstrap', ...HERE, '--metrics', '0'], async (url) => {
      await (await fetch(url, { headers: { connection: 'keep-alive' } })).text()
    })
    assert.equal(code, 0)
  })

  it('regression: are read although as many clients as have a place read nothing of what they asked for', async () => {
    const server = await MetricsServer.listen({ host: '127.0.0.1', port: 0 }, 1_000)
    const { hostname, port } = new URL(server.url)
    // a collector would have as much of a large node
    server.metrics({ logger: defaultLogger() } as never).registerMetric('test', { help: 'x'.repeat(400_000), calculate: () => 1 })
    const clients = Array.from({ length: 16 }, () => {
      const client = connect(Number(port), hostname).on('error', () => {})
      client.pause()
      client.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200))
      return client
    })
    try {
      await Promise.all(clients.map(async (client) => once(client, 'connect')))
      await until(async () => fetch(server.url).then(async (response) => (await response.text()).includes('process_cpu_seconds_total'), () => false), 'the scraper reads them')
    } finally {
      clients.forEach((client) => { client.destroy() })
      await server.close()
    }
  })

  it('that cannot be served end the daemon with an error that says what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { code, err } = await cli(['bootstrap', ...HERE.filter((flag) => flag !== '--json'), '--metrics', String((taken.address() as AddressInfo).port)])
    taken.close()
    assert.equal(code, 2)
    assert.match(err, /cannot serve metrics at 127\.0\.0\.1:\d+: another program has this port/)
  })

  it('are served where they are told to be', () => {
    assert.deepEqual(parseMetricsAddress('9464'), { host: '127.0.0.1', port: 9_464 })
    assert.deepEqual(parseMetricsAddress('0.0.0.0:9464'), { host: '0.0.0.0', port: 9_464 })
    assert.deepEqual(parseMetricsAddress('[::1]:0'), { host: '::1', port: 0 })
    assert.deepEqual(parseMetricsAddress('metrics.example:80'), { host: 'metrics.example', port: 80 })
    for (const text of ['', 'x', '65536', ':80', '::1:80', 'a b:80', 'http://x:80', '1.2.3.4']) {
      assert.equal(parseMetricsAddress(text), undefined, text)
    }
  })
})
