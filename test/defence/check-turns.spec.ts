import assert from 'node:assert/strict'
import { CheckTurns } from '../../src/defence/check-turns.ts'
import { DEFAULT_SET_UP_LIMITS } from '../../src/defence/set-up-limits.ts'
import { VirtualTimers } from '../helpers/virtual-timers.ts'
import type { NoTurn } from '../../src/defence/check-turns.ts'
import type { Rank } from '../../src/defence/fair-queue.ts'
import type { SetUpLimits } from '../../src/defence/set-up-limits.ts'

const CHECK_MS = 0.125
const FIRST: Rank = { effort: 9, activity: -Infinity }
const EQUAL: Rank = { effort: 0, activity: 0 }

/** What is left of the promises of this turn. */
async function settled (): Promise<void> {
  await new Promise(resolve => { setImmediate(resolve) })
}

describe('CheckTurns', () => {
  let timers: VirtualTimers
  let done: string[]
  let ends: Array<() => void>
  /** What runs when this turn of the event loop ends. */
  let afterTurn: Array<() => void>

  const turnsOf = (limits: Partial<SetUpLimits> = {}): CheckTurns => new CheckTurns({ ...DEFAULT_SET_UP_LIMITS, ...limits }, {
    now: timers.now,
    yieldTurn: run => { afterTurn.push(run) },
    startTimer: timers.startTimer
  })

  /** A check that takes its time in this thread. */
  const enter = (turns: CheckTurns, name: string, rank: Rank = EQUAL, options: { isHelpable?: boolean, signal?: AbortSignal } = {}): void => {
    turns.enter({
      run: async () => {
        timers.nowMs += CHECK_MS
        done.push(name)
      },
      refuse: (reason: NoTurn) => { done.push(`${name} ${reason}`) },
      isHelpable: false,
      ...options
    }, rank)
  }

  /** A check that another thread does, until it is ended. */
  const enterLong = (turns: CheckTurns, name: string): void => {
    turns.enter({
      run: () => new Promise<void>(resolve => {
        done.push(name)
        ends.push(resolve)
      }),
      refuse: (reason: NoTurn) => { done.push(`${name} ${reason}`) },
      isHelpable: false
    }, EQUAL)
  }

  const endTurn = async (): Promise<void> => {
    await settled()
    for (const run of afterTurn.splice(0)) {
      run()
    }
    await settled()
  }

  const pass = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs++) {
      timers.advance(1)
      await endTurn()
    }
  }

  beforeEach(() => {
    timers = new VirtualTimers()
    done = []
    ends = []
    afterTurn = []
  })

  it('runs a check in the same call where nobody waits', () => {
    enter(turnsOf(), 'a')
    assert.deepEqual(done, ['a'])
  })

  it('ends a turn after half a slice of checks, and goes on in the next', async () => {
    const turns = turnsOf({ sliceMs: 1 })
    for (let i = 0; i < 10; i++) {
      enter(turns, `${i}`)
    }
    await settled()
    assert.equal(done.length, 4)
    await endTurn()
    assert.equal(done.length, 8)
    await endTurn()
    assert.equal(done.length, 10)
  })

  it('lets one that overtakes all use the rest of the slice', async () => {
    const turns = turnsOf({ sliceMs: 1 })
    for (let i = 0; i < 6; i++) {
      enter(turns, `${i}`)
    }
    await settled()
    enter(turns, 'first', FIRST)
    enter(turns, 'last', { effort: 0, activity: 9 })
    assert.deepEqual(done, ['0', '1', '2', '3', 'first'])
  })

  it('never starts more checks than its rate and its burst allow', async () => {
    const turns = turnsOf({ checksPerSecond: 100, checkBurst: 20 })
    for (let i = 0; i < 500; i++) {
      enter(turns, `${i}`)
    }
    await pass(1_000)
    assert.ok(done.length <= 20 + 100 * timers.nowMs / 1_000, `${done.length} checks in ${timers.nowMs} ms`)
    assert.ok(done.length >= 100 * timers.nowMs / 1_000 - 2, 'and no less than its rate')
  })

  it('keeps a part of the burst for those who overtake all who wait', async () => {
    const turns = turnsOf({ checksPerSecond: 1, checkBurst: 20 })
    for (let i = 0; i < 30; i++) {
      enter(turns, `${i}`)
    }
    await pass(100)
    assert.equal(done.length, 16)
    enter(turns, 'first', FIRST)
    assert.equal(done.at(-1), 'first')
    enter(turns, 'last', { effort: 0, activity: 9 })
    assert.equal(done.length, 17)
  })

  it('serves in the order of rank, once those who were there first have had their turn', async () => {
    const turns = turnsOf({ sliceMs: 0.1 })
    enter(turns, 'at once')
    for (const [name, effort, activity] of [['often', 0, 5], ['seldom', 0, 1], ['worker', 4, 9]] as const) {
      enter(turns, name, { effort, activity })
    }
    await pass(5)
    assert.deepEqual(done, ['at once', 'worker', 'seldom', 'often'])
  })

  it('gives a place up when the queue is full', () => {
    const turns = turnsOf({ maxQueued: 2, sliceMs: 0.1 })
    enter(turns, 'at once')
    enter(turns, 'a')
    enter(turns, 'b')
    enter(turns, 'worker', FIRST)
    enter(turns, 'c')
    assert.deepEqual(done, ['at once', 'b displaced', 'c displaced'])
  })

  it('refuses those who can be told what would help when they would wait too long', () => {
    const turns = turnsOf({ sliceMs: 0.1, checksPerSecond: 100, targetWaitMs: 50 })
    enter(turns, 'at once')
    for (let i = 0; i < 5; i++) {
      enter(turns, `${i}`, EQUAL, { isHelpable: true })
    }
    assert.equal(turns.neededBits, 1)
    enter(turns, 'more', EQUAL, { isHelpable: true })
    enter(turns, 'worker', { effort: 1, activity: 9 }, { isHelpable: true })
    assert.deepEqual(done, ['at once', 'more crowded'])
    assert.equal(turns.queued, 6)
  })

  it('refuses who waited past the deadline, even if nothing ever ends', async () => {
    const turns = turnsOf({ maxRunningChecks: 1, maxQueuedMs: 200 })
    enterLong(turns, 'hangs')
    enter(turns, 'waits')
    await pass(150)
    assert.deepEqual(done, ['hangs'])
    await pass(200)
    assert.deepEqual(done, ['hangs', 'waits late'])
  })

  it('runs no more checks elsewhere than it may, and the next when one ends', async () => {
    const turns = turnsOf({ maxRunningChecks: 2 })
    for (let i = 0; i < 4; i++) {
      enterLong(turns, `${i}`)
    }
    await pass(10)
    assert.deepEqual(done, ['0', '1'])
    ends[0]()
    await settled()
    assert.deepEqual(done, ['0', '1', '2'])
  })

  it('spends nothing on a check that nobody waits for any more', async () => {
    const turns = turnsOf({ sliceMs: 0.1 })
    const abort = new AbortController()
    enter(turns, 'at once')
    enter(turns, 'a', EQUAL, { signal: abort.signal })
    enter(turns, 'b')
    abort.abort()
    await pass(2)
    assert.deepEqual(done, ['at once', 'a aborted', 'b'])
  })

  it('is calm until the queue grows or half the burst is used', async () => {
    const turns = turnsOf({ checkBurst: 20, checksPerSecond: 10 })
    assert.equal(turns.isCalm, true)
    for (let i = 0; i < 11; i++) {
      enter(turns, `${i}`)
      await endTurn()
    }
    assert.equal(turns.isCalm, false)
    await pass(200)
    assert.equal(turns.isCalm, true)
  })

  it('refuses all who wait when it is stopped, and starts no more timers', async () => {
    const turns = turnsOf({ checksPerSecond: 1, checkBurst: 2 })
    for (const name of ['a', 'b', 'c']) {
      enter(turns, name)
      await pass(1)
    }
    turns.stop()
    enter(turns, 'd')
    assert.deepEqual(done, ['a', 'b stopped', 'c stopped', 'd stopped'])
    assert.equal(timers.running, 0)
  })

  it('refuses to be made with a burst of which nothing could be reserved', () => {
    assert.throws(() => turnsOf({ checkBurst: 1 }), RangeError)
  })
})
