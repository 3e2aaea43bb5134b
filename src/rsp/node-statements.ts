// What forwarders say of themselves, by the forwarder: attributes from descriptors, policy, price and closed links from reports.
// Unlike what they say of a link's values it is no measurement: it does not get old, and holds until it is taken back.
import { StatedLinks } from './stated-links.ts'
import type { NodeAttributes } from '../discovery/node-attributes.ts'
import type { PolicyStatement } from '../../protocols/report/codec.ts'
import type { PeerId } from '@libp2p/interface'

/** The signed descriptor from which attributes come. */
export interface Source {
  bytes: Uint8Array
  /** Unix time, ms. */
  expiresAtMs: number
}

export class NodeStatements {
  readonly #attributes = new Map<string, NodeAttributes>()
  readonly #sources = new Map<string, Source>()
  /** Links over which an end does not carry paths of others. */
  readonly #closed: StatedLinks
  /** Of forwarders that take paths of some RSPs only. */
  readonly #policies = new Map<string, PolicyStatement>()
  /** Another number when `unwilling` may be others, or nodes have other numbers. */
  policyVersion = 0
  /** Per GB, in millionths of the operator's unit; of forwarders that have said it. */
  readonly #prices = new Map<string, number>()

  constructor (maxClosedPerNode: number) {
    this.#closed = new StatedLinks(maxClosedPerNode)
  }

  describe (key: string, attributes: NodeAttributes, source: Source): void {
    this.#attributes.set(key, attributes)
    this.#sources.set(key, source)
  }

  attributesOf (key: string): NodeAttributes | undefined {
    return this.#attributes.get(key)
  }

  sourceOf (key: string): Source | undefined {
    return this.#sources.get(key)
  }

  /** Whether that is news. */
  setClosed (from: string, to: string, closed: boolean): boolean {
    return this.#closed.set(from, to, closed)
  }

  /** By either end? */
  isClosed (a: string, b: string): boolean {
    return this.#closed.has(a, b)
  }

  closedBy (from: string): ReadonlySet<string> {
    return this.#closed.by(from)
  }

  /** Whether that is news. A policy that refuses nobody is none. */
  setPolicy (key: string, policy: PolicyStatement | undefined): boolean {
    const known = this.#policies.get(key)
    const isNone = policy === undefined || (!policy.listedOnly && policy.revoked.length === 0)
    if (isNone) {
      this.#policies.delete(key)
    } else {
      this.#policies.set(key, policy)
    }
    const isNews = isNone ? known !== undefined : known === undefined || !isSame(known, policy)
    this.policyVersion += isNews ? 1 : 0
    return isNews
  }

  /** Whether that is news. */
  setPrice (key: string, priceMicroPerGb: number): boolean {
    const isNews = this.#prices.get(key) !== priceMicroPerGb
    this.#prices.set(key, priceMicroPerGb)
    return isNews
  }

  /** Per GB sent on to another forwarder, in millionths of the operator's unit; undefined: not said. */
  priceOf (key: string): number | undefined {
    return this.#prices.get(key)
  }

  policyOf (key: string): PolicyStatement | undefined {
    return this.#policies.get(key)
  }

  /** Forwarders that do not take paths of this RSP. */
  unwilling (rsp: PeerId): string[] {
    return [...this.#policies]
      .filter(([, { listedOnly, rsps, revoked }]) => (listedOnly && !rsps.some((other) => other.equals(rsp))) || revoked.some((other) => other.equals(rsp)))
      .map(([key]) => key)
  }

  /** Also what others have said of links to it. */
  forget (key: string): void {
    this.policyVersion++
    this.#attributes.delete(key)
    this.#sources.delete(key)
    this.#policies.delete(key)
    this.#prices.delete(key)
    this.#closed.forget(key)
  }
}

function isSame (a: PolicyStatement, b: PolicyStatement): boolean {
  const text = ({ listedOnly, authorizedOnly, rsps, revoked }: PolicyStatement): string => [listedOnly, authorizedOnly, rsps.join(), revoked.join()].join(';')
  return text(a) === text(b)
}
