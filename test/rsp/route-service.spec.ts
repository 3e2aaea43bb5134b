import assert from 'node:assert/strict'
import { DEFAULT_MAX_NODES } from '../../src/topology/limits.ts'
import { DisjointFinder } from '../../src/path-finding/disjoint.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { RouteService } from '../../src/rsp/route-service.ts'
import { PathRecommender } from '../../src/rsp/path-recommender.ts'
import { Predictor } from '../../src/rsp/predictor.ts'
import { OfferedLinks } from '../../src/rsp/offered-links.ts'
import { checkAnswer } from '../../protocols/route/client.ts'
import { digestQuery, encodeQuery } from '../../protocols/route/codec.ts'
import { FORWARDERS, NOW_MS, RSP, RSP_KEY, sampleQuery } from '../protocols/route/samples.ts'
import { peerOf } from '../helpers/descriptors.ts'
import type { RouteServiceInit } from '../../src/rsp/route-service.ts'
import type { RouteQuery } from '../../protocols/route/codec.ts'
import type { PolicyStatement } from '../../protocols/report/codec.ts'
import type { VerifiedPath } from '../../protocols/route/offer.ts'
import type { PeerId } from '@libp2p/interface'

const [A, B, C, D, OUTSIDE] = FORWARDERS
const HOST = await peerOf(90)
const query = (change: Partial<RouteQuery> = {}): RouteQuery => sampleQuery({
  source: [{ forwarder: A, rttUs: 1_000 }],
  destination: [{ forwarder: B, rttUs: 2_000 }],
  weights: { delay: 1, loss: 20 },
  avoid: [],
  ...change
})

describe('route service', () => {
  let nowMs: number
  let map: PerformanceMap
  let service: RouteService

  beforeEach(() => {
    nowMs = NOW_MS
    map = new PerformanceMap()
    for (const forwarder of [A, B, C, D]) {
      map.addNode(forwarder.toString())
    }
    link(A, B, 50_000)
    link(A, C, 10_000)
    link(C, B, 10_000)
    link(A, D, 15_000)
    link(D, B, 15_000)
    service = serviceWith({})
  })

  it('offers the best paths first, and predicts their round trips with both access links', async () => {
    const paths = await ask()
    assert.deepEqual(paths.map(({ forwarders }) => forwarders.map(nameOf).join('')), ['ACB', 'ADB', 'AB'])
    assert.deepEqual(paths.map(({ prediction }) => prediction.rttUs), [23_000, 33_000, 53_000])
  })

  it('signs what it offers, for this query and these ends only', async () => {
    const asked = digestQuery(query())
    const answer = await service.answer(asked, HOST)
    assert.equal((await checkAnswer(answer, asked, { expectedRsp: RSP, nowMs })).paths.length, 3)
    const another = digestQuery(query({ nonce: new Uint8Array(16).fill(9) }))
    const { paths, refused } = await checkAnswer(answer, another, { expectedRsp: RSP, nowMs })
    assert.deepEqual([paths.length, refused.map(({ error }) => error.name)], [0, Array(3).fill('OfferMismatchError')])
  })

  it('numbers its paths so that no two have the same tag', async () => {
    const tags = [...await ask(), ...await ask(), ...await ask()].map(({ tag }) => tag.join())
    assert.equal(new Set(tags).size, 9)
  })

  it('names the forwarder that a path leads over now, whoever had its number before', async () => {
    assert.ok((await ask())[0].forwarders[1].equals(C))
    for (let number = map.nodeCount; number < DEFAULT_MAX_NODES; number++) {
      map.addNode(`filler ${number}`)
    }
    const numberOfC = map.indexOf(C.toString())
    map.removeNode(C.toString())
    assert.equal(map.addNode(OUTSIDE.toString()), numberOfC)
    link(A, OUTSIDE, 10_000)
    link(OUTSIDE, B, 10_000)
    assert.ok((await ask())[0].forwarders[1].equals(OUTSIDE))
  })

  it('regression: keeps nothing of a forwarder that is gone under its number, which may become another\'s', async () => {
    const [offered, predictor] = [new OfferedLinks(), new Predictor({ minGapMs: 0, clock: () => nowMs })]
    service = serviceWith({ offered, predictor })
    await ask({ paths: 1 })
    const asked = query()
    const told = service.watches.watch({ watch: 1, query: encodeQuery(asked), asked, present: [A, C, B], margin: 0.1, lifetimeMs: 60_000 }, { peer: HOST })
    service.removeNode(map.indexOf(C.toString()) as number)
    assert.equal((await told).event, 'failed')
    assert.equal(offered.size, 0)
    nowMs += 60_000
    for (const [from, to] of [[A, C], [C, B]]) {
      link(from, to, 10_000, { measuredAtMs: nowMs })
    }
    predictor.check(map.snapshot(nowMs))
    assert.equal(predictor.status.rtt[1].checks, 0)
  })

  it('regression: tells who waits that it is not sure enough of the present path any more, once that was not measured for long', async () => {
    const asked = query({ text: 'minimize delay confidence >= 0.75' })
    const events: string[] = []
    const told = service.watches.watch({ watch: 1, query: encodeQuery(asked), asked, present: [A, C, B], margin: 0.1, lifetimeMs: 600_000 }, { peer: HOST })
      .then(({ event }) => { events.push(event) })
    const lookAt = async (ageMs: number): Promise<void> => {
      nowMs = NOW_MS + ageMs
      service.watches.look()
      await new Promise((resolve) => setImmediate(resolve))
    }
    // 0.8 at first, half of that after ten minutes
    await lookAt(30_000)
    assert.deepEqual(events, [])
    await lookAt(60_000)
    assert.deepEqual(events, ['failed'])
    await told
  })

  it('gives an answer of its own to who asks the same again: with the digest and commitments of that query, path numbers and an age of its own', async () => {
    const [first] = await ask()
    nowMs += 1_000
    const [again] = await ask({ nonce: new Uint8Array(16).fill(9), sourceCommitment: new Uint8Array(32).fill(1), destinationCommitment: new Uint8Array(32).fill(2) })
    assert.deepEqual(again.forwarders.map(nameOf), first.forwarders.map(nameOf))
    assert.notDeepEqual(again.queryDigest, first.queryDigest)
    assert.notEqual(again.pathNumber, first.pathNumber)
    assert.deepEqual([again.prediction.dataAgeMs, again.expiresAtMs], [1_000, first.expiresAtMs + 1_000])
  })

  it('says what it knows of a path, and nothing of what it does not', async () => {
    link(A, C, 10_000, { jitterUs: 300, lossPpm: 1_000 })
    link(C, B, 10_000, { jitterUs: 400, lossPpm: 2_000 })
    const [{ prediction }] = await ask({ weights: { delay: 1, loss: 0 } })
    assert.deepEqual([prediction.lossPpm, prediction.jitterUs], [2_998, 500])
    assert.deepEqual([prediction.bytesPerSecond, prediction.loadPpm, prediction.price], [undefined, undefined, undefined])
  })

  it('offers as many paths as are wanted, and none over forwarders to avoid', async () => {
    assert.equal((await ask({ paths: 1 })).length, 1)
    const paths = await ask({ avoid: [C] })
    assert.deepEqual(paths.map(({ forwarders }) => forwarders.map(nameOf).join('')), ['ADB', 'AB'])
  })

  it('offers nothing over links that either end has closed', async () => {
    map.setClosed(B.toString(), C.toString(), true)
    assert.deepEqual((await ask()).map(({ forwarders }) => forwarders.map(nameOf).join('')), ['ADB', 'AB'])
    map.setClosed(A.toString(), D.toString(), true)
    assert.deepEqual((await ask()).map(({ forwarders }) => forwarders.map(nameOf).join('')), ['AB'])
  })

  it('offers nothing over forwarders that do not take its paths', async () => {
    map.setPolicy(C.toString(), policyOf({ listedOnly: true, rsps: [D] }))
    map.setPolicy(D.toString(), policyOf({ listedOnly: true, rsps: [RSP] }))
    assert.deepEqual((await ask()).map(({ forwarders }) => forwarders.map(nameOf).join('')), ['ADB', 'AB'])
    map.setPolicy(D.toString(), policyOf({ revoked: [RSP] }))
    assert.deepEqual((await ask()).map(({ forwarders }) => forwarders.map(nameOf).join('')), ['AB'])
    map.setPolicy(B.toString(), policyOf({ listedOnly: true }))
    await assert.rejects(ask(), { name: 'NotFoundError' }, 'nor to an end at one')
    map.setPolicy(B.toString(), undefined)
    map.setPolicy(C.toString(), policyOf({ revoked: [D], authorizedOnly: true }))
    assert.deepEqual((await ask()).map(({ forwarders }) => forwarders.map(nameOf).join('')), ['ACB', 'AB'])
  })

  it('weighs loss as the query does', async () => {
    link(A, C, 10_000, { lossPpm: 10_000 })
    assert.equal((await ask())[0].forwarders.map(nameOf).join(''), 'ADB')
    assert.equal((await ask({ weights: { delay: 1, loss: 0.1 } }))[0].forwarders.map(nameOf).join(''), 'ACB')
  })

  it('offers one forwarder at which both ends are reached, without any link', async () => {
    const [path] = await ask({ destination: [{ forwarder: A, rttUs: 3_000 }] })
    assert.deepEqual([path.forwarders.map(nameOf), path.prediction.rttUs], [['A'], 4_000])
  })

  it('regression: tells a host the same when another entry has become the best by a little, or is named first', async () => {
    service = serviceWith({ recommender: new PathRecommender() })
    const source = [{ forwarder: A, rttUs: 1_000 }, { forwarder: D, rttUs: 1_000 }]
    const firsts = new Set<string>()
    for (let i = 0; i < 40; i++) {
      link(A, B, i % 2 === 0 ? 10_000 : 10_100)
      link(D, B, i % 2 === 0 ? 10_100 : 10_000)
      firsts.add((await ask({ source: i % 3 === 0 ? source.toReversed() : source }))[0].forwarders.map(nameOf).join(''))
    }
    assert.equal(firsts.size, 1, [...firsts].join())
  })

  for (const [title, change] of Object.entries({
    'forwarders that the map does not know': { source: [{ forwarder: OUTSIDE, rttUs: 1 }] },
    'ends between which there is no path': { destination: [{ forwarder: OUTSIDE, rttUs: 1 }] },
    'an end all of whose forwarders are to be avoided': { avoid: [A] }
  })) {
    it(`has no answer for ${title}, and says what to do`, async () => {
      await assert.rejects(service.answer(digestQuery(query(change)), HOST), { name: 'NotFoundError', message: /name more of them, or ask again/ })
      assert.deepEqual([service.answered, service.unanswered], [0, 1])
    })
  }

  it('ignores access points that the map does not know beside those it does', async () => {
    const paths = await ask({ source: [{ forwarder: OUTSIDE, rttUs: 1 }, { forwarder: A, rttUs: 1_000 }] })
    assert.equal(paths[0].forwarders[0].equals(A), true)
  })

  it('is less confident the older its data is, and gives wider intervals the greater the unrest', async () => {
    const [fresh] = await ask()
    nowMs += 60_000
    const [old] = await ask()
    assert.ok(old.prediction.confidence < fresh.prediction.confidence)
    assert.deepEqual([fresh.prediction.dataAgeMs, old.prediction.dataAgeMs], [0, 60_000])
    link(C, B, 10_000, { jitterUs: 5_000 })
    const restless = (await ask()).find(({ forwarders }) => forwarders.length === 3 && forwarders[1].equals(C)) as VerifiedPath
    assert.ok(restless.prediction.rttMarginUs > old.prediction.rttMarginUs)
    assert.ok((restless.prediction.jitterUs as number) > (old.prediction.jitterUs as number))
  })

  it('regression: offers what it can where reported jitters and round trips are as great as a report allows', async () => {
    link(A, B, 60_000_000)
    link(A, C, 10_000, { jitterUs: 60_000_000 })
    link(C, B, 10_000, { jitterUs: 60_000_000 })
    for (const text of [undefined, 'minimize delay']) {
      const paths = await ask({ text })
      assert.deepEqual(paths.map(({ forwarders }) => forwarders.map(nameOf).join('')), ['ACB', 'ADB'])
      assert.deepEqual([paths[0].prediction.rttMarginUs, paths[0].prediction.jitterUs], [60_000_000, 60_000_000])
    }
  })

  it('keeps some of its promises, to see what becomes of them', async () => {
    const predictor = new Predictor({ minGapMs: 0, clock: () => nowMs })
    service = serviceWith({ predictor })
    for (let minute = 0; minute < 40; minute++) {
      await ask()
      nowMs += 60_000
      for (const [from, to, rttUs] of [[A, C, 10_000], [C, B, 10_000]] as const) {
        link(from, to, rttUs + 10 * minute, { measuredAtMs: nowMs })
      }
      predictor.check(map.snapshot(nowMs))
    }
    assert.equal(predictor.status.rtt[1].checks, 40)
    const [{ prediction }] = await ask()
    assert.ok(prediction.rttMarginUs < 1_000, `${prediction.rttMarginUs} µs for links that move by 10 a minute`)
  })

  it('regression: remembers the links that it has offered for as long as an offer lives, by a clock that nobody sets', async () => {
    const offered = new OfferedLinks()
    service = serviceWith({ offered, clock: () => 7_000 })
    const paths = await ask({ paths: 1 })
    const nodes = paths[0].forwarders.map((peer) => map.indexOf(peer.toString()) as number)
    assert.deepEqual([...offered.links(306_999)].map((link) => link.join()).sort(), nodes.slice(1).map((node, hop) => [node, nodes[hop]].sort((a, b) => a - b).join()).sort())
    assert.deepEqual([...offered.links(307_000)], [])
  })

  it('tells a host that asks again the same, and spreads others over paths that are as good', async () => {
    link(A, D, 10_100)
    link(D, B, 10_100)
    service = serviceWith({ recommender: new PathRecommender() })
    const firsts = new Set<string>()
    for (let i = 0; i < 20; i++) {
      firsts.add((await ask())[0].forwarders.map(nameOf).join(''))
    }
    assert.equal(firsts.size, 1)
    for (let host = 0; host < 50; host++) {
      const asked = digestQuery(query())
      const { paths } = await checkAnswer(await service.answer(asked, await peerOf(100 + host)), asked, { expectedRsp: RSP, nowMs })
      firsts.add(paths[0].forwarders.map(nameOf).join(''))
    }
    assert.deepEqual([...firsts].sort(), ['ACB', 'ADB'])
  })

  for (const text of [undefined, 'minimize delay']) {
    it(`regression: whichever of near-equals it recommends, a path that shares no forwarder with it is in the answer: ${text ?? 'by weights'}`, async () => {
      map = new PerformanceMap()
      for (const forwarder of [A, B, C, D]) {
        map.addNode(forwarder.toString())
      }
      link(A, B, 20_000)
      link(A, D, 20_200)
      link(C, D, 30_000)
      link(C, B, 31_000)
      const [source, destination] = [[A, C], [B, D]].map((end) => end.map((forwarder) => ({ forwarder, rttUs: 1_000 })))
      for (const [random, names] of [[0, ['AB', 'AD', 'CD']], [0.999, ['AD', 'AB', 'CB']]] as const) {
        service = serviceWith({ recommender: new PathRecommender({ random: () => random }) })
        const answer = await ask({ text, source, destination, paths: 3 })
        assert.deepEqual(answer.map(({ forwarders }) => forwarders.map(nameOf).join('')), names)
      }
    })
  }

  it('looks for no other backup where the end has none, nor where only one path is asked for', async () => {
    link(A, D, 10_100)
    link(D, B, 10_100)
    const finder = new DisjointFinder()
    let searches = 0
    const counting = {
      find: (...asked: Parameters<DisjointFinder['find']>) => {
        searches++
        return finder.find(...asked)
      }
    }
    service = serviceWith({ finder: counting, recommender: new PathRecommender({ random: () => 0.999 }) })
    assert.equal((await ask())[0].forwarders.map(nameOf).join(''), 'ADB')
    await ask({ paths: 1 })
    assert.equal(searches, 2)
  })

  for (const text of ['minimize loss where delay <= 150 ms', 'minimize price', 'minimize 2 * loss']) {
    it(`regression: recommends the path of the lowest round trip of those that cost the same: \`${text}\``, async () => {
      service = serviceWith({ recommender: new PathRecommender() })
      for (const forwarder of [A, B, C, D]) {
        map.setPrice(forwarder.toString(), 0)
      }
      for (let host = 0; host < 30; host++) {
        const asked = digestQuery(query({ text }))
        const { paths } = await checkAnswer(await service.answer(asked, await peerOf(100 + host)), asked, { expectedRsp: RSP, nowMs })
        assert.equal(paths[0].forwarders.map(nameOf).join(''), 'ACB')
      }
    })
  }

  it('regression: works no more for the keys of one address prefix than for two and a half hosts, and for others meanwhile', async () => {
    let clockMs = 0
    const finder = new DisjointFinder()
    const slow = {
      find: (...asked: Parameters<DisjointFinder['find']>) => {
        clockMs += 100
        return finder.find(...asked)
      }
    }
    service = serviceWith({ finder: slow, clock: () => clockMs })
    const prefix = '192.0.2.0/24'
    let hosts = 0
    for (let keys = 0; keys < 100; keys++) {
      const peer = await peerOf(100 + keys)
      if (service.waitMs(peer, prefix) === 0) {
        hosts++
        await service.answer(digestQuery(query()), peer, prefix)
      }
    }
    assert.ok(hosts >= 8 && hosts <= 12, `${hosts} of 100 keys`)
    assert.deepEqual([service.waitMs(HOST), service.waitMs(HOST, '198.51.100.0/24')], [0, 0])
    clockMs += 10_000
    assert.equal(service.waitMs(HOST, prefix), 0)
  })

  it('regression: keeps to the order of the scores where alternatives are asked for', async () => {
    link(A, D, 10_100)
    link(D, B, 10_100)
    service = serviceWith({ recommender: new PathRecommender({ random: () => 0.999 }) })
    assert.deepEqual((await ask({ text: 'minimize delay 1 alternatives' })).map(({ forwarders }) => forwarders.map(nameOf).join('')), ['ACB', 'ADB'])
    assert.equal((await ask({ text: 'minimize delay' }))[0].forwarders.map(nameOf).join(''), 'ADB')
  })

  it('says how old the oldest value behind a path is', async () => {
    link(C, B, 10_000, { measuredAtMs: NOW_MS - 40_000 })
    const [path] = await ask()
    assert.equal(path.prediction.dataAgeMs, 40_000)
  })

  it('offers nothing over links that have not been measured for three minutes', async () => {
    nowMs += 180_001
    await assert.rejects(ask(), { name: 'NotFoundError' })
  })

  it('gives offers that live five minutes from now', async () => {
    nowMs += 1_234
    const [{ notBeforeMs, expiresAtMs }] = await ask()
    assert.deepEqual([notBeforeMs, expiresAtMs], [nowMs, nowMs + 300_000])
  })

  function serviceWith (init: Partial<RouteServiceInit>): RouteService {
    return new RouteService({ map, finder: new DisjointFinder(), predictor: new Predictor(), privateKey: RSP_KEY, now: () => nowMs, ...init })
  }

  async function ask (change?: Partial<RouteQuery>): Promise<VerifiedPath[]> {
    const asked = digestQuery(query(change))
    const { paths, refused } = await checkAnswer(await service.answer(asked, HOST), asked, { expectedRsp: RSP, nowMs })
    assert.deepEqual(refused, [])
    return paths
  }

  function link (from: PeerId, to: PeerId, rttUs: number, change: { lossPpm?: number, jitterUs?: number, measuredAtMs?: number } = {}): void {
    map.set(from.toString(), to.toString(), { rttUs, jitterUs: 0, lossPpm: 0, measuredAtMs: NOW_MS, ...change })
  }
})

function policyOf (change: Partial<PolicyStatement>): PolicyStatement {
  return { listedOnly: false, rsps: [], revoked: [], authorizedOnly: false, ...change }
}

function nameOf (peer: PeerId): string {
  return 'ABCD'[[A, B, C, D].findIndex((known) => known.equals(peer))]
}
