import assert from 'node:assert/strict'
import { PromiseJudge } from '../../src/host/promise-judge.ts'
import type { JudgedRoute, OfferedPromise } from '../../src/host/promise-judge.ts'
import type { PromiseOutcome } from '../../src/host/promise-outcome.ts'

const PATH = 'entry,exit'

function promise (change: Partial<OfferedPromise<string>> = {}): OfferedPromise<string> {
  return { rsp: 'rsp', offer: {}, id: PATH, rttMs: 40, marginMs: 2, loss: 0, lossMargin: 0, legsMs: 10, weight: 1, isTaken: true, ...change }
}

function route (change: Partial<JudgedRoute> = {}): JudgedRoute {
  return { id: PATH, isDefault: false, alive: true, quietRttMs: 41, loss: 0, samples: 6, ...change }
}

const direct = (change: Partial<JudgedRoute> = {}): JudgedRoute => route({ id: 'default', isDefault: true, quietRttMs: 80, ...change })

/** A judge, what it has said, and where the legs are now. */
class Court {
  readonly outcomes: Array<PromiseOutcome & { rsp: string }> = []
  legsMs: number | undefined = 10
  readonly judge = new PromiseJudge<string>({
    record: (rsp, outcome) => { this.outcomes.push({ rsp, ...outcome }) },
    legsMs: () => this.legsMs
  })

  get measured (): number | undefined {
    return this.outcomes[0]?.rttMs?.measured
  }
}

describe('judge of promises', () => {
  it('says what was measured as soon as the measurement stands still, and once', () => {
    const { judge, outcomes } = new Court()
    judge.promised([promise()], [], 0)
    judge.check([route({ samples: 5 })], 700)
    assert.deepEqual(outcomes, [])
    judge.check([route()], 850)
    judge.check([route({ samples: 7 })], 1_000)
    assert.deepEqual(outcomes, [{ rsp: 'rsp', rttMs: { promised: 40, margin: 2, measured: 41 }, weight: 1, isTaken: true }])
  })

  it('holds the path against everyone who offered it, and nobody for paths that were not set up', () => {
    const { judge, outcomes } = new Court()
    judge.promised([promise({ rsp: 'a' }), promise({ rsp: 'b', rttMs: 20, isTaken: false }), promise({ rsp: 'c', id: 'other' })], [], 0)
    judge.check([route()], 900)
    assert.deepEqual(outcomes.map(({ rsp, isTaken }) => [rsp, isTaken]), [['a', true], ['b', false]])
  })

  it('waits for new echoes where the path was known before', () => {
    const { judge, outcomes } = new Court()
    judge.promised([promise()], [route({ samples: 100 })], 0)
    judge.check([route({ samples: 105 })], 1_000)
    assert.equal(outcomes.length, 0)
    judge.check([route({ samples: 106 })], 1_200)
    assert.equal(outcomes.length, 1)
  })

  it('does not blame an RSP for the legs between hosts and forwarders', () => {
    const court = new Court()
    court.judge.promised([promise()], [], 0)
    court.legsMs = 60
    court.judge.check([route({ quietRttMs: 92 })], 900)
    assert.equal(court.measured, 42)
  })

  it('does not blame an RSP when the default route has become slower too, whatever it was', () => {
    const court = new Court()
    court.judge.promised([promise()], [direct()], 0)
    court.judge.check([direct({ quietRttMs: 130, samples: 12 }), route({ quietRttMs: 95 })], 900)
    assert.equal(court.measured, 45)
  })

  it('lets a change explain no more than the error, and none of the other direction', () => {
    for (const [legsMs, quietRttMs, expected] of [[500, 70, 40], [5, 70, 70], [2, 30, 38], [500, 30, 30]]) {
      const court = new Court()
      court.judge.promised([promise()], [], 0)
      court.legsMs = legsMs
      court.judge.check([route({ quietRttMs })], 900)
      assert.equal(court.measured, expected, `legs ${legsMs}, measured ${quietRttMs}`)
    }
  })

  it('judges loss when enough echoes were sent, less what the default route loses and what may be chance', () => {
    const lossOf = (loss: number, shared: number): number | undefined => {
      const { judge, outcomes } = new Court()
      judge.promised([promise()], [], 0)
      judge.check([direct({ loss: shared }), route({ samples: 20, loss })], 9_000)
      return outcomes[1].loss?.measured
    }
    assert.equal(lossOf(0.05, 0), 0)
    assert.ok(Math.abs((lossOf(0.2, 0) as number) - 0.15) < 1e-9)
    assert.equal(lossOf(0.2, 0.2), 0)
  })

  it('calls a path useless that never works while others do', () => {
    const { judge, outcomes } = new Court()
    judge.promised([promise()], [], 0)
    judge.check([direct(), route({ samples: 0, alive: false })], 3_000)
    assert.deepEqual(outcomes, [])
    judge.check([direct(), route({ samples: 0, alive: false })], 5_000)
    judge.check([direct(), route({ samples: 0, alive: false })], 6_000)
    assert.deepEqual(outcomes, [{ rsp: 'rsp', isUseless: true, weight: 1, isTaken: true }])
  })

  it('blames nobody when nothing works at all, nor for a path that worked and has just failed', () => {
    const { judge, outcomes } = new Court()
    judge.promised([promise()], [], 0)
    judge.check([direct({ alive: false }), route({ samples: 0, alive: false })], 5_000)
    judge.promised([promise()], [route({ samples: 50 })], 6_000)
    judge.check([direct(), route({ samples: 50, alive: false })], 12_000)
    assert.deepEqual(outcomes, [])
  })

  it('regression: blames nobody for a path whose exit has no link to the destination', () => {
    const { judge, outcomes } = new Court()
    judge.promised([promise(), promise({ rsp: 'b', id: 'other' })], [], 0)
    judge.excused(PATH)
    judge.check([direct(), route({ alive: false, samples: 0 }), route({ id: 'other', alive: false, samples: 0 })], 5_000)
    assert.deepEqual(outcomes, [{ rsp: 'b', isUseless: true, weight: 1, isTaken: true }])
  })

  it('judges an offer once, however often it is told again beside others', () => {
    const { judge, outcomes } = new Court()
    const [first, second] = [promise(), promise({ id: 'other' })]
    judge.promised([first], [], 0)
    judge.check([route({ samples: 20 })], 900)
    judge.promised([first, second], [route({ samples: 20 })], 1_000)
    judge.promised([second, first], [route({ samples: 20 })], 1_100)
    judge.check([route({ samples: 40 }), route({ id: 'other', samples: 20 })], 2_000)
    assert.equal(outcomes.filter(({ rttMs }) => rttMs !== undefined).length, 2)
    assert.equal(judge.open, 0)
  })

  it('forgets promises that are offered no more', () => {
    const { judge, outcomes } = new Court()
    judge.promised([promise(), promise({ id: 'other' })], [], 0)
    judge.promised([promise({ rttMs: 50 })], [], 30_000)
    assert.equal(judge.open, 1)
    judge.check([route({ samples: 20 }), route({ id: 'other', samples: 20 })], 31_000)
    assert.equal(outcomes[0].rttMs?.promised, 50)
    assert.equal(judge.open, 0)
  })
})
