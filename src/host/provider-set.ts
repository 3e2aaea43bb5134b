// The RSPs that a host knows, asked side by side. Each answer is verified; each RSP's silence costs only itself.
import { commit } from '../../protocols/route/codec.ts'
import { SALT_BYTES } from '../../protocols/route/constants.ts'
import { connectTo } from '../discovery/connect.ts'
import { queryRoutes } from '../../protocols/route/client.ts'
import type { AccessPoint } from './access-set.ts'
import type { VerifiedPath } from '../../protocols/route/offer.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

const DEADLINE_MS = 3_000
const MAX_PROVIDERS = 8
const MAX_POINTS = 64
const DEFAULT_PATHS = 3
/** One percent of loss counts like 20 ms. */
const DEFAULT_WEIGHTS = { delay: 1, loss: 20 }

export interface RouteWish {
  source: PeerId
  destination: PeerId
  sourceAccess: readonly AccessPoint[]
  destinationAccess: ReadonlyArray<{ forwarder: PeerId, rttUs: number }>
  weights?: { delay: number, loss: number }
  paths?: number
  avoid?: readonly PeerId[]
}

/** An offer of an RSP, and what opens its commitments to the forwarders that are asked to take it. */
export interface OfferedPath extends VerifiedPath {
  salts: { source: Uint8Array, destination: Uint8Array }
}

export interface ProviderAnswer {
  rsp: PeerId
  mapKind: string
  /** Best first; empty when `error` is set. */
  paths: OfferedPath[]
  /** Why there is no path, or why single ones were dropped. */
  error?: Error
  elapsedMs: number
}

export interface ProviderSetInit {
  connectionManager: ConnectionManager
  /** Verified descriptors of all RSPs that are known. */
  providers: () => VerifiedDescriptor[]
  /** Unix time, ms. */
  now: () => number
  /** An RSP that takes longer to be connected to, or to answer, has no answer. */
  deadlineMs?: number
  log: Logger
}

export class ProviderSet {
  readonly #init: ProviderSetInit

  constructor (init: ProviderSetInit) {
    this.#init = init
  }

  /** Asks every RSP, and gives all answers when the last has come or the deadline is over. */
  async ask (wish: RouteWish): Promise<ProviderAnswer[]> {
    const providers = this.#init.providers().slice(0, MAX_PROVIDERS)
    return Promise.all(providers.map(async (provider) => this.#askOne(provider, wish)))
  }

  async #askOne (provider: VerifiedDescriptor, wish: RouteWish): Promise<ProviderAnswer> {
    const startedMs = this.#init.now()
    const rsp = provider.peer
    const mapKind = provider.rsp?.mapKind ?? 'reports'
    try {
      const deadlineMs = this.#init.deadlineMs ?? DEADLINE_MS
      const connection = await connectTo(this.#init.connectionManager, provider, AbortSignal.timeout(deadlineMs))
      const salts = { source: newSalt(), destination: newSalt() }
      const { paths, refused } = await queryRoutes(connection, {
        nonce: crypto.getRandomValues(new Uint8Array(16)),
        source: wish.sourceAccess.slice(0, MAX_POINTS).map(({ forwarder, rttUs }) => ({ forwarder, rttUs })),
        destination: wish.destinationAccess.slice(0, MAX_POINTS).map(({ forwarder, rttUs }) => ({ forwarder, rttUs })),
        sourceCommitment: commit(salts.source, wish.source),
        destinationCommitment: commit(salts.destination, wish.destination),
        weights: wish.weights ?? DEFAULT_WEIGHTS,
        paths: wish.paths ?? DEFAULT_PATHS,
        avoid: [...wish.avoid ?? []]
      }, { expectedRsp: rsp, nowMs: this.#init.now(), deadlineMs })
      for (const { index, error } of refused) {
        this.#init.log('offer %d of %p was refused - %e', index, rsp, error)
      }
      return { rsp, mapKind, paths: paths.map((path) => ({ ...path, salts })), error: refused[0]?.error, elapsedMs: this.#init.now() - startedMs }
    } catch (error) {
      this.#init.log('%p made no offer - %e', rsp, error)
      return { rsp, mapKind, paths: [], error: error as Error, elapsedMs: this.#init.now() - startedMs }
    }
  }
}

/** New for each query and end, so that nobody can link two queries for one peer. */
function newSalt (): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SALT_BYTES))
}
