// Whose paths a forwarder takes, over which of its links, and how much of it. What an operator decided; revoking an RSP takes
// effect at once, for what is asked from now on and, through `onRevoked`, for what stands.
import { LinkRules } from './link-rules.ts'
import { NotAuthorizedError } from '../../protocols/errors.ts'
import { MAX_POLICY_RSPS } from '../../protocols/report/constants.ts'
import { NodeTable, nodeIdOf } from '../../protocols/forward/node-id.ts'
import { quotaLimits } from './quotas.ts'
import type { Neighbour } from './link-rules.ts'
import type { PolicyStatement } from '../../protocols/report/codec.ts'
import type { QuotaLimits } from './quotas.ts'
import type { PeerId } from '@libp2p/interface'

/** Source routes with no authenticator are taken, or only those that an RSP's path was shown for. */
export type SourceRoutePolicy = 'anyone' | 'authorized'

export interface PolicyInit {
  /** Whose paths are taken; undefined: anyone's. As many as a report can name. */
  rsps?: readonly PeerId[]
  /** Whose are not, listed or not. */
  revoked?: readonly PeerId[]
  sourceRoutes?: SourceRoutePolicy
  links?: LinkRules
  /** How much of the capacity the paths of one RSP may use on one link, above 0 and up to 1. */
  rspLinkShare?: number
  quotas?: Partial<QuotaLimits>
}

/** One RSP alone does not fill a link. */
const DEFAULT_RSP_LINK_SHARE = 0.5
/** An operator's list, not a log. */
const MAX_REVOKED = 1_024

export class Policy {
  readonly sourceRoutes: SourceRoutePolicy
  readonly links: LinkRules
  readonly rspLinkShare: number
  readonly quotas: QuotaLimits
  readonly #rsps: readonly PeerId[] | undefined
  readonly #listed = new NodeTable<PeerId>()
  readonly #revokedNodes = new NodeTable<PeerId>()
  readonly #listeners = new Set<(rsp: PeerId) => void>()
  /** The newest last. */
  #revoked: PeerId[] = []
  #statement: PolicyStatement | undefined

  /** @throws RangeError for a share out of range, or lists that are too long */
  constructor (init: PolicyInit = {}) {
    const { rspLinkShare = DEFAULT_RSP_LINK_SHARE, rsps } = init
    if (!(rspLinkShare > 0 && rspLinkShare <= 1)) {
      throw new RangeError(`rspLinkShare is ${rspLinkShare}: give a share above 0, at most 1`)
    }
    if (rsps !== undefined && rsps.length > MAX_POLICY_RSPS) {
      throw new RangeError(`${rsps.length} RSPs are listed: list at most ${MAX_POLICY_RSPS}, or take the paths of anyone`)
    }
    this.sourceRoutes = init.sourceRoutes ?? 'anyone'
    this.links = init.links ?? LinkRules.parse([])
    this.rspLinkShare = rspLinkShare
    this.quotas = quotaLimits(init.quotas)
    for (const rsp of rsps ?? []) {
      this.#listed.set(nodeIdOf(rsp), rsp)
    }
    this.#rsps = rsps && [...new Map(rsps.map((rsp) => [rsp.toString(), rsp])).values()]
    for (const rsp of init.revoked ?? []) {
      this.revoke(rsp)
    }
  }

  /** @throws NotAuthorizedError unless paths of this RSP are taken here */
  checkRsp (rsp: PeerId): void {
    const node = nodeIdOf(rsp)
    if (this.#revokedNodes.get(node) !== undefined) {
      throw new NotAuthorizedError(`paths of ${rsp} are not taken here any more: use another RSP`)
    }
    if (this.#rsps !== undefined && this.#listed.get(node) === undefined) {
      throw new NotAuthorizedError(`this forwarder takes paths of listed RSPs only, and ${rsp} is none of them`)
    }
  }

  /** @throws NotAuthorizedError when the operator has closed the link to this neighbour */
  checkLink (neighbour: Neighbour): void {
    if (!this.links.isOpen(neighbour)) {
      throw new NotAuthorizedError(`this forwarder carries no paths between itself and ${neighbour.peer}: ask for one that goes another way`)
    }
  }

  /** @throws RangeError when 1,024 are revoked */
  revoke (rsp: PeerId): void {
    const node = nodeIdOf(rsp)
    if (this.#revokedNodes.get(node) !== undefined) {
      return
    }
    if (this.#revoked.length >= MAX_REVOKED) {
      throw new RangeError(`${MAX_REVOKED} RSPs are revoked: list those whose paths are taken instead`)
    }
    this.#revokedNodes.set(node, rsp)
    this.#revoked.push(rsp)
    this.#statement = undefined
    for (const listener of this.#listeners) {
      listener(rsp)
    }
  }

  /** Paths of this RSP are taken again, if the list allows; those that were removed do not come back. */
  reinstate (rsp: PeerId): void {
    if (this.#revokedNodes.delete(nodeIdOf(rsp))) {
      this.#revoked = this.#revoked.filter((other) => !other.equals(rsp))
      this.#statement = undefined
    }
  }

  /** Called before `revoke` returns: whoever holds state of that RSP ends it. The result takes the listener off. */
  onRevoked (listener: (rsp: PeerId) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** What reports say of it: the same object until something changes. Of many that are revoked the newest. */
  get statement (): PolicyStatement {
    this.#statement ??= {
      listedOnly: this.#rsps !== undefined,
      rsps: (this.#rsps ?? []).filter((rsp) => this.#revokedNodes.get(nodeIdOf(rsp)) === undefined),
      revoked: this.#revoked.slice(-MAX_POLICY_RSPS),
      authorizedOnly: this.sourceRoutes === 'authorized'
    }
    return this.#statement
  }
}
