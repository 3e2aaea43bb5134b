// The live plan on a real matrix, in virtual time: what an RSP could sell after some rounds, beside what is possible.
import assert from 'node:assert/strict'
import { mock } from 'node:test'
import { AllPairs } from '../../src/rsp/measurement-plan/all-pairs.ts'
import { LivePlan } from '../../src/rsp/live-plan.ts'
import { PerformanceMap } from '../../src/rsp/performance-map.ts'
import { PlanSession } from '../../src/rsp/measurement-plan/planner.ts'
import { ChosenPaths, oneRelayGainMs, scorePaths } from '../../src/simulation/replay-score.ts'
import { bundledMatrixFile, loadMatrix } from '../../src/simulation/latency-matrix.ts'
import { seededUint32 } from '../../src/simulation/draw.ts'
import { shuffledRows } from '../../src/simulation/replay.ts'
import { silentLog } from './fake-forwarder.ts'
import type { ReplaySlice } from '../../src/simulation/replay.ts'

const NODES = 120
const RELAY_COST_MS = 1
const TICK_MS = 500
/** From a wish until the first value is in the map. */
const MEASURED_AFTER_MS = 2_000

async function drawnSlice (): Promise<ReplaySlice> {
  const matrix = await loadMatrix(bundledMatrixFile())
  const rows = shuffledRows(matrix.size, 9).slice(0, NODES)
  return { size: NODES, rttMs: Float64Array.from({ length: NODES * NODES }, (_, at) => matrix.rttMs(rows[Math.floor(at / NODES)], rows[at % NODES])) }
}

describe('live plan on the bundled matrix', () => {
  let nowMs = 1_000_000

  beforeEach(() => { mock.timers.enable({ apis: ['setInterval'] }) })

  afterEach(() => { mock.timers.reset() })

  it('finds from a cold start, in ten minutes and with a sixth of the links, nine tenths of what the best single relays would gain', async () => {
    const slice = await drawnSlice()
    const nextUint32 = seededUint32(11)
    const map = new PerformanceMap()
    const since = new Map<string, number>()
    const plan = new LivePlan({
      map,
      planner: new PlanSession({ relayCostMs: RELAY_COST_MS, random: () => nextUint32() / 2 ** 32 }),
      linksPerForwarder: 10,
      onChange: () => {},
      now: () => nowMs,
      clock: () => nowMs,
      log: silentLog()
    })
    for (let node = 0; node < NODES; node++) {
      map.addNode(String(node))
      plan.add(String(node))
    }
    plan.start()
    for (const untilMs = nowMs + 600_000; nowMs < untilMs; nowMs += TICK_MS) {
      mock.timers.tick(TICK_MS)
      await new Promise((resolve) => setImmediate(resolve))
      measure()
    }
    plan.stop()
    assert.ok(plan.status.rounds >= 6, `${plan.status.rounds} rounds`)
    const gain = gainOf(slice, map) / oneRelayGainMs(slice, RELAY_COST_MS)
    assert.ok(gain > 0.9, `${gain.toFixed(3)} of the gain with one relay`)

    function measure (): void {
      const watched = new Set<string>()
      for (const [a, b] of plan.links()) {
        const name = `${a} ${b}`
        watched.add(name)
        since.set(name, since.get(name) ?? nowMs)
        if (nowMs - (since.get(name) as number) >= MEASURED_AFTER_MS) {
          map.set(a, b, { rttUs: 1_000 * slice.rttMs[Number(a) * NODES + Number(b)], jitterUs: 0, lossPpm: 0, measuredAtMs: nowMs })
        }
      }
      for (const name of since.keys()) {
        if (!watched.has(name)) {
          since.delete(name)
          const [a, b] = name.split(' ')
          map.remove(a, b)
        }
      }
    }
  }).timeout(60_000)
})

/** Of the best paths over what the map knows, with a host that goes back to the default route. */
function gainOf (slice: ReplaySlice, map: PerformanceMap): number {
  const links = [...map.links()].map(({ from, to, rttUs }) => ({ a: Number(from), b: Number(to), rttMs: rttUs / 1_000 })).filter(({ a, b }) => a < b)
  const paths = new AllPairs(NODES, RELAY_COST_MS)
  paths.run({ pairs: Int32Array.from(links, ({ a, b }) => a * NODES + b), rttMs: Float64Array.from(links, ({ rttMs }) => rttMs) })
  return scorePaths(new ChosenPaths(NODES, (source, destination) => paths.relays(source, destination)), slice, RELAY_COST_MS).gainMs
}
