import assert from 'node:assert/strict'
import { serveAttach } from '../../protocols/attach/server.ts'
import { AttachResponse } from '../../protocols/attach/codec.ts'
import { NextHops } from '../../src/forwarder/next-hops.ts'
import { connected, createNode, stopNodes } from '../helpers/nodes.ts'
import { peerOf } from '../helpers/descriptors.ts'
import { opened, sealed } from './samples.ts'
import type { KeptLinks } from '../../src/link/kept-links.ts'
import type { LinkSet } from '../../src/link/link-set.ts'
import type { Discovery } from '../../src/discovery/discovery.ts'
import type { RoleName, VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Connection, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const KEPT_MS = 600_000
const BURST = 16

describe('links to next hops that are not connected', () => {
  let nowMs: number
  let role: RoleName
  let connection: Connection
  let dials: string[]
  let links: string[]
  let kept: string[]
  let attached: number
  let failing: Error | undefined
  let nextHops: NextHops

  before(async () => {
    const [forwarder, asked] = [await createNode(), await createNode()]
    await serveAttach(asked.services.internals.registrar, async () => {
      attached++
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
    kept = []
    attached = 0
    failing = undefined
    const descriptors = new Map<string, Promise<VerifiedDescriptor>>()
    nextHops = new NextHops({
      now: () => nowMs,
      discovery: {
        self: { get: async () => sealed(50, 'forwarder') },
        describe: async (peer: PeerId) => {
          dials.push(peer.toString())
          const key = `${role}:${peer.toString()}`
          const descriptor = descriptors.get(key) ?? opened(Number(numbers.get(peer.toString())), role)
          descriptors.set(key, descriptor)
          return descriptor
        }
      } as unknown as Discovery,
      connectionManager: { getConnections: () => [connection] } as unknown as ConnectionManager,
      links: { open: async (peer: PeerId) => { links.push(peer.toString()); return { peer } }, close: (peer: PeerId) => { links.splice(links.indexOf(peer.toString()), 1) } } as unknown as LinkSet,
      neighbours: { keep: ({ peer }: VerifiedDescriptor) => { kept.push(peer.toString()) } } as unknown as KeptLinks
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
    const link = await nextHops.reach(peer)
    assert.equal(link.peer, peer)
    assert.deepEqual([links, kept, attached], [[key], [key], 1])
    nowMs += KEPT_MS - 1
    assert.equal(nextHops.has(key), true)
    nowMs++
    assert.equal(nextHops.has(key), false)
  })

  it('are made once for all who ask meanwhile', async () => {
    const peer = await numbered(10)
    const found = await Promise.all(Array.from({ length: 20 }, async () => nextHops.reach(peer)))
    assert.equal(new Set(found).size, 1)
    assert.deepEqual([dials.length, links.length], [1, 1])
  })

  it('lead to forwarders only', async () => {
    role = 'host'
    const peer = await numbered(10)
    await assert.rejects(nextHops.reach(peer), { code: 'NOT_FOUND' })
    assert.deepEqual([links, nextHops.has(peer.toString())], [[], false])
  })

  it('that do not come about are UNAVAILABLE, and not kept', async () => {
    failing = new Error('go away')
    const peer = await numbered(10)
    await assert.rejects(nextHops.reach(peer), { code: 'UNAVAILABLE' })
    assert.deepEqual([kept, nextHops.has(peer.toString())], [[], false])
    failing = undefined
    await nextHops.reach(peer)
    assert.equal(nextHops.has(peer.toString()), true)
  })

  it('are so many per second: an install must not make a node scan others', async () => {
    role = 'host'
    const peer = await numbered(10)
    for (let number = 0; number < BURST; number++) {
      await assert.rejects(nextHops.reach(peer), { code: 'NOT_FOUND' })
    }
    await assert.rejects(nextHops.reach(peer), { code: 'OVER_QUOTA' })
    assert.equal(dials.length, BURST)
    nowMs += 500
    await assert.rejects(nextHops.reach(peer), { code: 'NOT_FOUND' })
    await assert.rejects(nextHops.reach(peer), { code: 'OVER_QUOTA' })
  })

  it('are 256 at most, until some are not wanted any more', async () => {
    for (let number = 0; number < 256; number++) {
      nowMs += 500
      await nextHops.reach(await numberedAs(number))
    }
    const [one, last] = [await numberedAs(0), await numberedAs(256)]
    nowMs += 500
    await assert.rejects(nextHops.reach(last), { code: 'OVER_QUOTA' })
    nowMs += KEPT_MS - 255 * 500
    assert.equal(nextHops.has(one.toString()), false)
    await nextHops.reach(last)
  })

  /** Any number of peers, all of whom the same descriptor describes. */
  async function numberedAs (number: number): Promise<PeerId> {
    const peer = { toString: () => `peer ${number}` } as unknown as PeerId
    numbers.set(peer.toString(), 10)
    return peer
  }
})
