import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DisjointFinder } from '../../src/path-finding/disjoint.ts'
import { NodeSelection } from '../../src/rsp/node-selection.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import type { NodeAttributes } from '../../src/discovery/node-attributes.ts'
import type { NodePredicate } from '../../src/rsp/node-selection.ts'

const NOW_MS = 1_000_000

describe('nodes by what they say of themselves', () => {
  let map: PerformanceMap

  function describeNode (key: string, tags: Record<string, string>, operator = ''): void {
    map.addNode(key)
    map.describe(key, { operator, tags, bytes: new Uint8Array(1), expiresAtMs: 2 * NOW_MS })
  }

  const found = (predicate: NodePredicate): string[] => {
    const keys: string[] = []
    map.nodesWhere(predicate).each((node) => { keys.push(map.keyOf(node)) })
    return keys
  }

  beforeEach(() => {
    map = new PerformanceMap()
    describeNode('a', { country: 'DE', region: 'eu', asn: 'AS64500', rack: '7' }, 'acme')
    describeNode('b', { country: 'de', asn: '64501' }, 'acme')
    describeNode('c', { country: 'fr', rack: '7' }, 'other')
    map.addNode('silent')
  })

  const cases: Array<[title: string, predicate: NodePredicate, keys: string[]]> = [
    ['of a country, in any case', { country: 'De' }, ['a', 'b']],
    ['of a region, in any case', { region: 'EU' }, ['a']],
    ['of an operator', { operator: 'acme' }, ['a', 'b']],
    ['of an autonomous system, however it is written in the tag', { asn: 64_500 }, ['a']],
    ['with a tag', { tags: { rack: '7' } }, ['a', 'c']],
    ['with all of several', { country: 'de', operator: 'acme', tags: { rack: '7' } }, ['a']],
    ['none, where one of several does not hold', { country: 'fr', operator: 'acme' }, []],
    ['none, where nobody says so', { country: 'xx' }, []],
    ['none, for the name of something that every object has', { tags: { constructor: 'Object' } }, []],
    ['all that say anything, where nothing is asked', {}, ['a', 'b', 'c']]
  ]
  for (const [title, predicate, keys] of cases) {
    it(`are found: ${title}`, () => {
      assert.deepEqual(found(predicate), keys)
    })
  }

  it('follow nodes that come, change and go', () => {
    describeNode('d', { country: 'de' })
    assert.deepEqual(found({ country: 'de' }), ['a', 'b', 'd'])
    describeNode('b', { country: 'fr' })
    map.removeNode('a')
    assert.deepEqual([found({ country: 'de' }), found({ country: 'fr' })], [['d'], ['b', 'c']])
  })

  it('are worked out once while nobody says anything new', () => {
    const before = map.nodesWhere({ country: 'de', tags: { rack: '7', asn: 'AS64500' } })
    describeNode('a', { country: 'DE', region: 'eu', asn: 'AS64500', rack: '7' }, 'acme')
    assert.equal(map.nodesWhere({ tags: { asn: 'AS64500', rack: '7' }, country: 'DE' }), before, 'a renewed descriptor is no news')
    describeNode('b', {})
    assert.notEqual(map.nodesWhere({ country: 'de', tags: { rack: '7', asn: 'AS64500' } }), before)
  })

  it('are kept for as many predicates as there is room for, those of late first', () => {
    const selection = new NodeSelection(() => map.attributes)
    const first = selection.nodesWhere({ asn: 0 })
    for (let asn = 1; asn < 1_000; asn++) {
      selection.nodesWhere({ asn })
      assert.equal(selection.nodesWhere({ asn: 0 }), first)
    }
    assert.equal(selection.kept, 256)
  })

  it('are those that a walk over all nodes finds, whatever was asked before', () => {
    const text = fc.constantFrom('x', 'y', '')
    const node = fc.option(fc.record({ operator: text, country: text, asn: fc.nat(2), tags: fc.dictionary(text, text) }, { requiredKeys: ['tags'] }))
    const predicate = fc.record({ operator: text, country: text, asn: fc.nat(2), tags: fc.dictionary(text, text) }, { requiredKeys: [] })
    fc.assert(fc.property(fc.array(node, { maxLength: 70 }), fc.array(predicate, { maxLength: 6 }), (nodes, predicates) => {
      const attributes: Array<NodeAttributes | undefined> = nodes.map((one) => one ?? undefined)
      const selection = new NodeSelection(() => attributes)
      for (const asked of [...predicates, ...predicates]) {
        const set = selection.nodesWhere(asked)
        attributes.forEach((one, number) => {
          const { tags = {}, ...simple } = asked
          const expected = one !== undefined && Object.entries(simple).every(([name, value]) => one[name as 'operator'] === value) &&
            Object.entries(tags).every(([name, value]) => one.tags[name] === value)
          assert.equal(set.has(number), expected)
        })
      }
    }))
  })

  it('can be avoided by a path', () => {
    for (const [from, to, rttUs] of [['a', 'b', 1_000], ['b', 'silent', 1_000], ['a', 'c', 5_000], ['c', 'silent', 5_000]] as const) {
      map.set(from, to, { rttUs, jitterUs: 0, lossPpm: 0, measuredAtMs: NOW_MS })
    }
    const node = (key: string): number => map.indexOf(key) as number
    const query = {
      source: [{ node: node('a'), rttUs: 1 }], destination: [{ node: node('silent'), rttUs: 1 }], weights: { delay: 1, loss: 0 }, paths: 1, avoid: new Set<number>(), maxForwarders: 8, relayCostUs: 0
    }
    const path = (avoidSet?: ReturnType<PerformanceMap['nodesWhere']>): string[] | undefined =>
      new DisjointFinder().find(map.snapshot(NOW_MS), { ...query, avoidSet })[0]?.nodes.map((number) => map.keyOf(number))
    assert.deepEqual(path(), ['a', 'b', 'silent'])
    assert.deepEqual(path(map.nodesWhere({ asn: 64_501 })), ['a', 'c', 'silent'])
  })
})
