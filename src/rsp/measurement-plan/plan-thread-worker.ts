// The thread of a measurement plan; plan-thread.ts is its handle.
import { parentPort, workerData } from 'node:worker_threads'
import { PlanSession } from './planner.ts'
import type { PlanAnswer, PlanCall, PlanThreadInit } from './plan-thread.ts'

const { relayCostMs } = workerData as PlanThreadInit
const session = new PlanSession({ relayCostMs, random: Math.random })

async function answer (call: PlanCall): Promise<PlanAnswer> {
  try {
    return { batch: 'begin' in call ? await session.begin(call.begin) : await session.next(call.next) }
  } catch (error) {
    return { error: error as Error }
  }
}

parentPort?.on('message', (call: PlanCall) => { void answer(call).then((said) => { parentPort?.postMessage(said) }) })
