import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../helpers/source-tree.ts'
import { compileQuery } from '../../src/query/compile-query.ts'
import type { Ask, RankedPath } from '../../src/query/ask.ts'
import { QueryEvaluator } from '../../src/query/evaluate-query.ts'
import { explainQuery } from '../../src/query/explain-query.ts'
import type { Explanation } from '../../src/query/explain-query.ts'
import { explanationText } from '../../src/query/explanation-text.ts'
import { Patience } from '../../src/path-finding/patience.ts'
import { parseQuery } from '../../src/query/parse-query.ts'
import { AMS, FRA, NAMES, OSL, VIE, ask, population } from './six-forwarders.ts'

const DOCUMENTED = /^```text explain\n([^]*?)\n```$/m.exec(readFileSync(join(projectRoot, 'protocols/route/query-language.md'), 'utf8'))?.[1]

function explain (text: string, changes: Partial<Ask> = {}): Explanation {
  return explainQuery(parseQuery(text), { ...ask, ...changes }, {
    evaluator: new QueryEvaluator(),
    population,
    names: {
      nameOf: (node) => NAMES[node],
      sourcesOf: (from, to) => from === FRA && to === VIE ? [{ by: 'rsp-2', how: 'exchange' }] : [{ by: NAMES[from], how: 'report' }]
    }
  })
}

describe('the explanation of an answer', () => {
  it('says why the path was chosen, in the words of the documentation', () => {
    const text = explanationText(explain('minimize delay + 20 * loss where rate >= 10 Mbps and hops <= 4 avoid country XX via tag eu prefer price 1 alternatives'))
    assert.equal(text, DOCUMENTED)
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

  it('regression: passes over the clauses for which there is no time', () => {
    const explained = explain('where hops <= 4 avoid forwarder kbp')
    const evaluator = new QueryEvaluator()
    let [left, nowMs] = [2, 0]
    const patience = new Patience(() => nowMs, 10)
    const hurried = explainQuery(parseQuery('where hops <= 4 avoid forwarder kbp'), { ...ask, patience }, {
      evaluator: {
        evaluate: (...asked) => {
          nowMs = left-- > 0 ? 0 : 10
          return evaluator.evaluate(...asked)
        }
      },
      population,
      names: { nameOf: (node) => NAMES[node] }
    })
    assert.deepEqual(hurried.clauses.map(({ isSkipped }) => isSkipped), [undefined, true])
    assert.deepEqual(hurried.clauses[0], explained.clauses[0])
    assert.match(explanationText(hurried), /avoid forwarder kbp +keeps out 1 of 6 forwarders; there was no time to look what else it does/)
  })

  it('regression: works out no clause for which there is no time, and each of them once, however many queries without another it is part of', () => {
    let looked = 0
    const counted = { nodeCount: 1, attributes: [], indexOf: () => { looked++; return 0 } }
    const text = `minimize delay avoid ${Array.from({ length: 16 }, (_, clause) => `(forwarder a${clause} or forwarder b${clause})`).join(', ')}`
    const evaluator = { evaluate: () => [] }
    const names = { nameOf: String }
    assert.equal(explainQuery(parseQuery(text), ask, { evaluator, population: counted, names }).clauses.length, 16)
    assert.equal(looked, 32)
    looked = 0
    const patience = new Patience(() => 0, 0)
    const { clauses } = explainQuery(parseQuery(text), { ...ask, patience }, { evaluator, population: counted, names, paths: [] })
    assert.ok(clauses.every(({ isSkipped }) => isSkipped))
    assert.equal(looked, 32, 'the query itself')
  })

  /** With this for the answer, and what is found for everything else. */
  function explainAs (text: string, answer: RankedPath[], others?: RankedPath[], isCutShort = false): Explanation {
    const evaluator = new QueryEvaluator()
    const answers = [answer]
    return explainQuery(parseQuery(text), ask, {
      evaluator: { evaluate: (...asked) => answers.pop() ?? others ?? evaluator.evaluate(...asked) },
      population,
      names: { nameOf: (node) => NAMES[node] },
      isCutShort
    })
  }

  it('regression: blames no clause for an answer that was cut short', () => {
    const none = explainAs('where delay <= 150 ms avoid forwarder kbp', [], undefined, true)
    assert.deepEqual(none.clauses.map(({ betterWithout, isSkipped, without }) => [betterWithout, isSkipped, without]), [[0, true, undefined], [0, true, undefined]])
    assert.equal(explanationText(none), `minimize delay where delay <= 150 ms avoid forwarder kbp

No path was found in the time that there was; there may be one.

What each clause has done:
  where delay <= 150 ms  there was no time to look what it does
  avoid forwarder kbp    keeps out 1 of 6 forwarders; there was no time to look what else it does`)
    const [, , worst] = new QueryEvaluator().evaluate(compileQuery(parseQuery(''), population), { ...ask, paths: 3 })
    const some = explainAs('where delay <= 150 ms', [worst], undefined, true)
    assert.deepEqual([some.paths.length, some.clauses[0].isSkipped], [1, true])
    assert.match(explanationText(some), /There was no time to look at all: there may be better paths\.\n\nWhat each clause/)
    assert.match(explanationText(explainAs('', [], [], true)), /nothing that is known leads from one end to the other/)
  })

  it('regression: says of no limit that this RSP does not know what it would have to be', () => {
    const [clause] = explainAs('prefer foo <= 5', []).clauses
    assert.deepEqual([clause.clause, clause.without?.forwarders, clause.relaxed], ['prefer foo <= 5', ['ams', 'kbp', 'vie'], undefined])
  })

  it('regression: tells an answer that would be the same without a clause from one that there would not be', () => {
    const answer = new QueryEvaluator().evaluate(compileQuery(parseQuery('avoid country xx'), population), ask)
    const explanation = explainAs('avoid country xx confidence >= 0.8', answer, [])
    assert.deepEqual(explanation.clauses.map(({ betterWithout, noneWithout }) => [betterWithout, noneWithout]), [[0, true], [0, true]])
    assert.match(explanationText(explanation), /avoid country xx +keeps out 1 of 6 forwarders; without it there is no path that the RSP is sure enough of/)
    assert.equal(explainAs('avoid country xx', [], []).clauses[0].noneWithout, undefined)
  })
})
