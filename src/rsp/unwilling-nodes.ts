// Which forwarders take no paths of an RSP: worked out when one of them says something else, not for each query.
import type { NodeStatements } from './node-statements.ts'
import type { PeerId } from '@libp2p/interface'

export class UnwillingNodes {
  readonly #statements: NodeStatements
  readonly #indexOf: (key: string) => number | undefined
  #known: { rsp: PeerId, policyVersion: number, nodes: ReadonlySet<number> } | undefined

  /** @param indexOf - of a forwarder; others for the same only with another `policyVersion` */
  constructor (statements: NodeStatements, indexOf: (key: string) => number | undefined) {
    this.#statements = statements
    this.#indexOf = indexOf
  }

  /** The same set as long as it is asked for the same RSP, and no policy has changed. */
  of (rsp: PeerId): ReadonlySet<number> {
    const { policyVersion } = this.#statements
    if (this.#known?.policyVersion !== policyVersion || !this.#known.rsp.equals(rsp)) {
      const nodes = this.#statements.unwilling(rsp).map((key) => this.#indexOf(key)).filter((node) => node !== undefined)
      this.#known = { rsp, policyVersion, nodes: new Set(nodes) }
    }
    return this.#known.nodes
  }
}
