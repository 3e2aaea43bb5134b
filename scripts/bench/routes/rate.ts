// How often a call runs in a second of the processor: other work on the machine then counts little, and what is compared may
// be timed one after the other.

export interface Pace {
  /** Of each window; a fifth of it warms up first. */
  windowMs: number
  windows: number
}

/** Calls per second of this thread's processor time: the median of the windows. The call gets a running number. */
export function rateOf (pace: Pace, call: (round: number) => unknown): number {
  let round = 0
  const run = (durationMs: number): number => {
    const first = round
    const endMs = performance.now() + durationMs
    const startUs = processorTimeUs()
    do {
      call(round++)
    } while (performance.now() < endMs)
    return (round - first) / (processorTimeUs() - startUs) * 1e6
  }
  run(pace.windowMs / 5)
  const rates = Array.from({ length: pace.windows }, () => run(pace.windowMs)).sort((a, b) => a - b)
  return significant(rates[rates.length >> 1])
}

/** Calls that take less than a clock reading: so many at once. The rate is that of single ones. */
export function batchRateOf (pace: Pace, batch: number, call: (round: number) => unknown): number {
  return significant(batch * rateOf(pace, round => {
    for (let step = 0; step < batch; step++) {
      call(round * batch + step)
    }
  }))
}

/** Milliseconds that a call takes, by the clock: processor time is counted in steps that are too long for one call. */
export function elapsedMs (call: () => void): number {
  const startMs = performance.now()
  call()
  return performance.now() - startMs
}

/** Three digits: more would pretend. */
export function significant (value: number): number {
  return Number(value.toPrecision(3))
}

/** Of this thread where the runtime can tell, else of the process. */
function processorTimeUs (): number {
  const { user, system } = (process.threadCpuUsage as typeof process.cpuUsage | undefined)?.() ?? process.cpuUsage()
  return user + system
}
