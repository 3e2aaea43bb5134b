import assert from 'node:assert/strict'
import { TypedEventEmitter } from 'main-event'
import { ForwarderSetUp } from '../../src/forwarder/set-up.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { SILENT } from '../helpers/virtual-overlay.ts'
import { keyOf, peerOf } from '../helpers/descriptors.ts'
import { FakeLink } from '../link/fake-links.ts'
import { opened } from './samples.ts'
import type { ForwarderSetUpInit } from '../../src/forwarder/set-up.ts'
import type { LinkSetEvents } from '../../src/link/link-set.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

const NEIGHBOUR = 5
const peer = await peerOf(NEIGHBOUR)
const acme = await opened(NEIGHBOUR, 'forwarder', { operator: 'acme', sequence: 7n })
const other = await opened(NEIGHBOUR, 'forwarder', { operator: 'other', sequence: 8n })

describe('what the operator\'s rules go by', () => {
  const sources = ['attached', 'kept', 'heard of'] as const
  let known: Partial<Record<typeof sources[number], VerifiedDescriptor>>
  let links: TypedEventEmitter<LinkSetEvents>
  const link = new FakeLink(nodeIdOf(peer), peer, 3)

  beforeEach(() => {
    known = {}
    links = new TypedEventEmitter()
  })

  async function withRules (...linkRules: string[]): Promise<ForwarderSetUp> {
    return new ForwarderSetUp({
      self: await peerOf(1),
      privateKey: await keyOf(1),
      links,
      neighbours: { descriptorOf: () => known.kept },
      attached: () => known.attached,
      discovery: { directory: { get: () => known['heard of'] } },
      connectionManager: {},
      capacityBytesPerSecond: 1e6,
      policy: { linkRules },
      now: () => 0,
      log: SILENT
    } as unknown as ForwarderSetUpInit)
  }

  for (const source of sources) {
    it(`is the descriptor with which the neighbour is ${source}`, async () => {
      const setUp = await withRules('deny operator=acme')
      known[source] = other
      assert.equal(setUp.isOpen(peer), true)
      known[source] = acme
      assert.equal(setUp.isOpen(peer), false)
    })
  }

  it('is the newest of them', async () => {
    const setUp = await withRules('deny operator=acme')
    known = { attached: acme, kept: other, 'heard of': acme }
    assert.equal(setUp.isOpen(peer), true)
    known = { attached: acme, kept: acme, 'heard of': other }
    assert.equal(setUp.isOpen(peer), true)
  })

  it('regression: closes the link where nothing is known, if a rule may be about it', async () => {
    assert.equal((await withRules('deny operator=acme')).isOpen(peer), false)
    assert.equal((await withRules('deny tag:country=XX')).isOpen(peer), false)
    assert.equal((await withRules(`deny peer=${(await peerOf(9)).toString()}`)).isOpen(peer), true)
  })

  it('regression: is asked for source routes too, anew each second and for each new link; without rules nobody asks', async () => {
    assert.equal((await withRules()).closedLinks, undefined)
    const setUp = await withRules('deny operator=acme')
    const { closedLinks } = setUp
    known.kept = acme
    assert.equal(closedLinks?.has(link), true)
    known.kept = other
    assert.equal(closedLinks?.has(link), true)
    links.safeDispatchEvent('link:gone', { detail: link })
    assert.equal(closedLinks?.has(link), false)
    known.kept = acme
    setUp.expire()
    assert.equal(closedLinks?.has(link), true)
  })
})
