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

  describe('links that nobody has asked for', () => {
    const asked = (...names: string[]) => (a: string, b: string): boolean => names.includes(`${a}${b}`) || names.includes(`${b}${a}`)

    it('regression: does not take the word of one end alone, and takes that of both', () => {
      map.ask(asked('bc'), new Set(['b', 'c']))
      map.set('a', 'b', view(1))
      map.set('b', 'c', view(30_000))
      assert.deepEqual(links(), { 'b→c': 30_000, 'c→b': 30_000 })
      assert.deepEqual([map.ownViews('a', 'b'), map.provenanceOf('a', 'b')], [{ ofA: undefined, ofB: undefined }, []])
      map.set('b', 'a', view(20_000))
      assert.equal(links()['a→b'], 20_000)
      map.retain('b', new Set())
      assert.deepEqual(links(), {})
    })

    it('regression: takes what one end has said once the link is asked for, and only until it is not any more', () => {
      map.set('a', 'b', view(20_000))
      map.set('c', 'a', view(30_000))
      map.ask(asked('ac'), new Set(['a', 'c', 'b']))
      assert.deepEqual(Object.keys(links()).sort(), ['a→c', 'c→a'])
      map.ask(asked('ab', 'ac'), new Set(['a', 'b']))
      assert.deepEqual(Object.keys(links()).sort(), ['a→b', 'a→c', 'b→a', 'c→a'])
      map.ask(asked('ab'), new Set(['a', 'c']))
      assert.deepEqual(Object.keys(links()).sort(), ['a→b', 'b→a'])
    })

    it('regression: does not believe the new word of one end against what is remembered of the other', () => {
      const archived = { ...view(20_000), samples: 10, bytesPerSecond: 0, rateIsFloor: false, loadBytesPerSecond: 0, receivedBytesPerSecond: 0, mostReceivedBytesPerSecond: 0, mostReceivedIsFloor: true, movementUs2: 0, reports: 3 }
      map.remember([{ from: 'a', to: 'b', ...archived }, { from: 'b', to: 'a', ...archived }], NOW_MS)
      map.ask(asked(), new Set(['a', 'b']))
      map.set('a', 'b', view(1))
      assert.equal(links()['a→b'], 20_000)
      map.ask(asked('ab'), new Set(['a', 'b']))
      assert.equal(links()['a→b'], 1, 'the other end is asked, and would say so')
    })
  })

  describe('links that are down', () => {
    it('regression: has no link that one end calls down, whatever the other says of it, until that end takes it back', () => {
      map.set('a', 'b', view(20_000))
      map.set('b', 'a', view(20_000))
      map.setDown('a', 'b', true)
      map.set('b', 'a', view(1))
      assert.deepEqual(links(), {})
      map.setDown('a', 'b', false)
      map.set('a', 'b', view(20_000))
      assert.equal(links()['a→b'], 20_000)
    })

    it('regression: forgets nothing that the other end has said when one end calls a link down and up again', () => {
      map.set('a', 'b', view(20_000))
      map.set('b', 'a', view(1))
      map.setDown('b', 'a', true)
      map.setDown('b', 'a', false)
      map.set('b', 'a', view(1))
      assert.equal(links()['a→b'], 20_000)
    })

    it('goes by the other end when one says nothing more of a link that it has called down, or is gone', () => {
      map.set('b', 'a', view(20_000))
      map.setDown('a', 'b', true)
      map.retain('a', new Set(['b']))
      assert.deepEqual(links(), {})
      map.retain('a', new Set())
      assert.deepEqual(links(), { 'a→b': 20_000, 'b→a': 20_000 })
      map.setDown('c', 'b', true)
      map.removeNode('c')
      map.addNode('c')
      map.set('b', 'c', view(10_000))
      assert.equal(links()['b→c'], 10_000)
    })

    it('listens to no stranger, and to 512 of them at the most', () => {
      map.setDown('x', 'a', true)
      for (let i = 0; i < 600; i++) {
        map.setDown('a', `n${i}`, true)
      }
      map.setDown('a', 'b', true)
      map.set('b', 'a', view(10_000))
      map.addNode('x')
      map.set('x', 'a', view(10_000))
      assert.deepEqual(Object.keys(links()).sort(), ['a→b', 'a→x', 'b→a', 'x→a'])
    })
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
      map.setClosed('a', 'b', false)
      assert.deepEqual(links(), {})
      map.setClosed('b', 'a', false)
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
