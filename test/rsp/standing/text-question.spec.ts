import assert from 'node:assert/strict'
import { LinkTable } from '../../../src/topology/link-table.ts'
import { QueryEvaluator } from '../../../src/query/evaluate-query.ts'
import { StandingQueries } from '../../../src/rsp/standing/standing-queries.ts'
import { TextQuestion } from '../../../src/rsp/standing/text-question.ts'
import type { Ask } from '../../../src/query/ask.ts'
import { ALL_ABILITIES } from '../../../src/query/abilities.ts'
import { QueryReader } from '../../../src/rsp/query-reader.ts'
import type { CompiledQuery } from '../../../src/query/compile-query.ts'
import type { NodeFacts } from '../../../src/query/node-facts.ts'
import type { WatchAnswer } from '../../../protocols/route/watch.ts'
import type { LinkMetrics } from '../../../src/topology/link-metrics.ts'

const RELAY_US = 500

describe('standing queries in the language', () => {
  let nowMs: number
  let table: LinkTable
  let standing: StandingQueries
  /** What each forwarder says of itself. */
  let countries: NodeFacts[]
  const factsOf = (node: number): NodeFacts => ({ tags: { country: `c${node}` }, country: `c${node}` })

  const set = (a: number, b: number, delayMs: number, more: Partial<LinkMetrics> = {}): void => {
    const metrics = { delayUs: delayMs * 1_000, lossPpm: 0, jitterUs: 0, updatedAtMs: nowMs, bytesPerSecond: 1e6, ...more }
    table.upsert(a, b, metrics)
    table.upsert(b, a, metrics)
  }
  const watch = (text: string, present = [0, 1, 3], onCompiled = (): void => {}, asked: Partial<Ask> = {}): WatchAnswer[] => {
    const told: WatchAnswer[] = []
    const followed = new QueryReader(ALL_ABILITIES).follow(text, () => ({ nodeCount: countries.length, attributes: countries, indexOf: () => undefined }))
    let latest = followed()
    const follow = (): CompiledQuery => {
      const query = followed()
      if (query !== latest) {
        latest = query
        onCompiled()
      }
      return query
    }
    const question = new TextQuestion(follow, new QueryEvaluator(), () => ({
      source: [{ node: 0, rttUs: 1_000 }], destination: [{ node: 3, rttUs: 2_000 }], relayCostUs: RELAY_US, paths: 1, nowMs, ...asked
    }))
    void standing.add({ question, host: 'host', present, margin: 0.1, lifetimeMs: 1e6 }, table.snapshot()).answer.then((answer) => { told.push(answer) })
    return told
  }
  const run = async (ms: number): Promise<void> => {
    for (const untilMs = nowMs + ms; nowMs < untilMs;) {
      nowMs += 250
      standing.look(table.snapshot())
      await Promise.resolve()
    }
  }

  beforeEach(() => {
    nowMs = 1_000_000
    countries = [0, 1, 2, 3].map(factsOf)
    table = new LinkTable()
    standing = new StandingQueries({ relayCostUs: RELAY_US, clock: () => nowMs, turns: 0 })
    set(0, 1, 20)
    set(1, 3, 20)
    set(0, 2, 10)
    set(2, 3, 10)
  })

  for (const [what, text, bad] of [
    ['a hard limit of what is not weighed', 'minimize delay where loss <= 1%', { lossPpm: 20_000 }],
    ['a limit that is preferred', 'minimize delay prefer loss <= 1%', { lossPpm: 20_000 }],
    ['a limit that has a price', 'minimize delay prefer jitter <= 5 ms penalty 100', { jitterUs: 9_000 }],
    ['an age', 'minimize delay where age <= 2 min', { updatedAtMs: 0 }]
  ] as const) {
    it(`are told in time of a path that has come to keep ${what}`, async () => {
      set(0, 2, 10, bad)
      const told = watch(text)
      await run(3_000)
      assert.equal(told.length, 0)
      set(0, 2, 10)
      await run(2_000)
      assert.deepEqual(told.map(({ event }) => event), ['better'])
    })
  }

  it('are told when the present path has become too old, though nothing has changed', async () => {
    const told = watch('minimize delay where age <= 2 min')
    await run(119_000)
    assert.equal(told.length, 0)
    await run(3_000)
    assert.deepEqual(told.map(({ event }) => event), ['failed'])
  })

  it('regression: are told that the RSP is not sure enough of the present path any more, though nothing has changed', async () => {
    const told = watch('minimize delay confidence >= 0.5', [0, 2, 3], () => {}, { confidenceOf: ({ oldestMs }) => 1 - (nowMs - oldestMs) / 60_000 })
    await run(29_000)
    assert.equal(told.length, 0)
    await run(3_000)
    assert.deepEqual(told.map(({ event }) => event), ['failed'])
  })

  it('regression: are told of a better path over a forwarder that came later, where they say something of forwarders', async () => {
    const told = watch('minimize delay avoid country c2')
    await run(1_500)
    countries = [...countries, factsOf(4)]
    set(0, 4, 5)
    set(4, 3, 5)
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['better'])
  })

  it('regression: are told within two seconds that a forwarder of the present path has come to say of itself what is to be avoided', async () => {
    const told = watch('minimize delay avoid country c2, country zz')
    await run(1_500)
    countries = [0, 1, 2, 3].map((node) => node === 1 ? { tags: { country: 'zz' }, country: 'zz' } : factsOf(node))
    await run(2_000)
    assert.deepEqual(told.map(({ event }) => event), ['failed'])
  })

  it('regression: are compiled anew in turns, some in each look, however often forwarders say other things', async () => {
    let compiled = 0
    const told = Array.from({ length: 200 }, (_, kind) => watch(`minimize delay avoid country c2, operator "number ${kind}"`, [0, 1, 3], () => { compiled++ }))
    await run(500)
    compiled = 0
    for (const looks of [1, 2, 3, 4]) {
      countries = [0, 1, 2, 3].map((node) => node === 1 ? { tags: { country: `z${looks}` }, country: `z${looks}` } : factsOf(node))
      await run(250)
      assert.ok(compiled <= 64 * looks, `${compiled} after ${looks} looks`)
    }
    countries = [0, 1, 2, 3].map((node) => node === 1 ? { tags: { country: 'c2' }, country: 'c2' } : factsOf(node))
    await run(1_500)
    assert.ok(told.every(([answer]) => answer?.event === 'failed'))
  })

  it('regression: hold nobody up for long where to compile them takes long', async () => {
    let compiled = 0
    const told = Array.from({ length: 30 }, (_, kind) => watch(`minimize delay avoid country c2, operator "number ${kind}"`, [0, 1, 3], () => {
      compiled++
      nowMs += 10
    }))
    await run(500)
    compiled = 0
    countries = [0, 1, 2, 3].map((node) => node === 1 ? { tags: { country: 'c2' }, country: 'c2' } : factsOf(node))
    await run(250)
    assert.ok(compiled > 0 && compiled <= 5, `${compiled} in one look`)
    await run(10_000)
    assert.ok(told.every(([answer]) => answer?.event === 'failed'))
  })

  it('regression: are told at once that the present path was no answer from the start, and not where a link of it is unknown', async () => {
    const [broken, unknown] = [watch('minimize delay avoid country c1'), watch('minimize delay avoid country c1', [0, 3])]
    await run(250)
    assert.deepEqual([broken.map(({ event }) => event), unknown], [['failed'], []])
  })

  for (const [objective, worse, better] of [['minimize delay', { delay: 25 }, { delay: 5 }], ['maximize rate', { rate: 5e5 }, { rate: 4e6 }]] as const) {
    const metricsOf = (change: { delay?: number, rate?: number }): [number, Partial<LinkMetrics>] => [change.delay ?? 20, { bytesPerSecond: change.rate ?? 1e6 }]

    it(`are told of what changes among paths all of which break a preference, where they ${objective}`, async () => {
      const text = `${objective} prefer avoid country c3`
      set(0, 2, 20)
      set(2, 3, 20)
      const degraded = watch(text)
      await run(1_500)
      assert.equal(degraded.length, 0)
      set(0, 1, ...metricsOf(worse))
      await run(1_000)
      assert.deepEqual(degraded.map(({ event }) => event), ['degraded'])
      set(0, 1, 20)
      const told = watch(text)
      await run(1_500)
      assert.equal(told.length, 0)
      set(0, 2, ...metricsOf(better))
      set(2, 3, ...metricsOf(better))
      await run(2_000)
      assert.deepEqual(told.map(({ event }) => event), ['better'])
      assert.ok(told[0].change > 0.1 && told[0].change < 0.8, String(told[0].change))
    })
  }
})
