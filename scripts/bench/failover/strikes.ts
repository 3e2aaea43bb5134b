// Forwarders in use fail one after the other, and what the flow notices of it is written down.
import { setTimeout as pause } from 'node:timers/promises'
import { nowMs } from './datagram.ts'
import { until } from '../nodes.ts'
import type { Scenery } from './scenery.ts'
import type { SourceState } from './source-process.ts'

export interface Strike {
  signal: 'SIGKILL' | 'SIGSTOP'
  /** Where on the path the forwarder was. */
  position: 'entry' | 'exit'
  /** Of the path before. */
  rttMs: number
  /** Was there a path beside it that shares no forwarder with it? */
  hadBackup: boolean
  /** From the strike until another route was used; null: never, within the time. */
  detectMs: number | null
  /** The longest time without a new datagram at the destination. */
  pauseMs: number
  /** What the flow went over after that, and why. */
  text: string
  reason: string
  /** All that the channel changed in that time, ms after the strike. */
  changes: string[]
}

/** The flow has to be on a path, with a backup if there is one, and quiet for so long, before the next strike. */
const QUIET_MS = 1_500
const READY_DEADLINE_MS = 40_000
/** So long is looked at what a strike does. */
const OBSERVE_MS = 2_500

export async function strikeOnce (scenery: Scenery, signal: Strike['signal'], random: () => number): Promise<Strike> {
  let before = await onPath(scenery)
  await scenery.arrivals()
  // it may have moved by itself since it was looked at
  while ((await scenery.switches()).some(({ atMs }) => nowMs() - atMs < QUIET_MS / 2)) {
    before = await onPath(scenery)
  }
  const index = Math.floor(random() * before.path.length)
  const struck = before.path[index]
  const atMs = nowMs()
  scenery.strike(struck, signal)
  await pause(OBSERVE_MS)
  const switches = await scenery.switches()
  const { atMs: arrivals } = await scenery.arrivals()
  const { text } = await scenery.state()
  const left = switches.find((change) => change.atMs >= atMs)
  // the next strike need not wait until this one is mapped
  void scenery.replace(struck).catch((error: unknown) => { process.stderr.write(`a forwarder was not replaced: ${String(error)}\n`) })
  return {
    signal,
    position: index === 0 ? 'entry' : 'exit',
    rttMs: before.rttMs ?? Number.NaN,
    hadBackup: (before.backup ?? []).length > 0,
    detectMs: left === undefined ? null : left.atMs - atMs,
    pauseMs: longestGapMs(arrivals, atMs, atMs + OBSERVE_MS),
    text,
    reason: left?.reason ?? '',
    changes: switches.map(({ atMs: changedMs, text: now, reason }) => `${Math.round(changedMs - atMs)} ms: ${now}: ${reason}`)
  }
}

/** Waits until the flow is, and stays, on a path of running forwarders. */
async function onPath (scenery: Scenery): Promise<SourceState> {
  let state = await scenery.state()
  let sinceMs = nowMs()
  let path = ''
  await until(async () => {
    state = await scenery.state()
    const isFit = state.path.length > 0 && scenery.isUp(state.path)
    if (!isFit || state.path.join() !== path) {
      path = isFit ? state.path.join() : ''
      sinceMs = nowMs()
    }
    return path !== '' && nowMs() - sinceMs >= QUIET_MS
  }, 'the flow is on a path', READY_DEADLINE_MS).catch((cause: unknown) => { throw new Error(`the flow came to no path: ${JSON.stringify(state)}`, { cause }) })
  return state
}

/** Between `fromMs` and `untilMs`: what came before the one and after the other ends gaps, too. */
export function longestGapMs (arrivalsMs: readonly number[], fromMs: number, untilMs: number): number {
  const within = arrivalsMs.filter((atMs) => atMs > fromMs && atMs < untilMs)
  return [...within, untilMs].reduce(({ longest, last }, atMs) => ({ longest: Math.max(longest, atMs - last), last: atMs }), { longest: 0, last: fromMs }).longest
}
