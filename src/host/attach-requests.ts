// What the peer of a channel asks its host to attach to. Each such request costs a signature's check, a connection perhaps, and one of the few places for
// forwarders that are asked for: so there are some at once, and as many as a channel needs that loses its paths again and again.
import { AttachStatus } from '../../protocols/envelope/constants.ts'
import { NODE_ID_BYTES } from '../../protocols/forward/constants.ts'
import { TokenBucket } from '../defence/token-bucket.ts'
import { claimedSigner, openDescriptor } from '../../protocols/descriptor/codec.ts'
import { nodeIdOf } from '../../protocols/forward/node-id.ts'
import type { AccessSet } from './access-set.ts'
import type { NodeId } from '../../protocols/forward/node-id.ts'
import type { OpenOptions } from '../../protocols/descriptor/codec.ts'
import type { Logger, PeerId } from '@libp2p/interface'

const DEADLINE_MS = 4_000
/** Exits of six paths are asked for at once, after a failure others 1.5 s later. */
const PER_SECOND = 4
const BURST = 8
/** Those of two such rounds, when no forwarder answers. */
const MAX_UNDER_WAY = 12
const NOBODY: NodeId = new Uint8Array(NODE_ID_BYTES)

export interface AttachAnswer {
  forwarder: NodeId
  /** One of `AttachStatus`. */
  status: number
}

export interface AttachRequestsInit {
  remote: PeerId
  /** For which it is asked: what is attached to is let go with it. */
  channel: { readonly isClosed: boolean }
  access: Pick<AccessSet, 'mayAskFor' | 'attachTo'>
  verification: () => OpenOptions
  /** Monotonic, ms. */
  now: () => number
  log: Logger
}

export class AttachRequests {
  readonly #init: AttachRequestsInit
  readonly #bucket: TokenBucket
  /** Forwarders, by their ids. */
  readonly #underWay = new Set<string>()

  constructor (init: AttachRequestsInit) {
    this.#init = init
    this.#bucket = new TokenBucket({ ratePerSecond: PER_SECOND, burst: BURST, nowMs: init.now() })
  }

  /** @returns undefined: nothing is to be answered, or will be in answer to the request before */
  async take (descriptor: Uint8Array): Promise<AttachAnswer | undefined> {
    const claimed = claimedSigner(descriptor)
    if (claimed === undefined) {
      return { forwarder: NOBODY, status: AttachStatus.invalidDescriptor }
    }
    const key = claimed.toString()
    if (this.#underWay.has(key)) {
      return undefined
    }
    const forwarder = nodeIdOf(claimed)
    if (this.#underWay.size >= MAX_UNDER_WAY || !this.#bucket.take(1, this.#init.now())) {
      return { forwarder, status: AttachStatus.tooMany }
    }
    this.#underWay.add(key)
    try {
      const status = await this.#attach(descriptor)
      return status === undefined ? undefined : { forwarder, status }
    } finally {
      this.#underWay.delete(key)
    }
  }

  async #attach (bytes: Uint8Array): Promise<number | undefined> {
    const { access, channel, remote, verification, log } = this.#init
    try {
      const descriptor = await openDescriptor(bytes, verification())
      if (channel.isClosed) {
        // nobody would let go of what is asked for now
        return undefined
      }
      if (!descriptor.roles.has('forwarder')) {
        return AttachStatus.unreachable
      }
      if (await access.attachTo(descriptor, DEADLINE_MS, channel, remote)) {
        return AttachStatus.attached
      }
      return access.mayAskFor(descriptor.peer, remote) ? AttachStatus.unreachable : AttachStatus.tooMany
    } catch (error) {
      log('%p asked to attach with a descriptor that does not hold - %e', remote, error)
      return AttachStatus.invalidDescriptor
    }
  }
}
