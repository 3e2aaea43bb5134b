import assert from 'node:assert/strict'
import { CopyingSelector, StripingSelector, selectorOf } from '../../src/host/spreading-selector.ts'
import { SteadySelector } from '../../src/host/steady-selector.ts'
import { pathSelectorCompliance } from '../compliance/path-selector.ts'
import type { RouteState } from '../../src/host/path-selector.ts'

pathSelectorCompliance('copying selector', (init) => new CopyingSelector(new SteadySelector(init)))
pathSelectorCompliance('striping selector', (init) => new StripingSelector(new SteadySelector(init)))

function route (id: string, rttMs: number, overrides: Partial<RouteState> = {}): RouteState {
  const isDefault = id === 'default'
  return { id, isDefault, forwarders: isDefault ? [] : [id], alive: true, isSuspect: false, rttMs, rttErrorMs: 0, quietRttMs: rttMs, quietErrorMs: 0, samples: 10, loss: 0, outcomes: 256, ...overrides }
}

const beside = (spread: 'single' | 'copies' | 'stripes', routes: RouteState[]): string[] => selectorOf({ spread }).decide(routes, 0).also.map(({ id }) => id)

describe('spreading selectors', () => {
  it('use one route unless told otherwise', () => {
    assert.deepEqual(selectorOf().decide([route('default', 50), route('a', 20), route('b', 21)], 0).also, [])
    assert.deepEqual(beside('single', [route('default', 50), route('a', 20), route('b', 21)]), [])
  })

  it('send copies over the backup', () => {
    assert.deepEqual(beside('copies', [route('default', 50), route('a', 20), route('b', 21)]), ['b'])
    assert.deepEqual(beside('copies', [route('default', 50), route('a', 20), route('b', 21, { forwarders: ['a', 'c'] })]), ['default'])
    assert.deepEqual(beside('copies', [route('default', 50)]), [])
  })

  for (const { title, atMs, b, expected } of [
    { title: 'regression: go on sending copies over another path while paths are held off, as the first has just become slower', atMs: 100, b: {}, expected: ['b'] },
    { title: 'regression: send copies also over the path that became slower itself, which delivers', atMs: 100, b: { alive: false }, expected: ['a'] },
    { title: 'send no copies over a path that is suspect', atMs: 100, b: { isSuspect: true, rttMs: 1 }, expected: ['a'] }
  ]) {
    it(title, () => {
      const selector = selectorOf({ spread: 'copies' })
      const others = [route('default', 50), route('b', 45, b)]
      assert.equal(selector.decide([...others, route('a', 40)], 0).route?.id, 'a')
      assert.equal(selector.decide([...others, route('a', 56, { lagMs: 6 })], 50).cause, 'fell-behind')
      const { route: used, cause, also } = selector.decide([...others, route('a', 56)], atMs)
      assert.deepEqual([used?.id, cause, also.map(({ id }) => id)], ['default', 'held-off', expected])
    })
  }

  it('send no copies over a path that has failed, until it is held off no more', () => {
    const selector = selectorOf({ spread: 'copies' })
    const copies = (nowMs: number, alive: boolean): string[] => selector.decide([route('default', 50), route('a', 20, { alive })], nowMs).also.map(({ id }) => id)
    assert.deepEqual([copies(0, true), copies(50, false), copies(100, true), copies(3_100, true)], [['default'], [], [], ['default']])
  })

  it('stripe over at most three routes that are about as fast and share no forwarder', () => {
    assert.deepEqual(beside('stripes', [route('default', 50), route('a', 20), route('b', 24), route('c', 31), route('d', 22), route('e', 23)]), ['d', 'e'])
    assert.deepEqual(beside('stripes', [route('default', 50), route('a', 20), route('b', 24, { forwarders: ['a', 'x'] }), route('c', 31)]), [])
    assert.deepEqual(beside('stripes', [route('default', 29), route('a', 20), route('b', 22, { forwarders: ['x'] }), route('c', 23, { forwarders: ['x', 'y'] })]), ['b', 'default'])
  })

  it('regression: stripe over no route that loses more than it gains, nor over one that has failed lately', () => {
    const routes = (b: Partial<RouteState> = {}): RouteState[] => [route('default', 50), route('a', 20), route('b', 21, b)]
    assert.deepEqual(beside('stripes', routes({ loss: 0.1 })), [])
    assert.deepEqual(selectorOf({ spread: 'stripes', msPerLossPercent: 0 }).decide(routes({ loss: 0.1 }), 0).also.map(({ id }) => id), ['b'])
    assert.deepEqual(beside('stripes', routes({ samples: 3 })), [])
    const selector = selectorOf({ spread: 'stripes' })
    const stripes = (nowMs: number, a: Partial<RouteState>): string[] => selector.decide([route('default', 50), route('a', 20, a), route('b', 21)], nowMs).also.map(({ id }) => id)
    assert.deepEqual([stripes(0, {}), stripes(50, { alive: false }), stripes(100, {}), stripes(3_100, {})], [['b'], [], [], ['a']])
  })

  it('stripe over no route that is dead, suspect or not measured', () => {
    assert.deepEqual(beside('stripes', [route('default', 50), route('a', 20), route('b', 21, { alive: false }), route('c', 21, { isSuspect: true }), route('d', 21, { samples: 0 })]), [])
  })
})
