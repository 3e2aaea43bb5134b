// What can go wrong when the map of forwarders and links is filled in.

/** A bound of the map is reached. Nothing was changed. */
export class TopologyFullError extends Error {
  override readonly name = 'TopologyFullError'
  readonly what: 'nodes' | 'links'
  readonly limit: number

  constructor (what: 'nodes' | 'links', limit: number) {
    super(`The map is full: ${limit} ${what}. Remove ${what} that are no longer reported, or raise the limit.`)
    this.what = what
    this.limit = limit
  }
}

/** A link's ends or metrics are out of range. Nothing was changed. */
export class InvalidLinkError extends Error {
  override readonly name = 'InvalidLinkError'
  readonly field: string
  readonly value: number

  constructor (field: string, value: number, expected: string) {
    super(`A link's ${field} is ${value}: give ${expected}.`)
    this.field = field
    this.value = value
  }
}
