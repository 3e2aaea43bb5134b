import assert from 'node:assert/strict'
import { CancelledError, OverQuotaError, statusOf, UnavailableError } from '../../protocols/errors.ts'
import { SetupFailedError } from '../../protocols/setup/errors.ts'
import { effortOf, solvePuzzle } from '../../protocols/setup/puzzle.ts'
import { SetUpGate } from '../../src/defence/set-up-gate.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'
import { VirtualTimers } from '../helpers/virtual-timers.ts'
import type { DemandAsk, GateCaller, VerifyAsk } from '../../src/defence/set-up-gate.ts'
import type { Challenge } from '../../protocols/setup/failure.ts'
import type { SetUpLimits } from '../../src/defence/set-up-limits.ts'

const FORWARDER: GateCaller = { peer: 'forwarder', prefix: '192.0.2.0/24', isForwarder: true }
const HOST: GateCaller = { peer: 'host', prefix: '198.51.100.0/24', isForwarder: false }
const INDEX = 3

function id (number: number): Uint8Array {
  return new Uint8Array(16).fill(number)
}

async function settled (): Promise<void> {
  await new Promise(resolve => { setImmediate(resolve) })
}

describe('SetUpGate', () => {
  let timers: VirtualTimers

  const gateOf = (limits: Partial<SetUpLimits> = {}): SetUpGate => {
    const next = seededUint32(4)
    return new SetUpGate({
      limits,
      now: timers.now,
      random: bytes => Uint8Array.from({ length: bytes }, () => next() & 0xff),
      yieldTurn: run => { timers.startTimer(run, 0) },
      startTimer: timers.startTimer
    })
  }

  const passing = (over: Partial<DemandAsk> = {}): DemandAsk => ({ source: id(1), caller: id(2), isCaller: false, orderId: id(9), index: INDEX, ...over })
  const asking = (over: Partial<VerifyAsk> = {}): VerifyAsk => ({ caller: HOST, source: 'host', effort: 0, ...over })

  /** What is asked for by who gets this refusal. */
  const challengeIn = (refused: () => unknown): Challenge => {
    let challenge: Challenge | undefined
    assert.throws(refused, (error: SetupFailedError) => {
      challenge = error.challenge
      return error.name === 'SetupFailedError' && error.code === 'OVER_QUOTA' && error.index === INDEX && statusOf(error) === 4
    })
    assert.ok(challenge)
    return challenge
  }

  /** Uses up what a calm node has left: nobody waits yet. */
  const unsettle = async (gate: SetUpGate): Promise<void> => {
    while (gate.status.isCalm) {
      await gate.verify(asking(), () => {})
      timers.advance(0)
    }
  }

  /** Lets so many wait who have shown so much work; returns how many of them were refused. */
  const crowd = (gate: SetUpGate, count: number, effort: number): { refused: number } => {
    const fate = { refused: 0 }
    for (let i = 0; i < count; i++) {
      gate.verify(asking({ effort, source: `crowd ${i}` }), () => {}).catch(() => { fate.refused++ })
    }
    return fate
  }

  const solved = async (challenge: Challenge, orderId: Uint8Array): Promise<Uint8Array> =>
    await solvePuzzle(challenge.cookie, orderId, challenge.bits)

  beforeEach(() => {
    timers = new VirtualTimers()
    timers.nowMs = 5_000_000
  })

  describe('without load', () => {
    it('lets frames pass, asks for nothing, and checks in the same call', async () => {
      const gate = gateOf()
      assert.equal(gate.admit(HOST, 1_500), 0)
      assert.equal(gate.demand(passing()), 0)
      let isChecked = false
      const result = gate.verify(asking(), () => {
        isChecked = true
        return 'good'
      })
      assert.equal(isChecked, true)
      assert.equal(await result, 'good')
    })

    it('takes checks that are done elsewhere', async () => {
      assert.equal(await gateOf().verify(asking(), async () => Promise.resolve(7)), 7)
    })

    it('rejects with what a check throws, at once or later', async () => {
      const failure = new Error('bad signature')
      await assert.rejects(gateOf().verify(asking(), () => { throw failure }), failure)
      await assert.rejects(gateOf().verify(asking(), async () => Promise.reject(failure)), failure)
    })

    it('does not look at a proof', () => {
      assert.equal(gateOf().demand(passing({ proof: { cookie: new Uint8Array(3) } })), 0)
    })
  })

  describe('that is not calm', () => {
    const limits = { checkBurst: 20, checksPerSecond: 1 }

    it('asks a source that it does not hear itself for a cookie, and takes it', async () => {
      const gate = gateOf(limits)
      await unsettle(gate)
      const challenge = challengeIn(() => gate.demand(passing()))
      assert.equal(challenge.cookie.length, 20)
      assert.equal(challenge.bits, 0)
      assert.equal(gate.demand(passing({ proof: challenge })), 0)
      assert.equal(gate.demand(passing({ proof: challenge, orderId: id(10) })), 0, 'for the next order too')
      assert.equal(gate.status.challengedWithoutCookie, 1)
    })

    it('asks a caller for nothing', async () => {
      const gate = gateOf(limits)
      await unsettle(gate)
      assert.equal(gate.demand(passing({ isCaller: true })), 0)
      assert.equal(gate.demand(passing({ isCaller: true, proof: { cookie: new Uint8Array(20) } })), 0)
    })

    it('refuses a cookie of another source, of another caller, of another time', async () => {
      const gate = gateOf(limits)
      await unsettle(gate)
      const proof = challengeIn(() => gate.demand(passing()))
      for (const stolen of [{ source: id(7) }, { caller: id(7) }]) {
        challengeIn(() => gate.demand(passing({ proof, ...stolen })))
      }
      timers.nowMs += 121_000
      await unsettle(gate)
      challengeIn(() => gate.demand(passing({ proof })))
      assert.equal(gate.status.challengedForCookie, 3)
    })
  })

  describe('under load', () => {
    const limits = { checkBurst: 2, checksPerSecond: 200 }

    it('asks for the bits that go before those who wait, and lets them in', async () => {
      const gate = gateOf(limits)
      crowd(gate, 30, 4)
      const challenge = challengeIn(() => gate.demand(passing()))
      assert.equal(challenge.bits, 5)
      assert.equal(gate.status.bits, 5)
      const solution = await solved(challenge, id(9))
      const effort = gate.demand(passing({ proof: { cookie: challenge.cookie, solution } }))
      assert.equal(effort, effortOf(challenge.cookie, id(9), solution))
      const order: string[] = []
      const waiting = gate.verify(asking({ caller: FORWARDER, source: 's', effort }), () => { order.push('worker') })
      crowd(gate, 1, 4)
      timers.advance(20)
      await waiting
      assert.deepEqual(order, ['worker'])
    })

    it('refuses too little work, work for another order, and a solution of another length', async () => {
      const gate = gateOf(limits)
      const challenge = challengeIn(() => {
        crowd(gate, 30, 9)
        return gate.demand(passing())
      })
      const solution = await solved(challenge, id(9))
      for (const proof of [{ ...challenge, solution: undefined }, { ...challenge, solution: solution.subarray(1) }]) {
        challengeIn(() => gate.demand(passing({ proof })))
      }
      challengeIn(() => gate.demand(passing({ orderId: id(10), proof: { ...challenge, solution } })))
      assert.equal(gate.status.challengedForWork, 3)
    })

    it('takes a solution once', async () => {
      const gate = gateOf(limits)
      crowd(gate, 30, 4)
      const challenge = challengeIn(() => gate.demand(passing()))
      const proof = { cookie: challenge.cookie, solution: await solved(challenge, id(9)) }
      assert.ok(gate.demand(passing({ proof })) >= 5)
      challengeIn(() => gate.demand(passing({ proof })))
      assert.equal(gate.status.solutionsSpentTwice, 1)
    })

    it('counts no more than the most that it asks for', async () => {
      const gate = gateOf({ ...limits, maxBits: 3 })
      crowd(gate, 30, 3)
      const challenge = challengeIn(() => gate.demand(passing()))
      assert.equal(challenge.bits, 3)
      const solution = await solvePuzzle(challenge.cookie, id(9), 8)
      assert.equal(gate.demand(passing({ proof: { ...challenge, solution } })), 3)
    })

    it('tells a caller at once what would put it before the others, and counts its work', async () => {
      const gate = gateOf(limits)
      crowd(gate, 30, 4)
      const self = { source: id(2), caller: id(2), index: INDEX }
      assert.equal(gate.demand({ ...self, isCaller: true, orderId: id(9) }), 0)
      const refused = await gate.verify(asking({ challenged: self }), () => {}).catch((error: unknown) => error)
      assert.ok(refused instanceof SetupFailedError && refused.challenge !== undefined)
      assert.equal(refused.challenge.bits, 5)
      assert.equal(gate.status.crowded, 1)
      const solution = await solved(refused.challenge, id(9))
      const effort = gate.demand({ ...self, isCaller: true, orderId: id(9), proof: { ...refused.challenge, solution } })
      assert.ok(effort >= 5)
      const checked = gate.verify(asking({ challenged: self, effort }), () => 'good')
      timers.advance(20)
      assert.equal(await checked, 'good')
    })

    it('lets a caller that asks seldom go first without any work, where the others show none', async () => {
      const gate = gateOf(limits)
      crowd(gate, 30, 0)
      const seldom = { peer: 'seldom', prefix: 'elsewhere', isForwarder: false }
      const checked = gate.verify(asking({ caller: seldom, source: 'seldom', challenged: { source: id(5), caller: id(5), index: INDEX } }), () => 'good')
      timers.advance(10)
      assert.equal(await checked, 'good')
    })

    it('asks for less by the second once those who wait have been served, and for nothing in the end', async () => {
      const gate = gateOf(limits)
      const { refused } = crowd(gate, 30, 4)
      assert.equal(gate.status.bits, 5)
      for (let i = 0; i < 400; i++) {
        timers.advance(1)
        await settled()
      }
      assert.equal(refused, 0)
      assert.equal(gate.status.queued, 0)
      timers.advance(2_000)
      assert.equal(gate.status.bits, 3)
      timers.advance(10_000)
      assert.equal(gate.status.bits, 0)
    })

    it('has room for so many, and gives up those who asked most', async () => {
      const gate = gateOf({ ...limits, maxQueued: 50 })
      const fate = crowd(gate, 80, 0)
      await settled()
      assert.equal(gate.status.queued, 50)
      assert.equal(fate.refused, gate.status.displaced)
      await assert.rejects(gate.verify(asking(), () => {}), OverQuotaError)
    })

    it('refuses who waited for five seconds, with a challenge where one is of use', async () => {
      const gate = gateOf({ checkBurst: 2, checksPerSecond: 0.01, targetWaitMs: 1e7 })
      crowd(gate, 3, 0)
      const told = gate.verify(asking({ challenged: { source: id(1), caller: id(1), index: INDEX } }), () => {})
      const untold = gate.verify(asking(), () => {})
      const fates = Promise.allSettled([told, untold])
      timers.advance(11_000)
      const [one, other] = (await fates).map(fate => fate.status === 'rejected' ? fate.reason : undefined)
      assert.ok(one instanceof SetupFailedError && one.challenge !== undefined)
      assert.ok(other instanceof OverQuotaError)
      assert.equal(gate.status.late, 4)
    })

    it('spends nothing on who has gone', async () => {
      const gate = gateOf(limits)
      crowd(gate, 5, 0)
      const abort = new AbortController()
      const waiting = gate.verify(asking({ signal: abort.signal }), () => assert.fail('nobody waits for this'))
      abort.abort(new Error('gone'))
      timers.advance(100)
      await assert.rejects(waiting, CancelledError)
    })

    it('refuses all who wait when it is stopped', async () => {
      const gate = gateOf(limits)
      crowd(gate, 5, 0)
      const waiting = gate.verify(asking(), () => assert.fail('it was stopped'))
      gate.stop()
      await assert.rejects(waiting, UnavailableError)
      await assert.rejects(gate.verify(asking(), () => {}), UnavailableError)
      assert.equal(gate.status.queued, 0)
    })
  })

  it('works with the clock, the event loop and the randomness of the machine', async () => {
    const gate = new SetUpGate({ limits: { checkBurst: 2, checksPerSecond: 500 } })
    const checks = Array.from({ length: 20 }, (_, i) => gate.verify(asking(), () => i))
    assert.deepEqual(await Promise.all(checks), Array.from({ length: 20 }, (_, i) => i))
    assert.equal(gate.status.checksStarted, 20)
    gate.stop()
  })
})
