// The groups of standing queries: how many kinds of them there may be, and how many of these one host may ask. Each kind costs a look at every
// link that changes, however many queries are of it, so kinds are what has to be shared out.
import { OverQuotaError } from '../../../protocols/errors.ts'
import { QuestionGroup } from './question-group.ts'
import type { DistanceBounds } from './distance-bounds.ts'
import type { Question } from './question.ts'

const MAX_GROUPS = 64
/** A host has a few kinds of flows; it takes sixteen hosts to fill the table. */
const MAX_GROUPS_OF_HOST = 4

export class QuestionGroups {
  readonly #bounds: DistanceBounds
  readonly #groups = new Map<string, QuestionGroup>()
  /** By host, then by group: how many queries. */
  readonly #asked = new Map<string, Map<string, number>>()

  constructor (bounds: DistanceBounds) {
    this.#bounds = bounds
  }

  get all (): Iterable<QuestionGroup> {
    return this.#groups.values()
  }

  /** @throws OverQuotaError - where there is no place for a question of this kind */
  check ({ group: kind }: Question, host: string): void {
    const ofHost = this.#asked.get(host)
    if (ofHost?.has(kind) !== true && (ofHost?.size ?? 0) >= MAX_GROUPS_OF_HOST) {
      throw new OverQuotaError(`one host has at most ${MAX_GROUPS_OF_HOST} kinds of standing queries, told apart by what they weigh and limit: ask in a while whether something is better`)
    }
    if (!this.#groups.has(kind) && this.#groups.size >= MAX_GROUPS) {
      throw new OverQuotaError('there are too many kinds of standing queries, told apart by what they weigh and limit: ask in a while whether something is better')
    }
  }

  /** The group of a question that was checked, in which it is to be added, and which is to be left when it ends. */
  join ({ group: kind }: Question, host: string): QuestionGroup {
    const ofHost = this.#asked.get(host) ?? new Map<string, number>()
    const known = this.#groups.get(kind)
    const group = known ?? new QuestionGroup(this.#bounds)
    this.#groups.set(kind, group)
    ofHost.set(kind, (ofHost.get(kind) ?? 0) + 1)
    this.#asked.set(host, ofHost)
    return group
  }

  /** After it was removed from its group. */
  leave ({ group: kind }: Question, host: string): void {
    const ofHost = this.#asked.get(host)
    const left = (ofHost?.get(kind) ?? 0) - 1
    if (left > 0) {
      ofHost?.set(kind, left)
    } else {
      ofHost?.delete(kind)
    }
    if (ofHost?.size === 0) {
      this.#asked.delete(host)
    }
    if (this.#groups.get(kind)?.size === 0) {
      this.#groups.delete(kind)
    }
  }
}
