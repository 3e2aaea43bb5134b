import assert from 'node:assert/strict'
import { PlanSession } from '../../../src/rsp/measurement-plan/planner.ts'
import { PlanThread } from '../../../src/rsp/measurement-plan/plan-thread.ts'
import { seededUint32 } from '../../../src/simulation/draw.ts'
import type { LinkPair } from '../../../src/rsp/measurement-plan/link-memory.ts'
import type { Planner } from '../../../src/rsp/measurement-plan/planner.ts'

const NODES = 30
const BUDGET = 90

/** Nodes on a line. */
const rttMs = (a: number, b: number): number => 2 + 3 * Math.abs(a - b)
const unchanged = Array.from({ length: NODES }, (_, node) => node)
const allNew = unchanged.map(() => -1)

/** Plays a round; gives every link that was asked for. */
async function playRound (planner: Planner, previous: readonly number[], known: Array<{ a: number, b: number, rttMs: number }> = []): Promise<LinkPair[]> {
  const asked: LinkPair[] = []
  for (let batch = await planner.begin({ previous, budgetLinks: BUDGET, known }); batch.length > 0;) {
    asked.push(...batch)
    batch = await planner.next(batch.map(([a, b]) => ({ a, b, rttMs: rttMs(a, b) })))
  }
  return asked
}

function nameOf ([a, b]: LinkPair): string {
  return `${Math.min(a, b)}-${Math.max(a, b)}`
}

for (const { name, create } of [
  { name: 'plan session', create: (): Planner => {
    const nextUint32 = seededUint32(1)
    return new PlanSession({ relayCostMs: 1, random: () => nextUint32() / 2 ** 32 })
  } },
  { name: 'plan in a thread of its own', create: (): Planner => new PlanThread({ relayCostMs: 1 }) }
]) {
  describe(name, () => {
    let planner: Planner

    beforeEach(() => { planner = create() })

    afterEach(() => { planner.stop() })

    it('spends the budget of a round, on no link twice', async () => {
      const asked = await playRound(planner, allNew)
      assert.equal(asked.length, BUDGET)
      assert.equal(new Set(asked.map(nameOf)).size, BUDGET)
    })

    it('goes on from what the rounds before have found, by whatever numbers the nodes have now', async () => {
      const first = new Set((await playRound(planner, allNew)).map(nameOf))
      const second = await playRound(planner, unchanged)
      const again = second.filter((link) => first.has(nameOf(link))).length
      assert.ok(again > 10, `${again} of the second round were in the first one`)
      // the last ten are gone, and as many new ones have come in front
      const moved = [...Array(10).fill(-1), ...unchanged.slice(0, 20)] as number[]
      assert.equal((await playRound(planner, moved)).length, BUDGET)
    })

    it('begins with what is known from elsewhere, as after a restart', async () => {
      const chain = unchanged.slice(1).map((node) => ({ a: node - 1, b: node, rttMs: rttMs(node - 1, node) }))
      const first = await planner.begin({ previous: allNew, budgetLinks: BUDGET, known: chain })
      const names = new Set(first.map(nameOf))
      const kept = chain.filter(({ a, b }) => names.has(nameOf([a, b]))).length
      assert.ok(kept > 0.9 * chain.length, `${kept} of ${chain.length} known links are watched first`)
    })

    it('breaks a round off for the next one', async () => {
      await planner.begin({ previous: allNew, budgetLinks: BUDGET, known: [] })
      assert.equal((await playRound(planner, unchanged)).length, BUDGET)
    })

    it('has nothing to measure between no nodes or one', async () => {
      assert.deepEqual(await planner.begin({ previous: [], budgetLinks: BUDGET, known: [] }), [])
      assert.deepEqual(await planner.begin({ previous: [-1], budgetLinks: BUDGET, known: [] }), [])
      assert.deepEqual(await planner.next([]), [])
    })

    it('fails for more nodes than a plan can have, and works on afterwards', async () => {
      await assert.rejects(planner.begin({ previous: Array(3_000).fill(-1), budgetLinks: BUDGET, known: [] }), RangeError)
      assert.equal((await playRound(planner, allNew)).length, BUDGET)
    })
  })
}

describe('thread of a plan', () => {
  it('fails what is waited for when it is stopped', async () => {
    const planner = new PlanThread({ relayCostMs: 1 })
    const waiting = planner.begin({ previous: allNew, budgetLinks: BUDGET, known: [] })
    planner.stop()
    await assert.rejects(waiting, /thread of the measurement plan has ended/)
  })

  it('regression: gives each its own answer after one could not be asked, or the thread could not begin', async () => {
    const init = { relayCostMs: 1, spoilt: () => {} }
    const planner = new PlanThread(init)
    await assert.rejects(planner.begin({ previous: allNew, budgetLinks: BUDGET, known: [] }), { name: 'DataCloneError' })
    Object.assign(init, { spoilt: undefined })
    await assert.rejects(planner.begin({ previous: allNew, budgetLinks: BUDGET, known: [{ a: 0, b: 1, rttMs: (() => {}) as never }] }), { name: 'DataCloneError' })
    assert.equal((await playRound(planner, allNew)).length, BUDGET)
    planner.stop()
  })
})
