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

  it('is gone through to the end, with those that come and without those that go meanwhile', () => {
    links = new KeyedLinks()
    for (const [a, b] of ['ab', 'ac', 'bc', 'cd']) {
      links.add(a, b)
    }
    const seen: string[] = []
    for (const [a, b] of links.links()) {
      seen.push(a + b)
      if (seen.length === 1) {
        links.delete('c', 'b')
        links.delete('c', 'b')
        links.add('b', 'd')
        links.delete('c', 'd')
        links.add('a', 'd')
      }
    }
    assert.deepEqual([seen.sort(), links.size], [['ab', 'ac', 'ad', 'bd'], 4])
  })

  it('removes a node with its links', () => {
    links.removeNode('a')
    links.removeNode('x')
    assert.deepEqual([[...links.links()], links.size], [[['b', 'c']], 1])
  })
})
