import assert from 'node:assert/strict'
import { DisjointFinder } from '../../../src/path-finding/disjoint.ts'
import { LinkTable } from '../../../src/topology/link-table.ts'
import { MalformedMessageError } from '../../../protocols/errors.ts'
import { PathQuestion } from '../../../src/rsp/standing/path-question.ts'
import { Watches } from '../../../src/rsp/standing/watches.ts'
import { encodeQuery } from '../../../protocols/route/codec.ts'
import { peerOf } from '../../helpers/descriptors.ts'
import { sampleQuery } from '../../protocols/route/samples.ts'
import type { PeerId } from '@libp2p/interface'
import type { RouteQuery } from '../../../protocols/route/codec.ts'
import type { WatchesInit } from '../../../src/rsp/standing/watches.ts'

const [RICH, POOR] = await Promise.all([90, 91].map(peerOf))

describe('watches of hosts', () => {
  let table: LinkTable
  /** `host number event`, as they end. */
  let ended: string[]
  /** Looks at what a link costs: one for each kind of query and link that has changed. */
  let linksLookedAt: number

  beforeEach(() => {
    ended = []
    linksLookedAt = 0
    table = new LinkTable()
    table.coverNodes(4)
    set(0, 1, 20)
    set(1, 3, 20)
  })

  const set = (a: number, b: number, delayMs: number): void => {
    for (const [from, to] of [[a, b], [b, a]]) {
      table.upsert(from, to, { delayUs: delayMs * 1_000, lossPpm: 0, jitterUs: 0, updatedAtMs: 0 })
    }
  }

  /** Queries that weigh loss are of as many kinds; those with a text cannot be read. */
  function questionOf ({ text, weights }: RouteQuery): PathQuestion {
    if (text !== undefined) {
      throw new MalformedMessageError('nobody can read this')
    }
    const question = new PathQuestion({
      source: [{ node: 0, rttUs: 1 }], destination: [{ node: 3, rttUs: 1 }], weights, paths: 1, avoid: new Set(), maxForwarders: 8, relayCostUs: 0
    }, new DisjointFinder())
    const linkCost = question.linkCost.bind(question)
    question.linkCost = (...link) => {
      linksLookedAt++
      return linkCost(...link)
    }
    return question
  }

  function watchesWith (init: Partial<WatchesInit>): Watches {
    return new Watches({ snapshot: () => table.snapshot(), questionOf, nodeOf: () => undefined, relayCostUs: 0, clock: () => 0, ...init })
  }

  async function watch (watches: Watches, peer: PeerId, number: number, change: Partial<RouteQuery> = {}): Promise<void> {
    const asked = sampleQuery({ weights: { delay: 1, loss: 0 }, ...change })
    const { event } = await watches.watch({ watch: number, query: encodeQuery(asked), asked, present: [], margin: 0.1, lifetimeMs: 60_000 }, { peer })
    ended.push(`${peer.equals(RICH) ? 'rich' : 'poor'} ${number} ${event}`)
  }

  it('regression: make no room for one that is refused all the same', async () => {
    const watches = watchesWith({ maxQueries: 10 })
    const kind = (loss: number): Partial<RouteQuery> => ({ weights: { delay: 1, loss } })
    const open = [
      ...[1, 2, 3, 4, 5, 6].map(async (number) => watch(watches, RICH, number)),
      ...[1, 2, 3, 4].map(async (number) => watch(watches, POOR, number, kind(number)))
    ]
    await assert.rejects(watch(watches, POOR, 5, { text: 'no words' }), { name: 'MalformedMessageError' })
    await assert.rejects(watch(watches, POOR, 5, kind(5)), { name: 'OverQuotaError', message: /kinds/ })
    assert.deepEqual([watches.status.watches, ended], [10, []])
    const last = watch(watches, POOR, 5, kind(4))
    await open[0]
    assert.deepEqual([watches.status.watches, ended], [10, ['rich 1 ended']])
    watches.stop()
    await Promise.all([...open, last])
  })

  it('regression: are not charged for what has changed on the map since it was looked at last', async () => {
    const charged: number[] = []
    const watches = watchesWith({
      budget: {
        waitMs: () => 0,
        spend: (_, work) => {
          const before = linksLookedAt
          const done = work()
          charged.push(linksLookedAt - before)
          return done
        }
      }
    })
    const first = watch(watches, RICH, 1)
    const before = linksLookedAt
    set(0, 1, 10)
    set(1, 3, 10)
    const second = watch(watches, POOR, 1)
    assert.ok(linksLookedAt > before)
    assert.deepEqual(charged, [0, 0])
    watches.stop()
    await Promise.all([first, second])
  })
})
