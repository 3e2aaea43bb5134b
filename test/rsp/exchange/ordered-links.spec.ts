import assert from 'node:assert/strict'
import { OrderedLinks } from '../../../src/rsp/exchange/ordered-links.ts'

describe('the links of which a rival speaks', () => {
  it('are gone through to the end, with those that come and without those that go meanwhile', () => {
    const links = new OrderedLinks()
    for (const [first, second] of ['ab', 'ac', 'bc', 'cd']) {
      links.add(first, second)
    }
    const seen: string[] = []
    for (const [first, second] of links) {
      seen.push(first + second)
      if (seen.length === 1) {
        // the last of its first end goes, and another with that end comes
        links.delete('b', 'c')
        links.add('b', 'd')
        links.delete('c', 'd')
        links.add('a', 'd')
      }
    }
    assert.deepEqual([seen, links.size], [['ab', 'ac', 'ad', 'bd'], 4])
  })
})
