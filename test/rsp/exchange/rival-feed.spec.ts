// The feed from a rival that says what a test wants, over real nodes.
import assert from 'node:assert/strict'
import { createNode, stopNodes } from '../../helpers/nodes.ts'
import { connectionManagerOf, silentLog } from '../fake-forwarder.ts'
import { EVERYTHING } from '../../../protocols/exchange/codec.ts'
import { keyOf, sampleMeasurement } from '../../protocols/exchange/samples.ts'
import { RivalFeed } from '../../../src/rsp/exchange/rival-feed.ts'
import { sealBatch } from '../../../protocols/exchange/sealed-batch.ts'
import { serveExchange } from '../../../protocols/exchange/server.ts'
import { UnavailableError } from '../../../protocols/errors.ts'
import { until } from '../../helpers/testnet.ts'
import type { VerifiedDescriptor } from '../../../protocols/descriptor/codec.ts'

const RIVAL_KEY = await keyOf(40)
/** Such a lease is extended after each answer. */
const SHORT_LEASE_MS = 30_000
const LEASE_MS = 120_000

describe('feed from a rival', () => {
  /** What it answers: the number of a batch, nothing to tell, or no answer; then nothing more. */
  let answers: Array<bigint | 'nothing' | 'unavailable'>
  let leases: number[]
  /** The last batches that it was told were taken. */
  let asked: bigint[]
  let feed: RivalFeed
  /** By which its clock is ahead of ours. */
  let aheadMs: number
  const taken: bigint[] = []
  const breaches: Error[] = []

  beforeEach(async () => {
    [asked, leases, aheadMs] = [[], [], 0]
    taken.length = breaches.length = 0
    const [reader, rival] = await Promise.all([createNode(), createNode({ privateKey: RIVAL_KEY })])
    await serveExchange(rival.services.internals.registrar, {
      admit: () => 0,
      subscribe: async () => ({ leaseMs: leases.shift() ?? LEASE_MS, maxLinks: 100, measurementsPerMinute: 6_000 }),
      next: async ({ after }, { peer }) => {
        const answer = answers.shift() ?? 'nothing'
        asked.push(after)
        if (answer === 'unavailable') {
          throw new UnavailableError('not now')
        }
        return answer === 'nothing' ? undefined : sealBatch({ subscriber: peer, sequence: answer, issuedAtMs: Date.now() + aheadMs, measurements: [sampleMeasurement()] }, RIVAL_KEY)
      }
    })
    const addresses = rival.getMultiaddrs().map((address) => address.decapsulate('/p2p'))
    feed = new RivalFeed({ peer: rival.peerId, endpoints: [{ peer: rival.peerId, addresses }] } as unknown as VerifiedDescriptor, {
      self: reader.peerId,
      connectionManager: connectionManagerOf(reader),
      descriptor: async () => Uint8Array.of(1),
      scope: EVERYTHING,
      onBatch: ({ sequence }) => { taken.push(sequence) },
      onBreach: (_, error) => { breaches.push(error) },
      now: Date.now,
      clock: () => performance.now(),
      log: silentLog()
    })
  })

  afterEach(async () => {
    feed.stop()
    await stopNodes()
  })

  it('regression: takes no rival for a replayer that has begun anew and had nothing to tell at first', async () => {
    leases = [SHORT_LEASE_MS, LEASE_MS]
    answers = [57n, 'nothing', 1n, 2n]
    feed.start()
    await until(() => taken.length === 3 || breaches.length > 0, 'three batches have come')
    assert.deepEqual([taken, breaches, asked.slice(0, 4)], [[57n, 1n, 2n], [], [0n, 57n, 57n, 1n]])
  })

  it('regression: takes no rival for a replayer that has begun anew and whose first answer was lost', async () => {
    answers = [57n, 'unavailable', 2n]
    feed.start()
    await until(() => taken.length === 2 || breaches.length > 0, 'two batches have come', 5_000)
    assert.deepEqual([taken, breaches, asked.slice(0, 3)], [[57n, 2n], [], [0n, 57n, 0n]])
  })

  it('takes a rival for a replayer that sends an old batch again', async () => {
    answers = [57n, 57n]
    feed.start()
    await until(() => breaches.length > 0, 'it has been found out')
    assert.deepEqual([taken, breaches.map(({ name }) => name), feed.status.breaches], [[57n], ['MalformedMessageError'], 1])
  })

  for (const [title, ms] of [['ahead', 600_000], ['behind', -600_000]] as const) {
    it(`regression: punishes no rival for a clock that is ten minutes ${title}, takes nothing meanwhile, and says what to look at`, async () => {
      [aheadMs, answers] = [ms, [1n]]
      feed.start()
      await until(() => feed.status.lastError !== undefined, 'a batch has come')
      assert.deepEqual([taken, breaches, feed.status.breaches, feed.status.lastError], [[], [], 0, 'ClocksApartError'])
      aheadMs = 0
      answers = [1n]
      await until(() => taken.length > 0, 'it is asked again soon, and heard where the clocks agree', 15_000)
      assert.deepEqual([feed.status.breaches, feed.status.lastError], [0, undefined])
    })
  }
})
