// Lanes that take turns on the same kind of way, each with both its ends, and what stands between them, in processes of their own.
import { Child } from '../child-process.ts'
import { median, percentile, rounded } from '../statistics.ts'
import { LANES } from './lanes.ts'
import { Network } from './network.ts'
import type { LaneName } from './lanes.ts'
import type { LineQuality, Place } from './network.ts'
import type { ReceiverInit } from './receiver-process.ts'
import type { RelayInit } from './relay-process.ts'
import type { SenderInit } from './sender-process.ts'

export interface Scenario {
  name: string
  lanes: readonly LaneName[]
  /** Undefined: loopback as it is. */
  qualityOf?: (from: Place, to: Place) => LineQuality
  roundMs: number
  /** Default: as many as are asked for. */
  mostRounds?: number
}

export interface LaneFigures {
  /** Median of the rounds that went the lane's way; of all, when none did. */
  bytesPerSecond: number
  /** Of both ends and what stands between them, in ms per MB. */
  cpuMsPerMb: number
  /** Of that, what stands between. */
  relayCpuMsPerMb: number
  /** Of a small message, while nothing else is sent and while the other stream is full. */
  idleRttMs: RoundTrips
  fullRttMs: RoundTrips
  /** Of every round. */
  rounds: Round[]
}

export interface Round {
  bytesPerSecond: number
  cpuMsPerMb: number
  /** It went another way than the lane says: its figures are those of another lane. */
  strayed?: string
}

export interface RoundTrips { p50: number, p99: number }

export interface Outcome {
  scenario: string
  /** Why there is nothing. */
  skipped?: string
  lanes: Partial<Record<LaneName, LaneFigures>>
}

interface Measured extends Round {
  relayCpuMsPerMb: number
  tripsMs: number[]
}

const LOOPBACK = ['/ip4/127.0.0.1/tcp/0']
/** What is under way when a round ends arrives before another lane begins, or so long. */
const MAX_REST_MS = 5_000
const QUIET_MS = 300
const IDLE_MS = 1_000
const MB = 1e6

/** @param askedRounds - beside one that warms up */
export async function run (scenario: Scenario, askedRounds: number, progress: (text: string) => void): Promise<Outcome> {
  const rounds = Math.min(askedRounds, scenario.mostRounds ?? Infinity)
  let network: Network | undefined
  if (scenario.qualityOf !== undefined) {
    try {
      network = new Network()
    } catch (error) {
      return { scenario: scenario.name, skipped: `lines of a given rate, delay and loss need root, iproute2 and VXLAN: ${(error as Error).message.split('\n').slice(0, 2).join(' ')}`, lanes: {} }
    }
  }
  const children: Child[] = []
  const start = (module: string, place: Place | 'lines'): Child => {
    const child = new Child(`channel/${module}`, [], network?.namespaceOf(place))
    children.push(child)
    return child
  }
  try {
    if (network !== undefined && scenario.qualityOf !== undefined) {
      await start('line-process', 'lines').ask('start', network.lines(scenario.qualityOf))
    }
    const lanes = new Map<LaneName, Lane>()
    for (const name of scenario.lanes) {
      progress(`${scenario.name}: ${name} starts`)
      lanes.set(name, await Lane.start(name, start, (place) => network?.listenAt(place) ?? LOOPBACK))
    }
    const measured = new Map<LaneName, Measured[]>(scenario.lanes.map((name) => [name, []]))
    const idle = new Map<LaneName, number[]>()
    for (let round = 0; round <= rounds; round++) {
      for (const [name, lane] of lanes) {
        const result = await lane.play(scenario.roundMs)
        progress(`${scenario.name}: ${name} ${round === 0 ? 'warms up' : `round ${round}`}, ${(result.bytesPerSecond / MB).toFixed(2)} MB/s`)
        if (round > 0) {
          measured.get(name)?.push(result)
        }
      }
    }
    for (const [name, lane] of lanes) {
      idle.set(name, await lane.roundTrips(IDLE_MS))
    }
    return {
      scenario: scenario.name,
      lanes: Object.fromEntries([...measured].map(([name, all]) => [name, figuresOf(all, idle.get(name) ?? [])]))
    }
  } finally {
    await Promise.all(children.map(async (child) => child.stop()))
    network?.close()
  }
}

class Lane {
  readonly #sender: Child
  readonly #receiver: Child
  readonly #relay: Child | undefined

  private constructor (sender: Child, receiver: Child, relay?: Child) {
    this.#sender = sender
    this.#receiver = receiver
    this.#relay = relay
  }

  static async start (name: LaneName, start: (module: string, place: Place) => Child, listenAt: (place: Place) => string[]): Promise<Lane> {
    const { carrier, isRelayed } = LANES[name]
    const relayChild = isRelayed ? start('relay-process', 'forwarder') : undefined
    const relay = await relayChild?.ask<string[]>('start', { carrier, listen: listenAt('forwarder') } satisfies RelayInit) ?? []
    const receiverChild = start('receiver-process', 'receiver')
    const receiver = await receiverChild.ask<SenderInit['receiver']>('start', { carrier, listen: listenAt('receiver'), relay } satisfies ReceiverInit)
    const senderChild = start('sender-process', 'sender')
    await senderChild.ask('start', { carrier, listen: listenAt('sender'), relay, receiver } satisfies SenderInit)
    return new Lane(senderChild, receiverChild, relayChild)
  }

  async roundTrips (durationMs: number): Promise<number[]> {
    return this.#sender.ask<number[]>('roundTrips', durationMs)
  }

  /** Sends as much as goes for so long. What comes in that time counts. */
  async play (durationMs: number): Promise<Measured> {
    await this.#sender.ask('ready')
    const before = await this.#state()
    const startMs = performance.now()
    await this.#sender.ask('fill', true)
    const trips = this.roundTrips(durationMs)
    await new Promise((resolve) => setTimeout(resolve, durationMs))
    const after = await this.#state()
    const seconds = (performance.now() - startMs) / 1_000
    await this.#sender.ask('fill', false)
    const tripsMs = await trips
    await this.#rest()
    const megabytes = (after.receivedBytes - before.receivedBytes) / MB
    return {
      bytesPerSecond: Math.round(megabytes * MB / seconds),
      cpuMsPerMb: rounded((after.cpuUs - before.cpuUs) / 1_000 / megabytes),
      relayCpuMsPerMb: rounded((after.relayCpuUs - before.relayCpuUs) / 1_000 / megabytes),
      tripsMs,
      strayed: await this.#sender.ask<string | undefined>('strayed')
    }
  }

  async #state (): Promise<{ receivedBytes: number, cpuUs: number, relayCpuUs: number }> {
    const [receivedBytes, ...cpu] = await Promise.all([
      this.#receiver.ask<number>('receivedBytes'), this.#sender.ask<number>('cpuUs'), this.#receiver.ask<number>('cpuUs'), this.#relay?.ask<number>('cpuUs') ?? 0
    ])
    return { receivedBytes, cpuUs: cpu[0] + cpu[1] + cpu[2], relayCpuUs: cpu[2] }
  }

  async #rest (): Promise<void> {
    const untilMs = performance.now() + MAX_REST_MS
    for (let bytes = -1; performance.now() < untilMs;) {
      const now = await this.#receiver.ask<number>('receivedBytes')
      if (now === bytes) {
        return
      }
      bytes = now
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
    }
  }
}

function figuresOf (rounds: readonly Measured[], idleMs: readonly number[]): LaneFigures {
  const own = rounds.filter(({ strayed }) => strayed === undefined)
  const of = (key: 'bytesPerSecond' | 'cpuMsPerMb' | 'relayCpuMsPerMb'): number => rounded(median((own.length > 0 ? own : rounds).map((round) => round[key])))
  return {
    bytesPerSecond: of('bytesPerSecond'),
    cpuMsPerMb: of('cpuMsPerMb'),
    relayCpuMsPerMb: of('relayCpuMsPerMb'),
    idleRttMs: roundTripsOf(idleMs),
    fullRttMs: roundTripsOf(rounds.flatMap(({ tripsMs }) => tripsMs)),
    rounds: rounds.map(({ bytesPerSecond, cpuMsPerMb, strayed }) => ({ bytesPerSecond, cpuMsPerMb, strayed }))
  }
}

function roundTripsOf (tripsMs: readonly number[]): RoundTrips {
  return { p50: rounded(percentile(tripsMs, 0.5), 2), p99: rounded(percentile(tripsMs, 0.99), 2) }
}
