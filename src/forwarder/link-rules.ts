// An operator's coarse rules: over which of its links a forwarder carries paths of others. One line each, the first that
// matches decides, and a link that none matches is open:
//
//   deny peer=12D3KooW…      allow operator=Example      deny tag:country=XX      deny any
//
// Operator and tags are what a neighbour says of itself; who must be kept out is named by peer id. Of whom no descriptor is known, it is taken
// that a rule which denies by operator or tag is about it.
import { peerIdFromString } from '@libp2p/peer-id'
import { equals } from 'uint8arrays/equals'
import { MAX_STRING_BYTES, TAG_KEY } from '../../protocols/descriptor/constants.ts'
import type { PeerId } from '@libp2p/interface'

/** Rules are read by people, and tried in order for each path. */
export const MAX_LINK_RULES = 64

/** A neighbour: its descriptor, or its peer id alone. */
export interface Neighbour {
  readonly peer: PeerId
  /** No descriptor of it is known. */
  readonly isUnknown?: boolean
  readonly operator?: string
  readonly tags?: Readonly<Record<string, string>>
}

interface LinkRule {
  allows: boolean
  /** By operator or tag. */
  isAboutDescriptor: boolean
  matches: (neighbour: Neighbour) => boolean
}

/** A line that is no rule. */
export class LinkRuleError extends Error {
  override readonly name = 'LinkRuleError'
  /** Which line, from 1. */
  readonly line: number

  constructor (line: number, problem: string, options?: ErrorOptions) {
    super(`link rule ${line}: ${problem}`, options)
    this.line = line
  }
}

const FORMS = 'write allow or deny, then any, peer=ID, operator=NAME or tag:KEY=VALUE'

export class LinkRules {
  readonly #rules: readonly LinkRule[]

  private constructor (rules: readonly LinkRule[]) {
    this.#rules = rules
  }

  /** @throws LinkRuleError */
  static parse (lines: readonly string[]): LinkRules {
    if (lines.length > MAX_LINK_RULES) {
      throw new LinkRuleError(MAX_LINK_RULES + 1, `there are ${lines.length}, and at most ${MAX_LINK_RULES} are taken`)
    }
    return new LinkRules(lines.map((line, i) => parseRule(line.trim(), i + 1)))
  }

  /** Are paths of others carried over the link to this neighbour? */
  isOpen (neighbour: Neighbour): boolean {
    const rule = this.#rules.find(({ allows, isAboutDescriptor, matches }) => isAboutDescriptor && neighbour.isUnknown === true ? !allows : matches(neighbour))
    return rule?.allows ?? true
  }
}

function parseRule (text: string, line: number): LinkRule {
  const [, verb, subject] = /^(allow|deny)\s+(\S.*)$/u.exec(text) ?? []
  if (verb === undefined) {
    throw new LinkRuleError(line, `'${text}' is no rule: ${FORMS}`)
  }
  return { allows: verb === 'allow', isAboutDescriptor: /^(operator|tag:)/u.test(subject), matches: parseSubject(subject, line) }
}

function parseSubject (subject: string, line: number): LinkRule['matches'] {
  if (subject === 'any') {
    return () => true
  }
  const [, form, value] = /^(peer|operator|tag:[^=]*)=(.+)$/u.exec(subject) ?? []
  if (form === undefined || new TextEncoder().encode(value).length > MAX_STRING_BYTES) {
    throw new LinkRuleError(line, `'${subject}' names no links: ${FORMS}, each of at most ${MAX_STRING_BYTES} bytes`)
  }
  if (form === 'operator') {
    return ({ operator }) => operator === value
  }
  if (form === 'peer') {
    const wanted = parsePeer(value, line).toMultihash().bytes
    return ({ peer }) => equals(peer.toMultihash().bytes, wanted)
  }
  const key = form.slice('tag:'.length)
  if (!TAG_KEY.test(key)) {
    throw new LinkRuleError(line, `'${key}' is no key of a tag: use 1 to 32 of a–z, 0–9 and -`)
  }
  return ({ tags = {} }) => Object.hasOwn(tags, key) && tags[key] === value
}

function parsePeer (text: string, line: number): PeerId {
  try {
    return peerIdFromString(text)
  } catch (cause) {
    throw new LinkRuleError(line, `'${text}' is no peer id`, { cause })
  }
}
