import assert from 'node:assert/strict'
import { NotFoundError } from '../../protocols/errors.ts'
import { collectReceipts } from '../../src/rsp/receipts.ts'
import { sealPage } from '../../protocols/usage/receipt.ts'
import { serveUsage } from '../../protocols/usage/server.ts'
import { createNode, stopNodes } from '../helpers/nodes.ts'
import { keyOf, peerOf } from '../helpers/descriptors.ts'
import { sampleReceipt } from '../protocols/usage/samples.ts'
import { connectionManagerOf } from './fake-forwarder.ts'
import type { PageRequest } from '../../protocols/usage/codec.ts'
import type { TestNode } from '../helpers/nodes.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { PeerId } from '@libp2p/interface'

describe('the receipts that an RSP collects', () => {
  let rsp: TestNode

  beforeEach(async () => { rsp = await createNode({ privateKey: await keyOf(1) }) })

  afterEach(async () => {
    await stopNodes()
  })

  async function forwarder (number: number, answer: (page: PageRequest | undefined) => Promise<Uint8Array>): Promise<VerifiedDescriptor> {
    const node = await createNode({ privateKey: await keyOf(number) })
    await serveUsage(node.services.internals.registrar, async ({ page }) => answer(page))
    const addresses = node.getMultiaddrs().map((address) => address.decapsulate('/p2p'))
    return { peer: node.peerId, endpoints: [{ peer: node.peerId, addresses }] } as unknown as VerifiedDescriptor
  }

  it('regression: are told apart: what was carried, nothing, and a receipt that was not kept', async () => {
    const [key, now] = [await keyOf(2), Date.now()]
    const rows = Array.from({ length: 600 }, (_, pathNumber) => ({ pathNumber, next: undefined, packets: 1, bytes: 1 }))
    const long = { rsp: rsp.peerId, sinceMs: now - 1_000, sequence: 1n, issuedAtMs: now, packets: 600, bytes: 600, rows }
    const forwarders = [
      await forwarder(2, async () => sealPage({ ...sampleReceipt(), rsp: rsp.peerId, sinceMs: now - 1_000, issuedAtMs: now }, 0, key)),
      await forwarder(3, async () => { throw new NotFoundError('nothing') }),
      await forwarder(4, async (page) => {
        if (page !== undefined) {
          throw new NotFoundError('not kept')
        }
        return sealPage(long, 0, await keyOf(4))
      })
    ]
    const results = await collectReceipts(forwarders, { rsp: rsp.peerId, connectionManager: connectionManagerOf(rsp) })
    assert.deepEqual(results.map(({ receipt, error }) => [receipt?.packets, error?.name]), [[1_000, undefined], [undefined, undefined], [undefined, 'UnavailableError']])
  })

  it('regression: do not wait for one that does not answer, which has a deadline for all that it is asked', async () => {
    const hanging = await forwarder(2, async () => new Promise(() => {}))
    const others = await Promise.all(Array.from({ length: 30 }, async (_, number) => ({ peer: await peerOf(100 + number), endpoints: [] }) as unknown as VerifiedDescriptor))
    const dialled: string[] = []
    const manager = connectionManagerOf(rsp)
    const allDialled = Promise.withResolvers<void>()
    const connectionManager = {
      getConnections: (peer: PeerId) => manager.getConnections(peer),
      openConnection: async (...dial: Parameters<ConnectionManager['openConnection']>) => {
        dialled.push(String(dial[0]))
        if (dialled.length === 31) {
          allDialled.resolve()
        }
        return dialled.length === 1 ? manager.openConnection(...dial) : Promise.reject(new Error('nobody there'))
      }
    } as unknown as ConnectionManager
    const startedMs = performance.now()
    const collected = collectReceipts([hanging, ...others], { rsp: rsp.peerId, connectionManager, deadlineMs: 8_000 })
    await allDialled.promise
    assert.ok(performance.now() - startedMs < 8_000, 'the first one is waited for still')
    const results = await collected
    assert.deepEqual(results.map(({ error }) => error?.name), ['DeadlineError', ...Array<string>(30).fill('Error')])
    assert.deepEqual(results.map((result) => result.forwarder.toString()), [hanging, ...others].map(({ peer }) => peer.toString()))
  })

  it('regression: come back when there is no more time, with those that were not asked', async () => {
    const forwarders = await Promise.all(Array.from({ length: 40 }, async (_, number) => ({ peer: await peerOf(100 + number), endpoints: [] }) as unknown as VerifiedDescriptor))
    const connectionManager = {
      getConnections: () => [],
      openConnection: async (_: unknown, { signal }: { signal: AbortSignal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new Error('aborted')) }) })
    } as unknown as ConnectionManager
    const results = await collectReceipts(forwarders, { rsp: rsp.peerId, connectionManager, deadlineMs: 400, deadlineOfAllMs: 500 })
    assert.ok(results.every(({ error }) => error?.name === 'DeadlineError'))
    assert.equal(results.length, 40)
    assert.ok(results.filter(({ error }) => /no time to ask/.test(error?.message ?? '')).length >= 8)
  })
})
