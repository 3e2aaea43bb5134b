// Measures the route in use of one pair of hosts beside its default route, all the time: ten times a second a datagram goes to the other host and back
// the way the flow goes, and a probe goes directly. Both leave together, so what a busy machine adds is added to both. While the route in use seems to
// be the worse one, they leave twice as often, so that the end of that is known as well as its beginning. On the default route itself there is nothing
// to compare, only to see that it works: that is seldom, since all hosts and forwarders of the demo share one machine.
import { NOTICEABLE_MS } from '../../host/lag-watch.ts'
import { WorseTimes } from './worse-times.ts'
import type { DemoPair } from './demo-overlay.ts'
import type { OutgoingChannel } from '../../host/outgoing-channel.ts'

/** Call `tick` so often. */
export const TICK_MS = 25
const SAMPLE_INTERVAL_MS = 100
const DOUBTFUL_INTERVAL_MS = 50
const DEFAULT_INTERVAL_MS = 500
/** As for probes; what takes longer is lost. */
const LOST_MS = 3_000
const DATAGRAM_BYTES = 8

interface Sample {
  number: number
  sentMs: number
  usualRttMs: number
  reason: string
  isDefault: boolean
  currentRttMs?: number
  defaultRttMs?: number
  isCurrentDone: boolean
  isDefaultDone: boolean
}

export interface PairWatchInit {
  pair: DemoPair
  channel: OutgoingChannel
  /** Monotonic, ms. */
  now: () => number
}

export class PairWatch {
  readonly times = new WorseTimes()
  /** Changes of the route. */
  switches = 0
  /** The time for which the flow was on a path, not on its default route. */
  onPathMs = 0
  /** How often a forwarder failed that was in use. */
  hits = 0
  readonly #init: PairWatchInit
  /** Under way, oldest first: at most LOST_MS / TICK_MS. */
  readonly #samples: Sample[] = []
  readonly #ends: Array<() => void> = []
  #number = 0
  /** That the flow takes now. */
  #route: 'default' | 'path' | 'none'
  #tickedMs: number | undefined
  #sampledMs = -Infinity
  /** The newest one that showed the route in use to be no worse. */
  #goodSentMs = -Infinity
  #defaultRttMs = 0

  constructor (init: PairWatchInit) {
    this.#init = init
    const { channel, pair: { destination } } = init
    this.#route = routeOf(channel)
    const onRoute = (): void => {
      this.#route = routeOf(channel)
      this.switches++
      this.times.switched(init.now())
    }
    const onMessage = ({ detail }: CustomEvent<Uint8Array>): void => { this.#cameBack(detail) }
    channel.addEventListener('route', onRoute)
    channel.addEventListener('message', onMessage)
    for (const incoming of destination.node.services.byway.channels.filter(({ remote }) => remote.equals(init.pair.source.node.peerId))) {
      const onRequest = ({ detail }: CustomEvent<Uint8Array>): void => {
        if (!incoming.isClosed) {
          incoming.send(detail)
        }
      }
      incoming.addEventListener('message', onRequest)
      this.#ends.push(() => { incoming.removeEventListener('message', onRequest) })
    }
    this.#ends.push(() => {
      channel.removeEventListener('route', onRoute)
      channel.removeEventListener('message', onMessage)
    })
  }

  /** Takes a sample if it is time to. */
  tick (): void {
    const nowMs = this.#init.now()
    this.#settle(nowMs)
    this.onPathMs += this.#route === 'path' ? nowMs - (this.#tickedMs ?? nowMs) : 0
    this.#tickedMs = nowMs
    if (nowMs - this.#sampledMs >= this.#intervalMs(nowMs) - TICK_MS / 2) {
      this.#sampledMs = nowMs
      this.#sample()
    }
  }

  #intervalMs (nowMs: number): number {
    if (this.#isDoubtful(nowMs)) {
      return DOUBTFUL_INTERVAL_MS
    }
    return this.#route === 'default' ? DEFAULT_INTERVAL_MS : SAMPLE_INTERVAL_MS
  }

  #sample (): void {
    const { active, reason } = this.#init.channel.status
    const sample: Sample = {
      number: this.#number++,
      usualRttMs: active?.measuredRttMs ?? 0,
      reason,
      isDefault: this.#route === 'default',
      sentMs: this.#init.now(),
      isCurrentDone: false,
      isDefaultDone: false
    }
    this.#samples.push(sample)
    // in turns, so that what the first of the two has to wait for is no one's advantage
    const both = [() => { this.#sendOnCurrent(sample) }, () => { this.#sendOnDefault(sample) }]
    for (const send of sample.number % 2 === 0 ? both : both.reverse()) {
      send()
    }
  }

  #sendOnCurrent ({ number }: Sample): void {
    const { channel } = this.#init
    if (!channel.isClosed) {
      channel.send(datagramOf(number))
    }
  }

  #sendOnDefault (sample: Sample): void {
    const { source, destination } = this.#init.pair
    void source.node.services.byway.trace([destination.node.peerId]).then(([rttMs]) => {
      sample.defaultRttMs = rttMs
      sample.isDefaultDone = true
      this.#defaultRttMs = rttMs ?? this.#defaultRttMs
      this.#look(sample)
    })
  }

  uses (forwarder: string): boolean {
    return this.#init.channel.status.active?.path.includes(forwarder) === true
  }

  /** A forwarder that was in use failed then. */
  failed (atMs: number): void {
    this.hits++
    this.times.failed(atMs)
  }

  /** Takes no more; what is under way is left out. */
  stop (): void {
    this.#settle(this.#init.now())
    this.times.end(this.#samples[0]?.sentMs ?? this.#init.now())
    for (const end of this.#ends) {
      end()
    }
  }

  #cameBack (datagram: Uint8Array): void {
    const number = numberOf(datagram)
    const sample = this.#samples.find((other) => other.number === number)
    if (sample?.isCurrentDone === false) {
      sample.currentRttMs = this.#init.now() - sample.sentMs
      sample.isCurrentDone = true
      this.#look(sample)
    }
  }

  #look ({ sentMs, currentRttMs, defaultRttMs }: Sample): void {
    if (currentRttMs !== undefined && defaultRttMs !== undefined && currentRttMs - defaultRttMs <= NOTICEABLE_MS) {
      this.#goodSentMs = Math.max(this.#goodSentMs, sentMs)
    }
  }

  /** Was anything worse, or is it overdue, that was sent after the last good one? */
  #isDoubtful (nowMs: number): boolean {
    return this.#samples.some(({ sentMs, isDefault, currentRttMs, defaultRttMs }) =>
      !isDefault && sentMs > this.#goodSentMs && (currentRttMs ?? nowMs - sentMs) - (defaultRttMs ?? this.#defaultRttMs) > NOTICEABLE_MS)
  }

  #settle (nowMs: number): void {
    while (this.#samples.length > 0) {
      const [sample] = this.#samples
      if (!(sample.isCurrentDone && sample.isDefaultDone) && nowMs - sample.sentMs < LOST_MS) {
        return
      }
      this.#samples.shift()
      this.times.add({ ...sample, currentRttMs: sample.currentRttMs, defaultRttMs: sample.defaultRttMs })
    }
  }
}

function routeOf ({ status: { active } }: OutgoingChannel): 'default' | 'path' | 'none' {
  if (active === undefined) {
    return 'none'
  }
  return active.isDefault ? 'default' : 'path'
}

function datagramOf (number: number): Uint8Array {
  const datagram = new Uint8Array(DATAGRAM_BYTES)
  new DataView(datagram.buffer).setFloat64(0, number)
  return datagram
}

function numberOf (datagram: Uint8Array): number {
  return datagram.length === DATAGRAM_BYTES ? new DataView(datagram.buffer, datagram.byteOffset).getFloat64(0) : Number.NaN
}
