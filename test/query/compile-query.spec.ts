import assert from 'node:assert/strict'
import { ALL_ABILITIES, unsupportedIn } from '../../src/query/abilities.ts'
import type { Abilities } from '../../src/query/abilities.ts'
import { compileQuery } from '../../src/query/compile-query.ts'
import { UnsupportedQueryError } from '../../src/query/errors.ts'
import { countOf, says } from '../../src/query/node-facts.ts'
import { nodesMeant } from '../../src/query/nodes-meant.ts'
import type { NodeFacts, Population } from '../../src/query/node-facts.ts'
import type { NodeSet } from '../../src/topology/node-set.ts'
import { parseQuery } from '../../src/query/parse-query.ts'

const population: Population = {
  nodeCount: 4,
  attributes: [
    { operator: 'acme', country: 'de', region: 'eu', asn: 64_500, tags: { country: 'DE', region: 'EU', Green: 'yes' } },
    { operator: 'Acme', country: 'fr', tags: { country: 'fr' } },
    { operator: 'bolt', tags: { eu: '' } }
  ],
  indexOf: (key) => key === 'peer-3' ? 3 : undefined
}

function nodesOf (selector: string): number[] {
  const [constraint] = parseQuery(`avoid ${selector}`).constraints
  const nodes: number[] = []
  assert.ok(constraint.kind === 'avoid')
  nodesMeant(constraint.nodes, population).each((node) => nodes.push(node))
  return nodes
}

describe('a selector of forwarders', () => {
  const cases: Array<[selector: string, nodes: number[]]> = [
    ['operator acme', [0]],
    ['country DE', [0]],
    ['region EU', [0]],
    ['asn AS64500', [0]],
    ['tag eu', [0, 2]],
    ['tag EU', [0, 2]],
    ['tag green', [0]],
    ['tag country', [0, 1]],
    ['tag region=eu', [0]],
    ['tag green=no', []],
    ['forwarder peer-3', [3]],
    ['forwarder peer-9', []],
    ['not country de', [1, 2, 3]],
    ['country de or country fr', [0, 1]],
    ['tag eu and not operator bolt', [0]],
    ['not (operator acme or forwarder peer-3)', [1, 2]]
  ]
  for (const [selector, nodes] of cases) {
    it(`\`${selector}\` means ${nodes.length === 0 ? 'nobody' : nodes.join(' and ')}`, () => { assert.deepEqual(nodesOf(selector), nodes) })
  }
})

describe('selectors of forwarders, many of them', () => {
  const selectors = ['operator acme', 'country de', 'region eu', 'asn 64500', 'tag eu', 'tag region=eu', 'tag region=us', 'tag green=yes', 'tag DE']

  it('mean what each forwarder says of itself, of those that there are', () => {
    const values = { operator: ['acme', 'bolt', undefined], country: ['de', 'fr', undefined], region: ['eu', 'us', undefined], asn: [64_500, 1, undefined] }
    const attributes = Array.from({ length: 70 }, (_, node): NodeFacts | undefined => node % 7 === 6
      ? undefined
      : {
          operator: values.operator[node % 3],
          country: values.country[node % 2],
          region: values.region[(node >> 1) % 3],
          asn: values.asn[node % 3],
          tags: { Region: node % 2 === 0 ? 'EU' : 'us', eu: node % 5 === 0 ? 'Green' : 'eu', ...(node % 4 === 0 ? { green: 'Yes', x: 'de' } : {}) }
        })
    for (const selector of selectors) {
      const [constraint] = parseQuery(`avoid ${selector}`).constraints
      assert.ok(constraint.kind === 'avoid')
      const meant: number[] = []
      nodesMeant(constraint.nodes, { nodeCount: 65, attributes }).each((node) => meant.push(node))
      assert.deepEqual(meant, Array.from({ length: 65 }, (_, node) => node).filter((node) => says(attributes[node], constraint.nodes)), selector)
    }
  })

  it('regression: take one look at each forwarder, however many of them a query has, and a new one when something has changed', () => {
    let looked = 0
    const attributes = Array.from({ length: 100 }, (): NodeFacts => ({
      get tags () {
        looked++
        return { region: 'eu' }
      }
    }))
    const text = `minimize delay avoid ${Array.from({ length: 8 }, () => Array.from({ length: 8 }, () => 'tag region=eu or tag us').join(' or ')).join(', ')}`
    for (const looks of [100, 100, 200]) {
      const population = { nodeCount: 100, attributes: looks === 200 ? [...attributes] : attributes }
      assert.equal(countOf(compileQuery(parseQuery(text), population).eligibility.avoidSet as NodeSet), 100)
      assert.equal(looked, looks)
    }
  })
})

describe('what an RSP supports of a query', () => {
  const abilities = (changes: Partial<Abilities>): Abilities => ({ ...ALL_ABILITIES, ...changes })
  const cases: Array<[title: string, text: string, abilities: Abilities, mandatory: string[], optional: string[]]> = [
    ['all that the language has', 'maximize rate where hops <= 4 avoid country xx prefer price 2 disjoint alternatives confidence >= 0.8', ALL_ABILITIES, [], []],
    ['no metric that nobody knows', 'minimize delay + 2 * carbon where carbon <= 5 prefer energy', ALL_ABILITIES, ['minimize delay + 2 * carbon', 'where carbon <= 5'], ['prefer energy']],
    ['no metric that the table does not have, whatever the RSP claims', 'minimize carbon', abilities({ metrics: ['carbon'] }), ['minimize carbon'], []],
    ['no metric that it does not measure', 'where price <= 5 prefer price', abilities({ metrics: ['delay', 'loss'] }), ['where price <= 5'], ['prefer price']],
    ['no clause that it does not know', 'avoid country xx via tag eu prefer hops <= 3', abilities({ clauses: ['limit', 'via'] }), ['avoid country xx'], ['prefer hops <= 3']],
    ['no extension', 'with multipath prefer with "quick"'.replace('"quick"', 'quick'), ALL_ABILITIES, ['with multipath'], ['prefer with quick']],
    ['alternatives, but not disjoint ones', '2 disjoint alternatives', abilities({ clauses: ['alternatives'] }), [], ['2 disjoint alternatives']],
    ['no confidence', 'confidence >= 0.5', abilities({ clauses: [] }), ['confidence >= 0.5'], []]
  ]
  for (const [title, text, can, mandatory, optional] of cases) {
    it(`is ${title}`, () => {
      const ast = parseQuery(text)
      assert.deepEqual(unsupportedIn(ast, can), [...mandatory.map((clause) => ({ clause, isMandatory: true })), ...optional.map((clause) => ({ clause, isMandatory: false }))])
      if (mandatory.length > 0) {
        assert.throws(() => compileQuery(ast, population, can), (error: UnsupportedQueryError) => {
          assert.ok(error instanceof UnsupportedQueryError)
          assert.deepEqual(error.clauses, mandatory)
          return true
        })
      } else {
        assert.deepEqual(compileQuery(ast, population, can).unsupported.map(({ clause }) => clause), optional)
      }
    })
  }
})
