import assert from 'node:assert/strict'
import { BywayError, NotFoundError, OverQuotaError, UnavailableError } from '../../protocols/errors.ts'
import { isNoRoute } from '../../src/cli/exit-codes.ts'
import { complaint, msText, percentText, priceText, printable, rateText, table } from '../../src/cli/output.ts'
import { tickText } from '../../src/cli/ping.ts'
import { routeText } from '../../src/cli/route.ts'
import { routeToTrace, traceText } from '../../src/cli/trace.ts'
import type { RouteStatus } from '../../src/host/channel-status.ts'
import type { PingTick } from '../../src/cli/ping-session.ts'

const NOW = Date.parse('2026-11-01T12:00:00Z')
/** What an RSP says of a path, without whose it is. */
const OFFER = {
  predictedRttMs: 42,
  marginMs: 1.5,
  loss: 0.01,
  lossMargin: 0.004,
  jitterMs: 0.3,
  bytesPerSecond: 12_500_000,
  bytesPerSecondMargin: 1_000_000,
  load: 0.2,
  price: null,
  confidence: 0.81,
  dataAgeMs: 65_000
}

const tick: PingTick = {
  tick: 7,
  destination: 'destination',
  defaultRttMs: 80.25,
  chosen: { rsp: '12D3KooWrsp123', path: ['12D3KooWaaaaaa'], measuredRttMs: 42.11, predictedRttMs: 41, route: 'via aaaaaa (RSP rsp123, −38.1 ms)' },
  answered: true,
  switches: []
}

function route (init: Partial<RouteStatus>): RouteStatus {
  return {
    id: 'x', isDefault: false, isActive: false, isBackup: false, rsp: 'rsp', path: ['a'], alive: true, measuredRttMs: 10, jitterMs: 0, loss: 0, answered: 9, predictedRttMs: 10, confidence: 1, ...init
  }
}

describe('texts for people', () => {
  it('show numbers with as many digits as they are worth', () => {
    assert.deepEqual([msText(1.234), msText(123.456), msText(0), msText(null)], ['1.23 ms', '123.5 ms', '0.00 ms', '–'])
    assert.deepEqual([rateText(0), rateText(20), rateText(12_500_000), rateText(200_000_000), rateText(2 ** 31), rateText(null)], ['0 bit/s', '160 bit/s', '100 Mbit/s', '1.6 Gbit/s', '17.2 Gbit/s', '–'])
    assert.deepEqual([priceText(50_000), priceText(0), priceText(null)], ['0.05', '0', '–'])
    assert.deepEqual([percentText(0), percentText(0.0123), percentText(0.5)], ['0 %', '1.2 %', '50 %'])
  })

  it('align columns', () => {
    assert.deepEqual(table([['a', 'b'], ['long', 'c']]), ['a     b', 'long  c'])
  })

  it('show the default and the chosen route side by side, and each switch before it', () => {
    assert.deepEqual(tickText(tick), ['  7 default 80.3 ms   chosen 42.1 ms of RSP rsp123   via aaaaaa (RSP rsp123, −38.1 ms)'])
    const switched = tickText({ ...tick, switches: [{ route: 'default (no path is faster)', reason: 'no path is faster' }, { route: 'via bbbbbb', reason: 'measured 3 ms faster' }] })
    assert.deepEqual(switched.slice(0, 2), ['    now default (no path is faster)', '    now via bbbbbb: measured 3 ms faster'])
    assert.match(tickText({ ...tick, answered: false })[0], /chosen no answer/)
  })

  it('show offers, failures, and what short ids stand for', () => {
    const lines = routeText({
      destination: 'dest',
      default: { rttMs: 80 },
      offers: [{ rsp: '12D3KooWrsp111', kind: 'reports', path: ['12D3KooWaaaaaa', '12D3KooWbbbbbb'], ...OFFER, expiresAt: new Date(NOW + 60_000).toISOString() }],
      failures: [{ rsp: '12D3KooWrsp222', kind: 'surveys', error: 'no link is known yet' }]
    }, NOW)
    assert.ok(lines.includes('default route: 80.0 ms'))
    assert.ok(lines.includes('rsp111  reports  aaaaaa → bbbbbb  42.0 ms ± 1.50 ms  1.0 %  12.5 MB/s  20 %  81 %        1 min 5 s  in 60 s'))
    assert.ok(lines.includes('RSP rsp222 (surveys): no link is known yet'))
    assert.ok(lines.includes('  bbbbbb  12D3KooWbbbbbb'))
  })

  it('show why there is no route at all', () => {
    const lines = routeText({ destination: 'dest', default: { rttMs: null, error: 'refused' }, offers: [], failures: [], error: 'nobody knows dest' }, NOW)
    assert.deepEqual(lines, ['to dest', 'default route: none (refused)', '', 'no RSP was asked: nobody knows dest'])
  })

  it('show what each hop adds, and where nothing came back', () => {
    const lines = traceText({
      destination: 'dest',
      path: ['a', 'b'],
      rsp: null,
      hops: [
        { id: 'a', role: 'forwarder', rttMs: 10, hopMs: 10 },
        { id: 'b', role: 'forwarder', rttMs: 9.5, hopMs: -0.5 },
        { id: 'dest', role: 'destination', rttMs: null, hopMs: null }
      ]
    })
    assert.deepEqual(lines.slice(-3), ['1  forwarder    a     10.0 ms    +10.0 ms', '2  forwarder    b     9.50 ms    −0.50 ms', '3  destination  dest  –          –'])
  })
})

describe('route to trace', () => {
  const fallback = route({ id: 'default', isDefault: true, isActive: true, path: [] })

  it('is the one in use, when that is a path', () => {
    const active = route({ id: 'slow', isActive: true, measuredRttMs: 90 })
    assert.equal(routeToTrace({ active, routes: [fallback, active, route({ id: 'fast' })] }), active)
  })

  it('is the fastest living path while the default route is in use', () => {
    const routes = [fallback, route({ id: 'slow', measuredRttMs: 90 }), route({ id: 'dead', alive: false, measuredRttMs: 1 }), route({ id: 'fast', measuredRttMs: 20 }), route({ id: 'unmeasured', measuredRttMs: null })]
    assert.equal(routeToTrace({ active: fallback, routes })?.id, 'fast')
  })

  it('is the default route where no path lives', () => {
    assert.equal(routeToTrace({ active: fallback, routes: [fallback, route({ alive: false })] }), fallback)
  })
})

describe('errors on the command line', () => {
  class Ours extends BywayError {
    readonly code = 'OURS'
  }

  it('are their message; faults of others also say how to learn more', () => {
    assert.equal(complaint(new Ours('do this'), {}), 'do this')
    assert.match(complaint(new TypeError('x is not a function'), {}), /^x is not a function \(set DEBUG=byway:\* /)
    assert.equal(complaint('a string', { DEBUG: '' }), 'a string (set DEBUG=byway:* to see where this comes from)')
    assert.match(complaint(new Ours('do this'), { DEBUG: '*' }), /^do this\n.*\n\s+at /)
  })

  it('tell a destination that cannot be reached from everything else', () => {
    assert.deepEqual([new NotFoundError('x'), new UnavailableError('x'), new OverQuotaError('x'), new Error('x')].map(isNoRoute), [true, true, false, false])
  })

  it('quote other nodes without what steers a terminal, or turns around what is written', () => {
    assert.equal(printable('a\u001b[2Jb\u202ec\u2066d\u2028e – é 漢'), 'a [2Jb c d e – é 漢')
  })
})
