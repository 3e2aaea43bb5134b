// One forwarder, four flows through it to one receiver, and twice as much offered as gets through.
import { generateKeyPair } from '@libp2p/crypto/keys'
import { Child } from '../child-process.ts'
import { median, rounded } from '../statistics.ts'
import { FLOWS } from './flow.ts'
import type { Arrived, FlowName } from './flow.ts'
import type { RelayInit, RelaySample } from './relay-process.ts'
import type { SenderInit, SenderLoad, Sent } from './sender-process.ts'
import type { SlowLineInit } from './slow-line-process.ts'

/** What there is too little of: what the forwarder may carry, the line to the receiver, or the processor. */
export type Bottleneck = 'capacity' | 'line' | 'processor'

export interface Outcome {
  bottleneck: Bottleneck
  seconds: number
  /** What gets through; of the processor what was measured before. */
  limitBytesPerSecond: number
  offeredShare: number
  /** Of the limit. */
  throughputShare: number
  flows: Record<FlowName, FlowOutcome>
  /** The larger over the smaller share of the two RSPs. */
  rspRatio: number
  delayP99Ms: number
  /** Of the modest flow, what was refused at its entry included. */
  modestLostShare: number
  relay: { rssMb: number, rssGrowthMb: number, dropped: Record<string, number>, markedPackets: number }
}

export interface FlowOutcome {
  offeredBytesPerSecond: number
  enteredBytesPerSecond: number
  arrivedBytesPerSecond: number
  lostShare: number
  delayP50Ms: number
  delayP99Ms: number
  delayMaxMs: number
}

/** Of what gets through: together twice as much, and the first RSP twice as much as the other. */
const OFFERED: Record<FlowName, number> = { greedy1: 0.675, greedy2: 0.675, other: 0.6, modest: 0.05 }
const CAPACITY_BYTES_PER_SECOND = 10_000_000
const LINE_BYTES_PER_SECOND = 5_000_000
const UNLIMITED = 1e11
/** Of the forwarder's time, where its processor is what there is too little of: the senders need theirs, too. */
const OTHER_SHARE = 0.8
/** What is known of links and shares is no more than so old. */
const WARM_UP_MS = 3_000
const SAMPLE_MS = 1_000
/** Until what is on its way has come. */
const REST_MS = 1_000
const MB = 1e6

export async function run (bottleneck: Bottleneck, seconds: number): Promise<Outcome> {
  const children: Child[] = []
  const child = (module: string): Child => {
    const started = new Child(`overload/${module}`)
    children.push(started)
    return started
  }
  try {
    const [relay, receiver] = [child('relay-process'), child('receiver-process')]
    const addresses = await relay.ask<string[]>('start', {
      capacityBytesPerSecond: bottleneck === 'capacity' ? CAPACITY_BYTES_PER_SECOND : UNLIMITED,
      otherShare: bottleneck === 'processor' ? OTHER_SHARE : 0
    } satisfies RelayInit)
    const receiverAt = bottleneck === 'line' ? await behindSlowLine(child('slow-line-process'), addresses) : addresses
    const receiverId = await receiver.ask<string>('start', receiverAt)
    const keys = { one: await generateKeyPair('Ed25519'), two: await generateKeyPair('Ed25519') }
    const senders = new Map<FlowName, Child>()
    for (const name of Object.keys(FLOWS) as FlowName[]) {
      const sender = child('sender-process')
      await sender.ask('start', { name, relay: addresses, receiver: receiverId, rspKey: keys[FLOWS[name].rsp].raw } satisfies SenderInit)
      senders.set(name, sender)
    }
    const offer = async (limitBytesPerSecond: number, durationMs: number): Promise<Map<FlowName, Sent>> => new Map(await Promise.all([...senders].map(async ([name, sender]) => {
      const load = { bytesPerSecond: OFFERED[name] * limitBytesPerSecond, durationMs } satisfies SenderLoad
      return [name, await sender.ask<Sent>('run', load, durationMs + 30_000)] as const
    })))
    let limitBytesPerSecond = bottleneck === 'capacity' ? CAPACITY_BYTES_PER_SECOND : LINE_BYTES_PER_SECOND
    if (bottleneck === 'processor') {
      await offer(Infinity, WARM_UP_MS)
      await receiver.ask('begin')
      await offer(Infinity, WARM_UP_MS)
      limitBytesPerSecond = sum(Object.values(await receiver.ask<Record<FlowName, Arrived>>('end')).map(({ bytes }) => bytes)) / WARM_UP_MS * 1_000
    }
    await offer(limitBytesPerSecond, WARM_UP_MS)
    await receiver.ask('begin')
    const rss: number[] = []
    const sampling = setInterval(() => { void relay.ask<RelaySample>('sample').then(({ rssBytes }) => rss.push(rssBytes), () => {}) }, SAMPLE_MS)
    const before = await relay.ask<RelaySample>('sample')
    const sent = await offer(limitBytesPerSecond, seconds * 1_000)
    clearInterval(sampling)
    await new Promise((resolve) => setTimeout(resolve, REST_MS))
    const arrived = await receiver.ask<Record<FlowName, Arrived>>('end')
    return outcomeOf({ bottleneck, seconds, limitBytesPerSecond, sent, arrived, before, after: await relay.ask<RelaySample>('sample'), rss })
  } finally {
    await Promise.all(children.map(async (started) => started.stop()))
  }
}

async function behindSlowLine (line: Child, addresses: readonly string[]): Promise<string[]> {
  const address = addresses.find((text) => text.includes('/tcp/')) as string
  const port = await line.ask<number>('start', { port: Number(/\/tcp\/(\d+)/.exec(address)?.[1]), bytesPerSecond: LINE_BYTES_PER_SECOND } satisfies SlowLineInit)
  return [address.replace(/\/tcp\/\d+/, `/tcp/${port}`)]
}

interface Observed {
  bottleneck: Bottleneck
  seconds: number
  limitBytesPerSecond: number
  sent: Map<FlowName, Sent>
  arrived: Record<FlowName, Arrived>
  before: RelaySample
  after: RelaySample
  rss: number[]
}

function outcomeOf ({ bottleneck, seconds, limitBytesPerSecond, sent, arrived, before, after, rss }: Observed): Outcome {
  const flows = Object.fromEntries([...sent].map(([name, { offeredPackets, enteredBytes }]) => {
    const { packets, bytes, delayP50Ms, delayP99Ms, delayMaxMs } = arrived[name]
    return [name, {
      offeredBytesPerSecond: Math.round(offeredPackets * FLOWS[name].packetBytes / seconds),
      enteredBytesPerSecond: Math.round(enteredBytes / seconds),
      arrivedBytesPerSecond: Math.round(bytes / seconds),
      // some of before may come in the time
      lostShare: rounded(Math.max(0, 1 - packets / offeredPackets), 5),
      delayP50Ms,
      delayP99Ms,
      delayMaxMs
    }]
  })) as Record<FlowName, FlowOutcome>
  const of = (rsp: 'one' | 'two'): number => sum((Object.keys(FLOWS) as FlowName[]).filter((name) => FLOWS[name].rsp === rsp).map((name) => flows[name].arrivedBytesPerSecond))
  const shares = [of('one'), of('two')]
  const third = Math.floor(rss.length / 3)
  return {
    bottleneck,
    seconds,
    limitBytesPerSecond: Math.round(limitBytesPerSecond),
    offeredShare: rounded(sum(Object.values(flows).map(({ offeredBytesPerSecond }) => offeredBytesPerSecond)) / limitBytesPerSecond),
    throughputShare: rounded(sum(shares) / limitBytesPerSecond),
    flows,
    rspRatio: rounded(Math.max(...shares) / Math.min(...shares)),
    delayP99Ms: Math.max(...Object.values(flows).map(({ delayP99Ms }) => delayP99Ms)),
    modestLostShare: flows.modest.lostShare,
    relay: {
      rssMb: rounded(Math.max(...rss) / MB, 1),
      rssGrowthMb: rounded((median(rss.slice(-third)) - median(rss.slice(0, third))) / MB, 1),
      dropped: Object.fromEntries(Object.entries(after.dropped).map(([reason, packets]) => [reason, packets - (before.dropped[reason] ?? 0)]).filter(([, packets]) => packets !== 0)) as Record<string, number>,
      markedPackets: after.markedPackets - before.markedPackets
    }
  }
}

function sum (values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
