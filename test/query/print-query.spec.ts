import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseQuery } from '../../src/query/parse-query.ts'
import { printQuery } from '../../src/query/print-query.ts'
import { parseQueryJson, queryFromJson, queryToJson } from '../../src/query/query-json.ts'
import { randomAst } from './random-ast.ts'

const EXAMPLE = 'minimize delay + 20 * loss where rate >= 5 Mbps and hops <= 4 avoid country XX, operator "acme" via tag eu prefer price 2 disjoint alternatives confidence >= 0.8'

describe('a query in its forms', () => {
  it('prints to a text that parses to the same tree', () => {
    fc.assert(fc.property(randomAst, (ast) => {
      assert.deepEqual(parseQuery(printQuery(ast)), ast, printQuery(ast))
    }), { numRuns: 2_000, seed: 1 })
  })

  it('goes to JSON and back to the same tree, and to the same JSON again', () => {
    fc.assert(fc.property(randomAst, (ast) => {
      const json = queryToJson(ast)
      assert.deepEqual(parseQueryJson(json), ast)
      assert.equal(queryToJson(parseQueryJson(json)), json)
    }), { numRuns: 2_000, seed: 2 })
  })

  it('prints what was written at length in the shortest way', () => {
    const cases: Array<[text: string, printed: string]> = [
      [EXAMPLE, 'minimize delay + 20 * loss where rate >= 5 Mbps and hops <= 4 avoid country xx, operator acme via tag eu prefer price 2 disjoint alternatives confidence >= 0.8'],
      ['', 'minimize delay'],
      ['MINIMISE Latency', 'minimize delay'],
      ['minimize loss*20+rtt', 'minimize 20 * loss + delay'],
      ['maximize bandwidth', 'maximize rate'],
      ['where delay <= 0.05 s', 'minimize delay where delay <= 50 ms'],
      ['where delay ≤ 1500µs', 'minimize delay where delay <= 1.5 ms'],
      ['where delay <= 40', 'minimize delay where delay <= 40 ms'],
      ['where loss <= 1500 ppm', 'minimize delay where loss <= 0.15%'],
      ['where loss <= 15 ppm', 'minimize delay where loss <= 15 ppm'],
      ['where loss <= 2', 'minimize delay where loss <= 2%'],
      ['where rate >= 2', 'minimize delay where rate >= 2 Mbps'],
      ['where rate >= 1.25 MB/s', 'minimize delay where rate >= 10 Mbps'],
      ['where age <= 2 min', 'minimize delay where age <= 120 s'],
      ['where hops <= 4 where loss <= 1%', 'minimize delay where hops <= 4 and loss <= 1%'],
      ['only country de, country fr', 'minimize delay only country de or country fr'],
      ['avoid (country de or (country fr or not (tag green and tag eu)))', 'minimize delay avoid country de or country fr or not (tag green and tag eu)'],
      ['avoid asn AS64500, tag Region="EU"', 'minimize delay avoid asn 64500, tag region=eu'],
      ['prefer avoid country XX penalty 10, price within 10', 'minimize delay prefer avoid country xx penalty 10, price within 10%'],
      ['alternative', 'minimize delay 1 alternatives'],
      ['with multipath "at most 2"', 'minimize delay with multipath "at most 2"'],
      ['confidence >= 80 %', 'minimize delay confidence >= 0.8']
    ]
    for (const [text, printed] of cases) assert.equal(printQuery(parseQuery(text)), printed)
  })

  it('fills in what its JSON form leaves out', () => {
    assert.deepEqual(queryFromJson({}), parseQuery(''))
    assert.deepEqual(
      queryFromJson({ constraints: [{ kind: 'limit', metric: 'RTT', op: '<=', value: 50, unit: 'ms' }], preferences: [{ kind: 'metric', metric: 'price' }], alternatives: { count: 1 } }),
      parseQuery('where delay <= 50 ms prefer price 1 alternatives'))
  })
})
