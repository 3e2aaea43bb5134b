// Whether a link is in the scope of a subscription.
import type { ExchangeScope } from '../../../protocols/exchange/codec.ts'

export class ScopeMatch {
  readonly #nodes: ReadonlySet<string>
  readonly #scope: ExchangeScope
  readonly #tagsOf: (key: string) => Readonly<Record<string, string>> | undefined

  /** @param tagsOf - of a forwarder, by its peer id as text, from its own descriptor */
  constructor (scope: ExchangeScope, tagsOf: (key: string) => Readonly<Record<string, string>> | undefined) {
    this.#nodes = new Set(scope.nodes.map(String))
    this.#scope = scope
    this.#tagsOf = tagsOf
  }

  has (a: string, b: string): boolean {
    if (this.#scope.nodes.length === 0 && this.#scope.tags.length === 0) {
      return true
    }
    return this.#scope.bothEnds ? this.#names(a) && this.#names(b) : this.#names(a) || this.#names(b)
  }

  #names (key: string): boolean {
    const tags = this.#nodes.has(key) || this.#scope.tags.length === 0 ? undefined : this.#tagsOf(key)
    return this.#nodes.has(key) || this.#scope.tags.some((tag) => tags?.[tag.key] === tag.value)
  }
}
