// A carrier and its three processes, and one measurement on it. A phase begins with nothing on its way and ends when all has arrived, so that
// the relay's CPU time between is that of these packets: with slow lanes more would be under way at once than a window of time lets through.
import { Child } from '../child-process.ts'
import { percentile, windowedPercentile } from '../statistics.ts'
import { LANES } from './lanes.ts'
import type { CarrierName, LaneName } from './lanes.ts'
import type { Load } from './pump.ts'
import type { ReceiverInit } from './receiver-process.ts'
import type { Received } from './meter.ts'
import type { Sample } from './relay-process.ts'
import type { SenderInit } from './sender-process.ts'

export interface Durations {
  fullMs: number
  idleMs: number
  halfLoadMs: number
}

/** Of one round. */
export interface RoundFigures {
  /** CPU time is that of the relay's process, all its threads. */
  packetsPerCpuSecond: number
  /** By the clock. */
  packetsPerSecond: number
  /** One message at a time: from when it was sent to when it was received. */
  idleP50Us: number
  idleP99Us: number
  /** All lanes at the same load: half of what the circuit relay can do. Median of windows, see there. */
  halfLoadP99Us: number
  /** Of the same phase as a whole, with the stalls of the machine in it. */
  halfLoadWholeP99Us: number
  /** At half of this lane's own `packetsPerSecond`, which may be ten times as much; median of windows too. */
  ownHalfLoadP99Us: number
  lostShare: number
}

/** One write of an application that writes much at once. */
const BULK_BYTES = 60_000
/**
 * A machine that others use too, or that looks through its memory, stalls for several milliseconds once or twice in a second: in a phase as long as
 * that its stalls are the p99 of every lane, even of two bare sockets. Of windows so short less than half have one. A lane's own stalls
 * count where they come more often than in each second window.
 */
const WINDOW_MS = 100

export class Lane {
  readonly #carrier: CarrierName
  readonly #relay = new Child('relay/relay-process')
  readonly #receiver = new Child('relay/receiver-process')
  readonly #sender = new Child('relay/sender-process')

  constructor (carrier: CarrierName) {
    this.#carrier = carrier
  }

  async start (): Promise<void> {
    const carrier = this.#carrier
    const [relay, feedbackPort] = await Promise.all([this.#relay.ask<string[]>('start', carrier), this.#sender.ask<number>('listen')])
    const receiver = await this.#receiver.ask<string>('start', { carrier, relay, feedbackPort } satisfies ReceiverInit)
    await this.#sender.ask('start', { carrier, relay, receiver } satisfies SenderInit)
  }

  /** The code that few packets at a time run through is not what full batches do: without this it is compiled while it is measured. */
  async warmUp (name: LaneName, packetBytes: number, packetsPerSecond: number, durationMs: number): Promise<void> {
    await this.#sender.ask('choose', name)
    await this.#run({ ...loadOf(name, 'paced', packetBytes, durationMs), packetsPerSecond }, false)
  }

  async stop (): Promise<void> {
    await Promise.all([this.#relay, this.#receiver, this.#sender].map(async (child) => child.stop()))
  }

  /** How many packets per second arrive at full load. */
  async rate (name: LaneName, packetBytes: number, fullMs: number): Promise<number> {
    await this.#sender.ask('choose', name)
    return (await this.#full(loadOf(name, 'full', packetBytes, fullMs))).packetsPerSecond
  }

  /** @param packetsPerSecond - the load that all lanes have in common */
  async measure (name: LaneName, packetBytes: number, packetsPerSecond: number, { fullMs, idleMs, halfLoadMs }: Durations): Promise<RoundFigures> {
    await this.#sender.ask('choose', name)
    const full = await this.#full(loadOf(name, 'full', packetBytes, fullMs))
    const idle = await this.#run(loadOf(name, 'idle', packetBytes, idleMs), true)
    const half = await this.#run({ ...loadOf(name, 'paced', packetBytes, halfLoadMs), packetsPerSecond }, true)
    const ownHalf = await this.#run({ ...loadOf(name, 'paced', packetBytes, halfLoadMs), packetsPerSecond: full.packetsPerSecond / 2 }, true)
    const all = [full, idle, half, ownHalf]
    return {
      packetsPerCpuSecond: full.packetsPerCpuSecond,
      packetsPerSecond: full.packetsPerSecond,
      idleP50Us: percentile(idle.latenciesUs, 0.5),
      idleP99Us: percentile(idle.latenciesUs, 0.99),
      halfLoadP99Us: windowedP99(half.latenciesUs, packetsPerSecond),
      halfLoadWholeP99Us: percentile(half.latenciesUs, 0.99),
      ownHalfLoadP99Us: windowedP99(ownHalf.latenciesUs, full.packetsPerSecond / 2),
      lostShare: 1 - all.reduce((sum, { packets }) => sum + packets, 0) / all.reduce((sum, { sent }) => sum + sent, 0)
    }
  }

  async #full (load: Load): Promise<Received & { sent: number, packetsPerCpuSecond: number, packetsPerSecond: number }> {
    const before = await this.#relay.ask<Sample>('cpu')
    const run = await this.#run(load, false)
    const after = await this.#relay.ask<Sample>('cpu')
    return {
      ...run,
      packetsPerSecond: run.packets / (after.atNs - before.atNs) * 1e9,
      packetsPerCpuSecond: run.packets / (after.cpuUs - before.cpuUs) * 1e6
    }
  }

  async #run (load: Load, isRecording: boolean): Promise<Received & { sent: number }> {
    await this.#receiver.ask('begin', { packetBytes: load.packetBytes, isRecording })
    const sent = await this.#sender.ask<number>('run', load)
    return { ...await this.#receiver.ask<Received>('end'), sent }
  }
}

function windowedP99 (latenciesUs: Float64Array, packetsPerSecond: number): number {
  return windowedPercentile(latenciesUs, 0.99, Math.max(1, Math.round(packetsPerSecond * WINDOW_MS / 1_000)))
}

function loadOf (name: LaneName, mode: Load['mode'], packetBytes: number, durationMs: number): Load {
  return { mode, packetBytes, packets: LANES[name].isBulk ? Math.floor(BULK_BYTES / packetBytes) : 1, durationMs }
}
