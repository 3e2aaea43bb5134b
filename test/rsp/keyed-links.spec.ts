import assert from 'node:assert/strict'
import { KeyedLinks } from '../../src/rsp/keyed-links.ts'

describe('keyed links', () => {
  let links: KeyedLinks

  beforeEach(() => {
    links = new KeyedLinks()
    links.add('b', 'a')
    links.add('b', 'c')
  })

  it('knows a link from both ends, and gives it once', () => {
    assert.ok(links.has('a', 'b') && links.has('b', 'a') && !links.has('a', 'c'))
    assert.deepEqual([...links.links()], [['b', 'c'], ['a', 'b']])
  })

  it('counts a link once, however often and in whatever order it is added, and a node\'s link to itself not at all', () => {
    links.add('a', 'b')
    links.add('c', 'b')
    links.add('c', 'c')
    assert.equal(links.size, 2)
  })

  it('gives the other ends in the order in which they came', () => {
    assert.deepEqual([...links.of('b')], ['a', 'c'])
    assert.deepEqual([...links.of('x')], [])
  })

  it('removes a node with its links', () => {
    links.removeNode('a')
    links.removeNode('x')
    assert.deepEqual([[...links.links()], links.size], [[['b', 'c']], 1])
  })
})
