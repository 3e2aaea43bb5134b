import assert from 'node:assert/strict'
import { OfferedLinks } from '../../src/rsp/offered-links.ts'

describe('offered links', () => {
  it('names the links of an offered path until the offer ends', () => {
    const offered = new OfferedLinks()
    offered.add([5, 2, 9], 1_000)
    assert.deepEqual([...offered.links(999)], [[2, 5], [2, 9]])
    assert.deepEqual([...offered.links(1_000)], [])
    assert.equal(offered.size, 0)
  })

  it('keeps a link as long as the last of its offers', () => {
    const offered = new OfferedLinks()
    offered.add([1, 2], 1_000)
    offered.add([2, 1], 2_000)
    assert.deepEqual([...offered.links(1_500)], [[1, 2]])
  })

  it('has nothing of a path of one forwarder', () => {
    const offered = new OfferedLinks()
    offered.add([1], 1_000)
    assert.equal(offered.size, 0)
  })

  it('forgets a forwarder whose number is free again', () => {
    const offered = new OfferedLinks()
    offered.add([1, 2, 3], 1_000)
    offered.removeNode(1)
    assert.deepEqual([...offered.links(0)], [[2, 3]])
  })

  it('holds no more links than it may, and lets the first ones go', () => {
    const offered = new OfferedLinks(2)
    offered.add([1, 2, 3, 4], 1_000)
    assert.deepEqual([...offered.links(0)], [[2, 3], [3, 4]])
  })
})
