// An overlay whose links move as measured ones do: most values are those of before and some noise, a few are another level, and now
// and then a link goes and comes back. Its forwarders lie in a plane, and links take detours.
import { PerformanceMap } from '../../../src/rsp/performance-map.ts'
import { LINKS_PER_FORWARDER, forwarderIds, neighboursOf } from '../rsp/made-up-map.ts'
import type { PeerId } from '@libp2p/interface'

/** Half the width of what noise adds, as a share. */
const NOISE = 0.03
const LEVEL_SHARE = 0.01
const GONE_SHARE = 0.002
/** From one edge of the plane to the other. */
const WIDTH_MS = 120
const MAX_DETOUR = 1
const START_MS = 1_800_000_000_000
const SNAPSHOT_MS = 50

interface Link {
  from: string
  to: string
  levelUs: number
  isGone: boolean
}

export class MovingOverlay {
  readonly map = new PerformanceMap({ snapshotMs: SNAPSHOT_MS })
  readonly forwarders: readonly PeerId[]
  readonly #random: () => number
  readonly #links: Link[]
  readonly #places: Array<readonly [x: number, y: number]>
  nowMs = START_MS
  #next = 0

  static async create (random: () => number): Promise<MovingOverlay> {
    return new MovingOverlay(await forwarderIds(), random)
  }

  private constructor (forwarders: readonly PeerId[], random: () => number) {
    this.forwarders = forwarders
    this.#random = random
    this.#places = forwarders.map(() => [random(), random()])
    for (const forwarder of forwarders) {
      this.map.addNode(forwarder.toString())
    }
    this.#links = forwarders.flatMap((forwarder, number) => neighboursOf(number, LINKS_PER_FORWARDER).map((other): Link => ({
      from: forwarder.toString(),
      to: forwarders[other].toString(),
      levelUs: 1_000 * this.rttMs(number, other) * (1 + MAX_DETOUR * random()),
      isGone: false
    })))
    // reports come in no order
    for (let at = this.#links.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1))
      ;[this.#links[at], this.#links[other]] = [this.#links[other], this.#links[at]]
    }
    this.change(this.#links.length)
  }

  get links (): number {
    return this.#links.length
  }

  /** Of light, between two forwarders. */
  rttMs (a: number, b: number): number {
    const [[ax, ay], [bx, by]] = [this.#places[a], this.#places[b]]
    return 1 + WIDTH_MS * Math.hypot(ax - bx, ay - by)
  }

  /** The forwarders nearest to somewhere, and how far they are. */
  nearest (count: number): Array<{ forwarder: PeerId, rttUs: number }> {
    const [x, y] = [this.#random(), this.#random()]
    return this.forwarders
      .map((forwarder, number) => ({ forwarder, rttUs: Math.round(1_000 * (2 + WIDTH_MS * Math.hypot(this.#places[number][0] - x, this.#places[number][1] - y))) }))
      .sort((a, b) => a.rttUs - b.rttUs)
      .slice(0, count)
  }

  /** So many links are reported on. */
  change (count: number): void {
    const random = this.#random
    for (let done = 0; done < count; done++) {
      const link = this.#links[this.#next++ % this.#links.length]
      if (link.isGone || random() < GONE_SHARE) {
        link.isGone = !link.isGone
        if (link.isGone) {
          this.map.remove(link.from, link.to)
          continue
        }
      }
      if (random() < LEVEL_SHARE) {
        link.levelUs *= 0.5 + 1.5 * random()
      }
      const rttUs = Math.round(link.levelUs * (1 + NOISE * (2 * random() - 1)))
      this.map.set(link.from, link.to, { rttUs, jitterUs: 300, lossPpm: 0, measuredAtMs: this.nowMs, samples: 16 })
    }
  }
}
