// A libp2p application in a page, with byway as its transport: it reaches others, and, which no page can otherwise, others reach it.
import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { APPLICATION_ENTRY, bundleForBrowser } from './browser-bundle.ts'
import { Pages, START_TIMEOUT_MS } from './pages.ts'
import { TESTNET, createTestnet } from '../helpers/testnet.ts'
import { createApplication } from '../helpers/applications.ts'
import type { Application } from '../helpers/applications.ts'
import type { LoadedPage } from './pages.ts'
import type { Page } from 'playwright-core'
import type { Testnet } from '../helpers/testnet.ts'
import type { Libp2p } from '@libp2p/interface'

describe('a libp2p application in a browser, over /byway', function () {
  this.timeout(60_000)
  let browser: Pages | undefined
  let net: Testnet
  let node: Application
  let pages: Page[]
  let ids: string[]

  before(async function () {
    this.timeout(START_TIMEOUT_MS)
    browser = await Pages.start(async () => (await bundleForBrowser(APPLICATION_ENTRY)).code)
    if (browser === undefined) {
      this.skip()
    }
    const listen = ['/ip4/127.0.0.1/tcp/0/ws']
    net = await createTestnet({ forwarders: 2, rsps: ['reports'], listen })
    await net.ready()
    node = await createApplication(net.seeds, { byway: { listen } })
    pages = [await browser.open(), await browser.open()]
    ids = await Promise.all(pages.map(async (page) => page.evaluate(start, { network: TESTNET, seeds: net.seeds.map(String) })))
  })

  after(async () => {
    await browser?.stop()
    await node?.stop()
    await net?.stop()
  })

  it('reaches one under Node', async () => {
    assert.deepEqual(await pages[0].evaluate(echo, { peer: node.peerId.toString(), text: 'from a page' }), 'from a page')
  })

  it('is reached by one under Node', async () => {
    const connection = await node.dial(multiaddr(`/byway/p2p/${ids[1]}`))
    const stream = await connection.newStream('/echo/1.0.0')
    const answer = new Promise<string>((resolve) => {
      stream.addEventListener('message', ({ data }) => { resolve(new TextDecoder().decode(data.subarray())) })
    })
    stream.send(new TextEncoder().encode('to a page'))
    assert.equal(await answer, 'to a page')
    await connection.close()
  })

  it('reaches another page', async () => {
    assert.deepEqual(await pages[0].evaluate(echo, { peer: ids[1], text: 'from page to page' }), 'from page to page')
  })

  it('throws nothing that nobody catches', async () => {
    assert.deepEqual(await Promise.all(pages.map(async (page) => page.evaluate(() => (globalThis as unknown as InPage).uncaught))), [[], []])
  })
})

// ---- what runs in the page: it sees only its arguments and what is on globalThis ----

type Bundle = typeof import('../../src/node/byway.ts') & typeof import('libp2p') & typeof import('@multiformats/multiaddr') &
  typeof import('@chainsafe/libp2p-noise') & typeof import('@libp2p/yamux')

interface InPage extends LoadedPage<Bundle> {
  node: Libp2p
}

async function start ({ network, seeds }: { network: string, seeds: string[] }): Promise<string> {
  const page = globalThis as unknown as InPage
  const { byway, createLibp2p, noise, yamux } = page.byway
  page.node = await createLibp2p({
    addresses: { listen: ['/byway'] },
    transports: [byway({ bootstrap: seeds, network, isLocal: true })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()]
  })
  await page.node.handle('/echo/1.0.0', (stream) => {
    stream.addEventListener('message', ({ data }) => { stream.send(data) })
  })
  return page.node.peerId.toString()
}

async function echo ({ peer, text }: { peer: string, text: string }): Promise<string> {
  const { node, byway } = globalThis as unknown as InPage
  const stream = await node.dialProtocol(byway.multiaddr(`/byway/p2p/${peer}`), '/echo/1.0.0')
  const answer = new Promise<string>((resolve) => {
    stream.addEventListener('message', ({ data }) => { resolve(new TextDecoder().decode(data.subarray())) })
  })
  stream.send(new TextEncoder().encode(text))
  return await answer
}
