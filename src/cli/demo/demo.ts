// `byway demo`: a whole overlay on this machine, on real Internet latencies. Each pair of hosts starts on its default route,
// gets offers from two RSPs, and leaves the default route where a measured path is better; then a forwarder that is in use
// is stopped, and the flow recovers.
import { DemoOverlay, pause } from './demo-overlay.ts'
import { cheapestPath, linkAgreement } from '../../simulation/oracle.ts'
import { drawRows } from '../../simulation/draw.ts'
import { loadMatrix } from '../../simulation/latency-matrix.ts'
import { mapSome } from '../../testing/local-node.ts'
import { runFailing } from './failing.ts'
import { areMapsQuiet, measuredOn, reportPair, rounded, summarize } from './demo-report.ts'
import type { DemoPair } from './demo-overlay.ts'
import type { DemoReport, FailoverReport } from './demo-report.ts'
import type { FailingReport } from './failing-report.ts'
import type { LatencyMatrix } from '../../simulation/latency-matrix.ts'
import type { OutgoingChannel } from '../../host/outgoing-channel.ts'
import type { RspState } from './infrastructure.ts'

export interface DemoInit {
  sliceFile: string
  forwarders: number
  pairs: number
  seed: number
  /** Minutes in which forwarders fail and come back at random; default: one forwarder is stopped, once. */
  failingMinutes?: number
  signal: AbortSignal
  onProgress: (text: string) => void
}

export interface RunningDemo {
  overlay: DemoOverlay
  channels: OutgoingChannel[]
  report: DemoReport
}

const RELAY_COST_MS = 1
/**
 * Routes are measured so long before they are judged: until most of their last 16 echoes are from a time when nobody was
 * opening channels.
 */
const OBSERVE_MS = 9_000
const MOST_OBSERVE_MS = 60_000
const RECOVER_MS = 5_000
const OPEN_CONCURRENCY = 10
/** A peer may be slow to answer on a machine that is busy with other things. */
const OPEN_DEADLINE_MS = 30_000
const RETRY_MS = 1_000
const FAILOVER_DEADLINE_MS = 10_000

export async function runDemo (init: DemoInit): Promise<RunningDemo> {
  const startedMs = performance.now()
  const matrix = await loadMatrix(init.sliceFile)
  const rows = drawRows({ seed: init.seed, size: matrix.size, forwarders: init.forwarders, pairs: init.pairs })
  const overlay = new DemoOverlay({ matrix, rows, sliceFile: init.sliceFile, onProgress: init.onProgress, signal: init.signal })
  try {
    await overlay.start()
    init.onProgress('hosts ask for routes, and measure what they are offered')
    const channels = await mapSome(overlay.pairs, OPEN_CONCURRENCY, async (pair) => openChannel(pair, init.signal))
    const isObservedInQuiet = await overlay.quiet(OBSERVE_MS, MOST_OBSERVE_MS)
    const pairs = overlay.pairs.map((pair, i) => reportPair(pair, channels[i], oracleRttMs(matrix, overlay, pair)))
    const rsps = (await overlay.infrastructure.rsps()).map((rsp) => reportRsp(rsp, matrix))
    const failing = init.failingMinutes === undefined ? null : await failAndComeBack(init, init.failingMinutes, overlay, channels)
    const failover = failing === null ? await failOver(overlay, channels, init) : null
    const report = {
      forwarders: overlay.forwarders.map(({ id, row }) => ({ id, node: row })),
      rsps,
      pairs,
      ...summarize(pairs),
      failover,
      failing,
      isQuiet: isObservedInQuiet && areMapsQuiet(rsps),
      seconds: rounded((performance.now() - startedMs) / 1_000) as number
    }
    return { overlay, channels, report }
  } catch (error) {
    await overlay.stop()
    throw error
  }
}

async function openChannel ({ source, destination }: DemoPair, signal: AbortSignal): Promise<OutgoingChannel> {
  const startedMs = performance.now()
  for (;;) {
    try {
      const channel = await source.node.services.byway.open(destination.node.peerId, { signal })
      await channel.settled()
      return channel
    } catch (error) {
      if (signal.aborted || performance.now() - startedMs > OPEN_DEADLINE_MS) {
        throw error
      }
      await pause(RETRY_MS, signal)
    }
  }
}

/** The cheapest path through any running forwarders; only the oracle and the delays know the matrix. */
function oracleRttMs (matrix: LatencyMatrix, { forwarders }: DemoOverlay, { source, destination }: DemoPair): number {
  return cheapestPath({
    rttMs: (a, b) => matrix.rttMs(a, b),
    forwarders: forwarders.map(({ row }) => row),
    source: source.row,
    destination: destination.row,
    relayCostMs: RELAY_COST_MS
  }).rttMs
}

function reportRsp ({ id, row, kind, estimates }: RspState, matrix: LatencyMatrix): DemoReport['rsps'][number] {
  const agreement = linkAgreement(estimates, matrix)
  return {
    id,
    node: row,
    kind,
    links: estimates.length,
    medianErrorMs: rounded(agreement?.medianAbsoluteErrorMs) ?? 0,
    medianRelativeError: rounded(agreement?.medianRelativeError) ?? 0,
    withinTolerance: rounded(agreement?.withinTolerance) ?? 0
  }
}

async function failAndComeBack ({ seed, signal, onProgress }: DemoInit, minutes: number, overlay: DemoOverlay, channels: readonly OutgoingChannel[]): Promise<FailingReport> {
  onProgress(`forwarders fail and come back at random for ${minutes} min; each pair's route is measured beside its default route`)
  return runFailing({ overlay, channels, seed, minutes, signal, onProgress })
}

/** Stops the forwarder that most channels use, and watches one of them recover. */
async function failOver ({ infrastructure }: DemoOverlay, channels: readonly OutgoingChannel[], { signal, onProgress }: DemoInit): Promise<FailoverReport | null> {
  onProgress('stopping a forwarder that is in use')
  const uses = new Map<string, number[]>()
  channels.forEach((channel, i) => {
    for (const id of channel.status.active?.path ?? []) {
      uses.set(id, [...uses.get(id) ?? [], i])
    }
  })
  const [stopped, users] = [...uses].sort(([, a], [, b]) => b.length - a.length)[0] ?? []
  if (stopped === undefined || users === undefined) {
    return null
  }
  const channel = channels[users[0]]
  const before = channel.status.active
  const stoppedMs = performance.now()
  await infrastructure.kill(stopped)
  const detectedMs = await leaves(channel, stopped, stoppedMs)
  await pause(RECOVER_MS, signal)
  const { active, text } = channel.status
  return {
    stopped,
    pair: users[0],
    detectedMs: rounded(detectedMs),
    route: text,
    path: active?.path ?? [],
    measuredRttMs: measuredOn(active),
    before: { path: before?.path ?? [], measuredRttMs: measuredOn(before) }
  }
}

/** How long until the channel is on a route without this forwarder; null when it never is. */
async function leaves (channel: OutgoingChannel, forwarder: string, sinceMs: number): Promise<number | null> {
  while (performance.now() - sinceMs < FAILOVER_DEADLINE_MS) {
    const { active } = channel.status
    if (active !== undefined && !active.path.includes(forwarder)) {
      return performance.now() - sinceMs
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return null
}
