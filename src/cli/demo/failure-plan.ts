// When which forwarder of the demo fails, how, and when it comes back: drawn at random, and the same for the same seed. Pure.
import { seededUint32 } from '../../simulation/draw.ts'

/** Its process ends, and another one with its identity starts later; or it stands still with all its connections, and goes on later. */
export type FailureKind = 'dies' | 'falls-silent'

export interface Failure {
  /** Since the beginning. */
  atMs: number
  /** Since the beginning: when it works again. */
  untilMs: number
  /** Number of the forwarder. */
  forwarder: number
  kind: FailureKind
}

export interface FailurePlanInit {
  seed: number
  forwarders: number
  durationMs: number
}

/** On average; each gap is from a third of it to five thirds. A hundred failures in ten minutes, so that each forwarder fails some four times. */
const GAP_MS = 6_000
const LEAST_DOWN_MS = 4_000
const MOST_DOWN_MS = 24_000
/** Not more than this share of the forwarders is down at once: an overlay, not the end of one. */
const MOST_DOWN = 1 / 3
const SILENT_SHARE = 0.4

/** In the order of time. All have come back at the end, but for those that fail last. */
export function planFailures ({ seed, forwarders, durationMs }: FailurePlanInit): Failure[] {
  const nextUint32 = seededUint32(seed)
  const random = (): number => nextUint32() / 2 ** 32
  const failures: Failure[] = []
  const mostDown = Math.max(1, Math.floor(MOST_DOWN * forwarders))
  for (let atMs = gapMs(random()); atMs < durationMs; atMs += gapMs(random())) {
    const down = new Set(failures.filter(({ untilMs }) => untilMs > atMs).map(({ forwarder }) => forwarder))
    // drawn in any case, so that what comes later does not hang on it
    const [which, kind, lasts] = [random(), random(), random()]
    const up = Array.from({ length: forwarders }, (_, forwarder) => forwarder).filter((forwarder) => !down.has(forwarder))
    if (down.size < mostDown) {
      failures.push({
        atMs,
        untilMs: atMs + LEAST_DOWN_MS + lasts * (MOST_DOWN_MS - LEAST_DOWN_MS),
        forwarder: up[Math.floor(which * up.length)],
        kind: kind < SILENT_SHARE ? 'falls-silent' : 'dies'
      })
    }
  }
  return failures
}

function gapMs (random: number): number {
  return GAP_MS * (1 / 3 + random * 4 / 3)
}
