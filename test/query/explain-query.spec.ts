import assert from 'node:assert/strict'
import { graphOf } from '../compliance/random-query.ts'
import type { LinkRow } from '../compliance/random-query.ts'
import type { Ask } from '../../src/query/ask.ts'
import { QueryEvaluator } from '../../src/query/evaluate-query.ts'
import { explainQuery } from '../../src/query/explain-query.ts'
import type { Explanation } from '../../src/query/explain-query.ts'
import { explanationText } from '../../src/query/explanation-text.ts'
import type { NodeFacts } from '../../src/query/node-facts.ts'
import { parseQuery } from '../../src/query/parse-query.ts'

const NAMES = ['ams', 'fra', 'kbp', 'lon', 'vie', 'osl']
const [AMS, FRA, KBP, LON, VIE, OSL] = NAMES.keys()
const NOW_MS = 1_000_000

const attributes: NodeFacts[] = [
  { operator: 'acme', country: 'nl', region: 'eu', tags: { country: 'nl', region: 'eu' } },
  { operator: 'bolt', country: 'de', region: 'eu', tags: { country: 'de', region: 'eu' } },
  { operator: 'bolt', country: 'xx', tags: { country: 'xx' } },
  { operator: 'acme', country: 'gb', tags: { country: 'gb' } },
  { operator: 'bolt', country: 'at', region: 'eu', tags: { country: 'at', region: 'eu' } },
  { operator: 'cord', country: 'no', tags: { country: 'no' } }
]

const link = (from: number, to: number, delayMs: number, lossPpm: number, mbps: number, price: number, ageS: number): LinkRow =>
  [from, to, { delayUs: delayMs * 1_000, lossPpm, jitterUs: 300, updatedAtMs: NOW_MS - ageS * 1_000, bytesPerSecond: mbps * 125_000, price }]

/** By way of fra, kbp or lon; kbp is the quickest, lon the cheapest. osl has no link. */
const graph = graphOf(NAMES.length, [
  link(AMS, FRA, 10, 500, 20, 4, 3), link(FRA, VIE, 14, 500, 40, 4, 1),
  link(AMS, KBP, 8, 0, 50, 1, 2), link(KBP, VIE, 9, 0, 50, 1, 2),
  link(AMS, LON, 9, 1_000, 4, 1, 200), link(LON, VIE, 16, 0, 4, 1, 4)
])

const ask: Ask = { graph, source: [{ node: AMS, rttUs: 4_000 }], destination: [{ node: VIE, rttUs: 6_000 }], relayCostUs: 1_000, paths: 1, nowMs: NOW_MS }

function explain (text: string, changes: Partial<Ask> = {}): Explanation {
  return explainQuery(parseQuery(text), { ...ask, ...changes }, {
    evaluator: new QueryEvaluator(),
    population: { nodeCount: NAMES.length, attributes, indexOf: (key) => NAMES.indexOf(key) },
    names: {
      nameOf: (node) => NAMES[node],
      sourcesOf: (from, to) => from === FRA && to === VIE ? [{ by: 'rsp-2', how: 'exchange' }] : [{ by: NAMES[from], how: 'report' }]
    }
  })
}

describe('the explanation of an answer', () => {
  it('says why the path was chosen, in words', () => {
    const text = explanationText(explain('minimize delay + 20 * loss where rate >= 10 Mbps and hops <= 4 avoid country XX via tag eu prefer price 1 alternatives'))
    assert.equal(text, `minimize delay + 20 * loss where rate >= 10 Mbps and hops <= 4 avoid country xx via tag eu prefer price 1 alternatives

  1. ams → fra → vie: score 39, 34 ms round trip, 0.1 % loss, 20 Mbps, price 8, oldest measurement 3 s old
     score = 34 (delay: 34 ms) + 3 (forwarders' own delay: 3 ms) + 2 (loss: 20 × 0.1 %)
     both ends to their forwarders  10 ms          measured by the ends
     ams → fra                      10 ms  0.05 %  measured 3 s ago: report by ams
     fra → vie                      14 ms  0.05 %  measured 1 s ago: exchange by rsp-2

What each clause has done:
  where rate >= 10 Mbps  keeps out 2 of 6 links; keeps out 1 better path; without it ams → lon → vie with 35 ms and 0.1 % loss (score 1 worse, 1 ms slower, price 2 for 8, 4 Mbps for 20 Mbps); that takes rate >= 4 Mbps
  where hops <= 4        without it the answer is the same
  avoid country xx       keeps out 1 of 6 forwarders; keeps out 1 better path; without it ams → kbp → vie with 27 ms and 0 % loss (score 9 better, 7 ms quicker, price 2 for 8, 50 Mbps for 20 Mbps)
  via tag eu             3 of 6 forwarders will do; without it the answer is the same
  prefer price           without it the answer is the same`)
  })

  it('says what a limit would have to be, and what a preference has done', () => {
    const text = explanationText(explain('where delay <= 30 ms avoid forwarder kbp'))
    assert.equal(text, `minimize delay where delay <= 30 ms avoid forwarder kbp

No path keeps to all of the query.

What each clause has done:
  where delay <= 30 ms  without it there is ams → fra → vie with 34 ms and 0.1 % loss; that takes delay <= 34 ms
  avoid forwarder kbp   keeps out 1 of 6 forwarders; without it there is ams → kbp → vie with 27 ms and 0 % loss`)
    const preferred = explanationText(explain('avoid country xx prefer price within 10%, avoid operator cord penalty 5, only region eu penalty 2'))
    assert.match(preferred, /1\. ams → lon → vie: score 40, /)
    assert.match(preferred, /\+ 2 \(prefer only region eu penalty 2\)/)
    assert.match(preferred, /does not keep to: prefer only region eu penalty 2/)
    assert.match(preferred, /prefer price within 10% {2,}has chosen this path; without it ams → fra → vie with 34 ms and 0.1 % loss \(score 3 better, 1 ms quicker, price 8 for 2, 20 Mbps for 4 Mbps\)/)
  })

  it('tells no path at all from a query that leaves none', () => {
    const unreachable = explain('minimize delay avoid country xx', { destination: [{ node: OSL, rttUs: 0 }] })
    assert.equal(unreachable.isConnected, false)
    assert.match(explanationText(unreachable), /nothing that is known leads from one end to the other/)
    assert.equal(explain('where hops <= 1').isConnected, true)
  })

  it('names what is answered without', () => {
    const explanation = explain('minimize delay prefer carbon, with multipath')
    assert.deepEqual(explanation.unsupported, [{ clause: 'prefer carbon', isMandatory: false }, { clause: 'prefer with multipath', isMandatory: false }])
    assert.match(explanationText(explanation), /does not support it: prefer carbon, prefer with multipath$/)
  })

  it('breaks the score down so that its parts add up to it, whatever is weighed', () => {
    const { paths } = explain('minimize 2 * delay + 20 * loss + 3 * jitter + 0.5 * price + 7 * hops + 0.1 * transfer prefer hops <= 2 penalty 11 2 alternatives')
    assert.equal(paths.length, 3)
    for (const { score = 0, parts } of paths) {
      assert.ok(Math.abs(parts.reduce((sum, part) => sum + part.score, 0) - score) < 1e-6)
      assert.deepEqual(parts.map(({ what }) => what), ['delay', 'relays', 'loss', 'jitter', 'price', 'transfer', 'hops', 'prefer hops <= 2 penalty 11'])
    }
  })

  it('explains the widest path by its rate, and what confidence leaves out', () => {
    const { paths, clauses } = explain('maximize rate avoid country xx confidence >= 0.8', { confidenceOf: ({ nodes }) => nodes.includes(FRA) ? 0.5 : 0.9 })
    assert.deepEqual([paths[0].forwarders, paths[0].score, paths[0].parts], [['ams', 'lon', 'vie'], 500_000, []])
    assert.deepEqual(clauses.map(({ clause, without, gain, betterWithout }) => [clause, without?.forwarders, gain, betterWithout]),
      [['avoid country xx', ['ams', 'kbp', 'vie'], 5_750_000, 1], ['confidence >= 0.8', ['ams', 'fra', 'vie'], 2_000_000, 1]])
  })

  it('is data that survives JSON', () => {
    const explanation = explain('maximize rate avoid country xx prefer delay where age <= 100 s', { destination: [{ node: AMS, rttUs: 5_000 }] })
    assert.deepEqual(JSON.parse(JSON.stringify(explanation)), explanation)
    assert.equal(explanation.paths[0].score, undefined)
  })
})
