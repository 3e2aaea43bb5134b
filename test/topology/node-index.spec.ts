import assert from 'node:assert/strict'
import { TopologyFullError } from '../../src/topology/errors.ts'
import { NodeIndex } from '../../src/topology/node-index.ts'

describe('node index', () => {
  it('numbers keys from 0 in order of arrival and finds both ways', () => {
    const index = new NodeIndex()
    assert.deepEqual(['a', 'b', 'a', 'c'].map(key => index.add(key)), [0, 1, 0, 2])
    assert.equal(index.indexOf('b'), 1)
    assert.equal(index.keyOf(2), 'c')
    assert.deepEqual([...index.entries()], [['a', 0], ['b', 1], ['c', 2]])
    assert.deepEqual([index.size, index.nodeCount], [3, 3])
  })

  it('knows nothing of keys and numbers that were never added', () => {
    const index = new NodeIndex()
    assert.equal(index.indexOf('a'), undefined)
    assert.equal(index.keyOf(0), undefined)
    assert.equal(index.delete('a'), undefined)
  })

  it('gives a freed number again only when there is no fresh one, the longest freed first', () => {
    const index = new NodeIndex(4)
    for (const key of ['a', 'b', 'c']) {
      index.add(key)
    }
    index.delete('b')
    index.delete('a')
    assert.equal(index.keyOf(1), undefined)
    assert.deepEqual(['d', 'e', 'f'].map(key => index.add(key)), [3, 1, 0])
    assert.equal(index.keyOf(1), 'e')
  })

  it('refuses a key beyond its bound, still knows the others, and takes it after one has gone', () => {
    const index = new NodeIndex(2)
    index.add('a')
    index.add('b')
    assert.throws(() => index.add('c'), TopologyFullError)
    assert.deepEqual([index.add('b'), index.size], [1, 2])
    index.delete('a')
    assert.equal(index.add('c'), 0)
  })
})
