import assert from 'node:assert/strict'
import { SteadySelector } from '../../src/host/steady-selector.ts'
import { pathSelectorCompliance } from '../compliance/path-selector.ts'
import type { PathSelectorInit, RouteState } from '../../src/host/path-selector.ts'

/** All settings stated, so that a change of a default is a change of one test only. */
const SETTINGS = { gainMs: 5, gainShare: 0.05, switchMs: 4, switchShare: 0.1, holdMs: 3_000, minSamples: 4, msPerLossPercent: 20 }

function route (id: string, rttMs: number, overrides: Partial<RouteState> = {}): RouteState {
  return { id, isDefault: id === 'default', forwarders: id === 'default' ? [] : [id], alive: true, isSuspect: false, rttMs, rttErrorMs: 0, quietRttMs: rttMs, quietErrorMs: 0, samples: 10, loss: 0, outcomes: 256, ...overrides }
}

const fallback = (rttMs: number, overrides: Partial<RouteState> = {}): RouteState => route('default', rttMs, overrides)
const path = (rttMs: number, overrides: Partial<RouteState> = {}): RouteState => route('a', rttMs, overrides)
const rival = (rttMs: number, overrides: Partial<RouteState> = {}): RouteState => route('b', rttMs, overrides)

/** Three standard errors of a difference are 21 ms, of what is quiet 4 ms. */
const BUSY = { rttErrorMs: 5, quietErrorMs: 1 }

interface Step {
  atMs?: number
  routes: RouteState[]
  uses: string | undefined
  reason?: RegExp
}

const BEHAVIOURS: Array<{ title: string, settings?: PathSelectorInit, steps: Step[] }> = [{
  title: 'uses the default route while no path is known',
  steps: [{ routes: [fallback(50)], uses: 'default', reason: /no path has been measured yet/ }]
}, {
  title: 'takes a path that is measured to be faster, and says by how much',
  steps: [{ routes: [fallback(50), path(30)], uses: 'a', reason: /20\.0 ms faster/ }]
}, {
  title: 'keeps the default route when the gain is under 5 ms',
  steps: [{ routes: [fallback(50), path(45.1)], uses: 'default', reason: /no path is faster/ }]
}, {
  title: 'keeps the default route when the gain is over 5 ms but under 5 % of it',
  steps: [{ routes: [fallback(200), path(191)], uses: 'default' }, { routes: [fallback(200), path(189)], uses: 'a' }]
}, {
  title: 'does not trust a path of which fewer than four echoes came back',
  steps: [
    { routes: [fallback(50), path(10, { samples: 3 })], uses: 'default' },
    { routes: [fallback(50), path(10, { samples: 4 })], uses: 'a' }
  ]
}, {
  title: 'does not leave a default route that has not been measured',
  steps: [{ routes: [fallback(0, { samples: 0 }), path(10)], uses: 'default', reason: /not measured yet/ }]
}, {
  title: 'takes the best of several paths',
  steps: [{ routes: [fallback(50), path(30), rival(20)], uses: 'b' }]
}, {
  title: 'keeps the path in use when another one is faster by less than 4 ms',
  steps: [
    { routes: [fallback(90), path(30), rival(35)], uses: 'a' },
    { atMs: 60_000, routes: [fallback(90), path(30), rival(26.1)], uses: 'a', reason: /60\.0 ms faster than the default/ }
  ]
}, {
  title: 'keeps the path in use when another one is faster by more than 4 ms but less than a tenth',
  steps: [
    { routes: [fallback(190), path(100), rival(110)], uses: 'a' },
    { atMs: 60_000, routes: [fallback(190), path(100), rival(91)], uses: 'a' },
    { atMs: 60_000, routes: [fallback(190), path(100), rival(89)], uses: 'b', reason: /faster than the path before/ }
  ]
}, {
  title: 'holds a path for three seconds even when a much better one appears',
  steps: [
    { atMs: 1_000, routes: [fallback(90), path(50), rival(60)], uses: 'a' },
    { atMs: 3_900, routes: [fallback(90), path(50), rival(20)], uses: 'a' },
    { atMs: 4_000, routes: [fallback(90), path(50), rival(20)], uses: 'b' }
  ]
}, {
  title: 'measures the holding time from the last change',
  steps: [
    { atMs: 0, routes: [fallback(90), path(50)], uses: 'a' },
    { atMs: 5_000, routes: [fallback(90), path(50), rival(20)], uses: 'b' },
    { atMs: 7_000, routes: [fallback(90), path(10), rival(20)], uses: 'b' },
    { atMs: 8_000, routes: [fallback(90), path(10), rival(20)], uses: 'a' }
  ]
}, {
  title: 'stays on a path whose gain has shrunk under 5 ms, so that noise moves nobody',
  steps: [
    { routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 1_000, routes: [fallback(50), path(48)], uses: 'a' }
  ]
}, {
  title: 'returns to the default route as soon as the path is slower than it, holding time or not',
  steps: [
    { routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(51)], uses: 'default', reason: /no faster any more/ }
  ]
}, {
  title: 'changes to another path at once when the one in use falls behind the default route',
  steps: [
    { routes: [fallback(50), path(30), rival(32)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(70), rival(32)], uses: 'b', reason: /fell behind/ }
  ]
}, {
  title: 'leaves a dead path at once for another one that gains',
  steps: [
    { routes: [fallback(50), path(30), rival(32)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(30, { alive: false }), rival(32)], uses: 'b', reason: /another one is ready/ }
  ]
}, {
  title: 'leaves a dead path at once for the default route when no other path gains',
  steps: [
    { routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(30, { alive: false }), rival(49)], uses: 'default', reason: /path in use failed/ }
  ]
}, {
  title: 'leaves a path that nobody offers any more',
  steps: [{ routes: [fallback(50), path(30)], uses: 'a' }, { atMs: 10, routes: [fallback(50)], uses: 'default' }]
}, {
  title: 'regression: a path in use that was forgotten and is offered anew must be measured again before it is used',
  steps: [
    { routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(0, { samples: 0, outcomes: 0 }), rival(35)], uses: 'b' }
  ]
}, {
  title: 'uses the best path when the default route is dead, however slow it is',
  steps: [{ routes: [fallback(50, { alive: false }), path(300), rival(200)], uses: 'b', reason: /default route does not answer/ }]
}, {
  title: 'uses the best path when there is no default route',
  steps: [{ routes: [path(300), rival(200)], uses: 'b' }]
}, {
  title: 'keeps the path in use without a default route, too, unless another one is clearly better',
  steps: [
    { atMs: 0, routes: [path(100)], uses: 'a' },
    { atMs: 9_000, routes: [path(100), rival(95)], uses: 'a' },
    { atMs: 9_000, routes: [path(100), rival(50)], uses: 'b' }
  ]
}, {
  title: 'returns to the default route when it answers again and no path gains',
  steps: [
    { routes: [fallback(50, { alive: false }), path(60)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(60)], uses: 'default' }
  ]
}, {
  title: 'uses nothing when nothing answers',
  steps: [
    { routes: [fallback(50), path(30)], uses: 'a' },
    { routes: [fallback(50, { alive: false }), path(30, { alive: false })], uses: undefined, reason: /neither/ }
  ]
}, {
  title: 'counts one percent of loss like 20 ms where it is known well',
  steps: [
    { routes: [fallback(50, { outcomes: 1e6 }), path(30, { loss: 0.0102, outcomes: 1e6 })], uses: 'default' },
    { routes: [fallback(50, { outcomes: 1e6 }), path(30, { loss: 0.007, outcomes: 1e6 })], uses: 'a' }
  ]
}, {
  title: 'counts loss as the caller weighs it',
  settings: { msPerLossPercent: 1 },
  steps: [{ routes: [fallback(50), path(30, { loss: 0.03 })], uses: 'a' }]
}, {
  title: 'regression: lost echoes move nobody as long as they may be chance',
  steps: [
    { routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(30, { loss: 1 / 10, outcomes: 10 })], uses: 'a' },
    { atMs: 20, routes: [fallback(50), path(30, { loss: 1 / 64, outcomes: 64 })], uses: 'a' },
    { atMs: 30, routes: [fallback(50), path(30, { loss: 3 / 64, outcomes: 64 })], uses: 'a' },
    { atMs: 40, routes: [fallback(50, { loss: 4 / 256 }), path(30, { loss: 16 / 256 })], uses: 'a' },
    { atMs: 50, routes: [fallback(50), path(30, { loss: 32 / 256 })], uses: 'default' }
  ]
}, {
  title: 'uses the best path even where the default route is faster when paths are preferred',
  settings: { preferPath: true },
  steps: [
    { routes: [fallback(10), path(30), rival(40)], uses: 'a', reason: /preferred/ },
    { routes: [fallback(10), path(30, { alive: false }), rival(40)], uses: 'b' },
    { routes: [fallback(10), path(30, { alive: false }), rival(40, { alive: false })], uses: 'default' }
  ]
}]

pathSelectorCompliance('steady selector', (init) => new SteadySelector(init))

BEHAVIOURS.push({
  title: 'keeps a path out for three seconds after it stopped answering, then six, so that one that comes and goes does not take the flow with it',
  steps: [
    { atMs: 0, routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(30, { alive: false })], uses: 'default' },
    { atMs: 3_000, routes: [fallback(50), path(30)], uses: 'default', reason: /kept out for a while/ },
    { atMs: 3_010, routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 3_100, routes: [fallback(50), path(30, { alive: false })], uses: 'default' },
    { atMs: 9_000, routes: [fallback(50), path(30)], uses: 'default' },
    { atMs: 9_100, routes: [fallback(50), path(30)], uses: 'a' }
  ]
}, {
  title: 'forgives a path that was good for long',
  steps: [
    { atMs: 0, routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(51)], uses: 'default' },
    { atMs: 3_010, routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 310_000, routes: [fallback(50), path(51)], uses: 'default' },
    { atMs: 313_000, routes: [fallback(50), path(30)], uses: 'a' }
  ]
}, {
  title: 'uses a path that was left where nothing else answers',
  steps: [
    { atMs: 0, routes: [fallback(50), path(30)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(51)], uses: 'default' },
    { atMs: 20, routes: [fallback(50, { alive: false }), path(51)], uses: 'a', reason: /default route does not answer/ }
  ]
}, {
  title: 'goes over no forwarder of a path that failed before the routes over it have answered',
  steps: [
    { atMs: 0, routes: [fallback(50), path(20, { forwarders: ['f', 'g'] }), rival(25, { forwarders: ['f', 'h'] })], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(20, { forwarders: ['f', 'g'], alive: false }), rival(25, { forwarders: ['f', 'h'], isSuspect: true })], uses: 'default' },
    { atMs: 60, routes: [fallback(50), path(20, { forwarders: ['f', 'g'], alive: false }), rival(25, { forwarders: ['f', 'h'] })], uses: 'b' }
  ]
}, {
  title: 'stays on a path in use that is only suspect',
  steps: [
    { atMs: 0, routes: [fallback(50), path(20)], uses: 'a' },
    { atMs: 10, routes: [fallback(50), path(20, { isSuspect: true })], uses: 'a' }
  ]
}, {
  title: 'asks for more gain where the measurements are noisy',
  steps: [
    { routes: [fallback(50, { rttErrorMs: 3, quietErrorMs: 3 }), path(38, { rttErrorMs: 3, quietErrorMs: 3 })], uses: 'default' },
    { routes: [fallback(50, { rttErrorMs: 3, quietErrorMs: 3 }), path(37, { rttErrorMs: 3, quietErrorMs: 3 })], uses: 'a' }
  ]
}, {
  title: 'takes a path whose gain shows where no process is busy, when the rest is noise and does not contradict',
  steps: [
    { routes: [fallback(60, { ...BUSY, quietRttMs: 50 }), path(45, { ...BUSY, quietRttMs: 38 })], uses: 'a' }
  ]
}, {
  title: 'regression: takes the path that costs less with what is held against it, and compares the default route without',
  steps: [
    { routes: [fallback(90), path(30, { surchargeMs: 30 }), rival(50)], uses: 'b', reason: /40\.0 ms faster than the default/ },
    { atMs: 60_000, routes: [fallback(90), path(19, { surchargeMs: 30 }), rival(50)], uses: 'b' },
    { atMs: 60_001, routes: [fallback(90), path(5, { surchargeMs: 30 }), rival(50)], uses: 'a', reason: /45\.0 ms faster than the path before/ }
  ]
}, {
  title: 'regression: moves to a slower path that the query prefers, and says why',
  steps: [
    { routes: [fallback(90), path(30, { surchargeMs: 1e9 })], uses: 'a' },
    { atMs: 3_000, routes: [fallback(90), path(30, { surchargeMs: 1e9 }), rival(50)], uses: 'b', reason: /worth more than the path before/ }
  ]
}, {
  title: 'takes no path that gains only where no process is busy',
  steps: [
    { routes: [fallback(60, { ...BUSY, quietRttMs: 50 }), path(57, { ...BUSY, quietRttMs: 38 })], uses: 'default' }
  ]
}, {
  title: 'stays on a path that seems slower by noise while it gains where no process is busy',
  steps: [
    { routes: [fallback(60), path(40)], uses: 'a' },
    { atMs: 10, routes: [fallback(60, { ...BUSY, quietRttMs: 50 }), path(64.9, { ...BUSY, quietRttMs: 38 })], uses: 'a' },
    { atMs: 20, routes: [fallback(60, { ...BUSY, quietRttMs: 50 }), path(64.9, { ...BUSY, quietRttMs: 48 })], uses: 'default' }
  ]
}, {
  title: 'leaves a path that is slower by more than noise, however fast it is where no process is busy',
  steps: [
    { routes: [fallback(60), path(40)], uses: 'a' },
    { atMs: 10, routes: [fallback(60, { ...BUSY, quietRttMs: 50 }), path(85, { ...BUSY, quietRttMs: 38 })], uses: 'default' }
  ]
}, {
  title: 'regression: leaves a path that is slower by more than 5 ms, however much its own scatter would excuse',
  steps: [
    { routes: [fallback(60), path(40)], uses: 'a' },
    { atMs: 10, routes: [fallback(60, { ...BUSY, quietRttMs: 50 }), path(65.1, { ...BUSY, quietRttMs: 38 })], uses: 'default' }
  ]
}, {
  title: 'regression: leaves a path that loses more, however fast it is where no process is busy',
  steps: [
    { routes: [fallback(60), path(40)], uses: 'a' },
    { atMs: 10, routes: [fallback(60, { ...BUSY, quietRttMs: 50, outcomes: 1e6 }), path(60, { ...BUSY, quietRttMs: 38, loss: 0.01, outcomes: 1e6 })], uses: 'default' }
  ]
})

describe('steady selector', () => {
  for (const { title, settings, steps } of BEHAVIOURS) {
    it(title, () => {
      const selector = new SteadySelector({ ...SETTINGS, ...settings })
      steps.forEach(({ atMs = 0, routes, uses, reason }, i) => {
        const decision = selector.decide(routes, atMs)
        assert.equal(decision.route?.id, uses, `step ${i + 1}: ${decision.reason}`)
        assert.match(decision.reason, reason ?? /./, `step ${i + 1}`)
      })
    })
  }

  for (const { title, routes, backup } of [
    { title: 'has the best path that shares no forwarder with the one in use as its backup', routes: [fallback(50), path(20, { forwarders: ['f', 'g'] }), rival(22, { forwarders: ['f', 'h'] }), route('c', 30)], backup: 'c' },
    { title: 'has the default route as its backup where such a path does not gain', routes: [fallback(50), path(20), rival(51)], backup: 'default' },
    { title: 'on the default route has the best path as its backup', routes: [fallback(20), path(21), rival(30)], backup: 'a' }
  ]) {
    it(title, () => { assert.equal(new SteadySelector(SETTINGS).decide(routes, 0).backup?.id, backup) })
  }

  it('leaves the default route for a gain of more than 1 ms and 1 % unless told otherwise', () => {
    assert.equal(new SteadySelector().decide([fallback(50), path(49.1)], 0).route?.id, 'default')
    assert.equal(new SteadySelector().decide([fallback(50), path(48.9)], 0).route?.id, 'a')
    assert.equal(new SteadySelector().decide([fallback(200), path(198.1)], 0).route?.id, 'default')
  })
})
