// What the overload benchmark says, and its goals.
import { FLOWS } from './flow.ts'
import type { FlowName } from './flow.ts'
import type { Outcome } from './scenario.ts'

export interface OverloadGoal {
  figure: string
  value: number
  atMost: number
  isMet: boolean
}

/** From entry to exit, buffers of kernel and muxer included. */
const DELAY_P99_MS = 50
/** "Within 10 % of each other." */
const RSP_RATIO = 1.1
/** Memory is flat: between the first and the last third of a run. */
const RSS_GROWTH_MB = 10

export function goalsOf ({ bottleneck, delayP99Ms, rspRatio, modestLostShare, relay }: Outcome): OverloadGoal[] {
  return [
    { figure: 'delayP99Ms', value: delayP99Ms, atMost: DELAY_P99_MS },
    { figure: 'rspRatio', value: rspRatio, atMost: RSP_RATIO },
    { figure: 'modestLostShare', value: modestLostShare, atMost: 0 },
    { figure: 'relay.rssGrowthMb', value: relay.rssGrowthMb, atMost: RSS_GROWTH_MB }
  ].map((goal) => ({ ...goal, figure: `${bottleneck}.${goal.figure}`, isMet: goal.value <= goal.atMost }))
}

export function tableOf (outcomes: readonly Outcome[], goals: readonly OverloadGoal[]): string {
  return [
    ...outcomes.flatMap(lines),
    '',
    ...goals.map(({ figure, value, atMost, isMet }) => `${isMet ? 'met   ' : 'MISSED'} ${figure} ${value} (at most ${atMost})`)
  ].join('\n')
}

function lines ({ bottleneck, seconds, limitBytesPerSecond, offeredShare, throughputShare, flows, relay }: Outcome): string[] {
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(2).padStart(8)
  return [
    '',
    `${bottleneck}: ${mb(limitBytesPerSecond).trim()} MB/s for ${seconds} s, offered ${offeredShare} of it, ${throughputShare} came through; relay's memory ${relay.rssMb} MB (${relay.rssGrowthMb} MB more at the end)`,
    '  flow     RSP   offered  entered  arrived MB/s     lost   delay p50      p99      max ms',
    ...(Object.keys(FLOWS) as FlowName[]).map((name) => {
      const { offeredBytesPerSecond, enteredBytesPerSecond, arrivedBytesPerSecond, lostShare, delayP50Ms, delayP99Ms, delayMaxMs } = flows[name]
      return `  ${name.padEnd(8)} ${FLOWS[name].rsp} ${mb(offeredBytesPerSecond)} ${mb(enteredBytesPerSecond)} ${mb(arrivedBytesPerSecond)}    ${(100 * lostShare).toFixed(2).padStart(7)} % ${delayP50Ms.toFixed(1).padStart(10)} ${delayP99Ms.toFixed(1).padStart(8)} ${delayMaxMs.toFixed(1).padStart(8)}`
    }),
    `  dropped by the relay: ${JSON.stringify(relay.dropped)}, marked: ${relay.markedPackets}`
  ]
}
