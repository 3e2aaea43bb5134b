// `--metrics ADDRESS`: serves a daemon's numbers, libp2p's and the process's among them, in Prometheus's text format at /metrics.
import { createServer } from 'node:http'
import { once } from 'node:events'
import { Registry } from 'prom-client'
import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import { MetricsAddressError } from './errors.ts'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NodeInit, Role } from '../node/libp2p.ts'

export interface MetricsAddress {
  host: string
  port: number
}

/** Numbers say much of a node: whoever wants them read from elsewhere says so. */
const DEFAULT_HOST = '127.0.0.1'
/** A scraper asks every few seconds on one connection; nobody needs many. */
const MAX_CONNECTIONS = 16
const REQUEST_TIMEOUT_MS = 5_000
/** To read an answer in, or to say something: whoever takes longer must not keep the scraper out. */
const READ_TIMEOUT_MS = 10_000
/** One that asks on without reading has as many answers held for it. */
const MAX_REQUESTS_PER_CONNECTION = 10

/** `9464`, `0.0.0.0:9464` or `[::1]:9464`; undefined for what is no address. */
export function parseMetricsAddress (text: string): MetricsAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+)):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  return digits === undefined || port > 65_535 ? undefined : { host: bracketed ?? plain ?? DEFAULT_HOST, port }
}

export class MetricsServer {
  /** Of libp2p, for createNode. */
  readonly metrics: NonNullable<NodeInit<Role>['metrics']>
  readonly #server: Server

  private constructor (server: Server, registry: Registry) {
    this.#server = server
    this.metrics = prometheusMetrics({ registry })
  }

  /** @throws MetricsAddressError */
  static async listen ({ host, port }: MetricsAddress, readTimeoutMs = READ_TIMEOUT_MS): Promise<MetricsServer> {
    const registry = new Registry()
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      endUnlessRead(response, readTimeoutMs)
      void answer(registry, request, response, isLoopback((server.address() as AddressInfo).address))
    })
    server.maxConnections = MAX_CONNECTIONS
    server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION
    server.setTimeout(readTimeoutMs)
    try {
      server.listen(port, host)
      await once(server, 'listening')
    } catch (error) {
      throw new MetricsAddressError(`${host}:${port}`, (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'another program has this port: choose another one, or 0 for a free one' : (error as Error).message, { cause: error })
    }
    // a connection that could not be accepted is the scraper's loss, not the node's
    server.on('error', () => {})
    return new MetricsServer(server, registry)
  }

  /** Where to read them. */
  get url (): string {
    const { address, family, port } = this.#server.address() as AddressInfo
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/metrics`
  }

  async close (): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

/** However slowly it is read: a socket's own timeout begins anew with each byte. */
function endUnlessRead (response: ServerResponse, timeoutMs: number): void {
  const timer = setTimeout(() => { response.destroy() }, timeoutMs)
  timer.unref()
  response.once('close', () => { clearTimeout(timer) })
}

/** @param isLocal - serves this machine only: a page in its browser must not read it under a name of its own that leads here */
async function answer (registry: Registry, request: IncomingMessage, response: ServerResponse, isLocal: boolean): Promise<void> {
  if (isLocal && !isLocalName(request.headers.host?.replace(/:\d*$/, '').toLowerCase() ?? '')) {
    response.writeHead(403, { 'content-type': 'text/plain' }).end('the numbers are for this machine only: ask for them at localhost, or start the node with --metrics ADDRESS:PORT to serve others\n')
    return
  }
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const path = request.url?.split('?')[0]
  if (!isRead || path !== '/metrics') {
    response.writeHead(isRead ? 404 : 405, { 'content-type': 'text/plain' }).end(isRead ? 'the numbers are at /metrics\n' : 'only GET\n')
    return
  }
  try {
    const text = await registry.metrics()
    response.writeHead(200, { 'content-type': registry.contentType }).end(request.method === 'HEAD' ? undefined : text)
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`${(error as Error).message}\n`)
  }
}

function isLocalName (host: string): boolean {
  return host === 'localhost' || host === '[::1]' || isLoopback(host)
}

function isLoopback (address: string): boolean {
  return address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)
}
