import assert from 'node:assert/strict'
import fc from 'fast-check'
import { WatchList } from '../../src/forwarder/watch-list.ts'

const LIMITS = { maxRsps: 2, maxRspsPerPrefix: 2, maxTargetsPerRsp: 3, maxTargets: 4 }
const sorted = (values: Iterable<string> | undefined): string[] => [...values ?? []].sort()

describe('watch list', () => {
  let list: WatchList

  beforeEach(() => {
    list = new WatchList(LIMITS)
  })

  it('wants what any RSP asks for, and measures what one of them wants measured', () => {
    list.set('one', ['a', 'b'], true, 100)
    list.set('two', ['b', 'c'], false, 100)
    assert.deepEqual([...list.wanted()].sort(), [['a', false], ['b', true], ['c', true]])
    list.set('two', ['c'], false, 100)
    assert.equal(list.wanted().get('b'), false)
  })

  it('replaces what an RSP had asked for', () => {
    list.set('one', ['a', 'b', 'c'], false, 100)
    assert.deepEqual(sorted(list.set('one', ['d'], false, 100)), ['d'])
    assert.deepEqual(sorted(list.wanted().keys()), ['d'])
  })

  it('has room for so many RSPs of one address prefix, and goes on having room for others', () => {
    const crowded = new WatchList({ ...LIMITS, maxRsps: 4, maxRspsPerPrefix: 2 })
    const taken = ['a', 'b', 'c', 'a'].map((rsp) => crowded.set(rsp, [rsp], false, 100, 'crowd') !== undefined)
    assert.deepEqual(taken, [true, true, false, true])
    assert.ok(crowded.set('honest', ['x'], false, 100, 'elsewhere') !== undefined)
    crowded.expire(100)
    assert.ok(crowded.set('c', ['c'], false, 200, 'crowd') !== undefined)
    assert.deepEqual(['d', 'e', 'f'].map((rsp) => crowded.set(rsp, [rsp], false, 200) !== undefined), [true, true, true])
  })

  it('takes the first so many of one RSP, counting none twice', () => {
    assert.deepEqual(sorted(list.set('one', ['a', 'a', 'b', 'c', 'd'], false, 100)), ['a', 'b', 'c'])
  })

  it('takes so many in all, each RSP\'s first wishes first, and what is watched already besides', () => {
    assert.deepEqual(sorted(list.set('one', ['a', 'b', 'c'], false, 100)), ['a', 'b', 'c'])
    assert.deepEqual(sorted(list.set('two', ['d', 'e', 'a'], false, 100)), ['a', 'd', 'e'])
    assert.deepEqual(sorted(list.wanted().keys()), ['a', 'b', 'd', 'e'])
  })

  it('gives an RSP that asks for little all of it, however much others ask for', () => {
    const large = new WatchList({ maxRsps: 8, maxRspsPerPrefix: 8, maxTargetsPerRsp: 100, maxTargets: 100 })
    for (const rsp of ['one', 'two', 'three']) {
      large.set(rsp, Array.from({ length: 100 }, (_, at) => `${rsp}-${at}`), false, 100)
    }
    const few = ['x', 'y', 'z']
    assert.deepEqual(sorted(large.set('late', few, false, 100)), few)
    const given = ['one', 'two', 'three'].map((rsp) => [...large.wanted().keys()].filter((target) => target.startsWith(`${rsp}-`)).length)
    assert.ok(Math.max(...given) - Math.min(...given) <= 1, given.join())
  })

  it('has room for so many RSPs, of which one may always ask again', () => {
    list.set('one', ['a'], false, 100)
    list.set('two', ['b'], false, 100)
    assert.equal(list.set('three', ['c'], false, 100), undefined)
    assert.deepEqual(sorted(list.set('two', ['c'], false, 100)), ['c'])
    assert.deepEqual([list.rsps, list.has('three')], [2, false])
    list.remove('one')
    assert.deepEqual(sorted(list.set('three', ['d'], false, 100)), ['d'])
  })

  it('forgets what is not refreshed', () => {
    list.set('one', ['a'], false, 100)
    list.set('two', ['b'], false, 200)
    assert.equal(list.expire(99), false)
    assert.equal(list.expire(100), true)
    assert.deepEqual(sorted(list.wanted().keys()), ['b'])
  })

  it('stays within its limits whatever is asked', () => {
    const request = fc.record({ rsp: fc.constantFrom('one', 'two', 'three'), targets: fc.array(fc.constantFrom(...'abcdefgh'), { maxLength: 12 }) })
    fc.assert(fc.property(fc.array(request, { maxLength: 20 }), (requests) => {
      const list = new WatchList(LIMITS)
      for (const { rsp, targets } of requests) {
        const accepted = list.set(rsp, targets, false, 1)
        assert.ok((accepted?.size ?? 0) <= LIMITS.maxTargetsPerRsp && list.rsps <= LIMITS.maxRsps && list.wanted().size <= LIMITS.maxTargets)
        assert.ok([...accepted ?? []].every((target) => targets.includes(target)))
      }
    }))
  })
})
