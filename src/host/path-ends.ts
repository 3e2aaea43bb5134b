// Paths that end at this host: whether it wants them, the label under which their packets arrive, and the echo that tells the
// source that it was asked.
import { decodeRefresh, decodeRemove, encodeInstalled, encodeRefreshed } from '../../protocols/setup/codec.ts'
import { MAX_LEASE_MS, MessageType, PROVISIONAL_LEASE_MS } from '../../protocols/setup/constants.ts'
import { followsInChain } from '../../protocols/setup/refresh-chain.ts'
import { MalformedMessageError, NotAuthorizedError, NotFoundError, OverQuotaError } from '../../protocols/errors.ts'
import { speakAs } from '../defence/install-checker.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import { signEcho } from '../../protocols/setup/order.ts'
import { wayUnder } from '../link/way.ts'
import type { BucketTable } from '../defence/caller-buckets.ts'
import type { CheckedInstall, InstallCaller, InstallChecker } from '../defence/install-checker.ts'
import type { EndLabel, EndLabels } from '../link/end-labels.ts'
import type { Label } from '../../protocols/forward/labelled.ts'
import type { SetupAnswer, SetupRequest } from '../../protocols/setup/server.ts'
import type { PeerId, PrivateKey } from '@libp2p/interface'

/** What a host is told of a path that would end at it. */
export interface OfferedFlow {
  rsp: PeerId
  /** Entry first. */
  forwarders: readonly PeerId[]
}

export interface PathEndsInit {
  privateKey: PrivateKey
  labels: EndLabels
  checker: InstallChecker
  /** How many set-ups of one source are taken. */
  sources: BucketTable
  accepts: (source: PeerId, flow: OfferedFlow) => boolean | Promise<boolean>
  /** Monotonic, ms. */
  now: () => number
  /** Unix time, ms. */
  nowUnixMs: () => number
  /** A forwarder has removed a path that begins here. */
  onRemoved?: (end: EndLabel) => void
}

export class PathEnds {
  readonly #init: PathEndsInit
  /** What was last shown of the refresh chain of each path, and when the path itself ends. */
  readonly #states = new WeakMap<EndLabel, { shown: Uint8Array, endsAtMs: number }>()

  constructor (init: PathEndsInit) {
    this.#init = init
  }

  handle (request: SetupRequest, caller: InstallCaller): SetupAnswer | Promise<SetupAnswer> {
    switch (request.type) {
      case MessageType.install: return this.#install(request.body, caller)
      case MessageType.refresh: return this.#refresh(request.body, caller.peer)
      case MessageType.remove: return this.#remove(request.body, caller.peer)
      default: throw new MalformedMessageError(`a host takes no set-up message of type ${request.type}`)
    }
  }

  async #install (body: Uint8Array, caller: InstallCaller): Promise<SetupAnswer> {
    const checked = await this.#init.checker.check(body, caller)
    return speakAs(checked.opened.index, async () => this.#take(checked, caller))
  }

  async #take (checked: CheckedInstall, caller: InstallCaller): Promise<SetupAnswer> {
    const { opened, isHopBefore } = checked
    if (!opened.isDestination || !isHopBefore) {
      throw new NotAuthorizedError('only the exit forwarder of a path asks its destination')
    }
    const { source } = opened.order
    this.#charge(source)
    if (!await this.#init.accepts(source, { rsp: opened.path.rsp, forwarders: opened.path.forwarders })) {
      throw new NotAuthorizedError('the destination declines')
    }
    const end = opened.order.want === 'labels' ? this.#give(checked, caller.peer) : undefined
    return {
      body: encodeInstalled({
        label: end?.label,
        leaseMs: PROVISIONAL_LEASE_MS,
        echo: await signEcho(opened.orderId, this.#init.privateKey),
        authenticators: []
      }),
      undelivered: () => { this.#release(end?.label) }
    }
  }

  /** @throws OverQuotaError */
  #charge (source: PeerId): void {
    const name = source.toString()
    const nowMs = this.#init.now()
    if (this.#init.sources.waitMs(name, 1, nowMs) > 0) {
      throw new OverQuotaError('too many set-ups from this source: try again in some seconds')
    }
    this.#init.sources.take(name, 1, nowMs)
  }

  #give ({ opened, install }: CheckedInstall, exit: PeerId): EndLabel {
    const neighbour = nodeIdOf(exit)
    const nowMs = this.#init.now()
    const endsAtMs = nowMs + opened.path.expiresAtMs - this.#init.nowUnixMs()
    const expiresAtMs = Math.min(nowMs + PROVISIONAL_LEASE_MS, endsAtMs)
    const end = this.#init.labels.give({ neighbour, isDestination: true, way: wayUnder(install.backLabel as Label, neighbour), expiresAtMs })
    if (end === undefined) {
      throw new OverQuotaError('as many paths as this host takes end here already')
    }
    this.#states.set(end, { shown: opened.order.anchor, endsAtMs })
    return end
  }

  #refresh (body: Uint8Array, caller: PeerId): SetupAnswer {
    const { label, chain } = decodeRefresh(body)
    const nowMs = this.#init.now()
    const end = this.#init.labels.find(label, nodeIdOf(caller), nowMs)
    const state = end === undefined ? undefined : this.#states.get(end)
    if (end === undefined || state === undefined) {
      throw new NotFoundError('no path is installed under this label')
    }
    if (!followsInChain(chain, state.shown)) {
      throw new NotAuthorizedError('this is not the next value of the refresh chain')
    }
    state.shown = chain
    end.expiresAtMs = Math.min(nowMs + MAX_LEASE_MS, state.endsAtMs)
    return { body: encodeRefreshed({ leaseMs: Math.max(0, Math.floor(end.expiresAtMs - nowMs)) }) }
  }

  #remove (body: Uint8Array, caller: PeerId): SetupAnswer {
    const { label } = decodeRemove(body)
    const end = label === undefined ? undefined : this.#init.labels.find(label, nodeIdOf(caller), this.#init.now())
    this.#release(end?.label)
    if (end?.isDestination === false) {
      this.#init.onRemoved?.(end)
    }
    return { body: new Uint8Array() }
  }

  #release (label: Label | undefined): void {
    if (label !== undefined) {
      this.#init.labels.release(label)
    }
  }
}
