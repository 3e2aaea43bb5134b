// `byway demo --failing`: forwarders fail and come back at random, while each pair's route in use is measured beside its default route.
// All hosts share one process, which a collection of its whole heap stops for 0.2 s: `npm start` lets that grow to a gigabyte first (package.json).
import { NOTICEABLE_MS } from '../../host/lag-watch.ts'
import { pause } from './demo-overlay.ts'
import { PairWatch, TICK_MS } from './pair-watch.ts'
import { planFailures } from './failure-plan.ts'
import { reportPairUnderFailures, totalOf } from './failing-report.ts'
import { rounded } from '../output.ts'
import type { DemoOverlay } from './demo-overlay.ts'
import type { Failure } from './failure-plan.ts'
import type { FailingReport } from './failing-report.ts'
import type { OutgoingChannel } from '../../host/outgoing-channel.ts'

export interface FailingInit {
  overlay: DemoOverlay
  channels: readonly OutgoingChannel[]
  seed: number
  minutes: number
  signal: AbortSignal
  onProgress: (text: string) => void
}

interface Event {
  atMs: number
  run: () => Promise<void>
}

const MS_PER_MINUTE = 60_000

export async function runFailing ({ overlay, channels, seed, minutes, signal, onProgress }: FailingInit): Promise<FailingReport> {
  const { infrastructure, forwarders, pairs } = overlay
  const durationMs = minutes * MS_PER_MINUTE
  const now = (): number => performance.now()
  const watches = pairs.map((pair, i) => new PairWatch({ pair, channel: channels[i], now }))
  const counts = { died: 0, fellSilent: 0, cameBack: 0, mostDown: 0 }
  const down = new Set<number>()

  const fail = async ({ forwarder, kind }: Failure): Promise<void> => {
    const { id } = forwarders[forwarder]
    // before it does: afterwards the first of them have left it
    const using = watches.filter((watch) => watch.uses(id))
    down.add(forwarder)
    counts.mostDown = Math.max(counts.mostDown, down.size)
    counts[kind === 'dies' ? 'died' : 'fellSilent']++
    const atMs = await (kind === 'dies' ? infrastructure.kill(id) : infrastructure.silence(id))
    using.forEach((watch) => { watch.failed(atMs) })
  }
  const comeBack = async ({ forwarder, kind }: Failure): Promise<void> => {
    const { id } = forwarders[forwarder]
    await (kind === 'dies' ? overlay.restart(id) : infrastructure.wake(id))
    down.delete(forwarder)
    counts.cameBack++
  }

  const startedMs = now()
  let longestStallMs = 0
  let dueMs = startedMs
  const timer = setInterval(() => {
    longestStallMs = Math.max(longestStallMs, now() - dueMs)
    dueMs = now() + TICK_MS
    watches.forEach((watch) => { watch.tick() })
  }, TICK_MS)
  try {
    const events = planFailures({ seed, forwarders: forwarders.length, durationMs }).flatMap<Event>((failure) => [
      { atMs: failure.atMs, run: async () => fail(failure) },
      { atMs: failure.untilMs, run: async () => comeBack(failure) }
    ]).filter(({ atMs }) => atMs < durationMs).sort((a, b) => a.atMs - b.atMs)
    let toldMs = 0
    for (const { atMs, run } of events) {
      await pause(Math.max(0, startedMs + atMs - now()), signal)
      await run()
      if (atMs - toldMs >= MS_PER_MINUTE) {
        toldMs = atMs
        onProgress(`${Math.floor(atMs / MS_PER_MINUTE)} of ${minutes} min: ${counts.died} forwarders have died and ${counts.fellSilent} fallen silent, ${counts.cameBack} have come back`)
      }
    }
    await pause(Math.max(0, startedMs + durationMs - now()), signal)
  } finally {
    clearInterval(timer)
    watches.forEach((watch) => { watch.stop() })
  }
  const seconds = (now() - startedMs) / 1_000
  const reports = pairs.map(({ source, destination }, i) => reportPairUnderFailures(
    { id: source.node.peerId.toString(), node: source.row },
    { id: destination.node.peerId.toString(), node: destination.row },
    watches[i],
    startedMs
  ))
  return {
    seed,
    seconds: rounded(seconds) as number,
    worseByMs: NOTICEABLE_MS,
    ...counts,
    pairs: reports,
    total: totalOf(reports, seconds),
    longestStallMs: rounded(longestStallMs) as number
  }
}
