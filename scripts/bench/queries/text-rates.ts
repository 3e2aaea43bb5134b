// How many texts are read, and how many queries with clauses answered, in one second of CPU time.
import { MovingOverlay } from './moving-overlay.ts'
import { QueryEvaluator } from '../../../src/query/evaluate-query.ts'
import { RELAY_COST_US } from '../../../src/rsp/route-service.ts'
import { compileQuery } from '../../../src/query/compile-query.ts'
import { parseQuery } from '../../../src/query/parse-query.ts'

/** From what most will ask to what a careful operator might. */
const TEXTS = [
  'minimize delay',
  'minimize delay + 20 * loss where hops <= 4',
  'minimize delay + 2 * jitter where loss <= 1% and delay <= 200 ms prefer loss <= 0.1%',
  'minimize delay + 20 * loss where hops <= 4 avoid country xx, operator "acme" prefer price within 2% 2 disjoint alternatives'
]

function perCpuSecond (durationMs: number, act: (round: number) => void): number {
  const before = process.cpuUsage()
  const untilMs = performance.now() + durationMs
  let rounds = 0
  while (performance.now() < untilMs) {
    act(rounds++)
  }
  const { user, system } = process.cpuUsage(before)
  return Math.round(rounds / ((user + system) / 1e6))
}

export function parsePerSecond (durationMs: number): number {
  return perCpuSecond(durationMs, (round) => { parseQuery(TEXTS[round % TEXTS.length]) })
}

/** Compiled before, as an RSP has those that are asked often; three paths each. */
export async function evaluatePerSecond (durationMs: number, random: () => number): Promise<number> {
  const { map, nowMs, nearest } = await overlayOf(random)
  const graph = map.snapshot(nowMs)
  const population = { nodeCount: graph.nodeCount, attributes: map.attributes, indexOf: (key: string) => map.indexOf(key) }
  const compiled = TEXTS.map((text) => compileQuery(parseQuery(text), population))
  const ends = Array.from({ length: 64 }, () => nearest().map(({ forwarder, rttUs }) => ({ node: map.indexOf(forwarder.toString()) as number, rttUs })))
  const evaluator = new QueryEvaluator()
  return perCpuSecond(durationMs, (round) => {
    const [source, destination] = [ends[round % ends.length], ends[(round * 7 + 1) % ends.length]]
    evaluator.evaluate(compiled[round % compiled.length], { graph, source, destination, relayCostUs: RELAY_COST_US, paths: 3, nowMs })
  })
}

async function overlayOf (random: () => number): Promise<Pick<MovingOverlay, 'map' | 'nowMs'> & { nearest: () => ReturnType<MovingOverlay['nearest']> }> {
  const overlay = await MovingOverlay.create(random)
  return { map: overlay.map, nowMs: overlay.nowMs, nearest: () => overlay.nearest(8) }
}
