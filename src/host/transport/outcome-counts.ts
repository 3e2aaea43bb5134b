// How often something ended how: by the name of the error, bounded, for errors may come from anywhere.
const MAX_NAMES = 32

export class OutcomeCounts {
  readonly #counts: Record<string, number> = {}

  get counts (): Readonly<Record<string, number>> {
    return this.#counts
  }

  /** An error, or the name of an outcome that is none. */
  add (outcome: unknown): void {
    const asked = typeof outcome === 'string' ? outcome : outcome instanceof Error ? outcome.name : 'unknown'
    const name = asked in this.#counts || Object.keys(this.#counts).length < MAX_NAMES ? asked : 'other'
    this.#counts[name] = (this.#counts[name] ?? 0) + 1
  }
}
