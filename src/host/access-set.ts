// The forwarders through which a host can be reached: it finds them, measures how near they are, attaches to the nearest,
// and says so in its descriptor.
import { AccessDescription } from './access-description.ts'
import { AskedForwarders } from './asked-forwarders.ts'
import { candidateOf, distanceOf, isUnreached } from './access-candidate.ts'
import { KeptLinks } from '../link/kept-links.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { AccessPoint } from './access-description.ts'
import type { Candidate } from './access-candidate.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { Prober } from '../measurement/prober.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

export type { AccessPoint }

export interface AccessSetInit {
  self: PeerId
  links: LinkSet
  prober: Prober
  discovery: Discovery
  connectionManager: ConnectionManager
  /** The nearest so many stay attached. */
  maxAccess: number
  /** So many are tried to find the nearest. */
  maxCandidates: number
  /** There are places for so many more: considers others that were found, if there are. Default: `consider` is told of all there will be. */
  refill?: (places: number) => void
  /** Monotonic, ms. */
  now: () => number
  /** 0 ≤ … < 1; spreads probes in time. */
  random?: () => number
  log: Logger
}

/** These advertise the host in the DHT, so that who knows only its id finds it. */
const ADVERTISING = 2
/** So many, the nearest, are told at once when others are the nearest; all else within this time: with each that comes or goes each host would tell all. */
const TOLD_AT_ONCE = 4
const TOLD_WITHIN_MS = 60_000
const QUICK_PROBES = 4
const QUICK_INTERVAL_MS = 300
/** Of the nearest, and of those that channels use. */
const PROBE_INTERVAL_MS = 4_000
const FAR_PROBE_INTERVAL_MS = 12_000
/** Until then also of the far: what rests on the quick probes alone rests on the moment at which many come. */
const YOUNG_PROBES = 12
const TICK_MS = 100
const SETTLE_MS = 1_000
/** Where so many are known that can be used, one that goes is no reason to seek others. */
const ENOUGH = 8
/** Discovery is not begun anew more often; by itself it goes on ever more slowly. */
const SEEK_AGAIN_MS = 5_000
/** A candidate that has not answered for so long keeps nobody waiting. */
const FIRST_MEASUREMENT_MS = 6_000
/** Routes that are far from the one in use are measured every four seconds; two of these echoes may be late. */
const IN_USE_MS = 12_000
/** An attached forwarder stays unless another one is nearer by so much: near-equals would take turns. */
const STAY_SHARE = 0.8
/** From so many samples on a forwarder counts as measured. */
const MEASURED_SAMPLES = 2
/** A forwarder that cannot be reached for so long is no access point: longer than it takes to connect to any. */
const GONE_MS = 5_000
/** Asked by peers and for paths, a host attaches to so many more. */
export const MAX_ASKED = 16

export class AccessSet {
  readonly #init: AccessSetInit
  readonly #kept: KeptLinks
  readonly #candidates = new Map<string, Candidate>()
  /** Forwarders that peers or paths asked for; they are kept as long as the channels that did. */
  readonly #asked = new AskedForwarders(MAX_ASKED)
  #advertising = new Set<string>()
  /** The nearest when others were told of last. */
  #near = new Set<string>()
  #timer: ReturnType<typeof setInterval> | undefined
  readonly #description = new AccessDescription()
  #nextSettleMs = 0
  /** Forwarders that had gone when we looked last, and when we last had discovery look for others. */
  #lost = 0
  #soughtMs = -Infinity

  constructor (init: AccessSetInit) {
    this.#init = init
    this.#kept = new KeptLinks({
      self: init.self,
      links: init.links,
      connectionManager: init.connectionManager,
      descriptor: async () => init.discovery.self.get(),
      mutual: false,
      clocks: init.discovery.clocks,
      advertises: (peer) => this.#advertising.has(peer.toString()),
      random: init.random,
      log: init.log
    })
  }

  start (): void {
    this.#timer = setInterval(() => { this.#tick() }, TICK_MS)
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#kept.stop()
    this.#candidates.clear()
  }

  /** A forwarder that might be near. */
  consider (descriptor: VerifiedDescriptor): void {
    const key = descriptor.peer.toString()
    const known = this.#candidates.get(key)
    if (known !== undefined) {
      // a peer may bring an old one
      known.descriptor = descriptor.sequence < known.descriptor.sequence ? known.descriptor : descriptor
      if (this.#asked.has(key) || this.#kept.has(descriptor.peer)) {
        this.#keep(known)
      }
    } else if (this.#candidates.size < this.#init.maxCandidates + this.#asked.size || this.#makeRoom(this.#asked.has(key))) {
      const candidate = candidateOf(descriptor, this.#init.now())
      this.#candidates.set(key, candidate)
      this.#keep(candidate)
    }
  }

  /**
   * Attaches to a forwarder because a peer, or a path, asks for it; `channel` is for whom, see `release`, and `owner` the peer if it is one.
   *
   * @returns whether the link is there; false when too many were asked for already, or it does not answer in time
   */
  async attachTo (descriptor: VerifiedDescriptor, deadlineMs: number, channel: object, owner?: PeerId): Promise<boolean> {
    if (!this.#ask(descriptor.peer, channel, owner)) {
      return this.isAttached(descriptor.peer)
    }
    this.consider(descriptor)
    const untilMs = this.#init.now() + deadlineMs
    while (!this.isAttached(descriptor.peer) && this.#init.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
    }
    return this.isAttached(descriptor.peer)
  }

  /** Stays attached to a forwarder for who needs it, until `release`. @returns false where we are not attached */
  hold (peer: PeerId, channel: object): boolean {
    const isAttached = this.isAttached(peer)
    const candidate = this.#candidates.get(peer.toString())
    if (isAttached && this.#ask(peer, channel) && candidate !== undefined) {
      this.#keep(candidate)
    }
    return isAttached
  }

  /** Is there room for one more that is asked for, by ourselves or by a peer? Where not, nothing is wrong with that forwarder. */
  mayAskFor (peer: PeerId, owner?: PeerId): boolean {
    return this.#asked.has(peer.toString()) || !this.#asked.isFull || this.#lossFor(owner) !== undefined
  }

  #ask (peer: PeerId, channel: object, owner?: PeerId): boolean {
    const key = peer.toString()
    const may = this.mayAskFor(peer, owner)
    if (may && !this.#asked.has(key) && this.#asked.isFull) {
      this.#asked.drop(this.#lossFor(owner) as string)
    }
    if (may) {
      this.#asked.add(key, channel, owner?.toString())
    }
    return may
  }

  /** Of those asked for, the one that gives its place up. */
  #lossFor (owner: PeerId | undefined): string | undefined {
    return this.#goneAsked() ?? this.#asked.lossFor(owner?.toString())
  }

  /** A route of some channel goes through this forwarder, and works: it must not be let go because others are nearer. */
  used (peer: PeerId): void {
    const candidate = this.#candidates.get(peer.toString())
    if (candidate !== undefined) {
      candidate.usedMs = this.#init.now()
    }
  }

  /** The channel has ended: what only it asked for is needed no more. */
  release (channel: object): void {
    this.#asked.release(channel)
  }

  isAttached (peer: PeerId): boolean {
    return this.#init.links.get(peer) !== undefined
  }

  has (peer: PeerId): boolean {
    return this.#candidates.has(peer.toString())
  }

  /**
   * Measured access points, nearest first; those that are not attached were measured once, and can be attached to. Those
   * that we would be attached to, but are not any more, are left out.
   */
  get points (): AccessPoint[] {
    return [...this.#candidates.values()]
      .filter((candidate) => candidate.estimator.samples >= MEASURED_SAMPLES && !this.#isGone(candidate))
      .map(({ descriptor, estimator }) => ({
        forwarder: descriptor.peer,
        rttUs: Math.round(estimator.quietRttUs ?? 0),
        attached: this.isAttached(descriptor.peer)
      }))
      .sort((a, b) => a.rttUs - b.rttUs)
  }

  /** Forwarders that are being measured for the first time; one that does not answer for long does not count, nor does one that is asked for: peers may ask for others all the time. */
  get unmeasured (): number {
    const sinceMs = this.#init.now() - FIRST_MEASUREMENT_MS
    return [...this.#candidates].filter(([key, { estimator, addedMs }]) => estimator.samples < MEASURED_SAMPLES && addedMs > sinceMs && !this.#asked.has(key)).length
  }

  #tick (): void {
    const nowMs = this.#init.now()
    for (const candidate of this.#candidates.values()) {
      if (this.isAttached(candidate.descriptor.peer)) {
        candidate.seenMs = nowMs
        if (candidate.nextProbeMs <= nowMs) {
          this.#probe(candidate, nowMs)
        }
      }
    }
    if (nowMs >= this.#nextSettleMs) {
      this.#nextSettleMs = nowMs + SETTLE_MS
      this.#replaceLost(nowMs)
      this.#settle()
      // what is measured now is settled first, however many are found that do not answer
      if (this.unmeasured === 0) {
        this.#init.refill?.(Math.max(0, this.#places))
      }
    }
  }

  /** Free, or, where too few answer, held by those that never did. Those that did may come back: after an outage of our own all of them. */
  get #places (): number {
    const free = this.#init.maxCandidates + this.#asked.size - this.#candidates.size
    const isShort = this.points.length < Math.min(this.#init.maxAccess, ENOUGH)
    return free > 0 || !isShort ? free : [...this.#candidates].filter(([key, candidate]) => !this.#asked.has(key) && isUnreached(candidate) && this.#isGone(candidate)).length
  }

  /** Where forwarders go away and few others are known, others may have come: discovery, which has become slow by then, begins anew. */
  #replaceLost (nowMs: number): void {
    const usable = this.points.filter(({ forwarder, attached }) => attached || !this.#kept.has(forwarder)).length
    const wanted = [...this.#candidates.values()].filter(({ descriptor }) => this.#kept.has(descriptor.peer))
    const lost = wanted.filter(({ descriptor, seenMs, addedMs }) => seenMs > addedMs && !this.isAttached(descriptor.peer)).length
    const isShort = lost > this.#lost || (lost > 0 && lost === wanted.length)
    this.#lost = lost
    if (isShort && usable < Math.min(this.#init.maxAccess, ENOUGH) && nowMs - this.#soughtMs >= SEEK_AGAIN_MS) {
      this.#soughtMs = nowMs
      this.#init.discovery.refresh()
    }
  }

  /** Do we try to be attached there, without success for some time? */
  #isGone ({ descriptor, seenMs, triedMs }: Candidate): boolean {
    return this.#kept.has(descriptor.peer) && !this.isAttached(descriptor.peer) && this.#init.now() - Math.max(seenMs, triedMs) > GONE_MS
  }

  /** A forwarder that is gone takes no place from one that could be of use, however long the channels last that asked for it. */
  #goneAsked (): string | undefined {
    return this.#asked.keys().find((key) => {
      const candidate = this.#candidates.get(key)
      return candidate === undefined || this.#isGone(candidate)
    })
  }

  #keep (candidate: Candidate): void {
    if (!this.#kept.has(candidate.descriptor.peer)) {
      candidate.triedMs = this.#init.now()
    }
    this.#kept.keep(candidate.descriptor)
  }

  /** Forgets a candidate that is gone, if there is one, rather one that never answered; for one that is asked for also the farthest of those that are only known. */
  #makeRoom (isAsked: boolean): boolean {
    const idle = [...this.#candidates].filter(([key]) => !this.#asked.has(key))
    const gone = idle.filter(([, candidate]) => this.#isGone(candidate))
    const loss = gone.find(([, candidate]) => isUnreached(candidate)) ?? gone.at(0) ?? (isAsked ? idle.filter(([, { descriptor }]) => !this.#kept.has(descriptor.peer)).sort(([, a], [, b]) => distanceOf(b) - distanceOf(a))[0] : undefined)
    if (loss !== undefined) {
      this.#forget(loss[0])
    }
    return loss !== undefined
  }

  /** What is attached stays, whatever the directory has room for. */
  #forgetExpired (): void {
    for (const [key, { descriptor: { peer } }] of this.#candidates) {
      if (!this.isAttached(peer) && this.#init.discovery.directory.get(peer) === undefined) {
        this.#forget(key)
      }
    }
  }

  #forget (key: string): void {
    this.#candidates.delete(key)
    this.#kept.retain({ has: (other) => other !== key })
  }

  #probe (candidate: Candidate, nowMs: number): void {
    const { estimator, descriptor } = candidate
    candidate.nextProbeMs = nowMs + this.#probeIntervalMs(candidate, nowMs) * (0.75 + (this.#init.random ?? Math.random)() / 2)
    this.#init.prober.probe([nodeIdOf(descriptor.peer)], ({ rttMs }) => {
      if (rttMs === undefined) {
        estimator.lost()
        if (estimator.state === 'down') {
          this.#init.links.endIfSilent(descriptor.peer)
        }
      } else {
        estimator.sample(rttMs * 1_000, this.#init.now())
        // the sooner others read where we can be reached, the sooner they get paths to us
        this.#nextSettleMs = estimator.samples === MEASURED_SAMPLES ? 0 : this.#nextSettleMs
      }
    })
  }

  #probeIntervalMs (candidate: Candidate, nowMs: number): number {
    if (candidate.probes++ < QUICK_PROBES) {
      return QUICK_INTERVAL_MS
    }
    const isNear = candidate.probes < YOUNG_PROBES || this.#near.size < TOLD_AT_ONCE || this.#near.has(candidate.descriptor.peer.toString())
    return isNear || nowMs - candidate.usedMs < IN_USE_MS ? PROBE_INTERVAL_MS : FAR_PROBE_INTERVAL_MS
  }

  /** When all that answer in time have been measured: lets go of the far ones, and makes the descriptor say what is true now. */
  #settle (): void {
    this.#forgetExpired()
    if (this.unmeasured > 0 || this.#candidates.size === 0) {
      return
    }
    const nearest = this.#nearest(this.points)
    const wanted = [...nearest, ...this.#stillUnmeasured(this.#init.maxAccess - nearest.length)]
    this.#kept.retain(new Set([...wanted, ...this.#asked.keys(), ...this.#neededOrGone()]))
    for (const key of wanted) {
      this.#keep(this.#candidates.get(key) as Candidate)
    }
    const change = this.#description.update(this.points)
    if (change !== 'none') {
      this.#init.discovery.self.invalidate()
      this.#advertise(this.points)
    }
    if (change === 'others') {
      // who cannot dial us asks any of them: each must know where else we can be reached
      this.#tell(this.points.filter(({ attached }) => attached).slice(0, TOLD_AT_ONCE).map(({ forwarder }) => forwarder.toString()))
    }
  }

  #tell (near: readonly string[]): void {
    if (near.some((key) => !this.#near.has(key))) {
      this.#near = new Set(near)
      this.#kept.refresh(near)
    }
    this.#kept.refresh(this.#candidates.keys(), TOLD_WITHIN_MS)
  }

  #nearest (points: readonly AccessPoint[]): string[] {
    const distance = ({ rttUs, attached }: AccessPoint): number => attached ? STAY_SHARE * rttUs : rttUs
    return [...points].sort((a, b) => distance(a) - distance(b)).slice(0, this.#init.maxAccess).map(({ forwarder }) => forwarder.toString())
  }

  /** Where too few are known, those that did not answer in time may yet: this machine was busy, or theirs. The attached first. */
  #stillUnmeasured (most: number): string[] {
    return [...this.#candidates]
      .filter(([, { estimator }]) => estimator.samples < MEASURED_SAMPLES)
      .sort(([, a], [, b]) => Number(this.isAttached(b.descriptor.peer)) - Number(this.isAttached(a.descriptor.peer)))
      .slice(0, most)
      .map(([key]) => key)
  }

  /** What channels use stays; what is gone is tried again, ever more seldom, until its descriptor expires. */
  #neededOrGone (): string[] {
    const sinceMs = this.#init.now() - IN_USE_MS
    return [...this.#candidates].filter(([, candidate]) => candidate.usedMs > sinceMs || this.#isGone(candidate)).map(([key]) => key)
  }

  /** The nearest two advertise the host, and go on doing so until both are far from the nearest: look-ups are dear. */
  #advertise (points: AccessPoint[]): void {
    const near = points.slice(0, 2 * ADVERTISING).map(({ forwarder }) => forwarder.toString())
    if (!near.some((key) => this.#advertising.has(key))) {
      this.#advertising = new Set(near.slice(0, ADVERTISING))
      this.#kept.refresh(this.#advertising)
    }
  }
}
