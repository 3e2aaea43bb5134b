// All lanes at all sizes, in rounds: in each round every lane has its turn, one round forwards and the next backwards, so that what
// the machine does besides falls on all of them.
import { median, rounded } from '../statistics.ts'
import { Lane } from './lane.ts'
import { LANES } from './lanes.ts'
import type { CarrierName, LaneName } from './lanes.ts'
import type { Durations, RoundFigures } from './lane.ts'

export interface Extent {
  sizes: readonly number[]
  lanes: readonly LaneName[]
  rounds: number
  durations: Durations
  /** Full load before all else, and the common load before the first round at each size, so that code is compiled. */
  warmUpMs: { full: number, paced: number }
}

/** Half of what this lane can do is the load under which the delays of all lanes are compared. */
const COMMON_LANE = 'circuitRelay'

/** By lane, in the order of the rounds. */
export type Rounds = Partial<Record<LaneName, RoundFigures[]>>

export async function measure ({ sizes, lanes, rounds, durations, warmUpMs }: Extent): Promise<Map<number, Rounds>> {
  const carriers = new Map<CarrierName, Lane>()
  try {
    for (const name of lanes) {
      const { carrier } = LANES[name]
      carriers.set(carrier, carriers.get(carrier) ?? new Lane(carrier))
    }
    await Promise.all([...carriers.values()].map(async (lane) => lane.start()))
    const carrierOf = (name: LaneName): Lane => carriers.get(LANES[name].carrier) as Lane
    for (const name of lanes) {
      await carrierOf(name).rate(name, sizes[0], warmUpMs.full)
    }
    const common = lanes.includes(COMMON_LANE) ? COMMON_LANE : lanes[0]
    const bySize = new Map<number, Rounds>()
    for (const packetBytes of sizes) {
      const packetsPerSecond = await carrierOf(common).rate(common, packetBytes, durations.fullMs) / 2
      for (const name of lanes) {
        await carrierOf(name).warmUp(name, packetBytes, packetsPerSecond, warmUpMs.paced)
      }
      const figures: Rounds = Object.fromEntries(lanes.map((name) => [name, []]))
      for (let round = 0; round < rounds; round++) {
        for (const name of round % 2 === 0 ? lanes : lanes.toReversed()) {
          figures[name]?.push(await carrierOf(name).measure(name, packetBytes, packetsPerSecond, durations))
        }
      }
      bySize.set(packetBytes, figures)
    }
    return bySize
  } finally {
    await Promise.all([...carriers.values()].map(async (lane) => lane.stop()))
  }
}

/** Median of the rounds, figure by figure. */
export function medians (rounds: readonly RoundFigures[]): RoundFigures {
  const of = (figure: keyof RoundFigures, digits = 0): number => rounded(median(rounds.map((round) => round[figure])), digits)
  return {
    packetsPerCpuSecond: of('packetsPerCpuSecond'),
    packetsPerSecond: of('packetsPerSecond'),
    idleP50Us: of('idleP50Us'),
    idleP99Us: of('idleP99Us'),
    halfLoadP99Us: of('halfLoadP99Us'),
    halfLoadWholeP99Us: of('halfLoadWholeP99Us'),
    ownHalfLoadP99Us: of('ownHalfLoadP99Us'),
    lostShare: of('lostShare', 5)
  }
}

/** Median of the ratios of neighbours: the two lanes' turns of one round. */
export function ratio (rounds: Rounds, figure: keyof RoundFigures, of: LaneName, to: LaneName): number | undefined {
  const [above, below] = [rounds[of], rounds[to]]
  return above === undefined || below === undefined ? undefined : rounded(median(above.map((round, index) => round[figure] / below[index][figure])))
}
