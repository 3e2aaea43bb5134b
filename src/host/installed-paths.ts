// Paths that an operator or a script has asked this host to keep, without a channel: set up, measured, and set up anew when they
// are lost or their offer ends, until they are removed.
import { NotFoundError, OverQuotaError, UnavailableError } from '../../protocols/errors.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { holdPath } from './path-hold.ts'
import type { AccessSet } from './access-set.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { OfferedPath, ProviderAnswer } from './provider-set.ts'
import type { PathHold } from './path-hold.ts'
import type { PathInstaller } from './path-installer.ts'
import type { SetUpStyle, Want } from './set-up-style.ts'
import type { Prober } from '../measurement/prober.ts'
import type { Logger, PeerId } from '@libp2p/interface'

export interface InstallPathOptions {
  /** These forwarders, entry first; they must be offered. Default: the best offer. */
  via?: readonly PeerId[]
  /** This very offer (see `Host.offers`), instead of asking for others. */
  offer?: OfferedPath
  style?: SetUpStyle
  want?: Want
  signal?: AbortSignal
}

export interface InstalledPathStatus {
  id: string
  destination: string
  /** Entry first. */
  forwarders: string[]
  rsp: string
  style: SetUpStyle
  want: Want
  /** The first forwarder's, `slot:check` in hexadecimal; null where authenticators are used. */
  label: string | null
  state: 'installed' | 'lost'
  /** Unix time, ms. */
  installedAtMs: number
  /** Unix time, ms: when the offer ends; the path is then set up anew under another one. */
  expiresAtMs: number
  setUpMs: number
  /** End to end, as last measured. */
  rttMs: number | null
}

export interface InstalledPathsInit {
  self: PeerId
  installer: PathInstaller
  prober: Prober
  discovery: Discovery
  access: AccessSet
  offers: (destination: PeerId, signal?: AbortSignal) => Promise<ProviderAnswer[]>
  /** Monotonic, ms. */
  now: () => number
  log: Logger
}

interface KeptPath {
  id: string
  destination: PeerId
  options: Required<Pick<InstallPathOptions, 'style' | 'want'>>
  via: readonly PeerId[]
  hold: PathHold
  installedAtMs: number
  setUpMs: number
  rttMs: number | null
  busy: boolean
  /** Monotonic; and how much later the one after it is. */
  nextTryMs: number
  retryMs: number
  /** Monotonic: if it is still up then, all that failed before is forgotten. */
  goodFromMs: number
}

const MAX_KEPT = 256
/** Before the offer ends the path is set up under a new one. */
const RENEW_BEFORE_MS = 45_000
const FIRST_RETRY_MS = 3_000
/** An operator's path may be one that nobody offers any more, for months: each attempt asks several RSPs. */
const MAX_RETRY_MS = 180_000
/** One that was lost sooner is one more that failed. */
const GOOD_MS = 60_000
const ATTACH_DEADLINE_MS = 5_000
const PROBE_INTERVAL_MS = 2_000

export class InstalledPaths {
  readonly #init: InstalledPathsInit
  readonly #kept = new Map<string, KeptPath>()
  #count = 0
  #nextProbeMs = 0

  constructor (init: InstalledPathsInit) {
    this.#init = init
  }

  /**
   * @throws NotFoundError when nobody offers such a path, or the forwarders say why they decline; UnavailableError; the signal's reason: then nothing
   * stays installed
   */
  async install (destination: PeerId, { via, offer, style = 'one-pass', want = 'labels', signal }: InstallPathOptions = {}): Promise<InstalledPathStatus> {
    if (this.#kept.size >= MAX_KEPT) {
      throw new OverQuotaError(`${MAX_KEPT} paths are kept already: remove some`)
    }
    const { hold, setUpMs } = await this.hold(destination, { via, offer, style, want, signal })
    const kept: KeptPath = {
      id: `p${++this.#count}`,
      destination,
      options: { style, want },
      via: hold.path.forwarders,
      hold,
      installedAtMs: Date.now(),
      setUpMs,
      rttMs: null,
      busy: false,
      nextTryMs: 0,
      retryMs: FIRST_RETRY_MS,
      goodFromMs: Infinity
    }
    this.#kept.set(kept.id, kept)
    await new Promise<void>((resolve) => { this.#probe(kept, resolve) })
    if (signal?.aborted === true && this.#kept.delete(kept.id)) {
      // whoever asked has gone, and would not know that it is there
      kept.hold.release()
    }
    signal?.throwIfAborted()
    return statusOf(kept)
  }

  /** Sets up the best offered path that can be; the caller sees to the rest. Throws as `install`. */
  async hold (destination: PeerId, { via, offer, style = 'one-pass', want = 'labels', signal }: InstallPathOptions): Promise<{ hold: PathHold, setUpMs: number }> {
    const offered = offer !== undefined ? [offer] : await this.#offered(destination, via, signal)
    let first: unknown
    for (const path of offered) {
      const startedMs = this.#init.now()
      try {
        return { hold: await this.#take(path, destination, { style, want, signal }), setUpMs: Math.round((this.#init.now() - startedMs) * 100) / 100 }
      } catch (error) {
        signal?.throwIfAborted()
        this.#init.log('the path over %s cannot be set up - %e', path.forwarders.join(), error)
        first ??= error
      }
    }
    throw first
  }

  list (): InstalledPathStatus[] {
    return [...this.#kept.values()].map(statusOf)
  }

  /** @throws NotFoundError */
  async remove (id: string): Promise<void> {
    const kept = this.#kept.get(id)
    if (kept === undefined) {
      throw new NotFoundError(`no path ${id} is kept here: list them first`)
    }
    this.#kept.delete(id)
    kept.hold.release()
  }

  /** Periodic work; the host calls it every few tens of ms. */
  tick (nowMs: number): void {
    const probes = nowMs >= this.#nextProbeMs
    this.#nextProbeMs = probes ? nowMs + PROBE_INTERVAL_MS : this.#nextProbeMs
    for (const kept of this.#kept.values()) {
      if (kept.hold.isUp && nowMs >= kept.goodFromMs) {
        Object.assign(kept, { nextTryMs: 0, retryMs: FIRST_RETRY_MS, goodFromMs: Infinity })
      }
      const ends = kept.hold.path.expiresAtMs - Date.now() < RENEW_BEFORE_MS
      if ((ends || !kept.hold.isUp) && !kept.busy && nowMs >= kept.nextTryMs) {
        void this.#renew(kept)
      }
      if (probes && kept.hold.isUp) {
        this.#probe(kept)
      }
    }
  }

  stop (): void {
    for (const { hold } of this.#kept.values()) {
      hold.release()
    }
    this.#kept.clear()
  }

  async #offered (destination: PeerId, via: readonly PeerId[] | undefined, signal?: AbortSignal): Promise<OfferedPath[]> {
    const offered = (await this.#init.offers(destination, signal)).flatMap(({ paths }) => paths)
    const wanted = via === undefined ? offered : offered.filter(({ forwarders }) => forwarders.join() === via.join())
    if (wanted.length === 0) {
      throw new NotFoundError(via === undefined || offered.length === 0
        ? `no RSP offers a path to ${destination.toString()}`
        : `no RSP offers the path over ${via.join(', ')}: leave it out to take the best one`)
    }
    return wanted
  }

  async #take (path: OfferedPath, destination: PeerId, { style, want, signal }: { style: SetUpStyle, want: Want, signal?: AbortSignal }): Promise<PathHold> {
    const { access, discovery, self, installer } = this.#init
    const entry = path.forwarders[0]
    const askedBy = {}
    try {
      if (!access.hold(entry, askedBy) && !await access.attachTo(await discovery.describe(entry, { signal }), ATTACH_DEADLINE_MS, askedBy)) {
        throw new UnavailableError(`cannot attach to ${entry.toString()}, the entry of the path`)
      }
      signal?.throwIfAborted()
      const hold = await holdPath(path, want === 'labels' ? style : 'authenticators', { self: nodeIdOf(self), remote: destination, installer, signal })
      if (signal?.aborted === true) {
        hold.release()
      }
      signal?.throwIfAborted()
      return {
        path,
        primitive: hold.primitive,
        way: hold.way,
        get isUp () { return hold.isUp },
        onLost: hold.onLost,
        release: () => {
          hold.release()
          access.release(askedBy)
        }
      }
    } catch (error) {
      access.release(askedBy)
      throw error
    }
  }

  async #renew (kept: KeptPath): Promise<void> {
    kept.busy = true
    try {
      const { hold, setUpMs } = await this.hold(kept.destination, { ...kept.options, via: kept.via })
      if (!this.#kept.has(kept.id)) {
        hold.release()
        return
      }
      const before = kept.hold
      Object.assign(kept, { hold, installedAtMs: Date.now(), setUpMs, goodFromMs: this.#init.now() + GOOD_MS })
      before.release()
    } catch (error) {
      this.#init.log('path %s cannot be set up now, next try in %d ms - %e', kept.id, kept.retryMs, error)
    } finally {
      kept.busy = false
      kept.nextTryMs = this.#init.now() + kept.retryMs
      kept.retryMs = Math.min(MAX_RETRY_MS, 2 * kept.retryMs)
    }
  }

  #probe (kept: KeptPath, then: () => void = () => {}): void {
    const { way, primitive } = kept.hold
    const isSent = this.#init.prober.probeOn(way, ({ rttMs }) => {
      kept.rttMs = rttMs === undefined ? null : Math.round(rttMs * 100) / 100
      then()
    }, { turnAround: primitive === 'authenticators' })
    if (!isSent) {
      kept.rttMs = null
      then()
    }
  }
}

function statusOf (kept: KeptPath): InstalledPathStatus {
  const { id, destination, options, hold, installedAtMs, setUpMs, rttMs } = kept
  return {
    id,
    destination: destination.toString(),
    forwarders: hold.path.forwarders.map(String),
    rsp: hold.path.rsp.toString(),
    ...options,
    label: options.want === 'labels' ? labelText(hold.way.header) : null,
    state: hold.isUp ? 'installed' : 'lost',
    installedAtMs,
    expiresAtMs: hold.path.expiresAtMs,
    setUpMs,
    rttMs
  }
}

/** The label of a labelled header as `slot:check`. */
function labelText (header: Uint8Array): string {
  const hex = (from: number): string => Array.from(header.subarray(from, from + 4), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex(6)}:${hex(10)}`
}
