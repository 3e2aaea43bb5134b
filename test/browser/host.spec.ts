import assert from 'node:assert/strict'
import { pEvent } from 'p-event'
import { peerIdFromString } from '@libp2p/peer-id'
import { toString } from 'uint8arrays/to-string'
import { bundleForBrowser } from './browser-bundle.ts'
import { createTestnet, until, TESTNET } from '../helpers/testnet.ts'
import { Pages, START_TIMEOUT_MS } from './pages.ts'
import type { Page } from 'playwright-core'
import type { Channel } from '../../src/host/channel.ts'
import type { ChannelStatus } from '../../src/host/channel-status.ts'
import type { BywayNode } from '../../src/node/libp2p.ts'
import type { Host } from '../../src/host/host.ts'
import type { InstalledPathStatus } from '../../src/host/installed-paths.ts'
import type { OutgoingChannel } from '../../src/host/outgoing-channel.ts'
import type { Testnet } from '../helpers/testnet.ts'

describe('a host in a browser', function () {
  this.timeout(60_000)
  let browser: Pages | undefined
  let net: Testnet
  let pages: Page[]
  let peers: string[]

  before(async function () {
    this.timeout(START_TIMEOUT_MS)
    browser = await Pages.start(async () => (await bundleForBrowser()).code)
    if (browser === undefined) {
      this.skip()
    }
    net = await createTestnet({ forwarders: 3, rsps: ['reports'], hosts: 1, listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    pages = [await browser.open(), await browser.open()]
    await net.ready()
    peers = []
    for (const page of pages) {
      peers.push(await page.evaluate(startHost, { network: TESTNET, seeds: net.seeds.map(String) }))
    }
    for (const page of pages) {
      await until(async () => (await page.evaluate(attached)).join() === '3,1', 'it is attached to all forwarders and knows the RSP', 60_000)
    }
  })

  after(async () => {
    await browser?.stop()
    await net?.stop()
  })

  it('finds the forwarders and the RSP without a DHT, and attaches', async () => {
    for (const page of pages) {
      assert.deepEqual(await page.evaluate(attached), [3, 1])
    }
  })

  it('opens a channel to a host that it can dial, and sends over the default route and over a path', async () => {
    const [host] = net.hosts
    const accepted = pEvent<'channel', CustomEvent<Channel>>(host.services.byway, 'channel', { timeout: 10_000 })
    const opened = pages[0].evaluate(openTo, host.peerId.toString())
    const incoming = (await accepted).detail
    incoming.addEventListener('message', ({ detail }) => { incoming.send(detail) })
    const status = await opened
    assert.ok(status.default?.alive && (status.default.measuredRttMs ?? 0) > 0)
    assert.equal(status.active?.isDefault, false)
    assert.ok((status.active?.measuredRttMs ?? 0) > 0)
    assert.deepEqual(await pages[0].evaluate(echo, 'over a path'), ['over a path'])
  })

  it('is reached, over forwarders alone, by a host that cannot dial it', async () => {
    await pages[1].evaluate(answerAll)
    const channel = await net.hosts[0].services.byway.open(peerIdFromString(peers[1]), { signal: AbortSignal.timeout(20_000) })
    await channel.settled()
    await until(() => channel.status.active?.path.length !== undefined && channel.status.active.path.length > 0, 'a path is used')
    assert.equal(channel.status.default, undefined)
    assert.match(channel.status.text, /^via /)
    const answer = pEvent<'message', CustomEvent<Uint8Array>>(channel, 'message', { timeout: 5_000 })
    channel.send(new TextEncoder().encode('to a page'))
    assert.equal(toString((await answer).detail), 'to a page')
    channel.close()
  })

  it('reaches another browser over forwarders', async () => {
    await pages[1].evaluate(answerAll)
    const status = await pages[0].evaluate(openTo, peers[1])
    assert.equal(status.default, undefined)
    assert.deepEqual(await pages[0].evaluate(echo, 'from page to page'), ['from page to page'])
  })

  it('sets up a path in one pass, from page to page, and packets go under its labels', async () => {
    const held = (): number => net.forwarders.reduce((sum, { services }) => sum + services.byway.status.table.paths, 0)
    await pages[1].evaluate(answerAll)
    const installed = await pages[0].evaluate(installTo, peers[1])
    assert.equal(installed.state, 'installed')
    assert.ok((installed.rttMs ?? 0) > 0, 'a probe comes back under the labels')
    assert.equal(held(), installed.forwarders.length)
    await pages[0].evaluate(removePath, installed.id)
    await until(() => held() === 0, 'all forwarders have removed it')
  })

  it('throws nothing that nobody catches', async () => {
    assert.deepEqual(await Promise.all(pages.map(async (page) => page.evaluate(() => (globalThis as unknown as InPage).uncaught))), [[], []])
  })
})

// ---- what runs in the page: it sees only its arguments and what is on globalThis ----

type Bundle = typeof import('../../src/node/libp2p.browser.ts') & typeof import('../../src/host/host.ts') & typeof import('@libp2p/crypto/keys') &
  typeof import('@multiformats/multiaddr') & typeof import('@libp2p/peer-id')

interface InPage {
  byway: Bundle
  node: BywayNode<Host>
  channel: OutgoingChannel
  uncaught: string[]
}

async function startHost (options: { network: string, seeds: string[] }): Promise<string> {
  const page = globalThis as unknown as InPage
  const bootstrap = options.seeds.map((seed) => page.byway.multiaddr(seed))
  const privateKey = await page.byway.generateKeyPair('Ed25519')
  page.node = await page.byway.createNode({ role: page.byway.host({ network: options.network, bootstrap }), privateKey, isLocal: true })
  return page.node.peerId.toString()
}

/** Attached forwarders, known RSPs. */
function attached (): number[] {
  const { access, discovery } = (globalThis as unknown as InPage).node.services.byway
  return [access.points.filter((point) => point.attached).length, discovery.directory.ofRole('rsp').length]
}

async function openTo (peer: string): Promise<Pick<ChannelStatus, 'default' | 'active' | 'text'>> {
  const page = globalThis as unknown as InPage
  page.channel = await page.node.services.byway.open(page.byway.peerIdFromString(peer), { selector: { preferPath: true } })
  await page.channel.settled()
  await new Promise((resolve) => setTimeout(resolve, 300))
  const { default: fallback, active, text } = page.channel.status
  return { default: fallback, active, text }
}

async function installTo (peer: string): Promise<InstalledPathStatus> {
  const { byway, node } = globalThis as unknown as InPage
  return node.services.byway.paths.install(byway.peerIdFromString(peer), { style: 'one-pass' })
}

async function removePath (id: string): Promise<void> {
  await (globalThis as unknown as InPage).node.services.byway.paths.remove(id)
}

/** What comes back when this is sent. */
async function echo (text: string): Promise<string[]> {
  const { channel } = globalThis as unknown as InPage
  const came: string[] = []
  const answer = new Promise<void>((resolve) => {
    channel.addEventListener('message', ({ detail }) => {
      came.push(new TextDecoder().decode(detail))
      resolve()
    }, { once: true })
  })
  channel.send(new TextEncoder().encode(text))
  await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 5_000))])
  return came
}

function answerAll (): void {
  const { node } = globalThis as unknown as InPage
  node.services.byway.addEventListener('channel', ({ detail: channel }) => {
    channel.addEventListener('message', ({ detail }) => { channel.send(detail) })
  })
}
