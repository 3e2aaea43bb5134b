// What forwarders say of themselves in their signed descriptors, in the form in which paths are chosen by it: who runs a
// node, where it stands, and what it can carry. Nobody checks these claims; they bind only their author.
import type { VerifiedDescriptor } from '../../protocols/descriptor/codec.ts'

export interface NodeAttributes {
  operator?: string
  /** As tagged, in lower case: `de`. */
  country?: string
  /** As tagged, in lower case: `eu`. */
  region?: string
  /** Number of the autonomous system, from `asn=64500` or `asn=AS64500`. */
  asn?: number
  /** All tags as they were given, those above included. */
  tags: Readonly<Record<string, string>>
  /** What it carries for others; undefined: not said. */
  capacityBytesPerSecond?: number
}

const ASN = /^(?:as)?(\d{1,10})$/i
const MAX_ASN = 2 ** 32 - 1

/** What a descriptor says; one of a node that is no forwarder has no capacity. */
export function attributesOf ({ operator, tags, forwarder }: Pick<VerifiedDescriptor, 'operator' | 'tags' | 'forwarder'>): NodeAttributes {
  const capacity = forwarder?.capacityBytesPerSecond ?? 0
  return {
    tags,
    ...(operator === undefined || operator === '' ? {} : { operator }),
    ...(tags.country === undefined ? {} : { country: tags.country.toLowerCase() }),
    ...(tags.region === undefined ? {} : { region: tags.region.toLowerCase() }),
    ...asnOf(tags.asn),
    ...(capacity > 0 ? { capacityBytesPerSecond: capacity } : {})
  }
}

function asnOf (tag: string | undefined): { asn?: number } {
  const asn = Number(ASN.exec(tag?.trim() ?? '')?.[1] ?? Number.NaN)
  return asn <= MAX_ASN ? { asn } : {}
}
