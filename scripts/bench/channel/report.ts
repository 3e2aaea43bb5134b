// What the channel benchmark says, and which of its aims are reached.
import { median, rounded } from '../statistics.ts'
import { AIMS } from './scenarios.ts'
import type { LaneFigures, Outcome } from './scenario.ts'
import type { LaneName } from './lanes.ts'

export interface ChannelGoal {
  figure: string
  value: number
  atLeast: number
  isMet: boolean
}

/**
 * Goals of what was measured: of the ratios of neighbouring rounds the median, since the machine is not the same at all times. A round in which the lane went
 * another way counts as one in which nothing came.
 */
export function goalsOf ({ scenario, lanes }: Outcome): ChannelGoal[] {
  return AIMS.filter((aim) => aim.scenario === scenario).flatMap(({ lane, beside, atLeast, isStrict }) => {
    const [ours, theirs] = [lanes[lane], lanes[beside]]
    if (ours === undefined || theirs === undefined) {
      return []
    }
    const value = rounded(median(ours.rounds.map(({ bytesPerSecond, strayed }, i) => strayed === undefined ? bytesPerSecond / theirs.rounds[i].bytesPerSecond : 0)))
    return [{ figure: `${scenario}.${lane}/${beside}`, value, atLeast, isMet: isStrict === true ? value > atLeast : value >= atLeast }]
  })
}

export function tableOf (outcomes: readonly Outcome[], goals: readonly ChannelGoal[]): string {
  return [
    ...outcomes.flatMap(lines),
    '',
    ...goals.map(({ figure, value, atLeast, isMet }) => `${isMet ? 'met   ' : 'MISSED'} ${figure} ${value} (at least ${atLeast})`)
  ].join('\n')
}

function lines ({ scenario, skipped, lanes }: Outcome): string[] {
  if (skipped !== undefined) {
    return ['', `${scenario}: skipped. ${skipped}`]
  }
  return [
    '',
    `${scenario.padEnd(16)}     MB/s  CPU ms/MB  of it relay   RTT idle p50    p99 ms   RTT full p50    p99 ms`,
    ...(Object.entries(lanes) as Array<[LaneName, LaneFigures]>).map(([name, { rounds, bytesPerSecond, cpuMsPerMb, relayCpuMsPerMb, idleRttMs, fullRttMs }]) => {
      const strayed = rounds.flatMap((round) => round.strayed ?? [])
      const cell = (value: number, width: number, digits = 2): string => value.toFixed(digits).padStart(width)
      return `  ${name.padEnd(14)} ${cell(bytesPerSecond / 1e6, 8)} ${cell(cpuMsPerMb, 10)} ${cell(relayCpuMsPerMb, 12)} ${cell(idleRttMs.p50, 14)} ${cell(idleRttMs.p99, 9)} ${cell(fullRttMs.p50, 14)} ${cell(fullRttMs.p99, 9)}${strayed.length === 0 ? '' : `  went another way in ${strayed.length} of ${rounds.length} rounds: ${strayed[0]}`}`
    })
  ]
}
