import assert from 'node:assert/strict'
import { AskedText } from '../../src/host/asked-text.ts'
import { lossWorthMs } from '../../src/host/route-cost.ts'
import { MAX_CLAUSE_BYTES } from '../../protocols/route/constants.ts'
import { decodeVerdict, encodeVerdict } from '../../protocols/route/verdict.ts'
import { clauseVerdicts } from '../../src/rsp/query-verdict.ts'
import { randomAst } from '../query/random-ast.ts'
import { printQuery } from '../../src/query/print-query.ts'
import fc from 'fast-check'
import type { PeerId } from '@libp2p/interface'
import type { Prediction } from '../../protocols/route/path.ts'

const asking = (text: string): AskedText => new AskedText(text, () => undefined)

describe('a text as the host that asks it understands it', () => {
  for (const [text, weights, msPerLossPercent] of [
    ['minimize delay', { delay: 1, loss: 0 }, 0],
    ['minimize 2 * delay + 10 * loss + price', { delay: 2, loss: 10 }, 5],
    ['minimize loss', { delay: 0, loss: 1 }, 1_000],
    ['minimize price + hops', undefined, undefined],
    ['maximize rate', undefined, undefined]
  ] as const) {
    it(`regression: weighs what it measures as its objective does: ${text}`, () => {
      const asked = asking(text)
      assert.deepEqual(asked.weights, weights)
      assert.equal(lossWorthMs(asked.weights), msPerLossPercent)
    })
  }

  it('regression: takes what is not said for the worst, except of a path that has no link', () => {
    const costMs = (text: string, prediction: object, hops = 2): number => asking(text).otherCostMs({
      forwarders: Array.from({ length: hops }, () => ({ toString: () => 'forwarder' }) as unknown as PeerId),
      prediction: { rttUs: 1, ...prediction } as unknown as Prediction
    })
    for (const [text, said] of [['maximize rate', { bytesPerSecond: 1 }], ['minimize price', { price: 1e6 }], ['minimize jitter', { jitterUs: 60_000_000 }], ['minimize load', { loadPpm: 1_000_000 }]] as const) {
      assert.ok(costMs(text, {}) > costMs(text, said), text)
      assert.ok(Number.isFinite(costMs(text, {})), text)
      assert.equal(costMs(text, {}, 1), 0, text)
    }
    assert.equal(costMs('minimize price', { price: 0 }), 0)
  })

  it('wants the best path and its alternatives', () => {
    assert.deepEqual(['minimize delay', 'minimize delay 7 disjoint alternatives'].map((text) => asking(text).leastPaths), [1, 8])
  })

  it('regression: is a query where it is empty, which on the wire is no text', () => {
    assert.equal(asking('').text, 'minimize delay')
    assert.equal(asking(' minimize  loss').text, ' minimize  loss')
  })

  it('says at once what is wrong with it', () => {
    assert.throws(() => asking('minimize delay wher'), { name: 'QuerySyntaxError' })
    assert.throws(() => asking('where rate <= 5'), { name: 'QueryMeaningError' })
  })

  it('names clauses as RSPs do, however long, in their order', () => {
    const long = `minimize delay avoid ${Array.from({ length: 30 }, (_, at) => `operator "an operator of a long name ${at}"`).join(' or ')} confidence >= 0.5`
    fc.assert(fc.property(fc.oneof(randomAst.map(printQuery), fc.constant(long)), (text) => {
      const asked = asking(text)
      const wire = encodeVerdict({ clauses: clauseVerdicts(asked.ast, [], []) })
      assert.deepEqual(asked.clauses.map(({ name, isMandatory }) => [name, isMandatory]), decodeVerdict(wire, 0).clauses.map(({ clause, isMandatory }) => [clause, isMandatory]))
      assert.ok(asked.clauses.every(({ name }) => Buffer.byteLength(name) <= MAX_CLAUSE_BYTES))
    }), { numRuns: 100 })
  })
})
