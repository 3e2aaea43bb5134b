// Every 64 KB that pass through a node make four such blocks outside of V8's heap: read, decrypted, batched, encrypted. Most are freed at once
// (freed-memory.ts). The others are garbage, but go only when the small objects that name them do, and of those there are few: V8 hears of
// megabytes outside of the heap first, and marks the whole heap for it, ten times a second in a busy forwarder, with pauses of 30 ms and half
// of its processor time, most of it on other threads. So the young generation is collected after so many bytes sent, which takes a third of
// a millisecond. To be dropped when V8 counts the blocks that Node allocates to the young generation, as it does with its own.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { type: 'minor' }) => void

/**
 * Some 4 MB of blocks that were not freed. V8 always lets the heap, and what is outside, grow by 8 MB before it marks, and in bad moments by
 * no more: with 16 MB of blocks it then marked again and again, for as long as there was traffic.
 */
const COLLECT_EACH_BYTES = 2_097_152

/** For the whole process, at any time; and the first V8 that is known to have it, since one that has not says so on stderr. */
const FLAGS = [
  // what is left outside of the heap is weighed together with it, instead of against 64 MB
  { flag: '--external-memory-accounted-in-global-limit', firstV8: [13, 6] },
  // who allocates little on the heap is idle, V8 thinks after each collection of the young generation, and leaves no room to grow
  { flag: '--no-scavenger-updates-allocation-limit', firstV8: [14, 6] }
]

function setFlags (): void {
  const [major, minor] = process.versions.v8.split('.').map(Number)
  for (const { flag, firstV8 } of FLAGS) {
    if (major > firstV8[0] || (major === firstV8[0] && minor >= firstV8[1])) {
      setFlagsFromString(flag)
    }
  }
}

/** The collector itself, which Node gives only to those who ask by a flag; it may be set at any time. Undefined where there is none. */
function collector (): Collect | undefined {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('globalThis.gc') as Collect | undefined
  setFlagsFromString('--no-expose-gc')
  return collect
}

export interface YoungGarbageInit {
  collect?: Collect
  /** Runs something when what is being done now is done. */
  schedule?: (run: () => void) => void
}

/** Counts what all connections of a process send, and collects. */
export class YoungGarbage {
  readonly #collect: Collect | undefined
  readonly #schedule: (run: () => void) => void
  #sentBytes = 0

  constructor ({ collect = collector(), schedule = setImmediate }: YoungGarbageInit = {}) {
    this.#collect = collect
    this.#schedule = schedule
    setFlags()
  }

  sent (bytes: number): void {
    this.#sentBytes += bytes
    if (this.#sentBytes >= COLLECT_EACH_BYTES) {
      this.#sentBytes = 0
      this.#schedule(() => { this.#collect?.({ type: 'minor' }) })
    }
  }
}
