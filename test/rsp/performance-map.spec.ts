import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { peersFrom } from '../protocols/report/samples.ts'
import type { PolicyStatement } from '../../protocols/report/codec.ts'
import type { LinkView } from '../../src/rsp/performance-map.ts'

const [RSP, OTHER] = await peersFrom(50, 2)

const NOW_MS = 1_000_000
const view = (rttUs: number, change: Partial<LinkView> = {}): LinkView => ({ rttUs, jitterUs: 100, lossPpm: 0, measuredAtMs: NOW_MS, ...change })

describe('performance map', () => {
  let map: PerformanceMap

  beforeEach(() => {
    map = new PerformanceMap()
    for (const node of ['a', 'b', 'c']) {
      map.addNode(node)
    }
  })

  it('knows nodes and no links at first', () => {
    assert.equal(map.nodeCount, 3)
    assert.deepEqual(links(), {})
    assert.equal(map.snapshot(NOW_MS).linkCount, 0)
  })

  it('names its nodes by number and back', () => {
    for (const key of ['a', 'b', 'c']) {
      assert.equal(map.keyOf(map.indexOf(key) as number), key)
    }
    assert.equal(map.indexOf('d'), undefined)
  })

  it('takes one end\'s word for both directions while the other end says nothing', () => {
    map.set('a', 'b', view(20_000))
    assert.deepEqual(links(), { 'a→b': 20_000, 'b→a': 20_000 })
  })

  it('believes the worse of two ends, so that one end alone cannot make a link attractive', () => {
    map.set('a', 'b', view(1, { lossPpm: 0, jitterUs: 0 }))
    map.set('b', 'a', view(30_000, { lossPpm: 5_000, jitterUs: 700 }))
    assert.deepEqual(links(), { 'a→b': 30_000, 'b→a': 30_000 })
    const graph = map.snapshot(NOW_MS)
    assert.deepEqual([...graph.lossPpm].slice(0, 2), [5_000, 5_000])
    assert.deepEqual([...graph.jitterUs].slice(0, 2), [700, 700])
  })

  it('follows each end as it changes its mind', () => {
    map.set('a', 'b', view(20_000))
    map.set('b', 'a', view(10_000))
    map.set('a', 'b', view(15_000))
    assert.deepEqual(links(), { 'a→b': 15_000, 'b→a': 15_000 })
  })

  it('goes by the other end when one takes its word back, and has no link when both do', () => {
    map.set('a', 'b', view(20_000))
    map.set('b', 'a', view(10_000))
    map.remove('a', 'b')
    assert.deepEqual(links(), { 'a→b': 10_000, 'b→a': 10_000 })
    map.remove('b', 'a')
    assert.deepEqual(links(), {})
  })

  it('drops what a full report does not name', () => {
    map.set('a', 'b', view(10_000))
    map.set('a', 'c', view(10_000))
    map.retain('a', new Set(['c']))
    assert.deepEqual(Object.keys(links()), ['a→c', 'c→a'])
  })

  it('drops what an unknown node says, and links of a node to itself', () => {
    map.set('x', 'a', view(10_000))
    map.set('a', 'a', view(10_000))
    map.remove('x', 'y')
    map.retain('x', new Set())
    map.removeNode('x')
    assert.deepEqual(links(), {})
    assert.equal(map.nodeCount, 3)
  })

  it('keeps what is said of a node that is not known yet until it comes', () => {
    map.set('a', 'd', view(10_000))
    assert.deepEqual(links(), {})
    map.addNode('d')
    assert.deepEqual(links(), { 'a→d': 10_000, 'd→a': 10_000 })
  })

  it('forgets a node with all its links and all that was said of it', () => {
    map.set('a', 'b', view(10_000))
    map.set('b', 'c', view(10_000))
    map.removeNode('b')
    assert.deepEqual(links(), {})
    map.addNode('b')
    assert.deepEqual(links(), {})
    assert.equal(map.nodeCount, 3)
  })

  it('adds a node once', () => {
    assert.equal(map.addNode('a'), map.indexOf('a'))
    assert.equal(map.nodeCount, 3)
  })

  it('uses no link that nobody has measured for three minutes', () => {
    map.set('a', 'b', view(10_000))
    assert.equal(map.snapshot(NOW_MS + 180_000).linkCount, 2)
    assert.equal(map.snapshot(NOW_MS + 180_001).linkCount, 0)
  })

  it('listens to what a node says of 512 others at the most', () => {
    for (let i = 0; i < 600; i++) {
      map.set('a', `n${i}`, view(10_000))
      map.addNode(`n${i}`)
    }
    assert.equal(Object.keys(links()).length, 2 * 512)
  })

  it('regression: goes on listening to what a node says of those 512', () => {
    for (let i = 0; i < 512; i++) {
      map.addNode(`n${i}`)
      map.set('a', `n${i}`, view(10_000))
    }
    map.set('a', 'n0', view(20_000))
    assert.equal(links()['a→n0'], 20_000)
  })

  describe('policy', () => {
    const policyOf = (change: Partial<PolicyStatement>): PolicyStatement => ({ listedOnly: false, rsps: [], revoked: [], authorizedOnly: false, ...change })
    const unwilling = (): string[] => [...map.unwilling(RSP)].map((node) => map.keyOf(node)).sort()

    it('has no link that either end has closed, whatever is measured', () => {
      map.set('a', 'b', view(20_000))
      map.setClosed('b', 'a', true)
      assert.deepEqual(links(), {})
      map.set('a', 'b', view(10_000))
      map.set('b', 'a', view(10_000))
      assert.deepEqual(links(), {})
      map.setClosed('b', 'a', false)
      assert.deepEqual(links(), { 'a→b': 10_000, 'b→a': 10_000 })
    })

    it('opens a link only when both ends have', () => {
      map.set('a', 'b', view(20_000))
      map.setClosed('a', 'b', true)
      map.setClosed('b', 'a', true)
      map.retainClosed('a', new Set(['c']))
      assert.deepEqual(links(), {})
      map.retainClosed('b', new Set())
      assert.deepEqual(links(), { 'a→b': 20_000, 'b→a': 20_000 })
    })

    it('keeps a link closed when its measurements go and come back', () => {
      map.set('a', 'b', view(20_000))
      map.setClosed('a', 'b', true)
      map.retain('a', new Set())
      map.set('a', 'b', view(20_000))
      assert.deepEqual(links(), {})
    })

    it('keeps a link closed whose other end comes later', () => {
      map.setClosed('a', 'd', true)
      map.set('a', 'd', view(20_000))
      map.addNode('d')
      map.set('d', 'a', view(20_000))
      assert.deepEqual(links(), {})
    })

    it('knows of each forwarder whether it takes paths of an RSP', () => {
      map.setPolicy('a', policyOf({ listedOnly: true, rsps: [OTHER] }))
      map.setPolicy('b', policyOf({ listedOnly: true, rsps: [RSP, OTHER] }))
      map.setPolicy('c', policyOf({ revoked: [RSP] }))
      assert.deepEqual(unwilling(), ['a', 'c'])
      map.setPolicy('a', policyOf({ authorizedOnly: true }))
      map.setPolicy('c', undefined)
      assert.deepEqual(unwilling(), [])
    })

    it('regression: works out who takes no paths of an RSP when a policy has changed, and not each time that it is asked', () => {
      map.setPolicy('a', policyOf({ revoked: [RSP] }))
      const first = map.unwilling(RSP)
      map.setPolicy('a', policyOf({ revoked: [RSP] }))
      map.set('a', 'b', view(20_000))
      assert.equal(map.unwilling(RSP), first)
      assert.deepEqual([...map.unwilling(OTHER)], [])
      map.setPolicy('b', policyOf({ revoked: [RSP] }))
      assert.deepEqual(unwilling(), ['a', 'b'])
    })

    it('forgets what a forwarder that is gone has said', () => {
      map.set('b', 'a', view(20_000))
      map.setClosed('a', 'b', true)
      map.setPolicy('a', policyOf({ listedOnly: true }))
      map.removeNode('a')
      map.addNode('a')
      map.set('a', 'b', view(10_000))
      assert.deepEqual([links(), unwilling()], [{ 'a→b': 10_000, 'b→a': 10_000 }, []])
    })

    it('listens to no stranger, and to 512 closed links at the most', () => {
      map.setPolicy('x', policyOf({ listedOnly: true }))
      map.setClosed('x', 'a', true)
      for (let i = 0; i < 600; i++) {
        map.setClosed('a', `n${i}`, true)
      }
      map.setClosed('a', 'b', true)
      map.set('a', 'b', view(10_000))
      assert.deepEqual([unwilling(), links()], [[], { 'a→b': 10_000, 'b→a': 10_000 }])
    })

    it('holds a link exactly while somebody measures it and nobody has closed it', () => {
      const ends = fc.constantFrom(['a', 'b'], ['b', 'a'])
      const step = fc.record({ ends, does: fc.constantFrom('set', 'remove', 'close', 'open') })
      fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        map = new PerformanceMap()
        map.addNode('a')
        map.addNode('b')
        const [views, closed] = [new Set<string>(), new Set<string>()]
        for (const { ends: [from, to], does } of steps) {
          if (does === 'set') {
            map.set(from, to, view(5_000))
            views.add(from)
          } else if (does === 'remove') {
            map.remove(from, to)
            views.delete(from)
          } else {
            map.setClosed(from, to, does === 'close')
            closed[does === 'close' ? 'add' : 'delete'](from)
          }
          assert.equal(Object.keys(links()).length, views.size > 0 && closed.size === 0 ? 2 : 0)
        }
      }))
    })
  })

  function links (): Record<string, number> {
    return Object.fromEntries([...map.links()].map(({ from, to, rttUs }) => [`${from}→${to}`, rttUs]).sort())
  }
})
