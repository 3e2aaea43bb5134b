import assert from 'node:assert/strict'
import { ALL_ABILITIES } from '../../src/query/abilities.ts'
import { DisjointFinder } from '../../src/path-finding/disjoint.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { Predictor } from '../../src/rsp/predictor.ts'
import { RSP_PROFILES } from '../../src/rsp/profiles/all-profiles.ts'
import { PathQuestion } from '../../src/rsp/standing/path-question.ts'
import { Patience } from '../../src/path-finding/patience.ts'
import { QueryReader } from '../../src/rsp/query-reader.ts'
import { RouteService } from '../../src/rsp/route-service.ts'
import { Watches } from '../../src/rsp/standing/watches.ts'
import { abilitiesOn } from '../../src/rsp/profiles/abilities-on.ts'
import { checkAnswer } from '../../protocols/route/client.ts'
import { decodeAnswer, digestQuery, encodeAnswer, encodeQuery } from '../../protocols/route/codec.ts'
import { parseQuery } from '../../src/query/parse-query.ts'
import { FORWARDERS, NOW_MS, RSP, RSP_KEY, sampleQuery } from '../protocols/route/samples.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { CheckedAnswer } from '../../protocols/route/client.ts'
import type { Explanation } from '../../src/query/explain-query.ts'
import type { PeerId } from '@libp2p/interface'
import type { RspProfile } from '../../src/rsp/profiles/rsp-profile.ts'

const [A, B, C, D] = FORWARDERS
const HOST = await peerOf(90)

describe('queries in the language, at an RSP', () => {
  let map: PerformanceMap

  beforeEach(() => {
    map = new PerformanceMap()
    for (const [forwarder, country] of [[A, 'de'], [B, 'de'], [C, 'xx'], [D, 'fr']] as const) {
      map.addNode(forwarder.toString())
      map.describe(forwarder.toString(), { operator: 'acme', tags: { country }, forwarder: undefined, bytes: new Uint8Array(1), expiresAtMs: NOW_MS + 1e6 })
    }
    for (const [from, to, rttUs] of [[A, B, 50_000], [A, C, 10_000], [C, B, 10_000], [A, D, 15_000], [D, B, 15_000]] as const) {
      map.set(from.toString(), to.toString(), { rttUs, jitterUs: 300, lossPpm: 0, measuredAtMs: NOW_MS - 5_000, samples: 10 })
    }
  })

  const serviceOf = (profile?: Partial<RspProfile>): RouteService =>
    new RouteService({ map, finder: new DisjointFinder(), predictor: new Predictor(), privateKey: RSP_KEY, profile, now: () => NOW_MS })

  /** Over the wire and back. */
  async function ask (text: string, { explain = false, service = serviceOf(), host = HOST, paths = 3 } = {}): Promise<CheckedAnswer & { names: string[] }> {
    const query = digestQuery(sampleQuery({
      source: [{ forwarder: A, rttUs: 1_000 }], destination: [{ forwarder: B, rttUs: 2_000 }], avoid: [], paths, ...(text === '' ? {} : { text, explain })
    }))
    const answer = decodeAnswer(encodeAnswer(await service.answer(query, host)))
    const checked = await checkAnswer(answer, query, { expectedRsp: RSP, nowMs: NOW_MS })
    return { ...checked, names: checked.paths.map(({ forwarders }) => forwarders.map((forwarder) => 'ABCD'[FORWARDERS.findIndex((other) => other.equals(forwarder))]).join('')) }
  }

  it('are answered by what they demand, with a word on each clause', async () => {
    const { names, verdict } = await ask('minimize delay where hops <= 3 avoid country xx prefer avoid country fr penalty 100')
    assert.deepEqual(names, ['AB', 'ADB'])
    assert.deepEqual(verdict?.clauses.map(({ clause, isMandatory, isSupported, kept }) => [clause, isMandatory, isSupported, ...kept]), [
      ['minimize delay', true, true, true, true],
      ['where hops <= 3', true, true, true, true],
      ['avoid country xx', true, true, true, true],
      ['prefer avoid country fr penalty 100', false, true, true, false]
    ])
    assert.deepEqual(verdict?.weights, { delay: 1, loss: 0 })
  })

  it('get no offer and the reason where an RSP cannot do what they demand', async () => {
    const { names, verdict } = await ask('minimize delay with quantum avoid country xx')
    assert.deepEqual(names, [])
    assert.deepEqual(verdict?.clauses.filter(({ isSupported }) => !isSupported).map(({ clause, isMandatory, note }) => [clause, isMandatory, note]), [
      ['with quantum', true, 'this RSP does not know it']
    ])
  })

  it('are answered without a wish that an RSP does not know, and it says so', async () => {
    const { names, verdict } = await ask('minimize delay prefer with quantum')
    assert.equal(names[0], 'ACB')
    assert.deepEqual(verdict?.clauses.map(({ isSupported }) => isSupported), [true, false])
  })

  it('that no path keeps are answered with a verdict, not with a failure', async () => {
    const { names, verdict } = await ask('minimize delay where delay <= 5 ms')
    assert.deepEqual(names, [])
    assert.equal(verdict?.clauses.length, 2)
  })

  it('that cannot be read are refused with the place', async () => {
    await assert.rejects(ask('minimize delay wher hops <= 3'), { name: 'MalformedMessageError', message: /wher.*line 1, column 16/ })
  })

  it('regression: are explained as far as paths are offered, however many the query wants', async () => {
    const { paths, verdict } = await ask('minimize delay 7 alternatives', { explain: true, paths: 2 })
    const explanation = JSON.parse(verdict?.explanation ?? '') as { paths: Array<{ forwarders: string[] }> }
    assert.equal(paths.length, 2)
    assert.deepEqual(explanation.paths.map(({ forwarders }) => forwarders), paths.map(({ forwarders }) => forwarders.map(String)))
  })

  it('are explained when that is asked for, so often per second and host, regression: whatever the wall clock says', async () => {
    let [nowMs, clockMs] = [NOW_MS, 0]
    const service = new RouteService({ map, finder: new DisjointFinder(), predictor: new Predictor(), privateKey: RSP_KEY, now: () => nowMs, clock: () => clockMs })
    const { verdict } = await ask('minimize delay avoid country xx', { explain: true, service })
    const explanation = JSON.parse(verdict?.explanation ?? '') as { paths: Array<{ forwarders: string[], links: Array<{ sources: unknown }> }>, clauses: unknown[] }
    assert.deepEqual(explanation.paths[0].forwarders, [A, D, B].map(String))
    assert.deepEqual(explanation.paths[0].links[0].sources, [{ by: A.toString(), how: 'report' }])
    assert.equal(explanation.clauses.length, 1)
    assert.equal((await ask('minimize delay avoid country xx', { service })).verdict?.explanation, undefined)
    const answers = await Promise.all(Array.from({ length: 12 }, async () => ask('minimize delay', { explain: true, service })))
    assert.equal(answers.filter(({ verdict: each }) => each?.explanation !== undefined).length, 9)
    assert.notEqual((await ask('minimize delay', { explain: true, service, host: RSP })).verdict?.explanation, undefined)
    nowMs -= 1_000
    clockMs += 1_000
    assert.notEqual((await ask('minimize delay', { explain: true, service })).verdict?.explanation, undefined)
  })

  it('are paced for a host that makes much work, and for no other', async () => {
    let clockMs = 0
    const service = new RouteService({ map, finder: new DisjointFinder(), predictor: new Predictor(), privateKey: RSP_KEY, now: () => NOW_MS, clock: () => clockMs += 200 })
    assert.equal(service.waitMs(HOST), 0)
    for (let asked = 0; asked < 4; asked++) {
      await ask('minimize delay', { service })
    }
    assert.ok(service.waitMs(HOST) > 0)
    assert.equal(service.waitMs(RSP), 0)
    for (let asked = 0; asked < 4; asked++) {
      await ask('', { service, host: RSP })
    }
    assert.ok(service.waitMs(RSP) > 0, 'regression: plain queries are work too')
  })

  it('regression: say in the verdict, and in the explanation, that there was no time for all of them', async () => {
    let clockMs = 0
    const service = (msPerLook: number): RouteService =>
      new RouteService({ map, finder: new DisjointFinder(), predictor: new Predictor(), privateKey: RSP_KEY, now: () => NOW_MS, clock: () => clockMs += msPerLook })
    const text = 'minimize delay where hops <= 3 avoid country xx prefer avoid country fr'
    const quick = await ask(text, { service: service(0), explain: true })
    assert.deepEqual([quick.verdict?.clauses[0].note, quick.names], [undefined, ['AB', 'ADB']])
    const slow = await ask(text, { service: service(60), explain: true })
    assert.match(slow.verdict?.clauses[0].note ?? '', /cut short/)
    assert.equal(slow.verdict?.clauses[0].isSupported, true)
    const { clauses } = JSON.parse(slow.verdict?.explanation ?? '') as { clauses: Array<{ isSkipped?: boolean }> }
    assert.equal(clauses.length, 3)
    assert.equal(clauses[2].isSkipped, true)
  })

  it('regression: blame no clause for an answer for which there was no time, though there is some to look without the clause', () => {
    const reader = new QueryReader(ALL_ABILITIES, () => 0)
    const graph = map.snapshot(NOW_MS)
    const population = { nodeCount: graph.nodeCount, attributes: map.attributes }
    const asked = { graph, source: [{ node: 0, rttUs: 1_000 }], destination: [{ node: 1, rttUs: 2_000 }], relayCostUs: 500, paths: 3, nowMs: NOW_MS }
    const [text, names] = ['minimize delay where delay <= 100 ms prefer foo <= 5', [{ nameOf: String }]]
    const explain = (patienceMs: number): Explanation => {
      const reading = reader.answer(text, population, { ...asked, patience: new Patience(() => 0, patienceMs) })
      return JSON.parse(reader.explain(text, reading, population, { ...asked, patience: new Patience(() => 0, 1) }, names, { host: 'host' }) ?? '') as Explanation
    }
    const hurried = explain(0)
    assert.deepEqual([hurried.paths, hurried.isCutShort, hurried.isConnected], [[], true, true])
    assert.deepEqual(hurried.clauses.map(({ isSkipped, without }) => [isSkipped, without]), [[true, undefined], [true, undefined]])
    const calm = explain(1)
    assert.deepEqual([calm.paths.length, calm.isCutShort, calm.clauses[0].isSkipped], [3, undefined, undefined])
  })

  it('stand as well as any others', async () => {
    let nowMs = NOW_MS
    const service = new RouteService({ map, finder: new DisjointFinder(), predictor: new Predictor(), privateKey: RSP_KEY, now: () => nowMs, clock: () => nowMs })
    const asked = sampleQuery({ source: [{ forwarder: A, rttUs: 1_000 }], destination: [{ forwarder: B, rttUs: 2_000 }], avoid: [], text: 'minimize delay avoid country xx' })
    const answer = service.watches.watch({ watch: 1, query: encodeQuery(asked), asked, present: [A, D, B], margin: 0.1, lifetimeMs: 60_000 }, { peer: HOST })
    nowMs += 1_500
    map.set(A.toString(), C.toString(), { rttUs: 100, jitterUs: 300, lossPpm: 0, measuredAtMs: nowMs, samples: 10 })
    service.watches.look()
    map.set(A.toString(), B.toString(), { rttUs: 20_000, jitterUs: 300, lossPpm: 0, measuredAtMs: nowMs, samples: 10 })
    nowMs += 1_250
    service.watches.look()
    assert.equal((await answer).event, 'better')
    assert.equal(service.watches.status.watches, 0)
  })

  it('regression: end in their time though the wall clock is set back, and hear of paths meanwhile', async () => {
    let [nowMs, clockMs] = [NOW_MS, 0]
    const service = new RouteService({ map, finder: new DisjointFinder(), predictor: new Predictor(), privateKey: RSP_KEY, now: () => nowMs, clock: () => clockMs })
    const asked = sampleQuery({ source: [{ forwarder: A, rttUs: 1_000 }], destination: [{ forwarder: B, rttUs: 2_000 }], avoid: [] })
    const watch = async (number: number, present: PeerId[]): Promise<string> =>
      (await service.watches.watch({ watch: number, query: encodeQuery(asked), asked, present, margin: 0.1, lifetimeMs: 60_000 }, { peer: HOST })).event
    const [better, ended] = [watch(1, [A, B]), watch(2, [A, C, B])]
    nowMs -= 3_600_000
    clockMs += 1_500
    map.set(A.toString(), C.toString(), { rttUs: 2_000, jitterUs: 300, lossPpm: 0, measuredAtMs: NOW_MS, samples: 10 })
    service.watches.look()
    clockMs += 60_000
    service.watches.look()
    assert.equal(await ended, 'ended')
    assert.ok(['better', 'ended'].includes(await better))
  })

  for (const text of [undefined, 'minimize delay']) {
    it(`regression: hear in time that a forwarder of the present path takes no paths of this RSP any more, ${text === undefined ? 'without a text' : 'with one'}`, async () => {
      let clockMs = 0
      const service = new RouteService({ map, finder: new DisjointFinder(), predictor: new Predictor(), privateKey: RSP_KEY, now: () => NOW_MS, clock: () => clockMs })
      const asked = sampleQuery({ source: [{ forwarder: A, rttUs: 1_000 }], destination: [{ forwarder: B, rttUs: 2_000 }], avoid: [], text })
      const answer = service.watches.watch({ watch: 1, query: encodeQuery(asked), asked, present: [A, C, B], margin: 0.1, lifetimeMs: 60_000 }, { peer: HOST })
      map.setPolicy(D.toString(), { listedOnly: true, rsps: [], revoked: [], authorizedOnly: false })
      clockMs += 1_000
      service.watches.look()
      assert.equal(service.watches.status.watches, 1)
      map.setPolicy(C.toString(), { listedOnly: false, rsps: [], revoked: [RSP], authorizedOnly: false })
      clockMs += 250
      service.watches.look()
      assert.equal((await answer).event, 'failed')
    })
  }

  it('regression: are explained to all of one address prefix forty times a second, however many keys ask', () => {
    const reader = new QueryReader(ALL_ABILITIES, () => 0)
    const population = { nodeCount: 0, attributes: [] }
    const asked = { graph: map.snapshot(NOW_MS), source: [], destination: [], relayCostUs: 0, paths: 1, nowMs: NOW_MS }
    const explainedTo = (host: string, prefix?: string): boolean =>
      reader.explain('minimize delay', { ranked: [], isCutShort: false }, population, asked, [{ nameOf: String }], { host, prefix }) !== undefined
    const ofPrefix = Array.from({ length: 60 }, (_, key) => explainedTo(`host ${key}`, '192.0.2.0/24'))
    assert.deepEqual([ofPrefix.filter((isExplained) => isExplained).length, explainedTo('host 0', '198.51.100.0/24'), explainedTo('host 1')], [40, true, true])
  })

  it('regression: make room for who has fewer when the table is full', async () => {
    const watches = new Watches({
      snapshot: () => map.snapshot(NOW_MS),
      questionOf: () => new PathQuestion({ source: [{ node: 0, rttUs: 1 }], destination: [{ node: 1, rttUs: 1 }], weights: { delay: 1, loss: 0 }, paths: 1, avoid: new Set(), maxForwarders: 8, relayCostUs: 0 }, new DisjointFinder()),
      nodeOf: () => undefined,
      relayCostUs: 0,
      clock: () => 0,
      maxQueries: 4
    })
    const asked = sampleQuery({})
    const ended: string[] = []
    const watch = async (peer: PeerId, number: number): Promise<void> => {
      await watches.watch({ watch: number, query: encodeQuery(asked), asked, present: [], margin: 0.1, lifetimeMs: 60_000 }, { peer })
      ended.push(`${peer.equals(HOST) ? 'many' : 'few'} ${number}`)
    }
    const many = [1, 2, 3, 4].map(async (number) => watch(HOST, number))
    await assert.rejects(watch(HOST, 5), { name: 'OverQuotaError' }, 'who has most gets no more')
    const few = [watch(RSP, 1), watch(RSP, 2)]
    await Promise.all(many.slice(0, 2))
    assert.deepEqual(ended, ['many 1', 'many 2'])
    await assert.rejects(watch(RSP, 3), { name: 'OverQuotaError' }, 'nor who has as many')
    watches.stop()
    await Promise.all([...many, ...few])
  })

  it('are kept in bounds: a host\'s own, each in the place of the one before it', async () => {
    const service = serviceOf()
    const asked = sampleQuery({ source: [{ forwarder: A, rttUs: 1_000 }], destination: [{ forwarder: B, rttUs: 2_000 }], avoid: [] })
    const watch = async (number: number, lifetimeMs = 60_000): Promise<string> =>
      (await service.watches.watch({ watch: number, query: encodeQuery(asked), asked, present: [], margin: 0.1, lifetimeMs }, { peer: HOST })).event
    const first = watch(0)
    const others = Array.from({ length: 31 }, async (_, number) => watch(number + 1))
    await assert.rejects(watch(32), { name: 'OverQuotaError' })
    const second = watch(0)
    assert.equal(await first, 'ended')
    assert.equal(service.watches.status.watches, 32)
    // so that its connection is not taken for idle
    assert.deepEqual([service.isWatching(HOST), service.isWatching(RSP)], [true, false])
    assert.equal(await watch(0, 0), 'ended')
    assert.equal(await second, 'ended')
    service.watches.stop()
    assert.deepEqual([...new Set(await Promise.all(others))], ['ended'])
    assert.deepEqual([service.watches.status.watches, service.watches.status.hosts], [0, 0])
  })

  for (const profile of RSP_PROFILES) {
    it(`without a text are answered as the profile ${profile.name} says`, async () => {
      assert.doesNotThrow(() => parseQuery(profile.query))
      const { names, verdict } = await ask('', { service: serviceOf({ ...profile, abilities: abilitiesOn('surveys', { sendsBursts: true }, profile.abilities) }) })
      assert.ok(names.length > 0)
      assert.equal(verdict, undefined)
    })
  }

  it('meet RSPs of different abilities', async () => {
    const text = 'minimize delay + loss avoid country xx'
    const [fast, reliable] = await Promise.all(RSP_PROFILES.map(async (profile) => ask(text, { service: serviceOf(profile) })))
    assert.deepEqual([fast.names, reliable.names[0]], [[], 'ADB'])
    assert.deepEqual(fast.verdict?.clauses.map(({ isSupported }) => isSupported), [false, false])
    assert.ok(!abilitiesOn('surveys', { sendsBursts: true }).metrics.includes('price') && ALL_ABILITIES.metrics.includes('price'))
    assert.deepEqual(['rate', 'transfer'].filter((metric) => abilitiesOn('surveys', { sendsBursts: false }).metrics.includes(metric)), [])
  })
})
