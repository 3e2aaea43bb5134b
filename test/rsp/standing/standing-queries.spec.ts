import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { DisjointFinder } from '../../../src/path-finding/disjoint.ts'
import { LinkTable } from '../../../src/topology/link-table.ts'
import { PathQuestion } from '../../../src/rsp/standing/path-question.ts'
import { StandingQueries } from '../../../src/rsp/standing/standing-queries.ts'
import type { PathQuery } from '../../../src/path-finding/path-finder.ts'
import type { StandingInit } from '../../../src/rsp/standing/standing-query.ts'
import type { WatchAnswer } from '../../../protocols/route/watch.ts'
import type { LinkMetrics } from '../../../src/topology/link-metrics.ts'

const RELAY_US = 500
const LOOK_MS = 250

describe('standing queries', () => {
  let nowMs: number
  let table: LinkTable
  let standing: StandingQueries

  const set = (a: number, b: number, delayMs: number, more: Partial<LinkMetrics> = {}): void => {
    const metrics = { delayUs: delayMs * 1_000, lossPpm: 0, jitterUs: 0, updatedAtMs: 0, ...more }
    table.upsert(a, b, metrics)
    table.upsert(b, a, metrics)
  }
  const cut = (a: number, b: number): void => {
    table.remove(a, b)
    table.remove(b, a)
  }
  const questionOf = (change: Partial<PathQuery> = {}): PathQuestion => new PathQuestion({
    source: [{ node: 0, rttUs: 1_000 }],
    destination: [{ node: 3, rttUs: 2_000 }],
    weights: { delay: 1, loss: 20 },
    paths: 1,
    avoid: new Set(),
    maxForwarders: 8,
    relayCostUs: RELAY_US,
    ...change
  }, new DisjointFinder())
  /** What has been told, and when, ms after the start. */
  const watch = (init: Partial<StandingInit> = {}): { end: () => void, told: Array<WatchAnswer & { atMs: number }> } => {
    const told: Array<WatchAnswer & { atMs: number }> = []
    const { end, answer } = standing.add({ question: questionOf(), host: 'host', present: [0, 1, 3], margin: 0.1, lifetimeMs: 60_000, ...init }, table.snapshot())
    void answer.then((event) => { told.push({ ...event, atMs: nowMs }) })
    return { end, told }
  }
  const run = async (ms: number): Promise<void> => {
    for (const untilMs = nowMs + ms; nowMs < untilMs;) {
      nowMs += LOOK_MS
      standing.look(table.snapshot())
      await Promise.resolve()
    }
  }

  beforeEach(() => {
    nowMs = 0
    table = new LinkTable()
    standing = new StandingQueries({ relayCostUs: RELAY_US, clock: () => nowMs, turns: 0 })
    // 0 → 1 → 3 takes 40 ms, 0 → 2 → 3 takes 60, 0 → 3 takes 100
    set(0, 1, 20)
    set(1, 3, 20)
    set(0, 2, 30)
    set(2, 3, 30)
    set(0, 3, 100)
    set(4, 5, 10)
  })

  it('says nothing while nothing changes, and ends with its life', async () => {
    const { told } = watch({ lifetimeMs: 5_000 })
    await run(4_000)
    assert.equal(told.length, 0)
    await run(2_000)
    assert.deepEqual(told, [{ event: 'ended', change: 0, atMs: 5_000 }])
    assert.equal(standing.size, 0)
  })

  it('tells of a path that has become better by the margin within two seconds', async () => {
    const { told } = watch()
    await run(1_500)
    set(0, 2, 3)
    const changedMs = nowMs
    await run(2_000)
    assert.equal(told[0].event, 'better')
    assert.ok(told[0].atMs - changedMs <= 2_000)
    // 44,500 µs of delay and relays against 37,500
    assert.ok(told[0].change > 0.1 && told[0].change < 0.2, String(told[0].change))
  })

  it('tells at most once in two seconds even where the change comes just after a search', async () => {
    const { told } = watch()
    set(0, 2, 3)
    await run(2_000)
    assert.equal(told[0].event, 'better')
  })

  it('regression: keeps at most four kinds of them for one host, so that a few hosts leave no room for others', () => {
    const ask = (loss: number, host: string): { end: () => void } => watch({ question: questionOf({ weights: { delay: 1, loss } }), host })
    const asked = [1, 2, 3, 4].map((loss) => ask(loss, 'greedy'))
    assert.throws(() => ask(5, 'greedy'), { name: 'OverQuotaError' })
    ask(1, 'greedy')
    ask(5, 'other')
    assert.throws(() => ask(5, 'greedy'), { name: 'OverQuotaError' })
    asked[1].end()
    ask(5, 'greedy')
    assert.equal(standing.size, 6)
  })

  it('regression: says that there are too many kinds of them, and has room again when one has ended', () => {
    const ask = (kind: number): { end: () => void } => watch({ question: questionOf({ weights: { delay: 1, loss: kind } }), host: `host ${Math.floor(kind / 4)}` })
    const asked = Array.from({ length: 64 }, (_, kind) => ask(kind))
    assert.throws(() => ask(64), { name: 'OverQuotaError' })
    watch({ question: questionOf({ weights: { delay: 1, loss: 0 } }), host: 'one more' })
    asked[7].end()
    ask(64)
    assert.throws(() => ask(65), { name: 'OverQuotaError' })
  })

  it('regression: lets the searches of a host wait that has made more work than it may, and nobody else\'s', async () => {
    const spent: string[] = []
    let owing = 'greedy'
    standing = new StandingQueries({
      relayCostUs: RELAY_US,
      clock: () => nowMs,
      turns: 0,
      budget: {
        waitMs: ({ host }) => host === owing ? 1_000 : 0,
        spend: ({ host }, work) => {
          spent.push(host)
          return work()
        }
      }
    })
    const [greedy, modest] = ['greedy', 'modest'].map((host) => watch({ host }))
    await run(1_500)
    set(0, 2, 3)
    await run(2_000)
    assert.deepEqual([greedy.told.length, modest.told.length, spent], [0, 1, ['modest']])
    owing = ''
    await run(500)
    assert.deepEqual([greedy.told.map(({ event }) => event), spent], [['better'], ['modest', 'greedy']])
  })

  for (const [when, cutShort] of [['when it was asked for', 1], ['in a look', 2]] as const) {
    it(`regression: searches once more where a search was cut short ${when}`, async () => {
      const question = questionOf()
      const search = question.bestCost.bind(question)
      let searches = 0
      question.bestCost = (graph, patience) => {
        if (++searches !== cutShort || patience === undefined) {
          return search(graph, patience)
        }
        patience.isCutShort = true
        return Infinity
      }
      set(0, 2, cutShort === 1 ? 3 : 30)
      const { told } = watch({ question })
      await run(1_500)
      set(0, 2, 3)
      await run(3_000)
      assert.deepEqual(told.map(({ event }) => event), ['better'])
    })
  }

  it('regression: looks no longer than 75 ms at once however long searches take, and nobody waits for those of others that are cut short', async () => {
    let isSlow = true
    const slow = Array.from({ length: 40 }, () => {
      const question = questionOf()
      const search = question.bestCost.bind(question)
      question.bestCost = (graph, patience) => {
        while (isSlow && patience?.mustStop() === false) {
          nowMs += 5
        }
        return isSlow ? Infinity : search(graph, patience)
      }
      return watch({ question, lifetimeMs: 1e6 })
    })
    const quick = watch()
    let longestMs = 0
    const look = async (times: number): Promise<void> => {
      for (; times > 0; times--) {
        nowMs += LOOK_MS
        const startedMs = nowMs
        standing.look(table.snapshot())
        longestMs = Math.max(longestMs, nowMs - startedMs)
        await Promise.resolve()
      }
    }
    await look(6)
    set(0, 2, 3)
    const changedMs = nowMs
    await look(6)
    assert.deepEqual([slow.some(({ told }) => told.length > 0), quick.told.map(({ event }) => event)], [false, ['better']])
    assert.ok(quick.told[0].atMs - changedMs <= 2_000, `${quick.told[0].atMs - changedMs}`)
    assert.ok(longestMs >= 25 && longestMs <= 75, `${longestMs}`)
    isSlow = false
    await look(10)
    assert.ok(slow.every(({ told: [answer] }) => answer?.event === 'better'))
  })

  it('regression: lets go of a forwarder whose number may become another\'s, and of nothing else', async () => {
    const [over, from, past] = [
      watch(),
      watch({ question: questionOf({ source: [{ node: 0, rttUs: 1_000 }, { node: 1, rttUs: 5_000 }] }), present: [0, 2, 3] }),
      watch({ present: [0, 2, 3] })
    ]
    standing.removeNode(1)
    await run(LOOK_MS)
    assert.deepEqual([over, from, past].map(({ told }) => told.map(({ event }) => event)), [['failed'], ['ended'], []])
    assert.equal(standing.size, 1)
  })

  it('is silent about a path that is better by less than the margin', async () => {
    const { told } = watch()
    await run(1_500)
    set(0, 2, 8)
    await run(5_000)
    assert.equal(told.length, 0)
  })

  it('adds up what several links gain', async () => {
    const { told } = watch()
    await run(1_500)
    for (const [a, b] of [[0, 2], [2, 3], [0, 2], [2, 3], [0, 2], [2, 3]]) {
      set(a, b, (table.get(a, b)?.delayUs as number) / 1_000 - 4.5)
      await run(1_000)
    }
    await run(1_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('tells of a link that is new', async () => {
    const { told } = watch()
    await run(1_500)
    set(0, 4, 2)
    set(5, 3, 2)
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('tells of a present path that has become worse by the margin, within a second', async () => {
    const { told } = watch()
    set(0, 1, 21)
    await run(5_000)
    assert.equal(told.length, 0)
    set(0, 1, 27)
    const changedMs = nowMs
    await run(1_000)
    assert.equal(told[0].event, 'degraded')
    assert.ok(told[0].atMs - changedMs <= 1_000)
    assert.ok(told[0].change > 0.15 && told[0].change < 0.16, String(told[0].change))
  })

  it('tells that a link of the present path is gone, within a second', async () => {
    const { told } = watch()
    await run(3_000)
    cut(1, 3)
    const changedMs = nowMs
    await run(1_000)
    assert.deepEqual(told.map(({ event }) => event), ['failed'])
    assert.ok(told[0].atMs - changedMs <= 1_000)
  })

  it('tells of a present path that breaks a limit of the query', async () => {
    const { told } = watch({ question: questionOf({ limits: { lossPpm: 10_000 } }), margin: 1 })
    set(0, 1, 20, { lossPpm: 20_000 })
    await run(1_000)
    assert.deepEqual(told.map(({ event }) => event), ['failed'])
  })

  it('tells when the present path has become so much worse that another is better by the margin', async () => {
    set(0, 2, 19)
    set(2, 3, 20)
    const { told } = watch({ present: [0, 1, 3] })
    set(0, 1, 24)
    await run(3_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('does not tell of what was better from the start, but of what is better still', async () => {
    const { told } = watch({ present: [0, 2, 3] })
    await run(5_000)
    assert.equal(told.length, 0)
    set(0, 1, 5)
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  for (const margin of [0.1, 1]) it(`tells who has no path of the first one${margin === 1 ? ', regression: whatever the margin' : ''}`, async () => {
    cut(0, 1)
    cut(0, 2)
    cut(0, 3)
    const { told } = watch({ present: undefined, margin })
    await run(3_000)
    assert.equal(told.length, 0)
    set(0, 2, 500)
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('does not judge a path that it does not know', async () => {
    const { told } = watch({ present: [0, 4, 3] })
    await run(3_000)
    assert.equal(told.length, 0)
  })

  it('knows of a link that meets a demand at last', async () => {
    const question = questionOf({ limits: { leastBytesPerSecond: 1e6 } })
    for (const [a, b] of [[0, 1], [1, 3]]) {
      set(a, b, 20, { bytesPerSecond: 2e6 })
    }
    set(0, 2, 5, { bytesPerSecond: 2e6 })
    set(2, 3, 5, { bytesPerSecond: 5e5 })
    const { told } = watch({ question })
    await run(3_000)
    assert.equal(told.length, 0)
    set(2, 3, 5, { bytesPerSecond: 3e6 })
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('searches for nobody when links only jitter, or change far away', async () => {
    watch()
    await run(1_500)
    const { searches } = standing.counters
    for (let round = 0; round < 3; round++) {
      set(0, 2, round % 2 === 0 ? 29.5 : 30)
      set(4, 5, round % 2 === 0 ? 1 : 100)
      standing.look(table.snapshot())
    }
    assert.equal(standing.counters.searches, searches)
  })

  it('ends when its host does, without a word too many', async () => {
    const ended = new AbortController()
    const { told } = watch({ ended: ended.signal })
    ended.abort()
    await run(250)
    assert.equal(standing.size, 0)
    assert.deepEqual(told.map(({ event }) => event), ['ended'])
  })

  it('regression: leaves nothing behind at a host that asks again and again', async () => {
    const { signal } = new AbortController()
    watch({ ended: signal, lifetimeMs: LOOK_MS })
    const { end } = watch({ ended: signal })
    await run(2 * LOOK_MS)
    end()
    assert.deepEqual(getEventListeners(signal, 'abort'), [])
  })

  it('looks at everything when it cannot know what has changed', async () => {
    const { told } = watch()
    await run(1_500)
    table = new LinkTable()
    set(0, 1, 20)
    set(1, 3, 20)
    set(0, 3, 10)
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('tells of a better path when so many nodes have come that all distances are computed anew', async () => {
    const { told } = watch()
    await run(1_500)
    for (let node = 6; node < 12; node++) {
      set(node, node - 1, 50)
    }
    await run(1_500)
    assert.equal(told.length, 0)
    set(0, 2, 3)
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('regression: a query that cannot be taken in leaves no group behind', async () => {
    const bad = questionOf({ weights: { delay: 1, loss: 7 } })
    Object.defineProperty(bad, 'basis', { get: () => { throw new Error('cannot be compiled') } })
    assert.throws(() => watch({ question: bad }), { message: 'cannot be compiled' })
    const { told } = watch()
    await run(1_500)
    set(0, 2, 3)
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('regression: a basis that cannot be had any more ends the query, and no other', async () => {
    const bad = questionOf()
    const nobody = new Set<number>()
    let isBroken = false
    Object.defineProperty(bad, 'basis', { get: () => { if (isBroken) { throw new Error('cannot be compiled') } return nobody } })
    const { told: toldOfBad } = watch({ question: bad })
    const { told } = watch()
    await run(1_000)
    isBroken = true
    set(0, 2, 3)
    await run(3_000)
    assert.deepEqual([toldOfBad, told].map(([{ event }]) => event), ['ended', 'better'])
  })

  it('regression: keeps no distances when no query is left, and has them again for the next', async () => {
    const { end } = watch()
    assert.ok(standing.boundsBytes > 0)
    end()
    assert.equal(standing.boundsBytes, 0)
    const { told } = watch()
    await run(1_500)
    set(0, 2, 3)
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('ends a query that cannot be judged any more, and goes on with the others', async () => {
    const brokenOn = (method: 'costOf' | 'bestCost'): PathQuestion => {
      const question = questionOf()
      const judge = question[method].bind(question) as () => number
      let calls = 0
      question[method] = (...args: unknown[]) => {
        if (calls++ > 0) {
          throw new Error('no such link')
        }
        return Reflect.apply(judge, undefined, args) as number
      }
      return question
    }
    const broken = [watch({ question: brokenOn('costOf') }), watch({ question: brokenOn('bestCost') })]
    const { told } = watch()
    await run(1_500)
    set(0, 1, 21)
    set(0, 2, 3)
    await run(2_000)
    assert.deepEqual(broken.map((one) => one.told.map(({ event }) => event)), [['ended'], ['ended']])
    assert.deepEqual(told.map(({ event }) => event), ['better'])
    assert.equal(standing.size, 0)
  })

  it('leaves nobody without word of a path that is better than his own by the margin and what is noise, on any overlay', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = randomFrom(seed)
      const node = (): number => Math.floor(random() * 14)
      const change = (): void => {
        const [a, b] = [node(), node()]
        if (a !== b && random() < 0.15) {
          cut(a, b)
        } else if (a !== b) {
          set(a, b, Math.round(2 + 60 * random() ** 2))
        }
      }
      nowMs = 0
      table = new LinkTable()
      table.coverNodes(14)
      standing = new StandingQueries({ relayCostUs: RELAY_US, clock: () => nowMs, turns: 0 })
      for (let links = 0; links < 30; links++) {
        change()
      }
      const open = new Set<{ question: PathQuestion, present: readonly number[], knownCost: number }>()
      for (let number = 0; number < 20; number++) {
        const point = (): { node: number, rttUs: number } => ({ node: node(), rttUs: Math.floor(20_000 * random()) })
        const question = questionOf({ source: [point(), point(), point()], destination: [point(), point()], weights: { delay: 1, loss: number % 3 } })
        const present = presentOf(question)
        if (present !== undefined) {
          const one = { question, present, knownCost: question.costOf(table.snapshot(), present) }
          open.add(one)
          const { answer } = standing.add({ question, host: 'host', present, margin: 0.1, lifetimeMs: 1e9 }, table.snapshot())
          void answer.then(() => open.delete(one))
        }
      }
      for (let step = 0; step < 60; step++) {
        for (let changes = 0; changes < 2; changes++) {
          change()
        }
        await run(2_000)
        for (const { question, present } of open) {
          const graph = table.snapshot()
          const threshold = 0.9 * question.costOf(graph, present)
          assert.ok(question.bestCost(graph) >= threshold / 1.05, `seed ${seed}, step ${step}: ${question.bestCost(graph)} where ${threshold} is worth a word`)
        }
      }
    }
  })

  /** The best path of the moment. */
  function presentOf (question: PathQuestion): readonly number[] | undefined {
    const [best] = new DisjointFinder().find(table.snapshot(), {
      source: question.source, destination: question.destination, weights: { delay: 1, loss: 0 }, paths: 1, avoid: new Set(), maxForwarders: 8, relayCostUs: RELAY_US
    })
    return best?.nodes
  }
})

/** Park and Miller's generator. */
function randomFrom (seed: number): () => number {
  let state = seed % 2_147_483_646 + 1
  return () => (state = state * 16_807 % 2_147_483_647) / 2_147_483_647
}
