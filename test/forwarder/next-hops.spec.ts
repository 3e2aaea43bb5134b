import assert from 'node:assert/strict'
import { multiaddr } from '@multiformats/multiaddr'
import { serveAttach } from '../../protocols/attach/server.ts'
import { AttachResponse } from '../../protocols/attach/codec.ts'
import { NextHops } from '../../src/forwarder/next-hops.ts'
import { connected, createNode, stopNodes } from '../helpers/nodes.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { opened, sealed } from './samples.ts'
import type { KeptLinks } from '../../src/link/kept-links.ts'
import type { Link } from '../../src/link/link.ts'
import type { LinkSet } from '../../src/link/link-set.ts'
import type { Discovery } from '../../src/discovery/discovery.ts'
import type { RoleName, VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

const KEPT_MS = 600_000
const BURST = 16
const BURST_OF_ONE = 8

describe('links to next hops that are not connected', () => {
  let nowMs: number
  let role: RoleName
  let connection: Connection
  let dials: string[]
  let links: string[]
  let standing: Map<string, Link>
  let attachedPeers: Set<string>
  let pathsOver: Set<string>
  let neighbours: Set<string>
  let onAttach: () => void
  let kept: string[]
  let attached: number
  let failing: Error | undefined
  let nextHops: NextHops
  /** Which the directory has. */
  let known: Set<string>
  let isConnected: boolean
  /** Addresses that may be dialled. */
  let granted: Multiaddr[]

  before(async () => {
    const [forwarder, asked] = [await createNode(), await createNode()]
    await serveAttach(asked.services.internals.registrar, async () => {
      attached++
      onAttach()
      if (failing !== undefined) {
        throw failing
      }
      return { ...AttachResponse.decode(new Uint8Array()), leaseMs: 60_000, attachments: 1, maxAttachments: 256 }
    })
    connection = await connected(forwarder, asked)
  })

  after(stopNodes)

  beforeEach(() => {
    nowMs = 1_000
    role = 'forwarder'
    dials = []
    links = []
    standing = new Map()
    attachedPeers = new Set()
    pathsOver = new Set()
    neighbours = new Set()
    onAttach = () => {}
    kept = []
    attached = 0
    failing = undefined
    known = new Set()
    isConnected = true
    granted = []
    const descriptors = new Map<string, Promise<VerifiedDescriptor>>()
    nextHops = new NextHops({
      now: () => nowMs,
      discovery: {
        directory: { get: (peer: PeerId) => known.has(peer.toString()) ? {} : undefined },
        self: { get: async () => sealed(50, 'forwarder') },
        describe: async (peer: PeerId) => {
          dials.push(peer.toString())
          const key = `${role}:${peer.toString()}`
          const descriptor = descriptors.get(key) ?? opened(Number(numbers.get(peer.toString())), role)
          descriptors.set(key, descriptor)
          return descriptor
        }
      } as unknown as Discovery,
      connectionManager: {
        getConnections: () => isConnected ? [connection] : [],
        isDialable: async () => true,
        openConnection: async () => connection
      } as unknown as ConnectionManager,
      chooseAddresses: () => ({ addresses: granted, end: () => {} }),
      isAttached: (peer) => attachedPeers.has(peer.toString()),
      isOnPath: ({ peer }) => pathsOver.has(peer.toString()),
      links: {
        get: (peer: PeerId) => standing.get(peer.toString()),
        open: async (peer: PeerId) => {
          const key = peer.toString()
          const link = standing.get(key) ?? { peer } as unknown as Link
          links.push(key)
          standing.set(key, link)
          return link
        },
        close: (peer: PeerId) => { standing.delete(peer.toString()) }
      } as unknown as LinkSet,
      neighbours: { keep: ({ peer }: VerifiedDescriptor) => { kept.push(peer.toString()) }, has: (peer: PeerId) => neighbours.has(peer.toString()) } as unknown as KeptLinks
    })
  })

  const numbers = new Map<string, number>()
  async function numbered (number: number): Promise<PeerId> {
    const peer = await peerOf(number)
    numbers.set(peer.toString(), number)
    return peer
  }

  it('are made both ways, and kept for as long as a path can live', async () => {
    const peer = await numbered(10)
    const key = peer.toString()
    assert.equal(nextHops.has(key), false)
    const link = await nextHops.reach(peer, 'one')
    assert.equal(link.peer, peer)
    assert.deepEqual([links, kept, attached], [[key], [key], 1])
    nowMs += KEPT_MS - 1
    assert.equal(nextHops.has(key), true)
    nowMs++
    assert.equal(nextHops.has(key), false)
  })

  it('are made once for all who ask meanwhile', async () => {
    const peer = await numbered(10)
    const found = await Promise.all(Array.from({ length: 20 }, async () => nextHops.reach(peer, 'one')))
    assert.equal(new Set(found).size, 1)
    assert.deepEqual([dials.length, links.length], [1, 1])
  })

  it('lead to forwarders only', async () => {
    role = 'host'
    const peer = await numbered(10)
    await assert.rejects(nextHops.reach(peer, 'one'), { code: 'NOT_FOUND' })
    assert.deepEqual([links, nextHops.has(peer.toString())], [[], false])
  })

  it('that do not come about are UNAVAILABLE, and not kept', async () => {
    failing = new Error('go away')
    const peer = await numbered(10)
    await assert.rejects(nextHops.reach(peer, 'one'), { code: 'UNAVAILABLE' })
    assert.deepEqual([kept, nextHops.has(peer.toString())], [[], false])
    failing = undefined
    await nextHops.reach(peer, 'one')
    assert.equal(nextHops.has(peer.toString()), true)
  })

  it('that went away while they were made are UNAVAILABLE: another may have their place by now', async () => {
    const peer = await numbered(10)
    const another = { peer } as unknown as Link
    onAttach = () => { standing.set(peer.toString(), another) }
    await assert.rejects(nextHops.reach(peer, 'one'), { code: 'UNAVAILABLE' })
    assert.equal(standing.get(peer.toString()), another, 'which is left alone')
    assert.equal(nextHops.has(peer.toString()), false)
  })

  it('are closed again when they do not come about, unless they stood before or others want them', async () => {
    failing = new Error('go away')
    const peer = await numbered(10)
    const key = peer.toString()
    await assert.rejects(nextHops.reach(peer, 'one'), { code: 'UNAVAILABLE' })
    assert.equal(standing.has(key), false)
    standing.set(key, { peer } as unknown as Link)
    await assert.rejects(nextHops.reach(peer, 'one'), { code: 'UNAVAILABLE' })
    assert.equal(standing.has(key), true, 'stood before')
    standing.delete(key)
    onAttach = () => { attachedPeers.add(key) }
    await assert.rejects(nextHops.reach(peer, 'one'), { code: 'UNAVAILABLE' })
    assert.equal(standing.has(key), true, 'attached here meanwhile')
  })

  it('regression: stay when they do not come about where paths take them by now, or they are kept', async () => {
    failing = new Error('go away')
    const peer = await numbered(10)
    const key = peer.toString()
    for (const wanted of [pathsOver, neighbours]) {
      standing.delete(key)
      onAttach = () => { wanted.add(key) }
      await assert.rejects(nextHops.reach(peer, 'one'), { code: 'UNAVAILABLE' })
      assert.equal(standing.has(key), true)
      wanted.clear()
    }
  })

  it('are known of while they are being made', async () => {
    const peer = await numbered(10)
    assert.equal(nextHops.reaching(peer), undefined)
    const reached = nextHops.reach(peer, 'one')
    assert.equal(await nextHops.reaching(peer), await reached)
    assert.equal(nextHops.reaching(peer), undefined)
  })

  it('are kept for longer by each path that is installed over them', async () => {
    const peer = await numbered(10)
    await nextHops.reach(peer, 'one')
    nowMs += KEPT_MS - 1
    nextHops.renew(peer)
    nowMs += KEPT_MS - 1
    assert.deepEqual([nextHops.has(peer.toString()), nextHops.expire()], [true, false])
    nowMs++
    assert.deepEqual([nextHops.has(peer.toString()), nextHops.expire(), nextHops.expire()], [false, true, false])
    nextHops.renew(peer)
    assert.equal(nextHops.has(peer.toString()), false)
  })

  it('are so many per second, for one who asks and for all: an install must not make a node scan others', async () => {
    failing = new Error('go away')
    const peer = await numbered(10)
    for (const asker of ['one', 'another']) {
      for (let time = 0; time < BURST_OF_ONE; time++) {
        await assert.rejects(nextHops.reach(peer, asker), { code: 'UNAVAILABLE' })
      }
      await assert.rejects(nextHops.reach(peer, asker), { code: 'OVER_QUOTA' })
    }
    await assert.rejects(nextHops.reach(peer, 'a third'), { code: 'OVER_QUOTA' })
    assert.equal(dials.length, BURST)
    nowMs += 1_000
    for (const asker of ['one', 'another']) {
      await assert.rejects(nextHops.reach(peer, asker), { code: 'UNAVAILABLE' })
      await assert.rejects(nextHops.reach(peer, asker), { code: 'OVER_QUOTA' })
    }
  })

  it('regression: that expire while others are asked for are let go of all the same', async () => {
    await nextHops.reach(await numbered(10), 'one')
    nowMs += KEPT_MS
    await nextHops.reach(await numbered(11), 'one')
    assert.deepEqual([nextHops.expire(), nextHops.expire()], [true, false])
  })

  it('regression: for which no dial may be made now say so, and are on nobody\'s account, unless the forwarder had to be looked for', async () => {
    const peer = await numbered(10)
    isConnected = false
    known.add(peer.toString())
    for (let time = 0; time < 2 * BURST; time++) {
      await assert.rejects(nextHops.reach(peer, 'one'), { name: 'DialPutOffError', code: 'OVER_QUOTA' })
    }
    known.clear()
    for (let time = 0; time < BURST_OF_ONE; time++) {
      await assert.rejects(nextHops.reach(peer, 'one'), { name: 'DialPutOffError' })
    }
    await assert.rejects(nextHops.reach(peer, 'one'), { name: 'OverQuotaError' })
    granted = [multiaddr('/ip4/192.0.2.1/tcp/4001')]
    await nextHops.reach(peer, 'another')
    assert.equal(nextHops.has(peer.toString()), true)
  })

  it('are kept on the account of who asked first', async () => {
    const peer = await numbered(10)
    await nextHops.reach(peer, 'one')
    assert.equal(nextHops.askerOf(peer.toString()), 'one')
    nowMs += KEPT_MS
    assert.equal(nextHops.askerOf(peer.toString()), undefined)
  })

  it('are not looked for again within ten seconds where there is no such forwarder', async () => {
    role = 'host'
    const peer = await numbered(10)
    for (const asker of ['one', 'another']) {
      await assert.rejects(nextHops.reach(peer, asker), { code: 'NOT_FOUND' })
    }
    assert.equal(dials.length, 1)
    nowMs += 10_000
    role = 'forwarder'
    await nextHops.reach(peer, 'one')
    assert.equal(dials.length, 2)
  })

  it('are 64 at most for one who asks and 256 for all, until some are not wanted any more', async () => {
    const reach = async (number: number, asker: number): Promise<Link> => {
      nowMs += 1_000
      return nextHops.reach(await numberedAs(number), `asker ${asker}`)
    }
    for (let number = 0; number < 256; number++) {
      if (number % 64 === 0 && number > 0) {
        await assert.rejects(reach(number, number / 64 - 1), { code: 'OVER_QUOTA' })
      }
      await reach(number, Math.floor(number / 64))
    }
    await assert.rejects(reach(256, 4), { code: 'OVER_QUOTA' })
    const one = await numberedAs(0)
    nowMs += KEPT_MS - 259_000
    assert.equal(nextHops.has(one.toString()), false)
    await reach(256, 4)
  })

  /** Any number of peers, all of whom the same descriptor describes. */
  async function numberedAs (number: number): Promise<PeerId> {
    const peer = { toString: () => `peer ${number}` } as unknown as PeerId
    numbers.set(peer.toString(), 10)
    return peer
  }
})
