// What every implementation of PathSelector must do, whatever it adds.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { areDisjoint } from '../../src/host/path-selector.ts'
import type { PathSelector, PathSelectorInit, RouteState } from '../../src/host/path-selector.ts'

const FORWARDERS = ['f', 'g', 'h', 'i']

const anyRoutes: fc.Arbitrary<RouteState[]> = fc.uniqueArray(fc.record({
  forwarders: fc.uniqueArray(fc.constantFrom(...FORWARDERS), { maxLength: 2 }),
  alive: fc.boolean(),
  isSuspect: fc.boolean(),
  rttMs: fc.double({ min: 0, max: 300, noNaN: true }),
  rttErrorMs: fc.double({ min: 0, max: 5, noNaN: true }),
  quietRttMs: fc.double({ min: 0, max: 300, noNaN: true }),
  quietErrorMs: fc.double({ min: 0, max: 5, noNaN: true }),
  samples: fc.nat(8),
  loss: fc.constantFrom(0, 0, 0.01, 0.1),
  outcomes: fc.nat(256)
}).map((route) => {
  const isDefault = route.forwarders.length === 0
  return { ...route, isDefault, id: isDefault ? 'default' : route.forwarders.join() }
}), { selector: ({ id }) => id, maxLength: 7 })

/** States of the routes of one channel, one after the other, 50 to 5,000 ms apart. */
const anyHistory = fc.array(fc.record({ routes: anyRoutes, afterMs: fc.integer({ min: 50, max: 5_000 }) }), { minLength: 1, maxLength: 30 })

export function pathSelectorCompliance (name: string, create: (init?: PathSelectorInit) => PathSelector): void {
  const holds = (check: (routes: RouteState[], decision: ReturnType<PathSelector['decide']>, before: RouteState | undefined) => void): void => {
    fc.assert(fc.property(anyHistory, fc.boolean(), (history, preferPath) => {
      const selector = create({ preferPath })
      let nowMs = 0
      let before: RouteState | undefined
      for (const { routes, afterMs } of history) {
        nowMs += afterMs
        const decision = selector.decide(routes, nowMs)
        check(routes, decision, before)
        before = decision.route
      }
    }), { seed: 1, numRuns: 300 })
  }

  describe(`${name} as a path selector`, () => {
    it('uses only routes that there are, and that answer', () => {
      holds((routes, { route, backup, also }) => {
        for (const used of [route, backup, ...also]) {
          assert.ok(used === undefined || (used.alive && routes.includes(used)))
        }
      })
    })

    it('uses the default route where it answers and no path does', () => {
      holds((routes, { route }) => {
        const fallback = routes.find(({ isDefault, alive }) => isDefault && alive)
        if (fallback !== undefined && routes.every(({ isDefault, alive }) => isDefault || !alive)) {
          assert.equal(route, fallback)
        }
      })
    })

    it('uses some path where the default route does not answer, and a path that was measured does', () => {
      holds((routes, { route }) => {
        if (!routes.some(({ isDefault, alive }) => isDefault && alive) && routes.some(({ isDefault, alive, samples }) => !isDefault && alive && samples >= 4)) {
          assert.equal(route?.isDefault, false)
        }
      })
    })

    it('has a backup that shares no forwarder with the route in use, and one at all where the default route answers', () => {
      holds((routes, { route, backup }) => {
        assert.ok(backup === undefined || (route !== undefined && backup !== route && areDisjoint(route, backup)))
        assert.ok(route === undefined || route.isDefault || backup !== undefined || !routes.some(({ isDefault, alive }) => isDefault && alive))
      })
    })

    it('moves to no path that is suspect, or that was not measured, while the default route answers', () => {
      holds((routes, { route }, before) => {
        if (route !== undefined && !route.isDefault && route.id !== before?.id && routes.some(({ isDefault, alive }) => isDefault && alive)) {
          assert.ok(!route.isSuspect && route.samples >= 4)
        }
      })
    })

    it('lists the routes that it uses beside the first once each', () => {
      holds((routes, { route, also }) => {
        const used = [route, ...also].map((each) => each?.id)
        assert.equal(new Set(used).size, used.length)
      })
    })

    it('decides the same when nothing has changed', () => {
      fc.assert(fc.property(anyRoutes, (routes) => {
        const selector = create()
        const first = selector.decide(routes, 0)
        assert.equal(selector.decide(routes, 0).route, first.route)
      }), { seed: 1 })
    })

    it('says why', () => {
      holds((_routes, { reason, cause }) => { assert.ok(reason.length > 0 && cause.length > 0) })
    })
  })
}
