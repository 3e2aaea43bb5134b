// Who is reachable at this forwarder: hosts, RSPs and other forwarders that asked for a link back. Soft state with a lease;
// it also ends with the connection.
import { DEFAULT_LEASE_MS } from '../../protocols/attach/constants.ts'
import { AttachRequest } from '../../protocols/attach/codec.ts'
import { NotAuthorizedError, OverQuotaError } from '../../protocols/errors.ts'
import { countedPrefix } from '../defence/address-prefix.ts'
import { DEFAULT_ADMISSION_LIMITS } from '../defence/admission.ts'
import { openBinding } from '../../protocols/identity/codec.ts'
import { openDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Discovery } from '../discovery/discovery.ts'
import type { LinkSet } from '../link/link-set.ts'
import type { AttachResponse } from '../../protocols/attach/codec.ts'
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'
import type { Caller } from '../../protocols/request-response.ts'
import type { PeerId } from '@libp2p/interface'

export interface AttachmentLimits {
  /** Hosts and RSPs. */
  maxAttachments: number
  /** Forwarders. */
  maxNeighbours: number
  /** Hosts and RSPs of one address prefix. */
  maxPerPrefix: number
  /** Forwarders of one address prefix. */
  maxNeighboursPerPrefix: number
  maxLeaseMs: number
}

/**
 * A lease may be long, since the end of the connection ends the attachment at once.
 *
 * Admission counts the connections of a prefix that come in, and anybody may attach over one that this node was asked to make: so hosts and RSPs are as many
 * as may come in, and forwarders twice as many, since those of one place dial each other from both sides.
 */
export const DEFAULT_ATTACHMENT_LIMITS: AttachmentLimits = {
  maxAttachments: 1_024, maxNeighbours: 512, maxPerPrefix: DEFAULT_ADMISSION_LIMITS.maxPerPrefix, maxNeighboursPerPrefix: 2 * DEFAULT_ADMISSION_LIMITS.maxPerPrefix, maxLeaseMs: 300_000
}

/** However little is asked for: refreshing must not be the main work. */
const MIN_LEASE_MS = 1_000

interface Attachment {
  descriptor: VerifiedDescriptor
  /** For which the host speaks. */
  application?: PeerId
  isForwarder: boolean
  /** Of the address that it attached from last; undefined: this machine, which is not counted. */
  prefix: string | undefined
  expiresAtMs: number
}

export interface AttachmentsInit {
  limits: AttachmentLimits
  links: LinkSet
  discovery: Discovery
  /** Is the link to this peer wanted, attached or not? */
  isWanted?: (peer: PeerId) => boolean
  /** Monotonic, ms: leases and rates are no matter of what time it is. */
  now: () => number
}

export class Attachments {
  readonly #init: AttachmentsInit
  readonly #attached = new Map<string, Attachment>()
  /** Application → the host that attached last of those that speak for it. */
  readonly #applications = new Map<string, PeerId>()
  #neighbours = 0

  constructor (init: AttachmentsInit) {
    this.#init = init
    init.links.addEventListener('link:down', ({ detail: link }) => { this.#remove(link.peer) })
  }

  /** Hosts and RSPs attached now. */
  get size (): number {
    return this.#attached.size - this.#neighbours
  }

  has (peer: PeerId): boolean {
    return this.#attached.has(peer.toString())
  }

  /** Is it attached as a host or RSP, and so brings nobody's packets but its own? */
  hasHost (peer: PeerId): boolean {
    return this.#attached.get(peer.toString())?.isForwarder === false
  }

  /** What it said of itself when it attached last; undefined for who is not attached. */
  verifiedOf (peer: PeerId): VerifiedDescriptor | undefined {
    return this.#attached.get(peer.toString())?.descriptor
  }

  /** The descriptor that an attached host or RSP brought. */
  descriptorOf (peer: PeerId): Uint8Array | undefined {
    return this.#attached.get(peer.toString())?.descriptor.bytes
  }

  /** The descriptor of the attached host that speaks for an application. */
  descriptorFor (application: PeerId): Uint8Array | undefined {
    const host = this.#applications.get(application.toString())
    return host === undefined ? undefined : this.descriptorOf(host)
  }

  async handle (request: AttachRequest, caller: Caller): Promise<AttachResponse> {
    if (request.operation === AttachRequest.Operation.DETACH) {
      this.#end(caller.peer)
      return this.#response(0)
    }
    const descriptor = await openDescriptor(request.descriptor, { ...this.#init.discovery.verification, expectedPeer: caller.peer })
    const isForwarder = descriptor.roles.has('forwarder')
    if (!isForwarder && !descriptor.roles.has('host') && !descriptor.roles.has('rsp')) {
      throw new NotAuthorizedError('only hosts, RSPs and forwarders attach: the descriptor names none of these roles')
    }
    const prefix = countedPrefix(caller.connection.remoteAddr)
    this.#checkRoom(caller.peer, isForwarder, prefix)
    const application = await this.#applicationOf(descriptor)
    const stood = this.#init.links.get(caller.peer) !== undefined
    await this.#init.links.open(caller.peer, { connection: caller.connection, signal: caller.signal, moves: true })
    this.#checkRoomAgain(caller.peer, isForwarder, prefix, stood)
    const askedMs = request.leaseMs === 0 ? DEFAULT_LEASE_MS : request.leaseMs
    const leaseMs = Math.max(MIN_LEASE_MS, Math.min(askedMs, this.#init.limits.maxLeaseMs))
    this.#remove(caller.peer)
    this.#attached.set(caller.peer.toString(), { descriptor, application, isForwarder, prefix, expiresAtMs: this.#init.now() + leaseMs })
    if (application !== undefined) {
      this.#applications.set(application.toString(), caller.peer)
    }
    this.#neighbours += isForwarder ? 1 : 0
    if (isForwarder) {
      this.#init.discovery.learn(descriptor)
    } else if (request.advertise) {
      void this.#init.discovery.advertiseHost(caller.peer)
      if (application !== undefined) {
        void this.#init.discovery.advertiseHost(application)
      }
    }
    return this.#response(leaseMs)
  }

  /** Ends what was not refreshed. */
  expire (): void {
    for (const attachment of this.#attached.values()) {
      if (attachment.expiresAtMs <= this.#init.now()) {
        this.#end(attachment.descriptor.peer)
      }
    }
  }

  /** @throws InvalidSignatureError, ExpiredError, …: a host that shows a binding which does not hold does not attach */
  async #applicationOf ({ peer, host }: VerifiedDescriptor): Promise<PeerId | undefined> {
    if (host?.binding === undefined) {
      return undefined
    }
    const { application } = await openBinding(host.binding, { ...this.#init.discovery.verification, underlay: peer })
    return application
  }

  /** @throws OverQuotaError */
  #checkRoom (peer: PeerId, isForwarder: boolean, prefix: string | undefined): void {
    const { maxAttachments, maxNeighbours, maxPerPrefix, maxNeighboursPerPrefix } = this.#init.limits
    const attached = this.#attached.get(peer.toString())
    const hasPlace = attached?.isForwarder === isForwarder
    if (!hasPlace && (isForwarder ? this.#neighbours >= maxNeighbours : this.size >= maxAttachments)) {
      throw new OverQuotaError(`no room: ${isForwarder ? `${maxNeighbours} neighbours` : `${maxAttachments} attachments`} are the most here; try another forwarder`)
    }
    const max = isForwarder ? maxNeighboursPerPrefix : maxPerPrefix
    if (prefix !== undefined && !(hasPlace && attached.prefix === prefix) && this.#countOf(prefix, isForwarder) >= max) {
      throw new OverQuotaError(`no room: ${max} ${isForwarder ? 'neighbours' : 'attachments'} of one address prefix are the most here; try another forwarder`)
    }
  }

  #countOf (prefix: string, isForwarder: boolean): number {
    let count = 0
    for (const other of this.#attached.values()) {
      count += other.prefix === prefix && other.isForwarder === isForwarder ? 1 : 0
    }
    return count
  }

  /** Others may have come while the link was opened. One that stood before, or that others want by now, is not for us to close. */
  #checkRoomAgain (peer: PeerId, isForwarder: boolean, prefix: string | undefined, stood: boolean): void {
    try {
      this.#checkRoom(peer, isForwarder, prefix)
    } catch (error) {
      if (!stood && !this.has(peer) && this.#init.isWanted?.(peer) !== true) {
        this.#init.links.close(peer)
      }
      throw error
    }
  }

  /** The link to a forwarder stays while somebody else wants it; see spare-links.ts. */
  #end (peer: PeerId): void {
    const attachment = this.#attached.get(peer.toString())
    this.#remove(peer)
    if (attachment?.isForwarder === false) {
      this.#init.links.close(peer)
    }
  }

  #remove (peer: PeerId): void {
    const key = peer.toString()
    const attachment = this.#attached.get(key)
    if (attachment !== undefined) {
      this.#attached.delete(key)
      const application = attachment.application?.toString() ?? ''
      if (this.#applications.get(application)?.equals(peer) === true) {
        this.#applications.delete(application)
      }
      this.#neighbours -= attachment.isForwarder ? 1 : 0
    }
  }

  #response (leaseMs: number): AttachResponse {
    return { leaseMs, attachments: this.size, maxAttachments: this.#init.limits.maxAttachments }
  }
}
