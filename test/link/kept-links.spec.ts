import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { setImmediate as nextTick } from 'node:timers/promises'
import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { AttachRequest } from '../../protocols/attach/codec.ts'
import { serveAttach } from '../../protocols/attach/server.ts'
import { ExpiredError } from '../../protocols/errors.ts'
import { FORWARD_PROTOCOL } from '../../protocols/forward/constants.ts'
import { openDescriptor, sealDescriptor } from '../../protocols/descriptor/codec.ts'
import { ClockDoubts } from '../../src/discovery/clock-doubts.ts'
import { KeptLinks } from '../../src/link/kept-links.ts'
import { LinkSet } from '../../src/link/link-set.ts'
import { NETWORK, NOW_MS, descriptorOf, keyOf, peerOf } from '../helpers/descriptors.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { until } from '../helpers/testnet.ts'
import { linkNode, put } from './link-nodes.ts'
import type { KeptLinksInit } from '../../src/link/kept-links.ts'
import type { Link } from '../../src/link/link.ts'
import type { LinkNode } from './link-nodes.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

const log = defaultLogger().forComponent('test:kept')

async function verified (number: number, addresses?: Multiaddr[]): Promise<VerifiedDescriptor> {
  const peer = await peerOf(number)
  const init = await descriptorOf(number, addresses === undefined ? {} : { endpoints: [{ peer, addresses }] })
  return await openDescriptor(await sealDescriptor(init, await keyOf(number)), { nowMs: NOW_MS, network: NETWORK })
}

describe('kept links', () => {
  it('regression: go by the newest descriptor, whoever brings an old one after it', async () => {
    const links = { addEventListener: () => {}, close: () => {}, get: () => undefined }
    const kept = new KeptLinks({ self: await peerOf(9), links, connectionManager: {}, descriptor: async () => new Uint8Array(), mutual: true, log } as unknown as KeptLinksInit)
    const at = (sequence: bigint): VerifiedDescriptor => ({ ...known, sequence })
    const known = await verified(1)
    kept.keep(at(2n))
    kept.keep(at(1n))
    assert.equal(kept.descriptorOf(known.peer)?.sequence, 2n)
    kept.keep(at(3n))
    assert.equal(kept.descriptorOf(known.peer)?.sequence, 3n)
    kept.stop()
  })

  describe('over libp2p', () => {
    let kept: KeptLinks
    let host: LinkNode
    let requests: AttachRequest[]

    beforeEach(async () => {
      requests = []
      host = await linkNode()
      kept = keeping(host)
    })

    afterEach(async () => {
      kept.stop()
      await stopNodes()
    })

    function keeping ({ node, links, connectionManager }: LinkNode, init: Partial<KeptLinksInit> = {}): KeptLinks {
      return new KeptLinks({
        self: node.peerId, links, connectionManager, descriptor: async () => Uint8Array.of(1), mutual: false, log, ...init
      })
    }

    async function forwarder (leaseMs: number, listen?: string): Promise<LinkNode> {
      const made = await linkNode({ privateKey: await keyOf(1), listen })
      await serveAttach(made.node.services.internals.registrar, async (request) => {
        requests.push(request)
        return { leaseMs, attachments: 1, maxAttachments: 8 }
      })
      return made
    }

    it('dial the addresses of the descriptor, attach, and last', async () => {
      const { node } = await forwarder(300_000)
      kept.keep(await verified(1, node.getMultiaddrs().map((address) => address.decapsulate('/p2p'))))
      await until(() => requests.length === 1, 'the attachment')
      assert.equal(host.links.get(node.peerId)?.isUp, true)
      assert.equal(requests[0].operation, AttachRequest.Operation.ATTACH)
      assert.deepEqual([kept.has(node.peerId), kept.size, host.events], [true, 1, ['up']])
      assert.deepEqual([kept.descriptorOf(node.peerId)?.peer.equals(node.peerId), kept.descriptorOf(await peerOf(9))], [true, undefined])
    })

    it('regression: attach again before a lease is over that is shorter than was asked for', async () => {
      const { node } = await forwarder(3_000)
      kept.keep(await verified(1, node.getMultiaddrs().map((address) => address.decapsulate('/p2p'))))
      await until(() => requests.length >= 2, 'the refreshed attachment', 3_000)
      assert.deepEqual(host.events, ['up'])
    })

    it('regression: tell who refuses our descriptor because of its time, until it takes it', async () => {
      const clocks = new ClockDoubts(() => performance.now())
      kept.stop()
      kept = keeping(host, { clocks })
      const { node } = await linkNode({ privateKey: await keyOf(1) })
      let isApart = true
      await serveAttach(node.services.internals.registrar, async () => {
        if (isApart) throw new ExpiredError('valid in an hour only')
        return { leaseMs: 300_000, attachments: 1, maxAttachments: 8 }
      })
      kept.keep(await verified(1, node.getMultiaddrs().map((address) => address.decapsulate('/p2p'))))
      await until(() => clocks.peers === 1, 'the refusal')
      isApart = false
      await until(() => clocks.peers === 0, 'the attachment', 10_000)
    })

    it('regression: are opened anew where the forwarder keeps the stream and credits nothing', async () => {
      let skippedMs = 0
      host = await linkNode({ now: () => performance.now() + skippedMs })
      kept = keeping(host)
      const silent = await createNode({ privateKey: await keyOf(1) })
      let streams = 0
      await silent.services.internals.registrar.handle(FORWARD_PROTOCOL, () => { streams++ })
      await serveAttach(silent.services.internals.registrar, async () => ({ leaseMs: 300_000, attachments: 1, maxAttachments: 8 }))
      kept.keep(await verified(1, silent.getMultiaddrs().map((address) => address.decapsulate('/p2p'))))
      await until(() => streams === 1 && host.links.get(silent.peerId) !== undefined, 'the link', 30_000)
      const link = host.links.get(silent.peerId) as Link
      await until(() => {
        put(link, 0, 1_000)
        return link.queuedBytes > 100_000
      }, 'a queue', 30_000)
      skippedMs = 11_000
      await until(() => streams === 2 && host.links.get(silent.peerId)?.queuedBytes === 0, 'the new link', 30_000)
    })

    it('are dialled again when the other side has been restarted', async () => {
      const before = await forwarder(300_000)
      const [address] = before.node.getMultiaddrs().map((address) => address.decapsulate('/p2p'))
      kept.keep(await verified(1, [address]))
      await until(() => requests.length === 1, 'the attachment')
      await before.node.stop()
      await until(() => host.events.includes('down'), 'the end of the link')
      assert.equal(host.links.get(before.node.peerId), undefined)
      await forwarder(300_000, address.toString())
      await until(() => requests.length === 2, 'the attachment after the restart', 10_000)
      assert.deepEqual(host.events, ['up', 'down', 'up'])
    })

    it('tell at once what must be known at once, and once for all changes within the time that the rest may take', async () => {
      kept.stop()
      kept = keeping(host, { random: () => 0.5 })
      const { node } = await forwarder(300_000)
      const key = node.peerId.toString()
      kept.keep(await verified(1, node.getMultiaddrs().map((address) => address.decapsulate('/p2p'))))
      await until(() => requests.length === 1, 'the attachment')
      kept.refresh([key])
      await until(() => requests.length === 2, 'what is told at once')
      for (let change = 0; change < 5; change++) {
        kept.refresh([key], 600)
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
      assert.equal(requests.length, 2)
      await until(() => requests.length === 3, 'what is told later', 20_000)
      await new Promise((resolve) => setTimeout(resolve, 400))
      assert.equal(requests.length, 3)
    })

    it('do not put off what is due sooner to tell what may take longer', async () => {
      const { node } = await forwarder(3_000)
      kept.keep(await verified(1, node.getMultiaddrs().map((address) => address.decapsulate('/p2p'))))
      await until(() => requests.length === 1, 'the attachment')
      kept.refresh([node.peerId.toString()], 100_000)
      await until(() => requests.length === 2, 'the refreshed attachment', 5_000)
    })

    it('regression: do not come up after they were let go', async () => {
      const { node } = await forwarder(300_000)
      const opened = host.links.open.bind(host.links)
      let isOpen = false
      host.links.open = async (...asked) => {
        const link = await opened(...asked)
        kept.retain(new Set())
        isOpen = true
        return link
      }
      kept.keep(await verified(1, node.getMultiaddrs().map((address) => address.decapsulate('/p2p'))))
      await until(() => isOpen && host.events.includes('down'), 'the end of the link')
      await new Promise((resolve) => setTimeout(resolve, 50))
      assert.deepEqual([host.links.size, requests.length], [0, 0])
    })

    it('are closed when they are let go', async () => {
      const { node } = await forwarder(300_000)
      kept.keep(await verified(1, node.getMultiaddrs().map((address) => address.decapsulate('/p2p'))))
      await until(() => requests.length === 1, 'the attachment')
      kept.retain(new Set())
      assert.deepEqual([kept.size, host.links.size, host.events], [0, 0, ['up', 'down']])
    })
  })

  describe('in virtual time', () => {
    let dials: number[]
    let dialled: string[]
    let nowMs: number
    let kept: KeptLinks
    let signal: AbortSignal | undefined
    let links: LinkSet
    /** Settles a dial: rejects, unless a test says otherwise. */
    let answer: () => Promise<never>

    beforeEach(() => {
      mock.timers.enable({ apis: ['setTimeout'] })
      dials = []
      dialled = []
      nowMs = 0
      signal = undefined
      answer = async () => { throw new Error('unreachable') }
    })

    afterEach(() => {
      kept.stop()
      mock.timers.reset()
    })

    async function keepUnreachable (self: number, mutual: boolean, init: Partial<KeptLinksInit> = {}, connection?: object): Promise<void> {
      const components = { logger: defaultLogger(), registrar: { unhandle: async () => {} }, connectionManager: {
        getConnections: () => connection === undefined ? [] : [connection],
        isDialable: async () => true,
        openConnection: async (to: Multiaddr[], options: { signal: AbortSignal }) => {
          dials.push(nowMs)
          dialled.push(...to.map(String))
          signal = options.signal
          return answer()
        }
      } } as unknown as ConstructorParameters<typeof LinkSet>[0]
      links = new LinkSet(components, { onPacket: () => {}, maxLinks: 4, queueBytes: 1_000, now: () => nowMs })
      kept = new KeptLinks({
        self: await peerOf(self), links, connectionManager: components.connectionManager, descriptor: async () => Uint8Array.of(1), mutual, log, random: () => 0.5, ...init
      })
    }

    async function advance (byMs: number): Promise<void> {
      for (const untilMs = nowMs + byMs; nowMs < untilMs; nowMs += 250) {
        mock.timers.tick(250)
        await nextTick()
      }
    }

    it('back off while a peer cannot be reached, up to a minute', async () => {
      await keepUnreachable(2, false)
      kept.keep(await verified(1))
      await advance(250_000)
      const waits = dials.slice(1).map((atMs, i) => atMs - dials[i])
      assert.deepEqual(waits.slice(0, 10), [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
    })

    it('regression: are dialled anew where nothing is answered over the connection that there is', async () => {
      mock.timers.reset()
      mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] })
      const peer = await peerOf(1)
      const dead = {
        status: 'open',
        remotePeer: peer,
        newStream: async (_: string, { signal: given }: { signal: AbortSignal }) => new Promise((_resolve, reject) => {
          given.addEventListener('abort', () => { reject(given.reason as Error) })
        }),
        abort: () => { dead.status = 'aborted' }
      }
      await keepUnreachable(2, false, {}, dead)
      kept.keep(await verified(1))
      await advance(19_500)
      assert.deepEqual([dead.status, dials], ['open', []])
      await advance(15_000)
      assert.equal(dead.status, 'aborted')
      assert.ok(dials.length > 0)
    })

    it('are dialled where that is granted, and wait for it eight seconds at most: that they had to says nothing of the peer', async () => {
      const ended: boolean[] = []
      let isGranted = false
      const address = multiaddr('/ip4/192.0.2.77/tcp/1')
      await keepUnreachable(2, false, {
        grant: () => isGranted ? { addresses: [address], end: (reached) => { ended.push(reached !== undefined) } } : undefined
      })
      kept.keep(await verified(1))
      await advance(120_000)
      assert.deepEqual(dials, [])
      isGranted = true
      await advance(8_250)
      assert.deepEqual([dials.length, dialled, ended], [1, [`${address}/p2p/${await peerOf(1)}`], [false]])
    })

    it('regression: are not dialled for any longer when they are let go', async () => {
      answer = async () => new Promise(() => {})
      await keepUnreachable(2, true)
      kept.keep(await verified(1))
      await advance(2_000)
      assert.deepEqual([dials.length, signal?.aborted], [1, false])
      kept.retain(new Set())
      assert.equal(signal?.aborted, true)
    })

    it('are given up when a dial takes ten seconds', async () => {
      answer = async () => new Promise(() => {})
      await keepUnreachable(2, false)
      kept.keep(await verified(1))
      await advance(9_750)
      assert.equal(signal?.aborted, false)
      await advance(500)
      assert.equal(signal?.aborted, true)
    })

    it('are not dialled any more when they were let go', async () => {
      await keepUnreachable(2, false)
      kept.keep(await verified(1))
      await advance(1_000)
      const before = dials.length
      kept.retain(new Set())
      await advance(100_000)
      assert.equal(dials.length, before)
    })

    it('regression: are not begun anew when the node has stopped, whatever was under way then', async () => {
      const hanging = Promise.withResolvers<never>()
      answer = async () => hanging.promise
      await keepUnreachable(2, false)
      kept.keep(await verified(1))
      await advance(1_000)
      assert.equal(dials.length, 1)
      await links.stop()
      hanging.reject(new Error('the node stops'))
      kept.keep(await verified(3))
      await advance(100_000)
      assert.equal(dials.length, 1)
    })

    it('are left to the peer with the smaller id for a moment when both keep each other', async () => {
      const [one, two] = await Promise.all([peerOf(1), peerOf(2)])
      const [smaller, larger] = one.toString() < two.toString() ? [1, 2] : [2, 1]
      await keepUnreachable(larger, true)
      kept.keep(await verified(smaller))
      await advance(1_250)
      assert.deepEqual(dials, [])
      await advance(500)
      assert.equal(dials.length, 1)
      kept.stop()
      dials = []
      await keepUnreachable(smaller, true)
      kept.keep(await verified(larger))
      await advance(250)
      assert.equal(dials.length, 1)
    })
  })
})
