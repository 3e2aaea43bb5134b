// What each forwarder says of its links, and what is to be believed of it.
import { KeptView, worseOf } from './link-view.ts'
import type { LinkEstimate } from './link-view.ts'

export class LinkViews {
  readonly #maxPerNode: number
  /** from → to → what `from` says of the link. */
  readonly #views = new Map<string, Map<string, KeptView>>()

  /** @param maxPerNode - what one forwarder says must not fill the memory */
  constructor (maxPerNode: number) {
    this.#maxPerNode = maxPerNode
  }

  get (from: string, to: string): KeptView | undefined {
    return this.#views.get(from)?.get(to)
  }

  /** A new one where there is none; undefined where there is no room. */
  open (from: string, to: string): KeptView | undefined {
    const known = this.#views.get(from)
    const view = known?.get(to)
    if (view !== undefined || (known?.size ?? 0) >= this.#maxPerNode) {
      return view
    }
    const opened = new KeptView(from, to)
    if (known === undefined) {
      this.#views.set(from, new Map([[to, opened]]))
    } else {
      known.set(to, opened)
    }
    return opened
  }

  of (from: string): KeptView[] {
    return [...this.#views.get(from)?.values() ?? []]
  }

  /** What others say of their links to it. */
  about (to: string): KeptView[] {
    return [...this.#views.values()].flatMap((views) => views.get(to) ?? [])
  }

  all (): KeptView[] {
    return [...this.#views.values()].flatMap((views) => [...views.values()])
  }

  /** Those that nobody has confirmed since the start, or since the clock was set. */
  remembered (): KeptView[] {
    return this.all().filter(({ isRemembered }) => isRemembered)
  }

  delete (from: string, to: string): void {
    const views = this.#views.get(from)
    if (views?.delete(to) === true && views.size === 0) {
      this.#views.delete(from)
    }
  }

  /**
   * A round trip is the same from both ends, so both are believed only as far as they agree: the worse value counts. Who
   * wants to draw traffic by a lie needs the other end to lie too. A live word counts alone beside a remembered one.
   */
  estimate (a: string, b: string): LinkEstimate | undefined {
    const one = this.#views.get(a)?.get(b)
    const other = this.#views.get(b)?.get(a)
    if (one !== undefined && other !== undefined && one.isRemembered !== other.isRemembered) {
      return one.isRemembered ? worseOf(undefined, other) : worseOf(one, undefined)
    }
    return worseOf(one, other)
  }
}
