// Every 64 KB that pass through a node make four such blocks outside of V8's heap: read, decrypted, batched, encrypted. They are garbage at
// once, but go only when the small objects that name them do, and of those there are few: V8 hears of 64 MB outside of the heap first, and
// marks the whole heap for it, ten times a second in a busy forwarder, with pauses of 30 ms and half of its processor time. So
// the young generation is collected after so many bytes sent, which takes a third of a millisecond. To be dropped when V8 counts
// the blocks that Node allocates to the young generation, as it does with its own.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { type: 'minor' }) => void

/** Some 16 MB of blocks. From a quarter to twice as much a forwarder is equally fast; with eight times as much it is three times slower. */
const COLLECT_EACH_BYTES = 4_194_304

/** From Node 24. Before that V8 does not know the flag below, and would say so on stderr. */
const FIRST_V8 = [13, 6]

/** What is left outside of the heap is weighed together with it, instead of against 64 MB. For the whole process, at any time. */
function weighExternalMemory (): void {
  const [major, minor] = process.versions.v8.split('.').map(Number)
  if (major > FIRST_V8[0] || (major === FIRST_V8[0] && minor >= FIRST_V8[1])) {
    setFlagsFromString('--external-memory-accounted-in-global-limit')
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
    weighExternalMemory()
  }

  sent (bytes: number): void {
    this.#sentBytes += bytes
    if (this.#sentBytes >= COLLECT_EACH_BYTES) {
      this.#sentBytes = 0
      this.#schedule(() => { this.#collect?.({ type: 'minor' }) })
    }
  }
}
