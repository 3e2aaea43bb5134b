import assert from 'node:assert/strict'
import { reportText } from '../../src/cli/demo/demo-text.ts'
import { areMapsQuiet } from '../../src/cli/demo/demo-report.ts'
import type { DemoReport } from '../../src/cli/demo/demo-report.ts'

const report: DemoReport = {
  forwarders: [{ id: '12D3KooWforwarder1', node: 7 }],
  rsps: [{ id: '12D3KooWprovider01', node: 8, kind: 'reports', links: 2, medianErrorMs: 0.39, medianRelativeError: 0.01, withinTolerance: 1 }],
  pairs: [{
    source: { id: '12D3KooWsource0001', node: 1 },
    destination: { id: '12D3KooWdestinat01', node: 2 },
    defaultRttMs: 120,
    oracleRttMs: 80,
    offers: [{ rsp: '12D3KooWprovider01', kind: 'reports', path: ['12D3KooWforwarder1'], predictedRttMs: 82, confidence: 0.9, measuredRttMs: 81 }],
    chosen: { rsp: '12D3KooWprovider01', path: ['12D3KooWforwarder1'], measuredRttMs: 81, route: 'via warder1' }
  }],
  oracleImproved: 1,
  improved: 1,
  worse: 0,
  predictedWell: 1,
  meanDefaultRttMs: 120,
  meanChosenRttMs: 81,
  failover: null,
  failing: null,
  isQuiet: true,
  seconds: 20
}

describe('the report of the demo as text', () => {
  it('shows what each pair was offered, what it chose and what that gains', () => {
    const text = reportText(report).join('\n')
    assert.match(text, /1 → 2 +120\.0 ms +82\.0 ms by 1 .*81\.0 ms +−39\.0 ms +80\.0 ms/)
    assert.match(text, /1 of 1 pairs/)
    assert.doesNotMatch(text, /busy/)
  })

  it('says so where the machine was too busy to measure', () => {
    assert.match(reportText({ ...report, isQuiet: false }).join('\n'), /This machine was busy with other things.*\nWith fewer nodes/)
  })

  it('regression: counts maps that the machine\'s own waiting made wrong as measured while it was busy', () => {
    const mapsOff = (medianErrorMs: number): DemoReport['rsps'] => [...report.rsps, { ...report.rsps[0], medianErrorMs }]
    assert.ok(areMapsQuiet(mapsOff(1.7)))
    assert.ok(!areMapsQuiet(mapsOff(6.5)))
  })
})
