import assert from 'node:assert/strict'
import fc from 'fast-check'
import { NodeSet, NodeTags } from '../../src/topology/node-set.ts'

function listOf (set: NodeSet): number[] {
  const nodes: number[] = []
  set.each(node => { nodes.push(node) })
  return nodes
}

describe('node set', () => {
  it('holds what was added and not deleted, in ascending order', () => {
    const nodes = fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 60 })
    fc.assert(fc.property(nodes, nodes, (added, deleted) => {
      const set = NodeSet.from(100, added)
      deleted.forEach(node => { set.delete(node) })
      const expected = [...new Set(added)].filter(node => !deleted.includes(node)).sort((a, b) => a - b)
      assert.deepEqual(listOf(set), expected)
      expected.forEach(node => { assert.ok(set.has(node)) })
    }), { seed: 51 })
  })

  it('is made of a predicate, and takes in another set', () => {
    const set = NodeSet.where(40, node => node % 31 === 0)
    set.addAll(NodeSet.from(70, [1, 65]))
    assert.deepEqual(listOf(set), [0, 1, 31])
  })

  it('leaves out nodes beyond its capacity', () => {
    const set = NodeSet.from(32, [31, 32, 1_000])
    assert.deepEqual([listOf(set), set.has(32), set.has(1_000)], [[31], false, false])
  })
})

describe('node tags', () => {
  it('give the nodes that carry any of some tags, as they are now', () => {
    const tags = new NodeTags(10, 8)
    tags.set(1, ['country:de', 'as:3320'])
    tags.set(2, ['country:fr'])
    tags.set(3, ['country:de'])
    assert.deepEqual(listOf(tags.withAny(['country:de', 'country:fr'])), [1, 2, 3])
    tags.set(1, ['country:fr'])
    assert.deepEqual(listOf(tags.withAny(['country:de'])), [3])
    assert.deepEqual([tags.has(1, 'as:3320'), tags.has(1, 'country:fr')], [false, true])
    assert.deepEqual(listOf(tags.withAny(['nobody'])), [])
  })

  it('keep no more tags than their bound, and make room when a tag has no node left', () => {
    const tags = new NodeTags(10, 1)
    tags.set(1, ['a', 'b'])
    assert.deepEqual([tags.has(1, 'a'), tags.has(1, 'b')], [true, false])
    tags.delete(1)
    tags.set(2, ['b'])
    assert.equal(tags.has(2, 'b'), true)
  })

  it('ignore numbers that no node has', () => {
    const tags = new NodeTags(10, 4)
    for (const node of [-1, 10, 0.5, Number.NaN]) {
      tags.set(node, ['a'])
    }
    assert.deepEqual(listOf(tags.withAny(['a'])), [])
  })
})
